import { assert } from "../core/assert.ts"
import type { Space } from "./explore.ts"
import { Interned } from "./intern.ts"
import type { Invariant, SentMessage } from "./model.ts"

/** What a property says of a part of the state: broken, or holds, with or without antecedent. */
interface Judgement {
  readonly why: string | null
  readonly met: boolean
}

type Check = (state: number) => Judgement

const pairKey = (a: number, b: number): number => a * 0x4000000 + b

/** Judges states by the model's properties, each part of a state once. */
export class Judge {
  readonly antecedents = new Set<string>()
  readonly witnessed = new Set<string>()
  readonly #space: Space
  readonly #checks: ReadonlyArray<{ readonly name: string; readonly check: Check }>

  constructor(space: Space) {
    this.#space = space
    this.#checks = space.model.invariants.flatMap((invariant) =>
      this.#checksOf(invariant).map((check) => ({ name: invariant.name, check })),
    )
  }

  /** The first property that state `id` breaks, and why; null when it breaks none. */
  firstBroken(id: number): { readonly property: string; readonly why: string } | null {
    const { witnesses } = this.#space.model
    if (this.witnessed.size < witnesses.length) {
      const view = this.#space.view(id)
      for (const w of witnesses) {
        if (!this.witnessed.has(w.name) && w.holds(view)) this.witnessed.add(w.name)
      }
    }
    for (const { name, check } of this.#checks) {
      const { why, met } = check(id)
      if (met) this.antecedents.add(name)
      if (why !== null) return { property: name, why }
    }
    return null
  }

  #checksOf(invariant: Invariant): ReadonlyArray<Check> {
    const all = this.#space.processes.map((_, index) => index)
    switch (invariant.scope) {
      case "process":
        return all.map((index) => this.#ofProcess(invariant, index))
      case "pair":
        return all.flatMap((one) =>
          all.filter((other) => other !== one).map((other) => this.#ofPair(invariant, one, other)),
        )
      case "messages":
        return all.map((index) => this.#ofMessages(invariant, index))
      case "world":
        return [
          (id) => {
            const view = this.#space.view(id)
            return { why: invariant.check(view), met: invariant.antecedent(view) }
          },
        ]
    }
  }

  #ofProcess(invariant: Extract<Invariant, { scope: "process" }>, index: number): Check {
    const known: Array<Judgement | undefined> = []
    return (id) => {
      const local = this.#space.rows.cell(id, index)
      const hit = known[local]
      if (hit !== undefined) return hit
      const value = this.#value(index, local)
      const judged = {
        why: invariant.check(value, index),
        met: invariant.antecedent(value, index),
      }
      known[local] = judged
      return judged
    }
  }

  #ofPair(invariant: Extract<Invariant, { scope: "pair" }>, one: number, other: number): Check {
    const known = new Map<number, Judgement>()
    return (id) => {
      const a = this.#space.rows.cell(id, one)
      const b = this.#space.rows.cell(id, other)
      const key = pairKey(a, b)
      const hit = known.get(key)
      if (hit !== undefined) return hit
      const p = this.#value(one, a)
      const q = this.#value(other, b)
      const judged = { why: invariant.check(p, q), met: invariant.antecedent(p, q) }
      known.set(key, judged)
      return judged
    }
  }

  #ofMessages(invariant: Extract<Invariant, { scope: "messages" }>, index: number): Check {
    const known = new Map<number, Judgement>()
    const selections = new Interned<ReadonlyArray<SentMessage>>()
    const bySet: Array<number | undefined> = []
    const column = this.#space.rows.width - 1
    const selection = (set: number): number => {
      const hit = bySet[set]
      if (hit !== undefined) return hit
      const ids = [...this.#space.sets.at(set)].filter((m) =>
        invariant.select(index, this.#space.messages.at(m)),
      )
      const made = selections.add(ids.join(","), () => ids.map((m) => this.#space.messages.at(m)))
      bySet[set] = made
      return made
    }
    return (id) => {
      const local = this.#space.rows.cell(id, index)
      const selected = selection(this.#space.rows.cell(id, column))
      const key = pairKey(local, selected)
      const hit = known.get(key)
      if (hit !== undefined) return hit
      const value = this.#value(index, local)
      const sent = selections.at(selected)
      const judged = { why: invariant.check(value, sent), met: invariant.antecedent(value, sent) }
      known.set(key, judged)
      return judged
    }
  }

  #value(index: number, local: number): unknown {
    const ids = this.#space.processes[index]
    assert(ids !== undefined, "the process exists")
    return ids.at(local)
  }
}
