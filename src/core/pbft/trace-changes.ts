/**
 * What a step changed, as JSON text: the variables of spec/tla/Pbft.tla whose value is another
 * one, under their names. A log, a table and lists of votes show only the entries that changed.
 * States share what did not change, so one comparison of references skips a whole part.
 *
 * Outside the specification: nothing; it tells what happened and decides nothing.
 */
import type * as ClientTable from "../client-table.ts"
import type { Digest } from "../ids.ts"
import * as Window from "../window.ts"
import { entryData } from "./change-data.ts"
import type { ClientState } from "./client.ts"
import { recoveryData } from "./projection.ts"
import type { CheckpointVotes, OwnCheckpoint, Slot, State } from "./state.ts"

const quote: (text: string) => string = JSON.stringify

/** What is different in `after`, as the text of a JSON object; `{}` for the same state. */
export const replicaChanges = (before: State, after: State): string => {
  if (before === after) return "{}"
  let text = ""
  if (before.view !== after.view) text += `,"view":${after.view}`
  if (before.active !== after.active) text += `,"active":${after.active}`
  if (before.seqno !== after.seqno) text += `,"seqno":${after.seqno}`
  if (before.queue !== after.queue) text += `,"queue":${after.queue.length}`
  if (before.log !== after.log) text += logChanges(before.log, after.log)
  if (before.executed !== after.executed) text += `,"executed":${after.executed}`
  if (before.table !== after.table) text += tableChanges(before.table, after.table)
  if (before.log.low !== after.log.low) text += `,"low":${after.log.low}`
  if (before.checkpoints !== after.checkpoints) text += checkpointsText(after.checkpoints)
  if (before.checkpointVotes !== after.checkpointVotes) {
    text += checkpointVotesChanges(before.checkpointVotes, after.checkpointVotes)
  }
  text += changeChanges(before, after) + fastChanges(before, after)
  return `{${text.slice(1)}}`
}

// What a view change is about. It is rare, so the text need not be put together by hand. What is
// in a message is shown where the message comes in: here it is enough to name it.
const changeChanges = (before: State, after: State): string => {
  let text = ""
  const { pset, qset, viewChanges, newView, fetched } = after
  if (!sameList(before.pset, pset)) text += `,"pset":${JSON.stringify(pset.map(entryData))}`
  if (!sameList(before.qset, qset)) text += `,"qset":${JSON.stringify(qset.map(entryData))}`
  if (!sameList(before.viewChanges, viewChanges)) {
    const named = viewChanges.map(({ replica, view }) => ({ replica, view }))
    text += `,"viewChanges":${JSON.stringify(named)}`
  }
  if (before.newView !== newView) text += `,"newView":${newView?.view ?? null}`
  if (!sameList(before.fetched, fetched)) {
    text += `,"fetched":${JSON.stringify(fetched.map(({ digest }) => digest))}`
  }
  return text
}

// What is executed tentatively, and what waits to be read.
const fastChanges = (before: State, after: State): string => {
  let text = ""
  const { undo, reads } = after
  if (before.undo !== undo) text += `,"undo":${undo?.executed ?? null}`
  if (!sameList(before.reads, reads)) {
    const waiting = reads.map((r) => ({ client: r.client, timestamp: r.timestamp, after: r.after }))
    text += `,"reads":${JSON.stringify(waiting)}`
  }
  if (before.recovery !== after.recovery) {
    text += `,"recovery":${JSON.stringify(recoveryData(after).recovery ?? null)}`
  }
  if (!sameList(before.heard, after.heard)) text += `,"heard":${JSON.stringify(after.heard)}`
  // What it executed itself the line says anyway.
  const { claims, batches } = after.told
  if (!sameList(before.told.claims, claims) || !sameList(before.told.batches, batches)) {
    text += `,"told":${JSON.stringify({ claims, batches: batches.map(({ digest }) => digest) })}`
  }
  return text
}

const sameList = (before: ReadonlyArray<unknown>, after: ReadonlyArray<unknown>): boolean =>
  before === after || (before.length === 0 && after.length === 0)

const logChanges = (before: Window.Window<Slot>, after: Window.Window<Slot>): string => {
  const wasEmpty = (seq: number): boolean =>
    !Window.covers(before, seq) || Window.get(before, seq) === before.empty
  let text = ""
  for (const seq of Window.changed(before, after)) {
    const slot = Window.get(after, seq)
    // A view change makes the log anew, and with it the value of an empty slot.
    if (slot === after.empty && wasEmpty(seq)) continue
    text += `,${slotText(seq, slot)}`
  }
  return text === "" ? "" : `,"slot":[${text.slice(1)}]`
}

const slotText = (seq: number, slot: Slot): string => {
  const { phase, digest, prepares, commits } = slot
  return (
    `{"seq":${seq},"phase":"${phase}","digest":${quote(digest)},"size":${slot.batch.length},` +
    `"prepares":${votesText(prepares, digest)},"commits":${votesText(commits, digest)}}`
  )
}

// A vote for the slot's own digest is the replica's number alone.
const votesText = (votes: ReadonlyArray<Digest>, own: Digest): string => {
  let text = ""
  for (let replica = 0; replica < votes.length; replica++) {
    const digest = votes[replica] as Digest
    if (digest === "") continue
    text += digest === own ? `,${replica}` : `,{"replica":${replica},"digest":${quote(digest)}}`
  }
  return `[${text.slice(1)}]`
}

const tableChanges = (before: ClientTable.ClientTable, after: ClientTable.ClientTable): string => {
  let text = ""
  for (let k = 0; k < after.chunks.length; k++) {
    const chunk = after.chunks[k] as ReadonlyArray<ClientTable.ClientEntry>
    const old = before.chunks[k]
    if (old === chunk) continue
    for (let j = 0; j < chunk.length; j++) {
      const entry = chunk[j] as ClientTable.ClientEntry
      const was = old?.[j]
      // A table that was fetched has entries of its own, equal ones among them.
      if (was?.timestamp === entry.timestamp && was.result === entry.result) continue
      const client = k * chunk.length + j
      text += `,{"client":${client},"timestamp":${entry.timestamp},"result":${quote(entry.result)}}`
    }
  }
  return `,"table":[${text.slice(1)}]`
}

const checkpointsText = (checkpoints: ReadonlyArray<OwnCheckpoint>): string => {
  let text = ""
  for (const { seq, digest } of checkpoints) text += `,{"seq":${seq},"digest":${quote(digest)}}`
  return `,"checkpoints":[${text.slice(1)}]`
}

const checkpointVotesChanges = (
  before: ReadonlyArray<CheckpointVotes>,
  after: ReadonlyArray<CheckpointVotes>,
): string => {
  let text = ""
  for (const entry of after) {
    const old = before.find((v) => v.seq === entry.seq)
    if (old?.votes === entry.votes) continue
    const votes = votesText(entry.votes, "")
    if (old === undefined && votes === "[]") continue
    text += `,{"seq":${entry.seq},"votes":${votes}}`
  }
  return `,"checkpointVotes":[${text.slice(1)}]`
}

/** What is different in a client's state after a step, as the text of a JSON object. */
export const clientChanges = (before: ClientState, after: ClientState): string => {
  if (before === after) return "{}"
  let text = ""
  if (before.views !== after.views) text += `,"views":[${after.views.join(",")}]`
  if (before.timestamp !== after.timestamp) text += `,"timestamp":${after.timestamp}`
  if (before.operation !== after.operation) text += `,"waits":${after.operation !== undefined}`
  if (before.toAll !== after.toAll) text += `,"toAll":${after.toAll}`
  if (before.readOnly !== after.readOnly) text += `,"readOnly":${after.readOnly}`
  if (before.replies !== after.replies) text += `,"replies":[${answered(after.replies)}]`
  if (before.result !== after.result) text += `,"result":${quote(after.result ?? "")}`
  return `{${text.slice(1)}}`
}

const answered = (replies: ReadonlyArray<unknown>): string => {
  let text = ""
  for (let replica = 0; replica < replies.length; replica++) {
    if (replies[replica] !== undefined) text += `,${replica}`
  }
  return text.slice(1)
}
