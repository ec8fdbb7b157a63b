import { describe, expect, it } from "vitest"
import { listFiles, readText, repositoryRoot } from "../../../ci/repository.ts"
import { field, list, nameOf, nodesOf, parse, stringOf } from "../../../ci/syntax.ts"
import { step } from "../../../src/core/zyzzyva/replica.ts"
import type { Config, Input } from "../../../src/core/zyzzyva/state.ts"
import { clientGuards, runClient } from "../../support/zyzzyva-client.ts"
import { deepFreeze } from "../../support/deep-freeze.ts"
import {
  accusation,
  after,
  certificate,
  change,
  commit,
  configOf,
  digestOf,
  executed,
  fetched,
  newView,
  order,
  propose,
  receive,
  request,
  shown,
  signed,
  signersOf,
} from "../../support/zyzzyva.ts"
import { asking, recovering, rejoining } from "../../support/zyzzyva-rejoin.ts"

const primary = configOf(0)
const backup = configOf(1)
const confirmer = configOf(1, { confirmViews: true })
const d1 = digestOf(0, 1)
const d2 = digestOf(0, 2)
const first = order(1, [signed(0, 1)], "")
const second = order(2, [signed(0, 2)], d1)
const other = order(1, [signed(1, 1)], "")
const ran = [first, executed(1, ["r1"])]
const ranTwice = [...ran, second, executed(2, ["r2"], "s2")]
const self: Input = { _tag: "Timeout", view: 0 }
const left = [accusation(2), accusation(3)]
const inView2 = [newView(2, [0, 2, 3]), { _tag: "Enter" } as const]
const header = (replica: number, seq = 2, view = 0): Input =>
  receive({ _tag: "SpecHeader", view, seq, history: `${d1} ${d2}`, signature: "", replica })
const checkpoint = (replica: number, seq = 2, view = 0): Input => {
  const digest = `${d1} ${d2}|s2|2=r2,0=`
  return receive({ _tag: "Checkpoint", view, seq, digest, signature: "", replica })
}
const stable = [...ranTwice, header(0), header(2), checkpoint(0), checkpoint(2)]
const hole = (replica: number, from: number, view = 0): Input =>
  receive({ _tag: "FillHole", view, from, upTo: from, replica })
const histories = (from: number, upTo: number): Input =>
  receive({ _tag: "FillHole", view: 0, from, upTo, headers: true, replica: 2 })
const pom = (...orders: ReadonlyArray<readonly [view: number, seq: number, history: string]>) =>
  receive({
    _tag: "Pom",
    orders: orders.map(([view, seq, history]) => ({ view, seq, history, signature: "" })),
  })
const changed = (...of: Parameters<typeof change>): Input => receive(change(...of))
const confirm = (replica: number, view = 2): Input =>
  receive({ _tag: "ViewConfirm", view, seq: 0, history: "", replica })
const begin: Input = { _tag: "Begin" }
const enter: Input = { _tag: "Enter" }

type Row = readonly [
  handler: string,
  reason: string,
  config: Config,
  before: ReadonlyArray<Input>,
  input: Input,
]

const agreement: ReadonlyArray<Row> = [
  ["recvRequest", "UnknownClient", backup, [], request(2, 1)],
  ["recvRequest", "OldTimestamp", backup, ranTwice, request(0, 1)],
  ["recvRequest", "NotActive", backup, [...ran, ...left], request(0, 1)],
  ["recvRequest", "AlreadyAssigned", primary, [request(0, 2), propose(1)], request(0, 1)],
  ["recvRequest", "AlreadyQueued", backup, [request(0, 2)], request(0, 1)],
  ["sendOrderReq", "NotActive", primary, [request(0, 1), ...left], propose(1)],
  ["sendOrderReq", "NotPrimary", backup, [request(0, 1)], propose(1)],
  ["sendOrderReq", "NobodyWaits", primary, [request(0, 1)], propose(0)],
  ["sendOrderReq", "BadBatchSize", primary, [request(0, 1)], propose(-1)],
  ["sendOrderReq", "BadBatchSize", primary, [request(0, 1)], propose(3)],
  ["sendOrderReq", "QueueTooShort", primary, [request(0, 1)], propose(2)],
  [
    "sendOrderReq",
    "WindowFull",
    primary,
    [...[1, 2, 3, 4].flatMap((t) => [request(0, t), propose(1)]), request(0, 5)],
    propose(1),
  ],
  ["recvOrderReq", "WrongView", backup, [], order(1, [signed(0, 1)], "", { view: 1 })],
  ["recvOrderReq", "NotActive", backup, left, order(1, [signed(0, 1)], "", { view: 1 })],
  ["recvOrderReq", "IsPrimary", primary, [], first],
  ["recvOrderReq", "OutsideWatermarks", backup, [], order(5, [signed(0, 1)], "x")],
  ["recvOrderReq", "OutsideWatermarks", backup, [], order(0, [signed(0, 1)], "")],
  ["takeOrder", "BadBatchSize", backup, [], order(1, [], "")],
  [
    "takeOrder",
    "BadBatchSize",
    backup,
    [],
    order(
      1,
      [1, 2, 3].map((t) => signed(0, t)),
      "",
    ),
  ],
  ["takeOrder", "UnknownClient", backup, [], order(1, [signed(2, 1)], "")],
  ["takeOrder", "BadRequest", backup, [], order(1, [signed(0, 1)], "", { verdict: false })],
  ["takeOrder", "WrongHistory", backup, [], order(1, [signed(0, 1)], "", { history: "x" })],
  [
    "contradicts",
    "NotOrdered",
    backup,
    [...carried(), enter],
    order(1, [signed(1, 1)], "", { view: 2 }),
  ],
  ["contradicts", "AlreadyOrdered", backup, [first], first],
  ["contradicts", "AlreadyAccused", backup, [first, self], other],
  ["recvFillHole", "FromSelf", backup, [first], hole(1, 1)],
  ["recvFillHole", "WrongView", backup, [first], hole(2, 1, 1)],
  ["recvFillHole", "NotActive", backup, [first, ...left], hole(2, 1, 1)],
  ["recvFillHole", "MoreThanOne", backup, [first], histories(1, 2)],
  ["recvFillHole", "HoldsNone", backup, [first], hole(2, 2)],
  ["execute", "NotNextToExecute", backup, [first], executed(2, ["r"])],
  ["execute", "NotNextToExecute", backup, [], executed(1, ["r"])],
  ["execute", "NotNextToExecute", backup, [first, ...left], executed(1, ["r"])],
  ["execute", "WrongResultCount", backup, [first], executed(1, [])],
  ["recvCommit", "UnknownClient", backup, [first], commit(2, certificate(1, d1))],
  ["recvCommit", "WrongView", backup, [first], commit(0, certificate(1, d1, [0, 2, 3], 1))],
  [
    "recvCommit",
    "NotActive",
    backup,
    [first, ...left],
    commit(0, certificate(1, d1, [0, 2, 3], 1)),
  ],
  ["recvCommit", "TooFewSigners", backup, [first], commit(0, certificate(1, d1, [0, 2]))],
  ["recvCommit", "TooFewSigners", backup, [first], commit(0, certificate(1, d1, [0, 2, 2]))],
  ["recvCommit", "AlreadyAccused", backup, [first, self], commit(0, certificate(1, "x"))],
  ["belowCheckpoint", "BelowCheckpoint", backup, stable, commit(0, certificate(1, d1))],
]

const checkpoints: ReadonlyArray<Row> = [
  ["recvSpecHeader", "FromSelf", backup, [], header(1)],
  ["recvSpecHeader", "WrongView", backup, [], header(2, 2, 1)],
  ["recvSpecHeader", "NotActive", backup, left, header(2, 2, 1)],
  ["isNew", "NotACheckpoint", backup, [], header(2, 3)],
  ["isNew", "AlreadySaid", backup, [header(2)], header(2)],
  ["recvCheckpoint", "FromSelf", backup, [], checkpoint(1)],
  ["recvCheckpoint", "WrongView", backup, [], checkpoint(2, 2, 1)],
  ["recvCheckpoint", "NotActive", backup, left, checkpoint(2, 2, 1)],
  ["isNew", "NotACheckpoint", backup, stable, checkpoint(3)],
  ["isNew", "AlreadySaid", backup, [checkpoint(2)], checkpoint(2)],
]

const accusations: ReadonlyArray<Row> = [
  ["timeout", "OldTimer", backup, left, self],
  ["timeout", "AlreadyAccused", backup, [self], self],
  ["recvAccusation", "FromSelf", backup, [], accusation(1)],
  ["recvAccusation", "WrongView", backup, [], accusation(2, 1)],
  ["recvAccusation", "AlreadyAccused", backup, [accusation(2)], accusation(2)],
  ["recvPom", "AlreadyAccused", backup, [self], pom([0, 1, "x"], [0, 1, "y"])],
  ["recvPom", "NotTwoOrders", backup, [], pom([0, 1, "x"])],
  ["recvPom", "NotTwoOrders", backup, [], pom([0, 1, "x"], [0, 1, "y"], [0, 1, "z"])],
  ["recvPom", "WrongView", backup, [], pom([1, 1, "x"], [1, 1, "y"])],
  ["recvPom", "OfTwoNumbers", backup, [], pom([0, 1, "x"], [0, 2, "y"])],
  ["recvPom", "NoContradiction", backup, [], pom([0, 1, "x"], [0, 1, "x"])],
]

/** A new view that begins with what two replicas ordered. */
function carried(): ReadonlyArray<Input> {
  const orders = [{ view: 0, seq: 1, history: d1, digest: d1, batch: [signed(0, 1)] }]
  const changes = [0, 2, 3].map((replica) => change(replica, 2, { orders }))
  return [receive({ _tag: "NewView", view: 2, changes, signature: "" })]
}

const lastOrder = { view: 0, seq: 1, history: d1, digest: d1, batch: [signed(0, 1)] }
const badChanges: ReadonlyArray<Input> = [
  changed(0, 1, { accusers: signersOf(2) }),
  changed(0, 1, { accusers: signersOf(2, 2) }),
  changed(0, 1, { stable: { view: 0, seq: 2, digest: "x", signers: signersOf(0, 2) } }),
  changed(0, 1, { stable: { view: 0, seq: 0, digest: "x", signers: signersOf(0, 2, 3) } }),
  changed(0, 1, { orders: [{ ...lastOrder, view: 1 }] }),
  changed(0, 1, { orders: [{ ...lastOrder, seq: 5 }] }),
  changed(0, 1, { orders: [lastOrder, lastOrder] }),
  changed(0, 1, { certificates: [shown(d1, { view: 1 })] }),
  changed(0, 1, { certificates: [shown(d1, { signers: signersOf(0, 2) })] }),
  changed(0, 1, { certificates: [shown(d1, { seq: 5 })] }),
  changed(0, 1, { certificates: [shown(d1, { before: "x" })] }),
  changed(0, 1, { certificates: [shown(d1, { batches: [] })] }),
]

const viewChanges: ReadonlyArray<Row> = [
  ["recvViewChange", "FromSelf", backup, [], changed(1, 1)],
  ["recvViewChange", "OldView", backup, [...left], changed(2, 0)],
  ["recvViewChange", "HasNewView", backup, [...inView2], changed(2, 2)],
  ["recvViewChange", "HasNewView", backup, inView2.slice(0, 1), changed(2, 2)],
  ["recvViewChange", "OldViewChange", backup, [...left, changed(2, 1)], changed(2, 1)],
  ...badChanges.map((bad): Row => ["recvViewChange", "BadViewChange", backup, [], bad]),
  ["sendNewView", "NothingToBegin", backup, [...left, changed(2, 1)], begin],
  ["sendNewView", "NothingToBegin", backup, [changed(2, 2), changed(3, 2), changed(0, 2)], begin],
  ["sendNewView", "NothingToBegin", backup, [...left, changed(2, 1), changed(3, 1), begin], begin],
  ["recvNewView", "OldView", backup, [], newView(0, [0, 2, 3])],
  ["recvNewView", "OldView", backup, [...inView2], newView(1, [0, 2, 3])],
  ["recvNewView", "FromSelf", backup, [], newView(1, [0, 2, 3])],
  ["recvNewView", "HasNewView", backup, [...inView2], newView(2, [0, 2, 3])],
  ["recvNewView", "BadNewView", backup, [], newView(2, [0, 2])],
  ["recvNewView", "BadNewView", backup, [], newView(2, [0, 1, 2, 3])],
  ["recvNewView", "BadNewView", backup, [], newView(2, [0, 2, 2])],
  [
    "recvNewView",
    "AlreadyAccused",
    backup,
    [changed(2, 2), { _tag: "Timeout", view: 2 }],
    newView(2, [0, 2]),
  ],
  ["enterView", "CannotEnter", backup, [], enter],
  ["enterView", "CannotEnter", backup, left, enter],
  ["recvViewConfirm", "NothingToConfirm", backup, inView2.slice(0, 1), confirm(2)],
  ["recvViewConfirm", "FromSelf", confirmer, [...inView2], confirm(1)],
  ["recvViewConfirm", "WrongView", confirmer, [...inView2], confirm(2, 3)],
  ["recvViewConfirm", "AlreadyActive", confirmer, [], confirm(2, 0)],
  ["recvViewConfirm", "AlreadyConfirmed", confirmer, [...inView2, confirm(2)], confirm(2)],
]

const fetch: Input = { _tag: "Fetch" }
const stayer = configOf(1, { canFetch: false })
const asks = (replica: number, seq: number): Input => receive({ _tag: "FetchState", seq, replica })

const states: ReadonlyArray<Row> = [
  ["sendFetchState", "FetchesNothing", stayer, [], fetch],
  ["recvFetchState", "FromSelf", backup, stable, asks(1, 0)],
  ["recvFetchState", "HoldsNoState", configOf(1, { witness: true }), [], asks(2, 0)],
  ["recvFetchState", "NothingLater", backup, [], asks(2, 0)],
  ["recvFetchState", "NothingLater", backup, stable, asks(2, 2)],
  ["recvState", "FetchesNothing", stayer, [], fetched()],
  ["recvState", "OldState", backup, stable, fetched()],
  ["recvState", "LaterView", backup, [], fetched({ view: 1 })],
  ["recvState", "TooFewSigners", backup, [], fetched({ signers: signersOf(0, 2) })],
  ["recvState", "TooFewSigners", backup, [], fetched({ signers: signersOf(0, 2, 2) })],
  ["recvState", "WrongTableSize", backup, [], fetched({}, { table: [] })],
  ["recvState", "WrongState", backup, [], fetched({}, { service: "s3" })],
  ["recvState", "WrongState", backup, [], fetched({}, { history: "x" })],
  [
    "recvState",
    "OtherHistory",
    backup,
    [other, order(2, [signed(1, 2)], digestOf(1, 1))],
    fetched(),
  ],
]

const reader = configOf(1, { readOnly: true })
const read = (client: number, timestamp: number): Input =>
  receive({ _tag: "Read", ...signed(client, timestamp) })
const readDone = (client: number, timestamp: number): Input => ({
  _tag: "ReadDone",
  client,
  timestamp,
  result: "r",
})

const reads: ReadonlyArray<Row> = [
  ["recvRead", "NoReads", backup, [], read(0, 1)],
  ["recvRead", "UnknownClient", reader, [], read(2, 1)],
  ["recvRead", "OldTimestamp", reader, ran, read(0, 1)],
  ["recvRead", "NotActive", reader, left, read(0, 1)],
  ["recvRead", "AlreadyWaiting", reader, [read(0, 2)], read(0, 1)],
  ["answerRead", "NoSuchRead", reader, [read(0, 2)], readDone(0, 1)],
  ["answerRead", "NoSuchRead", reader, [read(0, 1), ...left], readDone(0, 1)],
  ["answerRead", "NotExecuted", reader, [first, read(1, 1)], readDone(1, 1)],
]

const returner = recovering(1)
const lost = rejoining(5)
const tookBack = [order(1, [asking(3, 5)], ""), executed(1, ["taken back"])]

const rejoins: ReadonlyArray<Row> = [
  ["accuse", "Mute", returner, [lost], self],
  ["recvViewChange", "Mute", returner, [lost], changed(2, 1)],
  ["recvViewChange", "OldIncarnation", returner, tookBack, changed(3, 1)],
  ["recvViewChange", "OldIncarnation", returner, tookBack, changed(3, 1, { incarnation: 4 })],
  ["enterView", "CannotEnter", returner, [lost, newView(2, [0, 2, 3])], enter],
  ["rejoin", "NobodyIsTakenBack", backup, [], lost],
  ["rejoin", "OldIncarnation", returner, [lost], lost],
]

const rows = [
  ...rejoins,
  ...reads,
  ...agreement,
  ...checkpoints,
  ...accusations,
  ...viewChanges,
  ...states,
]

// `ignore(state, "Reason")`, and the reasons that `isNew` gives, by the function they are in.
const guardsInSources = (): ReadonlySet<string> => {
  const found = new Set<string>()
  for (const path of listFiles(repositoryRoot, ["src/core/zyzzyva"], true)) {
    if (!path.endsWith(".ts")) continue
    for (const statement of list(parse(path, readText(repositoryRoot, path)).program, "body")) {
      const [declarator] = nodesOf(statement, "VariableDeclarator")
      const name = declarator === undefined ? undefined : nameOf(field(declarator, "id"))
      for (const call of nodesOf(statement, "CallExpression")) {
        if (nameOf(field(call, "callee")) !== "ignore") continue
        const reason = stringOf(list(call, "arguments")[1])
        if (reason !== undefined) found.add(`${name} ${reason}`)
      }
    }
  }
  return new Set([...found, "isNew NotACheckpoint", "isNew AlreadySaid"])
}

describe("an input that no action of Zyzzyva takes", () => {
  it.each(rows)("%s ignores: %s", (...[, reason, config, before, input]) => {
    const state = after(config, before)
    const took = step(config, state, deepFreeze(input))
    expect(took.action).toBe(`Ignore:${reason}`)
    expect(took.state).toBe(state)
    expect(took.effects).toEqual([])
  })

  it.each(clientGuards)("$handler ignores: $reason", ({ reason, before, input, own }) => {
    const { state, took } = runClient(before, input, own)
    expect(took.action).toBe(`Ignore:${reason}`)
    expect(took.state).toBe(state)
    expect(took.effects).toEqual([])
  })

  it("has a test here for every guard in the sources, and no other", () => {
    const tested = new Set([
      ...rows.map(([handler, reason]) => `${handler} ${reason}`),
      ...clientGuards.map((g) => `${g.handler} ${g.reason}`),
    ])
    expect([...tested].sort()).toEqual([...guardsInSources()].sort())
  })
})
