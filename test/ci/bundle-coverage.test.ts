import { spawnSync } from "node:child_process"
import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { build } from "rolldown"
import { describe, expect, it } from "vitest"
import { addHits, bundleHits, linesThatRan, segmentsOf } from "../../ci/bundle-coverage.ts"
import { coverageOf } from "../../ci/coverage.ts"
import { parse } from "../../ci/syntax.ts"
import { checkout } from "./checkout.ts"

const main = `import { sign, never } from "./b.ts"
console.log(sign(1))
export const later = () => never()
`
const text = `export const sign = (x: number): string => {
  if (x < 0) {
    return "minus"
  }
  return "plus"
}
export const never = (): number => {
  const one = 1
  return one
}
export const leftOut = () => 2
`

/** A bundle of both, and what V8 wrote when it ran. */
const ranBundle = async (): Promise<string> => {
  const root = checkout({ "src/main.ts": main, "src/b.ts": text, "package.json": "{}" })
  await build({
    input: { main: join(root, "src/main.ts") },
    output: { dir: join(root, "dist"), format: "esm", sourcemap: "hidden" },
  })
  writeFileSync(join(root, "dist", "package.json"), '{"type":"module"}')
  mkdirSync(join(root, "written"))
  const env = { ...process.env, NODE_V8_COVERAGE: join(root, "written") }
  const ran = spawnSync(process.execPath, ["dist/main.js"], { cwd: root, env, encoding: "utf8" })
  expect([ran.stdout, ran.status]).toEqual(["plus\n", 0])
  return root
}

describe("lines that ran in the bundle", () => {
  it("are those of the sources: what did not run there, or was left out, is missed", async () => {
    const root = await ranBundle()
    const hits = bundleHits(join(root, "written"), join(root, "dist"))
    const sources = [parse("src/b.ts", text), parse("src/main.ts", main)]
    expect(coverageOf(sources, hits)).toEqual([
      { path: "src/b.ts", lines: 8, missed: [3, 8, 9, 11] },
      { path: "src/main.ts", lines: 2, missed: [] },
    ])
  })

  it("are none where nothing ran, or something else did", async () => {
    const root = await ranBundle()
    expect(bundleHits(join(root, "nothing"), join(root, "dist")).size).toBe(0)
    expect(bundleHits(join(root, "written"), join(root, "src")).size).toBe(0)
  })
})

describe("a source map", () => {
  it("is read by its differences, with signs and long numbers", () => {
    // Columns +0 and +16; sources +0, +1; lines +4, -2.
    expect(segmentsOf("AAIA,gBCFA;;C")).toEqual([
      { line: 0, column: 0, source: 0, sourceLine: 5 },
      { line: 0, column: 16, source: 1, sourceLine: 3 },
    ])
  })

  it("tells of a line only where it has a place in what ran", () => {
    const map = { sources: ["a.ts", "b.ts"], mappings: "AAIA,EACFA" }
    const ran = Uint8Array.from([1, 1, 0, 0])
    expect(linesThatRan("a; b", map, ran)).toEqual(new Map([["a.ts", new Set([5])]]))
  })

  it("and another add up", () => {
    const one = new Map([["a.ts", new Map([[1, 2]])]])
    const other = new Map([
      ["a.ts", new Map([[1, 1]])],
      ["b.ts", new Map([[3, 0]])],
    ])
    const sum = new Map([
      ["a.ts", new Map([[1, 3]])],
      ["b.ts", new Map([[3, 0]])],
    ])
    expect(addHits(one, other)).toEqual(sum)
    expect(one.get("a.ts")?.get(1)).toBe(2)
  })
})
