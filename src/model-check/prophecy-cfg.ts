import { below, checkedByTlc, setOf, truth, withoutHooks } from "./cfg-text.ts"
import {
  constantsOfProphecy,
  prophecyBase,
  type ProphecyModelSpec,
  prophecyModels,
} from "./prophecy-models.ts"
import {
  asInCode,
  type ProphecyRefinement,
  prophecyRefinements,
} from "./prophecy-refinement-models.ts"

/** The constants of a model as a .cfg says them. */
export const prophecyConstantLines = (
  spec: ProphecyModelSpec,
  { readOnly, writeReplies, readReplies, lacks, byzantine } = asInCode,
): string => {
  const c = constantsOfProphecy(spec)
  return `  Replicas = ${below(c.n)}
  Byzantine = ${setOf(byzantine)}
  Sketchers = ${below(c.sketchers)}
  Clients = ${below(c.clientOps.length)}
  ClientOps <- ${spec.asks}
  Sessions = ${setOf(c.sessions)}
  Sketches = ${truth(c.sketches)}
  Generation = ${c.generation}
  Lanes = ${c.lanes}
  MaxStrikes = ${c.maxStrikes}
  CanTimeout = ${setOf(c.canTimeout)}
  CanRetransmit = ${setOf(c.canRetransmit)}
  CanRestart = ${setOf(c.canRestart)}
  CanGiveUp = ${setOf(c.canGiveUp)}
  ReadOnly = ${truth(readOnly)}
  WriteReplies = ${writeReplies}
  ReadReplies = ${readReplies}
  Lacks = ${setOf(lacks.map((rule) => `"${rule}"`))}
  Injected <- ${spec.injected}
  NoReplica = none
  InitialValue <- MCInitialValue
  Result <- MCResult
  NextValue <- MCNextValue
  Digest <- ${spec.digest}
`
}

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
const defaultCfg = (spec: ProphecyModelSpec): string => withoutHooks(prophecyCfgOf(spec))

export const prophecyRefinementCfgName = ({ name }: ProphecyRefinement): string =>
  `RefineProphecy-${name}.cfg`

// Model values, so that correct replicas are interchangeable; the liar keeps its number where what
// is injected names it.
const names = "  r0 = r0\n  r1 = r1\n  r2 = r2\n  r3 = r3\n"
const interchangeable = (lines: string, liar: "r3" | "3"): string =>
  lines
    .replace(/ {2}Replicas = .*/, `  Replicas = {r0, r1, r2, ${liar}}`)
    .replace(/ {2}Byzantine = \{3\}/, `  Byzantine = {${liar}}`)

/** The text of spec/tla/RefineProphecy-<name>.cfg. */
export const prophecyRefinementCfgOf = ({ why, model, only }: ProphecyRefinement): string => {
  const lines = prophecyConstantLines({ ...prophecyBase, name: "", why, ...model }, only)
  const liar = model.injected === "NothingInjected" ? "r3" : "3"
  // Where timestamps are used again, an old message may be taken again.
  const isForgetful = !only.lacks.includes("NewTimestamps")
  return `\\* Generated from src/model-check/prophecy-refinement-models.ts by \`npm run models\`; do not edit.
\\* ${why}
SPECIFICATION RefineSpec
INVARIANTS TypeOK Once AbstractTypeOK
PROPERTIES RefinesDelayOnce
SYMMETRY Interchangeable
${isForgetful ? "VIEW Relevant\n" : ""}CHECK_DEADLOCK FALSE
CONSTANTS
${names}${interchangeable(lines, liar)}`
}

/** Every generated configuration, by file name. */
export const prophecyCfgFiles = (): ReadonlyMap<string, string> => {
  const files = new Map(prophecyModels.map((spec) => [prophecyCfgName(spec), prophecyCfgOf(spec)]))
  const first = prophecyModels[0]
  if (first !== undefined) files.set("MCProphecy.cfg", defaultCfg(first))
  for (const r of prophecyRefinements) {
    files.set(prophecyRefinementCfgName(r), prophecyRefinementCfgOf(r))
  }
  return files
}
