/** The instances of Zyzzyva in which replicas lose their disks and come back. */
import { ownInvariants, zyzzyvaBase, type ZyzzyvaTwinSpec } from "./zyzzyva-model-spec.ts"

// Clients 0 and 1 ask; in the names of 2 to 5 the replicas ask to be taken back.
const alone = {
  ...zyzzyvaBase,
  byzantine: [0, 2, 3],
  allClients: 6,
  asks: "NobodyAsks",
  checkpointInterval: 1,
  recoverers: 2,
  canFetch: [1],
  invariants: ownInvariants,
} as const

export const zyzzyvaRejoinModels: ReadonlyArray<ZyzzyvaTwinSpec> = [
  {
    ...alone,
    name: "RejoinerBriefly",
    why: "A replica among liars loses its disk: what it forgot is asked of it again, in one view.",
    rejoins: "BackupRejoins",
    injected: "ForRejoinerInView",
    reaches: ["Rejoin", "ReachMute", "ReachFetchesMute", "ReachTakenBack", "ReachAnswersAgain"],
  },
  {
    ...alone,
    name: "RejoinerAlone",
    why: "A replica among liars loses its disk while views change with it and without it.",
    rejoins: "BackupRejoins",
    canTimeout: [1],
    maxView: 2,
    injected: "ForRejoiner",
    reaches: ["Rejoin", "ReachFetchesMute", "ReachTakenBack", "ReachNewView"],
    size: "nightly",
  },
  {
    ...alone,
    name: "RejoinerRestarts",
    why: "As RejoinerBriefly, and it restarts.",
    rejoins: "BackupRejoins",
    canRestart: [1],
    injected: "ForRejoinerInView",
    reaches: ["Rejoin", "Restart", "ReachFetchesMute", "ReachAnswersAgain"],
    size: "large",
  },
  {
    ...alone,
    name: "ChangerAfterRejoin",
    why: "A view changes after another replica was taken back: what that one said before counts no more.",
    canTimeout: [1],
    maxView: 2,
    injected: "ForChangerAfterRejoin",
    reaches: ["RecvViewChange", "SendNewView", "RecvNewView", "EnterView", "ReachOutdone"],
    size: "large",
  },
  {
    ...zyzzyvaBase,
    name: "Rejoins",
    why: "A replica of four loses its disk and is taken back by the others, by null requests alone.",
    byzantine: [],
    allClients: 4,
    asks: "NobodyAsks",
    recoverers: 0,
    rejoins: "LastRejoins",
    canFetch: [3],
    reaches: ["Rejoin", "ReachMute", "ReachFetchesMute", "ReachTakenBack"],
    byTlc: "graph",
    size: "nightly",
  },
]
