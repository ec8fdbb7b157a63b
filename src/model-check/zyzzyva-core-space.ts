/**
 * The states of spec/tla/ZyzzyvaCore.tla: a row has a cell for each correct replica, the number of
 * its local state. Each step of a local state is computed once, what a view may start from once
 * for each combination of what replicas did in the views below.
 */
import { assert } from "../core/assert.ts"
import { Interned } from "./intern.ts"
import { RenamedRows } from "./renamed-rows.ts"
import type { Found, SpaceMemory, StateSpace, Step } from "./state-space.ts"
import type { ZyzzyvaWorld } from "./zyzzyva-core-constants.ts"
import { saidIn, type SaidInView, type ViewFacts, viewFacts } from "./zyzzyva-core-facts.ts"
import { logwiseBases } from "./zyzzyva-core-logwise.ts"
import { noLog } from "./zyzzyva-core-logs.ts"
import { type Past, pastKey, quorums } from "./zyzzyva-core-past.ts"
import {
  entered,
  isActive,
  mayOrder,
  orderedHere,
  startZyzzyva,
  withLogs,
  zyzzyvaKey,
  type ZyzzyvaReplica,
} from "./zyzzyva-core-replica.ts"
import { slotwiseBases } from "./zyzzyva-core-slotwise.ts"
import { logRenamings, takeStep, type ZyzzyvaAction, zyzzyvaActions } from "./zyzzyva-core-steps.ts"
import { zyzzyvaStateText, zyzzyvaTexts, type ZyzzyvaTexts } from "./zyzzyva-core-text.ts"

/** A computed step: where it leads, and how it is told. */
interface Known extends Step {
  readonly to: number
}

interface Local {
  readonly replica: ZyzzyvaReplica
  /** By view: the number of what it said there, */
  readonly said: ReadonlyArray<number>
  /** and of what it did in the views below. */
  readonly past: ReadonlyArray<number>
  /** By the number of action and argument. */
  readonly steps: Array<Known | undefined>
}

const perAction = 256
const perEntry = 3

export class ZyzzyvaSpace implements StateSpace {
  readonly world: ZyzzyvaWorld
  readonly width: number
  readonly taken = new Map<string, number>()
  steps = 0
  readonly #ids: ReadonlyArray<Interned<ZyzzyvaReplica>>
  readonly #locals: ReadonlyArray<Array<Local | undefined>>
  readonly #texts: ReadonlyArray<Array<ZyzzyvaTexts | undefined>>
  readonly #said = new Interned<SaidInView>()
  readonly #pasts = new Interned<string>()
  readonly #facts = new Map<number, ViewFacts>()
  readonly #bases: ReadonlyArray<Map<number, ReadonlyArray<number>>>
  readonly #renamed: RenamedRows
  readonly #process: ReadonlyArray<number>
  /** The most that a cell's part of a combined key may be. */
  readonly #most: number
  /** What was computed, in order: process, local state, action and argument. */
  readonly #journal: Array<number> = []
  readonly #next: Int32Array

  /** With `reduced`, states that differ only in the names of batches at a number count as one. */
  constructor(world: ZyzzyvaWorld, reduced: boolean) {
    this.world = world
    this.width = world.correct.length
    this.#most = Math.floor(2 ** (53 / this.width))
    this.#next = new Int32Array(this.width)
    this.#ids = world.correct.map(() => new Interned<ZyzzyvaReplica>())
    this.#locals = world.correct.map(() => [])
    this.#texts = world.correct.map(() => [])
    this.#bases = Array.from({ length: world.maxView + 1 }, () => new Map())
    this.#process = Array.from({ length: world.n }, (_, i) => world.correct.indexOf(i))
    world.correct.forEach((id, k) => this.#intern(k, startZyzzyva(world, id)))
    const renamings = reduced ? logRenamings(world) : []
    this.#renamed = new RenamedRows(this.width, renamings.length, (renaming, k, id) => {
      const to = renamings[renaming] ?? []
      return this.#intern(
        k,
        withLogs(this.#at(k, id), (log) => (log === noLog ? noLog : (to[log] ?? log))),
      )
    })
  }

  #intern(k: number, replica: ZyzzyvaReplica): number {
    return (this.#ids[k] as Interned<ZyzzyvaReplica>).add(zyzzyvaKey(replica), () => replica)
  }

  #at(k: number, id: number): ZyzzyvaReplica {
    return (this.#ids[k] as Interned<ZyzzyvaReplica>).at(id)
  }

  #local(k: number, id: number): Local {
    const known = this.#locals[k]?.[id]
    if (known !== undefined) return known
    const replica = this.#at(k, id)
    const views = Array.from({ length: this.world.maxView + 1 }, (_, v) => v)
    const made: Local = {
      replica,
      said: views.map((v) => {
        const said = saidIn(replica, v)
        return this.#said.add(`${said.log} ${said.acknowledged}`, () => said)
      }),
      past: views.map((v) => {
        const key = pastKey(replica, v)
        return this.#pasts.add(key, () => key)
      }),
      steps: [],
    }
    ;(this.#locals[k] as Array<Local>)[id] = made
    return made
  }

  /** The number that cells' numbers make together. */
  #key(row: Int32Array, part: (local: Local) => number): number {
    let key = 0
    for (let k = 0; k < this.width; k++) {
      const one = part(this.#local(k, row[k] as number))
      assert(one < this.#most, "a combined key is exact")
      key = key * this.#most + one
    }
    return key
  }

  replica(row: Int32Array, k: number): ZyzzyvaReplica {
    return this.#local(k, row[k] as number).replica
  }

  /** What the answers and acknowledgements of `view` amount to. */
  facts(row: Int32Array, view: number): ViewFacts {
    const key = this.#key(row, (local) => local.said[view] as number)
    const known = this.#facts.get(key)
    if (known !== undefined) return known
    const said = Array.from({ length: this.width }, (_, k) =>
      this.#said.at(this.#local(k, row[k] as number).said[view] as number),
    )
    const made = viewFacts(this.world, said)
    this.#facts.set(key, made)
    return made
  }

  /** What `view` may be decided from. */
  past(row: Int32Array, view: number): Past {
    return {
      world: this.world,
      view,
      replicas: Array.from({ length: this.width }, (_, k) => this.replica(row, k)),
      certified: Array.from({ length: view }, (_, u) => this.facts(row, u).certified),
    }
  }

  /** The logs from which `view` may start. */
  bases(row: Int32Array, view: number): ReadonlyArray<number> {
    const memory = this.#bases[view] as Map<number, ReadonlyArray<number>>
    const key = this.#key(row, (local) => local.past[view] as number)
    const known = memory.get(key)
    if (known !== undefined) return known
    const past = this.past(row, view)
    const all = new Set<number>()
    const found = (base: number): void => void all.add(base)
    for (const quorum of quorums(past)) {
      if (this.world.slotwise) slotwiseBases(past, quorum, found)
      else logwiseBases(past, quorum, found)
    }
    const made = [...all].sort((a, b) => a - b)
    memory.set(key, made)
    return made
  }

  #step(k: number, id: number, action: ZyzzyvaAction, argument: number): Known {
    const { steps, replica } = this.#local(k, id)
    const code = zyzzyvaActions.indexOf(action) * perAction + argument
    const known = steps[code]
    if (known !== undefined) return known
    this.#journal.push(k, id, code)
    if (action !== "Forget") {
      this.steps++
      this.taken.set(action, (this.taken.get(action) ?? 0) + 1)
    }
    const [to, told] = takeStep(this.world, replica, action, argument)
    const made = { action, told, to: this.#intern(k, to) }
    steps[code] = made
    return made
  }

  start(row: Int32Array): void {
    row.fill(0)
  }

  actorName(actor: number): string {
    return `replica ${this.world.correct[actor]}`
  }

  #mayLeave(row: Int32Array, k: number): boolean {
    const { view } = this.replica(row, k)
    if (view >= this.world.maxView) return false
    if (!this.world.inLayers) return true
    for (let j = 0; j < this.width; j++) {
      if (this.replica(row, j).view !== (j < k ? view + 1 : view)) return false
    }
    return true
  }

  #mayAct(row: Int32Array, view: number): boolean {
    if (!this.world.inLayers) return true
    for (let j = 0; j < this.width; j++) if (this.replica(row, j).view !== view) return false
    return true
  }

  expand(row: Int32Array, found: Found): void {
    const next = this.#next
    for (let k = 0; k < this.width; k++) {
      const id = row[k] as number
      const { replica: r } = this.#local(k, id)
      const emit = (action: ZyzzyvaAction, argument: number): void => {
        const step = this.#step(k, id, action, argument)
        next.set(row)
        next[k] = step.to
        if (action === "ChangeView") this.#forget(row, k, next)
        found(k, step, next)
      }
      if (this.#mayLeave(row, k)) emit("ChangeView", 0)
      if (!this.#mayAct(row, r.view)) continue
      this.#orders(row, r, emit)
      this.#acknowledgements(row, r, emit)
      if (!entered(r, r.view)) for (const base of this.#offered(row, r)) emit("NewView", base)
      if (this.#isConfirmed(row, r)) emit("Confirm", 0)
    }
  }

  // Under the slot-wise rule: who leaves a view as the last makes its NEW-VIEW forgotten.
  #forget(row: Int32Array, leaver: number, next: Int32Array): void {
    const { view } = this.replica(row, leaver)
    const k = this.#process[this.world.primary(view)] ?? -1
    if (!this.world.slotwise || k < 0) return
    for (let j = 0; j < this.width; j++) {
      if (j !== leaver && this.replica(row, j).view <= view) return
    }
    next[k] = this.#step(k, next[k] as number, "Forget", view).to
  }

  #orders(
    row: Int32Array,
    r: ZyzzyvaReplica,
    emit: (a: ZyzzyvaAction, argument: number) => void,
  ): void {
    const { world: w } = this
    if (!mayOrder(w, r)) return
    const primary = w.primary(r.view)
    const here = orderedHere(r)
    const seq = w.logs.length(here)
    if (primary === r.id || w.lies(primary)) {
      for (let b = 0; b < w.logs.nullAt(seq); b++) emit("Order", b)
      return
    }
    const told = this.replica(row, this.#process[primary] as number).log[r.view] ?? noLog
    const batch = told === noLog ? undefined : w.logs.items(told)[seq]
    if (batch !== undefined && w.logs.extends(told, w.logs.append(here, batch))) {
      emit("Order", batch)
    }
  }

  #acknowledgements(
    row: Int32Array,
    r: ZyzzyvaReplica,
    emit: (a: ZyzzyvaAction, argument: number) => void,
  ): void {
    const { logs, rule, maxSeq } = this.world
    const certifies = (view: number, length: number): boolean => {
      const log = r.log[view] ?? noLog
      if (logs.length(log) < length) return false
      return (this.facts(row, view).certified & (1 << logs.first(log, length))) !== 0
    }
    for (let n = 1; n <= maxSeq; n++) {
      if (isActive(r) && n > (r.acked[r.view] as number) && certifies(r.view, n)) {
        emit("Acknowledge", n)
      }
    }
    if (rule("AcknowledgesInItsView")) return
    for (let view = 0; view < r.view; view++) {
      for (let n = (r.acked[view] as number) + 1; n <= maxSeq; n++) {
        const said = ((r.late[view] as number) & (1 << n)) !== 0
        if (!said && certifies(view, n)) emit("AcknowledgeLate", view * (maxSeq + 1) + n)
      }
    }
  }

  #offered(row: Int32Array, r: ZyzzyvaReplica): ReadonlyArray<number> {
    const { world: w } = this
    const primary = w.primary(r.view)
    if (primary !== r.id && !w.lies(primary)) {
      const chosen = this.replica(row, this.#process[primary] as number).chosen[r.view] ?? noLog
      return chosen === noLog ? [] : [chosen]
    }
    const checked = primary === r.id || w.rule("BaseIsChecked")
    return checked ? this.bases(row, r.view) : [...Array(w.logs.size).keys()]
  }

  #isConfirmed(row: Int32Array, r: ZyzzyvaReplica): boolean {
    if (r.silent[r.view] !== true) return false
    let count = this.world.liars
    for (let j = 0; j < this.width; j++) {
      if (this.replica(row, j).confirmed[r.view] === r.confirmed[r.view]) count++
    }
    return count >= 2 * this.world.f + 1
  }

  canonical(row: Int32Array): void {
    this.#renamed.canonical(row)
  }

  #textsOf(k: number, id: number): ZyzzyvaTexts {
    const memory = this.#texts[k] as Array<ZyzzyvaTexts | undefined>
    const known = memory[id]
    if (known !== undefined) return known
    const made = zyzzyvaTexts(this.world, this.#at(k, id))
    memory[id] = made
    return made
  }

  /** The first, in the order of texts, of the texts that renamings make of the state. */
  text(row: Int32Array): string {
    return this.#renamed.firstText(row, (ids) =>
      zyzzyvaStateText(
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
      for (const [id, value] of (JSON.parse(text) as ReadonlyArray<ZyzzyvaReplica>).entries()) {
        if (this.#intern(k, value) !== id) return false
      }
    }
    for (let at = 0; at + perEntry <= numbers.length; at += perEntry) {
      const [k = 0, id = 0, code = 0] = numbers.subarray(at, at + perEntry)
      const action = zyzzyvaActions[Math.floor(code / perAction)]
      if (id >= (this.#ids[k]?.size ?? 0) || action === undefined) return false
      this.#step(k, id, action, code % perAction)
    }
    return texts.length === this.width && String(this.steps) === steps
  }
}
