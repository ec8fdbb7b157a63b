/** Every mutant's text stands in its file: a change that leaves one behind shows here. */
import { readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import { codeMutants } from "./code-mutants.ts"
import { mutatedText, type Mutation } from "./mutation.ts"
import { netMutants } from "./net-mutants.ts"
import { specMutants } from "./spec-mutants.ts"
import { swarmMutants } from "./swarm-mutants.ts"

const kinds: ReadonlyArray<readonly [string, ReadonlyArray<Mutation>]> = [
  ["code", codeMutants],
  ["specification", specMutants],
  ["swarm", swarmMutants],
  ["disk and network", netMutants],
]

describe.each(kinds)("each mutant of the %s", (_, mutants) => {
  it.each(mutants.map((m) => [m.name, m] as const))("%s: applies", (_name, mutant) => {
    const text = readFileSync(mutant.file, "utf8")
    expect(mutatedText(text, mutant)).not.toBe(text)
  })
})
