import { below, checkedByTlc, setOf, truth, withoutHooks } from "./cfg-text.ts"
import { askings } from "./pbft-model-spec.ts"
import { pbftModels, type PbftModelSpec } from "./pbft-models.ts"

/** The constants of MCPbft.tla, a line each. */
export const constantLines = (spec: PbftModelSpec): string => `  N = ${spec.n}
  F = ${spec.f}
  Quorum = ${spec.quorum}
  Byzantine = ${setOf(spec.byzantine)}
  AllClients = ${below(spec.allClients)}
  Clients = ${below(askings[spec.asks].length)}
  ClientOps <- ${spec.asks}
  K = ${spec.checkpointInterval}
  L = ${spec.logSize}
  MaxBatch = ${spec.maxBatch}
  CanRestart = ${setOf(spec.canRestart)}
  CanTimeout = ${setOf(spec.canTimeout)}
  MaxView = ${spec.maxView}
  CanFetch = ${setOf(spec.canFetch)}
  ForgesNewView = ${truth(spec.forgesNewView)}
  ReplyQuorum = ${spec.replyQuorum}
  Repliers = ${setOf(spec.repliers.length === 0 ? [spec.n] : spec.repliers)}
  ReadOnly = ${truth(spec.readOnly)}
  HastyReads = ${truth(spec.hastyReads)}
  IsRead <- MCIsRead
  MaxTentative = ${spec.maxTentative}
  FetchDecisions = ${truth(spec.fetchDecisions)}
  TellCommitted = ${truth(spec.tellCommitted)}
  Clock = ${setOf(spec.clock === undefined ? [] : [spec.clock])}
  Proposals <- ${spec.proposals}
  Recoverers = ${setOf(spec.recoverers === undefined ? [] : [spec.recoverers])}
  Rejoins <- ${spec.rejoins}
  Recoveries <- ${spec.recoveries}
  FalseDisks <- ${spec.falseDisks}
  Rekeys <- ${spec.rekeys}
  KeepVotes = ${truth(spec.keepVotes)}
  NullSeqs = ${setOf(spec.nullSeqs)}
  IsBig <- ${spec.bigRequestBytes === undefined ? "NothingBig" : "FourAreBig"}
  Injected <- ${spec.injected}
  InitialValue <- MCInitialValue
  Result <- MCResult
  NextValue <- MCNextValue
  StateDigest <- MCStateDigest
`

/** The text of spec/tla/MCPbft-<name>.cfg: generated, so that TLC and the explorer agree. */
export const cfgOf = (
  spec: PbftModelSpec,
): string => `\\* Generated from src/model-check/pbft-models.ts by \`npm run models\`; do not edit.
\\* ${spec.why}
SPECIFICATION MCSpec
INVARIANTS ${checkedByTlc(spec).join(" ")}
CHECK_DEADLOCK FALSE
CONSTANTS
${constantLines(spec)}`

export const cfgName = (spec: PbftModelSpec): string => `MCPbft-${spec.name}.cfg`

/** What `prophecy tlc spec/tla/MCPbft.tla` checks: the first model, with actions by their names. */
const defaultCfg = (spec: PbftModelSpec): string => withoutHooks(cfgOf(spec))

/** Every generated configuration, by file name. */
export const cfgFiles = (): ReadonlyMap<string, string> => {
  const files = new Map(pbftModels.map((spec) => [cfgName(spec), cfgOf(spec)]))
  const first = pbftModels[0]
  if (first !== undefined) files.set("MCPbft.cfg", defaultCfg(first))
  return files
}
