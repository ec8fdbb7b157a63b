/** The instances of PBFT whose replicas tell what they executed. */
import { base, everyInvariant, type PbftModelSpec } from "./pbft-model-spec.ts"

const ofOneReplica = ["TypeOK", "AtMostOnce", "Watermarks", "SentIsDurable", "NoEquivocation"]

// Requests come from Byzantine processes, so that no client's states multiply the rest.
const telling = {
  ...base,
  allClients: 2,
  asks: "NobodyAsks",
  checkpointInterval: 2,
  tellCommitted: true,
} as const satisfies Partial<PbftModelSpec>

const hiding = {
  ...telling,
  byzantine: [0],
  injected: "HiddenCommit",
  invariants: [...everyInvariant, "TellsAgree", "ExecutedAlike"],
} as const satisfies Partial<PbftModelSpec>

export const toldModels: ReadonlyArray<PbftModelSpec> = [
  {
    ...telling,
    name: "ToldAlone",
    why: "A backup among liars is told what they executed: what it voted for, or something else.",
    byzantine: [0, 2, 3],
    canTimeout: [1],
    maxView: 1,
    injected: "ForTold",
    invariants: ofOneReplica,
    reaches: [
      "RecvCommitted",
      "SendCommitted",
      "RecvBatch",
      "ReachClaimed",
      "ReachBelieved",
      "ReachBelievedInactive",
      "ReachOtherExecuted",
      "ReachUnstableCheckpoint",
    ],
  },
  {
    ...telling,
    name: "ToldAndMore",
    why: "A backup among liars is told of two numbers, and hears votes up to a stable checkpoint; it restarts.",
    byzantine: [0, 2, 3],
    canRestart: [1],
    injected: "ForToldAndMore",
    invariants: ofOneReplica,
    reaches: ["RecvCommitted", "SendCommitted", "ReachBelieved", "ReachStable", "Restart"],
    size: "large",
  },
  {
    ...telling,
    name: "ToldAhead",
    why: "A backup among liars executes what is prepared, and is told that this or another one was.",
    byzantine: [0, 2, 3],
    canTimeout: [1],
    maxView: 1,
    maxTentative: 1,
    injected: "ForToldAhead",
    invariants: ofOneReplica,
    reaches: ["ExecuteTentatively", "Settle", "Execute", "ReachUndone", "ReachWaitsToLeave"],
  },
  {
    ...telling,
    name: "ToldRejoiner",
    why: "A replica among liars loses its disk, and is told that its request was executed.",
    allClients: 6,
    recoverers: 2,
    byzantine: [0, 2, 3],
    rejoins: "BackupRejoins",
    injected: "ForToldRejoiner",
    invariants: ofOneReplica,
    reaches: ["Rejoin", "RecvCommitted", "ReachMuteBelieved", "ReachPlaced"],
  },
  {
    ...hiding,
    name: "HiddenCommit",
    why: "A Byzantine primary tells one backup another batch, keeps its COMMIT from it, and lies.",
    reaches: ["ReachAllExecuted", "ReachOtherExecuted", "ExecutedAlike"],
    size: "nightly",
  },
  {
    ...hiding,
    name: "HiddenCommitAlone",
    why: "As HiddenCommit, and the backup may give up its view, alone.",
    canTimeout: [3],
    maxView: 1,
    reaches: ["ReachAllExecuted", "ReachOtherExecuted", "ReachBelievedInactive", "ExecutedAlike"],
    byTlc: "graph",
    size: "nightly",
  },
  {
    ...hiding,
    name: "HiddenCommitChange",
    why: "As HiddenCommit, where all change views: what is told of is entered with, or held before.",
    canTimeout: [1, 3],
    maxView: 1,
    reaches: ["ReachAllExecuted", "ReachBelievedInactive", "ReachCarriedOver", "EnterView"],
    byTlc: "graph",
    size: "nightly",
  },
]
