/**
 * What a step changed, as JSON text: the variables of spec/tla/Zyzzyva.tla whose value is another
 * one, under their names. A log, a table and what others vouch for show only the entries that
 * changed. What is in a message is shown where the message comes in: here it is enough to name it.
 *
 * Outside the specification: nothing; it tells what happened and decides nothing.
 */
import * as Window from "../window.ts"
import type { ClientState } from "./client.ts"
import { confirmsData, fullClientProjection, saidData } from "./projection.ts"
import type { Entry, State, Vouched } from "./state.ts"
import { certificateData, stableData, whoData } from "./trace-data.ts"

const json: (data: unknown) => string = JSON.stringify

/** What is different in `after`, as the text of a JSON object; `{}` for the same state. */
export const replicaChanges = (before: State, after: State): string => {
  if (before === after) return "{}"
  let text = ""
  if (before.view !== after.view) text += `,"view":${after.view}`
  if (before.stage !== after.stage) text += `,"stage":${json(after.stage)}`
  if (before.queue !== after.queue) text += `,"queue":${after.queue.length}`
  if (before.pendingReads !== after.pendingReads) text += readChanges(after)
  if (before.log !== after.log) text += logChanges(before, after)
  if (before.executed !== after.executed) text += `,"executed":${after.executed}`
  if (before.table !== after.table) text += tableChanges(before, after)
  text += checkpointChanges(before, after) + changeChanges(before, after)
  return `{${text.slice(1)}}`
}

const readChanges = ({ pendingReads }: State): string => {
  const named = pendingReads.map(({ client, timestamp, after }) => ({ client, timestamp, after }))
  return `,"pendingReads":${json(named)}`
}

const logChanges = (before: State, after: State): string => {
  const slots = Window.changed(before.log, after.log).map((seq) => {
    const { view, digest, history, batch, order } = Window.get(after.log, seq)
    return { seq, view, digest, history, size: batch.length, ordered: order !== undefined }
  })
  return slots.length === 0 ? "" : `,"slot":${json(slots)}`
}

const tableChanges = (before: State, after: State): string => {
  const entries = after.table.chunks.flatMap((chunk, k) => {
    const old = before.table.chunks[k]
    if (old === chunk) return []
    return chunk.flatMap((entry, j): ReadonlyArray<Entry & { readonly client: number }> => {
      const client = k * chunk.length + j
      return isSame(old?.[j], entry) ? [] : [{ client, ...entry }]
    })
  })
  return entries.length === 0 ? "" : `,"table":${json(entries)}`
}

// A rollback makes the table anew, equal entries among them.
const isSame = (old: Entry | undefined, now: Entry): boolean =>
  old === now ||
  (old?.timestamp === now.timestamp &&
    old.result === now.result &&
    old.seq === now.seq &&
    old.history === now.history)

const checkpointChanges = (before: State, after: State): string => {
  let text = ""
  if (before.stable !== after.stable) text += `,"stable":${json(stableData(after.stable))}`
  if (before.checkpoints !== after.checkpoints) {
    const own = after.checkpoints.map(({ seq, history, digest }) => ({ seq, history, digest }))
    text += `,"checkpoints":${json(own)}`
  }
  const headers = vouchedChanges(before.headers, after.headers)
  if (headers !== undefined) text += `,"headers":${headers}`
  const votes = vouchedChanges(before.checkpointVotes, after.checkpointVotes)
  if (votes !== undefined) text += `,"checkpointVotes":${votes}`
  if (!sameList(before.certificates, after.certificates)) {
    text += `,"certificates":${json(after.certificates.map(certificateData))}`
  }
  return text
}

const sameList = (before: ReadonlyArray<unknown>, after: ReadonlyArray<unknown>): boolean =>
  before === after || (before.length === 0 && after.length === 0)

// The numbers of which something else is said now; of one that is new, if anything is.
const vouchedChanges = (
  before: ReadonlyArray<Vouched>,
  after: ReadonlyArray<Vouched>,
): string | undefined => {
  if (before === after) return undefined
  const changed = after.flatMap((v, k) => {
    const old = before[k]?.seq === v.seq ? before[k] : before.find((x) => x.seq === v.seq)
    if (old === v) return []
    const said = saidData(v)
    const was = old === undefined ? [] : saidData(old)
    return json(said) === json(was) ? [] : [{ seq: v.seq, said }]
  })
  return changed.length === 0 ? undefined : json(changed)
}

const changeChanges = (before: State, after: State): string => {
  let text = ""
  const { accusers, viewChanges, newView } = after
  if (!sameList(before.accusers, accusers)) text += `,"accusers":${json(whoData(accusers))}`
  if (!sameList(before.viewChanges, viewChanges)) {
    const named = viewChanges.map(({ replica, view }) => ({ replica, view }))
    text += `,"viewChanges":${json(named)}`
  }
  if (before.newView !== newView) text += `,"newView":${newView?.view ?? null}`
  if (before.confirms === after.confirms) return text
  const [was, is] = [json(confirmsData(before)), json(confirmsData(after))]
  return was === is ? text : `${text},"confirms":${is}`
}

/** The same of a client: each field that has another value, whole. */
export const clientChanges = (before: ClientState, after: ClientState): string => {
  if (before === after) return "{}"
  const [old, now] = [fullClientProjection(before), fullClientProjection(after)]
  let text = ""
  for (const [key, value] of Object.entries(now)) {
    const was = old[key as keyof typeof old]
    if (was === value) continue
    const is = json(value)
    if (is !== json(was)) text += `,"${key}":${is}`
  }
  return `{${text.slice(1)}}`
}
