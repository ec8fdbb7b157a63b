/**
 * When the view-change timer should run: TOCS 27(4) 2009, section 3.3.2. A query, no action: timers
 * are free in the specification, so a wrong one costs time and nothing else. The driver runs one
 * timer, starts it anew when the key changes, stops it when there is none, and gives `Timeout` when
 * it fires.
 *
 * Outside the specification: when the view-change timer runs. `Timeout` may happen there at any
 * moment, or never.
 */
import type { View } from "../ids.ts"
import { primaryOf } from "../quorum.ts"
import { awaitedUpTo, isMute } from "./rejoin.ts"
import type { Config, Input, State } from "./state.ts"
import { canBegin, canEnter } from "./view-change.ts"

export interface ViewTimer {
  /** The view whose primary is accused when it fires. */
  readonly view: View
  /** What is waited for; the timer starts anew when it is another. */
  readonly key: string
}

/**
 * The timer of a state; undefined when none runs. In a view it is for the first request of the own
 * queue, which the primary has not ordered here (or, at the primary, has no room for); in a change
 * of views for the NEW-VIEW and the others' word, from when enough have left the view before.
 */
export const viewTimer = (config: Config, state: State): ViewTimer | undefined => {
  const { view, stage, queue, newView, viewChanges } = state
  if (isMute(config, state)) return undefined
  if (stage !== "active") {
    const left = viewChanges.filter((m) => m.view >= view).length
    if (left < config.needs.change && newView === undefined) return undefined
    return { view, key: `view ${view}` }
  }
  const first = queue[0]
  if (first === undefined) return idleTimer(config, state)
  return { view, key: `view ${view}: request ${first.timestamp} of client ${first.client}` }
}

// A log that is to go on for one that is taken back is waited for as well, or a primary that is
// gone would keep it from coming back for as long as nobody asks for anything.
const idleTimer = (config: Config, state: State): ViewTimer | undefined => {
  const { view, executed } = state
  if (config.recoverers === undefined || primaryOf(config.group, view) === config.id) {
    return undefined
  }
  if (executed >= awaitedUpTo(config, state)) return undefined
  return { view, key: `view ${view}: number ${executed + 1} of an idle log` }
}

/** What a view change makes a replica do by itself now, if anything: begin or enter the view. */
export const pendingChange = (config: Config, state: State): Input | undefined => {
  if (state.stage !== "changing") return undefined
  if (canBegin(config, state)) return { _tag: "Begin" }
  return canEnter(config, state) ? { _tag: "Enter" } : undefined
}

/** The same after a step; nothing is looked for after one that cannot have made it possible. */
export const changeAfter = (config: Config, before: State, now: State): Input | undefined => {
  const same =
    before.view === now.view &&
    before.stage === now.stage &&
    before.viewChanges === now.viewChanges &&
    before.newView === now.newView &&
    before.checkpoints === now.checkpoints
  return same ? undefined : pendingChange(config, now)
}
