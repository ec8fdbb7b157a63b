/**
 * Which of the protocol's options a drawn run has, and what puts them to the test. They are drawn
 * from a stream of their own, so that a seed's other draws stay what they are without them.
 */
import { faultyReplicas } from "./faulty.ts"
import type { Random } from "./random.ts"
import {
  type Behaviour,
  type Byzantine,
  type Clock,
  type Cluster,
  type Crash,
  type Fault,
  replicaName,
  type Scenario,
  type ScenarioRequest,
} from "./scenario.ts"
import { groupIn } from "./zyzzyva-config.ts"

/** Proposed times are judged by clocks; clocks that drift come as far apart as this in a run. */
const driftMs = 500_000

/** How large a big request's value is, and from what size on requests are big. */
const bigBytes = 64

const optionsOf = (random: Random, clocks: ReadonlyArray<Clock>): Partial<Cluster> => {
  const has = (): boolean => random.chance(0.35)
  return {
    ...(has() ? { readOnly: true } : {}),
    ...(has() ? { tentative: true } : {}),
    ...(has() ? { digestReplies: true } : {}),
    ...(has() ? { agreedTimeMs: clocks.length > 0 ? driftMs : random.one([2_000, 10_000]) } : {}),
    ...(has() ? { bigRequestBytes: bigBytes } : {}),
    ...(has() ? { recovery: true } : {}),
  }
}

const zyzzyvaOptionsOf = (random: Random): Partial<Cluster> => {
  const has = (): boolean => random.chance(0.5)
  return {
    ...(has() ? { readOnly: true } : {}),
    ...(has() ? { digestReplies: true } : {}),
    ...(has() ? { commitFirst: true } : {}),
    ...(has() ? { preferredQuorums: true } : {}),
    ...(has() ? { separateExecution: true } : {}),
  }
}

// Some writes get a value that is long enough to go past the primary.
const withBigValues = (
  random: Random,
  requests: ReadonlyArray<ScenarioRequest>,
): ReadonlyArray<ScenarioRequest> =>
  requests.map((request) => {
    const isLong = request.operation.startsWith("put ") && random.chance(0.6)
    return isLong ? { ...request, operation: request.operation.padEnd(2 * bigBytes, "x") } : request
  })

/** What only a run with an option can suffer from. */
const lieOf = (
  random: Random,
  { agreedTimeMs, readOnly, n }: Cluster,
): ReadonlyArray<Behaviour> => {
  const to = random.some(
    Array.from({ length: n }, (_, id) => replicaName(id)),
    0.6,
  )
  const lies: Array<Behaviour> = []
  if (agreedTimeMs !== undefined && random.chance(0.5)) {
    lies.push({ _tag: "FalseTime", byMs: random.one([-2, 2, 0.5]) * agreedTimeMs, to })
  }
  if (readOnly === true && random.chance(0.5)) lies.push({ _tag: "Forgets" })
  return lies
}

const withLies = (random: Random, cluster: Cluster, all: ReadonlyArray<Byzantine>) =>
  all.map(({ replica, behaviours }) => ({
    replica,
    behaviours: [...behaviours, ...lieOf(random, cluster)],
  }))

// A replica that lost its disk counts among the faulty until it votes again.
const lostDisks = (random: Random, scenario: Scenario): ReadonlyArray<Fault> => {
  const { n } = scenario.cluster
  const faulty = faultyReplicas(scenario)
  if (faulty.length >= groupIn(scenario.cluster).f || !random.chance(0.7)) return []
  const others = Array.from({ length: n }, (_, id) => id).filter((id) => !faulty.includes(id))
  const crash: Crash = {
    _tag: "Crash",
    replica: random.one(others),
    atMs: random.below(scenario.calmAtMs),
    forMs: random.one([1, 500, 3_000]),
    tail: "lost",
    wiped: true,
  }
  return [crash]
}

/** A run of Zyzzyva with a lost disk, in about every third one: from a stream of its own. */
export const withLostDisk = (random: Random, scenario: Scenario): Scenario => {
  if (random.chance(0.5)) return scenario
  const faults = [...scenario.faults, ...lostDisks(random, scenario)]
  return { ...scenario, cluster: { ...scenario.cluster, recovery: true }, faults }
}

/** The scenario with options, in every second run. */
export const withFeatures = (random: Random, scenario: Scenario): Scenario => {
  if (random.chance(0.5)) return scenario
  const drawn =
    scenario.cluster.protocol === "zyzzyva"
      ? zyzzyvaOptionsOf(random)
      : optionsOf(random, scenario.clocks)
  const cluster = { ...scenario.cluster, ...drawn }
  const { requests, byzantine, faults } = scenario
  const optional: Scenario = {
    ...scenario,
    cluster,
    requests: cluster.bigRequestBytes === undefined ? requests : withBigValues(random, requests),
    byzantine: withLies(random, cluster, byzantine),
  }
  if (cluster.recovery !== true) return optional
  return { ...optional, faults: [...faults, ...lostDisks(random, optional)] }
}
