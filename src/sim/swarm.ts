/**
 * Scenarios from seeds. Each seed draws which faults there are at all before it draws the faults:
 * a run with everything at once hides what one fault alone would show (swarm testing: Groce and
 * others, ISSTA 2012).
 */
import { byzantineOf } from "./swarm-byzantine.ts"
import { faultsOf } from "./swarm-faults.ts"
import { withFeatures, withLostDisk } from "./swarm-features.ts"
import { withRecoveries } from "./swarm-recoveries.ts"
import { groupIn } from "./zyzzyva-config.ts"
import { Random } from "./random.ts"
import {
  type ProtocolName,
  type Clock,
  type Cluster,
  clientName,
  type Noise,
  replicaName,
  type Scenario,
  type ScenarioRequest,
  scenarioSchema,
} from "./scenario.ts"

const clusterOf = (random: Random, viewChangeMs: number): Cluster => {
  const n = random.one([4, 4, 4, 4, 4, 7, 7, 10])
  const checkpointInterval = random.one([1, 2, 2, 3, 4, 8])
  const logSize = checkpointInterval * random.one([2, 2, 3, 4])
  return {
    n,
    clients: random.between(1, n === 4 ? 6 : 4),
    hostileClients: random.chance(0.3) ? random.between(1, 2) : 0,
    checkpointInterval,
    logSize,
    maxBatch: random.one([1, 2, 3, 8]),
    pipeline: random.one([1, 2, 4, logSize]),
    retransmitMs: random.one([100, 250, 1000]),
    viewChangeMs,
    progressMs: random.one([100, 250, 500]),
  }
}

// Each kind of noise is there in every second run.
const noiseOf = (random: Random): Noise => {
  const chance = (most: number): number =>
    random.chance(0.5) ? random.between(1, most * 1000) / 1000 : 0
  return {
    delayMs: [random.between(1, 10) / 10, random.one([1, 5, 5, 20, 100])],
    loss: chance(0.25),
    duplicate: chance(0.25),
    late: chance(0.3),
    lateMs: random.one([10, 100, 1000, 5000]),
  }
}

const clocksOf = (random: Random, { n, clients }: Cluster): ReadonlyArray<Clock> => {
  if (random.chance(0.5)) return []
  const most = random.one([10, 100, 400])
  const names = [
    ...Array.from({ length: n }, (_, id) => replicaName(id)),
    ...Array.from({ length: clients }, (_, id) => clientName(id)),
  ]
  return names.map((node) => ({ node, rate: random.between(1000 - most, 1000 + most) / 1000 }))
}

const operationOf = (random: Random, keys: number, value: string): string => {
  const key = `k${random.below(keys)}`
  const which = random.below(10)
  if (which < 4) return `put ${key} ${value}`
  if (which < 8) return `get ${key}`
  if (which < 9) return `delete ${key}`
  return `cas ${key} ${random.chance(0.5) ? "-" : "0.1"} ${value}`
}

const requestsOf = (
  random: Random,
  { clients }: Cluster,
  calmAtMs: number,
): ReadonlyArray<ScenarioRequest> => {
  const keys = random.between(1, 4)
  const most = random.one([2, 5, 12])
  const burst = random.chance(0.4)
  const all: Array<ScenarioRequest> = []
  for (let client = 0; client < clients; client++) {
    const times = Array.from({ length: random.between(1, most) }, () =>
      burst ? random.below(100) : random.below(calmAtMs),
    ).sort((a, b) => a - b)
    times.forEach((atMs, k) => {
      all.push({ client, atMs, operation: operationOf(random, keys, `${client}.${k}`) })
    })
  }
  return all
}

// What a cluster says beside what those of all protocols do.
const inProtocol = (seed: number, protocol: ProtocolName): Partial<Cluster> => {
  if (protocol === "pbft") return {}
  const random = new Random(seed, "zyzzyva")
  const common = { protocol, commitMs: random.one([5, 25, 100]), confirmViews: random.chance(0.3) }
  if (random.chance(0.8)) return common
  return { ...common, zyzzyva5: true, n: random.one([6, 6, 11]) }
}

/** How long a calm phase may take to complete everything. */
const calmMs = 120_000

/** The scenario of a seed. */
export const scenarioOf = (seed: number, protocol: ProtocolName = "pbft"): Scenario => {
  const random = new Random(seed, "scenario")
  const viewChangeMs = new Random(seed, "view changes").one([200, 500, 1000, 2000])
  const cluster = { ...clusterOf(random, viewChangeMs), ...inProtocol(seed, protocol) }
  const { f } = groupIn(cluster)
  const calmAtMs = random.one([2_000, 5_000, 15_000, 40_000])
  const byzantine = random.chance(0.6) ? byzantineOf(random, cluster, random.between(1, f)) : []
  const left = f - byzantine.length
  const taken = byzantine.map(({ replica }) => replica)
  const noise = noiseOf(random)
  const plain: Scenario = {
    schema: scenarioSchema,
    about: `drawn from seed ${seed}`,
    seed,
    cluster,
    noise,
    syncMs: [random.between(1, 10) / 10, random.one([1, 5, 20, 300])],
    clocks: clocksOf(random, cluster),
    faults: faultsOf(random, cluster, { calmAtMs, left, taken }),
    byzantine,
    fates: [],
    requests: requestsOf(random, cluster, calmAtMs),
    calmAtMs,
    endMs: calmAtMs + calmMs,
    expect: {},
  }
  const optional = withFeatures(new Random(seed, "features"), plain)
  if (protocol !== "pbft") return withLostDisk(new Random(seed, "lost disk"), optional)
  return withRecoveries(new Random(seed, "recoveries"), optional)
}
