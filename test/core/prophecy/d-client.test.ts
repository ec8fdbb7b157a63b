/** Each guard of D-Prophecy's client, and what each input makes it ask for. */
import { describe, expect, it } from "vitest"
import type { Authentic, Reply } from "../../../src/core/pbft/message.ts"
import {
  type DClientConfig,
  type DClientEffect,
  type DClientInput,
  type DClientState,
  initDClient,
  stepDClient,
} from "../../../src/core/prophecy/d-client.ts"
import type { SketchReply } from "../../../src/core/prophecy/d-message.ts"
import { encodePlaced } from "../../../src/core/prophecy/position.ts"
import { deepFreeze } from "../../support/deep-freeze.ts"
import { digestOf } from "../../support/prophecy.ts"

const config: DClientConfig = deepFreeze({
  group: { n: 4, f: 1, quorum: 3 },
  id: 0,
  firstTimestamp: 0,
  retransmitMs: 200,
  sketchMs: 50,
})

class Tester {
  state: DClientState = deepFreeze(initDClient(config))
  effects: ReadonlyArray<DClientEffect> = []
  action = ""

  give(input: DClientInput): this {
    const took = stepDClient(config, this.state, deepFreeze(input))
    this.state = deepFreeze(took.state)
    this.effects = took.effects
    this.action = took.action
    return this
  }

  read(id = 1, executor = 2): this {
    return this.give({ _tag: "Read", id, operation: "q", executor })
  }

  states(replica: number, of: string | undefined, seq: number, part: Partial<SketchReply> = {}) {
    const digest = of === undefined ? "" : digestOf(of)
    const own = { client: 0, id: 1, replica, digest, seq, place: 0, result: undefined }
    const message = { _tag: "SketchReply", ...own, ...part } as Authentic<SketchReply>
    const result = message.result === undefined ? "" : digestOf(message.result)
    return this.give({ _tag: "SketchReply", message, digest: result })
  }

  reply(replica: number, result: string, seq: number): this {
    const placed = encodePlaced({ position: { seq, place: 0 }, result })
    const of = { view: 0, client: 0, timestamp: this.state.client.timestamp, replica }
    const message = { _tag: "Reply", ...of, result: placed } as Authentic<Reply>
    return this.give({ _tag: "Reply", message })
  }

  responses() {
    return this.effects.filter((e) => e._tag === "Respond")
  }
}

const isOrdered = (t: Tester): boolean => t.effects.some((e) => e._tag === "SendToReplicas")

describe("ClientRead", () => {
  it("asks every replica, and one of them to execute", () => {
    const t = new Tester().read(1, 2)
    expect(t.action).toBe("ClientRead")
    const message = { _tag: "SketchRead", client: 0, id: 1, operation: "q", executor: 2 }
    expect(t.effects).toEqual([
      { _tag: "SendSketchRead", message },
      { _tag: "SetTimer", timer: "sketches", ms: 50 },
    ])
    expect(t.read(2).action).toBe("Ignore:StillWaiting")
  })
})

describe("ClientWrite", () => {
  it("is ordered, and takes 2f + 1 equal answers", () => {
    const t = new Tester().give({ _tag: "Write", id: 1, operation: "w" })
    expect([t.action, isOrdered(t)]).toEqual(["ClientWrite", true])
    expect(t.reply(0, "r", 4).reply(1, "r", 4).responses()).toEqual([])
    expect(t.reply(2, "r", 4).responses()).toMatchObject([{ path: "replicated", result: "r" }])
    expect(t.action).toBe("ClientRecvOrderedReply")
    const waits = new Tester().read().give({ _tag: "Write", id: 2, operation: "w" })
    expect(waits.action).toBe("Ignore:StillWaiting")
  })
})

describe("ClientRecvSketchReply", () => {
  it("takes the executor's result when 2f + 1 state one sketch of it", () => {
    const t = new Tester().read(1, 2).states(2, "r", 5, { result: "r" }).states(0, "r", 5)
    expect(t.responses()).toEqual([])
    expect(t.states(1, "r", 5).responses()).toEqual([
      { _tag: "Respond", id: 1, path: "fast", position: { seq: 5, place: 0 }, result: "r" },
    ])
  })

  it("counts the executor by its own sketch, not by its result", () => {
    const t = new Tester().read(1, 2).states(2, "r", 7, { result: "r" }).states(0, "r", 5)
    expect(t.states(1, "r", 5).responses()).toEqual([])
    expect(t.states(3, "r", 5).responses()).toMatchObject([{ position: { seq: 5 } }])
  })

  it("counts sketches with one digest from several positions apart", () => {
    const t = new Tester().read(1, 2).states(2, "r", 5, { result: "r" })
    t.states(0, "r", 7).states(1, "r", 9)
    expect([t.responses(), isOrdered(t)]).toEqual([[], true])
  })

  it("orders the read as soon as 2f + 1 cannot agree any more", () => {
    const none = new Tester().read().states(0, undefined, 0)
    expect(isOrdered(none)).toBe(false)
    expect(isOrdered(none.states(1, undefined, 0))).toBe(true)
    const other = new Tester().read(1, 2).states(2, "new", 5, { result: "new" })
    expect(isOrdered(other.states(0, "old", 4))).toBe(false)
    expect(isOrdered(other.states(1, "old", 4))).toBe(true)
  })

  it("takes a result from the executor alone", () => {
    const t = new Tester().read(1, 2).states(0, "r", 5, { result: "r" }).states(1, "r", 5)
    expect(t.states(3, "r", 5).responses()).toEqual([])
  })

  it("ignores what is for another, late, or said twice", () => {
    const t = new Tester().read()
    expect(t.states(0, "r", 5, { client: 1 }).action).toBe("Ignore:ForAnotherClient")
    expect(t.states(0, "r", 5, { id: 9 }).action).toBe("Ignore:NothingAwaited")
    t.states(0, "r", 5)
    expect(t.states(0, "r", 6).action).toBe("Ignore:DuplicateReply")
    t.give({ _tag: "SketchTimeout", id: 1 })
    expect(t.states(1, "r", 5).action).toBe("Ignore:NothingAwaited")
  })
})

describe("a faulty executor that gives an old result", () => {
  const orders = (of: ReadonlyArray<number>): ReadonlyArray<ReadonlyArray<number>> =>
    of.length < 2
      ? [of]
      : of.flatMap((first) => orders(of.filter((r) => r !== first)).map((o) => [first, ...o]))
  /** What becomes of a read, where these correct replicas have executed a later read. */
  const outcomes = (ahead: ReadonlyArray<number>): ReadonlySet<string> =>
    new Set(
      orders([0, 1, 2, 3]).map((order) => {
        const t = new Tester().read(1, 3)
        const ended = order.find((replica) => {
          if (replica === 3) t.states(3, "old", 5, { result: "old" })
          else if (ahead.includes(replica)) t.states(replica, "new", 9)
          else t.states(replica, "old", 5)
          return t.responses().length > 0 || isOrdered(t)
        })
        if (ended === undefined) return "waits"
        return isOrdered(t) ? "ordered" : "told"
      }),
    )

  it("is believed while one other has executed a later read, which is not answered yet", () => {
    for (const ahead of [[], [0], [1], [2]]) expect(outcomes(ahead)).toEqual(new Set(["told"]))
  })

  it("is never believed once that read was answered: two correct ones have executed it", () => {
    for (const ahead of [
      [0, 1],
      [0, 2],
      [1, 2],
      [0, 1, 2],
    ]) {
      expect(outcomes(ahead)).toEqual(new Set(["ordered"]))
    }
  })
})

describe("ClientSketchTimeout", () => {
  it("orders the read", () => {
    const t = new Tester().read().give({ _tag: "SketchTimeout", id: 1 })
    expect([t.action, isOrdered(t)]).toEqual(["ClientSketchTimeout", true])
    expect(t.give({ _tag: "SketchTimeout", id: 1 }).action).toBe("Ignore:NothingAwaited")
  })
})

describe("ClientRecvOrderedReply", () => {
  it("ignores what the PBFT client ignores, and asks everyone again in vain of time", () => {
    const t = new Tester()
    expect(t.reply(0, "r", 1).action).toBe("Ignore:NothingAwaited")
    expect(t.give({ _tag: "Retransmit" }).action).toBe("Ignore:NothingAwaited")
    t.give({ _tag: "Write", id: 1, operation: "w" }).give({ _tag: "Retransmit" })
    expect(t.effects[0]).toMatchObject({ replicas: [0, 1, 2, 3] })
  })
})
