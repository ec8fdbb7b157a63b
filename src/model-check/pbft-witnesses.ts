/** States that must be reachable in a model, so that its invariants are not vacuous. */
import * as ClientTable from "../core/client-table.ts"
import { isWhole } from "../core/pbft/big-requests.ts"
import * as Invariants from "../core/pbft/invariants.ts"
import type { Message, PrePrepare, Reply } from "../core/pbft/message.ts"
import { isMute } from "../core/pbft/rejoin.ts"
import type { Slot, State } from "../core/pbft/state.ts"
import * as Window from "../core/window.ts"
import type { SentMessage, Witness } from "./model.ts"
import type { PbftConstants } from "./pbft-process.ts"
import { asProcess, messageOf } from "./pbft-properties.ts"
import { everyReplica, someMessage, someReplica } from "./pbft-witness.ts"
import { toldWitnesses } from "./told-witnesses.ts"

const slotIn = (name: string, phase: string): Witness =>
  someReplica(name, (s) => Window.occupied(s.log).some((n) => Window.get(s.log, n).phase === phase))

// The normal case, step by step.
const ordinary: ReadonlyArray<Witness> = [
  slotIn("ReachHeld", "held"),
  slotIn("ReachUnheard", "voted"),
  slotIn("ReachPrepared", "prepared"),
  slotIn("ReachCommitted", "committed"),
  someReplica("ReachExecuted", (s) => s.executed > 0),
  everyReplica("ReachAllExecuted", (s) => s.executed > 0),
  someReplica("ReachStable", (s) => s.log.low > 0),
  everyReplica("ReachAllStable", (s) => s.log.low > 0),
  {
    name: "ReachAnswered",
    scope: "some",
    holds: (process) => {
      const p = asProcess(process)
      return p.role === "client" && p.at.result !== undefined
    },
  },
  someReplica("ReachCommitBeforePrePrepare", (s) =>
    Window.occupied(s.log).some((n) => {
      const slot = Window.get(s.log, n)
      return slot.phase === "empty" && slot.commits.some((d) => d !== "")
    }),
  ),
  someReplica("ReachOutOfOrderCommit", (s) =>
    Window.occupied(s.log).some((n) => n > s.executed + 1 && Invariants.isCommitted(s, n)),
  ),
  someReplica("ReachBatchOfTwo", (s) =>
    Window.occupied(s.log).some((n) => Window.get(s.log, n).batch.length > 1),
  ),
]

const executedForgotten: Witness = {
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
}

// What happens off the straight road.
const unusual = (c: PbftConstants): ReadonlyArray<Witness> => [
  someReplica("ReachUnstableCheckpoint", (s) => s.checkpoints.length > 1),
  // Only a restart goes back.
  ...(c.canRestart.length > 0 ? [executedForgotten] : []),
  {
    name: "ReachSplitPrePrepare",
    scope: "pair",
    holds: (one, other) => {
      const digest = (process: unknown): string => {
        const p = asProcess(process)
        if (p.role !== "replica" || !Window.covers(p.at.state.log, 1)) return ""
        return Window.get(p.at.state.log, 1).digest
      }
      const [a, b] = [digest(one), digest(other)]
      return a !== "" && b !== "" && a !== b
    },
  },
  someReplica("ReachMismatchedVote", (s) =>
    Window.occupied(s.log).some((n) => {
      const { phase, digest, commits } = Window.get(s.log, n)
      return phase !== "empty" && commits.some((d) => d !== "" && d !== digest)
    }),
  ),
  {
    name: "ReachQueuedBackup",
    scope: "some",
    holds: (process) => {
      const p = asProcess(process)
      return p.role === "replica" && p.id % c.n !== 0 && p.at.state.queue.length > 0
    },
  },
]

const inNewView = (s: State): boolean => s.active && s.view > 0
const someSlotOf = (s: State, holds: (slot: Slot, seq: number) => boolean): boolean =>
  Window.occupied(s.log).some((seq) => holds(Window.get(s.log, seq), seq))
const isNull = (slot: Slot): boolean => slot.phase !== "empty" && slot.batch.length === 0

const viewChanges: ReadonlyArray<Witness> = [
  someReplica("ReachNewView", inNewView),
  everyReplica("ReachAllInNewView", inNewView),
  someMessage("ReachSkippedView", (m) => m._tag === "NewView" && m.view > 1),
  someReplica(
    "ReachCarriedOver",
    (s) =>
      inNewView(s) &&
      someSlotOf(
        s,
        (slot, seq) =>
          slot.batch.length > 0 && s.pset.some((e) => e.seq === seq && e.digest === slot.digest),
      ),
  ),
  someReplica("ReachNull", (s) => someSlotOf(s, isNull)),
  someReplica("ReachNullExecuted", (s) =>
    someSlotOf(s, (slot, seq) => seq <= s.executed && isNull(slot)),
  ),
  someReplica(
    "ReachOtherBatch",
    (s) =>
      s.active &&
      someSlotOf(
        s,
        (slot, seq) =>
          slot.batch.length > 0 && s.qset.some((e) => e.seq === seq && e.digest !== slot.digest),
      ),
  ),
  someReplica("ReachFetched", (s) => s.fetched.length > 0),
  someMessage("ReachLaterExecution", (m) => m._tag === "Reply" && m.view > 0),
]

const someReply = (name: string, holds: (m: Reply) => boolean): Witness =>
  someMessage(name, (m) => m._tag === "Reply" && holds(m))

// A replica that has undone what it answered as tentative.
const undone: Witness = {
  name: "ReachUndone",
  holds: (w) =>
    w.sent.map(messageOf).some((m) => {
      if (m._tag !== "Reply" || m.tentative === undefined) return false
      return w.processes.map(asProcess).some((p) => {
        if (p.role !== "replica" || p.id !== m.replica || p.at.state.undo !== undefined)
          return false
        return ClientTable.get(p.at.state.table, m.client).timestamp < m.timestamp
      })
    }),
}

// Answers before the end of agreement, and without one.
const fast = (c: PbftConstants): ReadonlyArray<Witness> => [
  someReplica("ReachTentative", (s) => s.undo !== undefined),
  ...(c.maxTentative > 0 ? [undone] : []),
  someReplica("ReachReadWaits", (s) => s.undo !== undefined && s.reads.length > 0),
  someReply("ReachReadAnswered", (m) => m.readOnly === true),
  someReply("ReachDigestReply", (m) => m.digest === true),
  {
    name: "ReachTentativeAnswer",
    scope: "some",
    holds: (process) => {
      const p = asProcess(process)
      return p.role === "client" && p.at.replies.some((a) => a?.tentative !== undefined)
    },
  },
  slotIn("ReachDecided", "decided"),
]

// Who lost its disk.
const rejoining: ReadonlyArray<Witness> = [
  someReplica("ReachMute", isMute),
  someReplica("ReachPlaced", (s) => s.recovery?.point !== undefined),
  someReplica("ReachTakenBack", (s) => s.recovery !== undefined && !isMute(s)),
  someReplica(
    "ReachVotesAgain",
    (s) =>
      s.recovery !== undefined &&
      Window.occupied(s.log).some((n) =>
        ["prePrepared", "prepared", "committed"].includes(Window.get(s.log, n).phase),
      ),
  ),
]

// Who is recovered with its disk, and a log that goes on for it.
const recovering: ReadonlyArray<Witness> = [
  someReplica("ReachBound", (s) => s.recovery?.estimate?.bound !== undefined),
  someReplica("ReachToldTwice", (s) =>
    (s.recovery?.estimate?.told ?? []).some(
      (t) => t !== undefined && t.prepared > t.checkpoint + 1,
    ),
  ),
  someReplica(
    "ReachBarred",
    (s) => s.log.low > 0 && s.log.low < (s.recovery?.estimate?.bound ?? 0),
  ),
  someReplica("ReachBeyondBound", (s) => {
    const bound = s.recovery?.estimate?.bound
    return bound !== undefined && Window.occupied(s.log).some((n) => n > bound)
  }),
  someReplica(
    "ReachNullExecuted",
    (s) =>
      s.view === 0 &&
      Window.occupied(s.log).some(
        (n) => n <= s.executed && Window.get(s.log, n).batch.length === 0,
      ),
  ),
]

const fullFor = (sent: ReadonlyArray<Message>, digest: string): boolean =>
  sent.some((m) => m._tag === "PrePrepare" && isWhole(m.batch) && m.digest === digest)

const shortIn = (sent: ReadonlyArray<SentMessage>): ReadonlyArray<PrePrepare> =>
  sent.flatMap((one) => {
    const m = messageOf(one)
    return m._tag === "PrePrepare" && !isWhole(m.batch) ? [m] : []
  })

// Of requests that pre-prepares only name.
const bigRequests: ReadonlyArray<Witness> = [
  someMessage("ReachAsked", (m) => m._tag === "FetchPrePrepare"),
  {
    name: "ReachGiven",
    holds: ({ sent }) => shortIn(sent).some((m) => fullFor(sent.map(messageOf), m.digest)),
  },
  {
    // Somebody took the requests from its queue: the pre-prepare was not given in full.
    name: "ReachFilled",
    holds: ({ processes, sent }) =>
      shortIn(sent).some(
        (m) =>
          !fullFor(sent.map(messageOf), m.digest) &&
          processes.map(asProcess).some((p) => {
            if (p.role !== "replica" || p.id === m.replica) return false
            const { log } = p.at.state
            return Window.covers(log, m.seq) && Window.get(log, m.seq).digest === m.digest
          }),
      ),
  },
]

const valueIn = (s: State, clock: number, seq: number): number | undefined => {
  const head = Window.get(s.log, seq).batch[0]
  return head?.client === clock ? head.timestamp : undefined
}

// Of values that primaries propose in the name of a client.
const proposals = ({ clock }: PbftConstants): ReadonlyArray<Witness> =>
  clock === undefined
    ? []
    : [
        someReplica("ReachTwoValues", (s) => {
          const values = Window.occupied(s.log).flatMap((seq) => valueIn(s, clock, seq) ?? [])
          return new Set(values).size > 1
        }),
        someReplica("ReachNoEffect", (s) =>
          Window.occupied(s.log).some(
            (seq) =>
              seq <= s.executed &&
              (valueIn(s, clock, seq) ?? Number.POSITIVE_INFINITY) <
                ClientTable.get(s.table, clock).timestamp,
          ),
        ),
      ]

const someFetch = (name: string, holds: (state: State, seq: number) => boolean): Witness => ({
  name,
  holds: ({ processes, sent }) =>
    processes.map(asProcess).some(
      (p) =>
        p.role === "replica" &&
        sent.some((one) => {
          const m = messageOf(one)
          return m._tag === "FetchState" && m.replica === p.id && holds(p.at.state, m.seq)
        }),
    ),
})

const fetchedStates = (c: PbftConstants): ReadonlyArray<Witness> => [
  someFetch("ReachFetchedState", (s, seq) => s.executed >= seq),
  someFetch("ReachMovedByState", (s, seq) => seq > c.logSize && s.log.low >= seq),
  someFetch("ReachStartFetched", (s, seq) => s.active && s.newView?.start.seq === seq),
]

const stateTransfer = (c: PbftConstants): ReadonlyArray<Witness> => [
  someReplica("ReachAbove", (s) => s.checkpointVotes.some((v) => v.seq > s.log.low + c.logSize)),
  ...(c.canFetch.length > 0 ? fetchedStates(c) : []),
]

/** The witnesses of MCPbft.tla, under their names; each model says which of them it reaches. */
export const pbftWitnesses = (c: PbftConstants): ReadonlyArray<Witness> => [
  ...ordinary,
  ...unusual(c),
  ...viewChanges,
  ...fast(c),
  ...stateTransfer(c),
  ...proposals(c),
  ...rejoining,
  ...(c.tellCommitted ? toldWitnesses(c) : []),
  ...recovering,
  ...(c.bigRequestBytes === undefined ? [] : bigRequests),
]
