/**
 * What a replica keeps through steps that nobody saw: everything that a message of its may depend
 * on is durable (spec/tla/Pbft.tla, `SentIsDurable`), so it must still be there.
 */
import type { ReplicaId } from "../core/ids.ts"
import { claim, leavingP, leavingQ } from "../core/pbft/certificates.ts"
import { newViewData, viewChangeData } from "../core/pbft/change-data.ts"
import type { ViewChange } from "../core/pbft/message.ts"
import { fullProjection } from "../core/pbft/projection.ts"
import { durableRecords, restart } from "../core/pbft/restart.ts"
import type { Config, Phase, State } from "../core/pbft/state.ts"
import * as Window from "../core/window.ts"
import { type Difference, firstDifference } from "./difference.ts"
import type { ReplicaEvent, ReplicaGap } from "./event.ts"

export interface Lost {
  readonly field: string
  readonly expected: unknown
  readonly found: unknown
  readonly message: string
}

const rank: Readonly<Record<Phase, number>> = {
  empty: 0,
  held: 0,
  prePrepared: 1,
  voted: 1,
  prepared: 2,
  // Others' votes are not durable: a committed slot may come back as prepared.
  committed: 2,
  // Nothing was said of it.
  decided: 0,
}

/** Steps that nobody saw. */
type Unseen = Pick<ReplicaGap, "before" | "after" | "starts">

/** Whether the disk was lost in them: only a start can be that of one who has none. */
export const lostDisk = ({ before, after: { recovery }, starts }: Unseen): boolean =>
  starts &&
  recovery !== undefined &&
  recovery.estimate === undefined &&
  recovery.incarnation > (before.recovery?.incarnation ?? 0)

/** The first thing that was durable before and is not afterwards. */
export const lostDurable = (replica: ReplicaId, gap: Unseen): Lost | undefined =>
  lostRecovery(gap) ?? (lostDisk(gap) ? lostSilence(gap) : lostPromise(replica, gap))

// As what it came back last, and from where on it counts as back.
const lostRecovery = ({ before, after, starts }: Unseen): Lost | undefined => {
  const was = before.recovery?.incarnation ?? 0
  const now = after.recovery?.incarnation ?? 0
  if (now < was || (now > was && !starts)) return lost("recovery.incarnation", was, now)
  const point = before.recovery?.point
  if (now > was || point === undefined || after.recovery?.point === point) return undefined
  return lost("recovery.point", point, after.recovery?.point)
}

// A lost disk explains that every promise is forgotten, and no more than that: none was above the
// window, and the replica is silent up to there (rejoin.ts).
const lostSilence = ({ before, after }: Unseen): Lost | undefined => {
  const high = before.log.low + before.log.length
  const point = after.recovery?.point
  return point !== undefined && point < high ? lost("recovery.point", high, point) : undefined
}

const lostPromise = (replica: ReplicaId, { before, after }: Unseen): Lost | undefined => {
  const { low } = after.log
  if (after.view < before.view) return lost("view", before.view, after.view)
  if (low < before.log.low) return lost("low", before.log.low, low)
  for (const { seq, digest } of before.checkpoints) {
    if (seq < low) continue
    const found = after.checkpoints.find((c) => c.seq === seq)?.digest
    if (found !== digest) return lost(`checkpoints at ${seq}`, digest, found)
  }
  if (before.view === after.view) {
    return lostSlot(before, after) ?? lostChange(replica, before, after) ?? lostEntry(before, after)
  }
  // A replica that has left a view knows from P and Q what it said there.
  const left = { pset: leavingP(before), qset: leavingQ(before) }
  return lostEntry(left, after)
}

// In one view: the slots.
const lostSlot = (before: State, after: State): Lost | undefined => {
  const { low } = after.log
  for (const seq of Window.occupied(before.log)) {
    const { phase, digest } = Window.get(before.log, seq)
    if (rank[phase] === 0 || seq <= low) continue
    const found = Window.get(after.log, seq)
    const at = `slot at ${seq}`
    if (found.digest !== digest) return lost(`${at}, digest`, digest, found.digest)
    if (rank[found.phase] < rank[phase]) return lost(`${at}, phase`, phase, found.phase)
  }
  return undefined
}

// In one view: how far the change to it has come.
const lostChange = (replica: ReplicaId, before: State, after: State): Lost | undefined => {
  if (before.active && !after.active) return lost("active", true, false)
  const { newView } = before
  if (newView !== undefined) {
    const expected = newViewData(newView)
    const found = after.newView && newViewData(after.newView)
    if (!same(found, expected)) return lost("newView", expected, found)
  }
  const own = (state: State): ViewChange | undefined =>
    state.viewChanges.find((m) => m.replica === replica)
  const said = own(before)
  if (said === undefined || after.active) return undefined
  const expected = viewChangeData(said)
  const kept = own(after)
  const found = kept && viewChangeData(kept)
  return same(found, expected) ? undefined : lost("viewChanges", expected, found)
}

const same = (a: unknown, b: unknown): boolean => firstDifference(a, b) === undefined

// P and Q: what was prepared and pre-prepared, or something later at the same sequence number.
const lostEntry = (before: Pick<State, "pset" | "qset">, after: State): Lost | undefined => {
  const { low } = after.log
  for (const e of before.pset.filter(({ seq }) => seq > low)) {
    const found = after.pset.find(({ seq }) => seq === e.seq)
    const kept = found !== undefined && found.view >= e.view
    if (!kept || (found.view === e.view && found.digest !== e.digest)) {
      return lost(`pset at ${e.seq}`, e, found)
    }
  }
  for (const e of before.qset.filter(({ seq }) => seq > low)) {
    const found = after.qset.find(({ seq, digest }) => seq === e.seq && digest === e.digest)
    if (found === undefined || found.view < e.view) {
      return lost(`qset at ${e.seq}`, claim(e), found && claim(found))
    }
  }
  return undefined
}

const lost = (field: string, expected: unknown, found: unknown): Lost => ({
  field,
  expected,
  found,
  message: "what was durable before is gone: messages that the replica sent depend on it",
})

/** The steps with which a replica's process begins. */
export const startActions: ReadonlySet<string> = new Set(["Restart", "Rejoin", "Recover"])

/** Where a restart with the disk gives another state than the one that was durable, if anywhere. */
export const restartDifference = (
  config: Config,
  { before, input, step }: Pick<ReplicaEvent, "before" | "input" | "step">,
): Difference | undefined => {
  const { state: durable } = restart(config, durableRecords(config, before))
  // As what it is recovered, the disk does not say yet.
  const { recovery, heard } = input._tag === "Recover" ? step.state : durable
  const expected = fullProjection({ ...durable, recovery, heard })
  return firstDifference(expected, fullProjection(step.state), "post")
}
