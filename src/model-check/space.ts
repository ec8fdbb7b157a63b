/**
 * The states of a model of processes and messages: both as small integers, states as rows of them
 * (a cell for each process, one for the set of sent messages), and each step of a process computed
 * once. Needs only that steps are pure functions.
 */
import { assert } from "../core/assert.ts"
import { isIgnored } from "../core/machine.ts"
import { BitRows, lowestBit } from "./bit-rows.ts"
import { Interned } from "./intern.ts"
import { Ints } from "./ints.ts"
import { LocalStates } from "./local-states.ts"
import { LocalSteps, ownMove } from "./local-steps.ts"
import { MessageSets } from "./message-sets.ts"
import type { Model, Move, SentMessage, WorldView } from "./model.ts"
import { Nodes } from "./nodes.ts"
import { readMemory, writeMemory } from "./space-memory.ts"
import type { Found, SpaceMemory, StateSpace, Step } from "./state-space.ts"

/** What a step does beside leading to a local state: many steps do the same. */
interface Outcome extends Step {
  readonly sent: Int32Array
}

/** In place of a process: what can be built of a set of messages. */
const forger = -1
const everyProcess = -1
const noStep = -1

export class Space implements StateSpace {
  readonly model: Model
  readonly width: number
  readonly messages = new Interned<SentMessage>()
  readonly sets = new MessageSets()
  readonly processes: ReadonlyArray<LocalStates>
  readonly taken = new Map<string, number>()
  steps = 0
  readonly #nodes = new Nodes()
  readonly #steps: ReadonlyArray<LocalSteps>
  readonly #outcomes = new Interned<Outcome>()
  /** What gave the first number to something, in order: process, its value, the message. */
  readonly #journal = new Ints()
  readonly #injected: ReadonlyArray<number>
  /** By set of messages: what may arrive, and whether that is known. */
  readonly #arriving = new BitRows()
  readonly #isArrivingKnown: Array<boolean | undefined> = []
  readonly #next: Int32Array

  constructor(model: Model) {
    this.model = model
    this.width = model.processes.length + 1
    this.#next = new Int32Array(this.width)
    this.processes = model.processes.map((p) => new LocalStates(p, this.#nodes))
    this.#steps = model.processes.map(() => new LocalSteps())
    this.#injected = model.injected.map((m) => this.messages.add(m.text, () => m))
    this.sets.add([])
  }

  /** Every process begins as the first of its values, and nothing was sent. */
  start(row: Int32Array): void {
    row.fill(0)
  }

  /** No two states count as one here. */
  canonical(): void {}

  actorName(actor: number): string {
    return this.model.processes[actor]?.name ?? ""
  }

  #stepsOf(process: number): LocalSteps {
    return this.#steps[process] as LocalSteps
  }

  // Keeps a step in memory, unless it changes nothing.
  #note(process: number, before: number, message: number, move: Move<unknown>): void {
    this.steps++
    this.taken.set(move.action, (this.taken.get(move.action) ?? 0) + 1)
    const ids = this.processes[process]
    assert(ids !== undefined, "the process exists")
    // Most messages change nothing: the very same value has its number.
    const to = move.process === ids.at(before) ? before : ids.add(this.#kept(move.process))
    if (isIgnored(move.action)) {
      assert(to === before && move.sent.length === 0, `${move.action} changes nothing`)
      return
    }
    this.#stepsOf(process).add(before, message, to, this.#outcomeOf(move))
  }

  #kept(value: unknown): unknown {
    return this.model.forget === undefined ? value : this.model.forget(value)
  }

  #outcomeOf({ action, told, sent }: Move<unknown>): number {
    const ids = new Set(sent.map((m) => this.messages.add(m.text, () => m)))
    const sorted = Int32Array.from(ids).sort()
    const key = `${sorted.join(",")} ${action} ${told}`
    return this.#outcomes.add(key, () => ({ action, told, sent: sorted }))
  }

  // Does `compute`, and remembers that it did where it gave something its number.
  #journaled(process: number, value: number, message: number, compute: () => void): void {
    const before = this.#given(process)
    compute()
    if (this.#given(process) === before) return
    this.#journal.push(process)
    this.#journal.push(value)
    this.#journal.push(message)
  }

  #given(process: number): number {
    return this.messages.size + (this.processes[process]?.size ?? 0)
  }

  #receive(process: number, local: number, message: number): void {
    this.#stepsOf(process).tried.add(local, message)
    this.#journaled(process, local, message, () => {
      const value = this.processes[process]?.at(local)
      const move = this.model.processes[process]?.receive(value, this.messages.at(message).value)
      if (move !== undefined) this.#note(process, local, message, move)
    })
  }

  #moveAlone(process: number, local: number): void {
    this.#stepsOf(process).ownMovesAreThere(local)
    this.#journaled(process, local, ownMove, () => {
      const value = this.processes[process]?.at(local)
      const moves = this.model.processes[process]?.local(value) ?? []
      for (const move of moves) this.#note(process, local, ownMove, move)
    })
  }

  // Finds out what may arrive in a state with this set of sent messages: the sent, the injected,
  // and what Byzantine processes can build of both.
  #findArriving(set: number): void {
    this.#isArrivingKnown[set] = true
    this.#journaled(forger, set, ownMove, () => {
      const ids = this.sets.at(set)
      const sent = [...ids].map((id) => this.messages.at(id))
      const injected = this.#injected.filter((_, k) =>
        (this.model.injected[k]?.needs ?? []).every((need) => sent.some(need)),
      )
      const known = [...new Set([...ids, ...injected])]
      const forged = this.model.forged(known.map((id) => this.messages.at(id)))
      for (const id of known) this.#arriving.add(set, id)
      for (const m of forged) {
        this.#arriving.add(
          set,
          this.messages.add(m.text, () => m),
        )
      }
    })
  }

  #settleArriving(set: number): void {
    if (this.#isArrivingKnown[set] !== true) this.#findArriving(set)
  }

  expand(row: Int32Array, found: Found): void {
    const last = this.width - 1
    const set = row[last] as number
    this.#settleArriving(set)
    for (let process = 0; process < last; process++) {
      const local = row[process] as number
      const steps = this.#stepsOf(process)
      this.#computeSteps(process, local, set)
      for (let step = steps.first(local); step >= 0; step = steps.next(step)) {
        const message = steps.message(step)
        if (message !== ownMove && !this.#arriving.has(set, message)) continue
        this.#take(row, process, step, found)
      }
    }
  }

  #take(row: Int32Array, process: number, step: number, found: Found): void {
    const next = this.#next
    const last = this.width - 1
    const set = row[last] as number
    const steps = this.#stepsOf(process)
    const outcome = this.#outcomes.at(steps.outcome(step))
    next.set(row)
    next[process] = steps.to(step)
    const after = this.sets.union(set, outcome.sent)
    next[last] = after
    if (this.model.eager !== undefined) this.#settle(next, after === set ? process : everyProcess)
    found(process, outcome, next)
  }

  // All steps that a local state has while this set was sent.
  #computeSteps(process: number, local: number, set: number): void {
    const steps = this.#stepsOf(process)
    if (!steps.hasOwnMoves(local)) this.#moveAlone(process, local)
    for (let k = 0; k < this.#arriving.words; k++) {
      let untried = this.#arriving.word(set, k) & ~steps.tried.word(local, k)
      for (; untried !== 0; untried &= untried - 1) {
        this.#receive(process, local, k * 32 + lowestBit(untried))
      }
    }
  }

  // Every process, or `only` one, receives what it receives as soon as it can.
  #settle(row: Int32Array, only: number): void {
    const last = this.width - 1
    const set = row[last] as number
    this.#settleArriving(set)
    const from = only === everyProcess ? 0 : only
    const to = only === everyProcess ? last : only + 1
    for (let process = from; process < to; process++) {
      let local = row[process] as number
      let before: number
      do {
        before = local
        local = this.#receiveAtOnce(process, local, set)
      } while (local !== before)
      row[process] = local
    }
  }

  // Goes through the messages that may arrive once, in order.
  #receiveAtOnce(process: number, local: number, set: number): number {
    const steps = this.#stepsOf(process)
    const { waiting } = steps
    let at = local
    for (let k = 0; k < this.#arriving.words; k++) {
      let done = 0
      for (;;) {
        const due = this.#arriving.word(set, k) & ~(done | waiting.word(at, k))
        if (due === 0) break
        const message = k * 32 + lowestBit(due)
        done |= (due & -due) | ((due & -due) - 1)
        const step = this.#stepAtOnce(process, at, message)
        if (step < 0) waiting.add(at, message)
        else at = steps.to(step)
      }
    }
    return at
  }

  // The step by a message that a local state receives at once, if that changes it.
  #stepAtOnce(process: number, local: number, message: number): number {
    const steps = this.#stepsOf(process)
    const value = this.processes[process]?.at(local)
    if (this.model.eager?.(value, this.messages.at(message)) !== true) return noStep
    if (!steps.tried.has(local, message)) this.#receive(process, local, message)
    const step = steps.find(local, message)
    if (step < 0) return noStep
    const { sent } = this.#outcomes.at(steps.outcome(step))
    assert(sent.length === 0, "what is received at once sends nothing")
    return steps.to(step) === local ? noStep : step
  }

  view(row: Int32Array): WorldView {
    return {
      processes: this.processes.map((ids, k) => ids.at(row[k] as number)),
      sent: [...this.sets.at(row[this.width - 1] as number)].map((m) => this.messages.at(m)),
    }
  }

  /** What was computed, and the sets of messages: the rest follows from them. */
  save(): SpaceMemory {
    return writeMemory({
      journal: this.#journal,
      sets: this.sets,
      locals: this.processes.map((ids) => ids.size),
      steps: this.#steps,
      extent: this.#extent(),
    })
  }

  /** Computes the same steps again, which gives the same numbers to the same values. */
  restore(memory: SpaceMemory): boolean {
    const saved = readMemory(memory, this.processes.length)
    if (saved === undefined) return false
    const addSets = (count: number): boolean => {
      while (this.sets.size < count) {
        const ids = saved.sets[this.sets.size]
        const size = this.sets.size
        if (ids === undefined || ids.some((id) => id >= this.messages.size)) return false
        if (this.sets.add(ids) !== size) return false
      }
      return true
    }
    for (const [process, value, message] of saved.journal) {
      if (process === forger) {
        if (!addSets(value + 1)) return false
        this.#settleArriving(value)
      } else if (!this.#computeAgain(process, value, message)) return false
    }
    for (const [process, value, message] of saved.computed) {
      if (!this.#computeAgain(process, value, message)) return false
    }
    return addSets(saved.sets.length) && this.#extent() === saved.extent
  }

  // False where there is no such value or message: the code has changed.
  #computeAgain(process: number, value: number, message: number): boolean {
    const known = value < (this.processes[process]?.size ?? 0) && message < this.messages.size
    if (!known) return false
    const steps = this.#stepsOf(process)
    if (message === ownMove) {
      if (!steps.hasOwnMoves(value)) this.#moveAlone(process, value)
    } else if (!steps.tried.has(value, message)) this.#receive(process, value, message)
    return true
  }

  #extent(): string {
    return [...this.processes.map((p) => p.size), this.messages.size, this.steps].join(" ")
  }

  text(row: Int32Array): string {
    const parts = this.processes.map((_, k) => this.#texts(k, row[k] as number))
    const sent = this.sets.at(row[this.width - 1] as number)
    return this.model.text(
      parts,
      [...sent].map((m) => this.messages.at(m).text),
    )
  }

  readonly #textsOf: Array<Array<Readonly<Record<string, string>>>> = []
  readonly #keyOfText: Array<Map<string, number>> = []

  // A projection that two values share would hide a difference: it must be injective.
  #texts(process: number, local: number): Readonly<Record<string, string>> {
    const row = (this.#textsOf[process] ??= [])
    const known = row[local]
    if (known !== undefined) return known
    const texts = this.model.processes[process]?.texts(this.processes[process]?.at(local)) ?? {}
    const all = JSON.stringify(texts)
    const keys = (this.#keyOfText[process] ??= new Map())
    const other = keys.get(all)
    assert(other === undefined || other === local, "the projection is injective")
    keys.set(all, local)
    row[local] = texts
    return texts
  }
}
