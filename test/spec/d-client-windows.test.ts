/**
 * Real TLC follows the steps of D-Prophecy's clients in DProphecy.tla, and says at which it cannot:
 * each thing that it compares, changed in a recorded step.
 */
import { describe, expect, test } from "vitest"
import type { DClientChain } from "../../src/trace-check/d-client-chain.ts"
import type { DClientEvent } from "../../src/trace-check/event.ts"
import { asksForAnother, hasEffect, tellsNobody } from "./support/changed-effects.ts"
import {
  type Accept,
  capturedSteps,
  corruptedStep,
  followedSteps,
  rejectedSteps,
} from "./support/d-client-windows.ts"
import { outcomes } from "./support/sketcher-windows.ts"

const takes =
  (action: string): Accept =>
  ({ step }) =>
    step.action === action
const names =
  (field: string): Accept =>
  ({ said }) =>
    field in (said.post as object)
const withPost =
  (changes: object) =>
  (event: DClientEvent): DClientEvent => ({
    ...event,
    said: { post: { ...(event.said.post as object), ...changes } },
  })
const hasCall = ({ said }: DClientEvent): boolean =>
  ((said.post as { readonly call?: unknown }).call ?? null) !== null
const asked = { id: 1, stage: "asked", executor: 3, sketches: [] }

describe("TLC accepts", () => {
  test("adjacent windows from Init on, and later ones, of whatever happened", async () => {
    const chains = await capturedSteps(1, 400, { _tag: "Auto", size: 60, windows: 2 })
    const windows = []
    for (const chain of chains) windows.push(...(await followedSteps(chain, 60)))
    expect(outcomes(windows)).toEqual([
      "1-60 init Accepted",
      "61-120 previous Accepted",
      "240-299 replayed Accepted",
      "300-359 previous Accepted",
    ])
    const actions = new Set(chains.flatMap(({ events }) => events.map((e) => e.step.action)))
    for (const action of [
      "ClientRead",
      "ClientWrite",
      "ClientRecvSketchReply",
      "ClientSketchTimeout",
      "ClientRecvOrderedReply",
      "ClientTimeout",
      "Ignore:StillWaiting",
      "Ignore:DuplicateReply",
      "Ignore:ForAnotherClient",
    ]) {
      expect([...actions], action).toContain(action)
    }
    const fast = chains.flatMap(({ events }) =>
      events.flatMap(({ step }) => step.effects.filter((e) => e._tag === "Respond")),
    )
    expect(new Set(fast.map(({ path }) => path))).toEqual(new Set(["fast", "replicated"]))
  })
})

describe("TLC rejects", () => {
  test.each<readonly [string, Accept, object, string]>([
    ["a call", hasCall, { call: null }, "stage"],
    ["an executor", takes("ClientRead"), { call: { ...asked, id: 0 } }, "id"],
    ["that nothing was asked", takes("ClientRead"), { call: undefined }, "call"],
    ["a timestamp", names("ordering"), { ordering: { timestamp: 999 } }, "timestamp"],
    ["who replied", takes("ClientRecvOrderedReply"), { ordering: { replies: [] } }, "replies"],
  ])("a line that says otherwise: %s", async (_, accept, post, field) => {
    const isLogged: Accept = (event) =>
      accept(event) && Object.keys(event.said.post as object).length > 0
    const { event, outcome } = await corruptedStep(isLogged, withPost(post))
    expect(outcome).toMatchObject({ event, field })
  })

  test("statements, a result, and whom it is of, that a line has otherwise", async () => {
    const isHeard: Accept = (event) => takes("ClientRecvSketchReply")(event) && hasCall(event)
    const changed = (change: object) => (event: DClientEvent) => {
      const post = event.said.post as { readonly call: object }
      return { ...event, said: { post: { ...post, call: { ...post.call, ...change } } } }
    }
    const isAsked: Accept = ({ step }) => step.state.call?.stage === "asked"
    for (const [field, change] of [
      ["executor", { executor: 9 }],
      ["sketches", { sketches: [] }],
      ["result", { result: "other" }],
    ] as const) {
      const { event, outcome } = await corruptedStep(
        (e) => isHeard(e) && isAsked(e),
        changed(change),
      )
      expect(outcome, field).toMatchObject({ event, field })
    }
  })

  test("a request, and an answer, that the step did not make", async () => {
    const other = await corruptedStep(hasEffect("SendToReplicas"), asksForAnother)
    expect(other.outcome).toMatchObject({ event: other.event, field: "sent" })
    const untold = await corruptedStep(hasEffect("Respond"), tellsNobody)
    expect(untold.outcome).toMatchObject({ event: untold.event, field: "told" })
  })

  test("a result that was taken with a sketch too few", async () => {
    const isFast: Accept = ({ step }) =>
      step.effects.some((e) => e._tag === "Respond" && e.path === "fast")
    const { event, outcome } = await corruptedStep(isFast, (taken) => {
      const { input } = taken
      if (input._tag !== "SketchReply") return taken
      const message = { ...input.message, digest: "another" }
      return { ...taken, input: { ...input, message } }
    })
    expect(outcome).toMatchObject({ event, action: "ClientRecvSketchReply" })
  })

  test("an input that is ignored without need", async () => {
    const { event, outcome } = await corruptedStep(takes("ClientRecvSketchReply"), (taken) => ({
      ...taken,
      step: { state: taken.before, effects: [], action: "Ignore:NothingAwaited" },
    }))
    const field = "ignored, but the specification has an action for it"
    expect(outcome).toMatchObject({ event, field })
  })

  test("a step that was left out, or is there twice, with the conjunct that fails", async () => {
    const [chain] = await capturedSteps(1, 200, { _tag: "Range", from: 1, to: 200 })
    const { events } = chain as DClientChain
    const at = events.findIndex(takes("ClientRecvOrderedReply"))
    const without = events.filter((_, k) => k !== events.findIndex(takes("ClientRead")))
    expect((await rejectedSteps({ ...(chain as DClientChain), events: without })).event).toBe(1)
    const twice = [...events.slice(0, at + 1), ...events.slice(at)]
    expect(await rejectedSteps({ ...(chain as DClientChain), events: twice })).toMatchObject({
      event: at + 2,
      action: "ClientRecvOrderedReply",
      conjunct: { place: expect.stringMatching(/^DProphecy\.tla:\d+:\d+$/) },
    })
  })

  test("a last state that is not the specification's", async () => {
    const [chain] = await capturedSteps(1, 200, { _tag: "Range", from: 1, to: 200 })
    const { events } = chain as DClientChain
    const last = events.findLastIndex(
      ({ before, step }) => step.state.call !== before.call && step.effects.length === 0,
    )
    const some = events.slice(0, last + 1).map((event, k) => {
      if (k !== last) return event
      return { ...event, step: { ...event.step, state: { ...event.step.state, call: undefined } } }
    })
    const outcome = await rejectedSteps({ ...(chain as DClientChain), events: some })
    expect(outcome).toMatchObject({ event: last + 2, field: "client" })
    expect(outcome.place).toBeUndefined()
  })
})
