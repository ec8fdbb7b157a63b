/**
 * Decisions that a replica hears of and was not told: what 2f + 1 replicas commit to is decided,
 * whatever the primary sent to this one (Berger, Reiser and Bessani, SRDS 2021: where clients need
 * 2f + 1 answers, a primary that keeps decisions from f correct replicas keeps results from
 * clients). The replica asks for the batch. It has not voted, and never says that it did; it does
 * not go back on a vote of its own either, so what it was told falsely it learns by state transfer.
 */
import { type Digest, noDigest, type Seq } from "../ids.ts"
import { none } from "../machine.ts"
import { unsigned, type SignedRequest } from "../request.ts"
import * as Votes from "../votes.ts"
import * as Window from "../window.ts"
import type { FetchBatch } from "./message.ts"
import type { Config, Effect, Slot, State } from "./state.ts"

/** The digest that is decided in a slot without a batch that this replica took, or undefined. */
export const decidedIn = (config: Config, slot: Slot): Digest | undefined => {
  if (!config.fetchDecisions || (slot.phase !== "empty" && slot.phase !== "held")) return undefined
  const { quorum } = config.group
  return slot.commits.find((d) => d !== noDigest && Votes.count(slot.commits, d) >= quorum)
}

/** Asks everyone for a batch. */
export const fetchOf = (config: Pick<Config, "id">, digest: Digest): FetchBatch => ({
  _tag: "FetchBatch",
  digest,
  replica: config.id,
})

/** Asks for the batch of a decision. */
export const fetchDecision = (config: Config, slot: Slot): ReadonlyArray<Effect> => {
  const digest = decidedIn(config, slot)
  return digest === undefined ? none : [{ _tag: "Broadcast", message: fetchOf(config, digest) }]
}

/** What the state still waits for, to be asked for again. */
export const missingDecisions = (config: Config, state: State): ReadonlyArray<FetchBatch> => {
  if (!state.active) return []
  const digests = Window.occupied(state.log).flatMap(
    (seq) => decidedIn(config, Window.get(state.log, seq)) ?? [],
  )
  const different = digests.filter((digest, k) => digests.indexOf(digest) === k)
  return different.map((digest) => fetchOf(config, digest))
}

/** The state with the batch wherever it is decided; the same state where it is not. */
export const takeDecision = (
  config: Config,
  state: State,
  { digest, batch }: { readonly digest: Digest; readonly batch: ReadonlyArray<SignedRequest> },
): State => {
  const isIt = (seq: Seq): boolean => decidedIn(config, Window.get(state.log, seq)) === digest
  const at = Window.occupied(state.log).filter(isIt)
  if (at.length === 0) return state
  const content = { phase: "decided" as const, digest, batch: batch.map(unsigned) }
  const log = at.reduce(
    (all, seq) => Window.set(all, seq, { ...Window.get(all, seq), ...content }),
    state.log,
  )
  return { ...state, log }
}
