import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { type Diagram, lanesOf, mermaidOf, svgOf } from "../../src/cli/diagram.ts"
import { specDigest } from "../../src/cli/specification.ts"
import { recordRun } from "../trace/support/recorded-run.ts"
import { run, scratch } from "./command.ts"

const step = (lane: string, label: string, detail = "") => ({ lane, label, detail })

const small: Diagram = {
  title: 'a < b & "c"',
  first: 7,
  events: [
    step("replica 10", "Send"),
    { ...step("replica 2", "Recv", "the first;\u0000#1"), from: "replica 10", sentAt: 0 },
    { ...step("replica 2", "Recv", "of unknown origin"), from: "client 0" },
  ],
}

/** Start and end of each arrow, by the numbers of rows and lanes. */
const arrows = (svg: string) =>
  [
    ...svg.matchAll(/<line class="message" x1="(\d+)" y1="(\d+)" x2="(\d+)" y2="(\d+)"(.*?)\/>/g),
  ].map(([, x1, y1, x2, y2, rest]) => ({
    from: Math.round((Number(x1) - 60) / 230),
    to: Math.round((Number(x2) - 60) / 230),
    rows: [(Number(y1) - 70) / 36, (Number(y2) - 70) / 36],
    dashed: rest?.includes("dasharray"),
  }))

/** The names of tags that were opened and not closed, or closed and not opened. */
const unbalanced = (xml: string): ReadonlyArray<string> => {
  const open: Array<string> = []
  for (const [, slash, name, end] of xml.matchAll(/<(\/?)([a-z]+)[^<>]*?(\/?)>/g)) {
    if (slash === "/" && open.at(-1) === name) open.pop()
    else if (slash === "/") open.push(`/${name}`)
    else if (end !== "/") open.push(name ?? "")
  }
  return open
}

describe("a diagram", () => {
  it("has a lane for each process, by number, clients first", () => {
    expect(lanesOf(small)).toEqual(["client 0", "replica 2", "replica 10"])
  })

  it("as SVG: an arrow from where a message was sent, dashed where that is not known", () => {
    const svg = svgOf(small)
    expect(arrows(svg)).toEqual([
      { from: 2, to: 1, rows: [0, 1], dashed: false },
      { from: 0, to: 1, rows: [2, 2], dashed: true },
    ])
    expect(svg).toContain("<title>a &lt; b &amp; &quot;c&quot;</title>")
    expect(svg).toContain(">the first;\u2400#1<")
    expect(svg).toContain("<title>8  replica 2  Recv  the first;")
    expect(unbalanced(svg)).toEqual([])
    expect(unbalanced("<a><b></a>")).not.toEqual([])
  })

  it("as Mermaid: one statement a line, with what Mermaid would read as syntax escaped", () => {
    expect(mermaidOf(small).split("\n")).toEqual([
      "sequenceDiagram",
      "  accTitle: a #60; b #38; #34;c#34;",
      "  participant p0 as client 0",
      "  participant p1 as replica 2",
      "  participant p2 as replica 10",
      "  Note over p2: 7 Send",
      "  p2->>p1: 8 Recv the first#59;#0;#35;1",
      "  p0->>p1: 9 Recv of unknown origin",
      "",
    ])
  })
})

describe("--svg and --mermaid", () => {
  const inFolder = (cwd: string, ...args: ReadonlyArray<string>) =>
    run([...args, "--quiet", "--svg", "a.svg", "--mermaid", "a.mmd"], { cwd })
  const text = (cwd: string, name: string): string => readFileSync(join(cwd, name), "utf8")

  it("draw the counterexample of a model: each message from its sender", async () => {
    const cwd = scratch()
    const { code } = await inFolder(cwd, "check", "pbft", "--model", "QuorumTwoF")
    expect(code).toBe(12)
    const steps = text(cwd, "a.mmd").match(/^ {2}p\d->>p\d: .*$/gm)
    expect(steps).toHaveLength(4)
    expect(steps?.[0]).toBe("  p0->>p1: 1 RecvPrePrepare PrePrepare view 0 seq 1 [a] from 0")
    expect(arrows(text(cwd, "a.svg"))).toHaveLength(4)
    const none = scratch()
    const held = await inFolder(none, "check", "pbft", "--model", "ClientAlone")
    expect([held.code, existsSync(join(none, "a.svg"))]).toEqual([0, false])
    expect(held.stderr).toMatch(/^check: there is no counterexample: .*a\.svg is not written$/m)
  })

  it("draw the counterexample of TLC: whose step it was, and what it changed", async () => {
    const cwd = scratch()
    const module = [
      "---- MODULE Two ----",
      "EXTENDS Naturals",
      "VARIABLES count, total",
      "Init == count = [p \\in {1, 2} |-> 0] /\\ total = 0",
      "Add(p) == count' = [count EXCEPT ![p] = @ + 1] /\\ total' = total + 1",
      "Next == (Add(1) /\\ total = 0) \\/ (Add(2) /\\ total = 1)",
      "Spec == Init /\\ [][Next]_<<count, total>>",
      "Small == total < 2",
      "====",
    ]
    writeFileSync(join(cwd, "Two.tla"), module.join("\n"))
    writeFileSync(join(cwd, "Two.cfg"), "SPECIFICATION Spec\nINVARIANT Small\n")
    expect((await inFolder(cwd, "tlc", "Two.tla")).code).toBe(12)
    const mermaid = text(cwd, "a.mmd")
    expect(mermaid).toContain("accTitle: Two.tla#58; invariant Small\n")
    expect(mermaid).toMatch(/participant p0 as process 1\n {2}participant p1 as process 2\n/)
    expect(mermaid).toMatch(/Note over p0: 2 .*count\[1\]#58; 0 -#62; 1#59; total#58; 0 -#62; 1\n/)
    expect(mermaid).toMatch(/Note over p1: 3 .*count\[2\]#58; 0 -#62; 1/)
    expect(unbalanced(text(cwd, "a.svg"))).toEqual([])
  })

  it("draw events of a recorded run: each message from the step that sent it", async () => {
    const cwd = scratch()
    mkdirSync(join(cwd, "traces"))
    for (const [name, lines] of recordRun({ seed: 1, spec: specDigest() })) {
      writeFileSync(join(cwd, "traces", name), lines.map((line) => `${line}\n`).join(""))
    }
    expect((await inFolder(cwd, "replay", "--events", "1:30", "traces")).code).toBe(0)
    const drawn = arrows(text(cwd, "a.svg"))
    expect(drawn.length).toBeGreaterThan(15)
    for (const { rows, dashed } of drawn) {
      expect(dashed).toBe(false)
      expect(rows[0]).toBeLessThan(rows[1] as number)
    }
    expect(text(cwd, "a.mmd").match(/^ {2}(Note|p\d->>)/gm)).toHaveLength(30)
    // In the middle of a run some messages were sent before the picture begins.
    expect((await inFolder(cwd, "replay", "--events", "20:40", "traces")).code).toBe(0)
    expect(arrows(text(cwd, "a.svg")).some(({ dashed }) => dashed)).toBe(true)
    const many = await inFolder(cwd, "replay", "--events", "1:2001", "traces")
    expect([many.code, many.stderr]).toEqual([
      2,
      "prophecy: --events 1:2001: 2001 events, at most 2000 are drawn\n",
    ])
    const beyond = await inFolder(cwd, "replay", "--events", "9000:9001", "traces")
    expect(beyond.stderr).toMatch(/^replay: no event of 9000:9001 was replayed: .*a\.svg is not/m)
  })

  it("say which file cannot be written", async () => {
    const args = ["check", "pbft", "--model", "QuorumTwoF", "--quiet", "--svg", "no/such/a.svg"]
    const { code, stderr } = await run(args, { cwd: scratch() })
    expect(code).toBe(2)
    expect(stderr).toMatch(/^prophecy: .*no\/such\/a\.svg cannot be written: .*ENOENT/)
  })
})
