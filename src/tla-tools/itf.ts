/**
 * The Informal Trace Format (ITF): states as JSON, read by trace viewers and by other checkers.
 * Integers are `{"#bigint": "7"}`, then `#set`, `#tup`, `#map`; records are objects; a model value
 * becomes its name, because ITF has no such sort.
 */
import type { Counterexample } from "./counterexample.ts"
import { functionOf, opaque, set, tuple, type Value } from "./value.ts"

export type Itf = boolean | string | number | ReadonlyArray<Itf> | { readonly [key: string]: Itf }

export interface ItfTrace {
  readonly "#meta": { readonly [key: string]: Itf }
  readonly vars: ReadonlyArray<string>
  readonly states: ReadonlyArray<{ readonly [key: string]: Itf }>
  /** Index of the state to which the behaviour returns after the last one. */
  readonly loop?: number
}

/** A value as ITF. */
export const toItf = (value: Value): Itf => {
  if (typeof value === "number") return { "#bigint": String(value) }
  if (typeof value !== "object") return value
  switch (value._tag) {
    case "Model":
      return value.name
    case "Opaque":
      return { "#unserializable": value.text }
    case "Set":
      return { "#set": value.elements.map(toItf) }
    case "Tuple":
      return { "#tup": value.elements.map(toItf) }
    case "Record":
      return Object.fromEntries([...value.fields].map(([name, v]) => [name, toItf(v)]))
    case "Function":
      return { "#map": value.entries.map(([k, v]) => [toItf(k), toItf(v)]) }
  }
}

/** ITF back to a value; a JSON list is a sequence. */
export const fromItf = (itf: Itf): Value => {
  if (typeof itf !== "object") return itf
  if (Array.isArray(itf)) return tuple(itf.map(fromItf))
  const fields = itf as { readonly [key: string]: Itf }
  const items = (key: string): ReadonlyArray<Itf> => fields[key] as ReadonlyArray<Itf>
  if ("#bigint" in fields) return Number(fields["#bigint"])
  if ("#unserializable" in fields) return opaque(String(fields["#unserializable"]))
  if ("#set" in fields) return set(items("#set").map(fromItf))
  if ("#tup" in fields) return tuple(items("#tup").map(fromItf))
  if ("#map" in fields) {
    const entries = items("#map") as ReadonlyArray<readonly [Itf, Itf]>
    return functionOf(entries.map(([k, v]) => [fromItf(k), fromItf(v)]))
  }
  return functionOf(Object.entries(fields).map(([name, v]) => [name, fromItf(v)]))
}

/**
 * A counterexample as an ITF document. `source` says which specification and property it is of. A
 * behaviour that ends in stuttering loops at its last state.
 */
export const toItfTrace = (trace: Counterexample, source: string): ItfTrace => {
  const loop = trace.ending._tag === "Loop" ? trace.ending.to : trace.states.length - 1
  return {
    "#meta": {
      format: "ITF",
      "format-description": "https://apalache-mc.org/docs/adr/015adr-trace.html",
      source,
    },
    vars: [...(trace.states[0]?.variables.keys() ?? [])],
    states: trace.states.map((state, index) => ({
      "#meta": { index, action: state.action },
      ...Object.fromEntries([...state.variables].map(([name, v]) => [name, toItf(v)])),
    })),
    ...(trace.ending._tag === "End" ? {} : { loop }),
  }
}
