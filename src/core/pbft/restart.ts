/**
 * What a replica's disk holds and how it comes back from it: spec/tla/Pbft.tla `Restart`. PBFT
 * may keep its state in memory only (TOCS section 2); then a restart counts against f. Here it
 * does not: everything that a sent message depends on is durable before the message leaves.
 */
import { assert } from "../assert.ts"
import * as ClientTable from "../client-table.ts"
import type { View } from "../ids.ts"
import { type Group, primaryOf } from "../quorum.ts"
import { unsigned } from "../request.ts"
import * as Votes from "../votes.ts"
import * as Window from "../window.ts"
import { byPlace } from "./certificates.ts"
import { isChosen } from "./decision.ts"
import { executeHead } from "./execution.ts"
import type { Entry, Heard, NewView, ViewChange } from "./message.ts"
import { withHeard } from "./rejoin.ts"
import {
  type Config,
  type DurableRecord,
  emptySlot,
  type HeldEntry,
  init,
  noCheckpointVotes,
  noEstimate,
  type OwnCheckpoint,
  type PbftStep,
  type Recovery,
  type Slot,
  type State,
} from "./state.ts"

/** The records that say all that is durable in `state`; what a compacted log holds. */
export const durableRecords = (config: Config, state: State): ReadonlyArray<DurableRecord> => {
  const heard = state.heard.map((h) => ({ _tag: "Heard", ...h }) as const)
  const records: Array<DurableRecord> = [...recoveryRecords(state), ...heard]
  for (const { seq, digest, service, table } of state.checkpoints) {
    if (seq > 0) {
      const entries = ClientTable.entries(table)
      records.push({ _tag: "CheckpointTaken", seq, digest, service, table: entries })
    }
    if (seq > 0 && seq === state.log.low) records.push({ _tag: "CheckpointStable", seq })
  }
  records.push(...changeRecords(config, state))
  for (const seq of Window.occupied(state.log)) {
    const { phase, batch, digest } = Window.get(state.log, seq)
    if (phase === "empty" || phase === "held" || phase === "decided") continue
    records.push({ _tag: "PrePrepared", view: state.view, seq, digest, batch })
    if (phase === "prePrepared" || phase === "voted") continue
    records.push({ _tag: "Prepared", view: state.view, seq, digest })
  }
  return records
}

const recoveryRecords = ({ recovery }: State): ReadonlyArray<DurableRecord> => {
  if (recovery === undefined) return []
  const { incarnation, point, estimate } = recovery
  const _tag = estimate === undefined ? "Rejoined" : "Recovering"
  const records: Array<DurableRecord> = [{ _tag, incarnation }]
  if (estimate?.bound !== undefined) records.push({ _tag: "RecoveryBound", seq: estimate.bound })
  if (point !== undefined) records.push({ _tag: "RecoveryPoint", seq: point })
  return records
}

// P and Q as the records that they came from, and how far the change to the view has come.
const changeRecords = (config: Config, state: State): ReadonlyArray<DurableRecord> => {
  const { pset, qset, viewChanges, newView, active, view } = state
  const records: Array<DurableRecord> = []
  for (const { seq, digest, view: v, batch } of qset) {
    records.push({ _tag: "PrePrepared", view: v, seq, digest, batch })
  }
  for (const { seq, digest, view: v } of pset) {
    records.push({ _tag: "Prepared", view: v, seq, digest })
  }
  const viewChange = viewChanges.find((m) => m.replica === config.id)
  if (viewChange !== undefined) records.push({ _tag: "ViewLeft", viewChange })
  if (newView !== undefined) records.push({ _tag: "NewViewTaken", newView })
  if (active && view > 0) records.push({ _tag: "ViewEntered", view })
  return records
}

/** What was written of sequence numbers, in whatever views. */
type PrePrepared = Extract<DurableRecord, { readonly _tag: "PrePrepared" }>
type Prepared = Extract<DurableRecord, { readonly _tag: "Prepared" }>

interface Disk {
  prePrepared: Array<PrePrepared>
  readonly prepared: Array<Prepared>
  readonly checkpoints: Map<number, OwnCheckpoint>
  low: number
  view: View
  active: boolean
  viewChange: ViewChange | undefined
  newView: NewView | undefined
  recovery: Recovery | undefined
  heard: ReadonlyArray<Heard>
}

const read = (records: ReadonlyArray<DurableRecord>, group: Group): Disk => {
  const disk: Disk = {
    prePrepared: [],
    prepared: [],
    checkpoints: new Map(),
    low: 0,
    view: 0,
    active: true,
    viewChange: undefined,
    newView: undefined,
    recovery: undefined,
    heard: [],
  }
  for (const r of records) {
    switch (r._tag) {
      case "PrePrepared":
        disk.prePrepared.push(r)
        break
      case "Prepared":
        disk.prepared.push(r)
        break
      case "CheckpointTaken": {
        const { seq, digest, service } = r
        const table = ClientTable.fromEntries(r.table)
        disk.checkpoints.set(seq, { seq, digest, service, table })
        break
      }
      case "CheckpointStable":
        disk.low = r.seq
        break
      case "ViewLeft":
      case "NewViewTaken":
      case "ViewEntered":
        readChange(disk, r)
        break
      case "Heard":
        disk.heard = withHeard(disk.heard, r)
        break
      default:
        readRecovery(disk, r, group)
    }
  }
  return disk
}

type ChangeRecord = Extract<
  DurableRecord,
  { readonly _tag: "ViewLeft" | "NewViewTaken" | "ViewEntered" }
>

type RecoveryRecord = Extract<
  DurableRecord,
  { readonly _tag: "Rejoined" | "RecoveryPoint" | "Recovering" | "RecoveryBound" }
>

const readRecovery = (disk: Disk, r: RecoveryRecord, group: Group): void => {
  // What it heard before, a liar may have written. It is recovered after those who asked earlier.
  if (r._tag === "Rejoined" || r._tag === "Recovering") disk.heard = []
  if (r._tag === "Rejoined") {
    disk.recovery = { incarnation: r.incarnation, point: undefined }
    return
  }
  if (r._tag === "Recovering") {
    const { incarnation } = r
    forgetUnentered(disk)
    disk.recovery = { incarnation, point: undefined, estimate: noEstimate(group) }
    return
  }
  assert(disk.recovery !== undefined, "what is known of a recovery follows it")
  disk.recovery =
    r._tag === "RecoveryPoint"
      ? { ...disk.recovery, point: r.seq }
      : { ...disk.recovery, estimate: { ...noEstimate(group), bound: r.seq } }
}

// What was written to enter a view that was never entered was not said to anyone. Who is recovered
// may enter the same view next, without a vote.
const forgetUnentered = (disk: Disk): void => {
  if (!disk.active) disk.prePrepared = disk.prePrepared.filter((p) => p.view !== disk.view)
}

const readChange = (disk: Disk, r: ChangeRecord): void => {
  if (r._tag !== "ViewEntered") forgetUnentered(disk)
  switch (r._tag) {
    case "ViewLeft":
      disk.view = r.viewChange.view
      disk.active = false
      disk.viewChange = r.viewChange
      disk.newView = undefined
      break
    case "NewViewTaken":
      if (r.newView.view !== disk.view) disk.viewChange = undefined
      disk.view = r.newView.view
      disk.active = false
      disk.newView = r.newView
      break
    case "ViewEntered":
      disk.active = true
      disk.viewChange = undefined
      break
  }
}

// The slots of the view that the replica is in.
const slotsOf = (config: Config, disk: Disk): ReadonlyMap<number, Slot> => {
  const { group, id } = config
  const none = emptySlot(group.n)
  const slots = new Map<number, Slot>()
  if (!disk.active) return slots
  const backup = id !== primaryOf(group, disk.view)
  for (const { view, seq, batch, digest } of disk.prePrepared) {
    if (view !== disk.view) continue
    const prepares = backup ? Votes.add(none.prepares, id, digest) : none.prepares
    // A process that starts has new keys (change-key.ts).
    const unheard = config.newKeys === true && config.keepVotes !== true && backup
    const phase = unheard && !isChosen(disk, seq) ? "voted" : "prePrepared"
    slots.set(seq, { ...none, phase, batch, digest, prepares })
  }
  for (const { view, seq, digest } of disk.prepared) {
    if (view !== disk.view || seq <= disk.low) continue
    const slot = slots.get(seq)
    assert(slot !== undefined, "a prepared record follows its pre-prepared record")
    slots.set(seq, { ...slot, phase: "prepared", commits: Votes.add(none.commits, id, digest) })
  }
  return slots
}

// P and Q: what was written in earlier views, of sequence numbers above the low watermark.
const setsOf = (config: Config, disk: Disk): Pick<State, "pset" | "qset"> => {
  const high = disk.low + config.logSize
  const isOld = (r: PrePrepared | Prepared): boolean =>
    r.view < disk.view && r.seq > disk.low && r.seq <= high
  const p = new Map<number, Entry>()
  for (const { seq, digest, view } of disk.prepared.filter(isOld)) {
    if ((p.get(seq)?.view ?? -1) <= view) p.set(seq, { seq, digest, view })
  }
  const q = new Map<string, HeldEntry>()
  for (const { seq, digest, view, batch } of disk.prePrepared.filter(isOld)) {
    const key = `${seq} ${digest}`
    if ((q.get(key)?.view ?? -1) > view) continue
    q.set(key, { seq, digest, view, batch: batch.map(unsigned) })
  }
  return { pset: [...p.values()].sort(byPlace), qset: [...q.values()].sort(byPlace) }
}

/**
 * Restart (TOCS section 2 has none without loss; ours is spec/tla/Pbft.tla's). The state that the
 * disk's records give, in the order in which they were written; the service must be restored to
 * the snapshot of the last checkpoint (`executed` of the new state) before an effect is performed.
 */
export const restart = (config: Config, records: ReadonlyArray<DurableRecord>): PbftStep => {
  const start = init(config)
  const disk = read(records, config.group)
  const { low } = disk
  // order-free: sorted below
  const taken = [...disk.checkpoints.values()].filter((c) => c.seq >= low)
  const checkpoints = low === 0 ? [...start.checkpoints, ...taken] : taken
  checkpoints.sort((a, b) => a.seq - b.seq)
  const last = checkpoints.at(-1)
  assert(last !== undefined && checkpoints[0]?.seq === low, "the stable checkpoint is durable")
  let log = Window.make(emptySlot(config.group.n), config.logSize, low)
  // A primary proposes nothing for what its NEW-VIEW chose, also where it entered without a vote.
  let seqno = Math.max(low, ...(disk.newView?.chosen ?? []).map((c) => c.seq))
  // order-free: each slot has its own place, and a maximum has no order
  for (const [seq, slot] of slotsOf(config, disk)) {
    if (!Window.covers(log, seq)) continue
    log = Window.set(log, seq, slot)
    seqno = Math.max(seqno, seq)
  }
  const own = new Map(checkpoints.map((c) => [c.seq, c.digest]))
  const checkpointVotes = noCheckpointVotes(config, low).map((v) => {
    const digest = own.get(v.seq)
    return digest === undefined ? v : { ...v, votes: Votes.add(v.votes, config.id, digest) }
  })
  const { view, active, viewChange, newView, recovery, heard } = disk
  const primary = active && primaryOf(config.group, view) === config.id
  const state: State = {
    ...start,
    ...setsOf(config, disk),
    view,
    active,
    viewChanges: viewChange === undefined ? [] : [viewChange],
    newView,
    recovery,
    heard,
    seqno: primary ? seqno : 0,
    log,
    executed: last.seq,
    table: last.table,
    checkpoints,
    checkpointVotes,
  }
  const next = { ...state, assigned: primary ? assignedIn(state) : start.assigned }
  // What was prepared may be executed tentatively again.
  return { state: next, effects: executeHead(config, start, next), action: "Restart" }
}

/** By client the highest timestamp in a batch of the log that was not executed. */
export const assignedIn = (state: State): ReadonlyArray<number> => {
  const assigned = state.assigned.slice()
  const { table } = state.undo ?? state
  for (const seq of Window.occupied(state.log)) {
    for (const { client, timestamp } of Window.get(state.log, seq).batch) {
      if (timestamp <= ClientTable.get(table, client).timestamp) continue
      assigned[client] = Math.max(assigned[client] as number, timestamp)
    }
  }
  return assigned
}
