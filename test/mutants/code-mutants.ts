/** Every mutant of the code. */
import { agreementMutants } from "./agreement-mutants.ts"
import { changeKeyMutants } from "./change-key-mutants.ts"
import type { CodeMutant } from "./code-run.ts"
import { consistencyMutants } from "./consistency-mutants.ts"
import { executionMutants } from "./execution-mutants.ts"
import { fastPathMutants } from "./fast-path-mutants.ts"
import { bigRequestMutants } from "./big-request-mutants.ts"
import { proposalMutants } from "./proposal-mutants.ts"
import { refinementMutants } from "./refinement-mutants.ts"
import { sketcherMutants } from "./sketcher-mutants.ts"
import { idleMutants, recoverMutants } from "./recover-mutants.ts"
import { inTurnMutants, rejoinMutants } from "./rejoin-mutants.ts"
import { toldMutants } from "./told-mutants.ts"
import { stateTransferMutants } from "./state-transfer-mutants.ts"
import { viewChangeMutants } from "./view-change-mutants.ts"
import { zyzzyvaFastMutants } from "./zyzzyva-fast-mutants.ts"
import { zyzzyvaPreferredMutants } from "./zyzzyva-preferred-mutants.ts"
import { zyzzyvaWitnessMutants } from "./zyzzyva-witness-mutants.ts"
import { zyzzyvaMutants } from "./zyzzyva-mutants.ts"
import { zyzzyvaRejoinMutants } from "./zyzzyva-rejoin-mutants.ts"
import { zyzzyvaVouchMutants } from "./zyzzyva-vouch-mutants.ts"

export const codeMutants: ReadonlyArray<CodeMutant> = [
  ...agreementMutants,
  ...consistencyMutants,
  ...executionMutants,
  ...viewChangeMutants,
  ...fastPathMutants,
  ...proposalMutants,
  ...rejoinMutants,
  ...inTurnMutants,
  ...toldMutants,
  ...recoverMutants,
  ...idleMutants,
  ...changeKeyMutants,
  ...bigRequestMutants,
  ...stateTransferMutants,
  ...refinementMutants,
  ...sketcherMutants,
  ...zyzzyvaMutants,
  ...zyzzyvaFastMutants,
  ...zyzzyvaPreferredMutants,
  ...zyzzyvaWitnessMutants,
  ...zyzzyvaVouchMutants,
  ...zyzzyvaRejoinMutants,
]
