/** The instances of PBFT in which replicas lose their disks and come back. */
import { base, type PbftModelSpec } from "./pbft-model-spec.ts"

const ofOneReplica = ["TypeOK", "AtMostOnce", "Watermarks", "SentIsDurable", "NoEquivocation"]

// Clients 0 and 1 ask; in the names of 2 to 5 the replicas ask to be taken back.
const rejoining = {
  ...base,
  allClients: 6,
  asks: "NobodyAsks",
  recoverers: 2,
  fetchDecisions: true,
} as const satisfies Partial<PbftModelSpec>

export const rejoinModels: ReadonlyArray<PbftModelSpec> = [
  {
    ...rejoining,
    name: "RejoinerAlone",
    why: "A replica among liars loses its disk: what it forgot is asked of it again.",
    byzantine: [0, 2, 3],
    rejoins: "BackupRejoins",
    canFetch: [1],
    canTimeout: [1],
    maxView: 1,
    injected: "ForRejoiner",
    invariants: ofOneReplica,
    reaches: ["Rejoin", "ReachMute", "ReachPlaced", "ReachTakenBack", "ReachVotesAgain"],
    size: "nightly",
  },
  {
    ...rejoining,
    name: "RejoinerBriefly",
    why: "As RejoinerAlone, without what would have it leave its view.",
    byzantine: [0, 2, 3],
    rejoins: "BackupRejoins",
    canFetch: [1],
    injected: "ForRejoinerInView",
    invariants: ofOneReplica,
    reaches: ["Rejoin", "ReachMute", "ReachPlaced", "ReachTakenBack", "ReachVotesAgain"],
  },
  {
    ...rejoining,
    name: "RejoinerRestarts",
    why: "As RejoinerAlone, and it restarts.",
    byzantine: [0, 2, 3],
    rejoins: "BackupRejoins",
    canFetch: [1],
    canRestart: [1],
    injected: "ForRejoiner",
    invariants: ofOneReplica,
    reaches: ["Rejoin", "Restart", "ReachMute", "ReachPlaced", "ReachVotesAgain"],
    size: "nightly",
  },
  {
    ...rejoining,
    name: "ChangerAfterRecovery",
    why: "A view changes after another replica was taken back: what that one said before counts no more.",
    byzantine: [0, 2, 3],
    canTimeout: [1],
    maxView: 2,
    injected: "ForChangerAfterRecovery",
    invariants: ofOneReplica,
    reaches: ["Timeout", "RecvViewChange", "SendNewView", "RecvNewView", "EnterView", "Execute"],
  },
  {
    ...rejoining,
    name: "Rejoins",
    why: "A replica of four loses its disk and is taken back by the others.",
    byzantine: [],
    allClients: 4,
    recoverers: 0,
    rejoins: "LastRejoins",
    canFetch: [3],
    reaches: ["Rejoin", "ReachMute", "ReachPlaced", "CheckpointAgreement"],
    byTlc: "graph",
    size: "nightly",
  },
]
