/** Properties of two processes see of each what they speak of, and judge by it as by the whole. */
import { describe, expect, it } from "vitest"
import * as Invariants from "../../src/core/pbft/invariants.ts"
import { explore } from "../../src/model-check/explore.ts"
import { Judge } from "../../src/model-check/judge.ts"
import type { Invariant, Model } from "../../src/model-check/model.ts"
import { judgedPart } from "../../src/model-check/pbft-judged.ts"
import { pbftModel } from "../../src/model-check/pbft-model.ts"
import { constantsOf, pbftModels } from "../../src/model-check/pbft-models.ts"
import type { PbftConstants, PbftProcess } from "../../src/model-check/pbft-process.ts"
import { Space } from "../../src/model-check/space.ts"

const constants = (name: string): PbftConstants => {
  const spec = pbftModels.find((m) => m.name === name)
  if (spec === undefined) throw new Error(`no model ${name}`)
  return constantsOf(spec)
}

const explored = (model: Model, states: number) => {
  const space = new Space(model)
  const exploration = explore(
    { space, judge: new Judge(space) },
    { states, depth: Number.MAX_SAFE_INTEGER },
  )
  return { space, exploration }
}

const pairwise = [
  Invariants.agreement,
  Invariants.agreementApplies,
  Invariants.preparedUnique,
  Invariants.preparedUniqueApplies,
  Invariants.executedAlike,
  Invariants.executedAlikeApplies,
  Invariants.checkpointAgreement,
  Invariants.checkpointAgreementApplies,
]

describe("what is judged of a replica", () => {
  // Of the first one, whose quorums are too small, some contradict.
  it.each(["QuorumTwoF", "HalfStable", "ByzantineBackup"])(
    "%s: says the same of two replicas as their states do",
    (name) => {
      const c = constants(name)
      const model = { ...pbftModel(name, c), invariants: [], witnesses: [] }
      const { space } = explored(model, 5000)
      const [one, other] = space.processes
      let judged = 0
      let broken = 0
      for (let a = 0; a < (one?.size ?? 0); a += 2) {
        for (let b = 0; b < (other?.size ?? 0); b += 2) {
          const [p, q] = [one?.at(a), other?.at(b)] as [PbftProcess, PbftProcess]
          const [x, y] = [judgedPart(p), judgedPart(q)]
          if (p.role !== "replica" || q.role !== "replica") throw new Error("two replicas")
          if (x.role !== "replica" || y.role !== "replica") throw new Error("two replicas")
          for (const says of pairwise) {
            const said = says(p.at.state, q.at.state)
            expect(says(x.state, y.state)).toBe(said)
            if (typeof said === "string") broken++
          }
          expect(Invariants.allCommitted(x.state)).toEqual(Invariants.allCommitted(p.at.state))
          judged++
        }
      }
      expect(judged).toBeGreaterThan(300)
      if (name === "QuorumTwoF") expect(broken).toBeGreaterThan(0)
    },
  )

  it("is all that such a property is given", () => {
    const c = constants("Normal")
    const model = pbftModel("Normal", c)
    const pairs = model.invariants.filter((i) => i.scope === "pair" || i.scope === "support")
    expect(pairs.length).toBeGreaterThan(5)
    const parts = pairs.map((i) => (i as Extract<Invariant, { scope: "pair" }>).part)
    expect(parts.every((part) => part !== undefined)).toBe(true)
  })

  it("is no less than it speaks of: with a part that hides what is wrong nothing is found", () => {
    const c = constants("QuorumTwoF")
    const model = pbftModel("QuorumTwoF", c)
    const agreement = model.invariants.find((i) => i.name === "Agreement") as Extract<
      Invariant,
      { scope: "pair" }
    >
    const with_ = (invariant: Invariant) =>
      explored({ ...model, invariants: [invariant], witnesses: [] }, 4000).exploration.verdict
    expect(with_(agreement)).toBe("violated")
    const blind = { ...agreement, part: () => judgedPart(model.processes[0]?.initial) }
    expect(with_(blind)).not.toBe("violated")
  })
})
