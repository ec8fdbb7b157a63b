import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as fc from "fast-check"
import { afterEach, describe, expect, test } from "vitest"
import { makeTraceWriter, openTrace, type TraceSink } from "../../src/net/trace-writer.ts"

/** A sink whose writes end when the test says so, or fail. */
class SlowSink implements TraceSink {
  text = ""
  readonly #waiting: Array<{ readonly done: () => void; readonly fail: (cause: Error) => void }> =
    []
  closed = false
  mostAtOnce = 0

  readonly write = (bytes: Uint8Array): Promise<void> =>
    new Promise((resolve, fail) => {
      const done = (): void => {
        this.text += Buffer.from(bytes).toString("utf8")
        resolve()
      }
      this.#waiting.push({ done, fail })
      this.mostAtOnce = Math.max(this.mostAtOnce, this.#waiting.length)
    })

  readonly close = async (): Promise<void> => {
    this.closed = true
  }

  get busy(): boolean {
    return this.#waiting.length > 0
  }

  /** Ends the write that is under way, and lets what waits for it go on. */
  async finish(): Promise<void> {
    this.#waiting.shift()?.done()
    await new Promise((resolve) => setImmediate(resolve))
  }

  async fail(): Promise<void> {
    this.#waiting.shift()?.fail(new Error("disk full"))
    await new Promise((resolve) => setImmediate(resolve))
  }
}

const pad = (text: string): string => text.padEnd(40, ".")
const line = (n: number): string => pad(`line ${n}`)
const drop = (n: number, dropped: number): string => pad(`drop ${dropped} to ${n}`)
const linesOf = (sink: SlowSink): ReadonlyArray<string> =>
  sink.text.split("\n").map((l) => l.replaceAll(".", ""))

/** Ends writes until there are none. */
const drain = async (sink: SlowSink, closing: Promise<void>): Promise<void> => {
  let ended = false
  const end = closing.then(() => void (ended = true))
  while (!ended) {
    if (sink.busy) await sink.finish()
    else await new Promise((resolve) => setImmediate(resolve))
  }
  await end
}

describe("lines", () => {
  test("are written in their order, then the end line", async () => {
    const sink = new SlowSink()
    const writer = makeTraceWriter(sink, "header", { delayMs: 0 })
    for (let k = 0; k < 5; k++) writer.record(line, drop)
    await drain(sink, writer.close())
    const lines = [1, 2, 3, 4, 5].map((n) => `line ${n}`)
    expect(linesOf(sink)).toEqual(["header", ...lines, '{"end":5,"dropped":0}', ""])
    expect(sink.closed).toBe(true)
    expect([writer.steps(), writer.dropped()]).toEqual([5, 0])
  })

  test("go out together, one write at a time", async () => {
    const sink = new SlowSink()
    const writer = makeTraceWriter(sink, "header", { delayMs: 0 })
    for (let k = 0; k < 10_000; k++) writer.record(line, drop)
    await drain(sink, writer.close())
    expect(sink.mostAtOnce).toBe(1)
    expect(linesOf(sink)).toHaveLength(10_003)
  })

  test("wait no longer than the delay, though few", async () => {
    const sink = new SlowSink()
    const writer = makeTraceWriter(sink, "header", { delayMs: 1 })
    writer.record(line, drop)
    while (!sink.busy) await new Promise((resolve) => setImmediate(resolve))
    await sink.finish()
    expect(linesOf(sink)).toEqual(["header", "line 1", ""])
    await drain(sink, writer.close())
  })

  test("are not made for steps after the end", async () => {
    const sink = new SlowSink()
    const writer = makeTraceWriter(sink, "header")
    await drain(sink, writer.close())
    writer.record(line, drop)
    await writer.close()
    expect(linesOf(sink)).toEqual(["header", '{"end":0,"dropped":0}', ""])
    expect(writer.dropped()).toBe(1)
  })
})

describe("a sink that is too slow", () => {
  const limit = 10 * 41

  test("loses steps, which a drop line counts once half of the buffer is free", async () => {
    const sink = new SlowSink()
    const writer = makeTraceWriter(sink, pad("header"), { delayMs: 0, limit })
    while (!sink.busy) await new Promise((resolve) => setImmediate(resolve))
    for (let k = 1; k <= 14; k++) writer.record(line, drop)
    expect([writer.steps(), writer.dropped()]).toEqual([14, 5])
    await sink.finish()
    // The nine lines are being written: less than half is free, so the next step is dropped too.
    writer.record(line, drop)
    expect(writer.dropped()).toBe(6)
    await sink.finish()
    writer.record(line, drop)
    writer.record(line, drop)
    await drain(sink, writer.close())
    const kept = [1, 2, 3, 4, 5, 6, 7, 8, 9].map((n) => `line ${n}`)
    const end = '{"end":17,"dropped":0}'
    expect(linesOf(sink)).toEqual(["header", ...kept, "drop 7 to 16", "line 17", end, ""])
    expect(writer.dropped()).toBe(7)
  })

  test("and what is still missing at the end stands in the end line", async () => {
    const sink = new SlowSink()
    const writer = makeTraceWriter(sink, pad("header"), { delayMs: 0, limit })
    for (let k = 1; k <= 14; k++) writer.record(line, drop)
    await drain(sink, writer.close())
    expect(linesOf(sink).at(-2)).toBe('{"end":14,"dropped":5}')
  })

  test("never makes a step wait, and every step is accounted for", async () => {
    const schedule = fc.array(fc.boolean(), { minLength: 1, maxLength: 60 })
    const property = fc.asyncProperty(schedule, async (recorded) => {
      const sink = new SlowSink()
      const writer = makeTraceWriter(sink, pad("header"), { delayMs: 0, limit: 200 })
      for (const isStep of recorded) {
        if (isStep) writer.record(line, drop)
        else await sink.finish()
      }
      await drain(sink, writer.close())
      let n = 0
      for (const text of linesOf(sink).slice(1, -2)) {
        const [, dropped, to] = /^drop (\d+) to (\d+)$/.exec(text) ?? []
        n += Number(dropped ?? 1)
        expect(dropped === undefined ? text : `to ${to}`).toBe(
          dropped === undefined ? `line ${n}` : `to ${n}`,
        )
      }
      const { end, dropped } = JSON.parse(linesOf(sink).at(-2) ?? "{}")
      expect(end).toBe(recorded.filter(Boolean).length)
      expect(n + dropped).toBe(end)
      expect(writer.steps()).toBe(end)
    })
    await fc.assert(property, { numRuns: 60 })
  })
})

test("a sink that fails is told of once, and the process goes on without a trace", async () => {
  const sink = new SlowSink()
  const errors: Array<unknown> = []
  const onError = (cause: unknown): void => void errors.push(cause)
  const writer = makeTraceWriter(sink, "header", { delayMs: 0, onError })
  writer.record(line, drop)
  while (!sink.busy) await new Promise((resolve) => setImmediate(resolve))
  await sink.fail()
  writer.record(line, drop)
  writer.record(line, drop)
  await writer.close()
  expect(errors).toEqual([new Error("disk full")])
  expect([writer.steps(), writer.dropped()]).toEqual([3, 2])
  expect(sink.text).toBe("")
})

describe("a file", () => {
  const folder = mkdtempSync(join(tmpdir(), "prophecy-trace-"))
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  test("is made anew and never appended to", async () => {
    const path = join(folder, "trace.ndjson")
    const writer = await openTrace(path, "header")
    writer.record(() => "\u00e9\u00ff", drop)
    await writer.close()
    expect(readFileSync(path, "utf8")).toBe('header\n\u00e9\u00ff\n{"end":1,"dropped":0}\n')
    await expect(openTrace(path, "header")).rejects.toThrow("EEXIST")
  })
})
