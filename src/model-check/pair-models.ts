/** The instances of PBFT in which several features meet: each pair of them in some model. */
import { base, type PbftModelSpec } from "./pbft-model-spec.ts"

const ofOneReplica = ["TypeOK", "AtMostOnce", "Watermarks", "SentIsDurable", "NoEquivocation"]

// Replica 1 alone among liars; all requests come from them.
const mixed = {
  ...base,
  byzantine: [0, 2, 3],
  allClients: 2,
  asks: "NobodyAsks",
  replyQuorum: 3,
  repliers: [0],
  readOnly: true,
  clock: 1,
  bigRequestBytes: 4,
  invariants: ofOneReplica,
} as const satisfies Partial<PbftModelSpec>

const returning = {
  ...mixed,
  allClients: 6,
  recoverers: 2,
  maxTentative: 1,
  canFetch: [1],
} as const

export const pairModels: ReadonlyArray<PbftModelSpec> = [
  {
    ...mixed,
    name: "MixedAlone",
    why: "A big request with the time, executed tentatively or fetched, a read, and a view that is left.",
    canFetch: [1],
    canTimeout: [1],
    maxView: 1,
    maxTentative: 1,
    injected: "ForMixed",
    reaches: [
      "ExecuteTentatively",
      "Settle",
      "RecvState",
      "AnswerRead",
      "ReachUndone",
      "ReachAsked",
    ],
  },
  {
    ...mixed,
    name: "MixedTold",
    why: "Big requests with the time, of which it is told or that were decided; a read, and restarts.",
    canRestart: [1],
    checkpointInterval: 2,
    fetchDecisions: true,
    tellCommitted: true,
    injected: "ForMixedTold",
    reaches: ["RecvCommitted", "RecvBatch", "Execute", "AnswerRead", "Restart"],
  },
  {
    ...mixed,
    name: "MixedRekeyer",
    why: "As MixedAlone, with the primary's key replaced at any moment; a null request beside it.",
    checkpointInterval: 2,
    maxTentative: 1,
    nullSeqs: [2],
    rekeys: "OfPrimary",
    injected: "ForMixedRekeyer",
    reaches: ["ChangeKey", "ExecuteTentatively", "ReachUnheard", "ReachAsked"],
  },
  {
    ...mixed,
    name: "NullMixed",
    why: "A null request, executed tentatively, told or fetched, with restarts and a view that is left.",
    canFetch: [1],
    canRestart: [1],
    canTimeout: [1],
    maxView: 1,
    maxTentative: 1,
    nullSeqs: [1],
    fetchDecisions: true,
    tellCommitted: true,
    injected: "ForNull",
    reaches: ["ExecuteTentatively", "Settle", "RecvCommitted", "RecvState", "Restart", "Timeout"],
  },
  {
    ...returning,
    name: "RecovererAhead",
    why: "Who is recovered with its disk executes its own request, with the time, tentatively; a read.",
    recoveries: "BackupRecovers",
    injected: "ForRecovererAhead",
    invariants: [...ofOneReplica, "RecoveryBound"],
    reaches: ["Recover", "ExecuteTentatively", "Settle", "ReachPlaced", "AnswerRead"],
  },
  {
    ...returning,
    name: "RecovererMixed",
    why: "As RecovererAhead, which may also be told of it, or fetch it or the state after it.",
    recoveries: "BackupRecovers",
    fetchDecisions: true,
    tellCommitted: true,
    injected: "ForRecovererMixed",
    invariants: [...ofOneReplica, "RecoveryBound"],
    reaches: ["Recover", "RecvBatch", "RecvCommitted", "RecvState", "ReachPlaced"],
    size: "large",
  },
  {
    ...returning,
    name: "RejoinerMixed",
    why: "Who lost its disk votes again, and executes a big request with the time tentatively; reads.",
    rejoins: "BackupRejoins",
    fetchDecisions: true,
    injected: "ForRejoinerMixed",
    reaches: ["Rejoin", "ReachTakenBack", "ExecuteTentatively", "RecvState", "AnswerRead"],
  },
]
