/**
 * The code's graph and the specification's, both explored now: the real step in this process, the
 * TLA+ module by TLC. Small models are compared element by element as well.
 */
import { readFileSync } from "node:fs"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { differences, exploreModel, firstDifference, tlcModel } from "../../src/cli/model-graph.ts"
import {
  everyInvariant,
  type PbftModelSpec,
  pbftModels,
} from "../../src/model-check/pbft-models.ts"
import { Toolchain } from "../../src/tla-tools/toolchain.ts"

const limits = { states: 1_000_000, depth: Number.MAX_SAFE_INTEGER }
const models = pbftModels.filter((m) => m.size === "test")
const holding = models.filter((m) => m.expect === "holds")
const failing = models.filter((m) => m.expect !== "holds")
const minutes = 60_000

const named = (name: string): PbftModelSpec => {
  const spec = pbftModels.find((m) => m.name === name)
  if (spec === undefined) throw new Error(`no model ${name}`)
  return spec
}

const seenByTlc = { actions: new Set<string>(), witnesses: new Set<string>() }

describe("the code's graph is the specification's", () => {
  for (const spec of holding) {
    it.live(
      `${spec.name}: states, steps, depth and counts are equal`,
      () =>
        Effect.gen(function* () {
          const ours = exploreModel(spec, { limits, graph: true })
          const theirs = yield* tlcModel(spec, { specFolder: "spec/tla" })
          assert.strictEqual(theirs.outcome.verdict._tag, "exhaustive")
          assert.deepStrictEqual(differences(ours, theirs), [])
          for (const action of theirs.graph.actions) seenByTlc.actions.add(action)
          for (const witness of theirs.graph.witnesses) seenByTlc.witnesses.add(witness)
          for (const name of spec.unreachable) {
            assert.notInclude(theirs.graph.witnesses, name)
          }
        }).pipe(Effect.provide(Toolchain.layer)),
      3 * minutes,
    )
  }

  it.live("TLC took every action, met every antecedent and ten witnesses", () =>
    Effect.sync(() => {
      assert.strictEqual(seenByTlc.actions.size, 18)
      const missing = everyInvariant.filter((i) => i !== "TypeOK" && !seenByTlc.witnesses.has(i))
      // One request at a time never executes two: TwoRequests, in the large models, does.
      assert.deepStrictEqual(missing, ["AtMostOnce"])
      const reached = [...seenByTlc.witnesses].filter((w) => w.startsWith("Reach"))
      assert.isAtLeast(reached.length, 10)
    }),
  )
})

describe("element by element", () => {
  const elementsOf = Effect.fn("elementsOf")(function* (spec: PbftModelSpec) {
    const ours: Array<string> = []
    exploreModel(spec, { limits, graph: true, onElement: (line) => ours.push(line) })
    const folder = yield* Effect.acquireRelease(
      Effect.promise(() => mkdtemp(join(tmpdir(), "prophecy-elements-"))),
      (path) => Effect.promise(() => rm(path, { recursive: true, force: true })),
    )
    const elements = join(folder, "elements.txt")
    yield* tlcModel(spec, { specFolder: "spec/tla", elements })
    const theirs = readFileSync(elements, "utf8")
      .split("\n")
      .filter((line) => line !== "")
    return { ours, theirs }
  }, Effect.scoped)

  it.live(
    "ByzantineClient: the same states and steps, and a planted difference is named",
    () =>
      Effect.gen(function* () {
        const { ours, theirs } = yield* elementsOf(named("ByzantineClient"))
        assert.isAbove(ours.length, 1000)
        assert.isUndefined(firstDifference(ours, theirs))
        const planted = ours.filter((_, k) => k !== 17)
        assert.strictEqual(firstDifference(planted, theirs), `only TLC has: ${ours[17]}`)
        assert.strictEqual(firstDifference(ours, []), `only the code has: ${[...ours].sort()[0]}`)
      }).pipe(Effect.provide(Toolchain.layer)),
    2 * minutes,
  )
})

describe("what must fail, fails in TLC", () => {
  for (const spec of failing) {
    it.live(
      `${spec.name}: ${spec.why}`,
      () =>
        Effect.gen(function* () {
          const { outcome } = yield* tlcModel(spec, { specFolder: "spec/tla" })
          const { verdict } = outcome
          assert.strictEqual(verdict._tag, "violated")
          if (verdict._tag !== "violated" || spec.expect === "holds") return
          assert.strictEqual(verdict.violations[0]?.name, spec.expect.violates)
        }).pipe(Effect.provide(Toolchain.layer)),
      minutes,
    )
  }

  it.live("a graph that differs is called different", () =>
    Effect.gen(function* () {
      const ours = exploreModel(named("Restart"), { limits, graph: true })
      const theirs = yield* tlcModel(named("ThreeReplicasSilent"), { specFolder: "spec/tla" })
      const found = differences(ours, theirs)
      assert.isAbove(found.length, 3)
      assert.match(found[0] ?? "", /distinct states: the code has 3823, TLC has 16/)
    }).pipe(Effect.provide(Toolchain.layer)),
  )
})
