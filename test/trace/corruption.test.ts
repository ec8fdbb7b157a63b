import { describe, expect, test } from "vitest"
import { checkTraces } from "../../src/trace-check/check.ts"
import { isFormRule } from "../../src/trace-check/finding.ts"
import { exitCodeOf, verdictText } from "../../src/trace-check/verdict.ts"
import { corruptions, moreCorruptions, withField } from "./support/corruption.ts"
import { corruptionTable } from "./support/corruption-table.ts"
import { digests } from "./support/digests.ts"
import { goldenRun } from "./support/golden.ts"
import { sourceOf, sourcesOf } from "./support/sources.ts"

const golden = goldenRun()
const check = (files: ReadonlyMap<string, string>, size?: number) =>
  checkTraces(
    [...files].map(([name, text]) => sourceOf(name, text, size)),
    { digests },
  )

describe("a corrupted trace is rejected with its place and the reason", () => {
  test.each([...corruptions(golden), ...moreCorruptions(golden)])("$name", async (corruption) => {
    const { files, expected } = corruption
    const verdict = await check(files)
    expect(verdict).toMatchObject({ finding: expected })
    expect(exitCodeOf(verdict)).toBe(isFormRule(expected.rule) ? 2 : 4)
    expect(verdictText(verdict)).toContain(`${expected.file}:${expected.line}: `)
  })
})

test("the table for reports has them all", async () => {
  const rows = (await corruptionTable()).split("\n").slice(2)
  expect(rows).toHaveLength(corruptions(golden).length + moreCorruptions(golden).length)
  for (const row of rows) expect(row).toMatch(/^\| [\w' ]+ \| [24] \| [\w-]+\.ndjson:\d+ \|/)
})

test("wherever the pieces of the file are cut", async () => {
  for (const { files, expected } of corruptions(golden)) {
    expect(await check(files, 1)).toMatchObject({ finding: expected })
    expect(await check(files, 97)).toMatchObject({ finding: expected })
  }
})

interface Leaf {
  readonly path: ReadonlyArray<string | number>
  readonly value: unknown
}

const leaves = (value: unknown, path: ReadonlyArray<string | number> = []): Array<Leaf> => {
  if (typeof value !== "object" || value === null) return [{ path, value }]
  return Object.entries(value).flatMap(([key, inner]) =>
    leaves(inner, [...path, Array.isArray(value) ? Number(key) : key]),
  )
}

const flipped = (value: unknown): unknown => {
  if (typeof value === "number") return value + 1
  return typeof value === "boolean" ? !value : `${String(value)}x`
}

/** Every single field of every line after the header, changed: as many copies as there are. */
function* singleFields() {
  for (const [file, lines] of golden) {
    for (const [k, line] of lines.entries()) {
      if (k === 0) continue
      for (const { path, value } of leaves(JSON.parse(line))) {
        yield { file, k, path, line: withField(line, path, flipped(value)) }
      }
    }
  }
}

// What may pass is another sender of a message that this sender has sent as well: replicas send
// equal votes, and receiving one more often than once is allowed.
test("any one field of any line, changed, is noticed or harmless", async () => {
  const missed: Array<string> = []
  let [tried, harmless] = [0, 0]
  for (const { file, k, path, line } of singleFields()) {
    tried++
    const files = new Map([...golden].map(([name, lines]) => [name, [...lines]]))
    files.get(file)?.splice(k, 1, line)
    const verdict = await checkTraces(sourcesOf(files), { digests })
    if (verdict._tag !== "Conforms") continue
    if (path.join(".") === "in.replica") harmless++
    else missed.push(`${file}:${k + 1} ${path.join(".")}: ${line}`)
  }
  expect(tried).toBeGreaterThan(1500)
  expect(missed).toEqual([])
  expect(harmless).toBeLessThan(tried / 20)
})
