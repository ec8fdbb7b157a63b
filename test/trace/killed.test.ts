/** Traces that just end, checked as far as they go. */
import { describe, expect, it } from "vitest"
import { zyzzyvaDigests } from "../../src/net/zyzzyva-config.ts"
import { checkTraces } from "../../src/trace-check/check.ts"
import { exitCodeOf, type Verdict, verdictText } from "../../src/trace-check/verdict.ts"
import { type Files, linesOf, withField } from "./support/corruption.ts"
import { digests } from "./support/digests.ts"
import { goldenRun } from "./support/golden.ts"
import { sourceOf, sourcesOf } from "./support/sources.ts"
import { ordinaryRun } from "./support/zyzzyva-run.ts"

const check = (files: Files, killed = true): Promise<Verdict> =>
  checkTraces(sourcesOf(files), { digests: { ...digests, zyzzyva: zyzzyvaDigests }, killed })

const victim = "replica-0.ndjson"

/** The files with the lines of one changed. */
const edited = (files: Files, name: string, edit: (lines: Array<string>) => void): Files => {
  const lines = [...linesOf(files, name)]
  edit(lines)
  return new Map([...files, [name, lines]])
}

/** Its file without what it wrote from some line on. */
const cutAt = (files: Files, at: number): Files =>
  edited(files, victim, (lines) => void lines.splice(at))

const named = (files: Files): Files =>
  new Map([...files].map(([name, lines]) => [`${name}.ndjson`, lines]))

const runs: ReadonlyArray<readonly [name: string, files: Files]> = [
  ["PBFT", goldenRun()],
  ["PBFT, through a change of views", goldenRun("golden-view-change")],
  ["Zyzzyva", named(ordinaryRun().files())],
]

describe.each(runs)("a process of %s that was killed", (_, files) => {
  const end = linesOf(files, victim).length

  it("leaves a gap, wherever its trace ends, and nothing to object to", async () => {
    for (let at = 1; at < end; at += Math.ceil(end / 12)) {
      const verdict = await check(cutAt(files, at))
      expect(verdict).toMatchObject({
        _tag: "Gap",
        gaps: [{ file: victim, line: at + 1, dropped: undefined }],
      })
      expect(exitCodeOf(verdict)).toBe(3)
    }
  })

  it("as soon as it started leaves a file that says nothing: it is left out", async () => {
    const [header = ""] = linesOf(files, victim)
    for (const text of ["", "{", header.slice(0, 40), header.slice(0, -1)]) {
      const torn = () => sourceOf("torn.ndjson", text)
      const all = () => [...sourcesOf(files), torn()]
      const options = { digests: { ...digests, zyzzyva: zyzzyvaDigests } }
      const verdict = await checkTraces(all(), { ...options, killed: true })
      expect(verdict).toMatchObject({
        _tag: "Gap",
        gaps: [{ file: "torn.ndjson", line: 1, node: "a start that wrote no header" }],
      })
      expect(exitCodeOf(verdict)).toBe(3)
      const rule = text === "" ? "Empty" : "Truncated"
      for (const [sources, killed] of [
        [all(), false],
        [[torn()], true],
      ] as const) {
        const refused = await checkTraces(sources, { ...options, killed })
        const finding = { rule, file: "torn.ndjson", line: 1 }
        expect(refused).toMatchObject({ _tag: "Unreadable", finding })
        expect(verdictText(refused)).toContain("replay --killed leaves it out")
      }
    }
  })

  it("is no reason to leave out what is no trace", async () => {
    for (const [text, rule] of [
      ["GET / HTTP/1.1", "NotJson"],
      ["{}\n", "NotATrace"],
    ] as const) {
      const all = [...sourcesOf(files), sourceOf("other.ndjson", text)]
      const verdict = await checkTraces(all, { digests, killed: true })
      expect(verdict).toMatchObject({ _tag: "Unreadable", finding: { rule } })
    }
  })

  it("is refused where nobody said so", async () => {
    const verdict = await check(cutAt(files, end - 1), false)
    expect(verdict).toMatchObject({ _tag: "Unreadable", finding: { rule: "Truncated" } })
  })

  it("is no excuse for what it recorded, nor for what others did", async () => {
    const cut = cutAt(files, end - 1)
    for (const name of [victim, "replica-2.ndjson"]) {
      const at = linesOf(cut, name).findIndex((line) => line.includes('"action":"Execute"'))
      const wrong = edited(cut, name, (lines) => {
        lines[at] = withField(lines[at] as string, ["action"], "Ignore:AnotherView")
      })
      const verdict = await check(wrong)
      expect(verdict).toMatchObject({ _tag: "Rejected", finding: { file: name, line: at + 1 } })
    }
  })
})
