/**
 * The states of a model of processes and messages: both as small integers, states as rows of them
 * (a cell for each process, one for the set of sent messages), and each step of a process computed
 * once. Needs only that steps are pure functions.
 */
import { assert } from "../core/assert.ts"
import { isIgnored } from "../core/machine.ts"
import { Interned, InternedSets } from "./intern.ts"
import type { Model, Move, SentMessage, WorldView } from "./model.ts"
import type { Found, SpaceMemory, StateSpace, Step } from "./state-space.ts"

/** One computed step of a process. */
interface Known extends Step {
  readonly to: number
  readonly sent: Int32Array
  /** Tells one set of sent messages from another. */
  readonly sends: number
}

const unknown = -1
const unmoved = -2

const ownMoves = -1
const perEntry = 3
const nothing = new Int32Array(0)
const nothingSent = (): Int32Array => nothing
/** Messages that a row of what is received has room for beyond those there are. */
const roomForMessages = 32

export class Space implements StateSpace {
  readonly model: Model
  readonly width: number
  readonly messages = new Interned<SentMessage>()
  readonly sets = new InternedSets()
  readonly processes: ReadonlyArray<Interned<unknown>>
  readonly taken = new Map<string, number>()
  steps = 0
  /** What was computed, in order: process, its value, the message or -1 for its own moves. */
  readonly #journal: Array<number> = []
  readonly #moves: Array<Known> = []
  readonly #sends = new Interned<Int32Array>()
  /** Steps are told in few words, again and again: each is kept once. */
  readonly #told = new Map<string, string>()
  readonly #received: ReadonlyArray<Array<Int32Array>>
  readonly #local: ReadonlyArray<Array<ReadonlyArray<Known> | undefined>>
  readonly #deliverable: Array<Int32Array | undefined> = []
  readonly #injected: ReadonlyArray<number>
  readonly #next: Int32Array
  /** By process, set of messages and local state: where what is received at once leads. */
  readonly #settledAt: Array<Map<number, number> | undefined> = []

  constructor(model: Model) {
    this.model = model
    this.width = model.processes.length + 1
    this.#next = new Int32Array(this.width)
    this.processes = model.processes.map(() => new Interned<unknown>())
    this.#received = model.processes.map(() => [])
    this.#local = model.processes.map(() => [])
    this.#injected = model.injected.map((m) => this.messages.add(m.text, () => m))
    model.processes.forEach((p, k) => this.#intern(k, p.initial))
    this.sets.add(new Int32Array(0))
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

  #intern(process: number, value: unknown): number {
    const role = this.model.processes[process]
    const ids = this.processes[process]
    assert(role !== undefined && ids !== undefined, "the process exists")
    return ids.add(role.key(value), () => value)
  }

  #note(process: number, before: number, move: Move<unknown>): number {
    this.steps++
    this.taken.set(move.action, (this.taken.get(move.action) ?? 0) + 1)
    // Most messages change nothing: the very same value needs no key.
    const same = move.process === this.processes[process]?.at(before)
    const to = same ? before : this.#intern(process, move.process)
    if (isIgnored(move.action)) {
      assert(to === before && move.sent.length === 0, `${move.action} changes nothing`)
      return unmoved
    }
    const sends = this.#sent(move.sent)
    const told = this.#onceTold(move.told)
    this.#moves.push({ to, sent: this.#sends.at(sends), action: move.action, told, sends })
    return this.#moves.length - 1
  }

  #onceTold(told: string): string {
    const known = this.#told.get(told)
    if (known !== undefined) return known
    this.#told.set(told, told)
    return told
  }

  // The number of this set of messages, which is kept once.
  #sent(messages: ReadonlyArray<SentMessage>): number {
    if (messages.length === 0) return this.#sends.add("", nothingSent)
    const ids = new Set(messages.map((m) => this.messages.add(m.text, () => m)))
    const sent = Int32Array.from(ids).sort()
    return this.#sends.add(sent.join(","), () => sent)
  }

  #receive(process: number, local: number, message: number): number {
    const rows = this.#received[process] as Array<Int32Array>
    let row = rows[local]
    if (row === undefined || row.length <= message) {
      const next = new Int32Array(this.messages.size + roomForMessages).fill(unknown)
      if (row !== undefined) next.set(row)
      row = next
      rows[local] = row
    }
    const known = row[message] as number
    if (known !== unknown) return known
    this.#journal.push(process, local, message)
    const role = this.model.processes[process]
    const value = this.processes[process]?.at(local)
    const move = role?.receive(value, this.messages.at(message).value)
    const noted = move === undefined ? unmoved : this.#note(process, local, move)
    row[message] = noted
    return noted
  }

  #localMoves(process: number, local: number): ReadonlyArray<Known> {
    const known = this.#local[process]?.[local]
    if (known !== undefined) return known
    this.#journal.push(process, local, ownMoves)
    const value = this.processes[process]?.at(local)
    const moves = this.model.processes[process]?.local(value) ?? []
    const noted = moves
      .map((m) => this.#note(process, local, m))
      .filter((id) => id !== unmoved)
      .map((id) => this.#moves[id] as Known)
    const rows = this.#local[process]
    assert(rows !== undefined, "the process exists")
    rows[local] = noted
    return noted
  }

  /** What may arrive in a state with this set of sent messages: the sent, and the injected. */
  deliverable(set: number): Int32Array {
    const before = this.#deliverable[set]
    if (before !== undefined) return before
    const sent = [...this.sets.at(set)].map((id) => this.messages.at(id))
    const injected = this.#injected.filter((_, k) =>
      (this.model.injected[k]?.needs ?? []).every((need) => sent.some(need)),
    )
    const known = new Set([...this.sets.at(set), ...injected])
    const forged = this.model.forged([...known].map((id) => this.messages.at(id)))
    for (const m of forged) known.add(this.messages.add(m.text, () => m))
    const all = Int32Array.from(known).sort()
    this.#deliverable[set] = all
    return all
  }

  expand(row: Int32Array, found: Found): void {
    const next = this.#next
    const last = this.width - 1
    const set = row[last] as number
    const arriving = this.deliverable(set)
    const emit = (process: number, move: Known): void => {
      next.set(row)
      next[process] = move.to
      next[last] = this.sets.union(set, move.sent, move.sends)
      if (this.model.eager !== undefined) this.#settle(next, next[last] === set ? process : -1)
      found(process, move, next)
    }
    for (let process = 0; process < last; process++) {
      const local = row[process] as number
      for (const move of this.#localMoves(process, local)) emit(process, move)
      for (const message of arriving) {
        const move = this.#receive(process, local, message)
        if (move >= 0) emit(process, this.#moves[move] as Known)
      }
    }
  }

  // Every process, or `only` one, receives what it receives as soon as it can.
  #settle(row: Int32Array, only: number): void {
    const last = this.width - 1
    const set = row[last] as number
    const from = only < 0 ? 0 : only
    const to = only < 0 ? last : only + 1
    for (let process = from; process < to; process++) {
      row[process] = this.#settled(process, row[process] as number, set)
    }
  }

  #settled(process: number, local: number, set: number): number {
    const memory = (this.#settledAt[process] ??= new Map())
    const key = set * 0x400000 + local
    const known = memory.get(key)
    if (known !== undefined) return known
    assert(local < 0x400000, "a local state's number has at most 22 bits")
    let at = local
    for (let moved = true; moved; ) {
      moved = false
      for (const message of this.deliverable(set)) {
        if (!this.#isEager(process, at, message)) continue
        const number = this.#receive(process, at, message)
        if (number < 0) continue
        const move = this.#moves[number] as Known
        assert(move.sent.length === 0, "what is received at once sends nothing")
        moved ||= move.to !== at
        at = move.to
      }
    }
    memory.set(key, at)
    return at
  }

  #isEager(process: number, local: number, message: number): boolean {
    const value = this.processes[process]?.at(local)
    return this.model.eager?.(value, this.messages.at(message)) === true
  }

  view(row: Int32Array): WorldView {
    return {
      processes: this.processes.map((ids, k) => ids.at(row[k] as number)),
      sent: [...this.sets.at(row[this.width - 1] as number)].map((m) => this.messages.at(m)),
    }
  }

  /** The steps computed so far, in order, and the sets of messages: the rest follows from them. */
  save(): SpaceMemory {
    const sets = Array.from({ length: this.sets.size }, (_, id) => this.sets.at(id))
    const size = sets.reduce((sum, set) => sum + 1 + set.length, this.#journal.length)
    const numbers = new Int32Array(size)
    numbers.set(this.#journal)
    let at = this.#journal.length
    for (const set of sets) {
      numbers[at] = set.length
      numbers.set(set, at + 1)
      at += 1 + set.length
    }
    return { numbers, texts: [this.#extent(), String(this.#journal.length)] }
  }

  /** Computes the same steps again, which gives the same numbers to the same values. */
  restore({ numbers, texts: [extent, entries] }: SpaceMemory): boolean {
    const end = Number(entries)
    for (let at = 0; at < end; at += perEntry) {
      const [process = 0, value = 0, message = 0] = numbers.subarray(at, at + perEntry)
      const known = value < (this.processes[process]?.size ?? 0) && message < this.messages.size
      if (!known) return false
      if (message === ownMoves) this.#localMoves(process, value)
      else this.#receive(process, value, message)
    }
    for (let at = end, id = 0; at < numbers.length; id++) {
      const from = at + 1
      at = from + (numbers[at] as number)
      if (this.sets.add(numbers.slice(from, at)) !== id) return false
    }
    return this.#extent() === extent
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
