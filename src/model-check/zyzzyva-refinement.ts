/**
 * That the real `step` of Zyzzyva refines the abstraction by our rule: each step of a replica is a
 * step of ZyzzyvaCore.tla, or several, or none. A state is that of the code with that of the
 * abstraction to which its steps led; a step that the abstraction does not have ends the search.
 *
 * The mapping is that of zyzzyva-guided.ts, but for the primary of a new view: it takes part there
 * as soon as it has sent its NEW-VIEW, as backups may begin before it does. Checkpoints are none of
 * the abstraction's, so instances have none; and the primary's early part is no claim of its later
 * VIEW-CHANGE, so instances change views once.
 */
import { assert } from "../core/assert.ts"
import { newLog } from "../core/zyzzyva/new-log.ts"
import type { State } from "../core/zyzzyva/state.ts"
import { Interned } from "./intern.ts"
import type { Space } from "./space.ts"
import type { Broken, Found, SpaceMemory, StateJudge, StateSpace } from "./state-space.ts"
import type { ZyzzyvaSpace } from "./zyzzyva-core-space.ts"
import { projected, toldLog } from "./zyzzyva-guided.ts"
import { replicaConfig } from "./zyzzyva-model.ts"
import type { ZyzzyvaConstants, ZyzzyvaProcess } from "./zyzzyva-process.ts"

/** In place of an abstract state: there is none that the abstraction could have come to. */
const astray = -1

export class RefinedZyzzyva implements StateSpace {
  readonly width: number
  readonly #twin: Space
  readonly #core: ZyzzyvaSpace
  readonly #constants: ZyzzyvaConstants
  readonly #rows = new Interned<Int32Array>()
  readonly #inner: Int32Array
  readonly #outer: Int32Array
  /** By abstract state and step in words: where it leads. */
  readonly #next = new Map<string, number>()
  #wrong = ""
  /** Steps of the abstraction that steps of the code were. */
  moved = 0

  constructor(constants: ZyzzyvaConstants, twin: Space, core: ZyzzyvaSpace) {
    this.width = twin.width + 1
    this.#constants = constants
    this.#twin = twin
    this.#core = core
    this.#inner = new Int32Array(twin.width)
    this.#outer = new Int32Array(this.width)
    const first = new Int32Array(core.width)
    core.start(first)
    this.#numberOf(first)
  }

  get taken(): ReadonlyMap<string, number> {
    return this.#twin.taken
  }

  get steps(): number {
    return this.#twin.steps
  }

  /** Distinct states of the abstraction that some state of the code stands for. */
  get coreStates(): number {
    return this.#rows.size
  }

  wrongWith(row: Int32Array): Broken | null {
    return row[this.width - 1] === astray
      ? { property: "RefinesCore", why: `the abstraction has no step ${this.#wrong}` }
      : null
  }

  #numberOf(row: Int32Array): number {
    return this.#rows.add(row.join(","), () => row.slice())
  }

  #stateOf(actor: number, local: number): State | undefined {
    const process = this.#twin.processes[actor]?.at(local) as ZyzzyvaProcess | undefined
    return process?.role === "replica" ? process.at.state : undefined
  }

  // The abstraction's steps that a step of this replica is.
  #stepsOf(actor: number, before: State, after: State): ReadonlyArray<string> {
    const id = this.#core.world.correct[actor]
    assert(id !== undefined, "replicas come first")
    const { view, newView } = after
    if (view > before.view) {
      const views = Array.from({ length: view - before.view }, (_, k) => before.view + 1 + k)
      return views.map((v) => `ChangeView to view ${v}`)
    }
    const isPrimary = view % this.#constants.n === id
    // By our rule the abstraction waits for no VIEW-CONFIRM.
    const steps = projected(before, after).filter((step) => !step.startsWith("Confirm"))
    if (!isPrimary) return steps
    if (newView !== undefined && before.newView === undefined) {
      const { chosen } = newLog(replicaConfig(this.#constants, id), newView.changes)
      const operations = chosen.map((c) => c.batch[0]?.operation ?? "null")
      return [`NewView view ${view}: ${toldLog(operations)}`]
    }
    return steps.filter((step) => !step.startsWith("NewView"))
  }

  #after(here: number, actor: number, step: string): number {
    const key = `${here} ${actor} ${step}`
    const known = this.#next.get(key)
    if (known !== undefined) return known
    let there = astray
    this.#core.expand(this.#rows.at(here), (k, { action, told }, next) => {
      if (k === actor && `${action} ${told}` === step) there = this.#numberOf(next)
    })
    this.#next.set(key, there)
    return there
  }

  #follow(here: number, actor: number, next: Int32Array): number {
    if (here === astray) return astray
    const [before, after] = [this.#inner[actor] as number, next[actor] as number]
    const [from, to] = [this.#stateOf(actor, before), this.#stateOf(actor, after)]
    if (before === after || from === undefined || to === undefined) return here
    return this.#stepsOf(actor, from, to).reduce((at, step) => {
      if (at === astray) return astray
      const there = this.#after(at, actor, step)
      if (there === astray) this.#wrong = `"${step}" of ${this.#core.actorName(actor)}`
      else this.moved++
      return there
    }, here)
  }

  expand(row: Int32Array, found: Found): void {
    const last = this.width - 1
    const here = row[last] as number
    this.#inner.set(row.subarray(0, last))
    this.#twin.expand(this.#inner, (actor, step, next) => {
      this.#outer.set(next)
      this.#outer[last] = this.#follow(here, actor, next)
      found(actor, step, this.#outer)
    })
  }

  start(row: Int32Array): void {
    row.fill(0)
  }

  canonical(): void {}

  text(row: Int32Array): string {
    const core = this.#rows.at(row[this.width - 1] as number)
    return `[code:${this.#twin.text(row)},core:${this.#core.text(core)}]`
  }

  actorName(actor: number): string {
    return this.#twin.actorName(actor)
  }

  /** It is searched at once: nothing is kept to go on from. */
  save(): SpaceMemory {
    return { numbers: new Int32Array(0), texts: [] }
  }

  restore(): boolean {
    return false
  }
}

/** Judges the code's states as `judge` does, and that none of them went astray. */
export class ZyzzyvaRefinementJudge implements StateJudge {
  readonly antecedents: Set<string>
  readonly witnessed: Set<string>
  readonly #space: RefinedZyzzyva
  readonly #judge: StateJudge

  constructor(space: RefinedZyzzyva, judge: StateJudge) {
    this.#space = space
    this.#judge = judge
    this.antecedents = judge.antecedents
    this.witnessed = judge.witnessed
  }

  firstBroken(row: Int32Array, from?: Int32Array): Broken | null {
    return this.#space.wrongWith(row) ?? this.#judge.firstBroken(row, from)
  }
}
