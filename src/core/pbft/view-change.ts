/**
 * Leaving a view and deciding on the next: TOCS sections 4.5 and 4.5.1 and appendix; spec/tla/
 * Pbft.tla, section "View change". VIEW-CHANGEs are signed, in place of acknowledgements. Timers
 * are the driver's (see timer.ts): nothing here depends on when they fire.
 */
import type { Digest, View } from "../ids.ts"
import { ignore, none } from "../machine.ts"
import { primaryOf, weakQuorum } from "../quorum.ts"
import * as Window from "../window.ts"
import type { ReplicaAction } from "./action.ts"
import { claim, leavingP, leavingQ } from "./certificates.ts"
import {
  type Decision,
  type DecisionConfig,
  decisions,
  isValidNewView,
  isValidViewChange,
  sameDecision,
} from "./decision.ts"
import { executeHead, undone } from "./execution.ts"
import type { Authentic, NewView, Numbered, ViewChange } from "./message.ts"
import { incarnationOf, isFresh, isMute } from "./rejoin.ts"
import { type Config, type Effect, emptySlot, type PbftStep, type State } from "./state.ts"

export const decisionConfig = (config: Config): DecisionConfig => ({
  group: config.group,
  logSize: config.logSize,
  nullDigest: config.batchDigest([]),
})

/**
 * The state that has moved to `view`, inactive: its votes are gone, P and Q say what they were.
 * What it executed tentatively is undone.
 */
const leave = (config: Config, state: State, view: View): Left => {
  const back = undone(state)
  return {
    effects: back.effects,
    state: {
      ...back.state,
      view,
      active: false,
      seqno: 0,
      log: Window.make(emptySlot(config.group.n), config.logSize, state.log.low),
      assigned: new Array<number>(config.clients).fill(0),
      pset: leavingP(state),
      qset: leavingQ(state),
      newView: undefined,
      fetched: [],
    },
  }
}

interface Left {
  readonly state: State
  readonly effects: ReadonlyArray<Effect>
}

interface Suspicion {
  readonly view: View
  /** The VIEW-CHANGEs that it knows. */
  readonly changes: ReadonlyArray<ViewChange>
  readonly action: ReplicaAction
}

const byReplica = (a: ViewChange, b: ViewChange): number => a.replica - b.replica

// Gives up its view for a later one: durable first, then it says so.
const suspect = (config: Config, state: State, { view, changes, action }: Suspicion): PbftStep => {
  const { state: left, effects } = leave(config, state, view)
  const viewChange: ViewChange = {
    _tag: "ViewChange",
    view,
    low: state.log.low,
    checkpoints: state.checkpoints.map(({ seq, digest }) => ({ seq, digest })),
    prepared: left.pset,
    prePrepared: left.qset.map(claim),
    replica: config.id,
    ...incarnationOf(state),
    signature: "",
  }
  const others = changes.filter((m) => m.replica !== config.id && m.view >= view)
  const next = { ...left, viewChanges: [...others, viewChange].sort(byReplica) }
  return {
    state: next,
    effects: [
      ...effects,
      { _tag: "Persist", record: { _tag: "ViewLeft", viewChange } },
      { _tag: "Broadcast", message: viewChange },
      ...executeHead(config, state, next),
    ],
    action,
  }
}

/** Timeout (TOCS section 4.5.1). The view-change timer of a view fired. */
export const timeout = (config: Config, state: State, view: View): PbftStep => {
  if (view !== state.view) return ignore(state, "OldTimer")
  if (isMute(state)) return ignore(state, "Mute")
  const { viewChanges: changes } = state
  return suspect(config, state, { view: view + 1, changes, action: "Timeout" })
}

/**
 * RecvViewChange (TOCS sections 4.5 and 4.5.1). A replica gives up its view; f + 1 that are ahead
 * take this one along, to the first of their views.
 */
export const recvViewChange = (
  config: Config,
  state: State,
  m: Authentic<ViewChange>,
): PbftStep => {
  if (m.replica === config.id) return ignore(state, "FromSelf")
  if (m.view < state.view || (m.view === state.view && state.active)) {
    return ignore(state, "OldView")
  }
  // What it said before it was taken back may be of any view.
  const fresh = (x: ViewChange): boolean => isFresh(config, state, x)
  const mine = state.viewChanges.find((x) => x.replica === m.replica)
  if (mine !== undefined && mine.view >= m.view && fresh(mine)) {
    return ignore(state, "OldViewChange")
  }
  if (!isValidViewChange(config.logSize, m)) return ignore(state, "BadViewChange")
  if (!fresh(m)) return ignore(state, "OldIncarnation")
  const others = state.viewChanges.filter((x) => x.replica !== m.replica)
  const changes: ReadonlyArray<ViewChange> = [...others, m].sort(byReplica)
  const action = "RecvViewChange"
  const ahead = changes.filter((x) => x.view > state.view && fresh(x))
  if (ahead.length < weakQuorum(config.group) || isMute(state)) {
    return { state: { ...state, viewChanges: changes }, effects: none, action }
  }
  return suspect(config, state, { view: Math.min(...ahead.map((x) => x.view)), changes, action })
}

/** The VIEW-CHANGEs for the view that the state moves to. */
export const changesForView = (config: Config, state: State): ReadonlyArray<ViewChange> =>
  state.viewChanges.filter((m) => m.view === state.view && isFresh(config, state, m))

const isToDecide = (config: Config, state: State): boolean =>
  !state.active && state.newView === undefined && primaryOf(config.group, state.view) === config.id

/** Every decision that the primary of a new view may take now; none as long as it has to wait. */
export const pendingDecisions = (config: Config, state: State): ReadonlyArray<Decision> =>
  isToDecide(config, state) ? decisions(decisionConfig(config), changesForView(config, state)) : []

/** The batches, by digest, that the new view chose and that the state does not hold. */
export const missingBatches = (
  config: Config,
  state: State,
  newView: NewView,
): ReadonlyArray<Digest> => {
  const nullDigest = config.batchDigest([])
  // What it holds of another number it may lose before it enters.
  const isHeld = (c: Numbered): boolean =>
    state.qset.some((e) => e.seq === c.seq && e.digest === c.digest)
  const needed = newView.chosen.filter(
    (c) => c.seq > state.log.low && c.digest !== nullDigest && !isHeld(c),
  )
  return needed.map((c) => c.digest).filter((digest, k, all) => all.indexOf(digest) === k)
}

const fetches = (config: Config, state: State, newView: NewView): ReadonlyArray<Effect> =>
  missingBatches(config, state, newView).map((digest) => ({
    _tag: "Broadcast",
    message: { _tag: "FetchBatch", digest, replica: config.id },
  }))

/** SendNewView (TOCS section 4.5). The primary of the new view says what it starts from. */
export const sendNewView = (config: Config, state: State, decision: Decision): PbftStep => {
  if (!isToDecide(config, state)) return ignore(state, "NothingToDecide")
  const allowed = pendingDecisions(config, state).find((d) => sameDecision(d, decision))
  if (allowed === undefined) return ignore(state, "UnjustifiedDecision")
  const { view } = state
  const newView: NewView = {
    _tag: "NewView",
    view,
    changes: changesForView(config, state),
    ...allowed,
    replica: config.id,
    signature: "",
  }
  return {
    state: { ...state, newView },
    effects: [
      { _tag: "Persist", record: { _tag: "NewViewTaken", newView } },
      { _tag: "Broadcast", message: newView },
      ...fetches(config, state, newView),
    ],
    action: "SendNewView",
  }
}

/**
 * RecvNewView (TOCS section 4.5). A backup checks what the primary of a view decided. It may not
 * have left its own view yet: the VIEW-CHANGEs in the message say that 2f + 1 others did. A primary
 * that decides badly is left at once.
 */
export const recvNewView = (config: Config, state: State, m: Authentic<NewView>): PbftStep => {
  if (m.view === 0 || m.view < state.view) return ignore(state, "OldView")
  if (m.replica !== primaryOf(config.group, m.view)) return ignore(state, "NotFromPrimary")
  if (m.replica === config.id) return ignore(state, "FromSelf")
  const here = m.view === state.view
  if (here && (state.active || state.newView !== undefined)) return ignore(state, "HasNewView")
  const action = "RecvNewView"
  const fresh = m.changes.every((x) => isFresh(config, state, x))
  if (!fresh || !isValidNewView(decisionConfig(config), m)) {
    if (!here) return ignore(state, "BadNewView")
    return suspect(config, state, { view: m.view + 1, changes: state.viewChanges, action })
  }
  const moved: Left = here ? { state, effects: none } : leave(config, state, m.view)
  const viewChanges = state.viewChanges.filter((x) => x.view >= m.view)
  const next: State = { ...moved.state, viewChanges, newView: m, fetched: [] }
  return {
    state: next,
    effects: [
      ...moved.effects,
      { _tag: "Persist", record: { _tag: "NewViewTaken", newView: m } },
      ...fetches(config, next, m),
      ...executeHead(config, state, next),
    ],
    action,
  }
}
