/**
 * A search of Zyzzyva's twin along a counterexample of its abstraction: only runs whose projection
 * follows it, step by step. What it finds is a schedule of messages that drives the real replicas
 * where the abstraction went.
 *
 * The projection of a step of the code: an order that is taken, a view that is left, a log that a
 * view begins with, that the view begins, a certificate that is kept. Everything else leaves the
 * abstraction where it is.
 */
import { isIgnored } from "../core/machine.ts"
import { orderAt } from "../core/zyzzyva/log.ts"
import type { State } from "../core/zyzzyva/state.ts"
import * as Window from "../core/window.ts"
import { Judge } from "./judge.ts"
import type { PathStep } from "./path.ts"
import { Space } from "./space.ts"
import { zyzzyvaModel } from "./zyzzyva-model.ts"
import type { ZyzzyvaConstants, ZyzzyvaProcess } from "./zyzzyva-process.ts"

/** A log in the abstraction's words. */
export const toldLog = (operations: ReadonlyArray<string>): string =>
  operations.length === 0 ? "(nothing)" : `(${operations.join(" ")})`

const operationsOf = (state: State, upTo: number): string => {
  const operations: Array<string> = []
  for (let seq = state.log.low + 1; seq <= upTo; seq++) {
    const slot = orderAt(state, seq)
    if (slot === undefined) break
    operations.push(slot.batch[0]?.operation ?? "null")
  }
  return toldLog(operations)
}

const lastOf = (state: State): number =>
  Math.max(0, ...Window.occupied(state.log).filter((n) => orderAt(state, n) !== undefined))

/** The abstraction's steps, in its words, that a replica's step from `before` to `after` is. */
export const projected = (before: State, after: State): ReadonlyArray<string> => {
  const { view } = after
  if (view > before.view) return [`ChangeView to view ${view}`]
  const steps: Array<string> = []
  if (before.stage === "changing" && after.stage !== "changing") {
    steps.push(`NewView view ${view}: ${operationsOf(after, lastOf(after))}`)
  } else if (lastOf(after) > lastOf(before)) {
    const seq = lastOf(after)
    const operation = orderAt(after, seq)?.batch[0]?.operation ?? "null"
    steps.push(`Order view ${view} seq ${seq} ${operation}`)
  }
  if (before.stage !== "active" && after.stage === "active") steps.push(`Confirm view ${view}`)
  const acknowledged = (state: State): number =>
    Math.max(0, ...state.certificates.filter((c) => c.view === view).map((c) => c.seq))
  if (acknowledged(after) > acknowledged(before)) {
    steps.push(`Acknowledge view ${view} ${operationsOf(after, acknowledged(after))}`)
  }
  return steps
}

interface Node {
  readonly row: Int32Array
  readonly from: Node | undefined
  readonly step: PathStep | undefined
  /** How many steps of the abstraction it has followed. */
  readonly followed: number
}

export interface Guided {
  /** The shortest found way to what is broken; undefined where there is none. */
  readonly path: ReadonlyArray<PathStep> | undefined
  readonly property: string | undefined
  readonly why: string
  /** How many steps of the abstraction could be followed. */
  readonly followed: number
  readonly states: number
}

/** States that are looked at for one step of the abstraction, at the most. */
const statesPerStep = 30_000
/** Ways to follow it so far that are kept. */
const waysKept = 60

// Proofs of misbehaviour and filled holes lead away from the abstraction, which has neither. What a
// replica hears early it can hear as well when its turn comes, and accusations come with a change.
const isUseful = (action: string, next: PathStep | undefined, process: string): boolean => {
  if (isIgnored(action) || ["RecvPom", "RecvFillHole", "RecvRequest"].includes(action)) return false
  if (action === "Timeout") return next?.action === "ChangeView"
  if (next === undefined) return true
  return next.process === process || !action.startsWith("Recv")
}

class Search {
  readonly #space: Space
  readonly #judge: Judge
  readonly #guide: ReadonlyArray<PathStep>
  states = 0
  followed = 0

  constructor(c: ZyzzyvaConstants, guide: ReadonlyArray<PathStep>, property: string) {
    const model = zyzzyvaModel("guided", c)
    const invariants = model.invariants.filter((i) => i.name === property)
    this.#space = new Space({ ...model, invariants })
    this.#judge = new Judge(this.#space)
    this.#guide = guide
  }

  #stateOf(row: Int32Array, actor: number): State | undefined {
    const process = this.#space.processes[actor]?.at(row[actor] as number) as ZyzzyvaProcess
    return process.role === "replica" ? process.at.state : undefined
  }

  // How far a step follows the guide; -1 if it leads away from it. At its end all may be.
  #follow(followed: number, process: string, steps: ReadonlyArray<string>): number {
    if (followed >= this.#guide.length) return followed
    for (const [k, step] of steps.entries()) {
      const next = this.#guide[followed + k]
      const said = next === undefined ? "" : `${next.action} ${next.told}`
      if (next?.process !== process || said !== step) return -1
    }
    return followed + steps.length
  }

  #successors(node: Node): ReadonlyArray<Node> {
    const found: Array<Node> = []
    const turn = this.#guide[node.followed]
    this.#space.expand(node.row, (actor, { action, told }, row) => {
      const process = this.#space.actorName(actor)
      if (!isUseful(action, turn, process) || row.every((x, k) => x === node.row[k])) return
      const [before, after] = [this.#stateOf(node.row, actor), this.#stateOf(row, actor)]
      if (before === undefined || after === undefined) return
      const followed = this.#follow(node.followed, process, projected(before, after))
      if (followed < 0) return
      found.push({ row: row.slice(), from: node, step: { process, action, told }, followed })
    })
    // What was ordered is executed and answered at once, as in the abstraction.
    const executions = found.filter((n) => n.step?.action === "Execute")
    return executions.length > 0 ? executions.slice(0, 1) : found
  }

  first(): Node {
    const row = new Int32Array(this.#space.width)
    this.#space.start(row)
    return { row, from: undefined, step: undefined, followed: 0 }
  }

  brokenAt({ row }: Node): { readonly property: string; readonly why: string } | null {
    return this.#judge.firstBroken(row)
  }

  /** From ways that followed as far, those that follow further, or the first that is broken. */
  further(ways: ReadonlyArray<Node>): ReadonlyArray<Node> {
    const seen = new Set(ways.map((n) => n.row.join()))
    let now = ways
    const next: Array<Node> = []
    while (now.length > 0 && seen.size < statesPerStep && next.length < waysKept) {
      const later: Array<Node> = []
      for (const node of now) {
        for (const found of this.#successors(node)) {
          const key = found.row.join()
          if (seen.has(key)) continue
          seen.add(key)
          this.states++
          if (found.followed > node.followed) next.push(found)
          else later.push(found)
          if (this.brokenAt(found) !== null) return [found]
        }
      }
      now = later
    }
    return next
  }
}

const pathOf = (node: Node): ReadonlyArray<PathStep> => {
  const steps: Array<PathStep> = []
  for (let at: Node | undefined = node; at?.step !== undefined; at = at.from) steps.push(at.step)
  return steps.reverse()
}

/** Searches the instance along `guide` for a state that breaks `property`. */
export const searchAlong = (
  c: ZyzzyvaConstants,
  guide: ReadonlyArray<PathStep>,
  property: string,
): Guided => {
  const search = new Search(c, guide, property)
  let ways: ReadonlyArray<Node> = [search.first()]
  let followed = 0
  while (ways.length > 0) {
    // With the whole guide behind them, one way is as good as another.
    ways = search.further(followed === guide.length ? ways.slice(0, 1) : ways)
    const [first] = ways
    if (first === undefined) break
    followed = Math.max(followed, first.followed)
    const broken = ways.length === 1 ? search.brokenAt(first) : null
    if (broken !== null) {
      return { path: pathOf(first), ...broken, followed, states: search.states }
    }
  }
  return { path: undefined, property: undefined, why: "", followed, states: search.states }
}
