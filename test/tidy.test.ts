/** The rules of STYLE.md that a machine can check: each shown to fail, then held by every file. */
import { existsSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { listFiles, readText, repositoryRoot } from "../ci/repository.ts"
import { parse, type Source } from "../ci/syntax.ts"
import { banned, rebound } from "../ci/tidy/determinism.ts"
import { actionNames, undocumented, unhandled } from "../ci/tidy/handlers.ts"
import { notes, unused } from "../ci/tidy/leftover.ts"
import { longFile, longFunctions, longLines } from "../ci/tidy/length.ts"
import { collectionProperties, unordered } from "../ci/tidy/map-order.ts"
import { deadLinks, titles } from "../ci/tidy/markdown.ts"

const source = (text: string, path = "src/core/planted.ts"): Source => parse(path, text)
const lines = (count: number, line = "  f()\n"): string => line.repeat(count)

describe("each rule finds what breaks it, and nothing else", () => {
  it("functions of at most 70 lines", () => {
    expect(longFunctions(source(`const f = () => {\n${lines(68)}}\n`))).toEqual([])
    expect(longFunctions(source(`\nconst f = () => {\n${lines(69)}}\n`))).toEqual([
      "src/core/planted.ts:2: a function of 71 lines, 70 at most",
    ])
    expect(longFunctions(source(`function f() {\n${lines(69)}}\n`))).toHaveLength(1)
    expect(longFunctions(source(`describe("f", () => {\n${lines(99)}})\n`))).toEqual([])
    expect(longFunctions(source(`describe.each([])("f", () => {\n${lines(99)}})\n`))).toEqual([])
    expect(longFunctions(source(`it("f", () => {\n${lines(99)}})\n`))).toHaveLength(1)
  })

  it("files of at most 400 lines of at most 100 columns", () => {
    expect(longFile("a.ts", lines(400))).toEqual([])
    expect(longFile("a.ts", lines(401))).toEqual(["a.ts: 401 lines, 400 at most"])
    expect(longLines("a.ts", `${"é".repeat(100)}\n`)).toEqual([])
    const wide = `a\n${"x".repeat(101)}\n`
    expect(longLines("a.ts", wide)).toEqual(["a.ts:2: 101 columns, 100 at most"])
    const long = "x".repeat(90)
    const message = source(`const f = g("${long}")\n// ${long}${long}\nconst h = g("${long}", 1)\n`)
    expect(longLines("a.ts", message.text, message.program)).toEqual([
      "a.ts:2: 183 columns, 100 at most",
      "a.ts:3: 108 columns, 100 at most",
    ])
  })

  it.each([
    ["Date", "export const t = Date.now()"],
    ["Date", "export const t = new Date()"],
    ["Math.random", "export const t = Math.random()"],
    ["async", "export const f = async () => 1"],
    ["async", "export const f = async () => { for await (const x of []) f(x) }"],
    ["Promise", "export const f = (): Promise<number> => Promise.resolve(1)"],
    ["throw", `export const f = () => { throw new Error("x") }`],
    ["for..in", "for (const x in {}) f(x)"],
    ["as any", "export const f = x as any"],
    ["non-null", "export const f = x!"],
  ])("no %s where runs must repeat: %s", (what, text) => {
    expect(banned(source(text), false).join("\n")).toContain(what)
  })

  it("but names that only look so, and a non-null with its reason", () => {
    const fine = "export const f = (x: { Date: 1 }) => ({ Date: x.Date, t: Math.max(1) })\n"
    expect(banned(source(`/** Date, Promise, await. */\n${fine}`), false)).toEqual([])
    expect(banned(source("// x was checked by the caller\nexport const f = x!"), false)).toEqual([])
    expect(banned(source(`export const f = () => { throw new Error("x") }`), true)).toEqual([])
  })

  it("let only for what a loop counts or adds up", () => {
    const loop =
      "const f = () => {\n  let s = 0\n  for (const x of xs) s = s * 2 + x\n  return s\n}\n"
    expect(rebound(source(loop))).toEqual([])
    expect(
      rebound(source("const f = () => {\n  let s = 0\n  xs.forEach((x) => { s = x })\n}")),
    ).toEqual([])
    expect(
      rebound(source(`let t = ""\nif (a) t += "a"\nfor (let k = 0; k < 3; k++) f(k)`)),
    ).toEqual([])
    expect(
      rebound(source("const f = () => {\n  let s = 0\n  if (a) s = 1\n  return s\n}\n")),
    ).toEqual([
      "src/core/planted.ts:3: `s` is assigned again outside a loop: give the new value a name",
    ])
    expect(rebound(source("for (const x of xs) {\n  let s = 0\n  if (x) s = 1\n}"))).toHaveLength(1)
  })

  it.each([
    "const m = new Map()\nfor (const x of m) f(x)",
    "const m = new Set<string>()\nexport const y = [...m]",
    "export const f = (m: ReadonlyMap<string, string>) => [...m.values()].map(g)",
    "export const f = (m: Set<string>) => Array.from(m)",
    "interface A { readonly m: Map<string, string> }\nexport const f = (a: A) => a.m.forEach(g)",
    "const a = { m: new Map() }\nfor (const [k] of a.m.entries()) f(k)",
    "interface A { m: Set<string> }\nconst g = (): A => h()\nconst a = g()\nfor (const x of a.m) f(x)",
  ])("no order of a map or set: %s", (text) => {
    expect(unordered(source(text))).toHaveLength(1)
  })

  it("unless it is sorted or does not matter, and arrays have an order", () => {
    const fine = [
      "const m = new Map()\nexport const y = [...m].sort(f)",
      "const m = new Map()\nexport const y = [...m.keys()].toSorted()",
      "const m = new Map()\n// order-free: a maximum\nfor (const x of m) f(x)",
      "const m = new Map()\nexport const y = m.get(1)\nfor (const x of [1]) f(x)",
      "export const f = (all: ReadonlyArray<number>) => [...all, ...all.entries()]",
      "interface A { m: Map<string, string> }\nexport const f = (b: B) => [...b.m]",
    ]
    for (const text of fine) expect(unordered(source(text))).toEqual([])
  })

  it("a section of the paper at every exported handler", () => {
    const doc = (text: string) => [source(`/** ${text} */\nexport const recvPrepare = () => 1\n`)]
    expect(
      undocumented(doc("RecvPrepare (OSDI '99 section 4.2). A vote."), ["RecvPrepare"]),
    ).toEqual([])
    expect(undocumented(doc("RecvPrepare. A vote."), ["RecvPrepare"])).toHaveLength(1)
    expect(undocumented(doc("A vote (TOCS section 4.2)."), ["RecvPrepare"])).toHaveLength(1)
    expect(
      undocumented([source("export const recvPrepare = () => 1\n")], ["RecvPrepare"]),
    ).toHaveLength(1)
    expect(undocumented(doc("Any other function."), ["RecvCommit"])).toEqual([])
  })

  it("a dispatch for every message", () => {
    const messages = source(`export const P = Schema.TaggedStruct("Prepare", {})\n`)
    expect(unhandled(messages, [source("f(recvPrepare(a))")])).toEqual([])
    expect(unhandled(messages, [source("f(clientRecvPrepare(a))")])).toEqual([])
    expect(unhandled(messages, [source("f(recvPrePrepare(a), recvPrepare)")])).toEqual([
      "src/core/planted.ts: no dispatch calls recvPrepare or clientRecvPrepare",
    ])
  })

  it("no note to oneself", () => {
    const word = ["FIX", "ME"].join("")
    expect(notes("a.ts", `ok\n  // ${word}: later\n`)).toEqual([`a.ts:2: // ${word}: later`])
    expect(notes("a.ts", "prefix meant\n")).toEqual([])
  })

  it("no module that nothing uses", () => {
    const user = source(`import { a } from "./a.ts"\nspawn("b.ts")\n`, "src/net/user.ts")
    const modules = ["a.ts", "b.ts", "c.ts", "d.ts"].map((f) => source("", `src/net/${f}`))
    const entries = ["node src/net/user.ts", "node src/net/d.ts"]
    expect(unused([user, ...modules], entries)).toEqual(["src/net/c.ts: nothing imports it"])
  })

  it("one title a document, and links that lead somewhere", () => {
    expect(titles("a.md", "# A\n\n```\n# no title\n```\n## B\n")).toEqual([])
    expect(titles("a.md", "## B\n")).toEqual(["a.md: 0 titles, there must be one"])
    expect(titles("a.md", "# A\n# B\n")).toEqual(["a.md: 2 titles, there must be one"])
    const a = [
      "[b](docs/b.md) [h](docs/b.md#two-words-x) [self](#here) [out](https://example.org/x)",
      "# here",
      "[folder](docs) [line](src/a.ts#L3) `[code](nowhere)`",
      "[gone](docs/c.md) [no heading](docs/b.md#three)",
    ]
    const documents = new Map([
      ["a.md", a.join("\n")],
      ["docs/b.md", "# B\n## Two `words`, X!\n"],
      ["src/a.ts", ""],
    ])
    expect(deadLinks("a.md", documents)).toEqual([
      "a.md:4: no file docs/c.md",
      "a.md:4: no heading #three in docs/b.md",
    ])
  })
})

const files = listFiles(repositoryRoot, ["."])
const texts = new Map(
  files
    .filter((path) => /\.(ts|js|mjs|md|tla|json|sh)$|^\.ci\/run$/.test(path))
    .map((path) => [path, readText(repositoryRoot, path)] as const),
)
const code = [...texts.keys()].filter((path) => /\.(ts|js|mjs)$/.test(path))
const modules = code.map((path) => parse(path, texts.get(path) ?? ""))
const inFolders = (...folders: ReadonlyArray<string>): ReadonlyArray<Source> =>
  modules.filter(({ path }) => folders.some((folder) => path.startsWith(`${folder}/`)))
const pure = inFolders("src/core", "src/consistency", "src/sim")

describe("this repository keeps the rules", () => {
  it("and there is something to check", () => {
    expect(pure.length).toBeGreaterThan(20)
    expect(modules.length).toBeGreaterThan(pure.length)
    expect(files.filter((path) => path.endsWith(".md")).length).toBeGreaterThan(0)
  })

  it("lengths", () => {
    const wide = [...texts].filter(([path]) => /\.(tla|sh)$|run$/.test(path))
    const problems = [
      ...modules.flatMap(longFunctions),
      ...modules.flatMap(({ path, text }) => longFile(path, text)),
      ...modules.flatMap(({ path, text, program }) => longLines(path, text, program)),
      ...wide.flatMap(([path, text]) => longLines(path, text)),
    ]
    expect(problems).toEqual([])
  })

  it("determinism of src/core, src/consistency and src/sim", () => {
    const collections = collectionProperties(pure)
    const problems = pure.flatMap((module) => [
      ...banned(module, module.path === "src/core/assert.ts"),
      ...rebound(module),
      ...unordered(module, collections),
    ])
    expect(problems).toEqual([])
  })

  it("handlers with their sections, and a dispatch for every message", () => {
    const protocols = ["pbft", "zyzzyva", "prophecy"].filter((name) =>
      existsSync(join(repositoryRoot, "src/core", name)),
    )
    expect(protocols).toContain("pbft")
    const problems = protocols.flatMap((name) => {
      const own = inFolders(`src/core/${name}`)
      const called = (file: string) => own.filter(({ path }) => path.endsWith(`/${file}`))
      const actions = [...called("action.ts"), ...called("d-action.ts")].flatMap(actionNames)
      const dispatches = ["replica.ts", "client.ts", "sketcher.ts"].flatMap((file) => [
        ...called(file),
        ...called(`d-${file}`),
      ])
      return [
        ...(actions.length === 0 ? [`${name}: no action`] : undocumented(own, actions)),
        ...["message.ts", "d-message.ts"]
          .flatMap(called)
          .flatMap((messages) => unhandled(messages, dispatches)),
      ]
    })
    expect(problems).toEqual([])
  })

  it("no notes, nothing unused", () => {
    const entries = ["package.json", ".ci/run", "vitest.config.ts"].map(
      (path) => texts.get(path) ?? "",
    )
    const tests = modules.filter(({ path }) => path.endsWith(".test.ts")).map(({ path }) => path)
    const scripts = [...texts].filter(([path]) => path.endsWith(".sh")).map(([, text]) => text)
    const named = [...entries, ...scripts, tests.join(" "), "vitest.config.ts bin/prophecy.js"]
    const problems = [...texts].flatMap(([path, text]) => notes(path, text))
    expect([...problems, ...unused(modules, named)]).toEqual([])
  })

  it("documents", () => {
    const all = new Map(files.map((path) => [path, texts.get(path) ?? ""]))
    const documents = files.filter((path) => path.endsWith(".md"))
    const problems = documents.flatMap((path) => [
      ...titles(path, texts.get(path) ?? ""),
      ...deadLinks(path, all),
    ])
    expect(problems).toEqual([])
  })
})
