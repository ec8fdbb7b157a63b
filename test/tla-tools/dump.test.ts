import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { beforeAll, describe, expect, it } from "vitest"
import { readDump, readStateGraph, type StateGraph } from "../../src/tla-tools/dump.ts"
import type { Report } from "../../src/tla-tools/report.ts"
import { stateToTla } from "../../src/tla-tools/value-text.ts"
import { ringConfig, run, specPath, work } from "./run-spec.ts"

const dump = join(work, "ring.dot")
let report: Report
let graph: StateGraph<string>
beforeAll(async () => {
  const checks = "INVARIANT TypeOK"
  const run1 = { spec: specPath("Ring.tla"), config: ringConfig(checks), dumpDot: dump }
  report = (await run(run1)).report
  graph = await readStateGraph(dump, stateToTla)
})

const edges = (g: StateGraph<string>): ReadonlyArray<string> =>
  g.from.map((from, i) => `${from} ${g.actions[g.action[i] ?? -1]} ${g.to[i]}`)

describe("TLC's state graph, read back", () => {
  it("has every distinct state once, and an edge for every state that TLC generated", () => {
    expect(graph.states).toHaveLength(report.statistics?.distinct ?? -1)
    expect(new Set(graph.states).size).toBe(graph.states.length)
    expect(graph.initial).toHaveLength(report.initial?.distinct ?? -1)
    const generated = report.statistics?.generated ?? -1
    expect(graph.from).toHaveLength(generated - graph.initial.length)
  })

  it("has self-loops and edges back to states seen before, named by their actions", () => {
    expect([...graph.actions].sort()).toEqual(["Hold", "Pass", "Reset"])
    const loops = edges(graph).filter((edge) => /^(\d+) Hold \1$/.test(edge))
    expect(loops).toHaveLength(graph.states.length)
    const reset = graph.states[graph.to[graph.action.indexOf(graph.actions.indexOf("Reset"))] ?? -1]
    expect(reset).toContain("laps = (n1 :> 0 @@ n2 :> 0)")
  })

  it("has values with every escape", () => {
    const note = [
      '[back |-> "a\\\\b", gaps |-> (0 :> TRUE @@ 2 :> FALSE), list |-> <<1, 2, 3, 4, 5, 6, 7>>',
      'low |-> -3, none |-> <<>>, phase |-> "pre-prepared \\"twice\\""]',
    ].join(", ")
    expect(graph.states[graph.initial[0] ?? -1]).toBe(
      "/\\ at = n1 /\\ laps = (n1 :> 0 @@ n2 :> 0) /\\ note = (n1 :> {} @@ n2 :> {})",
    )
    expect(graph.states.filter((state) => state.includes(note)).length).toBeGreaterThan(0)
    expect(graph.states.join("")).not.toContain("Opaque")
  })

  it("is the same with two workers, up to the order", async () => {
    const other = join(work, "two.dot")
    const config = ringConfig("INVARIANT TypeOK")
    await run({ spec: specPath("Ring.tla"), config, workers: 2, dumpDot: other })
    const canonical = (g: StateGraph<string>): ReadonlyArray<string> =>
      g.from
        .map(
          (from, i) =>
            `${g.states[from]} ${g.actions[g.action[i] ?? -1]} ${g.states[g.to[i] ?? -1]}`,
        )
        .sort()
    expect(canonical(await readStateGraph(other, stateToTla))).toEqual(canonical(graph))
  })

  it("of a model with a temporal property leaves out the tableau's stuttering edges", async () => {
    const path = join(work, "live.dot")
    const config = ringConfig("PROPERTY SomeLaps", "FairSpec")
    await run({ spec: specPath("Ring.tla"), config, dumpDot: path })
    expect(readFileSync(path, "utf8")).toContain('[style="dashed"]')
    const live = await readStateGraph(path, stateToTla)
    expect(live.from).toHaveLength(graph.from.length)
  })
})

describe("a file that is no complete dump is rejected at its line", () => {
  const reason = async (change: (text: string) => string): Promise<string> => {
    const path = join(work, "changed.dot")
    writeFileSync(path, change(readFileSync(dump, "utf8")))
    return readStateGraph(path, stateToTla).then(
      () => "accepted",
      (error: Error) => error.message.replace(path, ""),
    )
  }

  it("unless nothing was changed", async () => {
    expect(await reason((text) => text)).toBe("accepted")
  })
  it("when empty, cut off, or something else", async () => {
    expect(await reason(() => "")).toContain("ends before its closing brace")
    expect(await reason((text) => text.slice(0, text.length / 2))).toContain(":")
    expect(await reason((text) => text.split("\n").slice(0, 9).join("\n"))).toContain(
      "ends before its closing brace",
    )
    expect(await reason((text) => `digraph G {\n${text}`)).toBe(
      ":1: not a state graph written by TLC",
    )
  })
  it("when a line cannot be read", async () => {
    expect(await reason((text) => text.replace('[label="Pass"', '[lable="Pass"'))).toMatch(
      /^:\d+: neither a state nor an edge/,
    )
  })
  it("when a state's text is missing", async () => {
    const missing = await reason((text) => text.replace(/^-?\d+ \[label=.*\];\n/m, ""))
    expect(missing).toMatch(/state -?\d+ has edges but no text/)
  })
  it("and its items can be read one by one", async () => {
    const tags: Array<string> = []
    for await (const item of readDump(dump)) tags.push(item._tag)
    expect(tags.filter((tag) => tag === "State")).toHaveLength(graph.states.length)
  })
})
