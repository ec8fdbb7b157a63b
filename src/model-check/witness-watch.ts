/** Looks for the witnesses of a model in its states: at each part of a state once. */
import type { Witness } from "./model.ts"
import { PairMemo } from "./pair-memo.ts"
import type { Space } from "./space.ts"

type Scope = NonNullable<Witness["scope"]>
type Scoped<S extends Scope> = Extract<Witness, { readonly scope: S }>
type Unmet = { readonly [S in Scope]: ReadonlyArray<Scoped<S>> } & {
  readonly world: ReadonlyArray<Exclude<Witness, { readonly scope: Scope }>>
}

/** By process and the number of its value. */
type ByValue<A> = ReadonlyArray<Array<A | undefined>>

export class WitnessWatch {
  readonly #space: Space
  readonly #met: Set<string>
  #unmet: Unmet
  readonly #seenValues: ByValue<boolean>
  readonly #seenSets: Array<boolean | undefined> = []
  readonly #seenMessages: Array<boolean | undefined> = []
  /** By witness of every process: whether it holds of a value. */
  readonly #held = new Map<string, ByValue<boolean>>()
  /** By two processes: the pairs of values that were looked at. */
  readonly #seenPairs = new Map<number, PairMemo>()

  /** Adds to `met` the names of the witnesses that were found. */
  constructor(space: Space, met: Set<string>) {
    this.#space = space
    this.#met = met
    this.#seenValues = space.processes.map(() => [])
    this.#unmet = this.#stillUnmet()
  }

  #stillUnmet(): Unmet {
    const all = this.#space.model.witnesses.filter((w) => !this.#met.has(w.name))
    const of = <S extends Scope>(scope: S): ReadonlyArray<Scoped<S>> =>
      all.filter((w): w is Scoped<S> => w.scope === scope)
    return {
      some: of("some"),
      every: of("every"),
      pair: of("pair"),
      message: of("message"),
      world: all.filter((w) => w.scope === undefined),
    }
  }

  /** Looks at a state that was found. */
  look(row: Int32Array): void {
    const before = this.#met.size
    this.#atValues(row)
    if (this.#unmet.message.length > 0) this.#atMessages(row[this.#space.width - 1] as number)
    for (const w of this.#unmet.every) this.#atAll(w, row)
    if (this.#unmet.pair.length > 0) this.#atPairs(row)
    for (const w of this.#unmet.world) if (w.holds(this.#space.view(row))) this.#met.add(w.name)
    if (this.#met.size > before) this.#unmet = this.#stillUnmet()
  }

  #value(process: number, local: number): unknown {
    return this.#space.processes[process]?.at(local)
  }

  #atValues(row: Int32Array): void {
    for (const [process, seen] of this.#seenValues.entries()) {
      const local = row[process] as number
      if (seen[local] === true) continue
      seen[local] = true
      const value = this.#value(process, local)
      for (const w of this.#unmet.some) if (w.holds(value)) this.#met.add(w.name)
    }
  }

  #atMessages(set: number): void {
    if (this.#seenSets[set] === true) return
    this.#seenSets[set] = true
    for (const id of this.#space.sets.at(set)) {
      if (this.#seenMessages[id] === true) continue
      this.#seenMessages[id] = true
      const message = this.#space.messages.at(id)
      for (const w of this.#unmet.message) if (w.holds(message)) this.#met.add(w.name)
    }
  }

  #atAll(w: Scoped<"every">, row: Int32Array): void {
    let held = this.#held.get(w.name)
    if (held === undefined) {
      held = this.#space.processes.map(() => [])
      this.#held.set(w.name, held)
    }
    for (const [process, known] of held.entries()) {
      const local = row[process] as number
      const holds = known[local] ?? w.holds(this.#value(process, local))
      known[local] = holds
      if (!holds) return
    }
    this.#met.add(w.name)
  }

  #atPairs(row: Int32Array): void {
    const { length } = this.#space.processes
    for (let one = 0; one < length; one++) {
      for (let other = one + 1; other < length; other++) {
        const pair = one * length + other
        const seen = this.#seenPairs.get(pair) ?? new PairMemo()
        this.#seenPairs.set(pair, seen)
        const [a, b] = [row[one] as number, row[other] as number]
        if (seen.get(a, b) >= 0) continue
        seen.set(a, b, 0)
        const [p, q] = [this.#value(one, a), this.#value(other, b)]
        for (const w of this.#unmet.pair) if (w.holds(p, q)) this.#met.add(w.name)
      }
    }
  }
}
