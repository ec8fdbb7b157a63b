/**
 * Writes test/spec/zyzzyva-schedules/*.txt: the counterexamples of Zyzzyva's abstraction under the
 * published rule, refined to schedules of messages for the real replicas.
 *
 *   node ci/zyzzyva-schedules.ts
 */
import { readFileSync, writeFileSync } from "node:fs"
import { counterexampleLines, stepsIn } from "../src/model-check/report.ts"
import { type Guided, searchAlong } from "../src/model-check/zyzzyva-guided.ts"
import {
  guidedConstants,
  type GuidedName,
  guidedNames,
} from "../src/model-check/zyzzyva-guided-models.ts"
import type { Config } from "../src/core/zyzzyva/state.ts"

export const schedulePath = (name: GuidedName): string => `test/spec/zyzzyva-schedules/${name}.txt`

/** What breaks at the end of each. */
export const brokenBy: Readonly<Record<GuidedName, string>> = {
  Published: "Agreement",
  PublishedLongest: "CarryOver",
}

/** The abstraction's steps. */
export const guideOf = (name: GuidedName) =>
  stepsIn(readFileSync(`test/spec/zyzzyva-counterexamples/${name}.txt`, "utf8").trim().split("\n"))

export const refine = (name: GuidedName, rule: Config["rule"]): Guided =>
  searchAlong(guidedConstants(name, rule), guideOf(name), brokenBy[name])

/** The schedule as text; undefined where the search found none. */
export const scheduleText = ({ path, property, why }: Guided): string | undefined =>
  path === undefined || property === undefined
    ? undefined
    : `${counterexampleLines({ property, why, path }).join("\n")}\n`

if (import.meta.main) {
  for (const name of guidedNames) {
    const found = refine(name, "published")
    const text = scheduleText(found)
    if (text === undefined) {
      console.error(`${name}: followed ${found.followed} steps of the abstraction, and no further`)
      process.exitCode = 1
    } else {
      writeFileSync(schedulePath(name), text)
      console.log(`${name}: ${found.path?.length} steps, ${found.states} states looked at`)
    }
  }
}
