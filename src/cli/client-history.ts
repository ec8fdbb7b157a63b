/**
 * What the clients of a run saw, as a history (docs/history-format.md) and judged as one: whether
 * it is linearizable or, behind a sketcher, delay-once. This is the whole of it where
 * register-check.ts looks at reads one by one; but a key whose values returned while much was under
 * way may stay undecided.
 */
import type { Call, Consistency, HistoryEvent } from "../consistency/call.ts"
import { HistoryChecker } from "../consistency/checker.ts"
import { explain } from "../consistency/explanation.ts"
import { register } from "../consistency/model.ts"
import { historyLine } from "../consistency/writer.ts"
import { operationText } from "./check-history-report.ts"
import type { Observation } from "./register-check.ts"

export interface ClientHistory {
  readonly consistency: Consistency
  readonly operations: number
  readonly keys: number
  /** Keys of which a limit ended the search. */
  readonly undecided: number
  /** The operation that does not fit, and those that it does not fit with; none when all do. */
  readonly wrong: ReadonlyArray<string>
}

interface Moment {
  readonly at: number
  readonly isEnd: boolean
  readonly observation: Observation
}

const limits = { mostPossibilities: 2_000, mostKept: 100_000, mostObjects: 1_000_000 }

/** Ends come after beginnings of the same moment: so nobody is over before another begins. */
const inOrder = (a: Moment, b: Moment): number => a.at - b.at || Number(a.isEnd) - Number(b.isEnd)

/** The events in the order of their times; an operation without an answer is never over. */
export const clientEvents = (
  observations: ReadonlyArray<Observation>,
): ReadonlyArray<HistoryEvent> => {
  const moments = observations.flatMap((observation): ReadonlyArray<Moment> => {
    const begin = { at: observation.startedAt, isEnd: false, observation }
    const { endedAt } = observation
    return endedAt === Infinity ? [begin] : [begin, { at: endedAt, isEnd: true, observation }]
  })
  const calls = new Map<Observation, Call>()
  const processes = new Map<number, number>()
  return moments.sort(inOrder).map(({ isEnd, observation }, k): HistoryEvent => {
    const line = k + 1
    const value = observation.value === undefined ? "null" : JSON.stringify(observation.value)
    const begun = calls.get(observation)
    if (isEnd && begun !== undefined) {
      const result = begun.isRead ? value : undefined
      const path = observation.path ?? "unknown"
      return { ended: { call: begun, line, type: "ok", result, path } }
    }
    // Whoever had no answer goes on as another process.
    const { client, kind } = observation
    const life = processes.get(client) ?? 0
    if (observation.endedAt === Infinity) processes.set(client, life + 1)
    const key = JSON.stringify(observation.key)
    const call: Call = {
      line,
      index: k,
      process: JSON.stringify(`${client}.${life}`),
      object: key,
      request: key,
      operation: kind === "read" ? { get: null } : { put: observation.value ?? null },
      written: kind === "read" ? undefined : value,
      isRead: kind === "read",
    }
    calls.set(observation, call)
    return { begun: call }
  })
}

/** The history as a file of JSON lines; its times are the places of the lines. */
export const historyFile = (events: ReadonlyArray<HistoryEvent>): string =>
  events.map((event, k) => `${historyLine(event, k + 1, register)}\n`).join("")

export const judgeHistory = (
  events: ReadonlyArray<HistoryEvent>,
  consistency: Consistency = "linearizable",
): ClientHistory => {
  const checker = new HistoryChecker({ ...limits, consistency, model: register })
  const operations = events.filter((event) => "begun" in event).length
  for (const event of events) {
    const violation = checker.take(event)
    if (violation === undefined || "begun" in event) continue
    const explanation = explain(violation.evidence, consistency)
    const against = explanation?.against ?? []
    const wrong = [event.ended, ...against].map(operationText)
    return { consistency, operations, keys: checker.objects, undecided: 0, wrong }
  }
  const undecided = checker.gaveUp?.objects ?? 0
  return { consistency, operations, keys: checker.objects, undecided, wrong: [] }
}

/** How many keys are by themselves not linearizable. */
export const keysNotLinearizable = (observations: ReadonlyArray<Observation>): number => {
  const byKey = Map.groupBy(observations, ({ key }) => key)
  // order-free: counted
  return [...byKey.values()].filter((some) => judgeHistory(clientEvents(some)).wrong.length > 0)
    .length
}
