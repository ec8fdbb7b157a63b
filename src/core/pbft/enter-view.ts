/**
 * Taking part in a new view: TOCS section 4.5 and appendix (PROCESS-NEW-VIEW); spec/tla/Pbft.tla
 * `RecvFetchBatch`, `RecvBatch` and `EnterView`.
 */
import { ignore, none } from "../machine.ts"
import { unsigned } from "../request.ts"
import * as Votes from "../votes.ts"
import * as Window from "../window.ts"
import { leavingQ } from "./certificates.ts"
import { stabiliseAt } from "./checkpointing.ts"
import { takeDecision } from "./decided.ts"
import { executeHead } from "./execution.ts"
import type { Authentic, Batch, FetchBatch, NewView, Numbered } from "./message.ts"
import { highAt, isMute } from "./rejoin.ts"
import { assignedIn } from "./restart.ts"
import {
  type Config,
  type Effect,
  emptySlot,
  type PbftStep,
  type Slot,
  type State,
} from "./state.ts"
import { type Content, keepTold, takeClaimed } from "./told.ts"
import { missingBatches } from "./view-change.ts"

/** RecvFetchBatch (TOCS section 4.5). Who has pre-prepared a batch keeps it, and gives it. */
export const recvFetchBatch = (
  config: Config,
  state: State,
  m: Authentic<FetchBatch>,
): PbftStep => {
  if (m.replica === config.id) return ignore(state, "FromSelf")
  const held = leavingQ(state).find((e) => e.digest === m.digest)
  if (held === undefined) return ignore(state, "UnknownBatch")
  const message = { _tag: "Batch" as const, batch: held.batch }
  return {
    state,
    effects: [{ _tag: "SendToReplicas", replicas: [m.replica], message }],
    action: "RecvFetchBatch",
  }
}

/**
 * RecvBatch (TOCS section 4.5). A batch that the new view chose and that was missing, that was
 * decided without this replica, or that others executed.
 */
export const recvBatch = (config: Config, state: State, m: Authentic<Batch>): PbftStep => {
  const content = { digest: config.batchDigest(m.batch), batch: m.batch }
  const took = (state.active ? recvDecided : recvChosen)(config, state, content)
  const { told } = takeClaimed(config, state, content)
  if (told === state.told) return took
  // What others executed is kept, whether or not the view wants it.
  const next = { ...took.state, told }
  return { state: next, effects: executeHead(config, state, next), action: "RecvBatch" }
}

const recvChosen = (config: Config, state: State, { digest, batch }: Content): PbftStep => {
  if (state.newView === undefined) return ignore(state, "NotEntering")
  if (!missingBatches(config, state, state.newView).includes(digest)) {
    return ignore(state, "UnwantedBatch")
  }
  if (state.fetched.some((b) => b.digest === digest)) return ignore(state, "DuplicateBatch")
  const fetched = [...state.fetched, { digest, batch: batch.map(unsigned) }].sort((a, b) =>
    a.digest < b.digest ? -1 : 1,
  )
  return { state: { ...state, fetched }, effects: none, action: "RecvBatch" }
}

const recvDecided = (config: Config, state: State, content: Content): PbftStep => {
  const next = takeDecision(config, state, content)
  if (next === state) return ignore(state, "UnwantedBatch")
  return { state: next, effects: executeHead(config, state, next), action: "RecvBatch" }
}

/** Whether the state holds the checkpoint that the new view starts from, or is beyond it. */
export const holdsStart = (state: State, { start }: NewView): boolean =>
  start.seq <= state.log.low ||
  state.checkpoints.some((c) => c.seq === start.seq && c.digest === start.digest)

/** Whether the state has all that its new view starts from. */
export const canEnter = (config: Config, state: State): boolean => {
  const { active, newView, fetched } = state
  if (active || newView === undefined || !holdsStart(state, newView)) return false
  const { chosen, start } = newView
  const high = highAt(state, Math.max(start.seq, state.log.low))
  if (!isMute(state) && chosen.some((c) => c.seq > high)) return false
  const have = new Set(fetched.map((b) => b.digest))
  return missingBatches(config, state, newView).every((digest) => have.has(digest))
}

// The slot of a chosen batch: pre-prepared, with a backup's own vote.
const slotOf = (config: Config, state: State, { newView, chosen }: Chosen): Slot => {
  const { digest } = chosen
  const none = emptySlot(config.group.n)
  const held = state.qset.find((e) => e.digest === digest)
  const batch = (held ?? state.fetched.find((b) => b.digest === digest))?.batch ?? []
  const backup = newView.replica !== config.id
  const prepares = backup ? Votes.add(none.prepares, config.id, digest) : none.prepares
  return { ...none, phase: "prePrepared", batch, digest, prepares }
}

interface Chosen {
  readonly newView: NewView
  readonly chosen: Numbered
}

// What was prepared beyond the start is agreed on again in the new view.
const install = (config: Config, state: State, newView: NewView): PbftStep => {
  const { view } = newView
  const effects: Array<Effect> = []
  let log = Window.make(emptySlot(config.group.n), config.logSize, state.log.low)
  // Also who has no vote has said, as primary, what stands at these numbers.
  const seqno = Math.max(state.log.low, ...newView.chosen.map((c) => c.seq))
  const backup = newView.replica !== config.id
  // Who lost its disk may have voted otherwise: it waits for what the others commit to.
  for (const chosen of isMute(state) ? [] : newView.chosen) {
    const { seq, digest } = chosen
    if (!Window.covers(log, seq)) continue
    const slot = slotOf(config, state, { newView, chosen })
    log = Window.set(log, seq, slot)
    const { batch } = slot
    effects.push({ _tag: "Persist", record: { _tag: "PrePrepared", view, seq, digest, batch } })
  }
  effects.push({ _tag: "Persist", record: { _tag: "ViewEntered", view } })
  for (const seq of backup ? Window.occupied(log) : []) {
    const { digest } = Window.get(log, seq)
    const message = { _tag: "Prepare" as const, view, seq, digest, replica: config.id }
    effects.push({ _tag: "Broadcast", message })
  }
  const viewChanges = state.viewChanges.filter((m) => m.view > view)
  const entered = { ...state, active: true, log, viewChanges, fetched: [] }
  return { state: backup ? entered : asPrimary(entered, seqno), effects, action: "EnterView" }
}

// The primary does not propose again what the new view starts with.
const asPrimary = (state: State, seqno: number): State => {
  const highest = new Map<number, number>()
  for (const seq of Window.occupied(state.log)) {
    for (const { client, timestamp } of Window.get(state.log, seq).batch) {
      highest.set(client, Math.max(highest.get(client) ?? 0, timestamp))
    }
  }
  const queue = state.queue.filter((r) => r.timestamp > (highest.get(r.client) ?? 0))
  return { ...state, seqno, queue, assigned: assignedIn(state) }
}

/**
 * EnterView (TOCS section 4.5 and appendix, PROCESS-NEW-VIEW). The replica has all that the new
 * view starts from, and takes part in it.
 */
export const enterView = (config: Config, state: State): PbftStep => {
  const { newView } = state
  if (newView === undefined || !canEnter(config, state)) return ignore(state, "CannotEnter")
  const stable = stabiliseAt(config, state, newView.start.seq)
  const kept = keepTold(config, stable.state, [])
  const entered = install(config, kept, newView)
  // What others executed may be held only now: by the view's log.
  const head = executeHead(config, stable.state, entered.state)
  return { ...entered, effects: [...stable.effects, ...entered.effects, ...head] }
}
