import { constantLines } from "./pbft-cfg.ts"
import { type RefinementSpec, refinements } from "./refinement-models.ts"

export const refinementCfgName = ({ model }: RefinementSpec): string =>
  `RefinePbft-${model.name}.cfg`

/** The text of spec/tla/RefinePbft-<name>.cfg. */
export const refinementCfgOf = ({
  model,
  maxView,
  maxSeq,
}: RefinementSpec): string => `\\* Generated from src/model-check/refinement-models.ts by \`npm run models\`; do not edit.
\\* Every step of the model ${model.name} is a step of PbftCore, or two, or none.
SPECIFICATION RefineSpec
PROPERTIES RefinesCore
INVARIANTS TrueClaims
CHECK_DEADLOCK FALSE
CONSTANTS
  CoreMaxView = ${maxView}
  CoreMaxSeq = ${maxSeq}
${constantLines(model)}`

/** What \`prophecy tlc spec/tla/RefinePbft.tla\` checks is the first one that TLC checks. */
export const refinementCfgFiles = (): ReadonlyMap<string, string> => {
  const byTlc = refinements.filter((r) => r.by === "both")
  const files = new Map(byTlc.map((r) => [refinementCfgName(r), refinementCfgOf(r)]))
  const first = byTlc[0]
  if (first !== undefined) files.set("RefinePbft.cfg", refinementCfgOf(first))
  return files
}
