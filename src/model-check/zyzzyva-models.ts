/**
 * The instances of Zyzzyva that are checked, by name: the constants of
 * spec/tla/MCZyzzyva-<name>.cfg, what is asked of each, and what must come out.
 */
import { groupOfFive, needsOfFive } from "../core/zyzzyva/needs.ts"
import { zyzzyvaFastModels } from "./zyzzyva-fast-models.ts"
import { zyzzyvaWitnessModels } from "./zyzzyva-witness-models.ts"
import { ownInvariants, zyzzyvaBase, type ZyzzyvaTwinSpec } from "./zyzzyva-model-spec.ts"
import { zyzzyvaRejoinModels } from "./zyzzyva-rejoin-models.ts"
import { zyzzyvaVouchModels } from "./zyzzyva-vouch-models.ts"

export type { ZyzzyvaTwinSpec } from "./zyzzyva-model-spec.ts"

// Six replicas, of which one may lie: Zyzzyva5.
const five = { ...zyzzyvaBase, n: 6, needs: needsOfFive(groupOfFive(6)), byzantine: [5] } as const

// A replica among liars that fetches states.
const fetcher = {
  byzantine: [0, 2, 3],
  checkpointInterval: 1,
  canFetch: [1],
  reaches: ["SendFetchState", "RecvFetchState", "RecvState", "ReachFetched", "ReachNewView"],
} as const

// One correct process among liars.
const alone = {
  ...zyzzyvaBase,
  allClients: 2,
  asks: "NobodyAsks",
  invariants: ownInvariants,
} as const

/** Every instance. */
export const zyzzyvaTwinModels: ReadonlyArray<ZyzzyvaTwinSpec> = [
  {
    ...zyzzyvaBase,
    name: "Normal",
    why: "One request, ordered, executed and complete by a certificate; replica 3 is silent.",
    reaches: ["ReachAllExecuted", "ReachAnswered", "ReachAcknowledged", "ClientTimeout"],
  },
  {
    ...alone,
    name: "ClientAlone",
    why: "A client among liars: answers of two views, two histories, forged acknowledgements.",
    byzantine: [0, 1, 2, 3],
    asks: "AsksAThenB",
    invariants: ["TypeOK"],
    injected: "ForClient",
    reaches: ["ReachAnswered", "ReachShown", "ReachProof"],
  },
  {
    ...alone,
    name: "PrimaryAlone",
    why: "A primary among liars: requests again, of unknown clients, for others.",
    byzantine: [1, 2, 3],
    injected: "ForPrimary",
    reaches: ["SendOrderReq", "ReachExecuted"],
  },
  {
    ...alone,
    name: "BackupAlone",
    why: "A backup among liars: orders that do not fit, holes, certificates, another story.",
    byzantine: [0, 2, 3],
    injected: "ForBackup",
    reaches: ["ReachHole", "ReachProof", "RecvFillHole", "ReachAcknowledged"],
  },
  {
    ...alone,
    name: "CheckpointAlone",
    why: "A backup among liars: histories, checkpoints and certificates that they vouch for.",
    byzantine: [0, 2, 3],
    checkpointInterval: 1,
    injected: "ForCheckpoints",
    reaches: ["RecvSpecHeader", "RecvCheckpoint", "ReachStable", "ReachAcknowledged"],
    size: "large",
  },
  {
    ...alone,
    name: "ChangerAlone",
    why: "A replica among liars through two views: accusations, VIEW-CHANGEs, NEW-VIEWs.",
    byzantine: [0, 2, 3],
    canTimeout: [1],
    maxView: 2,
    injected: "ForChanger",
    reaches: ["RecvPom", "RecvAccusation", "SendNewView", "RecvNewView", "ReachRolledBack"],
    size: "large",
  },
  {
    ...alone,
    name: "ConfirmerAlone",
    why: "A replica among liars that waits for VIEW-CONFIRMs, and may restart meanwhile.",
    byzantine: [0, 2, 3],
    confirmViews: true,
    canTimeout: [1],
    canRestart: [1],
    maxView: 3,
    injected: "ForConfirmer",
    reaches: ["ReachConfirming", "RecvViewConfirm", "ReachNewView", "Restart"],
  },
  {
    ...alone,
    ...fetcher,
    name: "FetcherAlone",
    why: "A replica among liars that fetches states: good ones, and of all bad kinds.",
    injected: "ForFetcher",
    canRestart: [1],
  },
  {
    ...alone,
    ...fetcher,
    name: "ConfirmingFetcher",
    why: "As FetcherAlone, where views are confirmed: a checkpoint of the view says that it was.",
    injected: "ForFetcher",
    confirmViews: true,
    canRestart: [1],
    reaches: ["RecvState", "ReachConfirming", "ReachNewView"],
  },
  {
    ...alone,
    ...fetcher,
    name: "LateFetcherAlone",
    why: "As FetcherAlone, where it orders by itself before and after.",
    injected: "ForLateFetcher",
    size: "nightly",
  },
  {
    ...alone,
    name: "KeptCheckpoint",
    why: "A backup among liars restarts: a view begins with a checkpoint that it took before.",
    byzantine: [0, 2, 3],
    checkpointInterval: 1,
    canRestart: [1],
    injected: "ForWitness",
    reaches: ["ReachKept", "ReachNewView", "ReachStable", "Restart"],
  },
  {
    ...zyzzyvaBase,
    name: "Restart",
    why: "As Normal, with a backup that may restart at any moment.",
    canRestart: [1],
    reaches: ["Restart", "ReachAnswered"],
  },
  {
    ...five,
    name: "Five",
    why: "Zyzzyva5: one replica of six is silent, and five equal answers complete a request at once.",
    reaches: ["ReachAllExecuted", "ReachAnswered", "ReachAcknowledged"],
    size: "nightly",
  },
  {
    ...zyzzyvaBase,
    name: "Checkpoint",
    why: "One request up to a stable checkpoint at every correct replica.",
    checkpointInterval: 1,
    reaches: ["RecvSpecHeader", "RecvCheckpoint", "ReachAllStable", "ReachAnswered"],
    size: "nightly",
  },
  {
    ...zyzzyvaBase,
    name: "HalfTold",
    why: "A Byzantine primary orders at two backups only; view 1 carries over what they ordered.",
    byzantine: [0],
    allClients: 2,
    asks: "NobodyAsks",
    canTimeout: [1, 2],
    maxView: 1,
    injected: "HalfTold",
    reaches: ["ReachAllInNewView", "ReachAnsweredLater", "ReachAccusedAndServing"],
    size: "large",
  },
  {
    ...zyzzyvaBase,
    name: "TwoStories",
    why: "A Byzantine primary orders two things at one number; view 1 has one of them, or none.",
    byzantine: [0],
    allClients: 2,
    asks: "NobodyAsks",
    maxView: 1,
    injected: "TwoStories",
    reaches: ["ReachTwoHistories", "ReachRolledBack", "ReachAllInNewView", "CarryOver"],
    byTlc: "nothing",
    size: "bounded",
  },
  {
    ...zyzzyvaBase,
    name: "Split",
    why: "A Byzantine primary orders two things at one number, and claims one of them later.",
    byzantine: [0],
    allClients: 2,
    asks: "NobodyAsks",
    canTimeout: [1],
    maxView: 1,
    injected: "Split",
    reaches: ["ReachTwoHistories", "ReachRolledBack", "ReachAllInNewView"],
    size: "nightly",
  },
  {
    ...zyzzyvaBase,
    name: "CertificatesOf2f",
    why: "Must fail: 2f equal answers make a certificate.",
    needs: { ...zyzzyvaBase.needs, commit: 2 },
    byzantine: [0],
    allClients: 2,
    asks: "NobodyAsks",
    injected: "Split",
    invariants: ["CertificatesAgree"],
    expect: { violates: "CertificatesAgree" },
  },
  {
    ...zyzzyvaBase,
    name: "FastWith3f",
    why: "Must fail: 3f equal answers complete a request at once.",
    needs: { ...zyzzyvaBase.needs, fast: 3 },
    byzantine: [0],
    allClients: 2,
    asks: "NobodyAsks",
    canTimeout: [1],
    maxView: 1,
    injected: "Split",
    invariants: ["CarryOver"],
    expect: { violates: "CarryOver" },
    byTlc: "nothing",
    size: "large",
  },
  {
    ...zyzzyvaBase,
    name: "SilentPrimary",
    why: "A silent primary: its view is given up, and the next one answers by a certificate.",
    byzantine: [0],
    canTimeout: [1, 2],
    maxView: 1,
    reaches: ["ReachAllInNewView", "ReachAnswered", "ReachAnsweredLater"],
    size: "large",
  },
  ...zyzzyvaFastModels,
  ...zyzzyvaWitnessModels,
  ...zyzzyvaVouchModels,
  ...zyzzyvaRejoinModels,
]
