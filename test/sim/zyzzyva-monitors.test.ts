/** Each monitor of Zyzzyva's runs says no to something. */
import { describe, expect, it } from "vitest"
import { digestOf } from "../support/zyzzyva.ts"
import {
  after,
  certificate,
  commit,
  configOf,
  executed,
  order,
  signed,
} from "../support/zyzzyva.ts"
import { step } from "../../src/core/zyzzyva/replica.ts"
import { type Input, init, type State } from "../../src/core/zyzzyva/state.ts"
import type { Message } from "../../src/core/zyzzyva/message.ts"
import { Histories } from "../../src/sim/histories.ts"
import { recordKey } from "../../src/sim/disk.ts"
import { ZyzzyvaLedger } from "../../src/sim/zyzzyva-ledger.ts"

const config = configOf(1)
const backing = { liars: 1, fast: 4, commit: 3 }
const a = digestOf(0, 1)
const b = digestOf(1, 1)

/** A ledger that has seen replica `id` take these inputs. */
const watching = (
  runs: ReadonlyArray<readonly [id: number, inputs: ReadonlyArray<Input>]>,
): ZyzzyvaLedger => {
  const ledger = new ZyzzyvaLedger(() => [], backing)
  for (const [id, inputs] of runs) {
    const own = configOf(id)
    inputs.reduce((before: State, input) => {
      const taken = step(own, before, input)
      ledger.stepped({ config: own, before, input, step: taken })
      return taken.state
    }, init(own))
  }
  return ledger
}

const orderA = order(1, [signed(0, 1)], "")
const orderB = order(1, [signed(1, 1)], "")

const answer = (replica: number, history: string, view = 0, seq = 1): Message => ({
  _tag: "SpecResponse",
  view,
  seq,
  history,
  signature: "",
  client: 0,
  timestamp: 1,
  result: "",
  replica,
})

const sent = (message: Message, over: { readonly holds?: (key: string) => boolean } = {}) => ({
  id: "replica" in message ? message.replica : 0,
  state: init(config),
  logSize: config.logSize,
  message,
  holds: () => true,
  ...over,
})

describe("the ledger of Zyzzyva", () => {
  const both = [
    [1, [orderA]],
    [2, [orderB]],
  ] as const

  it("knows which of two histories extends the other", () => {
    const histories = new Histories()
    histories.add({ seq: 0, history: "" }, "x")
    histories.add({ seq: 1, history: "x" }, "xy")
    const x = { seq: 1, history: "x" }
    expect(histories.compatible(x, { seq: 2, history: "xy" })).toBe(true)
    expect(histories.compatible({ seq: 2, history: "xy" }, x)).toBe(true)
    expect(histories.compatible({ seq: 1, history: "z" }, { seq: 2, history: "xy" })).toBe(false)
    expect(histories.all({ seq: 2, history: "xy" }).map((h) => h.history)).toEqual(["x", "xy"])
  })

  it("sees two histories of one replica in one view", () => {
    const ledger = watching(both)
    ledger.sent(sent(answer(1, a)))
    expect(ledger.violation).toBeUndefined()
    ledger.sent(sent(answer(1, b)))
    expect(ledger.violation?.property).toBe("OneHistory")
  })

  it("sees what is complete contradicted: by another, and in a later view", () => {
    const two = watching(both)
    two.completes(0, { seq: 1, history: a })
    expect(two.violation).toBeUndefined()
    two.completes(1, { seq: 1, history: b })
    expect(two.violation?.property).toBe("Agreement")
    const late = watching(both)
    late.completes(0, { seq: 1, history: a })
    late.sent(sent(answer(1, b, 1)))
    expect(late.violation?.property).toBe("CarryOver")
    const early = watching(both)
    early.sent(sent(answer(1, b, 1)))
    expect(early.violation).toBeUndefined()
    early.completes(0, { seq: 1, history: a })
    expect(early.violation?.property).toBe("CarryOver")
  })

  it("takes as complete what every correct replica answered, liars added", () => {
    const ledger = watching(both)
    for (const id of [1, 2, 3]) ledger.sent(sent(answer(id, a)))
    expect(ledger.violation).toBeUndefined()
    ledger.completes(1, { seq: 1, history: b })
    expect(ledger.violation?.property).toBe("Agreement")
    const fewer = watching(both)
    for (const id of [1, 2]) fewer.sent(sent(answer(id, a)))
    fewer.completes(1, { seq: 1, history: b })
    expect(fewer.violation).toBeUndefined()
  })

  it("wants the order, the certificate and the checkpoint on the disk before the word", () => {
    const noOrder = watching(both)
    const key = recordKey("Ordered", { view: 0, seq: 1, content: a })
    noOrder.sent(sent(answer(1, a), { holds: (k) => k !== key }))
    expect(noOrder.violation?.property).toBe("SentIsDurable")
    const local = { view: 0, seq: 1, history: a, client: 0, replica: 1 }
    const unheard = watching([[1, [orderA, executed(1, ["r"])]]])
    unheard.sent(sent({ _tag: "LocalCommit", ...local }))
    expect(unheard.violation?.property).toBe("SentIsDurable")
    const heard = watching([[1, [orderA, executed(1, ["r"]), commit(0, certificate(1, a))]]])
    heard.sent(sent({ _tag: "LocalCommit", ...local }))
    expect(heard.violation).toBeUndefined()
    const vote = { view: 0, seq: 2, digest: "d", signature: "", replica: 1 }
    const unwritten = watching([])
    unwritten.sent(sent({ _tag: "Checkpoint", ...vote }, { holds: () => false }))
    expect(unwritten.violation?.property).toBe("SentIsDurable")
  })

  it("sees an answer above the window", () => {
    const ledger = watching([])
    ledger.sent(sent(answer(1, "x", 0, config.logSize + 1)))
    expect(ledger.violation?.property).toBe("Watermarks")
  })

  it("sees one history executed in two ways, and one request twice", () => {
    const ways = watching([
      [1, [orderA, executed(1, ["r"])]],
      [2, [orderA, executed(1, ["s"])]],
    ])
    expect(ways.violation?.property).toBe("Reproducible")
    // A replica whose table forgets what it executed.
    const twice = watching([[1, [orderA, executed(1, ["r"])]]])
    const state = after(config, [orderA, executed(1, ["r"]), order(2, [signed(0, 1)], a)])
    const forgetful = { ...state, table: init(config).table }
    const input = executed(2, ["r"], "s")
    const taken = step(config, forgetful, input)
    twice.stepped({ config, before: init(config), input: orderA, step: { ...taken, state } })
    twice.stepped({ config, before: forgetful, input, step: taken })
    expect(twice.violation?.property).toBe("AtMostOnce")
  })

  it("sees two stable checkpoints of one number, and one that contradicts what is complete", () => {
    const stable = (digest: string): State => ({
      ...init(config),
      stable: { view: 0, seq: 2, digest, signers: [] },
      checkpoints: [
        { ...(init(config).checkpoints[0] as State["checkpoints"][number]), seq: 2, history: b },
      ],
    })
    const stepTo = (ledger: ZyzzyvaLedger, state: State): void =>
      ledger.stepped({
        config,
        before: init(config),
        input: orderA,
        step: { state, effects: [], action: "RecvCheckpoint" },
      })
    const two = watching([])
    stepTo(two, stable("d"))
    expect(two.violation).toBeUndefined()
    stepTo(two, stable("e"))
    expect(two.violation?.property).toBe("StableAgree")
    const against = watching(both)
    against.completes(0, { seq: 2, history: `${a} x` })
    stepTo(against, stable("d"))
    expect(against.violation?.property).toBe("StableStays")
  })
})
