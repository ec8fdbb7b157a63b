import { below, checkedByTlc, setOf, truth, withoutHooks } from "./cfg-text.ts"
import { everyone } from "../sim/world.ts"
import { zyzzyvaAskings, type ZyzzyvaTwinSpec } from "./zyzzyva-model-spec.ts"
import { zyzzyvaTwinModels } from "./zyzzyva-models.ts"

const executorsOf = ({ n, witnesses }: ZyzzyvaTwinSpec): ReadonlyArray<number> =>
  everyone(n).filter((replica) => !witnesses.includes(replica))

/** The constants of MCZyzzyva.tla, a line each. */
const constantLines = (spec: ZyzzyvaTwinSpec): string => `  N = ${spec.n}
  F = ${spec.f}
  FastQuorum = ${spec.needs.fast}
  CommitQuorum = ${spec.needs.commit}
  ChangeQuorum = ${spec.needs.change}
  VoteQuorum = ${spec.needs.vote}
  Rule = "${spec.rule}"
  ConfirmViews = ${truth(spec.confirmViews)}
  Byzantine = ${setOf(spec.byzantine)}
  AllClients = ${below(spec.allClients)}
  Clients = ${below(zyzzyvaAskings[spec.asks].length)}
  ClientOps <- ${spec.asks}
  K = ${spec.checkpointInterval}
  L = ${spec.logSize}
  MaxBatch = ${spec.maxBatch}
  CanRestart = ${setOf(spec.canRestart)}
  CanTimeout = ${setOf(spec.canTimeout)}
  CanFetch = ${setOf(spec.canFetch)}
  MaxView = ${spec.maxView}
  ForgesNewView = ${truth(spec.forgesNewView)}
  Repliers = ${setOf(spec.repliers.length === 0 ? [spec.n] : spec.repliers)}
  ReadOnly = ${truth(spec.readOnly)}
  CommitFirst = ${truth(spec.commitFirst)}
  PreferredQuorums = ${truth(spec.preferredQuorums)}
  Executors = ${setOf(executorsOf(spec))}
  HastyReads = ${truth(spec.hastyReads)}
  VouchOrders = ${truth(spec.vouchOrders)}
  Recoverers = ${setOf(spec.recoverers === undefined ? [] : [spec.recoverers])}
  Rejoins <- ${spec.rejoins}
  IsRead <- MCIsRead
  Injected <- ${spec.injected}
  InitialValue <- MCInitialValue
  Result <- MCResult
  NextValue <- MCNextValue
  StateDigest <- MCStateDigest
`

/** The text of spec/tla/MCZyzzyva-<name>.cfg: generated, so that TLC and the explorer agree. */
export const zyzzyvaTwinCfgOf = (
  spec: ZyzzyvaTwinSpec,
): string => `\\* Generated from src/model-check/zyzzyva-models.ts by \`npm run models\`; do not edit.
\\* ${spec.why}
SPECIFICATION MCSpec
INVARIANTS ${checkedByTlc(spec).join(" ")}
CHECK_DEADLOCK FALSE
CONSTANTS
${constantLines(spec)}`

export const zyzzyvaTwinCfgName = (spec: ZyzzyvaTwinSpec): string => `MCZyzzyva-${spec.name}.cfg`

/** What `prophecy tlc spec/tla/MCZyzzyva.tla` checks: the first model, without the hooks. */
const defaultCfg = (spec: ZyzzyvaTwinSpec): string => withoutHooks(zyzzyvaTwinCfgOf(spec))

/** Every generated configuration, by file name. */
export const zyzzyvaTwinCfgFiles = (): ReadonlyMap<string, string> => {
  const files = new Map(
    zyzzyvaTwinModels.map((spec) => [zyzzyvaTwinCfgName(spec), zyzzyvaTwinCfgOf(spec)]),
  )
  const first = zyzzyvaTwinModels[0]
  if (first !== undefined) files.set("MCZyzzyva.cfg", defaultCfg(first))
  return files
}
