/**
 * The view-change timer of a replica that waits for nothing itself, while others stand still below
 * what it has executed: ours, beside TOCS section 4.5.1. Of f + 1 peers one is correct, and nothing
 * that is said in this view helps it: too few are left in the view, and too few can say what was
 * executed (told.ts). So the view is given up, and all meet in the next one, which starts with
 * whatever any of them has executed. Who may fetch a state does not count, for that helps it; nor
 * do f liars, who would have views changed for nothing.
 *
 * Outside the specification: when the view-change timer runs. `Timeout` may happen there at any
 * moment, or never.
 */
import { weakQuorum } from "../quorum.ts"
import type { Stand } from "../stand.ts"
import { isMute } from "./rejoin.ts"
import { type Config, type State, settledSeq } from "./state.ts"
import type { ViewTimer } from "./timer.ts"

/** Reports after which a peer stands still: it was told all that helps, and has had its time. */
const stillReports = 3

/** The timer; undefined when none runs. `stands`: those of the peers that are heard. */
export const standstillTimer = (
  config: Config,
  state: State,
  stands: ReadonlyArray<Stand>,
): ViewTimer | undefined => {
  const { view, active, log } = state
  if (!active || isMute(state)) return undefined
  const still = stands
    .filter(({ executed, reports }) => reports >= stillReports && executed >= log.low)
    .map(({ executed }) => executed)
    .sort((a, b) => a - b)
  const last = still[weakQuorum(config.group) - 1]
  if (last === undefined || last >= settledSeq(state)) return undefined
  return { view, key: `view ${view}: number ${last + 1} of others` }
}
