/**
 * What a replica's disk holds and how it comes back from it: spec/tla/Pbft.tla `Restart`. PBFT
 * may keep its state in memory only (TOCS section 2); then a restart counts against f. Here it
 * does not: everything that a sent message depends on is durable before the message leaves.
 */
import { assert } from "../assert.ts"
import * as ClientTable from "../client-table.ts"
import { none } from "../machine.ts"
import { primaryOf } from "../quorum.ts"
import * as Votes from "../votes.ts"
import * as Window from "../window.ts"
import {
  type Config,
  type DurableRecord,
  emptySlot,
  init,
  noCheckpointVotes,
  type OwnCheckpoint,
  type PbftStep,
  type Slot,
  type State,
} from "./state.ts"

/** The records that say all that is durable in `state`; what a compacted log holds. */
export const durableRecords = (state: State): ReadonlyArray<DurableRecord> => {
  const records: Array<DurableRecord> = []
  for (const { seq, digest, table } of state.checkpoints) {
    if (seq > 0) {
      const entries = ClientTable.entries(table)
      records.push({ _tag: "CheckpointTaken", seq, digest, table: entries })
    }
    if (seq > 0 && seq === state.log.low) records.push({ _tag: "CheckpointStable", seq })
  }
  for (const seq of Window.occupied(state.log)) {
    const { phase, batch, digest } = Window.get(state.log, seq)
    if (phase === "empty" || phase === "held") continue
    records.push({ _tag: "PrePrepared", view: state.view, seq, digest, batch })
    if (phase === "prePrepared") continue
    records.push({ _tag: "Prepared", view: state.view, seq, digest })
  }
  return records
}

interface Disk {
  readonly slots: Map<number, Slot>
  readonly checkpoints: Map<number, OwnCheckpoint>
  low: number
}

const read = (config: Config, records: ReadonlyArray<DurableRecord>): Disk => {
  const { group, id } = config
  const none = emptySlot(group.n)
  const disk: Disk = { slots: new Map(), checkpoints: new Map(), low: 0 }
  for (const r of records) {
    switch (r._tag) {
      case "PrePrepared": {
        const { seq, batch, digest, view } = r
        const own = id !== primaryOf(group, view)
        const prepares = own ? Votes.add(none.prepares, id, digest) : none.prepares
        disk.slots.set(seq, { ...none, phase: "prePrepared", batch, digest, prepares })
        break
      }
      case "Prepared": {
        const slot = disk.slots.get(r.seq)
        assert(slot !== undefined, "a prepared record follows its pre-prepared record")
        const commits = Votes.add(none.commits, id, r.digest)
        disk.slots.set(r.seq, { ...slot, phase: "prepared", commits })
        break
      }
      case "CheckpointTaken": {
        const { seq, digest } = r
        disk.checkpoints.set(seq, { seq, digest, table: ClientTable.fromEntries(r.table) })
        break
      }
      case "CheckpointStable":
        disk.low = r.seq
        break
    }
  }
  return disk
}

/**
 * Restart (TOCS section 2 has none without loss; ours is spec/tla/Pbft.tla's). The state that the
 * disk's records give, in the order in which they were written; the service must be restored to
 * the snapshot of the last checkpoint (`executed` of the new state).
 */
export const restart = (config: Config, records: ReadonlyArray<DurableRecord>): PbftStep => {
  const start = init(config)
  const disk = read(config, records)
  const { low } = disk
  // order-free: sorted below
  const taken = [...disk.checkpoints.values()].filter((c) => c.seq >= low)
  const checkpoints = low === 0 ? [...start.checkpoints, ...taken] : taken
  checkpoints.sort((a, b) => a.seq - b.seq)
  const last = checkpoints.at(-1)
  assert(last !== undefined && checkpoints[0]?.seq === low, "the stable checkpoint is durable")
  let log = Window.make(emptySlot(config.group.n), config.logSize, low)
  let seqno = low
  // order-free: each slot has its own place, and a maximum has no order
  for (const [seq, slot] of disk.slots) {
    if (!Window.covers(log, seq)) continue
    log = Window.set(log, seq, slot)
    seqno = Math.max(seqno, seq)
  }
  const own = new Map(checkpoints.map((c) => [c.seq, c.digest]))
  const checkpointVotes = noCheckpointVotes(config, low).map((v) => {
    const digest = own.get(v.seq)
    return digest === undefined ? v : { ...v, votes: Votes.add(v.votes, config.id, digest) }
  })
  const primary = primaryOf(config.group, start.view) === config.id
  const state: State = {
    ...start,
    seqno: primary ? seqno : 0,
    log,
    executed: last.seq,
    table: last.table,
    checkpoints,
    checkpointVotes,
  }
  return {
    state: { ...state, assigned: primary ? assignedIn(state) : start.assigned },
    effects: none,
    action: "Restart",
  }
}

/** By client the highest timestamp in a batch that is still to be executed. */
export const assignedIn = (state: State): ReadonlyArray<number> => {
  const assigned = state.assigned.slice()
  for (const seq of Window.occupied(state.log)) {
    if (seq <= state.executed) continue
    for (const { client, timestamp } of Window.get(state.log, seq).batch) {
      if (timestamp <= ClientTable.get(state.table, client).timestamp) continue
      assigned[client] = Math.max(assigned[client] as number, timestamp)
    }
  }
  return assigned
}
