/**
 * The instances of PBFT that are checked, by name: the constants of spec/tla/MCPbft-<name>.cfg,
 * what is asked of each, and what must come out.
 */
import type { PbftConstants } from "./pbft-model.ts"
import { type UniverseName, universes } from "./universe.ts"

/** What correct clients ask for, by its name in MCPbft.tla. */
export const askings = {
  AsksA: [["a"]],
  AsksAThenB: [["a", "b"]],
  TwoAsk: [["a"], ["b"]],
  NobodyAsks: [],
} as const satisfies Record<string, ReadonlyArray<ReadonlyArray<string>>>
export type AskingName = keyof typeof askings

export interface PbftModelSpec {
  readonly name: string
  /** What the instance is for, in one sentence. */
  readonly why: string
  readonly n: number
  readonly f: number
  readonly quorum: number
  readonly byzantine: ReadonlyArray<number>
  readonly allClients: number
  readonly asks: AskingName
  readonly checkpointInterval: number
  readonly logSize: number
  readonly maxBatch: number
  readonly canRestart: ReadonlyArray<number>
  readonly injected: UniverseName
  readonly invariants: ReadonlyArray<string>
  /**
   * What TLC checks beside the graph: `all` of `invariants` and the witnesses, or only the graph,
   * where the explorer's check of all of them on an equal graph has to do (TLC takes many minutes).
   */
  readonly byTlc: "all" | "graph"
  /** `holds`: exhaustive, no violation. Otherwise the invariant that must be violated. */
  readonly expect: "holds" | { readonly violates: string }
  /** Actions and witnesses that must be reached here. */
  readonly reaches: ReadonlyArray<string>
  /** `test`: in every test run; `large`: in CI beside the tests; `nightly`: by night. */
  readonly size: "test" | "large" | "nightly"
  /** Witnesses that must not be reached. */
  readonly unreachable: ReadonlyArray<string>
}

export const everyInvariant = [
  "TypeOK",
  "Agreement",
  "PreparedUnique",
  "CommitSupport",
  "ExecutionPrefix",
  "AtMostOnce",
  "Validity",
  "CheckpointAgreement",
  "Watermarks",
  "ClientResult",
  "SentIsDurable",
  "NoEquivocation",
]

const base = {
  n: 4,
  f: 1,
  quorum: 3,
  byzantine: [3],
  allClients: 1,
  asks: "AsksA",
  checkpointInterval: 1,
  logSize: 2,
  maxBatch: 1,
  canRestart: [],
  injected: "NothingInjected",
  invariants: everyInvariant,
  byTlc: "all",
  expect: "holds",
  reaches: [],
  unreachable: [],
  size: "test",
} as const satisfies Partial<PbftModelSpec>

export const pbftModels: ReadonlyArray<PbftModelSpec> = [
  {
    ...base,
    name: "Normal",
    why: "One request through agreement, execution and a stable checkpoint; replica 3 is silent.",
    reaches: ["RecvCheckpoint", "ReachAllStable", "ReachAnswered", "ReachQueuedBackup"],
  },
  {
    ...base,
    name: "Restart",
    why: "As Normal, with a backup that may restart at any moment.",
    canRestart: [1],
    reaches: ["Restart", "ReachExecutedForgotten"],
    checkpointInterval: 2,
  },
  {
    ...base,
    name: "RestartPrimary",
    why: "As Normal, with a primary that may restart at any moment.",
    canRestart: [0],
    reaches: ["Restart", "ReachAllStable"],
  },
  {
    ...base,
    name: "TwoRequests",
    why: "Two sequence numbers in flight, out-of-order commits, a checkpoint after the second.",
    asks: "AsksAThenB",
    checkpointInterval: 2,
    logSize: 4,
    reaches: ["ReachOutOfOrderCommit", "ReachUnstableCheckpoint", "AtMostOnce"],
    size: "large",
  },
  {
    ...base,
    name: "Batches",
    why: "Two clients, whose requests may share a batch; two sequence numbers at the most.",
    allClients: 2,
    asks: "TwoAsk",
    checkpointInterval: 2,
    maxBatch: 2,
    reaches: ["ReachBatchOfTwo", "ReachAnswered", "AtMostOnce"],
    size: "nightly",
  },
  {
    ...base,
    name: "Equivocation",
    why: "A Byzantine primary tells one batch to two backups and another to the third.",
    byzantine: [0],
    allClients: 2,
    asks: "NobodyAsks",
    checkpointInterval: 2,
    injected: "Equivocation",
    reaches: ["ReachSplitPrePrepare", "ReachCommitBeforePrePrepare", "Agreement"],
  },
  {
    ...base,
    name: "ByzantineClient",
    why: "A Byzantine client whose authenticator is good everywhere, or at the primary only.",
    allClients: 2,
    asks: "NobodyAsks",
    checkpointInterval: 2,
    injected: "ClientUniverse",
    reaches: ["ReachHeld", "ReachAllExecuted"],
  },
  {
    ...base,
    name: "ByzantinePrimary",
    why: "All that a Byzantine primary can build, but for votes with a digest that nobody holds.",
    byzantine: [0],
    allClients: 2,
    asks: "NobodyAsks",
    checkpointInterval: 2,
    injected: "PrimaryBase",
    reaches: [
      "ReachHeld",
      "ReachSplitPrePrepare",
      "ReachAllExecuted",
      "Ignore:WrongView",
      "Ignore:OutsideWatermarks",
      "Ignore:BadAuthenticator",
    ],
    size: "large",
  },
  {
    ...base,
    name: "ByzantineBackup",
    why: "A Byzantine backup that helps to prepare and hinders to commit, and forges a reply.",
    checkpointInterval: 2,
    injected: "BackupUniverse",
    reaches: ["ReachMismatchedVote", "ReachAllExecuted"],
    size: "large",
  },
  {
    ...base,
    name: "TwoRequestsRestart",
    why: "As TwoRequests, with a backup that may restart at any moment.",
    asks: "AsksAThenB",
    checkpointInterval: 2,
    logSize: 4,
    canRestart: [1],
    reaches: ["Restart", "ReachExecutedForgotten", "ReachOutOfOrderCommit", "ReachAllStable"],
    byTlc: "graph",
    size: "large",
  },
  {
    ...base,
    name: "ByzantinePrimaryFull",
    why: "All that a Byzantine primary and a Byzantine client can build.",
    byzantine: [0],
    allClients: 2,
    asks: "NobodyAsks",
    checkpointInterval: 2,
    injected: "PrimaryUniverse",
    reaches: ["ReachHeld", "ReachMismatchedVote", "RecvCheckpoint"],
    byTlc: "graph",
    size: "nightly",
  },
  {
    ...base,
    name: "LacksViews",
    why: "ByzantinePrimary without views outside the bound: must lose coverage.",
    byzantine: [0],
    allClients: 2,
    asks: "NobodyAsks",
    checkpointInterval: 2,
    injected: "PrimaryWithoutViews",
    unreachable: ["Ignore:WrongView"],
    size: "nightly",
  },
  {
    ...base,
    name: "LacksSeqs",
    why: "ByzantinePrimary without sequence numbers outside the window: must lose coverage.",
    byzantine: [0],
    allClients: 2,
    asks: "NobodyAsks",
    checkpointInterval: 2,
    injected: "PrimaryWithoutSeqs",
    unreachable: ["Ignore:OutsideWatermarks"],
    size: "nightly",
  },
  {
    ...base,
    name: "LacksPartialAuthenticators",
    why: "ByzantinePrimary without authenticators that verify at some receivers only: must lose coverage.",
    byzantine: [0],
    allClients: 2,
    asks: "NobodyAsks",
    checkpointInterval: 2,
    injected: "PrimaryWithoutPartialAuthenticators",
    unreachable: ["Ignore:BadAuthenticator"],
    size: "nightly",
  },
  {
    ...base,
    name: "LacksBadRequests",
    why: "ByzantinePrimary without requests whose own authenticator fails somewhere: must lose coverage.",
    byzantine: [0],
    allClients: 2,
    asks: "NobodyAsks",
    checkpointInterval: 2,
    injected: "PrimaryWithoutBadRequests",
    unreachable: ["ReachHeld"],
    size: "nightly",
  },
  {
    ...base,
    name: "LacksUnknownDigests",
    why: "ByzantineBackup without digests that nobody holds: must lose coverage.",
    checkpointInterval: 2,
    injected: "BackupWithoutUnknownDigests",
    unreachable: ["ReachMismatchedVote"],
    size: "nightly",
  },
  {
    ...base,
    name: "ThreeReplicasQuorumTwo",
    why: "Must fail: n = 3f with quorum n - f breaks agreement.",
    n: 3,
    quorum: 2,
    byzantine: [0],
    allClients: 2,
    asks: "NobodyAsks",
    checkpointInterval: 2,
    injected: "EquivocationAmongThree",
    invariants: ["Agreement"],
    expect: { violates: "Agreement" },
  },
  {
    ...base,
    name: "QuorumTwoF",
    why: "Must fail: n = 3f + 1 with quorum 2f breaks agreement.",
    quorum: 2,
    byzantine: [0],
    allClients: 2,
    asks: "NobodyAsks",
    checkpointInterval: 2,
    injected: "EquivocationAmongThree",
    invariants: ["Agreement"],
    expect: { violates: "Agreement" },
  },
  {
    ...base,
    name: "ThreeReplicasSilent",
    why: "Must be unreachable: a commit with n = 3f, quorum 2f + 1 and a silent Byzantine replica.",
    n: 3,
    byzantine: [2],
    unreachable: ["ReachCommitted", "ReachExecuted", "ReachAnswered"],
  },
]

export const constantsOf = (spec: PbftModelSpec): PbftConstants => ({
  ...spec,
  clientOps: askings[spec.asks],
  injected: universes[spec.injected](spec.n),
})
