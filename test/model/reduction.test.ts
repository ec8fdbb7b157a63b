/** Receiving some messages at once loses no verdict: models with and without the reduction. */
import { describe, expect, it } from "vitest"
import { type Exploration, explore, type Observer } from "../../src/model-check/explore.ts"
import type { Model } from "../../src/model-check/model.ts"
import { modelWorld } from "../../src/model-check/model-world.ts"
import { pbftModel } from "../../src/model-check/pbft-model.ts"
import { constantsOf, pbftModels } from "../../src/model-check/pbft-models.ts"
import type { PbftConstants } from "../../src/model-check/pbft-process.ts"
import { receivedAtOnce } from "../../src/model-check/pbft-reduction.ts"

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

const reductionOf = (c: PbftConstants): Partial<Model> => ({ eager: receivedAtOnce(c) })

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
    const reduced = run(c, reductionOf(c), true)
    expect(reduced.exploration.verdict).toBe("exhaustive")
    expect(whole.exploration.verdict).toBe("exhaustive")
    expect([...reduced.texts].filter((text) => !whole.texts.has(text))).toEqual([])
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
  it("is refused: a message whose receipt sends something is not received at once", () => {
    const c = constants("HalfTold")
    const all: Partial<Model> = { eager: () => true }
    expect(() => run(c, all)).toThrow("what is received at once sends nothing")
  })
})
