/** The abstraction of Zyzzyva explored by TLC and by the explorer now; its table of positions. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { differences, exploreModel, tlcModel } from "../../src/cli/model-graph.ts"
import { brokenAt, brokenZyzzyva } from "../../src/model-check/zyzzyva-core-broken-models.ts"
import { zyzzyvaModels } from "../../src/model-check/zyzzyva-core-models.ts"
import { Toolchain } from "../../src/tla-tools/toolchain.ts"

const limits = { states: 2_000_000, depth: Number.MAX_SAFE_INTEGER }
const minutes = 60_000

describe("the graph of the abstraction of Zyzzyva", () => {
  for (const spec of zyzzyvaModels.filter((m) => m.size === "test")) {
    it.live(
      `${spec.name}: states, steps, depth, counts and witnesses are equal`,
      () =>
        Effect.gen(function* () {
          const ours = exploreModel(spec, { limits, graph: true })
          const theirs = yield* tlcModel(spec, { specFolder: "spec/tla" })
          assert.strictEqual(theirs.outcome.verdict._tag, "exhaustive")
          assert.deepStrictEqual(differences(ours, theirs), [])
          assert.deepStrictEqual(
            [...theirs.graph.witnesses].sort(),
            [...ours.exploration.witnessed].sort(),
          )
        }).pipe(Effect.provide(Toolchain.layer)),
      3 * minutes,
    )
  }
})

describe("how many views it takes to break agreement, at each position of the liar", () => {
  for (const broken of brokenZyzzyva) {
    it(
      broken.name,
      () => {
        for (const [id, views] of broken.views.entries()) {
          const broke = (count: number): string | undefined =>
            exploreModel(brokenAt(broken, id, count), { limits, graph: false }).exploration
              .violation?.property
          assert.strictEqual(broke(views), "Agreement", `position ${id} in ${views} views`)
          const fewer = `position ${id} in ${views - 1} views`
          assert.strictEqual(broke(views - 1), undefined, fewer)
        }
      },
      10 * minutes,
    )
  }
})
