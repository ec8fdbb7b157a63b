/**
 * A model of D-Prophecy whose clients are watched: what they see is judged as it happens, by every
 * way in which DelayOnce could have made it (src/consistency). The other side is
 * spec/tla/RefineDProphecy.tla.
 */
import type { Call } from "../consistency/call.ts"
import { jsonText } from "../consistency/json.ts"
import type { Model as Service } from "../consistency/model.ts"
import { Search } from "../consistency/search.ts"
import { dProphecyModel } from "./d-prophecy-model.ts"
import type { DFront, DProphecyConstants } from "./d-prophecy-process.ts"
import type { Model, Move, ProcessModel } from "./model.ts"
import { indexOf, kindOf, nextPages, type Pages, pagesAt, resultOf } from "./prophecy-process.ts"

/** The clients, and what DelayOnce may be doing while they see what they saw. */
interface Watched {
  readonly front: DFront
  readonly seen: Search
}

const pages: Service = {
  name: "pages",
  initial: { ...pagesAt([], 0) },
  problem: () => undefined,
  isRead: (op) => kindOf(op as string) === "read",
  apply: (state, op) => ({
    state: { ...nextPages(state as Pages, op as string) },
    result: resultOf(state as Pages, op as string),
  }),
}

/** The number of a client that is gone. */
const gone = 9

const newCall = (line: number, client: number, op: string): Call => ({
  line,
  index: line,
  process: String(client),
  object: "",
  request: op,
  operation: op,
  written: undefined,
  isRead: kindOf(op) === "read",
})

/** Request number `k`, from 1, of a client. A search tells calls apart by what they are. */
type CallOf = (client: number, k: number) => Call

const callsOf = ({ clientOps, startLog }: DProphecyConstants): CallOf => {
  const asked = new Map(clientOps.map((ops, client) => [client, ops.map(({ op }) => op)]))
  asked.set(
    gone,
    startLog.map(({ op }) => op),
  )
  const calls = new Map(
    [...asked].map(([client, ops]) => [
      client,
      ops.map((op, k) => newCall(100 * client + k + 1, client, op)),
    ]),
  )
  return (client, k) => calls.get(client)?.[k - 1] as Call
}

const answered = (seen: Search, call: Call, path: "fast" | "replicated", result: string): void => {
  const of = { call, line: call.line, type: "ok", result: jsonText(result) } as const
  const problem = seen.end({ ...of, path: call.isRead ? path : "unknown" })
  if (problem === "limit") throw new Error("a small model has few possibilities")
}

// One client asked one thing after the other; the last of it is not answered if it is after the
// last answer to a read.
const before = ({ startLog, startLatest }: DProphecyConstants, callOf: CallOf): Search => {
  const seen = new Search({ consistency: "delay-once", model: pages, limit: 100_000 })
  const isAnswered = indexOf(startLatest) === startLog.length
  startLog.forEach(({ op }, k) => {
    const call = callOf(gone, k + 1)
    seen.begin(call)
    if (k === startLog.length - 1 && !isAnswered) return
    answered(seen, call, "replicated", resultOf(pagesAt(startLog, k), op))
  })
  return seen
}

const watched = ({ front, seen }: Watched, after: DFront, callOf: CallOf): Search => {
  const next = seen.copy()
  after.clients.forEach((client, id) => {
    const old = front.clients[id]
    if (old === undefined) return
    const call = callOf(id, old.next)
    if (old.at.call === undefined && client.at.call !== undefined) next.begin(call)
    if (old.at.call === undefined || client.at.call !== undefined) return
    const { answer } = client
    if (answer !== undefined) answered(next, call, answer.path, answer.result)
  })
  return next
}

const watching = (c: DProphecyConstants, clients: ProcessModel<DFront>): ProcessModel<Watched> => {
  const callOf = callsOf(c)
  const follow = (process: Watched, move: Move<DFront>): Move<Watched> => ({
    ...move,
    process:
      move.process === process.front
        ? process
        : { front: move.process, seen: watched(process, move.process, callOf) },
  })
  return {
    name: clients.name,
    initial: { front: clients.initial, seen: before(c, callOf) },
    key: ({ front, seen }) => `${clients.key?.(front)} ${seen.key}`,
    texts: ({ front }) => clients.texts(front),
    local: (process) => clients.local(process.front).map((move) => follow(process, move)),
    receive: (process, message) => {
      const move = clients.receive(process.front, message)
      return move === undefined ? undefined : follow(process, move)
    },
  }
}

/** The model with its clients watched: a state that no run of DelayOnce explains is a violation. */
export const dProphecyHistoryModel = (name: string, c: DProphecyConstants): Model => {
  const model = dProphecyModel(name, c)
  const [clients, group] = model.processes
  const isFront = (p: unknown): p is Watched => typeof p === "object" && p !== null && "seen" in p
  return {
    ...model,
    processes: [
      watching(c, clients as ProcessModel<unknown> as ProcessModel<DFront>),
      group,
    ] as unknown as ReadonlyArray<ProcessModel<unknown>>,
    invariants: [
      {
        name: "IsDelayOnce",
        scope: "process",
        check: (p) =>
          isFront(p) && p.seen.size === 0 ? "no run of DelayOnce shows clients this" : null,
        antecedent: (p) => isFront(p) && p.front.clients.some(({ next }) => next > 1),
      },
    ],
    witnesses: [],
  }
}
