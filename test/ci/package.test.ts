import { execFileSync } from "node:child_process"
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect, it, onTestFinished } from "vitest"
import { readText, repositoryRoot } from "../../ci/repository.ts"
import { checkout } from "./checkout.ts"

/** What npm installs beside the package: folders of node_modules. */
const dependencies = Object.keys(
  (JSON.parse(readText(repositoryRoot, "package.json")) as { dependencies: object }).dependencies,
).map((name) => name.split("/")[0] ?? name)
const parts = ["bin", "ci", "spec", "src", "package.json", "tsconfig.base.json"]

const inFolder = (cwd: string, command: string, ...args: ReadonlyArray<string>): string => {
  const PATH = `${join(repositoryRoot, "node_modules", ".bin")}:${process.env["PATH"] ?? ""}`
  const env = { ...process.env, PATH, NODE_V8_COVERAGE: "" }
  return execFileSync(command, args, { cwd, env, encoding: "utf8", stdio: "pipe" })
}

/** A folder in which the package is installed as npm would unpack it. */
const installed = (): string => {
  const source = checkout({}, [...parts, "tsconfig.build.json"])
  symlinkSync(join(repositoryRoot, "node_modules"), join(source, "node_modules"), "dir")
  const folder = mkdtempSync(join(tmpdir(), "prophecy-package-"))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  inFolder(source, "npm", "pack", "--pack-destination", folder)
  const [archive = ""] = readdirSync(folder)
  const modules = join(folder, "node_modules")
  mkdirSync(modules)
  inFolder(folder, "tar", "xzf", archive)
  inFolder(folder, "mv", "package", join(modules, "prophecy-bft"))
  for (const name of new Set(["@types", ...dependencies])) {
    symlinkSync(join(repositoryRoot, "node_modules", name), join(modules, name), "dir")
  }
  writeFileSync(join(folder, "package.json"), `{"type":"module"}`)
  return folder
}

const program = `
import { verdictOf } from "prophecy-bft/tla-tools/verdict"
import { client } from "prophecy-bft/core/pbft/client"
import { lift } from "prophecy-bft/net/lift"
const kinds: ReadonlyArray<string> = [typeof verdictOf, typeof client.step, typeof lift]
console.log(kinds.join(" "))
`
const options = "--strict --noEmit --skipLibCheck --module NodeNext --target ES2024 --types node"

it("the packed package starts as a command, and its modules have code and types", () => {
  const folder = installed()
  const command = join("node_modules", "prophecy-bft", "bin", "prophecy.js")
  expect(inFolder(folder, "node", command, "--version")).toMatch(/^\d+\.\d+\.\d+\n$/)
  const list = inFolder(folder, "node", command, "check", "pbft", "--list")
  expect(list).toMatch(/^Normal /)
  writeFileSync(join(folder, "program.ts"), program)
  expect(inFolder(folder, "node", "program.ts")).toBe("function function function\n")
  expect(inFolder(folder, "tsc", ...options.split(" "), "program.ts")).toBe("")
  const wrong = program.replace("ReadonlyArray<string>", "ReadonlyArray<typeof lift>")
  writeFileSync(join(folder, "wrong.ts"), wrong)
  expect(() => inFolder(folder, "tsc", ...options.split(" "), "wrong.ts")).toThrow(/Command failed/)
}, 120_000)
