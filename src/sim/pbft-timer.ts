/** The view-change timer of a replica of PBFT, as src/net/pbft-protocol.ts has it. */
import { type Goals, idleTimer } from "../core/pbft/idle-goals.ts"
import { standstillTimer } from "../core/pbft/standstill.ts"
import type { Config, State } from "../core/pbft/state.ts"
import { type ViewTimer, viewTimer } from "../core/pbft/timer.ts"
import type { Stand } from "../core/stand.ts"

export const timerOf = (
  config: Config,
  state: State,
  goals: Goals,
  stands: ReadonlyArray<Stand>,
): ViewTimer | undefined =>
  viewTimer(config, state) ??
  standstillTimer(config, state, stands) ??
  idleTimer(config, state, goals)
