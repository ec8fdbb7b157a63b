/** The instances of PBFT in which the keys under which replicas hear each other change. */
import { base, type PbftModelSpec } from "./pbft-model-spec.ts"

const ofOneReplica = ["TypeOK", "AtMostOnce", "Watermarks", "SentIsDurable", "NoEquivocation"]

// Requests come from Byzantine processes, so that no client's states multiply the rest.
const rekeying = {
  ...base,
  byzantine: [0, 2, 3],
  allClients: 2,
  asks: "NobodyAsks",
  rekeys: "OfTwo",
  invariants: ofOneReplica,
} as const satisfies Partial<PbftModelSpec>

const thieves = {
  ...rekeying,
  byzantine: [0, 2],
  checkpointInterval: 2,
  rekeys: "OfPrimary",
  injected: "TwoThieves",
} as const satisfies Partial<PbftModelSpec>

export const keyModels: ReadonlyArray<PbftModelSpec> = [
  {
    ...rekeying,
    name: "RekeyerAlone",
    why: "A backup among liars replaces the keys of two of them at any moment, and may restart.",
    canRestart: [1],
    injected: "ForRekeyer",
    reaches: ["ChangeKey", "ReachHeld", "ReachUnheard", "ReachStable", "Restart"],
  },
  {
    ...rekeying,
    name: "RekeyerInNewView",
    why: "As RekeyerAlone, where a view started with a batch, which is not to be said again.",
    checkpointInterval: 2,
    canRestart: [1],
    injected: "ForRekeyerInNewView",
    reaches: ["ChangeKey", "ReachUnheard", "EnterView", "Restart", "ReachPrepared"],
  },
  {
    ...rekeying,
    name: "RekeyerTold",
    why: "As RekeyerAlone, which is told of decisions, of executions and of later checkpoints.",
    checkpointInterval: 2,
    canFetch: [1],
    fetchDecisions: true,
    tellCommitted: true,
    injected: "ForRekeyerTold",
    reaches: ["ChangeKey", "RecvBatch", "ReachClaimed", "ReachBelieved", "RecvState"],
    size: "nightly",
  },
  {
    ...rekeying,
    name: "RekeyerRecovering",
    why: "As RekeyerAlone, which is recovered with its disk and asks the others how far they are.",
    allClients: 6,
    recoverers: 2,
    recoveries: "BackupRecovers",
    injected: "ForRekeyerRecovering",
    invariants: [...ofOneReplica, "RecoveryBound"],
    reaches: ["ChangeKey", "Recover", "RecvReplyStable", "ReachBound"],
  },
  {
    ...thieves,
    name: "TwoThieves",
    why: "Replica 0's keys are in wrong hands, and when they are replaced those of replica 2.",
    invariants: [...ofOneReplica, "Agreement", "PreparedUnique", "ExecutionPrefix"],
    reaches: ["ChangeKey", "ReachUnheard", "ReachExecuted"],
  },
  {
    ...thieves,
    name: "TwoThievesAndTruth",
    why: "As TwoThieves, and replica 1 is told the truth as well.",
    injected: "TwoThievesAndTruth",
    invariants: [...ofOneReplica, "Agreement", "PreparedUnique", "ExecutionPrefix"],
    reaches: ["ChangeKey", "ReachUnheard", "ReachAllExecuted", "Agreement", "PreparedUnique"],
    size: "nightly",
  },
  {
    ...thieves,
    name: "ThievesAddUp",
    why: "Must fail: votes that came under a key which was replaced count on, so two thieves add up.",
    keepVotes: true,
    invariants: ["Agreement"],
    expect: { violates: "Agreement" },
  },
]
