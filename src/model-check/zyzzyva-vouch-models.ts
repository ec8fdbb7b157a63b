/** The instances of Zyzzyva in which a replica cannot verify an order, and others vouch for it. */
import { ownInvariants, zyzzyvaBase, type ZyzzyvaTwinSpec } from "./zyzzyva-model-spec.ts"

// Four replicas, one of which says nothing, and a client whose request fails at another one.
const failing = {
  ...zyzzyvaBase,
  allClients: 2,
  asks: "NobodyAsks",
  injected: "FailsAtOne",
} as const

export const zyzzyvaVouchModels: ReadonlyArray<ZyzzyvaTwinSpec> = [
  {
    ...zyzzyvaBase,
    name: "VouchedAlone",
    why: "A backup among liars: orders that it cannot verify, who vouches for them, and for others.",
    byzantine: [0, 2, 3],
    allClients: 2,
    asks: "NobodyAsks",
    vouchOrders: true,
    injected: "ForVouched",
    invariants: ownInvariants,
    reaches: ["ReachUnverified", "ReachVouched", "ReachExecuted", "RecvFillHole"],
  },
  {
    ...zyzzyvaBase,
    name: "VouchedLater",
    why: "The same in two views, with restarts: who vouched before does not count.",
    byzantine: [0, 2, 3],
    allClients: 2,
    asks: "NobodyAsks",
    vouchOrders: true,
    canRestart: [1],
    injected: "ForVouchedLater",
    invariants: ownInvariants,
    reaches: ["ReachUnverified", "ReachVouched", "ReachNewView", "Restart"],
  },
  {
    ...failing,
    name: "FailsAtOne",
    why: "A request fails at one backup while another one is silent: those that executed it vouch.",
    vouchOrders: true,
    reaches: ["ReachUnverified", "ReachVouched", "ReachAllExecuted"],
  },
  {
    ...failing,
    name: "FailsAtOneRefused",
    why: "Must be unreachable: as FailsAtOne where nobody vouches, the backup never executes it.",
    reaches: ["ReachExecuted"],
    unreachable: ["ReachUnverified", "ReachVouched", "ReachAllExecuted"],
  },
  {
    ...zyzzyvaBase,
    name: "AsksBeside",
    why: "As FailsAtOne, while a correct client asks as well: it is answered.",
    allClients: 2,
    vouchOrders: true,
    checkpointInterval: 4,
    logSize: 4,
    injected: "FailsAtOne",
    reaches: ["ReachVouched", "ReachAnswered", "ReachAcknowledged"],
    size: "nightly",
  },
  {
    ...zyzzyvaBase,
    name: "Invents",
    why: "A Byzantine primary invents a client's request, and is the only one to vouch for it.",
    byzantine: [0],
    vouchOrders: true,
    injected: "Invents",
    reaches: ["ReachUnverified", "RecvSpecHeader", "ClientTimeout"],
    unreachable: ["ReachVouched", "ReachExecuted"],
  },
]
