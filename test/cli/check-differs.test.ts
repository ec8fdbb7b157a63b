/** `prophecy check --tlc` with a specification that is not the code's. */
import { cpSync, readFileSync, symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { expect, test } from "vitest"
import { root } from "../../src/cli/installation.ts"
import { mutatedText } from "../mutants/mutation.ts"
import { run, scratch } from "./command.ts"

/** A copy of the package in which the specification has a guard too few. */
const broken = (): string => {
  const copy = scratch()
  for (const path of ["src", "spec/tla", "package.json"]) {
    cpSync(join(root, path), join(copy, path), { recursive: true })
  }
  symlinkSync(join(root, "node_modules"), join(copy, "node_modules"), "dir")
  const file = join(copy, "spec/tla/Pbft.tla")
  const find = String.raw`/\ m.type = "PrePrepare" /\ i \in m.auth`
  const mutation = { name: "", file, find, replace: String.raw`/\ m.type = "PrePrepare"` }
  writeFileSync(file, mutatedText(readFileSync(file, "utf8"), mutation))
  return copy
}

test("graphs that differ: the first step that only one side has, and exit code 4", async () => {
  const cwd = broken()
  const program = join(cwd, "src/cli/main.ts")
  const args = ["check", "pbft", "--tlc", "--model", "BackupAlone"]
  const { code, stdout, stderr } = await run(args, { program, cwd })
  expect(stdout).toMatch(/^TLC {8}\d+ states, \d+ steps, \d+\.\d s: DIFFERENT$/m)
  expect(stdout).toContain("first difference: only TLC has this step, RecvPrePrepare\n")
  expect(stdout).toMatch(/^ {15}slot\[1\]\[\d\]\.phase: "empty" -> "\w+"$/m)
  expect(stderr).toContain("check: the graphs differ; looking where they part first\n")
  expect(code).toBe(4)
})
