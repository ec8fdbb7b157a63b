/**
 * The abstraction (spec/tla/PbftCore.tla) as a check of recorded runs: each step of a traced
 * replica is a step of the abstraction under the mapping of spec/tla/RefinePbft.tla, or none, or
 * two. Here the guards of Accept, Prepare, ChangeView and NewView are asked of what the traced
 * replicas have said before, in the merged order; a replica without a trace, or with a gap in it,
 * is the oracle that vouches for whatever is asked. What clients asked for is not asked: other
 * checks do.
 */
import type { Digest, ReplicaId, Seq, View } from "../core/ids.ts"
import type { NewView, PeerMessage } from "../core/pbft/message.ts"
import type { Config, State } from "../core/pbft/state.ts"
import { primaryOf, weakQuorum } from "../core/quorum.ts"
import type { Traced } from "./open-run.ts"
import { type BatchAt, CoreSayings } from "./core-sayings.ts"
import type { ReplicaEvent, TraceEvent } from "./event.ts"
import { reject } from "./finding.ts"

const logsKept = 4
const viewsKept = 64

const countOf = (bits: number): number => {
  let count = 0
  for (let rest = bits; rest !== 0; rest &= rest - 1) count++
  return count
}

export class Abstraction {
  readonly #traced: Traced
  readonly #logSize: number
  readonly #nullDigest: Digest
  readonly #sayings: CoreSayings
  /** Replicas that vouch for whatever is asked, as bits. */
  #oracle = 0
  /** By view: who left an earlier one for it, as bits. */
  readonly #moved = new Map<View, number>()
  /** By view: the NEW-VIEW of its primary, when that is no oracle. */
  readonly #chosen = new Map<View, NewView>()
  #checked = 0
  #unchecked = 0

  constructor(traced: Traced, logSize: number, batchDigest: Config["batchDigest"]) {
    this.#traced = traced
    this.#logSize = logSize
    this.#nullDigest = batchDigest([])
    this.#sayings = new CoreSayings(logsKept * logSize)
    for (let r = 0; r < traced.group.n; r++) if (!traced.replicas.has(r)) this.#oracle |= 1 << r
  }

  /** Steps of the abstraction that were found to be ones. */
  get checked(): number {
    return this.#checked
  }

  /** Those of which too much is forgotten. */
  get unchecked(): number {
    return this.#unchecked
  }

  take(event: TraceEvent): void {
    if (event._tag === "ReplicaGap") this.#oracle |= 1 << event.replica
    // Whose trace ends open is not known here.
    if (event._tag === "OpenEnd") this.#oracle |= (1 << this.#traced.group.n) - 1
    if (event._tag !== "ReplicaStep" || this.#isOracle(event.replica)) return
    // More than f oracles vouch for everything.
    if (countOf(this.#oracle) <= this.#traced.group.f) this.#step(event)
    else if (event.step.state !== event.before) this.#unchecked++
  }

  #isOracle(replica: ReplicaId): boolean {
    return (this.#oracle & (1 << replica)) !== 0
  }

  /** How many say so, the oracles always. */
  #backing(bits: number): number {
    return countOf(bits | this.#oracle)
  }

  #step(event: ReplicaEvent): void {
    const { before, step, replica } = event
    if (step.state === before) return
    const { state, effects } = step
    if (state.view < before.view) this.#reject(event, "went back to an earlier view")
    if (state.view > before.view) {
      this.#move(replica, state.view)
      if (state.active) this.#reject(event, `takes part in view ${state.view} before it has begun`)
    }
    const entered = !before.active && state.active
    if (entered) this.#enter(event, state)
    for (const effect of effects) {
      if (effect._tag === "Broadcast") this.#say(event, effect.message, entered)
    }
  }

  #move(replica: ReplicaId, view: View): void {
    this.#checked++
    this.#moved.set(view, (this.#moved.get(view) ?? 0) | (1 << replica))
    for (const oldest of this.#moved.keys()) {
      if (this.#moved.size <= viewsKept) return
      this.#moved.delete(oldest)
      this.#chosen.delete(oldest)
    }
  }

  #say(event: ReplicaEvent, m: PeerMessage, entered: boolean): void {
    switch (m._tag) {
      case "PrePrepare":
        return this.#accept(event, [m.view, m.seq, m.digest])
      case "Prepare":
        if (!entered) return this.#accept(event, [m.view, m.seq, m.digest])
        // With a new view it accepts what the view starts with, and that was judged.
        if (this.#sayings.acceptedBy(event.replica, m.view, m.seq) === m.digest) return
        return this.#reject(event, `accepts at ${m.seq} what view ${m.view} does not start with`)
      case "Commit":
        return this.#prepare(event, [m.view, m.seq, m.digest])
      case "NewView":
        this.#chosen.set(m.view, m)
        this.#newView(event, m)
        for (const c of m.chosen) {
          this.#sayings.say("accepted", event.replica, [m.view, c.seq, c.digest])
        }
        return
      default:
        return
    }
  }

  #accept(event: ReplicaEvent, at: BatchAt): void {
    const { replica, before } = event
    const [view, seq, digest] = at
    if (view !== before.view || !before.active) {
      this.#reject(event, `accepts at ${seq} in view ${view}, in which it does not take part`)
    }
    if (!this.#sayings.knows(seq)) {
      this.#unchecked++
      return
    }
    if (this.#sayings.acceptedBy(replica, view, seq) !== undefined) {
      this.#reject(event, `accepts a second batch at ${seq} in view ${view}`)
    }
    const primary = primaryOf(this.#traced.group, view)
    const proposed = this.#sayings.who("accepted", at) & (1 << primary)
    if (primary !== replica && !this.#isOracle(primary) && proposed === 0) {
      this.#reject(event, `accepts at ${seq} in view ${view} what its primary did not propose`)
    }
    this.#sayings.say("accepted", replica, [view, seq, digest])
    this.#checked++
  }

  #prepare(event: ReplicaEvent, at: BatchAt): void {
    const { replica, before } = event
    const [view, seq] = at
    if (view !== before.view || !before.active) {
      this.#reject(event, `prepares at ${seq} in view ${view}, in which it does not take part`)
    }
    if (!this.#sayings.knows(seq)) {
      this.#unchecked++
      return
    }
    const accepting = this.#sayings.who("accepted", at)
    if ((accepting & (1 << replica)) === 0) {
      this.#reject(event, `prepares at ${seq} in view ${view} what it did not accept`)
    }
    const { quorum } = this.#traced.group
    const backing = this.#backing(accepting)
    if (backing < quorum) {
      const message = `prepares at ${seq} in view ${view} what ${backing} accepted, not ${quorum}`
      this.#reject(event, message)
    }
    this.#sayings.say("prepared", replica, at)
    this.#checked++
  }

  // A backup takes part in its new view: the primary does since it said what the view starts with.
  #enter(event: ReplicaEvent, { view, newView, log }: State): void {
    const { replica } = event
    if (newView === undefined || newView.replica === replica) return
    const said = this.#chosen.get(view)
    if (said === undefined) this.#newView(event, newView)
    else if (!sameChoices(said, newView)) {
      this.#reject(event, `takes part in view ${view} with other choices than its primary's`)
    } else this.#checked++
    for (const { seq, digest } of newView.chosen) {
      this.#sayings.say("accepted", replica, [view, seq, digest])
    }
    for (let seq = newView.start.seq; seq > 0 && this.#sayings.knows(seq); seq--) {
      const digest = seq <= log.low ? this.#decided(seq) : undefined
      if (digest !== undefined) this.#sayings.say("accepted", replica, [view, seq, digest])
    }
  }

  // NewView: each of its choices is one that the claims of those who moved allow.
  #newView(event: ReplicaEvent, m: NewView): void {
    const high = m.start.seq + this.#logSize
    const chosen = new Map(m.chosen.map((c) => [c.seq, c.digest]))
    for (let seq = this.#sayings.first; seq <= high; seq++) {
      const digest = chosen.get(seq)
      const fits =
        seq <= m.start.seq
          ? this.#decided(seq) !== undefined
          : digest === undefined
            ? this.#isFree(m.view, seq)
            : this.#canChoose(m.view, seq, digest) ||
              (digest === this.#nullDigest && this.#isFree(m.view, seq))
      if (!fits) {
        const what = digest === undefined ? "nothing" : digest
        const message = `view ${m.view} starts with ${what} at ${seq}, which nobody may choose there`
        this.#reject(event, message)
      }
    }
    this.#checked++
  }

  #decided(seq: Seq): Digest | undefined {
    const { quorum } = this.#traced.group
    return this.#sayings.prepared(seq).find((s) => this.#backing(s.replicas) >= quorum)?.digest
  }

  #changers(view: View): ReadonlyArray<ReplicaId> {
    const bits = (this.#moved.get(view) ?? 0) & ~this.#oracle
    return [...this.#traced.replicas.keys()].filter((r) => (bits & (1 << r)) !== 0)
  }

  #vouching(holds: ReadonlyArray<ReplicaId>): number {
    return this.#backing(holds.reduce((bits, r) => bits | (1 << r), 0))
  }

  /** Whether null may be chosen, or nothing: 2f + 1 prepared nothing there. */
  #isFree(view: View, seq: Seq): boolean {
    const empty = this.#changers(view).filter(
      (r) => this.#sayings.claimOf(r, view, seq) === undefined,
    )
    return this.#vouching(empty) >= this.#traced.group.quorum
  }

  /** Conditions A1 and A2, for some view in which the batch may have been prepared. */
  #canChoose(view: View, seq: Seq, digest: Digest): boolean {
    const { group } = this.#traced
    const changers = this.#changers(view)
    const claims = changers.map((r) => this.#sayings.claimOf(r, view, seq))
    const views = new Set(claims.flatMap((c) => (c?.digest === digest ? [c.view] : [])))
    // An oracle claims any view; A1 begins to hold at one that is claimed, or right after it.
    if (this.#oracle !== 0) {
      views.add(0)
      for (const c of claims) if (c !== undefined) views.add(c.view).add(c.view + 1)
    }
    return [...views].some((u) => {
      if (u >= view) return false
      const permitting = changers.filter((_, k) => {
        const c = claims[k]
        return c === undefined || c.view < u || (c.view === u && c.digest === digest)
      })
      const supporting = this.#sayings.acceptedSince(seq, digest, u, view)
      const backing = this.#vouching(changers.filter((r) => (supporting & (1 << r)) !== 0))
      return this.#vouching(permitting) >= group.quorum && backing >= weakQuorum(group)
    })
  }

  #reject(event: ReplicaEvent, what: string): never {
    const { place, n, replica } = event
    const node = `replica ${replica}`
    const message = `no step of the abstraction (spec/tla/PbftCore.tla): it ${what}`
    return reject({ ...place, rule: "Abstraction", node, step: n, message })
  }
}

const sameChoices = (a: NewView, b: NewView): boolean =>
  a.start.seq === b.start.seq &&
  a.chosen.length === b.chosen.length &&
  a.chosen.every(({ seq, digest }, k) => seq === b.chosen[k]?.seq && digest === b.chosen[k]?.digest)
