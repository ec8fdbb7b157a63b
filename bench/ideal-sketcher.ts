/**
 * An ideal sketcher in front of one service, with clients that call at random: what it answers is
 * delay-once by the rules I1 to I3, so every checker must accept it.
 */
import type { Call, HistoryEvent, Path } from "../src/consistency/call.ts"
import { type Json, jsonText } from "../src/consistency/json.ts"
import type { Model } from "../src/consistency/model.ts"

/** Numbers below `n`, from a seed (mulberry32). */
export const randomFrom = (seed: number): ((n: number) => number) => {
  let state = seed >>> 0
  return (n) => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % n
  }
}

export interface Asked {
  /** "x" where there is one object. */
  readonly object?: string
  readonly operation: Json
  readonly request: string
}

export interface SketcherOptions {
  readonly model: Model
  readonly seed: number
  readonly clients: number
  readonly calls: number
  /** What the n-th call asks for. */
  readonly ask: (random: (n: number) => number, n: number) => Asked
  /** Of 100 calls so many are never answered. */
  readonly lost: number
  /** Of 100 answers to reads so many do not tell their path. */
  readonly untold: number
  /** Whether reads are ever fast. */
  readonly sketches: boolean
}

interface Running {
  readonly call: Call
  result: string | undefined
  position: number
  isOver: boolean
  sample: string | undefined
}

const namesOf = (object: string, request: string) => ({
  object: JSON.stringify(object),
  request: JSON.stringify(request),
})

export const sketched = (options: SketcherOptions): ReadonlyArray<HistoryEvent> => {
  const { model, seed, clients, calls, ask, lost, untold, sketches } = options
  const random = randomFrom(seed)
  const events: Array<HistoryEvent> = []
  const table = new Map<string, { readonly result: string; readonly position: number }>()
  const states = new Map<string, Json>()
  const idle = Array.from({ length: clients }, (_, k) => k)
  const running: Array<Running> = []
  let [writes, asked, names] = [0, 0, clients]
  const begin = (): void => {
    const process = idle.splice(random(idle.length), 1)[0] as number
    const { operation, request, object = "x" } = ask(random, asked++)
    const isRead = model.isRead(operation)
    const put = (operation as { readonly put?: Json }).put
    const line = events.length + 1
    const written = isRead || put === undefined ? undefined : jsonText(put)
    const own = { line, index: line - 1, process: String(process), ...namesOf(object, request) }
    const call: Call = { ...own, operation, written, isRead }
    events.push({ begun: call })
    running.push({ call, result: undefined, position: -1, isOver: false, sample: undefined })
  }
  const end = (r: Running, type: "ok" | "info", result: string | undefined, path: Path): void => {
    running.splice(running.indexOf(r), 1)
    const told = !r.call.isRead || random(100) < untold ? "unknown" : path
    const line = events.length + 1
    events.push({ ended: { call: r.call, line, type, result, path: told } })
    idle.push(type === "ok" ? Number(r.call.process) : names++)
  }
  const move = (r: Running): void => {
    const { call } = r
    const entry = `${call.object} ${call.request}`
    const sketch = table.get(entry)
    if (random(100) < lost) end(r, "info", undefined, "unknown")
    else if (r.isOver) end(r, "ok", r.result, "replicated")
    else if (r.sample !== undefined && random(4) > 0) end(r, "ok", r.sample, "fast")
    else if (r.result !== undefined) {
      r.isOver = true
      if (sketch === undefined || sketch.position < r.position) {
        table.set(entry, { result: r.result, position: r.position })
      }
    } else if (call.isRead && sketches && sketch !== undefined && random(3) > 0) {
      r.sample = sketch.result
    } else {
      const outcome = model.apply(states.get(call.object) ?? model.initial, call.operation)
      states.set(call.object, outcome.state)
      if (!call.isRead) writes++
      r.result = call.isRead || model.name !== "register" ? jsonText(outcome.result) : undefined
      r.isOver = !call.isRead
      r.position = writes
      r.sample = undefined
    }
  }
  while (asked < calls || running.length > 0) {
    const r = running[random(running.length + 1)]
    if (r !== undefined) move(r)
    else if (asked < calls && idle.length > 0) begin()
  }
  return events
}

const registerCall = (
  random: (n: number) => number,
  n: number,
  [reads, values]: readonly [number, number],
): Json => (random(100) < reads ? { get: null } : { put: values === Infinity ? n : random(values) })

/** Reads and writes of a register: of 100 calls so many reads; a value is one of so many. */
export const registerCalls =
  (reads: number, values: number, keys = 1): SketcherOptions["ask"] =>
  (random, n) => {
    const key = keys === 1 ? "x" : `k${random(keys)}`
    return { object: key, request: key, operation: registerCall(random, n, [reads, values]) }
  }
