/**
 * Which own messages a state implies, for a peer that may have missed them (TOCS section 5.2). A
 * query, no action: what it gives was sent before, and the specification's network repeats freely.
 *
 * Outside the specification: that own messages are sent again. The network there repeats whatever
 * was sent, so repeating it is no step.
 */
import type { Seq } from "../ids.ts"
import { primaryOf } from "../quorum.ts"
import * as Votes from "../votes.ts"
import * as Window from "../window.ts"
import { shortened } from "./big-requests.ts"
import { isChosen } from "./decision.ts"
import { missingDecisions } from "./decided.ts"
import type { Checkpoint, DirectMessage, FetchBatch, SlotMessage } from "./message.ts"
import type { Config, State } from "./state.ts"
import { missingClaimed } from "./told.ts"
import { missingBatches } from "./view-change.ts"

/** Own checkpoints above `low`, the stable one included: what moves a peer's low watermark. */
export const checkpointsAbove = (
  config: Config,
  state: State,
  low: Seq,
): ReadonlyArray<Checkpoint> =>
  state.checkpoints
    .filter(({ seq }) => seq > low)
    .map(({ seq, digest }) => ({ _tag: "Checkpoint", seq, digest, replica: config.id }))

/** Own pre-prepare, prepare and commit for `seq`, as far as they were sent. */
export const messagesAt = (config: Config, state: State, seq: Seq): ReadonlyArray<SlotMessage> => {
  if (!Window.covers(state.log, seq)) return []
  const { phase, batch, digest, prepares, commits } = Window.get(state.log, seq)
  // What was only heard of was not said.
  if (phase === "empty" || phase === "held" || phase === "decided") return []
  const { view } = state
  const { id: replica } = config
  const messages: Array<SlotMessage> = []
  // The batches that a new view started with are in its NEW-VIEW.
  const chosen = isChosen(state, seq)
  if (primaryOf(config.group, view) === replica && !chosen) {
    const short = shortened(config, batch)
    messages.push({ _tag: "PrePrepare", view, seq, digest, batch: short, replica })
  }
  if (Votes.has(prepares, replica)) messages.push({ _tag: "Prepare", view, seq, digest, replica })
  if (Votes.has(commits, replica)) messages.push({ _tag: "Commit", view, seq, digest, replica })
  return messages
}

/** What it asks for because others decided or executed it, in a view or not. */
export const neededBatches = (config: Config, state: State): ReadonlyArray<FetchBatch> => {
  const decided = missingDecisions(config, state)
  const claimed = missingClaimed(config, state)
  return [...decided, ...claimed.filter((m) => decided.every((d) => d.digest !== m.digest))]
}

/**
 * What the change to the view has made this replica say so far, and what it asks for because it was
 * not told.
 */
export const changeMessages = (config: Config, state: State): ReadonlyArray<DirectMessage> => {
  const { newView, viewChanges, active } = state
  const own = viewChanges.filter((m) => m.replica === config.id)
  const messages: Array<DirectMessage> = [...own, ...neededBatches(config, state)]
  if (newView === undefined) return messages
  if (newView.replica === config.id) messages.push(newView)
  if (active) return messages
  const lacking = missingBatches(config, state, newView)
  const have = new Set(state.fetched.map((b) => b.digest))
  for (const digest of lacking) {
    if (!have.has(digest)) messages.push({ _tag: "FetchBatch", digest, replica: config.id })
  }
  return messages
}

/** The last sequence number of the log that holds something; the low watermark when none does. */
export const lastOccupied = (state: State): Seq =>
  Window.occupied(state.log).at(-1) ?? state.log.low
