/** Each two features of PBFT meet in a model whose graph both tools compared, or say why not. */
import { describe, expect, it } from "vitest"
import { readActionCounts } from "../../ci/action-coverage.ts"
import { apart, featurePairs, features, unpaired } from "../../ci/feature-pairs.ts"
import { pbftModels } from "../../src/model-check/pbft-models.ts"

const counts = readActionCounts()
const pairs = featurePairs(pbftModels, counts)

describe("each two features", () => {
  it("meet in a compared model, or have a reason", () => {
    expect(pairs).toHaveLength((features.length * (features.length - 1)) / 2)
    expect(unpaired(pairs)).toEqual([])
  })

  it("are missed when their only model is gone, or took no step of one", () => {
    const only = pairs.find(({ models }) => models.length === 1)
    const [name] = only?.models ?? []
    const pair = `${only?.one} x ${only?.other}`
    const others = pbftModels.filter((m) => m.name !== name)
    expect(unpaired(featurePairs(others, counts))).toContain(pair)
    const idle = { ...counts, [name as string]: {} }
    expect(unpaired(featurePairs(pbftModels, idle)).length).toBeGreaterThan(0)
  })

  it("have a reason only where there is no model", () => {
    const [one, other] = apart[0] as (typeof apart)[0]
    const met = pairs.map((p) =>
      p.one === one && p.other === other ? { ...p, models: ["Some"] } : p,
    )
    expect(unpaired(met)).toEqual([`${one} x ${other}`])
  })
})
