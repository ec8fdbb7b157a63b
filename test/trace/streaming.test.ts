import { expect, test } from "vitest"
import { checkTraces } from "../../src/trace-check/check.ts"
import { Rejection } from "../../src/trace-check/finding.ts"
import { Lines } from "../../src/trace-check/lines.ts"
import { digests } from "./support/digests.ts"
import { recordRun } from "./support/recorded-run.ts"
import { sourceOf } from "./support/sources.ts"

const pieceSize = 4096

/** Sources that tell how much of each file was asked for. */
const meteredSources = (files: ReadonlyMap<string, ReadonlyArray<string>>) => {
  const read = new Map<string, number>()
  const sources = [...files].map(([name, lines]) => {
    const text = lines.map((line) => `${line}\n`).join("")
    const source = sourceOf(name, text, pieceSize)
    read.set(name, 0)
    const metered = async function* () {
      for await (const piece of source.text) {
        read.set(name, (read.get(name) ?? 0) + piece.length / text.length)
        yield piece
      }
    }
    return { name, text: metered() }
  })
  return { sources, read }
}

const long = { seed: 1, clients: 8, requests: 150, checkpointInterval: 16, logSize: 32 }

test("all files are read side by side, none of them far ahead of the others", async () => {
  const { sources, read } = meteredSources(recordRun(long))
  let widest = 0
  const before = (): void => {
    const shares = [...read.values()]
    widest = Math.max(widest, Math.max(...shares) - Math.min(...shares))
  }
  const observer = { before, gap: () => undefined }
  const verdict = await checkTraces(sources, { digests, observer })
  expect(verdict).toMatchObject({ _tag: "Conforms" })
  expect(Math.min(...read.values())).toBeGreaterThan(0.999)
  expect(widest).toBeLessThan(0.1)
})

test("nothing is read after the first thing that is wrong", async () => {
  const files = recordRun(long)
  const lines = files.get("replica-1.ndjson") ?? []
  lines[20] = "no JSON"
  const { sources, read } = meteredSources(files)
  expect(await checkTraces(sources, { digests })).toMatchObject({ finding: { rule: "NotJson" } })
  expect(Math.max(...read.values())).toBeLessThan(0.2)
})

test("the number of events is told on the way", async () => {
  const told: Array<number> = []
  const progress = (events: number): void => void told.push(events)
  const { sources } = meteredSources(recordRun(long))
  const verdict = await checkTraces(sources, { digests, progress })
  if (verdict._tag !== "Conforms") throw new Error(verdict._tag)
  expect(told.length).toBe(Math.floor(verdict.statistics.events / 4096))
  expect(told.length).toBeGreaterThan(2)
})

test("a line longer than any trace's is no reason to fill the memory", async () => {
  const lines = new Lines(sourceOf("file", `short\n${"x".repeat(1000)}`, 100), 500)
  const read = async (): Promise<never> => {
    for (;;) {
      while (lines.next() !== "more") {}
      await lines.fill()
    }
  }
  const cause: unknown = await read().catch((error: unknown) => error)
  expect(cause).toBeInstanceOf(Rejection)
  expect(cause).toMatchObject({ finding: { rule: "TooLong", file: "file", line: 2 } })
})

test("lines come out as they went in, wherever the text is cut", async () => {
  const texts = ["", "a", "\n", "a\nb", "a\n\nb\n", "\u00e9\n\ud83d\ude00\n"]
  for (const text of texts) {
    for (const size of [1, 2, 3, 100]) {
      const lines = new Lines(sourceOf("file", text, size))
      const found: Array<string> = []
      for (;;) {
        const next = lines.next()
        if (next === "end") break
        if (next === "more") await lines.fill()
        else found.push(next.cut ? next.text : `${next.text}\n`)
      }
      expect(found.join("")).toBe(text)
    }
  }
})
