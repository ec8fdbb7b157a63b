/** The variables of the specification, the fields of the states, and the keys of traces. */
import type { Source } from "../syntax.ts"
import { fieldsOf, jsonKeys } from "./code.ts"
import { operators, recordKeys, variables } from "./specification.ts"

/** How the names of a specification's variables are tied to those of the code. */
export interface FieldRules {
  /** Variables whose field has another name or place in the state. */
  readonly renamed: Readonly<Record<string, string>>
  /** Variables that no state holds, and what holds them instead. */
  readonly outside: Readonly<Record<string, string>>
  /** Fields that follow from others: the operator that says so, or why there is no variable. */
  readonly derived: Readonly<Record<string, string>>
}

export const replicaRules: FieldRules = {
  renamed: { slot: "log", low: "log.low" },
  outside: {
    value: "the service (src/core/service); in a projection the checkpoint's digest",
    client: "the client, below",
    msgs: "the network; in a trace the lines that sent them",
  },
  derived: { assigned: "Assigned" },
}

export const clientRules: FieldRules = {
  renamed: { op: "operation" },
  outside: {},
  derived: {},
}

/** One row: a variable, the state's field, the key in projections and traces, what it says. */
export interface FieldRow {
  readonly variable: string
  readonly field: string
  readonly key: string
  readonly says: string
}

export interface FieldTable {
  readonly rows: ReadonlyArray<FieldRow>
  readonly problems: ReadonlyArray<string>
}

interface Sides {
  readonly role: string
  readonly variables: ReadonlyArray<{ readonly name: string; readonly says: string }>
  readonly state: ReadonlyArray<string> | undefined
  readonly projection: ReadonlyArray<string> | undefined
  /** The key of a projection for a variable. */
  readonly keyOf: (variable: string) => string
  readonly operators: ReadonlyMap<string, string>
}

/** Compares the three sides of one role by its rules. */
export const compareFields = (sides: Sides, rules: FieldRules): FieldTable => {
  const { role, state, projection, keyOf } = sides
  if (state === undefined || projection === undefined || sides.variables.length === 0) {
    return { rows: [], problems: [`${role}: no variables, state or projection to compare`] }
  }
  const rows = sides.variables.map(({ name, says }) => {
    const outside = rules.outside[name]
    const field = outside === undefined ? (rules.renamed[name] ?? name) : `(${outside})`
    return { variable: name, field, key: outside === undefined ? keyOf(name) : "", says }
  })
  const inside = rows.filter(({ key }) => key !== "")
  const held = new Set(inside.map(({ field }) => field.split(".")[0] as string))
  const keys = new Set(inside.map(({ key }) => key))
  const derived = Object.entries(rules.derived)
  const problems = [
    ...[...held].filter((f) => !state.includes(f)).map((f) => `${role}: the state has no ${f}`),
    ...[...keys]
      .filter((k) => !projection.includes(k))
      .map((k) => `${role}: no projection of ${k}`),
    ...state
      .filter((f) => !held.has(f) && !(f in rules.derived))
      .map((f) => `${role}: the specification has no variable for ${f}`),
    ...projection
      .filter((k) => !keys.has(k) && !(k in rules.derived))
      .map((k) => `${role}: the projection's ${k} is no variable`),
    ...derived
      .filter(([f, operator]) => !state.includes(f) || !sides.operators.has(operator))
      .map(([f, operator]) => `${role}: ${f} does not follow from an operator ${operator}`),
  ]
  const rest = derived.map(([field, operator]) => ({
    variable: `(operator ${operator})`,
    field,
    key: projection.includes(field) ? field : "",
    says: "derived",
  }))
  return { rows: [...rows, ...rest], problems }
}

/** The two tables of a protocol: of its replicas and of its clients. */
export const fieldTables = (
  spec: string,
  modules: ReadonlyArray<Source>,
): { readonly replica: FieldTable; readonly client: FieldTable } => {
  const written = jsonKeys(modules, "trace-changes.ts")
  const all = operators(spec)
  const replica = compareFields(
    {
      role: "replica",
      variables: variables(spec),
      state: fieldsOf(modules, "State"),
      projection: fieldsOf(modules, "ReplicaData"),
      keyOf: (variable) => variable,
      operators: all,
    },
    replicaRules,
  )
  const client = compareFields(
    {
      role: "client",
      variables: recordKeys(spec, "client").map((name) => ({ name, says: "" })),
      state: fieldsOf(modules, "ClientState"),
      projection: fieldsOf(modules, "ClientData"),
      keyOf: (variable) => clientRules.renamed[variable] ?? variable,
      operators: all,
    },
    clientRules,
  )
  const unwritten = replica.rows
    .filter(({ key }) => key !== "" && !written.has(key))
    .map(({ key }) => `replica: a trace's changes never name ${key}`)
  return { replica: { ...replica, problems: [...replica.problems, ...unwritten] }, client }
}
