/** What an instance of Zyzzyva to be checked is: its constants, its purpose, what must come out. */
import type { Config, Needs } from "../core/zyzzyva/state.ts"
import { type RejoiningName, rejoinings } from "./pbft-model-spec.ts"
import type { ZyzzyvaConstants } from "./zyzzyva-process.ts"
import { type ZyzzyvaUniverseName, zyzzyvaUniverses } from "./zyzzyva-universe.ts"

/** What correct clients ask for, by its name in MCZyzzyva.tla. */
export const zyzzyvaAskings = {
  AsksA: [["a"]],
  AsksAThenB: [["a", "b"]],
  Reads: [["r"]],
  AsksAThenReads: [["a", "r"]],
  TwoAsk: [["a"], ["b"]],
  NobodyAsks: [],
} as const satisfies Record<string, ReadonlyArray<ReadonlyArray<string>>>
export type ZyzzyvaAskingName = keyof typeof zyzzyvaAskings

/** One instance. */
export interface ZyzzyvaTwinSpec {
  readonly protocol: "zyzzyva"
  readonly name: string
  /** What the instance is for, in one sentence. */
  readonly why: string
  readonly n: number
  readonly f: number
  readonly needs: Needs
  readonly rule: Config["rule"]
  readonly confirmViews: boolean
  readonly byzantine: ReadonlyArray<number>
  readonly allClients: number
  readonly asks: ZyzzyvaAskingName
  readonly checkpointInterval: number
  readonly logSize: number
  readonly maxBatch: number
  readonly canRestart: ReadonlyArray<number>
  readonly canTimeout: ReadonlyArray<number>
  readonly canFetch: ReadonlyArray<number>
  readonly maxView: number
  readonly forgesNewView: boolean
  readonly repliers: ReadonlyArray<number>
  readonly readOnly: boolean
  readonly hastyReads: boolean
  readonly commitFirst: boolean
  readonly preferredQuorums: boolean
  readonly witnesses: ReadonlyArray<number>
  readonly vouchOrders: boolean
  readonly recoverers: number | undefined
  /** Who may lose its disk, and the incarnation that it comes back as. */
  readonly rejoins: RejoiningName
  readonly injected: ZyzzyvaUniverseName
  readonly invariants: ReadonlyArray<string>
  /** What TLC checks beside the graph; see PbftModelSpec. */
  readonly byTlc: "all" | "graph" | "nothing"
  /** `holds`: exhaustive, no violation. Otherwise the invariant that must be violated. */
  readonly expect: "holds" | { readonly violates: string }
  /** Actions and witnesses that must be reached here. */
  readonly reaches: ReadonlyArray<string>
  readonly size: "test" | "large" | "nightly" | "bounded"
  readonly unreachable: ReadonlyArray<string>
}

/** What holds of one correct replica, whatever all others say. */
export const ownInvariants = [
  "TypeOK",
  "OneHistory",
  "Watermarks",
  "SentIsDurable",
  "AtMostOnce",
  "Reproducible",
]

/** The invariants of Zyzzyva.tla, by name. */
export const everyZyzzyvaInvariant = [
  ...ownInvariants,
  "Agreement",
  "CertificatesAgree",
  "CarryOver",
  "StableAgree",
  "StableStays",
  "ClientResult",
  "FreshReads",
  "Validity",
  "ShownIsSigned",
  "LeftForReason",
]

/** Four replicas, the last one silent, and a client that asks once; models say what differs. */
export const zyzzyvaBase = {
  protocol: "zyzzyva",
  n: 4,
  f: 1,
  needs: { fast: 4, commit: 3, change: 3, vote: 2 },
  rule: "corrected",
  confirmViews: false,
  byzantine: [3],
  allClients: 1,
  asks: "AsksA",
  checkpointInterval: 2,
  logSize: 2,
  maxBatch: 1,
  canRestart: [],
  canTimeout: [],
  canFetch: [],
  maxView: 0,
  forgesNewView: false,
  repliers: [],
  readOnly: false,
  hastyReads: false,
  commitFirst: false,
  preferredQuorums: false,
  witnesses: [],
  vouchOrders: false,
  recoverers: undefined,
  rejoins: "NobodyRejoins",
  injected: "NothingInjected",
  invariants: everyZyzzyvaInvariant,
  byTlc: "all",
  expect: "holds",
  reaches: [],
  unreachable: [],
  size: "test",
} as const satisfies Partial<ZyzzyvaTwinSpec>

export const constantsOfZyzzyva = (spec: ZyzzyvaTwinSpec): ZyzzyvaConstants => ({
  ...spec,
  clientOps: zyzzyvaAskings[spec.asks],
  rejoins: rejoinings[spec.rejoins],
  injected: zyzzyvaUniverses[spec.injected](spec),
})
