/**
 * View changes: TOCS 27(4) 2009, section 3.3.4; spec/tla/Zyzzyva.tla, section "View change".
 * Departure from the paper: the rule by which a new view gets its log (ADR 9); a VIEW-CONFIRM is
 * waited for only where the configuration says so, as our rule does not need it.
 */
import type { Digest, Seq } from "../ids.ts"
import { ignore, none } from "../machine.ts"
import { primaryOf } from "../quorum.ts"
import type { SignedRequest } from "../request.ts"
import * as Window from "../window.ts"
import { accuse, byReplica, hasAccused, leave, nothingHeard } from "./accusation.ts"
import { above } from "./certificate.ts"
import { pendingExecution } from "./execution.ts"
import type { Authentic, NewView, ViewChange, ViewConfirm } from "./message.ts"
import { type Chosen, isValidNewView, isValidViewChange, newLog } from "./new-log.ts"
import { isFresh, isMute, isOutdone } from "./rejoin.ts"
import {
  type Config,
  type Effect,
  emptySlot,
  noConfirms,
  noHeaders,
  nothingVouched,
  type OwnCheckpoint,
  type Slot,
  type State,
  type ZyzzyvaStep,
} from "./state.ts"

/**
 * RecvViewChange (TOCS 27(4) section 3.3.4, VC2). With the accusations in it, it takes everyone
 * along who is in an earlier view.
 */
export const recvViewChange = (
  config: Config,
  state: State,
  m: Authentic<ViewChange>,
): ZyzzyvaStep => {
  if (m.replica === config.id) return ignore(state, "FromSelf")
  if (m.view < state.view) return ignore(state, "OldView")
  if (m.view === state.view && (state.stage !== "changing" || state.newView !== undefined)) {
    return ignore(state, "HasNewView")
  }
  const known = state.viewChanges.find((x) => x.replica === m.replica)
  if (known !== undefined && isFresh(config, state, known) && known.view >= m.view) {
    return ignore(state, "OldViewChange")
  }
  if (!isValidViewChange(config, m)) return ignore(state, "BadViewChange")
  if (!isFresh(config, state, m)) return ignore(state, "OldIncarnation")
  if (isMute(config, state)) return ignore(state, "Mute")
  const others = state.viewChanges.filter((x) => x.replica !== m.replica)
  const changes: ReadonlyArray<ViewChange> = [...others, m].sort(byReplica)
  const action = "RecvViewChange"
  if (m.view === state.view) {
    return { state: { ...state, viewChanges: changes }, effects: none, action }
  }
  const { view, accusers } = m
  return leave(config, state, { view, accusers, changes, before: none, action })
}

/** The VIEW-CHANGEs by which a new primary begins its view; undefined while it may not. */
const standing = (config: Config, state: State): ReadonlyArray<ViewChange> | undefined => {
  const { view, stage, newView } = state
  if (primaryOf(config.group, view) !== config.id) return undefined
  if (stage !== "changing" || newView !== undefined) return undefined
  const here = state.viewChanges.filter((m) => m.view === view && isFresh(config, state, m))
  return here.length < config.needs.change ? undefined : here.slice(0, config.needs.change)
}

/** Whether the replica may begin the view that it is the primary of. */
export const canBegin = (config: Config, state: State): boolean =>
  standing(config, state) !== undefined

/** SendNewView (TOCS 27(4) section 3.3.4, VC3). The new primary shows by what it begins. */
export const sendNewView = (config: Config, state: State): ZyzzyvaStep => {
  const changes = standing(config, state)
  if (changes === undefined) return ignore(state, "NothingToBegin")
  const content = { _tag: "NewView" as const, view: state.view, changes }
  const newView: NewView = { ...content, signature: config.sign(content) }
  return {
    state: { ...state, newView },
    effects: [
      { _tag: "Persist", record: { _tag: "NewViewTaken", newView } },
      { _tag: "Broadcast", message: newView },
    ],
    action: "SendNewView",
  }
}

/**
 * RecvNewView (TOCS 27(4) section 3.3.4, VC4). A backup checks what the view stands on; a primary
 * that shows too little is accused.
 */
export const recvNewView = (config: Config, state: State, m: Authentic<NewView>): ZyzzyvaStep => {
  if (m.view === 0 || m.view < state.view) return ignore(state, "OldView")
  if (primaryOf(config.group, m.view) === config.id) return ignore(state, "FromSelf")
  const here = m.view === state.view
  if (here && (state.stage !== "changing" || state.newView !== undefined)) {
    return ignore(state, "HasNewView")
  }
  const action = "RecvNewView"
  if (!isValidNewView(config, m)) {
    if (!here) return ignore(state, "BadNewView")
    if (hasAccused(state, config.id)) return ignore(state, "AlreadyAccused")
    return accuse(config, state, { by: "self", before: none, action })
  }
  const moved: State = here
    ? state
    : { ...state, ...nothingHeard(config, state), view: m.view, accusers: [], pendingReads: [] }
  const viewChanges = state.viewChanges.filter((x) => x.view >= m.view)
  return {
    state: { ...moved, stage: "changing", viewChanges, newView: m },
    effects: [{ _tag: "Persist", record: { _tag: "NewViewTaken", newView: m } }],
    action,
  }
}

interface Base {
  readonly own: OwnCheckpoint
  readonly stable: State["stable"]
  /** What the view begins with above it. */
  readonly chosen: ReadonlyArray<Chosen>
}

// Where the log of the new view begins at this replica; undefined where it lacks the state of it.
const baseOf = (config: Config, state: State): Base | undefined => {
  if (state.stage !== "changing" || state.newView === undefined) return undefined
  if (isMute(config, state)) return undefined
  const { changes } = state.newView
  const log = newLog(config, changes)
  const { start, chosen } = log
  const { low } = state.log
  const seq = Math.max(start.seq, low)
  const own = state.checkpoints.find((c) => c.seq === seq)
  if (own === undefined) return undefined
  if (start.seq > low && own.digest !== start.digest) return undefined
  if (changes.some((m) => isOutdone(config, log, own.table, m))) return undefined
  const stable = start.seq > low ? start : state.stable
  return { own, stable, chosen: chosen.slice(seq - start.seq) }
}

/** Whether the replica may take the log of its new view. */
export const canEnter = (config: Config, state: State): boolean =>
  baseOf(config, state) !== undefined

// The orders of the new view, each with the history that it leads to.
const ordersOf = (config: Config, view: number, { own, chosen }: Base): ReadonlyArray<Slot> => {
  const slots: Array<Slot> = []
  let history = own.history
  for (const { digest, batch } of chosen) {
    history = config.historyDigest(history, digest)
    slots.push({ view, batch, digest, history, order: undefined })
  }
  return slots
}

// The log above the base: the orders of the new view, and what was ordered last above them.
const logOf = (
  config: Config,
  state: State,
  low: Seq,
  slots: ReadonlyArray<Slot>,
): Window.Window<Slot> => {
  const kept = config.rule === "corrected" ? Window.advance(state.log, low) : undefined
  const log = kept ?? Window.make(emptySlot, config.logSize, low)
  return slots.reduce((all, slot, k) => Window.set(all, low + 1 + k, slot), log)
}

const unassigned = (
  queue: ReadonlyArray<SignedRequest>,
  slots: ReadonlyArray<Slot>,
): ReadonlyArray<SignedRequest> => {
  const all = slots.flatMap((s) => s.batch)
  return queue.filter((r) => !all.some((x) => x.client === r.client && x.timestamp >= r.timestamp))
}

const agreeing = (votes: State["confirms"], history: Digest): number =>
  votes.filter((h) => h === history).length

const confirmed = (view: number): ReadonlyArray<Effect> => [
  { _tag: "Persist", record: { _tag: "ViewConfirmed", view } },
]

// Durable before anything is said in the view; and the service goes back to where the log begins.
const entering = (
  state: State,
  { own, stable }: Base,
  slots: ReadonlyArray<Slot>,
): ReadonlyArray<Effect> => [
  ...(stable === state.stable
    ? none
    : [{ _tag: "Persist" as const, record: { _tag: "CheckpointStable" as const, stable } }]),
  ...slots.map((slot, k): Effect => {
    const seq = own.seq + 1 + k
    return { _tag: "Persist", record: { _tag: "Ordered", seq, slot } }
  }),
  { _tag: "Persist", record: { _tag: "ViewEntered", view: state.view } },
  { _tag: "Restore", seq: own.seq },
]

/**
 * EnterView (TOCS 27(4) section 3.3.4, VC4 and VC5). The replica takes the log of the new view;
 * what it executed speculatively is rolled back, with the answers that it remembers, and is
 * executed again.
 */
export const enterView = (config: Config, state: State): ZyzzyvaStep => {
  const base = baseOf(config, state)
  if (base === undefined) return ignore(state, "CannotEnter")
  const { own, stable } = base
  const { view } = state
  const slots = ordersOf(config, view, base)
  const history = slots.at(-1)?.history ?? own.history
  const confirms = config.confirmViews
    ? state.confirms.map((h, replica) => (replica === config.id ? history : h))
    : noConfirms(config)
  // Who fetched a checkpoint of the view that goes beyond its beginning: it was confirmed.
  const isPast = slots.length === 0 && stable.view === view
  const isConfirmed = agreeing(confirms, history) >= config.needs.change
  const begins = !config.confirmViews || isConfirmed || isPast
  const primary = primaryOf(config.group, view) === config.id
  const next: State = {
    ...state,
    stage: begins ? "active" : "confirming",
    queue: primary ? unassigned(state.queue, slots) : state.queue,
    log: logOf(config, state, own.seq, slots),
    executed: own.seq,
    table: own.table,
    stable,
    checkpoints: [own],
    headers: noHeaders(config, own.seq),
    checkpointVotes: nothingVouched(config, own.seq),
    certificates: above(config, state.certificates, {
      from: state.log.low,
      low: own.seq,
      history: own.history,
    }),
    viewChanges: state.viewChanges.filter((m) => m.view > view),
    confirms,
  }
  const pending = pendingExecution(config, next)
  const seq = own.seq + slots.length
  const confirm: ViewConfirm = { _tag: "ViewConfirm", view, seq, history, replica: config.id }
  return {
    state: next,
    effects: [
      ...entering(state, base, slots),
      ...(config.confirmViews && begins ? confirmed(view) : none),
      ...(config.confirmViews ? [{ _tag: "Broadcast" as const, message: confirm }] : none),
      ...(pending === undefined ? none : [pending]),
    ],
    action: "EnterView",
  }
}

/** RecvViewConfirm (TOCS 27(4) section 3.3.4, VC5). With which history another begins the view. */
export const recvViewConfirm = (
  config: Config,
  state: State,
  m: Authentic<ViewConfirm>,
): ZyzzyvaStep => {
  if (!config.confirmViews) return ignore(state, "NothingToConfirm")
  if (m.replica === config.id) return ignore(state, "FromSelf")
  if (m.view !== state.view) return ignore(state, "WrongView")
  if (state.stage === "active") return ignore(state, "AlreadyActive")
  if (state.confirms[m.replica] !== undefined) return ignore(state, "AlreadyConfirmed")
  const confirms = state.confirms.map((h, replica) => (replica === m.replica ? m.history : h))
  const own = confirms[config.id]
  const begins =
    state.stage === "confirming" &&
    own !== undefined &&
    agreeing(confirms, own) >= config.needs.change
  const next: State = { ...state, confirms, stage: begins ? "active" : state.stage }
  const pending = begins ? pendingExecution(config, next) : undefined
  return {
    state: next,
    effects: [
      ...(begins ? confirmed(state.view) : none),
      ...(pending === undefined ? none : [pending]),
    ],
    action: "RecvViewConfirm",
  }
}
