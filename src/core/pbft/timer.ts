/**
 * When the view-change timer should run: TOCS section 4.5.1. A query, no action: timers are free in
 * the specification, so a wrong one costs time and nothing else. The driver runs one timer, starts
 * it anew when the key changes, stops it when there is none, and gives `Timeout` when it fires. It
 * doubles its time with each view that was left since the replica executed something last.
 *
 * Outside the specification: when the view-change timer runs. `Timeout` may happen there at any
 * moment, or never.
 */
import { noDigest, type Seq, type View } from "../ids.ts"
import { primaryOf } from "../quorum.ts"
import * as Votes from "../votes.ts"
import * as Window from "../window.ts"
import { type Config, type Input, type State, settledSeq } from "./state.ts"
import { canEnter } from "./enter-view.ts"
import { isMute } from "./rejoin.ts"
import { pendingDecisions } from "./view-change.ts"

export interface ViewTimer {
  /** The view that is given up when it fires. */
  readonly view: View
  /** What is waited for; the timer starts anew when it is another. */
  readonly key: string
}

// Of who restarts, the queue and what was executed are gone, and what was prepared is not. f + 1
// correct replicas prepared whatever any replica executed. Though no client waits, those of them do
// that have not executed it, or have forgotten that they did. The others may be too few to be
// believed, and wait for who stands still below them (standstill.ts): together they are f + 1,
// whom all follow out of the view. Who hears f + 1 COMMITs waits as well, for one of these is of a
// correct replica, and who entered a view that starts with the number (TOCS section 4.5.1). What
// nobody else is known to hold is not waited for: a liar would make one replica leave its view by
// proposing to it alone.
const isHeldUp = ({ group }: Config, { log, newView }: State, next: Seq): boolean => {
  if (!Window.covers(log, next)) return false
  const { phase, commits } = Window.get(log, next)
  if (phase === "prepared" || phase === "committed") return true
  if (newView?.chosen.some((c) => c.seq === next) === true) return true
  return commits.some((d) => d !== noDigest && Votes.count(commits, d) > group.f)
}

/**
 * The timer of a state; undefined when none runs. A backup waits for the first request of its own
 * queue, so that a primary cannot starve one client, and then for what it has prepared and cannot
 * execute; in a view change it waits for the NEW-VIEW from when 2f + 1 want the view, so that it
 * does not run ahead of the others.
 */
export const viewTimer = (config: Config, state: State): ViewTimer | undefined => {
  const { view, active, queue } = state
  if (isMute(state)) return undefined
  if (!active) {
    // Who wants a later view has left this one as well, and its VIEW-CHANGE for it may be lost.
    const left = state.viewChanges.filter((m) => m.view >= view).length
    if (left < config.group.quorum && state.newView === undefined) return undefined
    return { view, key: `view ${view}` }
  }
  const next = settledSeq(state) + 1
  const number = { view, key: `view ${view}: number ${next}` }
  // Backups that have executed it in an earlier view, or have left this one, do not help a primary.
  if (primaryOf(config.group, view) === config.id) return next > state.seqno ? undefined : number
  const first = queue[0]
  if (first === undefined) return isHeldUp(config, state, next) ? number : undefined
  return { view, key: `view ${view}: request ${first.timestamp} of client ${first.client}` }
}

/** What a view change makes a replica do by itself now, if anything: decide, or enter the view. */
export const pendingChange = (config: Config, state: State): Input | undefined => {
  if (state.active) return undefined
  if (canEnter(config, state)) return { _tag: "Enter" }
  const decision = pendingDecisions(config, state)[0]
  return decision === undefined ? undefined : { _tag: "Decide", decision }
}

/**
 * The same after a step; nothing is looked for after one that cannot have made it possible, such as
 * a request: a decision takes milliseconds.
 */
export const changeAfter = (config: Config, before: State, now: State): Input | undefined => {
  const same =
    before.view === now.view &&
    before.viewChanges === now.viewChanges &&
    before.newView === now.newView &&
    before.fetched === now.fetched &&
    before.checkpoints === now.checkpoints
  return same ? undefined : pendingChange(config, now)
}
