import { setOf } from "./cfg-text.ts"
import { type CoreModelSpec, coreModels } from "./pbft-core-models.ts"

const hooks = ({ byTlc }: CoreModelSpec): ReadonlyArray<string> =>
  byTlc === "graph" ? ["GraphRecorded", "Witnesses"] : []

/** The text of spec/tla/MCPbftCore-<name>.cfg; the names of batches are model values. */
export const coreCfgOf = (
  spec: CoreModelSpec,
): string => `\\* Generated from src/model-check/pbft-core-models.ts by \`npm run models\`; do not edit.
\\* ${spec.why}
SPECIFICATION ${spec.byTlc === "graph" ? "MCSpec" : "Spec"}
INVARIANTS ${["TypeOK", ...spec.invariants, ...hooks(spec)].join(" ")}
${spec.properties.length === 0 ? "" : `PROPERTIES ${spec.properties.join(" ")}\n`}${
  spec.reduced ? "SYMMETRY Interchangeable\n" : ""
}CHECK_DEADLOCK FALSE
CONSTANTS
  N = ${spec.n}
  F = ${spec.f}
  Byzantine = ${setOf(spec.byzantine)}
  Values = ${setOf([...spec.asked, ...spec.invented])}
  Asked = ${setOf(spec.asked)}
  MaxView = ${spec.maxView}
  MaxSeq = ${spec.maxSeq}
  PrepareNeeds = ${spec.prepareNeeds}
  CommitNeeds = ${spec.commitNeeds}
  A1Needs = ${spec.a1Needs}
  A2Needs = ${spec.a2Needs}
  NullNeeds = ${spec.nullNeeds}
  Lacks = ${setOf(spec.lacks.map((rule) => `"${rule}"`))}
`

export const coreCfgName = (spec: CoreModelSpec): string => `MCPbftCore-${spec.name}.cfg`

/** What `prophecy tlc spec/tla/PbftCore.tla` checks: the first model, without the hooks. */
const plainCfg = (spec: CoreModelSpec): string =>
  coreCfgOf(spec)
    .replace("SPECIFICATION MCSpec", "SPECIFICATION Spec")
    .replace(" GraphRecorded Witnesses", "")

/** Every generated configuration of the abstraction, by file name. */
export const coreCfgFiles = (): ReadonlyMap<string, string> => {
  const files = new Map(coreModels.map((spec) => [coreCfgName(spec), coreCfgOf(spec)]))
  const first = coreModels[0]
  if (first !== undefined) files.set("PbftCore.cfg", plainCfg(first))
  return files
}
