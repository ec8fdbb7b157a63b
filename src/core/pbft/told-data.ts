/**
 * `told` of a replica as plain JSON data, and back; it is left out where there is nothing.
 *
 * Outside the specification: nothing; it tells what happened and decides nothing.
 */
import type { Request, SignedRequest } from "../request.ts"
import { type FetchedBatchData, numberedData } from "./change-data.ts"
import type { Claim, Numbered } from "./message.ts"
import { nothingTold, type State, type ToldExecutions } from "./state.ts"

/** `told[i]`. */
export interface ToldExecutionsData {
  readonly own: ReadonlyArray<Numbered>
  readonly claims: ReadonlyArray<Claim>
  readonly batches: ReadonlyArray<FetchedBatchData>
}

const plain = ({ client, timestamp, operation }: Request): Request => ({
  client,
  timestamp,
  operation,
})
const signed = (request: Request): SignedRequest => ({ ...request, authenticator: "" })

const claimData = ({ seq, digest, replica }: Claim): Claim => ({ seq, digest, replica })

/** The field `told`, where there is something. */
export const toldData = ({ told }: Pick<State, "told">): { readonly told?: ToldExecutionsData } => {
  const { own, claims, batches } = told
  if (own.length + claims.length + batches.length === 0) return {}
  return {
    told: {
      own: own.map(numberedData),
      claims: claims.map(claimData),
      batches: batches.map(({ digest, batch }) => ({ digest, batch: batch.map(plain) })),
    },
  }
}

/** What `toldData` showed, with empty authenticators. */
export const toldOf = ({ told }: { readonly told?: ToldExecutionsData }): ToldExecutions =>
  told === undefined
    ? nothingTold
    : {
        own: told.own.map(numberedData),
        claims: told.claims.map(claimData),
        batches: told.batches.map(({ digest, batch }) => ({ digest, batch: batch.map(signed) })),
      }
