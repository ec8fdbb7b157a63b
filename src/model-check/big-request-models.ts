/** The instances of PBFT with big requests, which pre-prepares only name. */
import { base, type PbftModelSpec } from "./pbft-model-spec.ts"

const ofOneReplica = ["TypeOK", "AtMostOnce", "Watermarks", "SentIsDurable", "NoEquivocation"]

const big = {
  ...base,
  checkpointInterval: 2,
  bigRequestBytes: 4,
} as const satisfies Partial<PbftModelSpec>

// Requests come from Byzantine clients, so that no client's states multiply the rest.
const unasked = { ...big, allClients: 2, asks: "NobodyAsks" } as const

export const bigRequestModels: ReadonlyArray<PbftModelSpec> = [
  {
    ...big,
    name: "BigRequest",
    why: "One big request: a backup takes it from its queue, or asks the primary for all of it.",
    asks: "AsksBig",
    reaches: ["ReachAsked", "ReachGiven", "ReachFilled", "ReachAnswered", "ClientResult"],
    size: "nightly",
  },
  {
    ...unasked,
    name: "NamedAlone",
    why: "A backup among liars: requests that it is named, and lacks, or has another one of.",
    byzantine: [0, 2, 3],
    maxBatch: 2,
    injected: "ForNamed",
    invariants: ofOneReplica,
    reaches: ["ReachAsked", "ReachExecuted", "RecvPrePrepare", "ReachBatchOfTwo"],
  },
  {
    ...unasked,
    name: "GiverAlone",
    why: "The primary of a second view among liars, who ask for its pre-prepares.",
    byzantine: [0, 2, 3],
    canTimeout: [1],
    maxView: 1,
    injected: "ForGiver",
    invariants: ofOneReplica,
    reaches: ["RecvFetchPrePrepare", "ReachGiven", "ReachNewView", "SendPrePrepare"],
  },
  {
    ...unasked,
    name: "BigViewChange",
    why: "A big request that a Byzantine primary names to two backups, of which one has it.",
    byzantine: [0],
    canTimeout: [1, 2],
    maxView: 1,
    injected: "HalfNamed",
    reaches: ["ReachAsked", "ReachCarriedOver", "ReachFetched", "ReachAllExecuted"],
    size: "nightly",
  },
]
