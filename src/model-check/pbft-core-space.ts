/**
 * The states of spec/tla/PbftCore.tla: a row has a cell for each correct replica, the number of
 * its local state. What a replica may do by itself is computed once for each local state, what the
 * decision procedure allows once for each combination of claims.
 */
import { Interned } from "./intern.ts"
import { choosable, type Choosable, claimKey, claimOf, type Claim } from "./pbft-core-decision.ts"
import type { CoreWorld } from "./pbft-core-constants.ts"
import {
  accept,
  changeView,
  coreKey,
  type CoreReplica,
  mayAccept,
  mayPrepareIn,
  newView,
  prepare,
  renamed,
  startCore,
} from "./pbft-core-replica.ts"
import { permutations, RenamedRows, renames } from "./renamed-rows.ts"
import { coreStateText, type CoreTexts, coreTexts } from "./pbft-core-text.ts"
import type { Found, SpaceMemory, StateSpace, Step } from "./state-space.ts"

/** A step of a replica that others may have to support. */
interface Candidate extends Step {
  readonly to: number
  /** Batches, as bits of `accepted`, of which `needs` replicas must have accepted one; 0: none. */
  readonly backing: number
  readonly needs: number
  /** The process that must have accepted one of `backing`; -1: count them all. */
  readonly by: number
}

/** The step into a new view. */
interface Entered extends Step {
  readonly to: number
}

interface Local {
  readonly replica: CoreReplica
  readonly candidates: ReadonlyArray<Candidate>
  /** By pick combination: the step into the new view. */
  readonly entered: Array<Entered | undefined>
  /** By view x seqs + seq: the number of the claim. */
  readonly claims: ReadonlyArray<number>
}

const claimsMost = 4096
const perEntry = 3
const ownSteps = -1

export class CoreSpace implements StateSpace {
  readonly world: CoreWorld
  readonly width: number
  readonly taken = new Map<string, number>()
  steps = 0
  readonly #ids: ReadonlyArray<Interned<CoreReplica>>
  readonly #locals: ReadonlyArray<Array<Local | undefined>>
  readonly #accepted: ReadonlyArray<Array<number>>
  readonly #prepared: ReadonlyArray<Array<number>>
  readonly #texts: ReadonlyArray<Array<CoreTexts | undefined>>
  readonly #claims = new Interned<Claim | undefined>()
  readonly #choosable: ReadonlyArray<Map<number, Choosable>>
  /** Renamings of the batches that were asked for, but for the identity. */
  readonly #renamed: RenamedRows
  readonly #process: ReadonlyArray<number>
  /** What was computed, in order: process, local state, picks of a NEW-VIEW or -1 for the rest. */
  readonly #journal: Array<number> = []
  readonly #next: Int32Array

  /** With `reduced`, states that differ only in the names of asked batches count as one. */
  constructor(world: CoreWorld, reduced: boolean) {
    this.world = world
    this.width = world.correct.length
    this.#next = new Int32Array(this.width)
    this.#ids = world.correct.map(() => new Interned<CoreReplica>())
    this.#locals = world.correct.map(() => [])
    this.#texts = world.correct.map(() => [])
    this.#accepted = world.correct.map(() => [])
    this.#prepared = world.correct.map(() => [])
    this.#choosable = Array.from({ length: (world.maxView + 1) * world.maxSeq }, () => new Map())
    const asked = world.asked.map((_, b) => b)
    const renamings = reduced ? permutations(asked).filter(renames) : []
    this.#renamed = new RenamedRows(this.width, renamings.length, (renaming, k, id) => {
      const replica = (this.#ids[k] as Interned<CoreReplica>).at(id)
      return this.#intern(k, renamed(world, replica, renamings[renaming] ?? []))
    })
    this.#process = Array.from({ length: world.n }, (_, i) => world.correct.indexOf(i))
    world.correct.forEach((id, k) => this.#intern(k, startCore(world, id)))
  }

  #intern(k: number, replica: CoreReplica): number {
    const ids = this.#ids[k] as Interned<CoreReplica>
    const before = ids.size
    const id = ids.add(coreKey(replica), () => replica)
    if (ids.size > before) {
      this.#accepted[k]?.push(replica.accepted)
      this.#prepared[k]?.push(replica.prepared)
    }
    return id
  }

  /** The number of a local state of process `k`, reachable or not. */
  numberOf(k: number, replica: CoreReplica): number {
    return this.#intern(k, replica)
  }

  start(row: Int32Array): void {
    row.fill(0)
  }

  actorName(actor: number): string {
    return `replica ${this.world.correct[actor]}`
  }

  /** The bits of what process `k` accepted in `row`. */
  accepted(row: Int32Array, k: number): number {
    return this.#accepted[k]?.[row[k] as number] as number
  }

  prepared(row: Int32Array, k: number): number {
    return this.#prepared[k]?.[row[k] as number] as number
  }

  replica(row: Int32Array, k: number): CoreReplica {
    return (this.#ids[k] as Interned<CoreReplica>).at(row[k] as number)
  }

  #note(action: string): void {
    this.steps++
    this.taken.set(action, (this.taken.get(action) ?? 0) + 1)
  }

  #local(k: number, id: number): Local {
    const known = this.#locals[k]?.[id]
    if (known !== undefined) return known
    this.#journal.push(k, id, ownSteps)
    const { world } = this
    const replica = (this.#ids[k] as Interned<CoreReplica>).at(id)
    const claims: Array<number> = []
    for (let view = 0; view <= world.maxView; view++) {
      for (let seq = 0; seq < world.maxSeq; seq++) {
        const claim = claimOf(world, replica, view, seq)
        claims.push(this.#claims.add(claimKey(claim), () => claim))
      }
    }
    const made: Local = { replica, claims, entered: [], candidates: this.#candidates(k, replica) }
    ;(this.#locals[k] as Array<Local>)[id] = made
    return made
  }

  #candidates(k: number, r: CoreReplica): ReadonlyArray<Candidate> {
    const { world } = this
    const all: Array<Candidate> = []
    const add = (action: string, to: CoreReplica, told: string, asks: Partial<Candidate>): void => {
      this.#note(action)
      all.push({ action, told, to: this.#intern(k, to), backing: 0, needs: 0, by: -1, ...asks })
    }
    const primary = world.primary(r.view)
    const free = primary === r.id || world.byzantine.includes(primary)
    for (let seq = 0; seq < world.maxSeq; seq++) {
      for (const b of world.asked.keys()) {
        if (!mayAccept(world, r, seq, b)) continue
        const backing = free ? 0 : 1 << (world.shift(r.view, seq) + b)
        const told = `view ${r.view} seq ${seq + 1} ${world.batches[b]}`
        add("Accept", accept(world, r, seq, b), told, { backing, by: this.#process[primary] ?? -1 })
      }
    }
    for (let rest = r.accepted & ~r.prepared; rest !== 0; rest &= rest - 1) {
      const bit = rest & -rest
      const at = 31 - Math.clz32(bit)
      const slot = Math.floor(at / world.batches.length)
      const view = Math.floor(slot / world.maxSeq)
      if (!mayPrepareIn(world, r, view)) continue
      const any = world.anyBatch << (slot * world.batches.length)
      const backing = world.rule("VotesAreForABatch") ? bit : any
      const batch = world.batches[at % world.batches.length]
      const told = `view ${view} seq ${(slot % world.maxSeq) + 1} ${batch}`
      add("Prepare", prepare(r, bit), told, { backing, needs: world.prepareNeeds })
    }
    for (let view = r.view + 1; view <= world.maxView; view++) {
      add("ChangeView", changeView(world, r, view), `to view ${view}`, {})
    }
    return all
  }

  #supported({ backing, needs, by }: Candidate, row: Int32Array): boolean {
    if (backing === 0) return true
    if (by >= 0) return (this.accepted(row, by) & backing) !== 0
    let count = this.world.byzantine.length
    for (let k = 0; k < this.width; k++) if ((this.accepted(row, k) & backing) !== 0) count++
    return count >= needs
  }

  /** What a NEW-VIEW for `view` may say of `seq` (from 0) in the state `row`. */
  choosable(row: Int32Array, view: number, seq: number): Choosable {
    const slot = view * this.world.maxSeq + seq
    let key = 0
    for (let k = 0; k < this.width; k++) {
      key = key * claimsMost + (this.#local(k, row[k] as number).claims[slot] as number)
    }
    const memory = this.#choosable[slot] as Map<number, Choosable>
    const known = memory.get(key)
    if (known !== undefined) return known
    const claims = Array.from({ length: this.width }, (_, k) =>
      this.#claims.at(this.#local(k, row[k] as number).claims[slot] as number),
    )
    const made = choosable(this.world, view, claims)
    memory.set(key, made)
    return made
  }

  #allowed(row: Int32Array, k: number, r: CoreReplica, seq: number): number {
    const { world } = this
    const primary = world.primary(r.view)
    const checked =
      world.rule("ChoiceIsChecked") || primary === r.id
        ? this.choosable(row, r.view, seq).picks
        : (1 << (world.open + 1)) - 1
    const by = this.#process[primary] ?? -1
    if (by < 0 || by === k) return checked
    const pick = this.replica(row, by).chosen[r.view]?.[seq]
    return pick === undefined ? 0 : checked & (1 << pick)
  }

  #enter(k: number, id: number, local: Local, picks: ReadonlyArray<number>): Entered {
    const at = picks.reduce((sum, pick) => sum * (this.world.open + 1) + pick, 0)
    const known = local.entered[at]
    if (known !== undefined) return known
    this.#journal.push(k, id, at)
    const { world } = this
    this.#note("NewView")
    const named = picks.map((p, seq) => `seq ${seq + 1} ${world.batches[p] ?? "open"}`)
    const told = `view ${local.replica.view}: ${named.join(", ")}`
    const to = this.#intern(k, newView(world, local.replica, picks))
    const made = { action: "NewView", told, to }
    local.entered[at] = made
    return made
  }

  #newViews(
    row: Int32Array,
    k: number,
    local: Local,
    emit: (step: Step, to: number) => void,
  ): void {
    const { maxSeq, open } = this.world
    const picks: Array<number> = []
    const choose = (seq: number): void => {
      if (seq === maxSeq) {
        const step = this.#enter(k, row[k] as number, local, picks.slice())
        emit(step, step.to)
        return
      }
      const allowed = this.#allowed(row, k, local.replica, seq)
      for (let pick = 0; pick <= open; pick++) {
        if ((allowed & (1 << pick)) === 0) continue
        picks[seq] = pick
        choose(seq + 1)
      }
    }
    choose(0)
  }

  expand(row: Int32Array, found: Found): void {
    const next = this.#next
    for (let k = 0; k < this.width; k++) {
      const local = this.#local(k, row[k] as number)
      const emit = (step: Step, to: number): void => {
        next.set(row)
        next[k] = to
        found(k, step, next)
      }
      for (const candidate of local.candidates) {
        if (this.#supported(candidate, row)) emit(candidate, candidate.to)
      }
      if (!local.replica.active) this.#newViews(row, k, local, emit)
    }
  }

  /** Of the rows that a renaming of asked batches makes of this one, the first in their order. */
  canonical(row: Int32Array): void {
    this.#renamed.canonical(row)
  }

  #textsOf(k: number, id: number): CoreTexts {
    const memory = this.#texts[k] as Array<CoreTexts | undefined>
    const known = memory[id]
    if (known !== undefined) return known
    const made = coreTexts(this.world, (this.#ids[k] as Interned<CoreReplica>).at(id))
    memory[id] = made
    return made
  }

  /** The first, in the order of texts, of the texts that renamings make of the state. */
  text(row: Int32Array): string {
    return this.#renamed.firstText(row, (ids) =>
      coreStateText(
        this.world,
        ids.map((id, k) => this.#textsOf(k, id)),
      ),
    )
  }

  /** Every local state in order, and which steps of them were computed. */
  save(): SpaceMemory {
    const texts = this.#ids.map((ids) => JSON.stringify(ids.values))
    return { numbers: Int32Array.from(this.#journal), texts: [String(this.steps), ...texts] }
  }

  restore({ numbers, texts: [steps, ...texts] }: SpaceMemory): boolean {
    for (const [k, text] of texts.entries()) {
      for (const [id, value] of (JSON.parse(text) as ReadonlyArray<CoreReplica>).entries()) {
        // JSON knows no undefined.
        const changed = value.changed.map((c) => c ?? undefined)
        const chosen = value.chosen.map((x) => x ?? undefined)
        if (this.#intern(k, { ...value, changed, chosen }) !== id) return false
      }
    }
    for (let at = 0; at + perEntry <= numbers.length; at += perEntry) {
      const [k = 0, id = 0, entered = 0] = numbers.subarray(at, at + perEntry)
      if (id >= (this.#ids[k]?.size ?? 0)) return false
      const local = this.#local(k, id)
      if (entered >= 0) this.#enter(k, id, local, this.#picksOf(entered))
    }
    return texts.length === this.width && String(this.steps) === steps
  }

  #picksOf(entered: number): ReadonlyArray<number> {
    const base = this.world.open + 1
    return Array.from(
      { length: this.world.maxSeq },
      (_, seq) => Math.floor(entered / base ** (this.world.maxSeq - 1 - seq)) % base,
    )
  }
}
