/**
 * Counterexamples of Zyzzyva's abstraction under the published rule as schedules of messages, which
 * drive the real replicas: into the violation by that rule, to agreement by ours.
 */
import { readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import {
  brokenBy,
  guideOf,
  refine,
  schedulePath,
  scheduleText,
} from "../../ci/zyzzyva-schedules.ts"
import type { Config } from "../../src/core/zyzzyva/state.ts"
import type { World } from "../../src/model-check/explore.ts"
import { follow } from "../../src/model-check/follow.ts"
import { Judge } from "../../src/model-check/judge.ts"
import type { PathStep } from "../../src/model-check/path.ts"
import { stepsIn } from "../../src/model-check/report.ts"
import { Space } from "../../src/model-check/space.ts"
import {
  guidedConstants,
  type GuidedName,
  guidedNames,
} from "../../src/model-check/zyzzyva-guided-models.ts"
import { zyzzyvaModel } from "../../src/model-check/zyzzyva-model.ts"
import type { ZyzzyvaProcess } from "../../src/model-check/zyzzyva-process.ts"

interface Driven extends World {
  readonly space: Space
}

const worldOf = (name: GuidedName, rule: Config["rule"]): Driven => {
  const whole = zyzzyvaModel(name, guidedConstants(name, rule))
  // What the published rule forgets of its own accord is no part of the story.
  const invariants = whole.invariants.filter((i) => i.name !== "SentIsDurable")
  const space = new Space({ ...whole, invariants })
  return { space, judge: new Judge(space) }
}

const saved = (name: GuidedName): ReadonlyArray<PathStep> =>
  stepsIn(readFileSync(schedulePath(name), "utf8").trim().split("\n"))

const finishing = ["SendNewView", "RecvNewView", "EnterView", "RecvViewConfirm", "Execute"]

/**
 * Takes each step of the schedule that is possible, then what brings everyone into the view, and
 * judges every state on the way.
 */
const drive = ({ space, judge }: Driven, steps: ReadonlyArray<PathStep>) => {
  const here = new Int32Array(space.width)
  space.start(here)
  const broken: Array<string> = []
  const take = (wanted: (step: PathStep) => boolean): boolean => {
    const next: Array<Int32Array> = []
    space.expand(here, (actor, { action, told }, row) => {
      const moved = row.some((x, k) => x !== here[k])
      if (moved && wanted({ process: space.actorName(actor), action, told })) next.push(row.slice())
    })
    const [to] = next
    if (to === undefined) return false
    here.set(to)
    const found = judge.firstBroken(here)
    if (found !== null) broken.push(found.property)
    return true
  }
  const taken = steps.filter((step) => take((s) => JSON.stringify(s) === JSON.stringify(step)))
  while (take(({ action }) => finishing.includes(action))) continue
  const replicas = space.view(here).processes as ReadonlyArray<ZyzzyvaProcess>
  const executed = replicas.flatMap((p) =>
    p.role === "replica" && p.at.state.view === 2
      ? [p.at.value.map((r) => r.operation).join(" ")]
      : [],
  )
  return { broken, taken: taken.length, executed }
}

describe("a counterexample of the abstraction, message by message", () => {
  it.each(guidedNames)("%s: the search along it finds the schedule that is kept", (name) => {
    const found = refine(name, "published")
    expect(found.followed).toBe(guideOf(name).length)
    expect(scheduleText(found)).toBe(readFileSync(schedulePath(name), "utf8"))
  })

  it.each(guidedNames)("%s: by our rule there is no run that follows it", (name) => {
    const found = refine(name, "corrected")
    expect(found.path).toBeUndefined()
    expect(found.followed).toBeLessThan(guideOf(name).length)
  })

  it.each(guidedNames)(
    "%s: drives the replicas into the violation by the published rule",
    (name) => {
      const followed = follow(worldOf(name, "published"), saved(name))
      expect(followed.stuckAt).toBeUndefined()
      expect(["Agreement", "CarryOver"]).toContain(followed.broken?.property)
      const { executed } = drive(worldOf(name, "published"), saved(name))
      expect(executed).toContain(name === "Published" ? "a" : "a c")
      expect(brokenBy[name]).toBeDefined()
    },
  )

  it.each(guidedNames)("%s: the same messages lead to agreement by ours", (name) => {
    const { broken, taken, executed } = drive(worldOf(name, "corrected"), saved(name))
    expect(broken).toEqual([])
    expect(taken).toBeGreaterThan(30)
    // What is complete in view 1 is what view 2 begins with. Number by number: the second number of
    // the longer certificate is taken, as nothing was ordered there later.
    expect(new Set(executed)).toEqual(new Set([name === "Published" ? "b" : "b c"]))
  })
})
