/** The invariants of Prophecy.tla over a model's states, and what must be reachable in it. */
import * as HashMap from "../core/hash-map.ts"
import { isBefore, nowhere } from "../core/prophecy/position.ts"
import { sketchOf } from "../core/prophecy/sketch-table.ts"
import type { Call, SketcherState } from "../core/prophecy/sketcher-state.ts"
import type { Invariant, Witness, WorldView } from "./model.ts"
import { isTooOld } from "./prophecy-front.ts"
import {
  type Answer,
  type Front,
  indexOf,
  pagesAt,
  type ProphecyConstants,
  type ReplicaGroup,
  resultOf,
} from "./prophecy-process.ts"

const frontOf = (p: unknown): Front | undefined =>
  (p as Front | ReplicaGroup).role === "front" ? (p as Front) : undefined
const groupOf = (p: unknown): ReplicaGroup | undefined =>
  (p as Front | ReplicaGroup).role === "group" ? (p as ReplicaGroup) : undefined

const answersOf = (front: Front): ReadonlyArray<Answer> =>
  front.clients.flatMap(({ answer }) => answer ?? [])

const keysOf = ({ table }: SketcherState): ReadonlyArray<string> => [
  ...new Set([table.young, table.old].flatMap((g) => HashMap.entries(g.sketches).map(([k]) => k))),
]

/** Of the sketchers and their clients. */
const ofFront = (
  name: string,
  check: (front: Front) => string | null,
  applies: (front: Front) => boolean,
): Invariant => ({
  name,
  scope: "process",
  check: (p) => {
    const front = frontOf(p)
    return front === undefined ? null : check(front)
  },
  antecedent: (p) => {
    const front = frontOf(p)
    return front !== undefined && applies(front)
  },
})

/** Of what clients and sketchers know, and what the group agreed on. */
const ofBoth = (
  name: string,
  check: (front: Front, group: ReplicaGroup) => string | null,
  applies: (front: Front) => boolean,
): Invariant => ({
  name,
  scope: "pair",
  check: (a, b) => {
    const front = frontOf(a)
    const group = groupOf(b)
    return front === undefined || group === undefined ? null : check(front, group)
  },
  antecedent: (a) => {
    const front = frontOf(a)
    return front !== undefined && applies(front)
  },
})

/** The result of the operation at an index of the log; undefined where that is not `op`. */
const resultAt = (group: ReplicaGroup, index: number, op: string): string | undefined =>
  group.log[index - 1]?.op === op ? resultOf(pagesAt(group.log, index - 1), op) : undefined

const untrue = (front: Front, group: ReplicaGroup): string | null => {
  const lie = answersOf(front).find(
    ({ op, position, result }) => resultAt(group, indexOf(position), op) !== result,
  )
  return lie === undefined ? null : `the answer ${lie.result} to ${lie.op} is not what was there`
}

const notASketch = (c: ProphecyConstants, front: Front, group: ReplicaGroup): string | null => {
  for (const sketcher of front.sketchers) {
    for (const key of keysOf(sketcher)) {
      const sketch = sketchOf(sketcher.table, key)
      const result = resultAt(group, indexOf(sketch?.position ?? nowhere), key)
      if (result === undefined || c.digest(result) !== sketch?.digest) {
        return `the sketch of ${key} is of no replicated read of it`
      }
    }
  }
  return null
}

const isWellFormed = (call: Call, { queue, lanes }: SketcherState): boolean => {
  const { id, stage, position } = call
  const isQueued = queue.includes(id)
  const isInLane = lanes.some((lane) => lane.call === id)
  const isPlaced = position.seq !== nowhere.seq
  return (
    isQueued === (stage === "queued") &&
    isInLane === (stage === "ordered") &&
    (stage === "fast" || !isPlaced)
  )
}

const malformed = (c: ProphecyConstants, s: SketcherState): string | null => {
  const { table, calls, lanes, strikes } = s
  const tooMany = [table.young, table.old].some((g) => g.sketches.size > c.generation)
  if (tooMany) return "a generation of the table holds too many sketches"
  const bad = calls.find((call) => !isWellFormed(call, s))
  if (bad !== undefined) return `call ${bad.id} is ${bad.stage} and is not where those are`
  const lost = lanes.some((l) => l.call !== undefined && !calls.some(({ id }) => id === l.call))
  if (lost) return "a lane has a call that is answered"
  return strikes.every((count) => count <= c.maxStrikes) ? null : "more strikes than are counted"
}

/** The invariants of Prophecy.tla, by name. */
export const prophecyInvariants = (c: ProphecyConstants): ReadonlyArray<Invariant> => [
  ofFront(
    "TypeOK",
    (front) => front.sketchers.map((s) => malformed(c, s)).find((why) => why !== null) ?? null,
    () => true,
  ),
  ofBoth("Genuine", untrue, (front) => answersOf(front).length > 0),
  ofBoth(
    "SketchesGenuine",
    (front, group) => notASketch(c, front, group),
    (front) => front.sketchers.some((s) => keysOf(s).length > 0),
  ),
  ofFront(
    "Once",
    ({ clients }) => {
      const client = clients.findIndex(isTooOld)
      return client < 0
        ? null
        : `client ${client} was answered from before an answer to its request`
    },
    ({ clients }) => clients.some((k) => k.answer !== undefined && k.promised.seq > 0),
  ),
  ofFront(
    "SessionOK",
    ({ clients }) => {
      const bad = c.sessions.find((id) => {
        const client = clients[id]
        return client?.answer !== undefined && isBefore(client.answer.position, client.seen)
      })
      return bad === undefined ? null : `client ${bad} was answered from before what it has seen`
    },
    ({ clients }) => c.sessions.some((id) => clients[id]?.answer !== undefined),
  ),
  ofFront(
    "LanesBounded",
    ({ sketchers }) =>
      sketchers.every((s) => s.calls.filter((k) => k.stage === "ordered").length <= c.lanes)
        ? null
        : "more calls are ordered than there are lanes",
    ({ sketchers }) => sketchers.some((s) => s.calls.some((k) => k.stage === "ordered")),
  ),
]

const front = (world: WorldView): Front => world.processes[0] as Front
const group = (world: WorldView): ReplicaGroup => world.processes[1] as ReplicaGroup

const someSketcher = (holds: (s: SketcherState) => boolean) => (world: WorldView) =>
  front(world).sketchers.some(holds)

const isStale = (world: WorldView, { op, path, result }: Answer): boolean =>
  path === "fast" && result !== resultOf(pagesAt(group(world).log, group(world).log.length), op)

/** The states that MCProphecy.tla names. */
export const prophecyWitnesses = (c: ProphecyConstants): ReadonlyArray<Witness> => [
  { name: "ReachFast", holds: (w) => answersOf(front(w)).some(({ path }) => path === "fast") },
  { name: "ReachStale", holds: (w) => answersOf(front(w)).some((answer) => isStale(w, answer)) },
  {
    name: "ReachMismatch",
    holds: someSketcher((s) => s.calls.some((k) => k.stage !== "fast" && k.digest !== "")),
  },
  {
    name: "ReachTwoOrdered",
    holds: someSketcher((s) => s.calls.filter((k) => k.stage === "ordered").length > 1),
  },
  { name: "ReachQueued", holds: someSketcher((s) => s.queue.length > 0) },
  { name: "ReachDropped", holds: someSketcher((s) => s.table.floor.seq > 0) },
  {
    name: "ReachOut",
    holds: someSketcher((s) => c.maxStrikes > 0 && s.strikes.some((k) => k === c.maxStrikes)),
  },
  { name: "ReachGone", holds: (w) => front(w).clients.some((k) => k.state === "gone") },
  {
    name: "ReachFastAfterRestart",
    holds: (w) =>
      front(w).clients.some((k) => k.state === "gone") &&
      answersOf(front(w)).some(({ path }) => path === "fast"),
  },
  {
    name: "ReachSecondInBatch",
    holds: (w) => answersOf(front(w)).some(({ position }) => position.place > 0),
  },
  {
    name: "ReachAllAnswered",
    holds: (w) => front(w).clients.every((k, id) => k.next > (c.clientOps[id]?.length ?? 0)),
  },
]
