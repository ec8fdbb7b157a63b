import { setOf } from "./cfg-text.ts"
import { zyzzyvaModels, type ZyzzyvaModelSpec } from "./zyzzyva-core-models.ts"

const quoted = (names: ReadonlyArray<string>): string => setOf(names.map((name) => `"${name}"`))

const hooks = ({ byTlc }: ZyzzyvaModelSpec): ReadonlyArray<string> =>
  byTlc === "graph" ? ["GraphRecorded", "Witnesses"] : []

/** The text of spec/tla/MCZyzzyvaCore-<name>.cfg; the names of batches are model values. */
export const zyzzyvaCfgOf = (
  spec: ZyzzyvaModelSpec,
): string => `\\* Generated from src/model-check/zyzzyva-core-models.ts by \`npm run models\`; do not edit.
\\* ${spec.why}
SPECIFICATION MCSpec
INVARIANTS ${["TypeOK", ...spec.invariants, ...hooks(spec)].join(" ")}
${spec.reduced ? "SYMMETRY Interchangeable\n" : ""}CHECK_DEADLOCK FALSE
CONSTANTS
  N = ${spec.n}
  F = ${spec.f}
  Byzantine = ${setOf(spec.byzantine)}
  First = ${setOf(spec.asked[0] ?? [])}
  Second = ${setOf(spec.asked[1] ?? [])}
  Asked <- MCAsked
  InLayers = ${spec.inLayers ? "TRUE" : "FALSE"}
  MaxView = ${spec.maxView}
  RuleName = "${spec.viewChange}"
  FastNeeds = ${spec.fastNeeds}
  CommitNeeds = ${spec.commitNeeds}
  LocalNeeds = ${spec.localNeeds}
  ChangeNeeds = ${spec.changeNeeds}
  VoteNeeds = ${spec.voteNeeds}
  Also = ${quoted(spec.also)}
  Lacks = ${quoted(spec.lacks)}
`

export const zyzzyvaCfgName = (spec: ZyzzyvaModelSpec): string => `MCZyzzyvaCore-${spec.name}.cfg`

/** Every generated configuration, by file name. */
export const zyzzyvaCfgFiles = (): ReadonlyMap<string, string> =>
  new Map(zyzzyvaModels.map((spec) => [zyzzyvaCfgName(spec), zyzzyvaCfgOf(spec)]))
