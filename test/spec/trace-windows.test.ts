/** Real TLC follows windows of recorded runs, and says at which event it cannot. */
import { describe, expect, test } from "vitest"
import { makeAskTlc, mismatchesIn } from "../../src/cli/trace-windows.ts"
import type { Chain } from "../../src/trace-check/chain.ts"
import { emitChain } from "../../src/trace-check/emit-tla.ts"
import { adjacent } from "../../src/trace-check/emit-window.ts"
import type { ReplicaEvent, StepEvent } from "../../src/trace-check/event.ts"
import { windowText } from "../../src/trace-check/tlc-window.ts"
import {
  capture,
  followed,
  isReplica,
  outcomes,
  placeOf,
  rejection,
  withEvent,
} from "./support/windows.ts"

const busy = {
  clients: 4,
  requests: 12,
  timeouts: 0.03,
  duplicates: 0.1,
  checkpointInterval: 5,
  logSize: 20,
}

describe("TLC accepts", () => {
  test("adjacent windows from Init on, and later ones", async () => {
    const chains = await capture(
      { seed: 2, ...busy, firstTimestamp: 2 ** 40 },
      { _tag: "Auto", size: 150, windows: 2 },
    )
    const windows = await followed(chains, 150)
    expect(chains).toHaveLength(2)
    const later = chains[1]?.from ?? 0
    expect(later).toBeGreaterThan(300)
    expect(outcomes(windows)).toEqual([
      "1-150 init Accepted",
      "151-300 previous Accepted",
      `${later}-${later + 149} replayed Accepted`,
      `${later + 150}-${later + 299} previous Accepted`,
    ])
    expect(windows.map(windowText)[1]).toMatch(/^TLC {7}events 151 to 300, from where/)
  })
})

describe("TLC rejects", () => {
  const chainOf = async (seed: number): Promise<Chain> => {
    const [chain] = await capture({ seed }, { _tag: "Range", from: 1, to: 1000 })
    if (chain === undefined) throw new Error("the run has events")
    return chain
  }

  test("a changed field at its event, with both values", async () => {
    const chain = await chainOf(1)
    const at = placeOf(chain, ({ step }) => step.action === "RecvCommit", 60)
    const corrupted = withEvent(chain, at, (event) => ({
      ...event,
      said: JSON.parse(
        JSON.stringify({ post: event.said.post }).replace(/"phase":"\w+"/, '"phase":"held"'),
      ),
    }))
    const outcome = await rejection(corrupted)
    const event = chain.events[at]
    expect(outcome).toMatchObject({ event: at + 1, field: "slot.phase", found: '"held"' })
    expect(outcome.place).toEqual(event?.place)
    expect(outcome.expected).toMatch(/^"(prepared|committed|prePrepared)"$/)
  })

  test("a changed result, queue and checkpoint", async () => {
    const chain = await chainOf(1)
    const changes: ReadonlyArray<readonly [string, string, unknown]> = [
      ["Execute", "table", [{ client: 0, timestamp: 1, result: "another" }]],
      ["RecvRequest", "queue", 7],
      ["Execute", "checkpoints", [{ seq: 0, digest: "another" }]],
    ]
    for (const [action, field, value] of changes) {
      const has = ({ step, said }: ReplicaEvent) =>
        step.action === action && field in (said.post as object)
      const at = placeOf(chain, has)
      const corrupted = withEvent(chain, at, (event) => ({
        ...event,
        said: { post: { ...(event.said.post as object), [field]: value } },
      }))
      expect(await rejection(corrupted)).toMatchObject({ event: at + 1, field })
    }
  })

  test("a change that the trace does not name", async () => {
    const chain = await chainOf(1)
    const at = placeOf(chain, ({ step }) => step.action === "Execute")
    const corrupted = withEvent(chain, at, (event) => {
      const { executed: _, ...post } = event.said.post as { readonly executed: number }
      return { ...event, said: { post } }
    })
    expect(await rejection(corrupted)).toMatchObject({ event: at + 1, field: "executed" })
  })

  test("a step that is not enabled there, with the conjunct that fails", async () => {
    const chain = await chainOf(1)
    const commit = placeOf(chain, ({ step }) => step.action === "RecvCommit", 20)
    const events = [...chain.events]
    events.splice(commit + 1, 0, events[commit] as StepEvent)
    const outcome = await rejection({ ...chain, events })
    expect(outcome).toMatchObject({ event: commit + 2, action: "RecvCommit" })
    expect(outcome.conjunct).toMatchObject({
      place: expect.stringMatching(/^Pbft\.tla:\d+:\d+$/),
      text: expect.stringMatching(/commits\[m\.replica\] = NoDigest|phase \\notin Final/),
    })
  })

  test("an input that is ignored without need", async () => {
    const chain = await chainOf(1)
    const at = placeOf(chain, ({ step }) => step.action === "RecvPrepare")
    const corrupted = withEvent(chain, at, (event) => ({
      ...event,
      step: { ...event.step, action: "Ignore:WrongView", state: event.before },
    }))
    const field = "ignored, but the specification has an action for it"
    expect(await rejection(corrupted)).toMatchObject({ event: at + 1, field })
  })

  test("a last state that is not the specification's", async () => {
    const chain = await chainOf(1)
    const last = chain.events.findLastIndex(isReplica)
    const corrupted = withEvent(chain, last, (event) => {
      const { state } = event.step
      return { ...event, step: { ...event.step, state: { ...state, seqno: state.seqno + 1 } } }
    })
    const outcome = await rejection(corrupted)
    expect(outcome).toMatchObject({ event: chain.events.length + 1, field: "seqno" })
    expect(outcome.place).toBeUndefined()
  })

  test("a message that nobody sent", async () => {
    const chain = await chainOf(1)
    const at = placeOf(chain, ({ step }) => step.action === "RecvPrePrepare")
    const [window] = emitChain(chain, 1000)
    const ask = makeAskTlc(new AbortController().signal)
    const lost = window?.module.replace(/seq \|-> 1, batch/, "seq |-> 2, batch") ?? ""
    const answer = await ask(lost, { specification: "Pbft", coverage: false })
    expect(answer).toMatchObject({ printed: [{ field: "the message was not sent" }] })
    expect(answer).toMatchObject({ followed: at })
  })
})

describe("windows", () => {
  test("never span a gap", async () => {
    const options = { seed: 3, ...busy, drop: { node: 1, from: 30, many: 20 } } as const
    const chains = await capture(options, { _tag: "Range", from: 1, to: 500 })
    expect(chains).toHaveLength(2)
    const [one, two] = chains
    expect((one?.from ?? 0) + (one?.events.length ?? 0)).toBe(two?.from)
    expect([one?.fromInit, two?.fromInit]).toEqual([true, false])
    const windows = await followed(chains, 500)
    expect(windows.map(({ outcome }) => outcome._tag)).toEqual(["Accepted", "Accepted"])
  })

  test("share the state between them, word for word", async () => {
    const [chain] = await capture({ seed: 2, ...busy }, { _tag: "Range", from: 50, to: 349 })
    if (chain === undefined) throw new Error("the run has events")
    const [one, two, three] = emitChain(chain, 100)
    if (one === undefined || two === undefined || three === undefined) throw new Error("three")
    expect([adjacent(one, two), adjacent(two, three), adjacent(one, three)]).toEqual([
      true,
      true,
      false,
    ])
    expect(two.module).toContain(`StartReplicas == ${one.endText.replicas}`)
    expect(adjacent(one, { ...two, startText: { ...two.startText, messages: "{}" } })).toBe(false)
  })

  test("are left out where the run has none of the events", async () => {
    expect(await capture({ seed: 1 }, { _tag: "Range", from: 10_000, to: 10_001 })).toEqual([])
  })
})

test("what TLC prints of a mismatch is read over line breaks, between other output", () => {
  const printed = [
    "<<1, 2>>",
    '[ trace |-> "prepared",',
    "  event |-> 89,",
    '  field |-> "slot.phase",',
    '  specification |-> <<"a", {1, 2}>> ]',
    '[failed |-> "the message was not sent", event |-> 3, message |-> [seq |-> 1]]',
    "[unclosed |-> 1",
  ]
  expect(mismatchesIn(printed)).toEqual([
    { field: "slot.phase", specification: '<<"a", {1, 2}>>', trace: '"prepared"' },
    { field: "the message was not sent", trace: "[seq |-> 1]" },
  ])
})
