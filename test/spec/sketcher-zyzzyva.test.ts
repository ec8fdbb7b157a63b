/**
 * Real TLC follows a sketcher's steps before Zyzzyva in Prophecy.tla, and says at which it cannot:
 * a lane's client is taken at its word, and nothing else of what a lane does changes anything.
 */
import { describe, expect, test } from "vitest"
import type { SketcherEvent } from "../../src/trace-check/event.ts"
import type { SketcherChain } from "../../src/trace-check/sketcher-chain.ts"
import { fileOf, headerOf, record } from "../trace/support/sketcher-run.ts"
import {
  captured,
  followed,
  outcomes,
  placeOf,
  rejection,
  takes,
  withPost,
} from "./support/sketcher-windows.ts"

const options = { sessions: false, protocol: "zyzzyva" } as const
const file = (steps: number): string =>
  fileOf(record(5, steps, options).lines, steps, headerOf(0, 0, "zyzzyva"))
const chainOf = async (steps = 300): Promise<SketcherChain> => {
  const [chain] = await captured([file(steps)], { _tag: "Range", from: 1, to: steps })
  if (chain === undefined) throw new Error("the run has steps")
  return chain
}

const completes = ({ step, input }: SketcherEvent): boolean =>
  input._tag === "Reply" && step.effects.some((e) => e._tag === "Respond")
const ofMessage =
  (tag: string) =>
  ({ input }: SketcherEvent): boolean =>
    input._tag === "Reply" && input.message._tag === tag
const isWithin = (event: SketcherEvent): boolean =>
  takes("SketcherRecvReply")(event) && !completes(event)
const shows = ({ step }: SketcherEvent): boolean =>
  step.effects.some((e) => e._tag === "SendToReplicas" && e.message._tag === "Commit")

describe("TLC accepts", () => {
  test("answers and acknowledgements in lanes, complete and not, from Init on", async () => {
    const chain = await chainOf()
    const all = [completes, isWithin, shows, ofMessage("LocalCommit")]
    for (const kind of all) expect(chain.events.some(kind)).toBe(true)
    const acknowledged = chain.events.filter(ofMessage("LocalCommit"))
    expect(acknowledged.some(completes)).toBe(true)
    expect(outcomes(await followed(chain, 150))).toEqual([
      "1-150 init Accepted",
      "151-300 previous Accepted",
    ])
  })
})

describe("TLC rejects", () => {
  test("an answer told before the lane's client says that it is the group's", async () => {
    const chain = await chainOf()
    const last = placeOf(chain, completes)
    const done = chain.events[last] as SketcherEvent
    const early = placeOf(chain, isWithin)
    expect(early).toBeLessThan(last)
    const effects = done.step.effects.filter((e) => e._tag === "Respond")
    const events = chain.events.map((event, k) =>
      k === early ? { ...event, step: { ...event.step, effects } } : event,
    )
    expect(await rejection({ ...chain, events })).toMatchObject({ event: early + 1, field: "told" })
  })

  test("a sketch of what a lane only heard", async () => {
    const chain = await chainOf()
    const at = placeOf(chain, isWithin)
    const sketch = [{ key: "q1", digest: "#v", position: "1.0" }]
    const events = chain.events.map((event, k) => (k === at ? withPost({ sketch })(event) : event))
    expect((await rejection({ ...chain, events })).event).toBe(at + 1)
  })

  test("a complete answer that is left out", async () => {
    const chain = await chainOf()
    const at = placeOf(chain, completes)
    const events = chain.events.filter((_, k) => k !== at)
    expect((await rejection({ ...chain, events })).event).toBeGreaterThan(at)
  })
})
