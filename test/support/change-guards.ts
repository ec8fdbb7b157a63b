/** Inputs of the view change that no action of the specification takes, guard by guard. */
import type { NewView, ViewChange } from "../../src/core/pbft/message.ts"
import type { Config, Input } from "../../src/core/pbft/state.ts"
import { commit, configOf, prePrepare, prepare, propose, receive, request, signed } from "./pbft.ts"

/** One guard of a handler, and an input that only this guard turns away. */
export interface Guard {
  readonly handler: string
  readonly reason: string
  readonly config: Config
  /** What the replica took before. */
  readonly before: ReadonlyArray<Input>
  readonly input: Input
}

const backup = configOf(1)
export const start = {
  seq: 0,
  digest: backup.checkpointDigest(
    0,
    "genesis",
    [0, 1].map(() => ({ timestamp: 0, result: "" })),
  ),
}
const digest = "0:1:a"

export const viewChange = (
  replica: number,
  view: number,
  changed: Partial<ViewChange> = {},
): ViewChange => ({
  _tag: "ViewChange",
  view,
  low: 0,
  checkpoints: [start],
  prepared: [],
  prePrepared: [],
  replica,
  signature: "",
  ...changed,
})

const claim = [{ seq: 1, digest, view: 0 }]
export const claiming = { prepared: claim, prePrepared: claim }
export const chosen = [{ seq: 1, digest }]

/** The NEW-VIEW of replica 2 for view 2, which starts with a batch that backup 1 does not hold. */
const newView = (changed: Partial<NewView> = {}): NewView => ({
  _tag: "NewView",
  view: 2,
  changes: [viewChange(0, 2, claiming), viewChange(2, 2, claiming), viewChange(3, 2)],
  start,
  chosen,
  replica: 2,
  signature: "",
  ...changed,
})

const left: Input = { _tag: "Timeout", view: 0 }
const toDecide = [left, receive(viewChange(0, 1)), receive(viewChange(2, 1))]
const decision = { start, chosen: [] }
const decided: ReadonlyArray<Input> = [...toDecide, { _tag: "Decide", decision }]
const entering = [receive(newView())]
const batch = receive({ _tag: "Batch", batch: [signed(0, 1)] })
const entered: ReadonlyArray<Input> = [...entering, batch, { _tag: "Enter" }]

const guard = (
  handler: string,
  reason: string,
  before: ReadonlyArray<Input>,
  input: Input,
): Guard => ({ handler, reason, config: backup, before, input })

const inactive: ReadonlyArray<Guard> = [
  guard("sendPrePrepare", "NotActive", [receive(request(0, 1)), left], propose(1)),
  guard(
    "recvPrePrepare",
    "NotActive",
    entering,
    receive(prePrepare(1, [signed(0, 1)], { view: 2, replica: 2 })),
  ),
  guard("recvPrepare", "NotActive", entering, receive(prepare(3, 1, digest, 2))),
  guard("recvCommit", "NotActive", entering, receive(commit(3, 1, digest, 2))),
]

const changes: ReadonlyArray<Guard> = [
  guard("timeout", "OldTimer", [left], left),
  guard("recvViewChange", "FromSelf", [], receive(viewChange(1, 1))),
  guard("recvViewChange", "OldView", [], receive(viewChange(2, 0))),
  guard("recvViewChange", "OldView", entered, receive(viewChange(0, 2))),
  guard("recvViewChange", "OldViewChange", [receive(viewChange(2, 2))], receive(viewChange(2, 1))),
  guard("recvViewChange", "OldViewChange", [receive(viewChange(2, 2))], receive(viewChange(2, 2))),
  ...[
    { prepared: [{ seq: 1, digest, view: 1 }] },
    { prePrepared: [{ seq: 5, digest, view: 0 }] },
    { prepared: [...claim, ...claim] },
    { prePrepared: [...claim, ...claim] },
    { checkpoints: [{ seq: 6, digest }] },
    { checkpoints: [start, start] },
  ].map((bad) => guard("recvViewChange", "BadViewChange", [], receive(viewChange(2, 1, bad)))),
]

const newViews: ReadonlyArray<Guard> = [
  guard("sendNewView", "NothingToDecide", [], { _tag: "Decide", decision }),
  guard("sendNewView", "NothingToDecide", decided, { _tag: "Decide", decision }),
  guard("sendNewView", "UnjustifiedDecision", toDecide, {
    _tag: "Decide",
    decision: { start, chosen },
  }),
  guard("sendNewView", "UnjustifiedDecision", toDecide.slice(0, 2), { _tag: "Decide", decision }),
  guard("recvNewView", "OldView", [], receive(newView({ view: 0, replica: 0 }))),
  guard(
    "recvNewView",
    "OldView",
    [left, { _tag: "Timeout", view: 1 }, { _tag: "Timeout", view: 2 }],
    receive(newView()),
  ),
  guard("recvNewView", "NotFromPrimary", [], receive(newView({ replica: 3 }))),
  guard("recvNewView", "FromSelf", [], receive(newView({ view: 5, replica: 1 }))),
  guard("recvNewView", "HasNewView", entering, receive(newView())),
  guard("recvNewView", "HasNewView", entered, receive(newView())),
  guard("recvNewView", "BadNewView", [], receive(newView({ chosen: [] }))),
  guard("recvNewView", "BadNewView", [], receive(newView({ start: { seq: 2, digest: "d" } }))),
]

const batches: ReadonlyArray<Guard> = [
  guard("recvFetchBatch", "FromSelf", [], receive({ _tag: "FetchBatch", digest, replica: 1 })),
  guard("recvFetchBatch", "UnknownBatch", [], receive({ _tag: "FetchBatch", digest, replica: 2 })),
  guard("recvDecided", "UnwantedBatch", [], batch),
  guard("recvChosen", "NotEntering", [left], batch),
  guard("recvChosen", "UnwantedBatch", entering, receive({ _tag: "Batch", batch: [signed(0, 2)] })),
  guard("recvChosen", "DuplicateBatch", [...entering, batch], batch),
  guard("enterView", "CannotEnter", [], { _tag: "Enter" }),
  guard("enterView", "CannotEnter", entering, { _tag: "Enter" }),
]

export const changeGuards: ReadonlyArray<Guard> = [...inactive, ...changes, ...newViews, ...batches]
