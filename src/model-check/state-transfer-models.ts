/** The instances of PBFT with state transfer: what each is for, and what must come out. */
import { base, type PbftModelSpec } from "./pbft-model-spec.ts"

// Whoever is alone among liars keeps its own promises; what is said of several replicas is not.
const ofOneReplica = ["TypeOK", "AtMostOnce", "Watermarks", "SentIsDurable", "NoEquivocation"]
const actions = ["SendFetchState", "RecvFetchState", "RecvState"]

const unasked = {
  ...base,
  allClients: 2,
  asks: "NobodyAsks",
} as const satisfies Partial<PbftModelSpec>

export const stateTransferModels: ReadonlyArray<PbftModelSpec> = [
  {
    ...unasked,
    name: "FetcherAlone",
    why: "A replica among liars behind their logs: checkpoints and states, for each guard one that only it turns away.",
    byzantine: [0, 2, 3],
    checkpointInterval: 2,
    canFetch: [1],
    canRestart: [1],
    injected: "ForFetcher",
    invariants: ofOneReplica,
    reaches: [...actions, "ReachFetchedState", "ReachAbove", "ReachMovedByState", "Restart"],
  },
  {
    ...unasked,
    name: "StarterAlone",
    why: "A view starts from a checkpoint that a replica among liars lacks; it restarts meanwhile.",
    byzantine: [0, 2, 3],
    checkpointInterval: 2,
    canFetch: [1],
    canRestart: [1],
    maxView: 2,
    injected: "ForStarter",
    invariants: ofOneReplica,
    reaches: ["SendFetchState", "RecvState", "ReachStartFetched", "ReachMovedByState", "Restart"],
  },
  {
    ...base,
    name: "CatchesUp",
    why: "A replica that is behind fetches the checkpoint of the others.",
    canFetch: [2],
    reaches: [...actions, "ReachFetchedState", "ReachAnswered", "CheckpointAgreement"],
    size: "large",
  },
  {
    ...base,
    name: "FalseStates",
    why: "As CatchesUp, where a liar vouches for other checkpoints and gives false states.",
    canFetch: [2],
    injected: "FalseStates",
    reaches: [...actions, "ReachFetchedState", "ReachAnswered", "CheckpointAgreement"],
    size: "nightly",
  },
  {
    ...unasked,
    name: "StartNotHeld",
    why: "A view starts from a checkpoint that one replica lacks: it fetches that and enters.",
    byzantine: [0],
    canFetch: [3],
    canTimeout: [1, 2],
    maxView: 1,
    injected: "StartUnheld",
    reaches: [...actions, "ReachStartFetched", "ReachAllInNewView"],
    size: "nightly",
  },
]
