/**
 * One state that an object's service, its sketch table and its calls may be in; immutable. The
 * points in which it changes are those of spec/tla/DelayOnce.tla.
 */
import { assert } from "../core/assert.ts"
import type { Call } from "./call.ts"
import { type Json, jsonText } from "./json.ts"
import type { Model } from "./model.ts"

export interface Service {
  readonly model: Model
  /** Whether there is a sketch table. */
  readonly sketches: boolean
}

/** A result, and how many writes it is after. */
interface Sketch {
  readonly result: string
  readonly position: number
}

type Lines<A> = ReadonlyMap<number, A>

export interface Possibility {
  readonly state: Json
  readonly stateText: string
  /** How many writes took effect. */
  readonly writes: number
  /** [request -> what the sketch table has] */
  readonly table: ReadonlyMap<string, Sketch>
  /** Of operations under way, by line: the result of what is done. */
  readonly results: Lines<string>
  /** What a replicated read took that is not installed yet. */
  readonly taken: Lines<Sketch>
  /** What reads could have sampled since they began. */
  readonly samples: Lines<Samples>
}

interface Samples {
  readonly request: string
  readonly results: ReadonlyArray<string>
}

const empty: ReadonlyMap<number, never> = new Map<number, never>()

export const first = (model: Model): Possibility => ({
  state: model.initial,
  stateText: jsonText(model.initial),
  writes: 0,
  table: new Map(),
  results: empty,
  taken: empty,
  samples: empty,
})

const withEntry = <K, V>(map: ReadonlyMap<K, V>, key: K, value: V): ReadonlyMap<K, V> =>
  new Map(map).set(key, value)

const withoutEntry = <V>(map: Lines<V>, line: number): Lines<V> => {
  if (!map.has(line)) return map
  if (map.size === 1) return empty
  const copy = new Map(map)
  copy.delete(line)
  return copy
}

export const progressOf = (p: Possibility, call: Call): "none" | "taken" | "done" => {
  if (p.results.has(call.line)) return "done"
  return p.taken.has(call.line) ? "taken" : "none"
}

/** A read begins: it may sample what the table has. */
export const begin = (p: Possibility, call: Call): Possibility => {
  const sketch = p.table.get(call.request)
  const results = sketch === undefined ? [] : [sketch.result]
  return { ...p, samples: withEntry(p.samples, call.line, { request: call.request, results }) }
}

export const couldSample = (p: Possibility, call: Call, result: string): boolean =>
  p.samples.get(call.line)?.results.includes(result) ?? false

/** It will never be answered, so it does not matter what it could sample. */
export const abandon = (p: Possibility, call: Call): Possibility =>
  p.samples.has(call.line) ? { ...p, samples: withoutEntry(p.samples, call.line) } : p

/** A write takes effect. */
export const effect = (p: Possibility, call: Call, { model }: Service): Possibility => {
  const { state, result } = model.apply(p.state, call.operation)
  const results = withEntry(p.results, call.line, jsonText(result))
  return { ...p, state, stateText: jsonText(state), writes: p.writes + 1, results }
}

/** A replicated read takes the state. */
export const take = (p: Possibility, call: Call, { model, sketches }: Service): Possibility => {
  const result = jsonText(model.apply(p.state, call.operation).result)
  if (!sketches) return { ...p, results: withEntry(p.results, call.line, result) }
  return { ...p, taken: withEntry(p.taken, call.line, { result, position: p.writes }) }
}

/** What it took becomes the sketch, unless a later one is there. */
export const install = (p: Possibility, call: Call): Possibility => {
  const sketch = p.taken.get(call.line)
  assert(sketch !== undefined, "only what was taken is installed")
  const results = withEntry(p.results, call.line, sketch.result)
  const moved = { ...p, results, taken: withoutEntry(p.taken, call.line) }
  const present = p.table.get(call.request)
  if (present !== undefined && present.position >= sketch.position) return moved
  const table = withEntry(p.table, call.request, sketch)
  return { ...moved, table, samples: sampledBy(p.samples, call.request, sketch.result) }
}

/** Every read of the request that is under way could sample this result. */
const sampledBy = (all: Lines<Samples>, request: string, result: string): Lines<Samples> => {
  const changed = new Map(all)
  // Order-free: each entry by itself.
  for (const [line, samples] of all) {
    if (samples.request !== request || samples.results.includes(result)) continue
    changed.set(line, { request, results: [...samples.results, result].sort() })
  }
  return changed
}

/** The operation is over. */
export const forget = (p: Possibility, { line }: Call): Possibility => ({
  ...p,
  results: withoutEntry(p.results, line),
  taken: withoutEntry(p.taken, line),
  samples: withoutEntry(p.samples, line),
})

const listed = <K extends string | number, V>(
  map: ReadonlyMap<K, V>,
  text: (value: V) => string,
): string => {
  if (map.size === 0) return ""
  const entries = [...map].sort(([a], [b]) => (a < b ? -1 : 1))
  return entries.map(([key, value]) => `${JSON.stringify(key)}=${text(value)}`).join(";")
}

/**
 * Text that is equal for possibilities from which the same can follow. Of positions only their
 * order matters, and only where something waits to be installed.
 */
export const keyOf = (p: Possibility): string => {
  const taken = [...p.taken.values()] // order-free: sorted below
  const places = taken.map(({ position }) => position).sort((a, b) => a - b)
  const rank = ({ position }: Sketch): number =>
    places.filter((place) => place <= position).length - (places.includes(position) ? 0.5 : 0)
  return [
    p.stateText,
    listed(p.table, (s) => (places.length === 0 ? s.result : `${rank(s)}:${s.result}`)),
    listed(p.results, (result) => result),
    listed(p.taken, (s) => `${rank(s)}:${s.result}`),
    listed(p.samples, ({ results }) => results.join(",")),
  ].join("|")
}
