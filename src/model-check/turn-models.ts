/** The instances of PBFT in which one replica lies, is recovered, and then another one lies. */
import { base, type PbftModelSpec } from "./pbft-model-spec.ts"

// More than f are faulty in all, and f at any time.
const inTurn = {
  ...base,
  byzantine: [0, 2],
  allClients: 6,
  asks: "NobodyAsks",
  recoverers: 2,
  canTimeout: [1],
  maxView: 2,
  canFetch: [1],
  forgesNewView: true,
  injected: "LiarsInTurn",
  invariants: ["ExecutionPrefix"],
} as const satisfies Partial<PbftModelSpec>

export const turnModels: ReadonlyArray<PbftModelSpec> = [
  {
    ...base,
    name: "RecoveredLiar",
    why: "A replica that lied follows the protocol from its recovery on, with what its disk says falsely.",
    byzantine: [0, 2, 3],
    allClients: 6,
    asks: "AsksNothing",
    recoverers: 2,
    recoveries: "BackupRecoversEither",
    falseDisks: "BackupLied",
    tellCommitted: true,
    canFetch: [1],
    canTimeout: [1],
    maxView: 1,
    injected: "ForLiar",
    invariants: [
      "TypeOK",
      "AtMostOnce",
      "Watermarks",
      "SentIsDurable",
      "NoEquivocation",
      "RecoveryBound",
      "NothingFalse",
    ],
    reaches: ["Recover", "RecvReplyStable", "RecvState", "Execute", "Timeout", "NothingFalse"],
  },
  {
    ...inTurn,
    name: "LiarsInTurn",
    why: "Replica 0 signs a lie and is recovered, then replica 2 starts a view with it, for one that lags.",
    invariants: [
      "TypeOK",
      "Agreement",
      "PreparedUnique",
      "ExecutionPrefix",
      "AtMostOnce",
      "CheckpointAgreement",
      "Watermarks",
      "SentIsDurable",
      "NoEquivocation",
    ],
    reaches: ["RecvRequest", "RecvViewChange", "RecvNewView", "Timeout", "ReachExecuted"],
  },
  {
    ...inTurn,
    name: "OldLieCounts",
    why: "Must fail: as LiarsInTurn, where only who executed a recovery minds what was said before it.",
    keepVotes: true,
    expect: { violates: "ExecutionPrefix" },
    size: "large",
  },
  {
    ...inTurn,
    name: "LiarsAtOnce",
    why: "Must fail: as LiarsInTurn, and replica 2 lies before everybody has heard that 0 is recovered.",
    injected: "LiarsAtOnce",
    expect: { violates: "ExecutionPrefix" },
    size: "large",
  },
]
