import { JudgedParts, type PartOf } from "./judged-parts.ts"
import { MessageSets } from "./message-sets.ts"
import type { Invariant, SentMessage } from "./model.ts"
import { PairMemo } from "./pair-memo.ts"
import type { Space } from "./space.ts"
import type { Broken, StateJudge } from "./state-space.ts"
import { WitnessWatch } from "./witness-watch.ts"

/** Judges one part of a state; nothing is to be said where the part is as in `from`. */
type Check = (row: Int32Array, from: Int32Array | undefined) => Broken | null

type Scoped<S extends Invariant["scope"]> = Extract<Invariant, { readonly scope: S }>

const noAntecedent = 0

/** Invariants that look at the same are judged together. */
const grouped = <A>(
  invariants: ReadonlyArray<A>,
  look: (invariant: A) => ReadonlyArray<unknown>,
): ReadonlyArray<ReadonlyArray<A>> => {
  const groups: Array<{ readonly at: ReadonlyArray<unknown>; readonly members: Array<A> }> = []
  for (const invariant of invariants) {
    const at = look(invariant)
    const group = groups.find((g) => g.at.every((what, k) => what === at[k]))
    if (group === undefined) groups.push({ at, members: [invariant] })
    else group.members.push(invariant)
  }
  return groups.map(({ members }) => members)
}

/** Judges states by the model's properties, each part of a state once. */
export class Judge implements StateJudge {
  readonly antecedents = new Set<string>()
  readonly witnessed = new Set<string>()
  readonly #space: Space
  readonly #checks: ReadonlyArray<Check>
  readonly #witnesses: WitnessWatch
  readonly #parts = new Map<PartOf, JudgedParts>()
  /** What was found to be wrong, by number: 0 is nothing. */
  readonly #found: Array<Broken | null> = [null]

  constructor(space: Space) {
    this.#space = space
    this.#witnesses = new WitnessWatch(space, this.witnessed)
    const all = space.processes.map((_, index) => index)
    const selections = grouped(this.#scoped("messages"), (i) => [i.select, i.part])
    this.#checks = [
      ...all.map((index) => this.#ofProcess(this.#scoped("process"), index)),
      ...grouped(this.#scoped("pair"), (i) => [i.part]).flatMap((group) => this.#ofPairs(group)),
      ...this.#scoped("support").map((invariant) => this.#ofSupport(invariant)),
      ...grouped(this.#scoped("sent"), (i) => [i.select]).map((group) => this.#ofSent(group)),
      ...selections.flatMap((group) => all.map((index) => this.#ofMessages(group, index))),
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

  #partsOf(of: PartOf): JudgedParts {
    const known = this.#parts.get(of)
    if (known !== undefined) return known
    const made = new JudgedParts(this.#space, of)
    this.#parts.set(of, made)
    return made
  }

  #note(name: string, met: boolean, why: string | null): Broken | null {
    if (met) this.antecedents.add(name)
    return why === null ? null : { property: name, why }
  }

  // The number of what was found, so that memories need hold no more than that.
  #number(broken: Broken | null): number {
    if (broken === null) return 0
    this.#found.push(broken)
    return this.#found.length - 1
  }

  #ofProcess(invariants: ReadonlyArray<Scoped<"process">>, index: number): Check {
    const known: Array<Broken | null> = []
    return (row, from) => {
      const local = row[index] as number
      if (local === from?.[index]) return null
      const hit = known[local]
      if (hit !== undefined) return hit
      const value = this.#space.processes[index]?.at(local)
      let broken: Broken | null = null
      for (const i of invariants) {
        const judged = this.#note(i.name, i.antecedent(value, index), i.check(value, index))
        broken ??= judged
      }
      known[local] = broken
      return broken
    }
  }

  #ofPairs(invariants: ReadonlyArray<Scoped<"pair">>): ReadonlyArray<Check> {
    const parts = this.#partsOf(invariants[0]?.part)
    const shared = new PairMemo()
    const all = this.#space.processes.map((_, index) => index)
    return all.flatMap((one) =>
      all.slice(one + 1).map((other): Check => {
        const known = parts.isShared ? shared : new PairMemo()
        return (row, from) => {
          const [x, y] = [row[one] as number, row[other] as number]
          if (from !== undefined && x === from[one] && y === from[other]) return null
          const [a, b] = [parts.id(one, x), parts.id(other, y)]
          const hit = known.get(a, b)
          if (hit >= 0) return this.#found[hit] as Broken | null
          const broken = this.#judgePair(invariants, parts.at(one, a), parts.at(other, b))
          known.set(a, b, this.#number(broken))
          return broken
        }
      }),
    )
  }

  #judgePair(invariants: ReadonlyArray<Scoped<"pair">>, p: unknown, q: unknown): Broken | null {
    let broken: Broken | null = null
    for (const i of invariants) {
      const there = this.#note(i.name, i.antecedent(p, q), i.check(p, q))
      const back = this.#note(i.name, i.antecedent(q, p), i.check(q, p))
      broken ??= there ?? back
    }
    return broken
  }

  #ofSupport(invariant: Scoped<"support">): Check {
    const parts = this.#partsOf(invariant.part)
    const { length } = this.#space.processes
    const items = Array.from({ length }, (): Array<number | undefined> => [])
    const itemsOf = (process: number, part: number): number => {
      const known = items[parts.isShared ? 0 : process] as Array<number | undefined>
      const made = known[part] ?? invariant.items(parts.at(process, part))
      known[part] = made
      return made
    }
    const masks = Array.from({ length: length * length }, () => new PairMemo())
    const maskOf = (one: number, a: number, other: number, b: number): number => {
      const known = masks[parts.isShared ? 0 : one * length + other] as PairMemo
      const hit = known.get(a, b)
      if (hit >= 0) return hit
      const made = invariant.supports(parts.at(one, a), parts.at(other, b))
      known.set(a, b, made)
      return made
    }
    const here = new Int32Array(length)
    return (row, from) => {
      let isSame = from !== undefined
      for (let process = 0; process < length; process++) {
        here[process] = parts.id(process, row[process] as number)
        isSame &&= here[process] === parts.id(process, from?.[process] as number)
      }
      if (isSame) return null
      for (let one = 0; one < length; one++) {
        const a = here[one] as number
        const count = itemsOf(one, a)
        if (count === noAntecedent) continue
        this.antecedents.add(invariant.name)
        for (let item = 0; item < count; item++) {
          let supporters = 0
          for (let other = 0; other < length; other++) {
            supporters += (maskOf(one, a, other, here[other] as number) >> item) & 1
          }
          if (supporters >= invariant.atLeast) continue
          const why = invariant.why(parts.at(one, a), item, supporters)
          return { property: invariant.name, why }
        }
      }
      return null
    }
  }

  // Of a set of messages those that are looked at: the number of the set of them.
  #selection(isSelected: (message: SentMessage) => boolean): {
    readonly of: (set: number) => number
    readonly at: (selection: number) => ReadonlyArray<SentMessage>
  } {
    const { sets, messages } = this.#space
    const selections = new MessageSets()
    const bySet: Array<number | undefined> = []
    const selected: Array<boolean | undefined> = []
    const select = (m: number): boolean => (selected[m] ??= isSelected(messages.at(m)))
    return {
      of: (set) => (bySet[set] ??= selections.add(sets.at(set).filter(select))),
      at: (selection) => [...selections.at(selection)].map((m) => messages.at(m)),
    }
  }

  #ofMessages(invariants: ReadonlyArray<Scoped<"messages">>, index: number): Check {
    const known = new PairMemo()
    const [first] = invariants
    const parts = this.#partsOf(first?.part)
    const selection = this.#selection((m) => first?.select(index, m) === true)
    const column = this.#space.width - 1
    return (row, from) => {
      const local = row[index] as number
      const set = row[column] as number
      if (from !== undefined && local === from[index] && set === from[column]) return null
      const part = parts.id(index, local)
      const selected = selection.of(set)
      const hit = known.get(part, selected)
      if (hit >= 0) return this.#found[hit] as Broken | null
      const value = parts.at(index, part)
      const sent = selection.at(selected)
      let broken: Broken | null = null
      for (const i of invariants) {
        const judged = this.#note(i.name, i.antecedent(value, sent), i.check(value, sent))
        broken ??= judged
      }
      known.set(part, selected, this.#number(broken))
      return broken
    }
  }

  #ofSent(invariants: ReadonlyArray<Scoped<"sent">>): Check {
    const known: Array<Broken | null> = []
    const selection = this.#selection((m) => invariants[0]?.select(m) === true)
    const column = this.#space.width - 1
    return (row, from) => {
      const set = row[column] as number
      if (set === from?.[column]) return null
      const selected = selection.of(set)
      const hit = known[selected]
      if (hit !== undefined) return hit
      const sent = selection.at(selected)
      let broken: Broken | null = null
      for (const i of invariants) {
        const judged = this.#note(i.name, i.antecedent(sent), i.check(sent))
        broken ??= judged
      }
      known[selected] = broken
      return broken
    }
  }
}
