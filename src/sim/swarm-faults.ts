/** Partitions, crashes and what hostile clients say, drawn at random. */
import type { ReplicaId } from "../core/ids.ts"
import type { Random } from "./random.ts"
import {
  type Cluster,
  type Crash,
  type Cut,
  clientName,
  type Fault,
  type NodeName,
  replicaName,
  type Say,
} from "./scenario.ts"

interface Limits {
  readonly calmAtMs: number
  /** How many replicas may still stop for ever. */
  readonly left: number
  /** Replicas that are Byzantine already. */
  readonly taken: ReadonlyArray<ReplicaId>
}

/** Kinds of messages that a cut may be limited to; a new kind may be added here. */
const pbftKinds = [
  "Request",
  "PrePrepare",
  "Prepare",
  "Commit",
  "Checkpoint",
  "ViewChange",
  "NewView",
  "FetchBatch",
  "Batch",
  "Reply",
]

const zyzzyvaKinds = [
  "Request",
  "OrderReq",
  "SpecResponse",
  "SpecHeader",
  "Commit",
  "LocalCommit",
  "Accusation",
  "Checkpoint",
  "ViewChange",
  "NewView",
]

const kindsOf = ({ protocol }: Cluster): ReadonlyArray<string> =>
  protocol === "zyzzyva" ? zyzzyvaKinds : pbftKinds

// Some nodes cannot talk to the others, in one direction or in both.
const cutsOf = (random: Random, cluster: Cluster, { calmAtMs }: Limits): ReadonlyArray<Cut> => {
  const names: ReadonlyArray<NodeName> = [
    ...Array.from({ length: cluster.n }, (_, id) => replicaName(id)),
    ...Array.from({ length: cluster.clients }, (_, id) => clientName(id)),
  ]
  const from = random.some(names, random.one([0.15, 0.3, 0.5]))
  const to = names.filter((name) => !from.includes(name))
  const messages = random.chance(0.3) ? random.some(kindsOf(cluster), 0.3) : []
  const startMs = random.below(calmAtMs)
  const endMs = startMs + random.one([50, 500, 3_000, 20_000])
  const one: Cut = { _tag: "Cut", from, to, messages, startMs, endMs }
  return random.chance(0.5) ? [one] : [one, { ...one, from: to, to: from }]
}

const crashOf = (random: Random, replica: ReplicaId, { calmAtMs }: Limits): Crash => ({
  _tag: "Crash",
  replica,
  atMs: random.below(calmAtMs * 1000) / 1000,
  forMs: random.one([1, 50, 500, 5_000]),
  tail: random.one(["lost", "torn", "torn", "whole", "clean"]),
})

const crashesOf = (random: Random, { n }: Cluster, limits: Limits): ReadonlyArray<Crash> => {
  const all = Array.from({ length: n }, (_, id) => id)
  const chosen = random.some(all, random.one([0.25, 0.5, 1]))
  const single = chosen.flatMap((replica) =>
    Array.from({ length: random.between(1, 3) }, () => crashOf(random, replica, limits)),
  )
  // All of them at one moment: nothing that was answered may be lost.
  const atMs = random.below(limits.calmAtMs * 1000) / 1000
  const together = random.chance(0.3)
    ? all.map((replica) => ({ ...crashOf(random, replica, limits), atMs }))
    : []
  const honest = all.filter((id) => !limits.taken.includes(id))
  const forEver = random
    .sample(honest, random.between(0, limits.left))
    .map((replica) => ({ ...crashOf(random, replica, limits), forMs: null }))
  return [...single, ...together, ...forEver]
}

// Half-valid authenticators, one timestamp twice, huge and old timestamps, bytes of no operation.
const sayingOf = (random: Random, cluster: Cluster, { calmAtMs }: Limits): ReadonlyArray<Say> => {
  const client = cluster.clients + random.below(cluster.hostileClients)
  const replicas = Array.from({ length: cluster.n }, (_, id) => id)
  const timestamp = random.one([1, 2, 3, random.between(1, 20), 2 ** 53 - 1])
  const operation = random.one([
    `put k${random.below(3)} evil${random.below(9)}`,
    `delete k${random.below(3)}`,
    `get k${random.below(3)}`,
    "nonsense",
  ])
  const verifiesAt = random.chance(0.7) ? replicas : random.some(replicas, 0.6)
  const to = (random.chance(0.5) ? replicas : random.some(replicas, 0.5)).map(replicaName)
  const from = clientName(client)
  const message = { _tag: "Request" as const, client, timestamp, operation, verifiesAt }
  const first: Say = { _tag: "Say", from, to, atMs: random.below(calmAtMs), message }
  if (random.chance(0.6)) return [first]
  const other = { ...message, operation: `put k0 other${random.below(9)}` }
  return [first, { ...first, to: replicas.map(replicaName), message: other }]
}

/** The faults of a run, each kind there or not. */
export const faultsOf = (
  random: Random,
  cluster: Cluster,
  limits: Limits,
): ReadonlyArray<Fault> => {
  const cuts = random.chance(0.5)
    ? Array.from({ length: random.between(1, 4) }, () => cutsOf(random, cluster, limits)).flat()
    : []
  const crashes = random.chance(0.5) ? crashesOf(random, cluster, limits) : []
  const sayings =
    cluster.hostileClients > 0
      ? Array.from({ length: random.between(1, 6) }, () => sayingOf(random, cluster, limits)).flat()
      : []
  return [...cuts, ...crashes, ...sayings]
}
