/** Byzantine replicas drawn at random: which ones, and what each does. */
import type { ReplicaId } from "../core/ids.ts"
import type { Random } from "./random.ts"
import {
  type Behaviour,
  type Byzantine,
  type Cluster,
  clientName,
  type NodeName,
  replicaName,
} from "./scenario.ts"

/** Kinds of messages of which a behaviour may mean some only; a new kind may be added here. */
const pbftKinds = [
  "PrePrepare",
  "Prepare",
  "Commit",
  "Checkpoint",
  "ViewChange",
  "NewView",
  "Batch",
  "Reply",
  "Progress",
]

const zyzzyvaKinds = [
  "OrderReq",
  "SpecResponse",
  "SpecHeader",
  "LocalCommit",
  "FillHole",
  "Accusation",
  "Checkpoint",
  "ViewChange",
  "NewView",
  "Progress",
]

const kindsOf = ({ protocol }: Cluster): ReadonlyArray<string> =>
  protocol === "zyzzyva" ? zyzzyvaKinds : pbftKinds

const namesOf = ({ n, clients }: Cluster): ReadonlyArray<NodeName> => [
  ...Array.from({ length: n }, (_, id) => replicaName(id)),
  ...Array.from({ length: clients }, (_, id) => clientName(id)),
]

const scopeOf = (random: Random, cluster: Cluster) => ({
  messages: random.chance(0.5) ? [] : random.some(kindsOf(cluster), 0.4),
  to: random.chance(0.5) ? [] : random.some(namesOf(cluster), 0.5),
})

const chanceOf = (random: Random): number => random.one([0.05, 0.3, 1])

// Only a primary gets to tell stories about batches, so it often does.
const behaviourOf = (random: Random, cluster: Cluster, replica: ReplicaId): Behaviour =>
  replica === 0 && random.chance(0.5) ? storyOf(random, cluster) : anyOf(random, cluster)

const storyOf = (random: Random, cluster: Cluster): Behaviour => ({
  _tag: "Equivocate",
  to: random.some(namesOf(cluster), random.one([0.3, 0.5, 1, 1])),
  both: random.chance(0.3),
  story: random.one(["reordered", "old", "invented"]),
})

const anyOf = (random: Random, cluster: Cluster): Behaviour => {
  const scope = scopeOf(random, cluster)
  const chance = chanceOf(random)
  switch (random.below(9)) {
    case 0:
      return { _tag: "Mute", ...scope }
    case 1:
      return { _tag: "Slow", ms: random.one([20, 300, 3000]), ...scope }
    case 2:
    case 3:
      return storyOf(random, cluster)
    case 4:
      return { _tag: "Replay", chance }
    case 5:
      return { _tag: "UnknownDigest", chance, ...scope }
    case 6:
      return { _tag: "Fuzz", chance, ...scope }
    case 7:
      return { _tag: "BadAuthenticator", chance, ...scope }
    default:
      return random.chance(0.6) ? { _tag: "Flatter" } : { _tag: "WrongReply" }
  }
}

const changeOf = (random: Random, cluster: Cluster): Behaviour => {
  const to = random.some(namesOf(cluster), random.one([0.3, 0.6, 1]))
  const lies = ["invented", "forgotten", "checkpoint"] as const
  const more = cluster.protocol === "zyzzyva" ? (["copied", "hoarded"] as const) : []
  return random.chance(0.5)
    ? { _tag: "FalseViewChange", to, story: random.one([...lies, ...more]) }
    : {
        _tag: "BadNewView",
        to,
        story: random.one(["choice", "choice", "empty", "null", "invented"]),
      }
}

// Both twins talk with some replicas; each client and replica hears one of them at least.
const twinsOf = (random: Random, cluster: Cluster): Behaviour => {
  const first: Array<NodeName> = []
  const second: Array<NodeName> = []
  for (const name of namesOf(cluster)) {
    const which = random.below(4)
    if (which !== 1) first.push(name)
    if (which !== 0) second.push(name)
  }
  return { _tag: "Twins", first, second }
}

const byzantine = (random: Random, cluster: Cluster, replica: ReplicaId): Byzantine => {
  const many = random.one([1, 1, 2, 3])
  const changes = random.chance(0.4) ? [changeOf(random, cluster)] : []
  const behaviours = Array.from({ length: many }, () => behaviourOf(random, cluster, replica))
  const twins = random.chance(0.25) ? [twinsOf(random, cluster)] : []
  return { replica, behaviours: [...twins, ...behaviours.slice(twins.length), ...changes] }
}

/** `count` Byzantine replicas; the first primary is one of them in every third run. */
export const byzantineOf = (
  random: Random,
  cluster: Cluster,
  count: number,
): ReadonlyArray<Byzantine> => {
  const backups = Array.from({ length: cluster.n - 1 }, (_, k) => k + 1)
  const primary = random.chance(0.35) ? [0] : []
  const chosen = [...primary, ...random.sample(backups, count - primary.length)]
  return chosen.map((replica) => byzantine(random, cluster, replica))
}
