import { describe, expect, it } from "vitest"
import { checkImports } from "../../ci/check-imports.ts"
import { repositoryRoot } from "../../ci/repository.ts"
import { checkout } from "./checkout.ts"

const exported = "export const x = 1\n"
const importing = (from: string): string => `import { x } from "${from}"\nexport const y = x\n`

const clean = {
  "src/core/ids.ts": exported,
  "src/core/request.ts": `import { Schema } from "effect"\n${importing("./ids.ts")}export { Schema }\n`,
  "src/core/pbft/state.ts": importing("../ids.ts"),
  "src/core/pbft/message.ts": `import { Schema } from "effect"\nexport const m = Schema\n`,
  "src/core/zyzzyva/state.ts": importing("../ids.ts"),
  "src/core/prophecy/sketcher.ts": importing("../pbft/state.ts"),
  "src/sim/world.ts": importing("../core/ids.ts"),
  "src/model-check/explore.ts": importing("../sim/world.ts"),
  "src/trace-check/replay.ts": importing("../core/ids.ts"),
  "src/tla-tools/tlc.ts": `import { readFile } from "node:fs/promises"\nexport { readFile }\n`,
  "src/net/codec.ts": importing("../core/ids.ts"),
  "src/cli/main.ts": importing("../net/codec.ts"),
}

const check = (planted: Readonly<Record<string, string>>) =>
  checkImports(checkout({ ...clean, ...planted }, [".oxlintrc.json"]))

// path of the module that breaks a rule, what it imports, and what the report must say of it
const forbidden: ReadonlyArray<readonly [path: string, from: string, what: RegExp]> = [
  ["src/core/votes.ts", "effect", /src\/core imports only/],
  ["src/core/votes.ts", "node:fs", /src\/core imports only/],
  ["src/core/votes.ts", "./pbft/state.ts", /src\/core imports only/],
  ["src/core/votes.ts", "../net/codec.ts", /src\/core imports only/],
  ["src/core/pbft/state.ts", "../zyzzyva/state.ts", /its own folder/],
  ["src/core/pbft/state.ts", "effect", /its own folder/],
  ["src/core/pbft/state.ts", "../../sim/world.ts", /its own folder/],
  ["src/core/zyzzyva/state.ts", "../pbft/state.ts", /its own folder/],
  ["src/core/service/register.ts", "../pbft/state.ts", /its own folder/],
  ["src/core/prophecy/sketcher.ts", "../zyzzyva/state.ts", /src\/core\/prophecy imports/],
  ["src/sim/world.ts", "effect", /src\/sim imports only/],
  ["src/sim/world.ts", "../net/codec.ts", /src\/sim imports only/],
  ["src/model-check/explore.ts", "../sim/network.ts", /src\/model-check imports only/],
  ["src/model-check/explore.ts", "node:fs", /src\/model-check imports only/],
  ["src/trace-check/replay.ts", "../sim/world.ts", /src\/trace-check imports only/],
  ["src/tla-tools/tlc.ts", "../core/ids.ts", /src\/tla-tools imports only/],
  ["src/tla-tools/tlc.ts", "@effect/platform-node", /src\/tla-tools imports only/],
  ["src/net/codec.ts", "../cli/main.ts", /src\/net imports only/],
  ["src/net/codec.ts", "../tla-tools/tlc.ts", /src\/net imports only/],
  ["src/net/codec.ts", "fast-check", /src\/net imports only/],
  ["src/cli/start.ts", "vitest", /src\/cli imports/],
  ["src/cli/start.ts", "../../test/support.ts", /src\/cli imports/],
]

describe("the import rules", () => {
  it("hold in this repository, for every module", () => {
    const { modules, problems } = checkImports(repositoryRoot)
    expect(problems).toEqual([])
    expect(modules).toBeGreaterThan(Object.keys(clean).length)
  })

  it("accept a small clean tree", () => {
    expect(check({})).toEqual({ modules: Object.keys(clean).length, problems: [] })
  })

  it.each(forbidden)("reject %s importing %s", (path, from, what) => {
    const { problems } = check({ [path]: importing(from) })
    const unallowed = problems.filter((problem) => !problem.includes("cycle"))
    expect(unallowed).toHaveLength(1)
    expect(unallowed[0]).toMatch(new RegExp(`^${path}:1: .*${what.source}`))
  })

  it("reject in a message file everything of effect but Schema", () => {
    for (const names of ["{ Effect }", "{ Effect, Schema }", "* as Everything"]) {
      const { problems } = check({ "src/core/pbft/message.ts": `import ${names} from "effect"\n` })
      expect(problems.join("\n")).toMatch(/Schema/)
    }
  })

  it.each([
    ["a type", `import type { x } from "../../net/codec.ts"\nexport type Y = typeof x\n`],
    ["an export", `export { x } from "../../net/codec.ts"\n`],
    ["an export of everything", `export * from "../../net/codec.ts"\n`],
    ["a late import", `export const y = await import("../../net/codec.ts")\n`],
    ["a type in place", `export type Y = import("../../net/codec.ts").X\n`],
    ["a computed name", `export const load = (name: string) => import(name)\n`],
    ["a detour", `export { x } from "../pbft/../ids.ts"\n`],
    ["a longer way", `export { x } from "../../core/ids.ts"\n`],
  ])("reject the way around by %s", (_, text) => {
    expect(check({ "src/core/pbft/state.ts": text }).problems).not.toEqual([])
  })

  it("reject a detour that the table alone would let pass", () => {
    const { problems } = check({ "src/net/codec.ts": importing("../core/../cli/run.ts") })
    expect(problems).toEqual([
      "src/net/codec.ts:1: write '../cli/run.ts' for '../core/../cli/run.ts'",
    ])
  })

  it("reject cycles, barrels, and folders that no rule knows", () => {
    const cycle = check({
      "src/net/a.ts": `export { b } from "./b.ts"\nexport const a = 1\n`,
      "src/net/b.ts": `export { a } from "./a.ts"\nexport const b = 1\n`,
    })
    expect(cycle.problems.join("\n")).toMatch(/Dependency cycle/)
    expect(check({ "src/net/index.ts": exported }).problems).toEqual([
      "src/net/index.ts: a barrel; import what is meant",
    ])
    expect(check({ "src/elsewhere/a.ts": exported }).problems).toEqual([
      "src/elsewhere/a.ts: no import rule",
    ])
  })

  it("fail when nothing, or not everything, was checked", () => {
    const empty = checkImports(checkout({}, [".oxlintrc.json"]))
    expect(empty).toEqual({ modules: 0, problems: ["src holds no module: nothing checked"] })
    const hidden = checkout(clean, [".oxlintrc.json"])
    const short = checkImports(checkout({ ...clean, ".oxlintrc.json": ignoring("src/net") }, []))
    expect(short.problems.join("\n")).toMatch(/oxlint read 11 of 12 modules/)
    expect(checkImports(hidden).problems).toEqual([])
    const broken = checkImports(checkout({ ...clean, ".oxlintrc.json": `{"rules":{"no":1}}` }))
    expect(broken.problems.join("\n")).toMatch(/oxlint did not report/)
  })
})

const ignoring = (folder: string): string =>
  JSON.stringify({ ignorePatterns: [folder], rules: {}, overrides: [] })
