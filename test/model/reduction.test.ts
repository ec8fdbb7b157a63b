/** Receiving some messages at once loses no verdict: models with and without the reduction. */
import { describe, expect, it } from "vitest"
import { type Exploration, explore, type Observer } from "../../src/model-check/explore.ts"
import { Judge } from "../../src/model-check/judge.ts"
import type { Model, Move } from "../../src/model-check/model.ts"
import { modelWorld } from "../../src/model-check/model-world.ts"
import { pbftModel } from "../../src/model-check/pbft-model.ts"
import { constantsOf, pbftModels } from "../../src/model-check/pbft-models.ts"
import { Nodes } from "../../src/model-check/nodes.ts"
import type { PbftConstants, PbftProcess } from "../../src/model-check/pbft-process.ts"
import { reductionOf } from "../../src/model-check/pbft-reduction.ts"
import { Space } from "../../src/model-check/space.ts"
import type { Envelope } from "../../src/sim/world.ts"
import * as Window from "../../src/core/window.ts"

const limits = { states: 200_000, depth: Number.MAX_SAFE_INTEGER }

const constants = (name: string): PbftConstants => {
  const spec = pbftModels.find((m) => m.name === name)
  if (spec === undefined) throw new Error(`no model ${name}`)
  return constantsOf(spec)
}

interface Run {
  readonly exploration: Exploration
  readonly texts: ReadonlySet<string>
}

const run = (c: PbftConstants, changes: Partial<Model>, kept = false): Run => {
  const world = modelWorld({ ...pbftModel("", c), ...changes })
  const texts = new Set<string>()
  const observer: Observer = {
    start: () => {},
    state: (_, row) => void texts.add(world.space.text(row)),
    edge: () => {},
  }
  return { exploration: explore(world, limits, kept ? observer : undefined), texts }
}

describe("a reduced model of PBFT", () => {
  const small = [
    "Normal",
    "ByzantineClient",
    "SilentPrimary",
    "ViewChangeRestart",
    "ForgedNewView",
    "HalfTold",
    "SecondStory",
  ]
  it.each(small)("%s: every state is one of the whole model; the same is reached", (name) => {
    const c = constants(name)
    const whole = run(c, {}, true)
    const reduced = run(c, reductionOf(c))
    const remembering = run(c, { eager: reductionOf(c).eager }, true)
    expect(reduced.exploration.verdict).toBe("exhaustive")
    expect(whole.exploration.verdict).toBe("exhaustive")
    expect([...remembering.texts].filter((text) => !whole.texts.has(text))).toEqual([])
    expect(reduced.exploration.states).toBeLessThanOrEqual(remembering.exploration.states)
    expect([...reduced.exploration.witnessed].sort()).toEqual(
      [...whole.exploration.witnessed].sort(),
    )
    expect([...reduced.exploration.antecedents].sort()).toEqual(
      [...whole.exploration.antecedents].sort(),
    )
    expect(reduced.exploration.states).toBeLessThanOrEqual(whole.exploration.states)
  })

  it("has several times fewer states where batches are committed", () => {
    const c = constants("HalfStable")
    const whole = run(c, {}).exploration
    const reduced = run(c, reductionOf(c)).exploration
    expect([...reduced.witnessed].sort()).toEqual([...whole.witnessed].sort())
    expect(reduced.states * 5).toBeLessThan(whole.states)
  })
})

/** Whether a correct replica said otherwise before: no such message reaches this process. */
const contradicts = (c: PbftConstants, process: unknown, value: unknown): boolean => {
  const p = process as PbftProcess
  const { message: m } = value as Envelope
  if (p.role !== "replica" || m._tag !== "Prepare" || c.byzantine.includes(m.replica)) return false
  const { log, view } = p.at.state
  if (m.view !== view || !Window.covers(log, m.seq)) return false
  const said = Window.get(log, m.seq).prepares[m.replica]
  return said !== "" && said !== m.digest
}

/** The first difference that it makes to a step that a process forgets; `undefined` if none. */
const difference = (c: PbftConstants, forget: NonNullable<Model["forget"]>): string | undefined => {
  const model = pbftModel("", c)
  const space = new Space(model)
  const judge = new Judge(space)
  explore({ space, judge }, { ...limits, states: 3000 })
  const nodes = new Nodes()
  const same = (a: unknown, b: unknown): boolean => nodes.add(a) === nodes.add(b)
  const sent = (move: Move<unknown>): string => move.sent.map((m) => m.text).join()
  const differ = (before: unknown, a?: Move<unknown>, b?: Move<unknown>): boolean => {
    if (a === undefined || b === undefined) return a !== b
    if (sent(a) !== sent(b) || !same(forget(a.process), forget(b.process))) return true
    // What it ignores otherwise may change what is forgotten, and no more.
    return a.action !== b.action && (a.sent.length > 0 || !same(forget(a.process), forget(before)))
  }
  for (const [index, role] of model.processes.entries()) {
    const locals = space.processes[index]
    for (let local = 0; local < (locals?.size ?? 0); local++) {
      const whole = locals?.at(local)
      const less = forget(whole)
      if (!same(forget(less), less)) return `${role.name} forgets more the second time`
      const [alone, aloneToo] = [role.local(whole), role.local(less)]
      const moves = alone.length !== aloneToo.length
      if (moves || alone.some((move, k) => differ(whole, move, aloneToo[k]))) {
        return `${role.name} moves otherwise`
      }
      for (let m = 0; m < space.messages.size; m++) {
        const { text, value } = space.messages.at(m)
        if (contradicts(c, whole, value)) continue
        if (differ(whole, role.receive(whole, value), role.receive(less, value))) {
          return `${role.name} receives otherwise: ${text}`
        }
      }
    }
  }
  return undefined
}

describe("what replicas forget", () => {
  it.each([
    "Normal",
    "Restart",
    "ByzantineBackup",
    "SecondStory",
    "SkippedViews",
    "ForgedNewView",
    "HalfStable",
    "TwoStories",
    "NullRequest",
  ])("%s: is nothing that a later step reads", (name) => {
    const c = constants(name)
    expect(difference(c, reductionOf(c).forget)).toBeUndefined()
  })

  it("is found where a step reads it", () => {
    const c = constants("TwoStories")
    const amnesiac = (process: unknown): unknown => {
      const p = reductionOf(c).forget(process) as PbftProcess
      if (p.role !== "replica") return p
      const { state } = p.at
      return { ...p, at: { ...p.at, state: { ...state, viewChanges: [] } } }
    }
    expect(difference(c, amnesiac)).toMatch(/^replica \d /)
  })
})

describe("what is broken, is broken in the reduced model too", () => {
  // Quorums of 2f, and certificates of f, in models where a Byzantine primary tells two stories.
  const broken: ReadonlyArray<readonly [string, Partial<PbftConstants>]> = [
    ["QuorumTwoF", {}],
    ["ThreeReplicasQuorumTwo", {}],
    ["SecondStory", { quorum: 2 }],
    ["Equivocation", { quorum: 2 }],
  ]
  const few = { ...limits, states: 1000 }
  it.each(broken)(
    "%s with %j: each invariant that is broken in the whole model",
    (name, changes) => {
      const c = { ...constants(name), ...changes }
      const failing = (reduction: Partial<Model>): ReadonlyArray<string> =>
        pbftModel("", c)
          .invariants.filter((i) => {
            const model = { ...pbftModel("", c), ...reduction, invariants: [i], witnesses: [] }
            return explore(modelWorld(model), few).violation !== undefined
          })
          .map((i) => i.name)
      const whole = failing({})
      expect(whole.length).toBeGreaterThan(0)
      // Within as many states the reduced model comes further, and may find more.
      const reduced = failing(reductionOf(c))
      expect(whole.filter((name) => !reduced.includes(name))).toEqual([])
    },
  )
})

describe("a reduction that is none", () => {
  it.each(["TwoThieves", "RejoinerAlone", "Recovers"])("is refused: %s", (name) => {
    expect(() => reductionOf(constants(name))).toThrow("features that read votes otherwise")
  })

  it("is refused: a message whose receipt sends something is not received at once", () => {
    const c = constants("HalfTold")
    const all: Partial<Model> = { eager: () => true }
    expect(() => run(c, all)).toThrow("what is received at once sends nothing")
  })
})
