/** Instances of D-Prophecy for the explorer: the TypeScript side of spec/tla/MCDProphecy.tla. */
import { isBefore } from "../core/prophecy/position.ts"
import { record, set, type Text } from "./canonical.ts"
import { dFrontModel, dSentOf } from "./d-prophecy-front.ts"
import { dGroupModel } from "./d-prophecy-group.ts"
import type { DFront, DGroup, DProphecyConstants } from "./d-prophecy-process.ts"
import type { Invariant, Model, ProcessModel, Witness, WorldView } from "./model.ts"
import { type Answer, indexOf, kindOf, pagesAt, resultOf } from "./prophecy-process.ts"

const actions = [
  "ClientRead",
  "ClientWrite",
  "ClientRecvSketchReply",
  "ClientSketchTimeout",
  "ClientRecvOrderedReply",
  "RecvSketchRead",
  "Order",
  "Apply",
]

type Process = DFront | DGroup

const answersOf = (p: unknown): ReadonlyArray<Answer> =>
  (p as Process).role === "front" ? (p as DFront).clients.flatMap((k) => k.answer ?? []) : []

const isTrue = ({ log }: DGroup, { op, position, result }: Answer): boolean => {
  const k = indexOf(position)
  return log[k - 1]?.op === op && resultOf(pagesAt(log, k - 1), op) === result
}

const misplaced = ({ clients }: DFront, n: number): string | null =>
  clients.every(({ at }) => at.call?.stage !== "asked" || at.call.sketches.length === n)
    ? null
    : "a call that waits for sketches has no place for them"

const invariants = (c: DProphecyConstants): ReadonlyArray<Invariant> => [
  {
    name: "TypeOK",
    scope: "process",
    check: (p) => ((p as Process).role === "front" ? misplaced(p as DFront, c.n) : null),
    antecedent: () => true,
  },
  {
    name: "Genuine",
    scope: "pair",
    check: (a, b) => {
      if ((b as Process).role !== "group") return null
      const lie = answersOf(a).find((answer) => !isTrue(b as DGroup, answer))
      return lie === undefined ? null : `the answer ${lie.result} is not what was there`
    },
    antecedent: (a) => answersOf(a).length > 0,
  },
  {
    name: "Once",
    scope: "process",
    check: (p) => {
      if ((p as Process).role !== "front") return null
      const { clients } = p as DFront
      const bad = clients.findIndex(
        ({ answer, promised }) => answer !== undefined && isBefore(answer.position, promised),
      )
      return bad < 0 ? null : `client ${bad} was answered from before an answer to its request`
    },
    antecedent: (p) =>
      (p as Process).role === "front" &&
      (p as DFront).clients.some((k) => k.answer !== undefined && k.promised.seq > 0),
  },
]

const front = (world: WorldView): DFront => world.processes[0] as DFront
const group = (world: WorldView): DGroup => world.processes[1] as DGroup

const isStale = ({ log }: DGroup, { op, path, result }: Answer): boolean =>
  path === "fast" && result !== resultOf(pagesAt(log, log.length), op)

const witnesses = (c: DProphecyConstants): ReadonlyArray<Witness> => [
  { name: "ReachFast", holds: (w) => answersOf(front(w)).some(({ path }) => path === "fast") },
  {
    name: "ReachOrderedRead",
    holds: (w) =>
      front(w).clients.some(
        ({ at }) => at.call?.stage === "ordered" && kindOf(at.call.operation) === "read",
      ),
  },
  { name: "ReachStale", holds: (w) => answersOf(front(w)).some((a) => isStale(group(w), a)) },
  {
    name: "ReachAllAnswered",
    holds: (w) => front(w).clients.every((k, id) => k.next > (c.clientOps[id]?.length ?? 0)),
  },
]

/** The model with these constants. */
export const dProphecyModel = (name: string, c: DProphecyConstants): Model => ({
  name,
  processes: [dFrontModel(c), dGroupModel(c)] as unknown as ReadonlyArray<ProcessModel<unknown>>,
  injected: c.injected.map((m) => ({ ...dSentOf(m), needs: [] })),
  forged: () => [],
  invariants: invariants(c),
  witnesses: witnesses(c),
  actions,
  text: (parts: ReadonlyArray<Readonly<Record<string, Text>>>, sent: ReadonlyArray<Text>): Text =>
    record({ ...parts[0], ...parts[1], msgs: set(sent) }),
})
