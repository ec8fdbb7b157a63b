/**
 * Makes a failing scenario smaller, as long as it fails in the same way: whole kinds of faults go
 * first, then single faults, behaviours and requests (delta debugging: Zeller, Hildebrandt, TSE
 * 2002), then what the noise did to single messages, and at last what need not be drawn.
 *
 * It is a program that asks: it yields candidates and is told what came of each.
 */
import { problemsOf } from "./scenario-problem.ts"
import type { Byzantine, Fate, Fault, Scenario, ScenarioRequest } from "./scenario.ts"

/** What a run of a candidate was. */
export interface Tried {
  /** Whether it failed in the way that is looked for. */
  readonly fails: boolean
  /** What its noise did to single messages. */
  readonly noise: ReadonlyArray<Fate>
}

export type Shrinking<A> = Generator<Scenario, A, Tried>

type Change = (scenario: Scenario) => Scenario

const without =
  (tag: Fault["_tag"]): Change =>
  (scenario) => ({
    ...scenario,
    faults: scenario.faults.filter((fault) => fault._tag !== tag),
  })

const withNoise =
  (noise: Partial<Scenario["noise"]>): Change =>
  (scenario) => ({
    ...scenario,
    noise: { ...scenario.noise, ...noise },
  })

/** Each takes away all of one kind. */
const kinds: ReadonlyArray<Change> = [
  (scenario) => ({ ...scenario, byzantine: [] }),
  without("Cut"),
  without("Crash"),
  without("Rekey"),
  without("Say"),
  withNoise({ loss: 0 }),
  withNoise({ duplicate: 0 }),
  withNoise({ late: 0 }),
  (scenario) => ({ ...scenario, clocks: [] }),
]

const isSame = (one: Scenario, other: Scenario): boolean =>
  JSON.stringify(one) === JSON.stringify(other)

/** The scenario with each of these changes that it can do with. */
function* applied(scenario: Scenario, changes: ReadonlyArray<Change>): Shrinking<Scenario> {
  let best = scenario
  for (const change of changes) {
    const candidate = change(best)
    if (isSame(candidate, best) || problemsOf(candidate).length > 0) continue
    const { fails } = yield candidate
    if (fails) best = candidate
  }
  return best
}

/** As few of the items as can be; `build` makes a scenario of them. */
function* fewest<A>(
  items: ReadonlyArray<A>,
  build: (items: ReadonlyArray<A>) => Scenario,
): Shrinking<ReadonlyArray<A>> {
  let left = items
  let parts = 2
  if (left.length > 0 && (yield build([])).fails) return []
  while (left.length > 1) {
    const size = Math.ceil(left.length / parts)
    const rest = yield* oneLess(left, size, build)
    if (rest !== undefined) {
      left = rest
      parts = Math.max(2, parts - 1)
    } else if (size === 1) {
      break
    } else {
      parts = Math.min(left.length, parts * 2)
    }
  }
  return left
}

/** The items without the first stretch of `size` that is not needed. */
function* oneLess<A>(
  items: ReadonlyArray<A>,
  size: number,
  build: (items: ReadonlyArray<A>) => Scenario,
): Shrinking<ReadonlyArray<A> | undefined> {
  for (let from = 0; from < items.length; from += size) {
    const rest = items.filter((_, k) => k < from || k >= from + size)
    const { fails } = yield build(rest)
    if (fails) return rest
  }
  return undefined
}

const sinceOf = (since: number | undefined) => (since === undefined ? {} : { since })

function* fewerBehaviours(scenario: Scenario): Shrinking<Scenario> {
  const flat = scenario.byzantine.flatMap(({ replica, behaviours }) =>
    behaviours.map((behaviour) => ({ replica, behaviours: [behaviour] })),
  )
  const since = new Map(scenario.byzantine.map((b) => [b.replica, b.since]))
  const build = (all: ReadonlyArray<Byzantine>): Scenario => {
    const replicas = [...new Set(all.map(({ replica }) => replica))].sort((a, b) => a - b)
    const byzantine = replicas.map((replica) => ({
      replica,
      behaviours: all.filter((b) => b.replica === replica).flatMap((b) => b.behaviours),
      ...sinceOf(since.get(replica)),
    }))
    return { ...scenario, byzantine }
  }
  return build(yield* fewest(flat, build))
}

// What the noise did becomes single fates, and of these as few as can be.
function* explicitNoise(scenario: Scenario, noise: ReadonlyArray<Fate>): Shrinking<Scenario> {
  const quiet = withNoise({ loss: 0, duplicate: 0, late: 0 })(scenario)
  const build = (fates: ReadonlyArray<Fate>): Scenario => ({ ...quiet, fates })
  const all = [...scenario.fates, ...noise]
  const same = build(all)
  if (isSame(same, scenario) || !(yield same).fails) return scenario
  return build(yield* fewest(all, build))
}

// The calm phase stays as long as it is: in a shorter one less has to come about.
const calmAt =
  (ms: number): Change =>
  (scenario) => {
    if (ms >= scenario.calmAtMs) return scenario
    return { ...scenario, calmAtMs: ms, endMs: ms + scenario.endMs - scenario.calmAtMs }
  }

// Nothing matters after a failure.
const endingAt =
  (virtualMs: number): Change =>
  (scenario) => {
    const endMs = Math.min(scenario.endMs, Math.ceil(virtualMs) + 1)
    return { ...scenario, calmAtMs: Math.min(scenario.calmAtMs, endMs), endMs }
  }

/** Each makes something plainer. */
const plainer: ReadonlyArray<Change> = [
  withNoise({ delayMs: [1, 1] }),
  (scenario) => ({ ...scenario, syncMs: [1, 1] }),
  (scenario) => ({ ...scenario, cluster: { ...scenario.cluster, pipeline: 1 } }),
  (scenario) => ({ ...scenario, cluster: { ...scenario.cluster, hostileClients: 0 } }),
  (scenario) => ({
    ...scenario,
    requests: scenario.requests.map((r) => ({ ...r, atMs: 0 })),
  }),
  (scenario) => ({
    ...scenario,
    requests: scenario.requests.map((r) => ({
      ...r,
      operation: r.operation.replace(/^(delete|cas) (\S+).*/, "get $2"),
    })),
  }),
  (scenario) => calmAt(scenario.calmAtMs - 1)(scenario),
  calmAt(5000),
  calmAt(1000),
  calmAt(200),
]

/**
 * Smaller and smaller scenarios; the last one that failed is the result. `failed`: when the given
 * one did; undefined where the failure is what has not come about when its time is over, as it
 * would be of any scenario whose time is too short.
 */
export function* shrink(scenario: Scenario, failed: number | undefined): Shrinking<Scenario> {
  const ended = yield* applied(scenario, failed === undefined ? [] : [endingAt(failed)])
  const coarse = yield* applied(ended, kinds)
  const faults = yield* fewest(coarse.faults, (some) => ({ ...coarse, faults: some }))
  const fewer = yield* fewerBehaviours({ ...coarse, faults })
  const asked = (some: ReadonlyArray<ScenarioRequest>): Scenario => ({ ...fewer, requests: some })
  const small = asked(yield* fewest(fewer.requests, asked))
  const { noise } = yield small
  const explicit = yield* explicitNoise(small, noise)
  const plain = yield* applied(explicit, plainer)
  return { ...plain, about: `shrunk from seed ${scenario.seed}` }
}
