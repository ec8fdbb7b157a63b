/** States that must be reachable in a model, so that its invariants are not vacuous. */
import * as ClientTable from "../core/client-table.ts"
import * as Invariants from "../core/pbft/invariants.ts"
import type { Message } from "../core/pbft/message.ts"
import type { Slot, State } from "../core/pbft/state.ts"
import * as Window from "../core/window.ts"
import type { Witness, WorldView } from "./model.ts"
import type { PbftConstants } from "./pbft-process.ts"
import { asProcess, messageOf, states } from "./pbft-properties.ts"

const someReplica = (holds: (state: State) => boolean) => (world: WorldView) =>
  states(world).some(holds)

const slotIn = (phase: string): ((world: WorldView) => boolean) =>
  someReplica((s) => Window.occupied(s.log).some((n) => Window.get(s.log, n).phase === phase))

// The normal case, step by step.
const ordinary: ReadonlyArray<Witness> = [
  { name: "ReachHeld", holds: slotIn("held") },
  { name: "ReachPrepared", holds: slotIn("prepared") },
  { name: "ReachCommitted", holds: slotIn("committed") },
  { name: "ReachExecuted", holds: someReplica((s) => s.executed > 0) },
  {
    name: "ReachAllExecuted",
    holds: (w) => states(w).every((s) => s.executed > 0),
  },
  { name: "ReachStable", holds: someReplica((s) => s.log.low > 0) },
  { name: "ReachAllStable", holds: (w) => states(w).every((s) => s.log.low > 0) },
  {
    name: "ReachAnswered",
    holds: (w) =>
      w.processes.map(asProcess).some((p) => p.role === "client" && p.at.result !== undefined),
  },
  {
    name: "ReachCommitBeforePrePrepare",
    holds: someReplica((s) =>
      Window.occupied(s.log).some((n) => {
        const slot = Window.get(s.log, n)
        return slot.phase === "empty" && slot.commits.some((d) => d !== "")
      }),
    ),
  },
  {
    name: "ReachOutOfOrderCommit",
    holds: someReplica((s) =>
      Window.occupied(s.log).some((n) => n > s.executed + 1 && Invariants.isCommitted(s, n)),
    ),
  },
  {
    name: "ReachBatchOfTwo",
    holds: someReplica((s) =>
      Window.occupied(s.log).some((n) => Window.get(s.log, n).batch.length > 1),
    ),
  },
]

// What happens off the straight road.
const unusual = (c: PbftConstants): ReadonlyArray<Witness> => [
  {
    name: "ReachUnstableCheckpoint",
    holds: someReplica((s) => s.checkpoints.length > 1),
  },
  {
    name: "ReachExecutedForgotten",
    holds: (w) =>
      w.processes.map(asProcess).some(
        (p) =>
          p.role === "replica" &&
          p.at.state.executed === p.at.state.log.low &&
          Window.occupied(p.at.state.log).some(
            (n) => Window.get(p.at.state.log, n).phase === "prepared",
          ) &&
          w.sent.some((m) => {
            const r = messageOf(m)
            return r._tag === "Reply" && r.replica === p.id
          }) &&
          ClientTable.entries(p.at.state.table).every((e) => e.timestamp === 0),
      ),
  },
  {
    name: "ReachSplitPrePrepare",
    holds: (w) => {
      const digests = states(w).map((s) =>
        Window.covers(s.log, 1) ? Window.get(s.log, 1).digest : "",
      )
      return new Set(digests.filter((d) => d !== "")).size > 1
    },
  },
  {
    name: "ReachMismatchedVote",
    holds: someReplica((s) =>
      Window.occupied(s.log).some((n) => {
        const { phase, digest, commits } = Window.get(s.log, n)
        return phase !== "empty" && commits.some((d) => d !== "" && d !== digest)
      }),
    ),
  },
  {
    name: "ReachQueuedBackup",
    holds: (w) =>
      w.processes
        .map(asProcess)
        .some((p) => p.role === "replica" && p.id % c.n !== 0 && p.at.state.queue.length > 0),
  },
]

const inNewView = (s: State): boolean => s.active && s.view > 0
const someSlotOf = (s: State, holds: (slot: Slot, seq: number) => boolean): boolean =>
  Window.occupied(s.log).some((seq) => holds(Window.get(s.log, seq), seq))
const isNull = (slot: Slot): boolean => slot.phase !== "empty" && slot.batch.length === 0

const someMessage = (holds: (m: Message) => boolean) => (w: WorldView) =>
  w.sent.map(messageOf).some(holds)

const viewChanges: ReadonlyArray<Witness> = [
  { name: "ReachNewView", holds: someReplica(inNewView) },
  { name: "ReachAllInNewView", holds: (w) => states(w).every(inNewView) },
  { name: "ReachSkippedView", holds: someMessage((m) => m._tag === "NewView" && m.view > 1) },
  {
    name: "ReachCarriedOver",
    holds: someReplica(
      (s) =>
        inNewView(s) &&
        someSlotOf(
          s,
          (slot, seq) =>
            slot.batch.length > 0 && s.pset.some((e) => e.seq === seq && e.digest === slot.digest),
        ),
    ),
  },
  { name: "ReachNull", holds: someReplica((s) => someSlotOf(s, isNull)) },
  {
    name: "ReachNullExecuted",
    holds: someReplica((s) => someSlotOf(s, (slot, seq) => seq <= s.executed && isNull(slot))),
  },
  {
    name: "ReachOtherBatch",
    holds: someReplica(
      (s) =>
        s.active &&
        someSlotOf(
          s,
          (slot, seq) =>
            slot.batch.length > 0 && s.qset.some((e) => e.seq === seq && e.digest !== slot.digest),
        ),
    ),
  },
  { name: "ReachFetched", holds: someReplica((s) => s.fetched.length > 0) },
  { name: "ReachLaterExecution", holds: someMessage((m) => m._tag === "Reply" && m.view > 0) },
]

const someFetch =
  (holds: (state: State, seq: number) => boolean) =>
  (w: WorldView): boolean =>
    w.processes.map(asProcess).some(
      (p) =>
        p.role === "replica" &&
        w.sent.some((sent) => {
          const m = messageOf(sent)
          return m._tag === "FetchState" && m.replica === p.id && holds(p.at.state, m.seq)
        }),
    )

const stateTransfer = (c: PbftConstants): ReadonlyArray<Witness> => [
  {
    name: "ReachAbove",
    holds: someReplica((s) => s.checkpointVotes.some((v) => v.seq > s.log.low + c.logSize)),
  },
  { name: "ReachFetchedState", holds: someFetch((s, seq) => s.executed >= seq) },
  {
    name: "ReachMovedByState",
    holds: someFetch((s, seq) => seq > c.logSize && s.log.low >= seq),
  },
  {
    name: "ReachStartFetched",
    holds: someFetch((s, seq) => s.active && s.newView?.start.seq === seq),
  },
]

/** The witnesses of MCPbft.tla, under their names; each model says which of them it reaches. */
export const pbftWitnesses = (c: PbftConstants): ReadonlyArray<Witness> => [
  ...ordinary,
  ...unusual(c),
  ...viewChanges,
  ...stateTransfer(c),
]
