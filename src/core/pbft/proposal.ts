/**
 * Values that replicas cannot compute alike, as the time: OSDI '99 section 4.6; spec/tla/Pbft.tla,
 * `Clock`. The primary proposes one with each batch, as the batch's first request: in the name of
 * the client `clock`, with the value as its timestamp. So it is ordered, logged and fetched with
 * the batch, and by the rule that executes each request once a value that is not above the last
 * one has no effect. Whether a value is acceptable depends on the receiver's own clock and is an
 * input, like the verdicts on authenticators; a batch whose value is not is held until f + 1
 * replicas vouch for it.
 */
import * as ClientTable from "../client-table.ts"
import type { ClientId } from "../ids.ts"
import type { BatchItem } from "../request.ts"
import { timeProposal } from "../agreed-time.ts"
import { primaryOf } from "../quorum.ts"
import { isMute, isOpen } from "./rejoin.ts"
import type { Config, Input, State } from "./state.ts"

type Proposing = Pick<Config, "clients" | "clock">

/** Whether a client may ask for something: it is known, and not the one that proposals are of. */
export const mayAsk = ({ clients, clock }: Proposing, client: ClientId): boolean =>
  client >= 0 && client < clients && client !== clock

/** The proposal of a batch, whoever it is of, and what clients asked for. */
export const partsOf = (
  { clock }: Proposing,
  batch: ReadonlyArray<BatchItem>,
): { readonly proposal: BatchItem | undefined; readonly asked: ReadonlyArray<BatchItem> } =>
  clock === undefined
    ? { proposal: undefined, asked: batch }
    : { proposal: batch[0], asked: batch.slice(1) }

/** The highest value that was executed or is in the log; 0 when there is none. */
export const lastProposed = (state: State, clock: ClientId): number =>
  Math.max(state.assigned[clock] as number, ClientTable.get(state.table, clock).timestamp)

/** Whether the replica gives numbers to batches: it is the primary, takes part and is not mute. */
export const isProposer = ({ group, id }: Config, state: State): boolean =>
  state.active &&
  primaryOf(group, state.view) === id &&
  !isMute(state) &&
  isOpen(state, state.seqno + 1)

/** The input that starts a batch of `count` requests at this time, in milliseconds since 1970. */
export const proposeInput = (
  { clock }: Pick<Config, "clock">,
  state: State,
  count: number,
  now: number,
): Input => {
  if (clock === undefined) return { _tag: "Propose", count }
  const proposal = timeProposal(clock, now, lastProposed(state, clock))
  return { _tag: "Propose", count, proposal }
}
