/**
 * A replica that answers fast reads badly, or hides messages from others, for demonstrations and
 * tests: only the process that started it can have it do so. The order of operations is not
 * touched; a sketcher must cope, and so must the group.
 *
 * Outside the specification: a Byzantine replica there says whatever it likes.
 */
import { randomInt } from "node:crypto"
import type { Bytes } from "../core/ids.ts"
import { forgetOldest } from "../core/oldest.ts"
import { type Hiding, hidingOf } from "./hidden-messages.ts"

export const behaviours = ["honest", "old", "stale", "garbage", "mute"] as const
/**
 * - `old`: as it answered the same read first, whatever happened since
 * - `stale`: as the group answered the same read last, which is what a sketch is of: a change stays
 *   hidden for as long as nobody else is asked, and no strike is ever counted
 * - `garbage`: something else, another each time
 * - `mute`: not at all
 * - `another 15`: something else in 15 of 100 answers, drawn at random: what a sketcher sees of
 *   pages that change so often
 * - `hides Commit`, `hides PrePrepare,Commit from 3`: honestly, and keeps messages of these kinds
 *   from everybody, or from these replicas (hidden-messages.ts)
 */
export type Behaviour = (typeof behaviours)[number] | `another ${number}` | `hides ${string}`

/** The behaviour of this name. */
export const behaviourOf = (text: string): Behaviour | undefined =>
  /^another (100|[1-9]?\d)$/.test(text) || hidingOf(text) !== undefined
    ? (text as Behaviour)
    : behaviours.find((behaviour) => behaviour === text)

/** How many answers of a kind are remembered. */
const remembered = 1_000

export class Misbehaviour {
  #now: Behaviour = "honest"
  #hidden: Hiding | undefined
  readonly #first = new Map<Bytes, Bytes>()
  /** What the group answered last, as far as it was heard while that mattered. */
  readonly #ordered = new Map<Bytes, Bytes>()
  #count = 0

  get behaviour(): Behaviour {
    return this.#now
  }

  set behaviour(behaviour: Behaviour) {
    this.#now = behaviour
    this.#hidden = hidingOf(behaviour)
  }

  /** What it keeps from whom. */
  get hidden(): Hiding | undefined {
    return this.#hidden
  }

  /** An operation was executed in its turn, with this result. */
  executed(operation: Bytes, result: Bytes): void {
    if (this.#now !== "stale") return
    // The latest stays the last: so the first of all is the one to forget.
    this.#ordered.delete(operation)
    this.#ordered.set(operation, result)
    forgetOldest(this.#ordered, remembered)
  }

  #another(behaviour: `another ${number}`, result: Bytes): Bytes {
    const percent = Number(behaviour.slice("another ".length))
    return randomInt(100) < percent ? `${result}another` : result
  }

  /** What is answered in place of the honest `result`; undefined for nothing. */
  answer(operation: Bytes, result: Bytes): Bytes | undefined {
    if (this.#hidden !== undefined) return result
    if (!this.#first.has(operation) && this.#first.size < remembered) {
      this.#first.set(operation, result)
    }
    switch (this.#now) {
      case "honest":
        return result
      case "old":
        return this.#first.get(operation) ?? result
      case "stale":
        return this.#ordered.get(operation) ?? result
      case "garbage":
        this.#count++
        return `${result.slice(0, -1)}garbage ${this.#count}`
      case "mute":
        return undefined
      default:
        return this.#another(this.#now as `another ${number}`, result)
    }
  }
}
