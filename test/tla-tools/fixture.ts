/** Real output of TLC 2.18, with what its process answered. */
import { readdirSync, readFileSync } from "node:fs"
import { readEvents } from "../../src/tla-tools/event-reader.ts"
import { type Report, reportOf } from "../../src/tla-tools/report.ts"
import { type Limits, type Verdict, verdictOf } from "../../src/tla-tools/verdict.ts"

export const fixtureText = (name: string): string =>
  readFileSync(new URL(`fixtures/${name}.txt`, import.meta.url), "utf8")

/** The name of every fixture, in their order. */
export const fixtureNames = (): ReadonlyArray<string> =>
  readdirSync(new URL("fixtures", import.meta.url))
    .map((file) => file.replace(/\.txt$/, ""))
    .sort()

/** The process's end as the runner reports it. */
export const exited = (code: number | null, milliseconds = 1_000, signal: string | null = null) =>
  ({ _tag: "Exited", code, signal, stderr: "", milliseconds }) as const

export const reportOfText = (text: string, exit = exited(0)): Report =>
  reportOf([...readEvents(text), exit])

export const verdictOfText = (text: string, exit = exited(0), limits: Limits = {}): Verdict =>
  verdictOf(reportOfText(text, exit), limits)

export const verdictOfFixture = (name: string, code: number, limits: Limits = {}): Verdict =>
  verdictOfText(fixtureText(name), exited(code), limits)
