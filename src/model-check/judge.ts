import { assert } from "../core/assert.ts"
import type { Space } from "./space.ts"
import { Interned } from "./intern.ts"
import type { Invariant, SentMessage } from "./model.ts"
import type { Broken, StateJudge } from "./state-space.ts"
import { WitnessWatch } from "./witness-watch.ts"

/** Judges one part of a state; nothing is to be said where the part is as in `from`. */
type Check = (row: Int32Array, from: Int32Array | undefined) => Broken | null

type Scoped<S extends Invariant["scope"]> = Extract<Invariant, { readonly scope: S }>

const pairKey = (a: number, b: number): number => a * 0x4000000 + b

/** Judges states by the model's properties, each part of a state once. */
export class Judge implements StateJudge {
  readonly antecedents = new Set<string>()
  readonly witnessed = new Set<string>()
  readonly #space: Space
  readonly #checks: ReadonlyArray<Check>
  readonly #witnesses: WitnessWatch

  constructor(space: Space) {
    this.#space = space
    this.#witnesses = new WitnessWatch(space, this.witnessed)
    const all = space.processes.map((_, index) => index)
    this.#checks = [
      ...all.map((index) => this.#ofProcess(this.#scoped("process"), index)),
      ...all.flatMap((one) =>
        all.slice(one + 1).map((other) => this.#ofPair(this.#scoped("pair"), one, other)),
      ),
      ...this.#scoped("support").map((invariant) => this.#ofSupport(invariant)),
      ...this.#selections().flatMap((group) => all.map((index) => this.#ofMessages(group, index))),
    ]
  }

  /** The first property that the state breaks, and why; null when it breaks none. */
  firstBroken(row: Int32Array, from?: Int32Array): Broken | null {
    this.#witnesses.look(row)
    for (const check of this.#checks) {
      const broken = check(row, from)
      if (broken !== null) return broken
    }
    return null
  }

  #scoped<S extends Invariant["scope"]>(scope: S): ReadonlyArray<Scoped<S>> {
    return this.#space.model.invariants.filter((i): i is Scoped<S> => i.scope === scope)
  }

  // Invariants that look at the same messages are judged together.
  #selections(): ReadonlyArray<ReadonlyArray<Scoped<"messages">>> {
    const groups = new Map<unknown, Array<Scoped<"messages">>>()
    for (const invariant of this.#scoped("messages")) {
      const group = groups.get(invariant.select) ?? []
      group.push(invariant)
      groups.set(invariant.select, group)
    }
    return [...groups.values()]
  }

  #note(name: string, met: boolean, why: string | null): Broken | null {
    if (met) this.antecedents.add(name)
    return why === null ? null : { property: name, why }
  }

  #ofProcess(invariants: ReadonlyArray<Scoped<"process">>, index: number): Check {
    const known: Array<Broken | null> = []
    return (row, from) => {
      const local = row[index] as number
      if (local === from?.[index]) return null
      const hit = known[local]
      if (hit !== undefined) return hit
      const value = this.#value(index, local)
      let broken: Broken | null = null
      for (const i of invariants) {
        const judged = this.#note(i.name, i.antecedent(value, index), i.check(value, index))
        broken ??= judged
      }
      known[local] = broken
      return broken
    }
  }

  #ofPair(invariants: ReadonlyArray<Scoped<"pair">>, one: number, other: number): Check {
    const known = new Map<number, Broken | null>()
    return (row, from) => {
      const a = row[one] as number
      const b = row[other] as number
      if (from !== undefined && a === from[one] && b === from[other]) return null
      const key = pairKey(a, b)
      const hit = known.get(key)
      if (hit !== undefined) return hit
      const p = this.#value(one, a)
      const q = this.#value(other, b)
      let broken: Broken | null = null
      for (const i of invariants) {
        const there = this.#note(i.name, i.antecedent(p, q), i.check(p, q))
        const back = this.#note(i.name, i.antecedent(q, p), i.check(q, p))
        broken ??= there ?? back
      }
      known.set(key, broken)
      return broken
    }
  }

  #ofSupport(invariant: Scoped<"support">): Check {
    const { processes } = this.#space
    const items = processes.map((_, index) => this.#perLocal(index, invariant.items))
    const masks = processes.map((_, one) =>
      processes.map((__, other) => this.#perPair(one, other, invariant.supports)),
    )
    return (row) => {
      for (let one = 0; one < processes.length; one++) {
        const count = (items[one] as (local: number) => number)(row[one] as number)
        if (count > 0) this.antecedents.add(invariant.name)
        for (let item = 0; item < count; item++) {
          let supporters = 0
          for (const [other, mask] of (masks[one] ?? []).entries()) {
            supporters += (mask(row[one] as number, row[other] as number) >> item) & 1
          }
          if (supporters >= invariant.atLeast) continue
          const why = invariant.why(this.#value(one, row[one] as number), item, supporters)
          return { property: invariant.name, why }
        }
      }
      return null
    }
  }

  #perLocal(index: number, of: (process: unknown) => number): (local: number) => number {
    const known: Array<number | undefined> = []
    return (local) => {
      const hit = known[local]
      if (hit !== undefined) return hit
      const made = of(this.#value(index, local))
      known[local] = made
      return made
    }
  }

  #perPair(
    one: number,
    other: number,
    of: (p: unknown, q: unknown) => number,
  ): (a: number, b: number) => number {
    const known = new Map<number, number>()
    return (a, b) => {
      const key = pairKey(a, b)
      const hit = known.get(key)
      if (hit !== undefined) return hit
      const made = of(this.#value(one, a), this.#value(other, b))
      known.set(key, made)
      return made
    }
  }

  #ofMessages(invariants: ReadonlyArray<Scoped<"messages">>, index: number): Check {
    const known = new Map<number, Broken | null>()
    const selections = new Interned<ReadonlyArray<SentMessage>>()
    const bySet: Array<number | undefined> = []
    const column = this.#space.width - 1
    const select = invariants[0]?.select ?? (() => false)
    const selection = (set: number): number => {
      const hit = bySet[set]
      if (hit !== undefined) return hit
      const ids = [...this.#space.sets.at(set)].filter((m) =>
        select(index, this.#space.messages.at(m)),
      )
      const made = selections.add(ids.join(","), () => ids.map((m) => this.#space.messages.at(m)))
      bySet[set] = made
      return made
    }
    return (row, from) => {
      const local = row[index] as number
      const set = row[column] as number
      if (from !== undefined && local === from[index] && set === from[column]) return null
      const selected = selection(set)
      const key = pairKey(local, selected)
      const hit = known.get(key)
      if (hit !== undefined) return hit
      const value = this.#value(index, local)
      const sent = selections.at(selected)
      let broken: Broken | null = null
      for (const i of invariants) {
        const judged = this.#note(i.name, i.antecedent(value, sent), i.check(value, sent))
        broken ??= judged
      }
      known.set(key, broken)
      return broken
    }
  }

  #value(index: number, local: number): unknown {
    const ids = this.#space.processes[index]
    assert(ids !== undefined, "the process exists")
    return ids.at(local)
  }
}
