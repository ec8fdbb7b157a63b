/**
 * Whether what clients saw is linearizable. The executions give an order; three things are to be
 * shown of it: a plain map that is asked in this order answers as the clients were answered, each
 * answered request is in it, and whoever had its answer before another asked stands before it.
 * Reads that were answered without an order are placed in between (unordered-reads.ts).
 */
import type { Bytes, ClientId } from "../core/ids.ts"
import { decodeOperation, encodeResult } from "../core/service/key-value-operation.ts"
import type { KeyValueOperation, KeyValueResult } from "../core/service/key-value-operation.ts"
import type { Observed } from "./client-node.ts"
import type { Execution, Violation } from "./ledger.ts"
import { isGet, operationBytes } from "./operation.ts"
import type { Monitor } from "./protocol.ts"
import { misplacedReads } from "./unordered-reads.ts"

const absent: KeyValueResult = { _tag: "Absent" }
const done: KeyValueResult = { _tag: "Done" }

const answer = (store: Map<string, string>, operation: KeyValueOperation): KeyValueResult => {
  const { key } = operation
  const value = store.get(key)
  const now: KeyValueResult = value === undefined ? absent : { _tag: "Value", value }
  switch (operation._tag) {
    case "Get":
      return now
    case "Delete":
      return store.delete(key) ? done : absent
    case "Put":
      store.set(key, operation.value)
      return done
    case "CompareAndSet":
      if (value !== operation.expected) return now
      store.set(key, operation.value)
      return done
  }
}

const resultOf = (store: Map<string, string>, bytes: Bytes): Bytes => {
  const operation = decodeOperation(bytes)
  return encodeResult(
    typeof operation === "string"
      ? { _tag: "BadOperation", why: operation }
      : answer(store, operation),
  )
}

interface Placed {
  readonly operation: Bytes
  readonly result: Bytes
  readonly place: number
}

/** Every executed request with its place in the order, and the first result that is wrong. */
const replayed = (executions: ReadonlyMap<number, Execution>) => {
  const store = new Map<string, string>()
  const placed = new Map<string, Placed>()
  const wrong: Array<string> = []
  const order = [...executions].sort(([a], [b]) => a - b)
  order.forEach(([seq], k) => {
    if (seq !== k + 1) wrong.push(`nothing is executed at ${k + 1}, but something at ${seq}`)
  })
  for (const [seq, { requests, results }] of order) {
    requests.forEach(({ client, timestamp, operation }, k) => {
      const result = resultOf(store, operation)
      const place = placed.size
      placed.set(`${client} ${timestamp}`, { operation, result, place })
      if (result === results[k]) return
      const shown = `${JSON.stringify(results[k])}, not ${JSON.stringify(result)}`
      wrong.push(`request ${timestamp} of client ${client} at ${seq} gives ${shown}`)
    })
  }
  return { placed, wrong }
}

const nameOf = ({ client, timestamp, operation }: Observed): string =>
  `request ${timestamp} of client ${client} (${operation})`

// Whoever was answered before this one asked: the highest place of all of them.
const realTime = (answered: ReadonlyArray<readonly [Observed, Placed]>): ReadonlyArray<string> => {
  const byEnd = answered.toSorted(([a], [b]) => (a.completedAt ?? 0) - (b.completedAt ?? 0))
  const byStart = answered.toSorted(([a], [b]) => a.submittedAt - b.submittedAt)
  const wrong: Array<string> = []
  let ended = 0
  let latest: readonly [Observed, Placed] | undefined
  for (const [asked, { place }] of byStart) {
    for (; ended < byEnd.length; ended++) {
      const next = byEnd[ended]
      if (next === undefined || (next[0].completedAt ?? 0) >= asked.submittedAt) break
      if (latest === undefined || next[1].place > latest[1].place) latest = next
    }
    if (latest === undefined || latest[1].place < place) continue
    wrong.push(`${nameOf(asked)} stands before ${nameOf(latest[0])}, which was answered earlier`)
  }
  return wrong
}

/** What reading gives when the first `place` requests were executed. */
const readAt = (order: ReadonlyArray<Placed>, place: number, { operation }: Observed): Bytes => {
  const store = new Map<string, string>()
  for (const request of order.slice(0, place)) resultOf(store, request.operation)
  return resultOf(store, operationBytes(operation))
}

/**
 * The first thing that no linearizable service does; undefined when there is none. With `reads`,
 * what only reads may have been answered without being executed.
 */
export const notLinear = (
  { executions }: Pick<Monitor, "executions">,
  observed: ReadonlyArray<Observed>,
  reads: boolean,
): Violation | undefined => {
  const { placed, wrong } = replayed(executions)
  const answered: Array<readonly [Observed, Placed]> = []
  const unordered: Array<Observed> = []
  for (const o of observed) {
    if (o.completedAt === undefined) continue
    const at = placed.get(`${o.client} ${o.timestamp}`)
    if (at === undefined && reads && isGet(o.operation)) {
      unordered.push(o)
    } else if (at === undefined || at.operation !== operationBytes(o.operation)) {
      wrong.push(`${nameOf(o)} was answered, and never executed`)
    } else {
      answered.push([o, at])
      if (at.result !== o.result) {
        const shown = `${JSON.stringify(o.result)}, not ${JSON.stringify(at.result)}`
        wrong.push(`${nameOf(o)} was answered ${shown}`)
      }
    }
  }
  const order = [...placed.values()] // order-free: in the order in which they were executed
  const resultAt = (place: number, read: Observed): Bytes => readAt(order, place, read)
  const misplaced = misplacedReads({ order, answered, reads: unordered, resultAt }).map(
    (o) => `${nameOf(o)} was answered ${JSON.stringify(o.result)}, which no state then had`,
  )
  const why = [...wrong, ...realTime(answered), ...misplaced][0]
  return why === undefined ? undefined : { property: "Linearizable", why }
}

/** How many requests were answered on what was executed tentatively only, until now. */
export const notFinal = (
  { executions }: Pick<Monitor, "executions">,
  observed: ReadonlyArray<Observed>,
  reads: boolean,
): number => {
  const executed = new Set<string>()
  // order-free: a set has no order
  for (const { requests } of executions.values()) {
    for (const { client, timestamp } of requests) executed.add(`${client} ${timestamp}`)
  }
  return observed.filter(
    ({ client, timestamp, operation, completedAt }) =>
      completedAt !== undefined &&
      !executed.has(`${client} ${timestamp}`) &&
      !(reads && isGet(operation)),
  ).length
}

/** Whether a client's requests were executed that it never made: only a hostile one's may be. */
export const invented = (
  { executions }: Pick<Monitor, "executions">,
  observed: ReadonlyArray<Observed>,
  correct: ReadonlyArray<ClientId>,
): Violation | undefined => {
  const asked = new Set(
    observed.map((o) => `${o.client} ${o.timestamp} ${operationBytes(o.operation)}`),
  )
  const all = [...executions].sort(([a], [b]) => a - b)
  for (const [seq, { requests }] of all) {
    const r = requests.find(
      ({ client, timestamp, operation }) =>
        correct.includes(client) && !asked.has(`${client} ${timestamp} ${operation}`),
    )
    if (r === undefined) continue
    const why = `request ${r.timestamp} of client ${r.client} at ${seq} was never asked for`
    return { property: "Validity", why }
  }
  return undefined
}
