// As the command reads traces: with compiled schemas.
import "effect/schema/SchemaJITCompiler/enable"
import { describe, expect, test } from "vitest"
import { checkTraces } from "../../src/trace-check/check.ts"
import { isFormRule } from "../../src/trace-check/finding.ts"
import { exitCodeOf, verdictText } from "../../src/trace-check/verdict.ts"
import { corruptions, type Files, moreCorruptions, withField } from "./support/corruption.ts"
import { corruptionTable } from "./support/corruption-table.ts"
import { changeCorruptions } from "./support/change-corruption.ts"
import { digests } from "./support/digests.ts"
import { goldenRun } from "./support/golden.ts"
import { sourceOf, sourcesOf } from "./support/sources.ts"

const golden = goldenRun()
const changing = goldenRun("golden-view-change")
const all = [...corruptions(golden), ...moreCorruptions(golden), ...changeCorruptions(changing)]
const check = (files: ReadonlyMap<string, string>, size?: number) =>
  checkTraces(
    [...files].map(([name, text]) => sourceOf(name, text, size)),
    { digests },
  )

describe("a corrupted trace is rejected with its place and the reason", () => {
  test.each(all)("$name", async (corruption) => {
    const { files, expected } = corruption
    const verdict = await check(files)
    expect(verdict).toMatchObject({ finding: expected })
    expect(exitCodeOf(verdict)).toBe(isFormRule(expected.rule) ? 2 : 4)
    expect(verdictText(verdict)).toContain(`${expected.file}:${expected.line}: `)
  })
})

test("the table for reports has them all", async () => {
  const rows = (await corruptionTable()).split("\n").slice(2)
  expect(rows).toHaveLength(all.length)
  for (const row of rows) expect(row).toMatch(/^\| [\w' -]+ \| [24] \| [\w-]+\.ndjson:\d+ \|/)
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

/** Every single field of the accepted lines, changed: as many copies as there are. */
function* singleFields(run: Files, accept: (line: string) => boolean) {
  for (const [file, lines] of run) {
    for (const [k, line] of lines.entries()) {
      if (k === 0 || !accept(line)) continue
      for (const { path, value } of leaves(JSON.parse(line))) {
        yield { file, k, path, line: withField(line, path, flipped(value)) }
      }
    }
  }
}

const aboutChanges = /"type":"(ViewChange|NewView|FetchBatch|Batch|Timeout|Decide|Enter)"/

// What may pass is another sender of a message that this sender has sent as well: replicas send
// equal votes, and receiving one more often than once is allowed.
test.each([
  ["view 0", golden, () => true, 1500],
  ["a view change", changing, (line: string) => aboutChanges.test(line), 700],
] as const)("any one field of any line, changed, is noticed or harmless: %s", async (...given) => {
  const [, run, accept, least] = given
  const missed: Array<string> = []
  let [tried, harmless] = [0, 0]
  for (const { file, k, path, line } of singleFields(run, accept)) {
    tried++
    const files = new Map([...run].map(([name, lines]) => [name, [...lines]]))
    files.get(file)?.splice(k, 1, line)
    const verdict = await checkTraces(sourcesOf(files), { digests })
    if (verdict._tag !== "Conforms") continue
    if (path.join(".") === "in.replica") harmless++
    else missed.push(`${file}:${k + 1} ${path.join(".")}: ${line}`)
  }
  expect(tried).toBeGreaterThan(least)
  expect(missed).toEqual([])
  expect(harmless).toBeLessThan(tried / 20)
})
