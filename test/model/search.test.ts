/** A search is stopped, taken up, bounded and asked for its shortest way. */
import { hash } from "node:crypto"
import { describe, expect, it } from "vitest"
import { worldOf } from "../../src/cli/model-graph.ts"
import { remainingStates } from "../../src/model-check/estimate.ts"
import {
  type Exploration,
  explore,
  Search,
  type SearchPlace,
  type World,
} from "../../src/model-check/explore.ts"
import { follow } from "../../src/model-check/follow.ts"
import { GraphRecorder, type GraphSummary } from "../../src/model-check/graph.ts"
import { coreModels } from "../../src/model-check/pbft-core-models.ts"
import { pbftModels } from "../../src/model-check/pbft-models.ts"
import type { SpaceMemory } from "../../src/model-check/state-space.ts"

const unlimited = { states: Number.MAX_SAFE_INTEGER, depth: Number.MAX_SAFE_INTEGER }
const specs = [...pbftModels, ...coreModels]
/** A model that nobody explored yet; `NAME reduced` takes interchangeable batches for one. */
const fresh = (name: string): World => {
  const [first, reduced] = name.split(" ")
  const spec = specs.find((m) => m.name === first)
  if (spec === undefined) throw new Error(`no model ${name}`)
  return worldOf("lacks" in spec && reduced !== undefined ? { ...spec, reduced: true } : spec)
}
const recorder = (): GraphRecorder => new GraphRecorder((text) => hash("sha256", text, "hex"))

interface Saved {
  readonly place: SearchPlace
  readonly memory: SpaceMemory
  readonly rows: ReadonlyArray<Int32Array>
  readonly graph: GraphSummary
}

const saved = (world: World, search: Search, graph = recorder()): Saved =>
  structuredClone({
    place: search.place(),
    memory: world.space.save(),
    rows: [...search.rows.saved()],
    graph: graph.summary(),
  })

const takeUp = (name: string, from: Saved, graph = recorder()) => {
  const world = fresh(name)
  const search = new Search(world, unlimited, graph)
  const known = world.space.restore(from.memory)
  if (known) search.takeUp(from.place, from.rows)
  graph.takeUp(from.graph)
  return { world, graph, search, known }
}

const essence = (e: Exploration) => ({
  ...e,
  taken: [...e.taken].sort(),
  antecedents: [...e.antecedents].sort(),
  witnessed: [...e.witnessed].sort(),
})

describe("a search that was saved and taken up", () => {
  // Cut in the middle of a level, at its edge, and again and again.
  it.each([
    ["Restart", 700],
    ["ByzantineClient", 1],
    ["ForgedNewView", 50],
    ["TwoNumbers", 97],
    ["TwoViews1", 1000],
    ["TwoViews0 reduced", 500],
  ])("%s: ends as one that was never stopped, every %i states", (name, every) => {
    const wholeGraph = recorder()
    const whole = explore(fresh(name), unlimited, wholeGraph)
    const world = fresh(name)
    let graph = recorder()
    let search = new Search(world, unlimited, graph)
    search.start()
    let at = { world, search, graph }
    let cuts = 0
    const most = 4
    while (at.search.advance(cuts < most ? every : Number.MAX_SAFE_INTEGER)) {
      cuts++
      const next = takeUp(name, saved(at.world, at.search, at.graph))
      expect(next.known).toBe(true)
      expect(next.search.isClosed()).toBe(true)
      at = next
    }
    search = at.search
    graph = at.graph
    expect(cuts).toBeGreaterThan(1)
    expect(essence(search.result())).toEqual(essence(whole))
    expect(graph.summary()).toEqual(wholeGraph.summary())
  })

  it("finds the same shortest counterexample", () => {
    const whole = explore(fresh("AcceptsBeforeNewView"), unlimited)
    const world = fresh("AcceptsBeforeNewView")
    const search = new Search(world, unlimited)
    search.start()
    search.advance(1000)
    const next = takeUp("AcceptsBeforeNewView", saved(world, search))
    while (next.search.advance(10_000));
    expect(next.search.result().violation).toEqual(whole.violation)
  })

  it("is refused where the steps are not those that found it", () => {
    const world = fresh("TwoViews0")
    const search = new Search(world, unlimited)
    search.start()
    search.advance(2000)
    const from = saved(world, search)
    // The same rows under other rules: something else follows from what was expanded.
    const other = takeUp("NullTooEarly", from)
    expect(other.known && other.search.isClosed()).toBe(false)
    const twin = fresh("Normal")
    expect(twin.space.restore(from.memory)).toBe(false)
  })
})

describe("limits", () => {
  it("of memory: stops before the rows take more, and can go on with more", () => {
    const bytes = 2 ** 21
    const world = fresh("ThreeViewsReduced3")
    const search = new Search(world, { ...unlimited, bytes })
    search.start()
    while (search.advance(1000));
    const stopped = search.result()
    expect([stopped.verdict, stopped.stop]).toEqual(["bounded", "memory"])
    expect(stopped.bytes).toBeLessThanOrEqual(bytes)
    expect(stopped.expanded).toBeLessThan(stopped.states)
    expect(stopped.violation).toBeUndefined()
    search.allow(2 ** 30)
    while (search.advance(1000));
    expect(search.result()).toMatchObject({ verdict: "exhaustive", states: 124_845 })
  })

  it.each([
    ["states", { states: 500, depth: 1e9 }],
    ["depth", { states: 1e9, depth: 6 }],
  ] as const)("of %s: bounded, with the reason", (stop, limits) => {
    const found = explore(fresh("TwoViews0"), limits)
    expect([found.verdict, found.stop]).toEqual(["bounded", stop])
  })

  it("that are not reached leave the verdict exhaustive", () => {
    const found = explore(fresh("TwoViews0"), { states: 8952, depth: 18, bytes: 2 ** 30 })
    expect([found.verdict, found.stop]).toEqual(["exhaustive", undefined])
  })
})

describe("the shortest way", () => {
  it.each(["PIsTheFirst", "A2AnyView", "QuorumTwoF", "ThreeReplicasQuorumTwo"])(
    "%s: leads to what it says, in as many steps as the search is deep",
    (name) => {
      const found = explore(fresh(name), unlimited)
      const path = found.violation?.path ?? []
      expect(path.length).toBe(found.depth - 1)
      const followed = follow(fresh(name), path)
      expect(followed.stuckAt).toBeUndefined()
      expect(followed.broken?.property).toBe(found.violation?.property)
    },
  )
})

describe("the estimate", () => {
  const widthsOf = (name: string): ReadonlyArray<number> => {
    const search = new Search(fresh(name), unlimited)
    search.start()
    while (search.advance(100_000));
    return search.place().widths
  }

  it.each(["ThreeViewsReduced0", "ThreeViewsReduced3", "RestartPrimary"])(
    "%s: from the widest level on, within a factor of two",
    (name) => {
      const widths = widthsOf(name)
      const total = widths.reduce((sum, w) => sum + w, 0)
      const widest = widths.indexOf(Math.max(...widths))
      const known = widths.slice(0, widest + 1)
      const sofar = known.reduce((sum, w) => sum + w, 0)
      const guessed = sofar + (remainingStates(known) ?? Number.NaN)
      expect(guessed / total).toBeGreaterThan(0.5)
      expect(guessed / total).toBeLessThan(2)
    },
  )

  it("is not made too early, nor while levels widen ever faster", () => {
    expect(remainingStates([1, 2, 4])).toBeUndefined()
    expect(remainingStates([1, 2, 5, 14, 45, 160, 700])).toBeUndefined()
  })
})
