/**
 * The twin refines the abstraction: beside each state of the real code goes the state of
 * `pbft-core-space.ts` that it stands for, and each step of the code must be a step there, or a
 * replica's `Accept` and `Prepare` at once, or none. spec/tla/RefinePbft.tla has the same mapping.
 */
import { assert } from "../core/assert.ts"
import type { ReplicaId } from "../core/ids.ts"
import type { Message, NewView, ViewChange } from "../core/pbft/message.ts"
import type { State } from "../core/pbft/state.ts"
import type { Envelope } from "../sim/world.ts"
import { Interned } from "./intern.ts"
import { type CoreWorld, levelOf } from "./pbft-core-constants.ts"
import { changeView, type CoreReplica } from "./pbft-core-replica.ts"
import type { CoreSpace } from "./pbft-core-space.ts"
import type { PbftProcess } from "./pbft-process.ts"
import type { Space } from "./space.ts"
import type { Broken, Found, SpaceMemory, StateJudge, StateSpace } from "./state-space.ts"

/** What a step did, of which the abstraction may have to hear. */
interface Done {
  readonly actor: number
  readonly before: State
  readonly after: State
  /** What this step was the first to send, by the actor. */
  readonly said: ReadonlyArray<Message>
}

/** In place of the abstract state: there is none that the abstraction could have come to. */
const astray = -1

/** A bit of `accepted` and `prepared`. */
const bitOf = (w: CoreWorld, view: number, seq: number, batch: number): number => {
  assert(view <= w.maxView && seq <= w.maxSeq, "the abstraction has enough views and numbers")
  return 1 << (w.shift(view, seq - 1) + batch)
}

export class RefinedSpace implements StateSpace {
  readonly width: number
  readonly #twin: Space
  readonly #core: CoreSpace
  readonly #batchOf: (digest: string) => number
  readonly #rows = new Interned<Int32Array>()
  readonly #successors: Array<ReadonlySet<number> | undefined> = []
  /** By process and local state: its view, and whether it takes part there, as one number. */
  readonly #places: ReadonlyArray<Array<number | undefined>>
  readonly #inner: Int32Array
  readonly #outer: Int32Array
  /** Why the last step that went astray did. */
  #wrong: Broken | undefined
  /** Steps of the code that are a step of the abstraction, and those that are two. */
  moved = 0
  movedTwice = 0

  /** `batchOf`: the number of a digest's batch in the abstraction. */
  constructor(twin: Space, core: CoreSpace, batchOf: (digest: string) => number) {
    this.width = twin.width + 1
    this.#twin = twin
    this.#core = core
    this.#batchOf = batchOf
    this.#places = core.world.correct.map(() => [])
    this.#inner = new Int32Array(twin.width)
    this.#outer = new Int32Array(this.width)
    const first = new Int32Array(core.width)
    core.start(first)
    this.#numberOf(first)
  }

  get taken(): ReadonlyMap<string, number> {
    return this.#twin.taken
  }

  get steps(): number {
    return this.#twin.steps
  }

  /** Distinct states of the abstraction that some state of the code stands for. */
  get coreStates(): number {
    return this.#rows.size
  }

  /** What is wrong with a state that went astray. */
  wrongWith(row: Int32Array): Broken | null {
    if (row[this.width - 1] !== astray) return null
    return this.#wrong ?? { property: "RefinesCore", why: "" }
  }

  #numberOf(row: Int32Array): number {
    return this.#rows.add(row.join(","), () => row.slice())
  }

  #stateOf(actor: number, local: number): State | undefined {
    const process = this.#twin.processes[actor]?.at(local) as PbftProcess | undefined
    return process?.role === "replica" ? process.at.state : undefined
  }

  #place(actor: number, local: number): number {
    const known = this.#places[actor]?.[local]
    if (known !== undefined) return known
    const state = this.#stateOf(actor, local)
    if (state === undefined) return 0
    const id = this.#core.world.correct[actor] as ReplicaId
    const made = state.view * 2 + (takesPart(this.#core.world, id, state) ? 1 : 0)
    ;(this.#places[actor] as Array<number>)[local] = made
    return made
  }

  expand(row: Int32Array, found: Found): void {
    const last = this.width - 1
    const here = row[last] as number
    this.#inner.set(row.subarray(0, last))
    this.#twin.expand(this.#inner, (actor, step, next) => {
      this.#outer.set(next)
      this.#outer[last] = this.#follow(here, actor, next)
      found(actor, step, this.#outer)
    })
  }

  // The abstract state after a step of the code from `#inner` to `next`.
  #follow(here: number, actor: number, next: Int32Array): number {
    if (actor >= this.#core.width) return here
    const sets = this.#inner.length - 1
    const [before, after] = [this.#inner[actor] as number, next[actor] as number]
    const silent = this.#inner[sets] === next[sets]
    if (silent && this.#place(actor, before) === this.#place(actor, after)) return here
    const row = this.#rows.at(here)
    const mapped = this.#mapped(row, {
      actor,
      before: this.#stateOf(actor, before) as State,
      after: this.#stateOf(actor, after) as State,
      said: this.#said(actor, this.#inner[sets] as number, next[sets] as number),
    })
    if ("property" in mapped) {
      this.#wrong = mapped
      return astray
    }
    const to = row.slice()
    to[actor] = this.#core.numberOf(actor, mapped)
    const there = this.#numberOf(to)
    if (there === here || this.#allows(here, there, actor)) return there
    const replica = this.#core.actorName(actor)
    this.#wrong = { property: "RefinesCore", why: `the abstraction has no such step of ${replica}` }
    return astray
  }

  #said(actor: number, before: number, after: number): ReadonlyArray<Message> {
    if (before === after) return []
    const id = this.#core.world.correct[actor]
    const known = new Set(this.#twin.sets.at(before))
    return [...this.#twin.sets.at(after)]
      .filter((m) => !known.has(m))
      .map((m) => (this.#twin.messages.at(m).value as Envelope).message)
      .filter((m) => "replica" in m && m.replica === id)
  }

  #mapped(row: Int32Array, done: Done): CoreReplica | Broken {
    const w = this.#core.world
    const { actor, before, after, said } = done
    let to = this.#core.replica(row, actor)
    if (after.view !== before.view) to = changeView(w, to, after.view)
    let { accepted, prepared, chosen } = to
    for (const m of said) {
      if (m._tag === "PrePrepare" || m._tag === "Prepare") {
        accepted |= bitOf(w, m.view, m.seq, this.#batchOf(m.digest))
      } else if (m._tag === "Commit") {
        prepared |= bitOf(w, m.view, m.seq, this.#batchOf(m.digest))
      } else if (m._tag === "NewView") {
        const picks = this.#picks(row, m)
        if (picks === undefined) return undecided(m)
        chosen = chosen.map((x, view) => (view === m.view ? picks : x))
        accepted |= taken(w, m.view, picks, w.maxSeq)
      } else if (m._tag === "ViewChange") {
        const broken = this.#untrue(to, m)
        if (broken !== null) return broken
      }
    }
    const { newView } = after
    if (!before.active && after.active && newView !== undefined && newView.replica !== to.id) {
      const picks = this.#picks(row, newView)
      if (picks === undefined) return undecided(newView)
      accepted |= taken(w, after.view, picks, after.log.low)
    }
    return { ...to, accepted, prepared, chosen, active: takesPart(w, to.id, after) }
  }

  // What the NEW-VIEW says of each number: below its checkpoint, what was committed there.
  #picks(row: Int32Array, m: NewView): ReadonlyArray<number> | undefined {
    const w = this.#core.world
    const picks: Array<number> = []
    for (let seq = 1; seq <= w.maxSeq; seq++) {
      const chosen = m.chosen.find((c) => c.seq === seq)
      if (seq <= m.start.seq) picks.push(this.#decided(row, seq))
      else picks.push(chosen === undefined ? w.open : this.#batchOf(chosen.digest))
    }
    return picks.includes(-1) ? undefined : picks
  }

  #decided(row: Int32Array, seq: number): number {
    const w = this.#core.world
    let [one, two, three, four] = [0, 0, 0, 0]
    for (let k = 0; k < this.#core.width; k++) {
      const bits = this.#core.prepared(row, k)
      four |= three & bits
      three |= two & bits
      two |= one & bits
      one |= bits
    }
    const committed = levelOf([one, two, three, four], w.commitNeeds - w.byzantine.length)
    for (let view = 0; view <= w.maxView; view++) {
      const here = (committed >> w.shift(view, seq - 1)) & w.anyBatch
      if (here !== 0) return 31 - Math.clz32(here)
    }
    return -1
  }

  // A VIEW-CHANGE claims what its sender did: P as the abstraction says, Q no more than that.
  #untrue(r: CoreReplica, m: ViewChange): Broken | null {
    const w = this.#core.world
    const claim = r.changed[m.view]
    const why = `the VIEW-CHANGE of replica ${r.id} to view ${m.view} claims`
    const broken = (what: string): Broken => ({ property: "TrueClaims", why: `${why} ${what}` })
    if (claim === undefined) return broken("to come from a replica that did not move there")
    for (let seq = m.low + 1; seq <= w.maxSeq; seq++) {
      const entry = m.prepared.find((e) => e.seq === seq)
      const said =
        entry === undefined ? -1 : entry.view * w.batches.length + this.#batchOf(entry.digest)
      if (said !== claim.p[seq - 1]) return broken(`another batch in P at ${seq}`)
    }
    for (const e of m.prePrepared) {
      const bit = bitOf(w, e.view, e.seq, this.#batchOf(e.digest))
      if ((claim.q & bit) === 0) return broken(`more in Q at ${e.seq}`)
    }
    return null
  }

  #after(id: number): ReadonlySet<number> {
    const known = this.#successors[id]
    if (known !== undefined) return known
    const all = new Set<number>()
    const row = this.#rows.at(id)
    this.#core.expand(row, (_actor, _step, next) => void all.add(this.#numberOf(next)))
    this.#successors[id] = all
    return all
  }

  #allows(here: number, there: number, actor: number): boolean {
    if (this.#after(here).has(there)) {
      this.moved++
      return true
    }
    const accepted: Array<number> = []
    this.#core.expand(this.#rows.at(here), (k, { action }, next) => {
      if (k === actor && action === "Accept") accepted.push(this.#numberOf(next))
    })
    const twice = accepted.some((between) => {
      let hit = false
      this.#core.expand(this.#rows.at(between), (k, { action }, next) => {
        if (k === actor && action === "Prepare") hit ||= this.#numberOf(next) === there
      })
      return hit
    })
    if (twice) this.movedTwice++
    return twice
  }

  start(row: Int32Array): void {
    row.fill(0)
  }

  canonical(): void {}

  text(row: Int32Array): string {
    const core = this.#rows.at(row[this.width - 1] as number)
    return `[code:${this.#twin.text(row)},core:${this.#core.text(core)}]`
  }

  actorName(actor: number): string {
    return this.#twin.actorName(actor)
  }

  /** What the twin has to remember, and the abstract states in order. */
  save(): SpaceMemory {
    const { numbers, texts } = this.#twin.save()
    const core = this.#rows.values.map((row) => [...row].map((_, k) => this.#core.replica(row, k)))
    return { numbers, texts: [JSON.stringify(core), ...texts] }
  }

  restore({ numbers, texts: [core = "[]", ...texts] }: SpaceMemory): boolean {
    const states = JSON.parse(core) as ReadonlyArray<ReadonlyArray<CoreReplica>>
    const same = states.every((replicas, id) => {
      const row = replicas.map((r, k) => {
        // JSON knows no undefined.
        const changed = r.changed.map((c) => c ?? undefined)
        const chosen = r.chosen.map((x) => x ?? undefined)
        return this.#core.numberOf(k, { ...r, changed, chosen })
      })
      return this.#numberOf(Int32Array.from(row)) === id
    })
    return same && this.#twin.restore({ numbers, texts })
  }
}

/** Whether replica `id` takes part in its view: a primary does as soon as it said what it chose. */
const takesPart = (w: CoreWorld, id: ReplicaId, { active, view, newView }: State): boolean =>
  active || (newView !== undefined && w.primary(view) === id)

const taken = (w: CoreWorld, view: number, picks: ReadonlyArray<number>, upTo: number): number => {
  let bits = 0
  for (let seq = 1; seq <= Math.min(upTo, w.maxSeq); seq++) {
    const pick = picks[seq - 1] as number
    if (pick !== w.open) bits |= bitOf(w, view, seq, pick)
  }
  return bits
}

const undecided = ({ view, start }: NewView): Broken => ({
  property: "RefinesCore",
  why: `view ${view} starts from a checkpoint at ${start.seq}, up to which not all is committed`,
})

/** Judges the code's states as `judge` does, and that none of them went astray. */
export class RefinementJudge implements StateJudge {
  readonly antecedents: Set<string>
  readonly witnessed: Set<string>
  readonly #space: RefinedSpace
  readonly #judge: StateJudge

  constructor(space: RefinedSpace, judge: StateJudge) {
    this.#space = space
    this.#judge = judge
    this.antecedents = judge.antecedents
    this.witnessed = judge.witnessed
  }

  firstBroken(row: Int32Array, from?: Int32Array): Broken | null {
    return this.#space.wrongWith(row) ?? this.#judge.firstBroken(row, from)
  }
}
