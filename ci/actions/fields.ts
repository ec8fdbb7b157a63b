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

const replicaRules: FieldRules = {
  renamed: { slot: "log", low: "log.low" },
  outside: {
    value: "the service (src/core/service); in a projection the checkpoint's digest",
    client: "the client, below",
    msgs: "the network; in a trace the lines that sent them",
  },
  derived: { assigned: "Assigned" },
}

const clientRules: FieldRules = {
  renamed: { op: "operation" },
  outside: {},
  derived: {},
}

const sketcherRules: FieldRules = {
  renamed: {},
  outside: {
    client: "who asks, in src/model-check/prophecy-front.ts",
    latest: "what was answered, in src/model-check/prophecy-front.ts",
    log: "the group: core/pbft",
    applied: "the group: core/pbft",
    answered: "the group: a replica answers what it hears",
    msgs: "the network",
  },
  derived: {},
}

/** A role of a protocol, and where its variables, its state and its projection are. */
export interface Role {
  readonly role: string
  /** The variable that holds a record of the role's own, if not the module's variables. */
  readonly record?: string
  readonly state: string
  /** Undefined while there are no traces of it. */
  readonly projection?: string
  readonly rules: FieldRules
}

export const pbftRoles: ReadonlyArray<Role> = [
  { role: "replica", state: "State", projection: "ReplicaData", rules: replicaRules },
  {
    role: "client",
    record: "client",
    state: "ClientState",
    projection: "ClientData",
    rules: clientRules,
  },
]

const zyzzyvaReplicaRules: FieldRules = {
  renamed: { slot: "log" },
  outside: {
    value: "the service (src/core/service)",
    client: "the client, below",
    msgs: "the network",
  },
  derived: {},
}

const zyzzyvaClientRules: FieldRules = { ...clientRules, derived: { readOnly: "Reading" } }

export const zyzzyvaRoles: ReadonlyArray<Role> = [
  { role: "replica", state: "State", rules: zyzzyvaReplicaRules },
  { role: "client", record: "client", state: "ClientState", rules: zyzzyvaClientRules },
]

const dClientRules: FieldRules = {
  renamed: {
    stage: "call",
    executor: "call",
    sketches: "call",
    result: "call",
    timestamp: "client",
    replies: "client",
  },
  outside: {
    next: "who asks, in src/model-check/d-prophecy-front.ts",
    promised: "what was answered, in src/model-check/d-prophecy-front.ts",
    answer: "what was answered, in src/model-check/d-prophecy-front.ts",
  },
  derived: {},
}

export const dProphecyRoles: ReadonlyArray<Role> = [
  { role: "client", record: "client", state: "DClientState", rules: dClientRules },
]

export const prophecyRoles: ReadonlyArray<Role> = [
  { role: "sketcher", state: "SketcherState", rules: sketcherRules },
]

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
  /** Undefined where no module exports the interface; null where there are no traces. */
  readonly projection: ReadonlyArray<string> | undefined | null
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
    const key = outside === undefined && projection !== null ? keyOf(name) : ""
    return { variable: name, field, key, says }
  })
  const inside = rows.filter(({ field }) => !field.startsWith("("))
  const held = new Set(inside.map(({ field }) => field.split(".")[0] as string))
  const keys = new Set(inside.map(({ key }) => key))
  const derived = Object.entries(rules.derived)
  const problems = [
    ...[...held].filter((f) => !state.includes(f)).map((f) => `${role}: the state has no ${f}`),
    ...[...keys]
      .filter((k) => projection !== null && !projection.includes(k))
      .map((k) => `${role}: no projection of ${k}`),
    ...state
      .filter((f) => !held.has(f) && !(f in rules.derived))
      .map((f) => `${role}: the specification has no variable for ${f}`),
    ...(projection ?? [])
      .filter((k) => !keys.has(k) && !(k in rules.derived))
      .map((k) => `${role}: the projection's ${k} is no variable`),
    ...derived
      .filter(([f, operator]) => !state.includes(f) || !sides.operators.has(operator))
      .map(([f, operator]) => `${role}: ${f} does not follow from an operator ${operator}`),
  ]
  const rest = derived.map(([field, operator]) => ({
    variable: `(operator ${operator})`,
    field,
    key: projection?.includes(field) === true ? field : "",
    says: "derived",
  }))
  return { rows: [...rows, ...rest], problems }
}

export interface RoleTable extends FieldTable {
  readonly role: string
  readonly state: string
}

/** The table of each role of a protocol. */
export const fieldTables = (
  spec: string,
  modules: ReadonlyArray<Source>,
  roles: ReadonlyArray<Role>,
): ReadonlyArray<RoleTable> => {
  const written = jsonKeys(modules, "trace-changes.ts")
  return roles.map(({ role, record, state, projection, rules }) => {
    const names = record === undefined ? [] : recordKeys(spec, record)
    const { rows, problems } = compareFields(
      {
        role,
        variables:
          record === undefined ? variables(spec) : names.map((name) => ({ name, says: "" })),
        state: fieldsOf(modules, state),
        projection: projection === undefined ? null : fieldsOf(modules, projection),
        keyOf: (variable) =>
          record === undefined ? variable : (rules.renamed[variable] ?? variable),
        operators: operators(spec),
      },
      rules,
    )
    // A client's changes are written whole.
    const unwritten = rows
      .filter(({ key }) => record === undefined && key !== "" && !written.has(key))
      .map(({ key }) => `${role}: a trace's changes never name ${key}`)
    return { role, state, rows, problems: [...problems, ...unwritten] }
  })
}
