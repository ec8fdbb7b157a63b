/**
 * Linearizable and delay-once, written down from the definition and from nothing else: every choice
 * of paths and of open operations, every order, every position. Only for histories of a few
 * operations; it shares no code with what it judges.
 */
import type { Call, Completion, HistoryEvent } from "../../../src/consistency/call.ts"
import { jsonText } from "../../../src/consistency/json.ts"
import type { Model } from "../../../src/consistency/model.ts"

interface Operation {
  readonly call: Call
  readonly invoked: number
  /** Infinity when it is open. */
  readonly returned: number
  readonly completion: Completion | undefined
}

const operationsOf = (history: ReadonlyArray<HistoryEvent>): ReadonlyArray<Operation> => {
  const all: Array<Operation> = []
  history.forEach((event, invoked) => {
    if (!("begun" in event)) return
    const { line } = event.begun
    const at = history.findIndex((e) => "ended" in e && e.ended.call.line === line)
    const end = history[at]
    const completion = end !== undefined && "ended" in end ? end.ended : undefined
    if (completion?.type === "fail") return
    const isOk = completion?.type === "ok"
    all.push({
      call: event.begun,
      invoked,
      returned: isOk ? at : Infinity,
      completion: isOk ? completion : undefined,
    })
  })
  return all
}

const subsets = <A>(all: ReadonlyArray<A>): ReadonlyArray<ReadonlyArray<A>> =>
  all.reduce<ReadonlyArray<ReadonlyArray<A>>>(
    (sets, a) => [...sets, ...sets.map((s) => [...s, a])],
    [[]],
  )

/** Every order that respects real time. */
function* orders(all: ReadonlyArray<Operation>): Generator<ReadonlyArray<Operation>> {
  if (all.length === 0) yield []
  for (const first of all) {
    if (all.some((o) => o.returned < first.invoked)) continue
    for (const rest of orders(all.filter((o) => o !== first))) yield [first, ...rest]
  }
}

const answer = (model: Model, before: ReadonlyArray<Operation>, { call }: Operation): string => {
  const state = before.reduce((s, o) => model.apply(s, o.call.operation).state, model.initial)
  return jsonText(model.apply(state, call.operation).result)
}

const isLegal = (model: Model, w: ReadonlyArray<Operation>): boolean =>
  w.every((o, i) => {
    const result = o.completion?.result
    return result === undefined || answer(model, w.slice(0, i), o) === result
  })

export const isLinearizable = (model: Model, history: ReadonlyArray<HistoryEvent>): boolean => {
  const all = operationsOf(history)
  const done = all.filter((o) => o.returned < Infinity)
  const openWrites = all.filter((o) => o.returned === Infinity && !o.call.isRead)
  for (const opened of subsets(openWrites)) {
    for (const w of orders([...done, ...opened])) if (isLegal(model, w)) return true
  }
  return false
}

/** Positions of W, from 1, that conditions D1 to D3 allow for the fast read x. */
const positionsOf = (
  model: Model,
  w: ReadonlyArray<Operation>,
  x: Operation,
): ReadonlyArray<number> =>
  w.flatMap((s, i) => {
    const k = i + 1
    const sameRequest = (o: Operation) => o.call.isRead && o.call.request === x.call.request
    const genuine = answer(model, w.slice(0, k), x) === x.completion?.result
    const source = sameRequest(s) && s.invoked < x.returned
    const noFuture = w.slice(0, k).every((o) => o.invoked < x.returned)
    const delayedOnce = w.slice(k).every((o) => !(sameRequest(o) && o.returned < x.invoked))
    return genuine && source && noFuture && delayedOnce ? [k] : []
  })

/** Whether each of the fast reads finds a position, so that D4 holds among them. */
const allPlaced = (
  fast: ReadonlyArray<Operation>,
  allowed: (x: Operation) => ReadonlyArray<number>,
  placed: ReadonlyArray<readonly [Operation, number]> = [],
): boolean => {
  const [x, ...others] = fast
  if (x === undefined) return true
  return allowed(x).some(
    (k) =>
      placed.every(([y, at]) => {
        if (y.call.request !== x.call.request) return true
        if (y.returned < x.invoked) return at <= k
        return x.returned < y.invoked ? k <= at : true
      }) && allPlaced(others, allowed, [...placed, [x, k]]),
  )
}

export const isDelayOnce = (model: Model, history: ReadonlyArray<HistoryEvent>): boolean => {
  const all = operationsOf(history)
  const open = all.filter((o) => o.returned === Infinity)
  const done = all.filter((o) => o.returned < Infinity)
  const ofPath = (path: string) => done.filter((o) => o.call.isRead && o.completion?.path === path)
  const unknown = ofPath("unknown")
  const writes = done.filter((o) => !o.call.isRead)
  for (const replicated of subsets(unknown)) {
    const fast = [...ofPath("fast"), ...unknown.filter((o) => !replicated.includes(o))]
    for (const opened of subsets(open)) {
      const r = [...writes, ...ofPath("replicated"), ...replicated, ...opened]
      for (const w of orders(r)) {
        if (isLegal(model, w) && allPlaced(fast, (x) => positionsOf(model, w, x))) return true
      }
    }
  }
  return false
}
