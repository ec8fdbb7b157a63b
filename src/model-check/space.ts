/**
 * The reachable states of a model: processes and messages as small integers, states as rows of
 * them, and each step of a process computed once. Needs only that steps are pure functions.
 */
import { assert } from "../core/assert.ts"
import { isIgnored } from "../core/machine.ts"
import { Interned, InternedSets, RowSet } from "./intern.ts"
import type { Model, Move, SentMessage, WorldView } from "./model.ts"

/** One computed step of a process. */
export interface Known {
  readonly to: number
  readonly sent: Int32Array
  readonly action: string
  readonly told: string
  /** Tells one set of sent messages from another. */
  readonly sends: number
}

const unknown = -1
const unmoved = -2

/** The reachable states found so far, by number. */
export class Space {
  readonly model: Model
  readonly rows: RowSet
  readonly messages = new Interned<SentMessage>()
  readonly sets = new InternedSets()
  readonly processes: ReadonlyArray<Interned<unknown>>
  readonly taken = new Map<string, number>()
  generated = 1
  steps = 0
  readonly #moves: Array<Known> = []
  readonly #actionNumbers = new Map<string, number>()
  readonly #sends = new Interned<Int32Array>()
  readonly #received: ReadonlyArray<Array<Int32Array>>
  readonly #local: ReadonlyArray<Array<ReadonlyArray<Known> | undefined>>
  readonly #deliverable: Array<Int32Array | undefined> = []
  readonly #injected: ReadonlyArray<number>
  readonly #isInjected = new Map<number, number>()

  constructor(model: Model) {
    this.model = model
    const width = model.processes.length + 1
    this.rows = new RowSet(width)
    this.processes = model.processes.map(() => new Interned<unknown>())
    this.#received = model.processes.map(() => [])
    this.#local = model.processes.map(() => [])
    this.#injected = model.injected.map((m, k) => {
      const id = this.messages.add(m.text, () => m)
      this.#isInjected.set(id, k)
      return id
    })
    const row = new Int32Array(width)
    model.processes.forEach((p, k) => {
      row[k] = this.#intern(k, p.initial)
    })
    row[width - 1] = this.sets.add(new Int32Array(0))
    this.rows.add(row)
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
    const sent = Int32Array.from(
      new Set(move.sent.map((m) => this.messages.add(m.text, () => m))),
    ).sort()
    if (isIgnored(move.action)) {
      assert(to === before && sent.length === 0, `${move.action} changes nothing`)
      return unmoved
    }
    const sends = this.#sends.add(sent.join(","), () => sent)
    this.#moves.push({ to, sent, action: move.action, told: move.told, sends })
    return this.#moves.length - 1
  }

  #receive(process: number, local: number, message: number): number {
    const rows = this.#received[process] as Array<Int32Array>
    let row = rows[local]
    if (row === undefined || row.length <= message) {
      const next = new Int32Array(Math.max(64, this.messages.size * 2)).fill(unknown)
      if (row !== undefined) next.set(row)
      row = next
      rows[local] = row
    }
    const known = row[message] as number
    if (known !== unknown) return known
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

  /** Calls `found` for each successor of state `id`: its process, what moved, and its row. */
  successors(id: number, found: (process: number, move: Known, row: Int32Array) => void): void {
    const width = this.rows.width
    const row = new Int32Array(width)
    const next = new Int32Array(width)
    this.rows.read(id, row)
    const set = row[width - 1] as number
    const arriving = this.deliverable(set)
    const emit = (process: number, move: Known): void => {
      this.generated++
      next.set(row)
      next[process] = move.to
      next[width - 1] = this.sets.union(set, move.sent, move.sends)
      found(process, move, next)
    }
    for (let process = 0; process < width - 1; process++) {
      const local = row[process] as number
      for (const move of this.#localMoves(process, local)) emit(process, move)
      for (const message of arriving) {
        const move = this.#receive(process, local, message)
        if (move >= 0) emit(process, this.#moves[move] as Known)
      }
    }
  }

  /** A small integer for each action. */
  actionNumber(action: string): number {
    const known = this.#actionNumbers.get(action)
    if (known !== undefined) return known
    const made = this.#actionNumbers.size
    this.#actionNumbers.set(action, made)
    return made
  }

  view(id: number): WorldView {
    const width = this.rows.width
    return {
      processes: this.processes.map((ids, k) => ids.at(this.rows.cell(id, k))),
      sent: [...this.sets.at(this.rows.cell(id, width - 1))].map((m) => this.messages.at(m)),
    }
  }

  /** The canonical text of state `id`. */
  text(id: number): string {
    const parts = this.processes.map((_, k) => this.#texts(k, this.rows.cell(id, k)))
    const sent = this.sets.at(this.rows.cell(id, this.rows.width - 1))
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
