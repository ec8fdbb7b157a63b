import { spawnSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { byFolder, codeLines, coverageOf, lost, ranges, readLcov, shut } from "../../ci/coverage.ts"
import { readText, repositoryRoot } from "../../ci/repository.ts"
import { parse } from "../../ci/syntax.ts"
import { isIsolated, sharing } from "../../ci/test-folders.ts"
import { both, counted, slowest, type TestReport, unsuccessful } from "../../ci/test-results.ts"
import { checkout } from "./checkout.ts"

const text = `/** Says how. */
import type { A } from "./a.ts"
export interface B {
  readonly a: A
}
export const sign = (x: number): string => {
  // negative first
  if (x < 0) {
    return "minus"
  }
  return "plus" as string
}
export type C = "c" | "d"
sign(1)
`
const onlyTypes = `export type A = { readonly a: 1 }\n`

describe("lines that hold code", () => {
  it("are neither comments, nor types, nor closing brackets", () => {
    expect(codeLines(parse("src/b.ts", text))).toEqual([6, 8, 9, 11, 14])
    expect(codeLines(parse("src/a.ts", onlyTypes))).toEqual([])
  })

  it("are those that c8 saw run or not, in this very set-up", () => {
    const root = checkout({ "src/b.ts": text, "package.json": `{"type":"module"}` })
    const c8 = join(repositoryRoot, "node_modules/c8/bin/c8.js")
    const args = [c8, "--all", "--src=src", "--include=src/**/*.ts", "--reporter=lcovonly"]
    // c8 empties the folder that this variable names: the one of the run that this test is in.
    const env = { ...process.env, NODE_V8_COVERAGE: undefined }
    const ran = spawnSync(process.execPath, [...args, process.execPath, "src/b.ts"], {
      cwd: root,
      env,
      encoding: "utf8",
    })
    expect(ran.status).toBe(0)
    const hits = readLcov(readFileSync(join(root, "coverage/lcov.info"), "utf8"))
    const files = coverageOf([parse("src/b.ts", text)], hits)
    expect(files).toEqual([{ path: "src/b.ts", lines: 5, missed: [9] }])
  })

  it("count as missed where a file was never loaded", () => {
    const files = coverageOf([parse("src/b.ts", text), parse("src/a.ts", onlyTypes)], new Map())
    expect(files).toEqual([{ path: "src/b.ts", lines: 5, missed: [6, 8, 9, 11, 14] }])
    expect(byFolder(files)).toEqual([{ folder: "src", lines: 5, covered: 0 }])
    expect(ranges([6, 8, 9, 11])).toBe("6, 8-9, 11")
  })
})

describe("the gate", () => {
  const file = (path: string, lines: number, missed: number) => ({
    path,
    lines,
    missed: Array.from({ length: missed }, (_, k) => k + 1),
  })
  const gate = { folder: "src/core", percent: 95 }

  it("is open at its percentage and shut below it", () => {
    expect(shut(gate, [file("src/core/pbft/a.ts", 100, 5)])).toEqual([])
    expect(shut(gate, [file("src/core/pbft/a.ts", 100, 6)])).toEqual([
      "src/core/pbft: 94.0 % of its lines ran, 95 % must",
    ])
    expect(shut(gate, [file("src/core/a.ts", 50, 50), file("src/core/b.ts", 50, 0)])).toEqual([
      "src/core: 50.0 % of its lines ran, 95 % must",
    ])
  })

  it("judges each folder by itself, and names all that shut it", () => {
    const files = [
      file("src/core/a.ts", 1000, 0),
      file("src/core/pbft/b.ts", 1000, 10),
      file("src/core/service/c.ts", 100, 12),
      file("src/core/service/tree/d.ts", 10, 10),
    ]
    expect(shut(gate, files)).toEqual([
      "src/core/service: 88.0 % of its lines ran, 95 % must",
      "src/core/service/tree: 0.0 % of its lines ran, 95 % must",
    ])
  })

  it("is not opened by other folders, nor by nothing at all", () => {
    const other = [file("src/core/a.ts", 1, 1), file("src/net/b.ts", 999, 0)]
    expect(shut(gate, other)).toEqual(["src/core: 0.0 % of its lines ran, 95 % must"])
    const nothing = ["src/core: no line of code was counted"]
    expect(shut(gate, [file("src/core-extra/b.ts", 9, 0)])).toEqual(nothing)
    expect(shut(gate, [])).toEqual(nothing)
  })
})

describe("what c8 collected", () => {
  it("is not all there when fewer threads wrote than ran", () => {
    expect(lost(34, 33)).toBeUndefined()
    expect(lost(21, 33)).toBe(
      "33 threads ran tests and 21 wrote what they covered: some of it is lost",
    )
    expect(lost(0, 1)).toMatch(/^1 threads ran tests and 0 wrote/)
  })
})

describe("a test file", () => {
  it("has a thread of its own where it starts processes or TLC", () => {
    expect(isIsolated(join(repositoryRoot, "test/net/peers.test.ts"))).toBe(true)
    expect(isIsolated(join(repositoryRoot, "test/net/store-crash.test.ts"))).toBe(true)
    expect(isIsolated(join(repositoryRoot, "test/net/store.test.ts"))).toBe(false)
    expect(isIsolated(join(repositoryRoot, "test/spec/core.test.ts"))).toBe(true)
    expect(isIsolated(join(repositoryRoot, "test/core/quorum.test.ts"))).toBe(false)
  })

  it("shares a thread only where it starts nothing and turns no clock", () => {
    const files = Object.entries(sharing).flatMap(([folder, names]) =>
      names.map((name) => `test/${folder}/${name}.test.ts`),
    )
    expect(files.length).toBeGreaterThan(30)
    const keeps =
      /command\.ts"|processes\.ts"|run-spec\.ts"|startCluster|useFakeTimers|process\.env/
    for (const file of files) expect(readText(repositoryRoot, file), file).not.toMatch(keeps)
  })
})

describe("a test report", () => {
  const report = (passed: number, failed: number, files: ReadonlyArray<string>): TestReport => ({
    numTotalTests: passed + failed,
    numPassedTests: passed,
    numFailedTests: failed,
    numPendingTests: 0,
    numTodoTests: 0,
    numFailedTestSuites: 0,
    success: failed === 0,
    testResults: files.map((status, k) => ({
      name: `${k}.test.ts`,
      status,
      startTime: 0,
      endTime: 1000 * k,
    })),
  })

  it("is counted from what vitest says", () => {
    expect(counted(report(12, 1, ["passed", "failed"]))).toBe("12 passed, 1 failed")
    expect(unsuccessful(report(12, 0, ["passed"]))).toBeUndefined()
    expect(unsuccessful(report(12, 1, ["failed"]))).toBe("12 passed, 1 failed")
    expect(slowest(report(1, 0, ["passed", "passed", "passed"]), 2)).toEqual([
      { name: "2.test.ts", seconds: 2 },
      { name: "1.test.ts", seconds: 1 },
    ])
  })

  it("of two runs is that of one, which failed where either did", () => {
    const whole = both(report(12, 0, ["passed"]), report(3, 1, ["passed", "failed"]))
    expect(counted(whole)).toBe("15 passed, 1 failed")
    expect(whole.testResults.length).toBe(3)
    expect(whole.success).toBe(false)
    expect(unsuccessful(both(report(12, 0, ["passed"]), report(0, 0, [])))).toBeUndefined()
  })

  it("without a test, or with a file that could not be loaded, is no success", () => {
    expect(unsuccessful(report(0, 0, []))).toBe("no test ran")
    expect(unsuccessful({ ...report(0, 0, []), success: false })).toBe("no test ran")
    expect(unsuccessful({ ...report(3, 0, ["passed"]), success: false })).toMatch(/yet vitest/)
    expect(unsuccessful(report(3, 0, ["passed", "failed"]))).toBe("3 passed, 1 failed")
  })
})
