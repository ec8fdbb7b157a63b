import { execFileSync } from "node:child_process"
import { rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { checkImports, foldersOf } from "../../ci/check-imports.ts"
import { repositoryRoot } from "../../ci/repository.ts"
import { checkout } from "./checkout.ts"

const exported = "export const x = 1\n"
const importing = (from: string): string => `import { x } from "${from}"\nexport const y = x\n`

// A module for each folder of the table.
const clean = {
  "src/core/ids.ts": exported,
  "src/core/request.ts": `import { Schema } from "effect"\n${importing("./ids.ts")}export { Schema }\n`,
  "src/core/pbft/state.ts": importing("../ids.ts"),
  "src/core/pbft/message.ts": `import { Schema } from "effect"\nexport const m = Schema\n`,
  "src/core/zyzzyva/state.ts": importing("../ids.ts"),
  "src/core/prophecy/sketcher.ts": importing("../pbft/state.ts"),
  "src/core/service/null.ts": importing("../ids.ts"),
  "src/consistency/search.ts": importing("../core/ids.ts"),
  "src/sim/world.ts": importing("../core/ids.ts"),
  "src/model-check/explore.ts": importing("../sim/world.ts"),
  "src/trace-check/replay.ts": importing("../core/ids.ts"),
  "src/tla-tools/tlc.ts": `import { readFile } from "node:fs/promises"\nexport { readFile }\n`,
  "src/web/front.ts": importing("../core/ids.ts"),
  "src/net/codec.ts": importing("../core/ids.ts"),
  "src/cli/main.ts": importing("../net/codec.ts"),
}

const checkAll = (files: Readonly<Record<string, string>>) =>
  checkImports(checkout(files, [".oxlintrc.json"]), [])
const check = (planted: Readonly<Record<string, string>>) => checkAll({ ...clean, ...planted })

// the folder of a module that breaks a rule, what it imports, and what the report must say of it
const forbidden: ReadonlyArray<readonly [folder: string, from: string, what: RegExp]> = [
  ["src/core", "effect", /src\/core imports only/],
  ["src/core", "node:fs", /src\/core imports only/],
  ["src/core", "./pbft/state.ts", /src\/core imports only/],
  ["src/core", "../net/codec.ts", /src\/core imports only/],
  ["src/core/pbft", "../zyzzyva/state.ts", /its own folder/],
  ["src/core/pbft", "effect", /its own folder/],
  ["src/core/pbft", "../../sim/world.ts", /its own folder/],
  ["src/core/zyzzyva", "../pbft/state.ts", /its own folder/],
  ["src/core/service", "../pbft/state.ts", /its own folder/],
  ["src/core/prophecy", "../../web/front.ts", /src\/core\/prophecy imports/],
  ["src/sim", "effect", /src\/sim imports only/],
  ["src/sim", "../net/codec.ts", /src\/sim imports only/],
  ["src/model-check", "../sim/network.ts", /src\/model-check imports only/],
  ["src/model-check", "node:fs", /src\/model-check imports only/],
  ["src/trace-check", "../sim/world.ts", /src\/trace-check imports only/],
  ["src/tla-tools", "../core/ids.ts", /src\/tla-tools imports only/],
  ["src/tla-tools", "@effect/platform-node", /src\/tla-tools imports only/],
  ["src/web", "../net/codec.ts", /src\/web imports only/],
  ["src/web", "@effect/platform-node", /src\/web imports only/],
  ["src/web", "undici", /src\/web imports only/],
  ["src/net", "../cli/main.ts", /src\/net imports only/],
  ["src/net", "../tla-tools/tlc.ts", /src\/net imports only/],
  ["src/net", "fast-check", /src\/net imports only/],
  ["src/cli", "vitest", /src\/cli imports/],
  ["src/cli", "../../test/support.ts", /src\/cli imports/],
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

  it("reject every import that the table does not allow, each in its place", () => {
    const planted = forbidden.map(
      ([folder, from], k) => [`${folder}/planted-${k}.ts`, importing(from)] as const,
    )
    const { problems } = check(Object.fromEntries(planted))
    planted.forEach(([path], k) => {
      const own = problems.filter((problem) => problem.startsWith(`${path}:1: `))
      expect(own).toHaveLength(1)
      expect(own[0]).toMatch(forbidden[k]?.[2] as RegExp)
    })
    expect(problems).toHaveLength(forbidden.length)
  })

  it("reject in a message file everything of effect but Schema", () => {
    for (const names of ["{ Effect }", "{ Effect, Schema }", "* as Everything"]) {
      const { problems } = check({ "src/core/pbft/message.ts": `import ${names} from "effect"\n` })
      expect(problems.join("\n")).toMatch(/Schema/)
    }
  })

  it("reject the ways around them", () => {
    const ways = [
      `import type { x } from "../../net/codec.ts"\nexport type Y = typeof x\n`,
      `export { x } from "../../net/codec.ts"\n`,
      `export * from "../../net/codec.ts"\n`,
      `export const y = await import("../../net/codec.ts")\n`,
      `export type Y = import("../../net/codec.ts").X\n`,
      `export const load = (name: string) => import(name)\n`,
      `export { x } from "../pbft/../ids.ts"\n`,
      `export { x } from "../../core/ids.ts"\n`,
    ]
    const planted = ways.map((text, k) => [`src/core/pbft/way-${k}.ts`, text] as const)
    const { problems } = check(Object.fromEntries(planted))
    const caught = planted.filter(([path]) => problems.some((p) => p.startsWith(`${path}:1: `)))
    expect(caught).toEqual(planted)
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
    const short = checkImports(checkout({ ...clean, ".oxlintrc.json": ignoring("src/net") }, []))
    expect(short.problems.join("\n")).toMatch(/oxlint read 14 of 15 modules/)
    expect(short.problems).toContain(".oxlintrc.json has no import rule")
    const broken = checkImports(checkout({ ...clean, ".oxlintrc.json": `{"rules":{"no":1}}` }))
    expect(broken.problems.join("\n")).toMatch(/oxlint did not report/)
  })

  it("fail when a folder that a rule speaks of has no module", () => {
    for (const folder of ["src/core/service", "src/model-check", "src/cli"]) {
      const left = Object.entries(clean).filter(([path]) => !path.startsWith(`${folder}/`))
      const { problems } = checkAll(Object.fromEntries(left))
      expect(problems).toEqual([`${folder}: an import rule speaks of it, and no module is there`])
    }
    const coreless = Object.entries(clean).filter(([path]) => !path.startsWith("src/core/"))
    const { problems } = checkAll(Object.fromEntries(coreless))
    const folders = ["", "/pbft", "/zyzzyva", "/service", "/prophecy"].map((f) => `src/core${f}`)
    for (const folder of folders) {
      expect(problems).toContain(`${folder}: an import rule speaks of it, and no module is there`)
    }
  })

  it("let a planned folder be empty, and only until it is begun", () => {
    const none = Object.entries(clean).filter(([path]) => !path.startsWith("src/core/zyzzyva/"))
    const planned = ["src/core/zyzzyva"]
    const inOf = (files: Readonly<Record<string, string>>) =>
      checkImports(checkout(files, [".oxlintrc.json"]), planned).problems
    expect(inOf(Object.fromEntries(none))).toEqual([])
    expect(inOf(clean)).toEqual([
      "src/core/zyzzyva: it has modules now: take it off the planned folders",
    ])
  })

  it("read the folders of a pattern, braces and stars", () => {
    expect(foldersOf("src/core/{pbft,zyzzyva}/*.ts")).toEqual(["src/core/pbft", "src/core/zyzzyva"])
    expect(foldersOf("src/net/**")).toEqual(["src/net"])
    expect(foldersOf("src/core/request.ts")).toEqual(["src/core"])
  })

  it("fail when a module that git tracks is gone", () => {
    const root = checkout(clean, [".oxlintrc.json"])
    execFileSync("git", ["add", "--all"], { cwd: root })
    expect(checkImports(root, []).problems).toEqual([])
    writeFileSync(join(root, "src/sim/network.ts"), exported)
    rmSync(join(root, "src/sim/world.ts"))
    expect(checkImports(root, []).problems).toContain(
      "src/sim/world.ts: git tracks it and it is not there: remove it in git as well",
    )
    execFileSync("git", ["rm", "--quiet", "--cached", "src/sim/world.ts"], { cwd: root })
    expect(checkImports(root, []).problems).toEqual([])
  })

  it("are checked without git as well, in a copy of the sources", () => {
    const root = checkout(clean, [".oxlintrc.json"])
    rmSync(join(root, ".git"), { recursive: true })
    expect(checkImports(root, [])).toEqual({ modules: Object.keys(clean).length, problems: [] })
    writeFileSync(join(root, "src/net/codec.ts"), importing("../tla-tools/tlc.ts"))
    expect(checkImports(root, []).problems).toHaveLength(1)
  })
})

const ignoring = (folder: string): string =>
  JSON.stringify({ ignorePatterns: [folder], rules: {}, overrides: [] })
