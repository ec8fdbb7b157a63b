/**
 * Breadth-first exploration of a model: every reachable state once, in exact rows of small
 * integers (process values and the set of sent messages), with each step of a process computed
 * once and remembered. Needs only that steps are pure functions.
 */
import { assert } from "../core/assert.ts"
import { isIgnored } from "../core/machine.ts"
import { Interned, InternedSets, RowSet } from "./intern.ts"
import { Judge } from "./judge.ts"
import type { Model, Move, SentMessage, WorldView } from "./model.ts"

export interface Limits {
  /** Stop, as bounded, when this many distinct states were found. */
  readonly states: number
  /** Stop, as bounded, at this depth. */
  readonly depth: number
}

export interface Progress {
  readonly states: number
  readonly generated: number
  readonly depth: number
  readonly queued: number
}

export interface Violation {
  readonly property: string
  readonly why: string
  /** The shortest way there: one entry a step. */
  readonly path: ReadonlyArray<PathStep>
}

export interface PathStep {
  readonly process: string
  readonly action: string
  readonly told: string
}

/** Sees every state once, and every edge out of it that changes the state, once each. */
export interface Observer {
  readonly start: (space: Space) => void
  readonly state: (id: number) => void
  readonly edge: (from: number, action: string, to: number) => void
}

export interface Exploration {
  readonly verdict: "exhaustive" | "bounded" | "violated"
  readonly states: number
  /** Successors computed, the initial state counted: TLC's "states generated". */
  readonly generated: number
  /** States on the longest shortest path, as TLC counts it (the initial state is 1). */
  readonly depth: number
  readonly violation: Violation | undefined
  /** How often each action or `Ignore:<why>` was taken by a distinct step of a process. */
  readonly taken: ReadonlyMap<string, number>
  /** Properties whose antecedent some state met. */
  readonly antecedents: ReadonlySet<string>
  readonly witnessed: ReadonlySet<string>
  readonly steps: number
  readonly space: Space
}

interface Known {
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
    const to = this.#intern(process, move.process)
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
    const known = this.#deliverable[set]
    if (known !== undefined) return known
    const sent = [...this.sets.at(set)].map((id) => this.messages.at(id))
    const injected = this.#injected.filter((_, k) =>
      (this.model.injected[k]?.needs ?? []).every((need) => sent.some(need)),
    )
    const all = Int32Array.from(new Set([...this.sets.at(set), ...injected])).sort()
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

// Parents are found again by one more search over the states already known: they need no memory.
const pathTo = (space: Space, target: number): ReadonlyArray<PathStep> => {
  const path: Array<PathStep> = []
  let goal = target
  const goalRow = new Int32Array(space.rows.width)
  while (goal !== 0) {
    space.rows.read(goal, goalRow)
    for (let id = 0; ; id++) {
      assert(id < goal, "every state but the first has a predecessor before it")
      let hit: PathStep | undefined
      space.successors(id, (process, move, row) => {
        if (hit !== undefined || row.some((cell, k) => cell !== goalRow[k])) return
        const name = space.model.processes[process]?.name ?? ""
        hit = { process: name, action: move.action, told: move.told }
      })
      if (hit === undefined) continue
      path.unshift(hit)
      goal = id
      break
    }
  }
  return path
}

/** Explores `model` within `limits`. `observer` sees the graph, `progress` hears of each level. */
export const explore = (
  model: Model,
  limits: Limits,
  observer?: Observer,
  progress?: (now: Progress) => void,
): Exploration => {
  const space = new Space(model)
  const judge = new Judge(space)
  observer?.start(space)
  let violation: Violation | undefined
  let bounded = false
  const visit = (id: number): void => {
    observer?.state(id)
    const broken = judge.firstBroken(id)
    if (broken === null || violation !== undefined) return
    const { generated } = space
    violation = { ...broken, path: pathTo(space, id) }
    space.generated = generated
  }
  visit(0)
  let depth = 1
  let level = 0
  let end = 1
  while (level < end && violation === undefined && !bounded) {
    for (let id = level; id < end && violation === undefined; id++) {
      const seen = new Set<number>()
      space.successors(id, (_process, move, row) => {
        const added = space.rows.add(row)
        const to = added < 0 ? -1 - added : added
        if (added >= 0 && violation === undefined) visit(to)
        if (observer === undefined || to === id) return
        const edge = to * 64 + space.actionNumber(move.action)
        if (seen.has(edge)) return
        seen.add(edge)
        observer.edge(id, move.action, to)
      })
      if (id % 0x4000 === 0x3fff) {
        const states = space.rows.size
        progress?.({ states, generated: space.generated, depth, queued: states - id })
      }
      if (space.rows.size >= limits.states) {
        bounded = true
        break
      }
    }
    level = end
    end = space.rows.size
    if (end > level && !bounded) depth++
    progress?.({ states: end, generated: space.generated, depth, queued: end - level })
    if (depth >= limits.depth && end > level) bounded = true
  }
  return {
    verdict: violation !== undefined ? "violated" : bounded ? "bounded" : "exhaustive",
    states: space.rows.size,
    generated: space.generated,
    depth,
    violation,
    taken: space.taken,
    antecedents: judge.antecedents,
    witnessed: judge.witnessed,
    steps: space.steps,
    space,
  }
}
