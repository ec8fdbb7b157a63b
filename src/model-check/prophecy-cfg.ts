import { constantsOfProphecy, type ProphecyModelSpec, prophecyModels } from "./prophecy-models.ts"

const setOf = (items: ReadonlyArray<string | number>): string => `{${items.join(", ")}}`
const below = (n: number): string => setOf(Array.from({ length: n }, (_, k) => k))
const bool = (is: boolean): string => (is ? "TRUE" : "FALSE")

/** What a model that TLC alone checks has beside the constants of the explorer's. */
export interface TlcOnly {
  readonly readOnly: boolean
  readonly writeReplies: number
  readonly readReplies: number
  /** The rules that are left out, by name. */
  readonly lacks: ReadonlyArray<string>
}

/** Reads are ordered, f + 1 answers are enough, and no rule is left out: as in the code. */
const asInCode: TlcOnly = { readOnly: false, writeReplies: 2, readReplies: 3, lacks: [] }

/** The constants of a model as a .cfg says them. */
export const prophecyConstantLines = (
  spec: ProphecyModelSpec,
  { readOnly, writeReplies, readReplies, lacks } = asInCode,
): string => {
  const c = constantsOfProphecy(spec)
  return `  Replicas = ${below(c.n)}
  Byzantine = ${setOf(c.byzantine)}
  Sketchers = ${below(c.sketchers)}
  Clients = ${below(c.clientOps.length)}
  ClientOps <- ${spec.asks}
  Sessions = ${setOf(c.sessions)}
  Sketches = ${bool(c.sketches)}
  Generation = ${c.generation}
  Lanes = ${c.lanes}
  MaxStrikes = ${c.maxStrikes}
  CanTimeout = ${setOf(c.canTimeout)}
  CanRetransmit = ${setOf(c.canRetransmit)}
  CanRestart = ${setOf(c.canRestart)}
  ReadOnly = ${bool(readOnly)}
  WriteReplies = ${writeReplies}
  ReadReplies = ${readReplies}
  Lacks = ${setOf(lacks.map((rule) => `"${rule}"`))}
  Injected <- ${spec.injected}
  InitialValue <- MCInitialValue
  Result <- MCResult
  NextValue <- MCNextValue
  Digest <- ${spec.digest}
`
}

const checkedByTlc = (spec: ProphecyModelSpec): ReadonlyArray<string> =>
  spec.byTlc === "all" ? [...spec.invariants, "GraphRecorded", "Witnesses"] : ["GraphRecorded"]

/** The text of spec/tla/MCProphecy-<name>.cfg. */
export const prophecyCfgOf = (
  spec: ProphecyModelSpec,
): string => `\\* Generated from src/model-check/prophecy-models.ts by \`npm run models\`; do not edit.
\\* ${spec.why}
SPECIFICATION MCSpec
INVARIANTS ${checkedByTlc(spec).join(" ")}
CHECK_DEADLOCK FALSE
CONSTANTS
${prophecyConstantLines(spec)}`

export const prophecyCfgName = (spec: ProphecyModelSpec): string => `MCProphecy-${spec.name}.cfg`

/** What `prophecy tlc spec/tla/MCProphecy.tla` checks: the first model, without the hooks. */
const defaultCfg = (spec: ProphecyModelSpec): string =>
  prophecyCfgOf(spec)
    .replace("SPECIFICATION MCSpec", "SPECIFICATION Spec")
    .replace(" GraphRecorded Witnesses", "")

/** Every generated configuration, by file name. */
export const prophecyCfgFiles = (): ReadonlyMap<string, string> => {
  const files = new Map(prophecyModels.map((spec) => [prophecyCfgName(spec), prophecyCfgOf(spec)]))
  const first = prophecyModels[0]
  if (first !== undefined) files.set("MCProphecy.cfg", defaultCfg(first))
  return files
}
