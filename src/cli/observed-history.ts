/**
 * What the clients of a run saw, as a history (docs/history-format.md), and its judgement: each key
 * is a register.
 */
import type { Consistency } from "../consistency/call.ts"
import { HistoryChecker } from "../consistency/checker.ts"
import { explain } from "../consistency/explanation.ts"
import { register } from "../consistency/model.ts"
import { HistoryReader } from "../consistency/reader.ts"
import type { Observation } from "./register-check.ts"

interface Point {
  readonly at: number
  /** At one instant operations end after others begin: they overlapped, as far as anyone knows. */
  readonly ends: boolean
  readonly observation: Observation
}

const order = (a: Point, b: Point): number => a.at - b.at || Number(a.ends) - Number(b.ends)

const pointsOf = (observations: ReadonlyArray<Observation>): ReadonlyArray<Point> =>
  observations
    .flatMap((observation): ReadonlyArray<Point> => {
      const { startedAt, endedAt } = observation
      const begin = { at: startedAt, ends: false, observation }
      return Number.isFinite(endedAt) ? [begin, { at: endedAt, ends: true, observation }] : [begin]
    })
    .sort(order)

/** The lines of the history, in the order in which things happened. */
export const historyLines = (observations: ReadonlyArray<Observation>): ReadonlyArray<string> => {
  // A process whose operation has no end is not used again: its client goes on under another name.
  const lives = new Map<number, number>()
  const names = new Map<Observation, string>()
  let last = 0
  return pointsOf(observations).map(({ at, ends, observation }, index) => {
    const { client, key, kind: f, endedAt, path } = observation
    const life = lives.get(client) ?? 0
    const process = names.get(observation) ?? `${client}.${life}`
    names.set(observation, process)
    if (!ends && !Number.isFinite(endedAt)) lives.set(client, life + 1)
    const time = Math.max(last + 1, Math.round(at * 1e6))
    last = time
    const value = f === "read" && !ends ? null : (observation.value ?? null)
    const head = { index, time, process, type: ends ? "ok" : "invoke", f, key, value }
    return JSON.stringify(f === "read" && ends && path !== undefined ? { ...head, path } : head)
  })
}

export interface Judgement {
  readonly consistency: Consistency
  readonly verdict: "holds" | "violated" | "unknown"
  /** Where it is violated or why it is unknown, in words. */
  readonly why: string | undefined
}

const limits = { mostPossibilities: 50_000, mostKept: 200_000, mostObjects: 1_000_000 } as const

/** Judges lines of a history whose keys are registers. */
export const judgeHistory = (lines: ReadonlyArray<string>, consistency: Consistency): Judgement => {
  const checker = new HistoryChecker({ consistency, model: register, ...limits })
  const reader = new HistoryReader(register)
  for (const line of lines) {
    const event = reader.next(line)
    if ("bad" in event) return { consistency, verdict: "unknown", why: event.bad }
    const violation = checker.take(event)
    if (violation === undefined) continue
    const why = explain(violation.evidence, consistency)
    return { consistency, verdict: "violated", why: why?.why ?? `from this event on: ${line}` }
  }
  const { gaveUp } = checker
  if (gaveUp === undefined) return { consistency, verdict: "holds", why: undefined }
  const why = `${gaveUp.objects} keys undecided: too many ${gaveUp.first.limit}`
  return { consistency, verdict: "unknown", why }
}

/** How many keys of the history are by themselves not linearizable. */
export const keysNotLinearizable = (observations: ReadonlyArray<Observation>): number => {
  const byKey = Map.groupBy(observations, ({ key }) => key)
  // order-free: counted
  return [...byKey.values()].filter(
    (some) => judgeHistory(historyLines(some), "linearizable").verdict === "violated",
  ).length
}
