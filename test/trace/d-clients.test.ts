/**
 * A trace of D-Prophecy's clients: written and read back, corrupted, and watched apart from their
 * step.
 */
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import type { Authentic } from "../../src/core/pbft/message.ts"
import { endLine } from "../../src/core/pbft/trace.ts"
import { type DClientState, initDClient, stepDClient } from "../../src/core/prophecy/d-client.ts"
import type { SketchReply } from "../../src/core/prophecy/d-message.ts"
import {
  fromFullDClientProjection,
  fullDClientProjection,
} from "../../src/core/prophecy/d-projection.ts"
import { dClientsDropLine } from "../../src/core/prophecy/d-trace.ts"
import { DClientsTraceState } from "../../src/core/prophecy/d-trace-event.ts"
import { placedResults } from "../../src/core/prophecy/replica.ts"
import { misfit } from "../../src/core/trace-event.ts"
import { checkTraces } from "../../src/trace-check/check.ts"
import { DClientMonitor } from "../../src/trace-check/d-client-monitor.ts"
import type { ReplicaEvent } from "../../src/trace-check/event.ts"
import { Rejection } from "../../src/trace-check/finding.ts"
import { digestOf } from "../support/prophecy.ts"
import { configOf, fileOf, headerOf, record } from "./support/d-clients-run.ts"
import { digests } from "./support/digests.ts"
import { sourceOf } from "./support/sources.ts"

const check = (...files: ReadonlyArray<string>) =>
  checkTraces(
    files.map((text, k) => sourceOf(`d-clients-0.${k}.ndjson`, text)),
    { digests: { ...digests, resultDigest: digestOf } },
  )

const seeds = fc.nat(10_000)
const steps = 150

describe("a trace of D-Prophecy's clients", () => {
  it("conforms as it was recorded, and says what it was", async () => {
    let answered = 0
    await fc.assert(
      fc.asyncProperty(seeds, async (seed) => {
        const { lines, fast } = record(seed, steps)
        const verdict = await check(fileOf(lines))
        expect(verdict).toMatchObject({ _tag: "Conforms", statistics: { events: steps, fast } })
        answered += fast
      }),
      { numRuns: 30 },
    )
    expect(answered).toBeGreaterThan(0)
  })

  it("has whole states that are read back, and goes on from one after a gap", async () => {
    const bad = misfit(DClientsTraceState)
    await fc.assert(
      fc.asyncProperty(seeds, fc.integer({ min: 2, max: steps - 1 }), async (seed, gap) => {
        const { lines, states } = record(seed, steps)
        const after = states[gap] as ReadonlyMap<number, DClientState>
        const drop = dClientsDropLine(gap, 2, after)
        const { state } = JSON.parse(drop) as { readonly state: unknown }
        expect(bad(state)).toBeUndefined()
        for (const data of state as typeof DClientsTraceState.Type) {
          const own = fullDClientProjection(after.get(data.client) as DClientState)
          const back = fromFullDClientProjection(configOf(data.client), data)
          expect(fullDClientProjection(back)).toEqual(own)
        }
        const some = [...lines.slice(0, gap - 2), drop, ...lines.slice(gap)]
        expect(await check(fileOf(some, steps))).toMatchObject({ _tag: "Gap" })
      }),
      { numRuns: 20 },
    )
  })

  it("is rejected at a line that says something else", async () => {
    const { lines } = record(7, steps)
    const changes: ReadonlyArray<readonly [string, (line: string) => string]> = [
      ['"action":"ClientRead"', (line) => line.replace("ClientRead", "ClientWrite")],
      ['"sketches":[{', (line) => line.replace('"sketches":[{', '"sketches":[{"x":1,')],
      ['"call":null', (line) => line.replace('"call":null', '"call":{"id":1,"stage":"asked"}')],
      ['"stage":"ordered"', (line) => line.replace('"stage":"ordered"', '"stage":"asked"')],
      ['"ordering":{', (line) => line.replace('"ordering":{', '"ordering":{"toAll":true,')],
    ]
    for (const [part, change] of changes) {
      const at = lines.findIndex((line) => line.includes(part))
      expect(at, part).toBeGreaterThanOrEqual(0)
      const all = lines.map((line, k) => (k === at ? change(line) : line))
      const finding = { rule: "Replay", line: at + 2 }
      expect(await check(fileOf(all)), part).toMatchObject({ _tag: "Rejected", finding })
    }
    const other = lines.map((line) => line.replace(/"client":[23],"action"/, '"client":9,"action"'))
    expect(await check(fileOf(other))).toMatchObject({ finding: { rule: "Malformed", line: 2 } })
  })

  it("may be of several starts, each with timestamps above those before", async () => {
    const { lines, states } = record(3, steps)
    const used = Math.max(...[...(states.at(-1) ?? [])].map(([, s]) => s.client.timestamp))
    const again = (first: number): string => [headerOf(1, first), endLine(0, 0), ""].join("\n")
    expect(await check(fileOf(lines), again(used))).toMatchObject({ _tag: "Conforms" })
    const finding = { rule: "Durability", field: "node.firstTimestamp" }
    expect(await check(fileOf(lines), again(used - 1))).toMatchObject({ finding })
  })
})

describe("what clients of D-Prophecy were told", () => {
  const config = configOf(2)
  const idle = initDClient(config)
  const place = { file: "d", line: 2 }
  const base = {
    _tag: "DClientStep",
    place,
    n: 1,
    node: "clients",
    config,
    said: { post: {} },
  } as const
  const fresh = (): DClientMonitor =>
    new DClientMonitor({ digestOf, operationsOf: () => ["q", "w"], isTraced: (r) => r !== 3 })
  const asked = stepDClient(config, idle, { _tag: "Read", id: 1, operation: "q", executor: 0 })

  /** All replicas execute a read of q, with this result, and a write. */
  const executes = (monitor: DClientMonitor, seq: number, result: string): void => {
    const results = placedResults(seq, [result, "done"])
    const step = { action: "Execute" }
    const event = { _tag: "ReplicaStep", input: { _tag: "Executed", seq, results }, step }
    monitor.take(event as unknown as ReplicaEvent)
  }
  const begins = (monitor: DClientMonitor): void => {
    const input = { _tag: "Read", id: 1, operation: "q", executor: 0 } as const
    monitor.take({ ...base, before: idle, input, step: asked })
  }
  const states = (monitor: DClientMonitor, replica: number, seq: number, result: string): void => {
    const said = { client: 2, id: 1, replica, digest: digestOf(result), seq, place: 0 }
    const message = { _tag: "SketchReply", ...said, result: undefined } as Authentic<SketchReply>
    const input = { _tag: "SketchReply", message, digest: "" } as const
    const step = stepDClient(config, asked.state, input)
    monitor.take({ ...base, before: asked.state, input, step })
  }
  const answered = (
    monitor: DClientMonitor,
    path: "fast" | "replicated",
    { seq, result }: { readonly seq: number; readonly result: string },
  ): void => {
    const effects = [{ _tag: "Respond", id: 1, path, position: { seq, place: 0 }, result }] as const
    const step = { state: idle, effects, action: "ClientRecvSketchReply" } as const
    monitor.take({ ...base, before: asked.state, input: { _tag: "Retransmit" }, step })
  }
  const rule = (run: () => void): string | undefined => {
    try {
      run()
    } catch (cause) {
      if (cause instanceof Rejection) return cause.finding.rule
      throw cause
    }
    return undefined
  }

  it("is what was executed there, whether that is seen before or after", () => {
    for (const order of ["before", "after"]) {
      const run = (claim: (monitor: DClientMonitor) => void) => {
        const monitor = fresh()
        if (order === "before") executes(monitor, 4, "a")
        begins(monitor)
        const early = rule(() => claim(monitor))
        return early ?? rule(() => (order === "after" ? executes(monitor, 4, "a") : undefined))
      }
      expect(run((m) => states(m, 0, 4, "a"))).toBeUndefined()
      expect(run((m) => states(m, 0, 4, "b"))).toBe("Genuine")
      // A replica without a trace may be the one that lies.
      expect(run((m) => states(m, 3, 4, "b"))).toBeUndefined()
      expect(run((m) => answered(m, "fast", { seq: 4, result: "a" }))).toBeUndefined()
      expect(run((m) => answered(m, "fast", { seq: 4, result: "b" }))).toBe("Genuine")
    }
  })

  it("is of that read, not of what else was executed there", () => {
    const monitor = fresh()
    executes(monitor, 4, "a")
    const said = { client: 2, id: 1, replica: 0, digest: digestOf("done"), seq: 4, place: 1 }
    const message = { _tag: "SketchReply", ...said, result: undefined } as Authentic<SketchReply>
    const input = { _tag: "SketchReply", message, digest: "" } as const
    const step = stepDClient(config, asked.state, input)
    expect(rule(() => monitor.take({ ...base, before: asked.state, input, step }))).toBe("Genuine")
    const beyond = { ...message, place: 2 }
    const other = { ...base, before: asked.state, input: { ...input, message: beyond }, step }
    expect(rule(() => monitor.take(other))).toBe("Genuine")
  })

  it("is never older than what was told before the read began", () => {
    const monitor = fresh()
    begins(monitor)
    answered(monitor, "replicated", { seq: 4, result: "a" })
    begins(monitor)
    answered(monitor, "fast", { seq: 4, result: "a" })
    begins(monitor)
    expect(rule(() => answered(monitor, "fast", { seq: 3, result: "a" }))).toBe("Once")
  })

  it("counts what nothing was found for", () => {
    const monitor = fresh()
    begins(monitor)
    states(monitor, 0, 9, "a")
    answered(monitor, "fast", { seq: 9, result: "a" })
    expect([monitor.fast, monitor.uncompared]).toEqual([1, 2])
  })
})
