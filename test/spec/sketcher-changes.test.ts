/** Each thing that TLC compares of a sketcher's steps, changed in a recorded one. */
import { describe, expect, test } from "vitest"
import type { SketcherChain } from "../../src/trace-check/sketcher-chain.ts"
import { digestOf } from "../support/prophecy.ts"
import { asksForAnother, hasEffect, tellsNobody } from "./support/changed-effects.ts"
import {
  captured,
  chainOf,
  corrupted,
  followed,
  names,
  outcomes,
  placeOf,
  rejection,
  run,
  takes,
  withPost,
} from "./support/sketcher-windows.ts"

describe("TLC rejects", () => {
  test("what a line says was changed, where it was not", async () => {
    const sketch = { key: "q1", digest: "other", position: "1.0" }
    const changes: ReadonlyArray<readonly [string, object, string]> = [
      ["sketch", { sketch: [sketch] }, "table.young"],
      ["floor", { floor: "9.0" }, "table.floor"],
      ["old", { old: 7 }, "table.old.size"],
      ["calls", { calls: [] }, "calls"],
      ["answered", { answered: [] }, "calls"],
      ["lanes", { lanes: [] }, "lane"],
      ["queue", { queue: [] }, "queue"],
      ["strikes", { strikes: [2, 2, 2, 2] }, "strikes"],
    ]
    for (const [field, post, shown] of changes) {
      const { event, outcome } = await corrupted(names(field), withPost(post))
      expect(outcome, field).toMatchObject({ event, field: shown })
    }
  })

  test("a request, and an answer, that the step did not make", async () => {
    const asked = await corrupted(hasEffect("SendToReplicas"), asksForAnother)
    expect(asked.outcome).toMatchObject({ event: asked.event, field: "sent" })
    const told = await corrupted(hasEffect("Respond"), tellsNobody)
    expect(told.outcome).toMatchObject({ event: told.event, field: "told" })
  })

  test("a replica's answer that was another one than the sketch", async () => {
    const chain = await chainOf()
    const at = placeOf(
      chain,
      ({ input, step }) =>
        input._tag === "FastReply" && step.effects.some((e) => e._tag === "Respond"),
    )
    const events = chain.events.map((event, k) =>
      k === at && event.input._tag === "FastReply"
        ? {
            ...event,
            input: {
              ...event.input,
              message: { ...event.input.message, result: "a lie" },
              digest: digestOf("a lie"),
            },
          }
        : event,
    )
    expect(await rejection({ ...chain, events })).toMatchObject({ event: at + 1 })
  })

  test("a step that was left out", async () => {
    const chain = await chainOf()
    const at = placeOf(chain, takes("SketcherRecvRead"))
    const events = chain.events.filter((_, k) => k !== at)
    expect((await rejection({ ...chain, events })).event).toBeGreaterThan(at)
  })

  test("an input that is ignored without need", async () => {
    const { event, outcome } = await corrupted(takes("SketcherRecvReply"), (taken) => ({
      ...taken,
      step: { state: taken.before, effects: [], action: "Ignore:NothingAwaited" },
    }))
    const field = "ignored, but the specification has an action for it"
    expect(outcome).toMatchObject({ event, field })
  })

  test("a last state that is not the specification's", async () => {
    const chain = await chainOf()
    const last = chain.events.length - 1
    const events = chain.events.map((event, k) =>
      k === last
        ? { ...event, step: { ...event.step, state: { ...event.step.state, queue: [] } } }
        : event,
    )
    const isBusy = (chain.events[last]?.step.state.queue.length ?? 0) > 0
    expect(isBusy).toBe(true)
    const outcome = await rejection({ ...chain, events })
    expect(outcome).toMatchObject({ event: chain.events.length + 1, field: "queue" })
    expect(outcome.place).toBeUndefined()
  })
})

test("a client that has seen something asks in a run that does not start in Init", async () => {
  const chains = await captured([run(2, 200)], { _tag: "Range", from: 1, to: 200 })
  expect(outcomes(await followed(chains[0] as SketcherChain, 200))).toEqual([
    "1-200 replayed Accepted",
  ])
})
