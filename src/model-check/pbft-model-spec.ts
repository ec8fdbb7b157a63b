/** What an instance of PBFT to be checked is: its constants, its purpose, what must come out. */
import type { SignedRequest } from "../core/request.ts"
import { everyone } from "../sim/world.ts"
import { proposed } from "./byzantine-messages.ts"
import { backupLied, type FalseDisk } from "./turn-universe.ts"
import type { UniverseName } from "./universe.ts"

/** What correct clients ask for, by its name in MCPbft.tla. */
export const askings = {
  AsksA: [["a"]],
  AsksBig: [["aaaa"]],
  AsksAThenB: [["a", "b"]],
  AsksAThenReads: [["a", "r"]],
  Reads: [["r"]],
  TwoAsk: [["a"], ["b"]],
  AsksNothing: [[]],
  NobodyAsks: [],
} as const satisfies Record<string, ReadonlyArray<ReadonlyArray<string>>>
export type AskingName = keyof typeof askings

/** What correct primaries may propose, by its name in MCPbft.tla, for `n` replicas. */
export const proposals = {
  NoProposals: () => [],
  OneOrTwo: (n) => [proposed(1, everyone(n)), proposed(2, everyone(n))],
  OneUnlikeTwo: (n) => [proposed(1, everyone(n)), proposed(2, [0])],
} as const satisfies Record<string, (n: number) => ReadonlyArray<SignedRequest>>
export type ProposalsName = keyof typeof proposals

/** Who may lose its disk, and the incarnation that it comes back as, by its name in MCPbft.tla. */
export const rejoinings = {
  NobodyRejoins: [],
  BackupRejoins: [[1, 1]],
  LastRejoins: [[3, 1]],
} as const satisfies Record<string, ReadonlyArray<readonly [replica: number, incarnation: number]>>
export type RejoiningName = keyof typeof rejoinings

/** Who may be recovered with its disk, and as what, by its name in MCPbft.tla. */
export const recoverings = {
  NobodyRecovers: [],
  BackupRecovers: [[1, 1]],
  BackupRecoversLater: [[1, 2]],
  BackupRecoversEither: [
    [1, 1],
    [1, 2],
  ],
  LastRecovers: [[3, 1]],
} as const satisfies Record<string, ReadonlyArray<readonly [replica: number, incarnation: number]>>
export type RecoveringName = keyof typeof recoverings

/** Who lied until it is recovered, and what its disk then holds, by its name in MCPbft.tla. */
export const falseDisks = {
  NobodyLied: [],
  BackupLied: [backupLied],
} as const satisfies Record<string, ReadonlyArray<FalseDisk>>
export type FalseDisksName = keyof typeof falseDisks

/** Who may replace whose key, by its name in MCPbft.tla. */
export const rekeyings = {
  NobodyRekeys: [],
  OfPrimary: [[1, 0]],
  OfTwo: [
    [1, 0],
    [1, 2],
  ],
} as const satisfies Record<string, ReadonlyArray<readonly [replica: number, of: number]>>
export type RekeyingName = keyof typeof rekeyings

/** One instance. */
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
  /** The correct replicas whose view-change timer may fire, in views below `maxView`. */
  readonly canTimeout: ReadonlyArray<number>
  readonly maxView: number
  /** The correct replicas that fetch the state of checkpoints which they lack. */
  readonly canFetch: ReadonlyArray<number>
  /** Whether Byzantine primaries build NEW-VIEWs of what was sent. */
  readonly forgesNewView: boolean
  /** Equal results that a client needs for an ordered request. */
  readonly replyQuorum: number
  /** Whom a client may ask for the whole result, the others for its digest. */
  readonly repliers: ReadonlyArray<number>
  /** Whether reads are answered without an order. */
  readonly readOnly: boolean
  /** Whether they do not wait for what the replica has prepared. */
  readonly hastyReads: boolean
  /** How many batches may be executed before they are committed. */
  readonly maxTentative: number
  readonly fetchDecisions: boolean
  /** Whether replicas tell what they executed, and believe f + 1 others. */
  readonly tellCommitted: boolean
  /** The client in whose name primaries propose, and what correct ones may. */
  readonly clock: number | undefined
  /** The client in whose name replica 0 asks to be taken back, the others' follow it. */
  readonly recoverers: number | undefined
  /** Who may lose its disk, and the incarnation that it comes back as. */
  readonly rejoins: RejoiningName
  /** Who may be recovered with its disk, and the incarnation that it comes back as. */
  readonly recoveries: RecoveringName
  /** Who lied until it is recovered. */
  readonly falseDisks: FalseDisksName
  /** Who may replace the key under which it hears whom. */
  readonly rekeys: RekeyingName
  /** Whether what came under an old key counts on. */
  readonly keepVotes: boolean
  /** Where primaries may propose the null request. */
  readonly nullSeqs: ReadonlyArray<number>
  readonly proposals: ProposalsName
  /** Operations of so many characters are big. */
  readonly bigRequestBytes: 4 | undefined
  readonly injected: UniverseName
  readonly invariants: ReadonlyArray<string>
  /**
   * What TLC checks beside the graph: `all` of `invariants` and the witnesses, or only the graph,
   * where the explorer's check of all of them on an equal graph has to do (TLC takes many minutes),
   * or nothing: TLC would take hours.
   */
  readonly byTlc: "all" | "graph" | "nothing"
  /** Whether some messages are received at once (pbft-reduction.ts): by the explorer alone. */
  readonly reduced: boolean
  /** `holds`: exhaustive, no violation. Otherwise the invariant that must be violated. */
  readonly expect: "holds" | { readonly violates: string }
  /** Actions and witnesses that must be reached here. */
  readonly reaches: ReadonlyArray<string>
  /**
   * `test`: in every test run; `large`: in CI beside the tests; `nightly`: by night; `bounded`: by
   * night, up to a limit.
   */
  readonly size: "test" | "large" | "nightly" | "bounded"
  /** Witnesses that must not be reached. */
  readonly unreachable: ReadonlyArray<string>
}

/** The invariants of Pbft.tla, by name. */
export const everyInvariant = [
  "TypeOK",
  "Agreement",
  "PreparedUnique",
  "CommitSupport",
  "SettledSupport",
  "CommitUnique",
  "CarryOver",
  "CanDecide",
  "ExecutionPrefix",
  "AtMostOnce",
  "Validity",
  "CheckpointAgreement",
  "Watermarks",
  "ClientResult",
  "TentativeStays",
  "FinalStays",
  "FreshReads",
  "SentIsDurable",
  "NoEquivocation",
]

/** Four replicas, the last one silent, and a client that asks once; models say what differs. */
export const base = {
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
  canTimeout: [],
  maxView: 0,
  canFetch: [],
  forgesNewView: false,
  replyQuorum: 2,
  repliers: [],
  readOnly: false,
  hastyReads: false,
  maxTentative: 0,
  fetchDecisions: false,
  tellCommitted: false,
  clock: undefined,
  recoverers: undefined,
  rejoins: "NobodyRejoins",
  recoveries: "NobodyRecovers",
  falseDisks: "NobodyLied",
  rekeys: "NobodyRekeys",
  keepVotes: false,
  nullSeqs: [],
  proposals: "NoProposals",
  bigRequestBytes: undefined,
  reduced: false,
  injected: "NothingInjected",
  invariants: everyInvariant,
  byTlc: "all",
  expect: "holds",
  reaches: [],
  unreachable: [],
  size: "test",
} as const satisfies Partial<PbftModelSpec>
