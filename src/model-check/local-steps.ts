/**
 * The steps of one process, each computed once: of each local state which messages were tried, as
 * bits, and a chain of the steps that came of it, its own moves first, then by message.
 */
import { BitRows } from "./bit-rows.ts"
import { Ints } from "./ints.ts"

/** In place of the message: a move of its own. */
export const ownMove = -1

const none = -1

export class LocalSteps {
  /** Whether a message was tried; what changes nothing has no step. */
  readonly tried = new BitRows()
  /** Whether it is known of a message that it is not received at once, or changes nothing then. */
  readonly waiting = new BitRows()
  /** By local state its first step, and whether its own moves are there; by step what it is. */
  readonly #first = new Ints()
  readonly #hasOwn = new Ints()
  readonly #next = new Ints()
  readonly #message = new Ints()
  readonly #to = new Ints()
  readonly #outcome = new Ints()

  /** The first step of a local state, -1 where there is none. */
  first(local: number): number {
    return local < this.#first.size ? this.#first.at(local) : none
  }

  next(step: number): number {
    return this.#next.at(step)
  }

  message(step: number): number {
    return this.#message.at(step)
  }

  /** The local state that a step leads to. */
  to(step: number): number {
    return this.#to.at(step)
  }

  /** What else a step does, by number. */
  outcome(step: number): number {
    return this.#outcome.at(step)
  }

  /** The step by this message, -1 where there is none. */
  find(local: number, message: number): number {
    let step = this.first(local)
    while (step !== none && this.message(step) !== message) step = this.next(step)
    return step
  }

  hasOwnMoves(local: number): boolean {
    return local < this.#hasOwn.size && this.#hasOwn.at(local) === 1
  }

  /** A local state has its own moves: those that are added. */
  ownMovesAreThere(local: number): void {
    this.#reach(local)
    this.#hasOwn.set(local, 1)
  }

  /** Adds a step; own moves in their order. */
  add(local: number, message: number, to: number, outcome: number): void {
    this.#reach(local)
    const made = this.#to.size
    let before = none
    let after = this.first(local)
    while (after !== none && this.message(after) <= message) {
      before = after
      after = this.next(after)
    }
    this.#message.push(message)
    this.#to.push(to)
    this.#outcome.push(outcome)
    this.#next.push(after)
    if (before === none) this.#first.set(local, made)
    else this.#next.set(before, made)
  }

  #reach(local: number): void {
    while (this.#first.size <= local) {
      this.#first.push(none)
      this.#hasOwn.push(0)
    }
  }
}
