/** A sketcher's trace: written and read back, corrupted, and watched apart from its step. */
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { endLine } from "../../src/core/pbft/trace.ts"
import { nowhere } from "../../src/core/prophecy/position.ts"
import {
  fromFullSketcherProjection,
  fullSketcherProjection,
} from "../../src/core/prophecy/projection.ts"
import type { Respond, SketcherState } from "../../src/core/prophecy/sketcher-state.ts"
import { initSketcher } from "../../src/core/prophecy/sketcher.ts"
import { sketcherDropLine } from "../../src/core/prophecy/trace.ts"
import { SketcherTraceState } from "../../src/core/prophecy/trace-event.ts"
import { misfit } from "../../src/core/trace-event.ts"
import { checkTraces } from "../../src/trace-check/check.ts"
import { SketcherMonitor } from "../../src/trace-check/sketcher-monitor.ts"
import { digestOf } from "../support/prophecy.ts"
import { digests } from "./support/digests.ts"
import { config, fileOf, headerOf, record } from "./support/sketcher-run.ts"
import { sourceOf } from "./support/sources.ts"

const check = (...files: ReadonlyArray<string>) =>
  checkTraces(
    files.map((text, k) => sourceOf(`sketcher-0.${k}.ndjson`, text)),
    { digests: { ...digests, resultDigest: digestOf } },
  )

const seeds = fc.nat(10_000)
const steps = 120

describe("a sketcher's trace", () => {
  it("conforms as it was recorded, and says what it was", async () => {
    let answered = 0
    await fc.assert(
      fc.asyncProperty(seeds, async (seed) => {
        const { lines, events } = record(seed, steps)
        const verdict = await check(fileOf(lines))
        expect(verdict).toMatchObject({ _tag: "Conforms", statistics: { events: steps } })
        const fast = events.flatMap(({ step }) =>
          step.effects.filter((e) => e._tag === "Respond" && e.path === "fast"),
        )
        expect(verdict).toMatchObject({ statistics: { fast: fast.length } })
        answered += fast.length
      }),
      { numRuns: 30 },
    )
    expect(answered).toBeGreaterThan(0)
  })

  it("has whole states that are read back, and goes on from one after a gap", async () => {
    const bad = misfit(SketcherTraceState)
    await fc.assert(
      fc.asyncProperty(seeds, fc.integer({ min: 2, max: steps - 1 }), async (seed, gap) => {
        const { lines, states } = record(seed, steps)
        for (const state of states) {
          const data: unknown = JSON.parse(JSON.stringify(fullSketcherProjection(state)))
          expect(bad(data)).toBeUndefined()
          const back = fromFullSketcherProjection(config, data as typeof SketcherTraceState.Type)
          expect(fullSketcherProjection(back)).toEqual(fullSketcherProjection(state))
        }
        const drop = sketcherDropLine(gap, 2, states[gap] as SketcherState)
        const some = [...lines.slice(0, gap - 2), drop, ...lines.slice(gap)]
        expect(await check(fileOf(some, steps))).toMatchObject({ _tag: "Gap" })
      }),
      { numRuns: 20 },
    )
  })

  it("is rejected wherever an action or a change in it is another one", async () => {
    const { lines } = record(7, 60)
    for (const [k, line] of lines.entries()) {
      const { n, action, in: input, post } = JSON.parse(line) as Record<string, unknown>
      const others = [
        { n, action: `${String(action)}x`, in: input, post },
        { n, action, in: input, post: { ...(post as object), strikes: [9, 9, 9, 9] } },
      ]
      for (const other of others) {
        const all = lines.map((l, j) => (j === k ? JSON.stringify(other) : l))
        const finding = { rule: "Replay", line: k + 2, node: "sketcher 0", step: k + 1 }
        expect(await check(fileOf(all))).toMatchObject({ _tag: "Rejected", finding })
      }
    }
  })

  it("of a new start begins with an empty table, and with timestamps that are new", async () => {
    const { lines, states } = record(3, 60)
    const used = Math.max(...(states.at(-1)?.lanes ?? []).map((l) => l.client.timestamp))
    const again = (first: number): string => [headerOf(1, first), endLine(0, 0), ""].join("\n")
    expect(await check(fileOf(lines), again(used))).toMatchObject({ _tag: "Conforms" })
    const killed = fileOf(lines).split("\n").slice(0, -2).join("\n")
    expect(await check(`${killed}\n`, again(used))).toMatchObject({ _tag: "Gap" })
    const finding = { rule: "Durability", field: "node.firstTimestamp" }
    expect(await check(fileOf(lines), again(used - 1))).toMatchObject({ finding })
  })
})

describe("what a sketcher's clients were told, whatever its step says", () => {
  const position = (seq: number) => ({ seq, place: 0 })
  /** One read, from its beginning to an answer that the test makes up. */
  const told = (
    monitor: SketcherMonitor,
    id: number,
    answer: Omit<Respond, "_tag" | "id">,
    begun = id,
  ): void => {
    const state = initSketcher(config)
    const call = { id, kind: "read", key: "q", operation: "q", stage: "fast" } as const
    const open = { ...state, calls: [{ ...call, replica: 0, digest: "d", position: nowhere }] }
    const place = { file: "s", line: 2 }
    const base = { _tag: "SketcherStep", place, n: 1, config, said: { post: {} } } as const
    const read = {
      _tag: "Read",
      id,
      key: "q",
      operation: "q",
      fresh: false,
      after: nowhere,
    } as const
    const began = { state, effects: [], action: "SketcherRecvRead" } as const
    if (begun === id) {
      monitor.take({ ...base, before: state, input: { ...read, replica: 0 }, step: began })
    }
    const effects = [{ _tag: "Respond", id, ...answer } as const]
    const step = { state, effects, action: "SketcherRecvFastReply" } as const
    monitor.take({ ...base, before: open, input: { _tag: "FastTimeout", id }, step })
  }
  const group = (seq: number, result: string) =>
    ({ path: "replicated", position: position(seq), result }) as const
  const alone = (seq: number, result: string) =>
    ({ path: "fast", position: position(seq), result }) as const
  const fresh = (): SketcherMonitor => new SketcherMonitor(digestOf)

  it("accepts what one replica says after the group has said it", () => {
    const monitor = fresh()
    told(monitor, 1, group(4, "a"))
    told(monitor, 2, alone(4, "a"))
    told(monitor, 3, group(7, "b"))
    told(monitor, 4, alone(7, "b"))
    expect(monitor.fast).toBe(2)
  })

  it("rejects what the group never said, and what it said otherwise", () => {
    expect(() => told(fresh(), 1, alone(4, "a"))).toThrow(/never answered this read there/)
    const monitor = fresh()
    told(monitor, 1, group(4, "a"))
    expect(() => told(monitor, 2, alone(4, "b"))).toThrow(/answered this read otherwise/)
  })

  it("rejects what is older than an answer before the read began, and no other old one", () => {
    const monitor = fresh()
    told(monitor, 1, group(4, "a"))
    told(monitor, 2, group(7, "b"))
    expect(() => told(monitor, 3, alone(4, "a"))).toThrow(/later was given before it began/)
    expect(() => told(monitor, 4, group(5, "a"))).toThrow(/later was given before it began/)
    // A read that began before: nothing is known of its beginning here.
    told(monitor, 5, alone(4, "a"), 0)
  })
})
