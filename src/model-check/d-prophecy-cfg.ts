import { below, setOf } from "./cfg-text.ts"
import {
  brokenDProphecyModels,
  constantsOfDProphecy,
  dProphecyModels,
  dProphecyRefinements,
  type DProphecyModelSpec,
  startOf,
} from "./d-prophecy-models.ts"

const checkedByTlc = (spec: DProphecyModelSpec): ReadonlyArray<string> =>
  spec.without.length > 0 || spec.orderedReplies < 3
    ? spec.invariants
    : [...spec.invariants, "GraphRecorded", "Witnesses"]

/** The text of spec/tla/MCDProphecy-<name>.cfg. */
export const dProphecyCfgOf = (spec: DProphecyModelSpec): string => {
  const c = constantsOfDProphecy(spec)
  const { appliedName, latestName } = startOf(spec)
  return `\\* Generated from src/model-check/d-prophecy-models.ts by \`npm run models\`; do not edit.
\\* ${spec.why}
SPECIFICATION MCSpec
INVARIANTS ${checkedByTlc(spec).join(" ")}
CHECK_DEADLOCK FALSE
CONSTANTS
  Replicas = ${below(c.n)}
  Byzantine = ${setOf(c.byzantine)}
  Clients = ${below(c.clientOps.length)}
  ClientOps <- ${spec.asks}
  OrderedReplies = ${spec.orderedReplies}
  SketchReplies = ${c.n - c.f}
  Executors = ${setOf(c.executors)}
  CanTimeout = ${setOf(c.canTimeout)}
  StartLog <- ${spec.start}
  StartApplied <- ${appliedName}
  StartLatest <- ${latestName}
  Lacks = ${setOf(spec.without.map((rule) => `"${rule}"`))}
  Injected <- ${spec.injected}
  InitialValue <- MCInitialValue
  Result <- MCResult
  NextValue <- MCNextValue
  Digest <- FullDigest
`
}

export const dProphecyCfgName = (spec: DProphecyModelSpec): string => `MCDProphecy-${spec.name}.cfg`

export const dProphecyRefinementCfgName = ({ name }: DProphecyModelSpec): string =>
  `RefineDProphecy-${name}.cfg`

/** The text of spec/tla/RefineDProphecy-<name>.cfg. */
export const dProphecyRefinementCfgOf = (spec: DProphecyModelSpec): string =>
  dProphecyCfgOf(spec)
    .replace("SPECIFICATION MCSpec", "SPECIFICATION RefineSpec")
    .replace(/INVARIANTS .*/, "INVARIANTS IsDelayOnce")

/** Every generated configuration, by file name. */
export const dProphecyCfgFiles = (): ReadonlyMap<string, string> =>
  new Map([
    ...[...dProphecyModels, ...brokenDProphecyModels].map(
      (spec) => [dProphecyCfgName(spec), dProphecyCfgOf(spec)] as const,
    ),
    ...dProphecyRefinements.map(
      ({ model }) => [dProphecyRefinementCfgName(model), dProphecyRefinementCfgOf(model)] as const,
    ),
  ])
