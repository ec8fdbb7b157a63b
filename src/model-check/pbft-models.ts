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
  /** `holds`: exhaustive, no violation. Otherwise the invariant that must be violated. */
  readonly expect: "holds" | { readonly violates: string }
  /** Actions and witnesses that must be reached here. */
  readonly reaches: ReadonlyArray<string>
  /** `test`: in every test run; `large`: in CI beside the tests. */
  readonly size: "test" | "large"
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
  expect: "holds",
  reaches: [],
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
    reaches: ["ReachSplitPrePrepare", "ReachAllPrePrepared"],
  },
]

export const constantsOf = (spec: PbftModelSpec): PbftConstants => ({
  ...spec,
  clientOps: askings[spec.asks],
  injected: universes[spec.injected](spec.n),
})
