/** Recorded runs against the abstraction: what conforms, and what no other check would see. */
import { describe, expect, test } from "vitest"
import type { DirectMessage, PeerMessage } from "../../src/core/pbft/message.ts"
import { Abstraction } from "../../src/trace-check/abstraction.ts"
import { checkTraces } from "../../src/trace-check/check.ts"
import type { ReplicaEvent } from "../../src/trace-check/event.ts"
import { Rejection } from "../../src/trace-check/finding.ts"
import { digests } from "./support/digests.ts"
import { type GoldenName, goldenNames, goldenRun } from "./support/golden.ts"
import { sourcesOf } from "./support/sources.ts"

const everyone = new Map([0, 1, 2, 3].map((id) => [id, `replica ${id}`]))
const traced = (ids = [...everyone.keys()]) => ({
  group: { n: 4, f: 1, quorum: 3 },
  replicas: new Map([...everyone].filter(([id]) => ids.includes(id))),
  clients: new Map<number, string>(),
})

/** The replicas' steps of a golden run in the merged order. */
const stepsOf = async (name: GoldenName): Promise<ReadonlyArray<ReplicaEvent>> => {
  const all: Array<ReplicaEvent> = []
  const observer = {
    before: (_: number, event: { readonly _tag: string }) => {
      if (event._tag === "ReplicaStep") all.push(event as ReplicaEvent)
    },
    gap: () => {},
  }
  const verdict = await checkTraces(sourcesOf(goldenRun(name)), { digests, observer })
  expect(verdict).toMatchObject({ _tag: "Conforms", statistics: { unabstract: 0 } })
  return all
}

const judge = (steps: ReadonlyArray<ReplicaEvent>, ids?: Array<number>): Abstraction => {
  const abstraction = new Abstraction(traced(ids), 128, digests.batchDigest)
  for (const step of steps) abstraction.take(step)
  return abstraction
}

const rejectionOf = (steps: ReadonlyArray<ReplicaEvent>, ids?: Array<number>): string => {
  try {
    judge(steps, ids)
    return ""
  } catch (cause) {
    if (!(cause instanceof Rejection)) throw cause
    expect(cause.finding.rule).toBe("Abstraction")
    return cause.finding.message
  }
}

const sends = (event: ReplicaEvent, tag: PeerMessage["_tag"]): boolean =>
  event.step.effects.some((e) => e._tag === "Broadcast" && e.message._tag === tag)

/** The step with its broadcasts changed. */
const saying = (
  event: ReplicaEvent,
  change: (m: DirectMessage) => DirectMessage,
): ReplicaEvent => ({
  ...event,
  step: {
    ...event.step,
    effects: event.step.effects.map((e) =>
      e._tag === "Broadcast" ? { ...e, message: change(e.message) } : e,
    ),
  },
})

const [ordinary, changed] = goldenNames

describe("the steps of a run are steps of the abstraction", () => {
  test.each(goldenNames)("%s", async (name) => {
    const steps = await stepsOf(name)
    const all = judge(steps)
    expect(all.checked).toBeGreaterThan(10)
    expect(all.unchecked).toBe(0)
    // A replica without a trace vouches for what it is asked.
    for (const silent of everyone.keys()) {
      const others = [...everyone.keys()].filter((id) => id !== silent)
      expect(judge(steps, others).checked).toBeGreaterThan(10)
    }
    // With two of them nothing can be said.
    expect(judge(steps, [0, 1]).checked).toBe(0)
    expect(judge(steps, [0, 1]).unchecked).toBeGreaterThan(10)
  })
})

describe("a step that is none is rejected", () => {
  test("a replica prepares what too few accepted", async () => {
    const steps = await stepsOf(ordinary)
    const silent = steps.filter((e) => e.replica < 2)
    expect(rejectionOf(silent)).toMatch(/prepares at 1 in view 0 what 2 accepted, not 3/)
  })

  test("a replica commits to another batch than it accepted", async () => {
    const steps = await stepsOf(ordinary)
    const other = steps.map((e) =>
      saying(e, (m) => (m._tag === "Commit" ? { ...m, digest: "another" } : m)),
    )
    expect(rejectionOf(other)).toMatch(/prepares at 1 in view 0 what it did not accept/)
  })

  test("a backup accepts what the primary did not propose", async () => {
    const steps = await stepsOf(ordinary)
    const other = steps.map((e) =>
      saying(e, (m) => (m._tag === "Prepare" ? { ...m, digest: "another" } : m)),
    )
    expect(rejectionOf(other)).toMatch(/what its primary did not propose/)
  })

  test("a replica accepts twice", async () => {
    const steps = await stepsOf(ordinary)
    const first = steps.find((e) => sends(e, "Prepare"))
    const twice = steps.flatMap((e) => (e === first ? [e, e] : [e]))
    expect(rejectionOf(twice)).toMatch(/accepts a second batch at 1 in view 0/)
  })

  test("a view starts without a batch that was prepared", async () => {
    const steps = await stepsOf(changed)
    const started = steps.find((e) => sends(e, "NewView"))
    const opened = started?.step.effects.flatMap((e) =>
      e._tag === "Broadcast" && e.message._tag === "NewView" ? [e.message] : [],
    )[0]
    expect(opened?.chosen.length).toBeGreaterThan(0)
    const without = steps.map((e) =>
      saying(e, (m) => (m._tag === "NewView" ? { ...m, chosen: [] } : m)),
    )
    expect(rejectionOf(without)).toMatch(/view \d+ starts with nothing at \d+, which nobody may/)
  })

  test("a view starts before enough replicas have moved there", async () => {
    const steps = await stepsOf(changed)
    const still = steps.filter((e) => e.step.state.view === e.before.view || e.replica === 1)
    expect(rejectionOf(still)).toMatch(/which nobody may choose there/)
  })

  test("a replica goes on in a view that it left", async () => {
    const steps = await stepsOf(ordinary)
    const left = steps.map((e) => ({ ...e, before: { ...e.before, active: false } }))
    expect(rejectionOf(left)).toMatch(/in which it does not take part/)
  })
})
