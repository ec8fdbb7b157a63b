/**
 * Which messages a state implies, for a peer that may have missed them. A query, no action: what it
 * gives was sent before, and the specification's network repeats freely. Orders are the primary's,
 * whoever passes them on: they are signed.
 *
 * Outside the specification: that messages are sent again. The network there repeats whatever was
 * sent, so repeating it is no step.
 */
import type { Digest, Seq } from "../ids.ts"
import { orderMessage } from "./agreement.ts"
import type { Checkpoint, OrderReq, PeerMessage, SpecHeader } from "./message.ts"
import { historyAt, lastOrdered } from "./log.ts"
import type { Config, State } from "./state.ts"

/** The primary's orders `from .. upTo` in the log. None where a new view brought the batch. */
export const ordersAt = (state: State, from: Seq, upTo: Seq): ReadonlyArray<OrderReq> => {
  const all: Array<OrderReq> = []
  for (
    let seq = Math.max(from, state.log.low + 1);
    seq <= Math.min(upTo, lastOrdered(state));
    seq++
  ) {
    const order = orderMessage(state, seq)
    if (order !== undefined) all.push(order)
  }
  return all
}

/** What it says of checkpoint numbers above `low` in its view: its history, and its vote. */
export const checkpointWords = (
  { id: replica }: Config,
  state: State,
  low: Seq,
): ReadonlyArray<SpecHeader | Checkpoint> => {
  const { view } = state
  const headers = state.headers.flatMap(({ seq, said }): ReadonlyArray<SpecHeader> => {
    const own = said[replica]
    if (own === undefined || seq <= low) return []
    const { digest: history, signature } = own
    return [{ _tag: "SpecHeader", view, seq, history, signature, replica }]
  })
  const votes = state.checkpointVotes.flatMap(({ seq, said }): ReadonlyArray<Checkpoint> => {
    const own = said[replica]
    if (own === undefined || seq <= low) return []
    return [{ _tag: "Checkpoint", view, seq, ...own, replica }]
  })
  return [...headers, ...votes]
}

// The number up to which a history of the log goes.
const seqOf = (state: State, history: Digest): Seq => {
  const { low } = state.log
  let seq = lastOrdered(state)
  while (seq > low && historyAt(state, seq) !== history) seq--
  return seq
}

/** What it has said against the primary of its view, or of the change to it. */
export const changeWords = (
  { id, confirmViews }: Config,
  state: State,
): ReadonlyArray<PeerMessage> => {
  const { view, stage, accusers, viewChanges, confirms } = state
  const own = accusers.find((a) => a.replica === id)
  const accusation = own === undefined ? [] : [{ _tag: "Accusation" as const, view, ...own }]
  const change = viewChanges.filter((m) => m.replica === id && stage !== "active")
  const history = confirms[id]
  const confirm =
    !confirmViews || history === undefined
      ? []
      : [{ _tag: "ViewConfirm" as const, view, seq: seqOf(state, history), history, replica: id }]
  return [...accusation, ...change, ...confirm]
}
