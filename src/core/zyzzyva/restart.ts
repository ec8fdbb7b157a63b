/** What a replica's disk holds and how it comes back from it: spec/tla/Zyzzyva.tla `Restart`. */
import { assert } from "../assert.ts"
import * as ClientTable from "../client-table.ts"
import { noDigest } from "../ids.ts"
import { none } from "../machine.ts"
import { pendingExecution } from "./execution.ts"
import * as Window from "../window.ts"
import { above, withCertificate } from "./certificate.ts"
import { isMute } from "./rejoin.ts"
import {
  type Config,
  type DurableRecord,
  emptySlot,
  init,
  noEntry,
  noHeaders,
  nothingVouched,
  type OwnCheckpoint,
  type State,
  type ZyzzyvaStep,
} from "./state.ts"

const takenRecord = ({ seq, history, digest, service, table }: OwnCheckpoint): DurableRecord => {
  const entries = ClientTable.entries(table)
  return { _tag: "CheckpointTaken", seq, history, digest, service, table: entries }
}

/** The records that say all that is durable in `state`; what a compacted log holds. */
export const durableRecords = (config: Config, state: State): ReadonlyArray<DurableRecord> => {
  const records: Array<DurableRecord> = []
  const { stable, log, view, stage, newView, incarnation } = state
  const own = state.checkpoints[0]
  assert(own !== undefined && own.seq === stable.seq, "the stable checkpoint is the first")
  if (incarnation > 0) records.push({ _tag: "Rejoined", incarnation })
  if (stable.seq > 0) {
    records.push(takenRecord(own))
    records.push({ _tag: "CheckpointStable", stable })
  }
  for (const seq of Window.occupied(log)) {
    records.push({ _tag: "Ordered", seq, slot: Window.get(log, seq) })
  }
  // The longest first: each of a later view outdoes the shorter ones.
  for (const certificate of [...state.certificates].sort((a, b) => b.seq - a.seq)) {
    records.push({ _tag: "Certified", certificate })
  }
  const viewChange = state.viewChanges.find((m) => m.replica === config.id)
  if (viewChange !== undefined) records.push({ _tag: "ViewLeft", viewChange })
  if (newView !== undefined) records.push({ _tag: "NewViewTaken", newView })
  if (stage !== "changing" && view > 0) records.push({ _tag: "ViewEntered", view })
  if (stage === "active" && view > 0 && config.confirmViews) {
    records.push({ _tag: "ViewConfirmed", view })
  }
  // Whoever enters a view forgets those that were taken before. A witness's is durable once it has
  // vouched for it.
  const later = state.checkpoints.slice(1).filter((c) => c.digest !== noDigest)
  records.push(...later.map(takenRecord))
  return records
}

/**
 * The records without the checkpoints above the stable one whose states are lost, if any are: as if
 * they had not been taken (the spec's `kept`).
 */
export const withoutLost = (
  records: ReadonlyArray<DurableRecord>,
  isHeld: (taken: Extract<DurableRecord, { readonly _tag: "CheckpointTaken" }>) => boolean,
): ReadonlyArray<DurableRecord> => {
  const low = records.reduce(
    (last, r) => (r._tag === "CheckpointStable" ? Math.max(last, r.stable.seq) : last),
    0,
  )
  return records.filter((r) => r._tag !== "CheckpointTaken" || r.seq <= low || isHeld(r))
}

interface Disk {
  readonly state: State
  /** The checkpoints that were taken since the last view was entered, and the stable one. */
  readonly taken: ReadonlyMap<number, OwnCheckpoint>
}

const ordered = (
  { state, taken }: Disk,
  { seq, slot }: Extract<DurableRecord, { readonly _tag: "Ordered" }>,
): Disk => {
  if (!Window.covers(state.log, seq)) return { state, taken }
  return { state: { ...state, log: Window.set(state.log, seq, slot) }, taken }
}

// From the stable checkpoint on.
const stabilised = (config: Config, disk: Disk, stable: State["stable"]): Disk => {
  const { state, taken } = disk
  const own = taken.get(stable.seq)
  assert(own !== undefined, "a stable checkpoint was taken before")
  return {
    taken,
    state: {
      ...state,
      stable,
      log: Window.advance(state.log, stable.seq),
      executed: stable.seq,
      table: own.table,
      headers: noHeaders(config, stable.seq),
      checkpointVotes: nothingVouched(config, stable.seq),
      certificates: above(config, state.certificates, {
        from: state.log.low,
        low: stable.seq,
        history: own.history,
      }),
    },
  }
}

// What a view begins with are orders of that view; the published rule keeps no others.
const entered = (config: Config, state: State): State => {
  const isKept = (view: number): boolean => config.rule === "corrected" || view === state.view
  const log = Window.occupied(state.log)
    .filter((seq) => !isKept(Window.get(state.log, seq).view))
    .reduce((all, seq) => Window.set(all, seq, emptySlot), state.log)
  // A replica that waited for the others' word takes the log again.
  return { ...state, log, stage: config.confirmViews ? "changing" : "active", viewChanges: [] }
}

const replay = (config: Config, disk: Disk, r: DurableRecord): Disk => {
  const { state, taken } = disk
  switch (r._tag) {
    case "Ordered":
      return ordered(disk, r)
    case "Certified":
      return {
        taken,
        state: { ...state, certificates: withCertificate(state.certificates, r.certificate) },
      }
    case "CheckpointTaken": {
      const { seq, history, digest, service } = r
      const table = ClientTable.fromEntriesOf(r.table, noEntry)
      return { state, taken: new Map(taken).set(seq, { seq, history, digest, service, table }) }
    }
    case "CheckpointStable":
      return stabilised(config, disk, r.stable)
    case "ViewLeft": {
      const { view } = r.viewChange
      const viewChanges = [r.viewChange]
      const moved = { view, stage: "changing" as const, viewChanges, newView: undefined }
      return { taken, state: { ...state, ...moved } }
    }
    case "NewViewTaken": {
      const { view } = r.newView
      const viewChanges = state.viewChanges.filter((m) => m.view >= view)
      const moved = { view, stage: "changing" as const, viewChanges, newView: r.newView }
      return { taken, state: { ...state, ...moved } }
    }
    case "ViewEntered": {
      const { seq } = state.stable
      const start = taken.get(seq)
      return { taken: new Map(start && [[seq, start]]), state: entered(config, state) }
    }
    case "ViewConfirmed":
      return { taken, state: { ...state, stage: "active" } }
    case "Rejoined":
      return { taken, state: { ...state, incarnation: r.incarnation } }
  }
}

// View 0 needs no NEW-VIEW, but for who does not know what it said there.
const inFirstView = (config: Config, state: State): State =>
  state.view > 0 || !isMute(config, state) ? state : { ...state, stage: "changing" }

/**
 * Restart (TOCS 27(4) section 3.1 has none without loss; ours is spec/tla/Zyzzyva.tla's). The state
 * that the disk's records give, in the order in which they were written; the service must be
 * restored to the snapshot of the stable checkpoint (`executed` of the new state).
 */
export const restart = (config: Config, records: ReadonlyArray<DurableRecord>): ZyzzyvaStep => {
  const first = init(config)
  const start: Disk = { state: first, taken: new Map(first.checkpoints.map((c) => [c.seq, c])) }
  const disk = records.reduce((before, r) => replay(config, before, r), start)
  // order-free: sorted by number
  const checkpoints = [...disk.taken.values()]
    .filter((c) => c.seq >= disk.state.stable.seq)
    .sort((a, b) => a.seq - b.seq)
  const state = inFirstView(config, { ...disk.state, checkpoints })
  const pending = pendingExecution(config, state)
  return { state, effects: pending === undefined ? none : [pending], action: "Restart" }
}
