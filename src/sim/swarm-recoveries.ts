/**
 * Proactive recoveries and new keys of a drawn run, from a stream of their own, so that a seed's
 * other draws stay what they are without them.
 */
import type { ReplicaId } from "../core/ids.ts"
import { groupOf } from "../core/quorum.ts"
import { faultyReplicas } from "./faulty.ts"
import type { Random } from "./random.ts"
import type { Crash, Fault, Rekey, Scenario } from "./scenario.ts"

const everyReplica = ({ cluster }: Scenario): ReadonlyArray<ReplicaId> =>
  Array.from({ length: cluster.n }, (_, id) => id)

// Those that lose their disks are mute until they are taken back, as the faulty ones may be.
const unreliable = (scenario: Scenario): ReadonlySet<ReplicaId> => {
  const wiped = scenario.faults.flatMap((fault) =>
    fault._tag === "Crash" && fault.wiped === true ? [fault.replica] : [],
  )
  return new Set([...faultyReplicas(scenario), ...wiped])
}

// No more than f are faulty or on their way back: the others must be able to tell how far they are.
const recoveries = (random: Random, scenario: Scenario): ReadonlyArray<Crash> => {
  const away = unreliable(scenario)
  const left = groupOf(scenario.cluster.n).f - away.size
  if (left <= 0) return []
  const sound = everyReplica(scenario).filter((id) => !away.has(id))
  return random.sample(sound, random.between(1, left)).flatMap((replica) =>
    Array.from({ length: random.between(1, 3) }, () => ({
      _tag: "Crash" as const,
      replica,
      atMs: random.below(scenario.calmAtMs),
      forMs: random.one([1, 50, 500]),
      tail: random.one(["lost", "torn", "whole", "clean"] as const),
      recovered: true,
    })),
  )
}

const rekeyings = (random: Random, scenario: Scenario): ReadonlyArray<Rekey> =>
  Array.from({ length: random.between(1, 6) }, () => ({
    _tag: "Rekey" as const,
    replica: random.one(everyReplica(scenario)),
    atMs: random.below(scenario.calmAtMs),
  }))

/**
 * A liar that is recovered in place, and another one that lies as it did, once it is back: f + 1 in
 * all, f at any time. Undefined where it is not drawn, or nobody is left to do it.
 */
const inTurn = (random: Random, scenario: Scenario): Partial<Scenario> | undefined => {
  const [replica, atMs, forMs] = [
    random.below(scenario.cluster.n),
    random.below(scenario.calmAtMs),
    random.one([1, 50, 500]),
  ]
  const { byzantine, cluster, faults } = scenario
  const [first] = byzantine
  const away = new Set(faults.flatMap((f) => (f._tag === "Crash" ? [f.replica] : [])))
  if (!random.chance(0.4) || first === undefined || byzantine.length < groupOf(cluster.n).f) {
    return undefined
  }
  const twins = first.behaviours.some((b) => b._tag === "Twins")
  if (twins || away.size > 0 || byzantine.some((b) => b.replica === replica)) return undefined
  const crash: Crash = {
    _tag: "Crash",
    replica: first.replica,
    atMs,
    forMs,
    tail: "clean",
    recovered: true,
  }
  return {
    cluster: { ...cluster, recovery: true, newKeys: true },
    faults: [...faults, crash],
    byzantine: [...byzantine, { replica, behaviours: first.behaviours, since: first.replica }],
  }
}

/**
 * The scenario with recoveries in every third run or so, with new keys in every fourth, and with
 * liars in turn in some.
 */
export const withRecoveries = (random: Random, scenario: Scenario): Scenario => {
  const newKeys = random.chance(0.25)
  const recovered = random.chance(0.35) ? recoveries(random, scenario) : []
  const cluster = {
    ...scenario.cluster,
    ...(newKeys ? { newKeys } : {}),
    ...(recovered.length > 0 ? { recovery: true } : {}),
  }
  const faults: ReadonlyArray<Fault> = [
    ...scenario.faults,
    ...recovered,
    ...(newKeys ? rekeyings(random, scenario) : []),
  ]
  const drawn = { ...scenario, cluster, faults }
  return { ...drawn, ...inTurn(random, drawn) }
}
