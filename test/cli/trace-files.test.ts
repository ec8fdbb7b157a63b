import { mkdtempSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect, test } from "vitest"
import { sourceOf } from "../../src/cli/trace-files.ts"

const fileOf = (text: string): string => {
  const path = join(mkdtempSync(join(tmpdir(), "trace-files-")), "trace.ndjson")
  writeFileSync(path, text)
  return path
}

test("a file comes as it is, also where a piece ends within a character", async () => {
  for (const before of ["", "a", "ab"]) {
    const text = before + "\u00e9\u20ac".repeat(60_000)
    const meter = { events: 0, bytes: 0 }
    const pieces: Array<string> = []
    for await (const piece of sourceOf({ path: fileOf(text) }, meter).text) pieces.push(piece)
    expect(pieces.length).toBeGreaterThan(2)
    expect(pieces.join("") === text).toBe(true)
    expect(meter.bytes).toBe(Buffer.byteLength(text))
  }
})

test("signals and timers have their turn while a file is read", async () => {
  const { text } = sourceOf({ path: fileOf("x".repeat(4 * 1024 * 1024)) }, { events: 0, bytes: 0 })
  let read = 0
  let readThen: number | undefined
  setImmediate(() => (readThen = read))
  for await (const piece of text) read += piece.length
  expect(read).toBe(4 * 1024 * 1024)
  expect(readThen).toBeLessThan(read)
})

test("a file that is not there is told by the operating system's own error", async () => {
  const { text } = sourceOf({ path: "/nowhere/trace.ndjson" }, { events: 0, bytes: 0 })
  await expect(text[Symbol.asyncIterator]().next()).rejects.toMatchObject({
    code: "ENOENT",
    syscall: "open",
  })
})
