/**
 * A primary asks the others for the digest of a result in the name of a client that asked everyone
 * for the whole, and answers with that digest as if it were the result.
 */
import { describe, expect, it } from "vitest"
import { initDClient, stepDClient } from "../../../src/core/prophecy/d-client.ts"
import { dClientLine } from "../../../src/core/prophecy/d-trace.ts"
import { encodePlaced } from "../../../src/core/prophecy/position.ts"
import { sketchOf } from "../../../src/core/prophecy/sketch-table.ts"
import { sketcherLine } from "../../../src/core/prophecy/trace.ts"
import { SketcherTraceInput, sketcherInputOf } from "../../../src/core/prophecy/trace-event.ts"
import { misfit } from "../../../src/core/trace-event.ts"
import { digestOf, SketcherTester } from "../../support/prophecy.ts"

const position = { seq: 5, place: 0 }
const whole = encodePlaced({ position, result: "v" })
/** What correct replicas send in place of it. */
const digest = encodePlaced({ position, result: "#v" })

const answerOf = {
  pbft: { _tag: "Reply", view: 0, client: 0, timestamp: 1 },
  zyzzyva: { _tag: "SpecResponse", view: 0, seq: 5, history: "h5", client: 0, timestamp: 1 },
} as const

describe.each(["pbft", "zyzzyva"] as const)("a lane before %s", (protocol) => {
  const asked = (): SketcherTester =>
    new SketcherTester(protocol === "pbft" ? {} : { protocol, commitMs: 10 }).read(1, "q")
  const said = (replica: number, result: string, marks: object) =>
    ({ ...answerOf[protocol], signature: `${replica}`, replica, result, ...marks }) as never
  const hear = (s: SketcherTester, replica: number, result: string, marks: object = {}) =>
    s.give({ _tag: "Reply", message: said(replica, result, marks), digest: digestOf(result) })

  it("takes no digest for a result", () => {
    const s = asked()
    hear(s, 0, digest)
    for (const replica of [1, 2, 3]) {
      hear(s, replica, digest, { digest: true })
      expect([s.action, s.responses()]).toEqual(["Ignore:UnaskedDigest", []])
    }
    expect(sketchOf(s.state.table, "q")).toBeUndefined()
  })

  it("takes the whole from who sent the digest before", () => {
    const s = asked()
    for (const replica of [0, 1, 2, 3]) hear(s, replica, digest, { digest: true })
    const told = [0, 1, 2, 3].flatMap((replica) => hear(s, replica, whole).responses())
    expect(told).toMatchObject([{ id: 1, path: "replicated", result: "v" }])
  })

  it("writes down that it was one", () => {
    const s = asked()
    const before = s.state
    const message = said(1, digest, {
      digest: true,
      ...(protocol === "pbft" ? { tentative: true } : {}),
    })
    const input = { _tag: "Reply", message, digest: digestOf("#v") } as const
    s.give(input)
    const line = JSON.parse(sketcherLine(1, before, s as never, input)) as {
      readonly in: typeof SketcherTraceInput.Type
    }
    if (protocol === "pbft") expect(misfit(SketcherTraceInput)(line.in)).toBeUndefined()
    const { config } = s
    const read = sketcherInputOf(line.in, { config, before, digestOf })
    expect(read).toMatchObject({ message: { digest: true } })
    if (protocol === "pbft") expect(read).toMatchObject({ message: { tentative: true } })
  })
})

describe("a client of D-Prophecy", () => {
  const config = {
    group: { n: 4, f: 1, quorum: 3 },
    id: 0,
    firstTimestamp: 0,
    retransmitMs: 200,
    sketchMs: 50,
  }

  it("takes no digest for a result, and writes down that it was one", () => {
    let { state } = stepDClient(config, initDClient(config), {
      _tag: "Write",
      id: 1,
      operation: "w",
    })
    for (const [replica, marks] of [{}, { digest: true }, { digest: true }].entries()) {
      const message = { ...answerOf.pbft, replica, result: digest, ...marks } as never
      const input = { _tag: "Reply", message } as const
      const took = stepDClient(config, state, input)
      expect(took.effects).toEqual([])
      expect(took.action).toBe(replica === 0 ? "ClientRecvOrderedReply" : "Ignore:UnaskedDigest")
      const line = dClientLine({ n: 1, client: 0 }, state, took, input)
      expect(line.includes('"digest":true')).toBe(replica > 0)
      ;({ state } = took)
    }
  })
})
