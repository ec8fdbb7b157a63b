import { spawnSync } from "node:child_process"
import { rmSync, symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { listFiles, repositoryRoot } from "../../ci/repository.ts"
import { checkout } from "./checkout.ts"

/** A copy of src/core as it is compiled, with these files more. */
const copyOfCore = (planted: Readonly<Record<string, string>>): string => {
  const root = checkout(planted, ["src/core", "tsconfig.base.json", "package.json"])
  symlinkSync(join(repositoryRoot, "node_modules"), join(root, "node_modules"), "dir")
  return root
}

/**
 * What is wrong with src/core in `root` as the compiler sees it. The compiler itself is content
 * with a folder that holds nothing, so what it read is counted.
 */
const compile = (root: string): ReadonlyArray<string> => {
  const tsc = join(repositoryRoot, "node_modules", "typescript", "bin", "tsc")
  const args = [tsc, "-p", "src/core", "--listFiles", "--pretty", "false"]
  const { stdout } = spawnSync(process.execPath, args, { cwd: root, encoding: "utf8" })
  const lines = stdout.split("\n")
  const errors = lines.filter((line) => /error TS\d+/.test(line))
  const read = lines.filter((line) => line.includes("/src/core/") && !errors.includes(line)).length
  const modules = listFiles(root, ["src/core"], true).filter((f) => f.endsWith(".ts")).length
  if (modules === 0) return ["src/core holds no module"]
  return read === modules ? errors : [...errors, `${read} of ${modules} modules compiled`]
}

// what a module of the core may not use, and what the compiler must say of it
const impure: ReadonlyArray<readonly [name: string, use: string, says: RegExp]> = [
  ["console", `console.log("x")`, /Cannot find name 'console'/],
  ["setTimeout", "setTimeout(() => 0, 1)", /Cannot find name 'setTimeout'/],
  ["setInterval", "setInterval(() => 0, 1)", /Cannot find name 'setInterval'/],
  ["queueMicrotask", "queueMicrotask(() => {})", /Cannot find name 'queueMicrotask'/],
  ["process", "process.exit(0)", /Cannot find name 'process'/],
  ["crypto", "crypto.randomUUID()", /Cannot find name 'crypto'/],
  ["performance", "performance.now()", /Cannot find name 'performance'/],
  ["fetch", `fetch("http://localhost")`, /Cannot find name 'fetch'/],
  ["encoder", "new TextEncoder()", /Cannot find name 'TextEncoder'/],
  ["buffer", `Buffer.from("x")`, /Cannot find name 'Buffer'/],
  ["fs", `import { readFileSync } from "node:fs"\nreadFileSync("x")`, /'node:fs'/],
  ["hash", `import { hash } from "node:crypto"\nhash("md5", "x")`, /'node:crypto'/],
  ["shell", `import { x } from "../net/shell.ts"\nexport const y = x`, /TS6307|TS6059/],
]

describe("src/core", () => {
  it("compiles without any name that does input or output", () => {
    expect(compile(copyOfCore({}))).toEqual([])
  })

  it("does not compile with any use of them", () => {
    const planted = impure.map(([name, use]) => [
      `src/core/planted-${name}.ts`,
      `${use}\nexport {}\n`,
    ])
    const root = copyOfCore({
      ...Object.fromEntries(planted),
      "src/net/shell.ts": "export const x = 1\n",
    })
    const errors = compile(root)
    for (const [name, , says] of impure) {
      expect(errors.filter((line) => line.includes(`planted-${name}.ts`)).join()).toMatch(says)
    }
    expect(errors.filter((line) => !/planted-|net\/shell/.test(line))).toEqual([])
  })

  it("is not taken for pure when nothing, or not everything, was compiled", () => {
    const root = copyOfCore({})
    const config = { extends: "../../tsconfig.base.json", include: ["ids.ts"], references: [] }
    writeFileSync(join(root, "src/core/tsconfig.json"), JSON.stringify(config))
    expect(compile(root)).toEqual([expect.stringMatching(/^1 of \d+ modules compiled$/)])
    for (const file of listFiles(root, ["src/core"], true)) {
      if (file.endsWith(".ts")) rmSync(join(root, file))
    }
    expect(compile(root)).toEqual(["src/core holds no module"])
  })
})
