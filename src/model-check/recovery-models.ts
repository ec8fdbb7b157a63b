/** The instances of PBFT in which replicas are recovered with their disks, or the log is idle. */
import { base, everyInvariant, type PbftModelSpec } from "./pbft-model-spec.ts"

const ofOneReplica = ["TypeOK", "AtMostOnce", "Watermarks", "SentIsDurable", "NoEquivocation"]

// Clients 0 and 1 ask; in the names of 2 to 5 the replicas ask to be taken back.
const recovering = {
  ...base,
  byzantine: [0, 2, 3],
  allClients: 6,
  asks: "NobodyAsks",
  recoverers: 2,
} as const satisfies Partial<PbftModelSpec>

export const recoveryModels: ReadonlyArray<PbftModelSpec> = [
  {
    ...recovering,
    name: "RecovererAlone",
    why: "A replica among liars is recovered with its disk: it keeps below the bound that it estimates.",
    recoveries: "BackupRecovers",
    canFetch: [1],
    injected: "ForRecoverer",
    invariants: [...ofOneReplica, "RecoveryBound"],
    reaches: [
      "Recover",
      "RecvReplyStable",
      "ReachBound",
      "ReachToldTwice",
      "ReachBarred",
      "ReachBeyondBound",
      "ReachPlaced",
    ],
  },
  {
    ...recovering,
    name: "RecovererRestarts",
    why: "As RecovererAlone, and it restarts and is told of a view that starts above its bound.",
    recoveries: "BackupRecovers",
    canFetch: [1],
    canRestart: [1],
    injected: "ForRecovererInNewView",
    invariants: [...ofOneReplica, "RecoveryBound"],
    reaches: ["Recover", "RecvReplyStable", "ReachBarred", "EnterView", "Restart"],
    size: "nightly",
  },
  {
    ...recovering,
    name: "RecovererPrimary",
    why: "The primary of a view that started with a batch is recovered and restarts: it proposes others beyond it.",
    recoveries: "BackupRecovers",
    canTimeout: [1],
    canRestart: [1],
    maxView: 1,
    injected: "ForRecovererPrimary",
    invariants: [...ofOneReplica, "RecoveryBound"],
    reaches: ["Recover", "Restart", "SendNewView", "EnterView", "ReachBound", "SendPrePrepare"],
  },
  {
    ...recovering,
    name: "Answerer",
    why: "A replica is asked how far it is, while it prepares, commits and executes.",
    injected: "ForAnswerer",
    invariants: ofOneReplica,
    reaches: ["RecvQueryStable", "Execute"],
  },
  {
    ...recovering,
    name: "Recovers",
    why: "A replica of four is recovered with its disk, and a liar stretches what it estimates.",
    byzantine: [3],
    allClients: 4,
    recoverers: 0,
    recoveries: "BackupRecovers",
    injected: "FalseAnswers",
    invariants: [...everyInvariant, "RecoveryBound", "EstimateHonest"],
    reaches: ["Recover", "RecvQueryStable", "RecvReplyStable", "ReachBound", "ReachPlaced"],
    byTlc: "graph",
    size: "nightly",
  },
  {
    ...recovering,
    name: "IdleLog",
    why: "Nobody asks for anything, and the primary proposes the null request.",
    byzantine: [2, 3],
    allClients: 1,
    recoverers: undefined,
    nullSeqs: [1],
    injected: "NullVotes",
    invariants: ofOneReplica,
    reaches: ["SendPrePrepare", "RecvPrePrepare", "Execute", "ReachNullExecuted"],
  },
]
