/**
 * Orders that came before those that they follow (TOCS 27(4) 2009, section 4.4): they wait here, so
 * that a message that overtook another is no hole to be filled. The machine sees one of them, and
 * asks for what is missing, once for each hole and again at each tick.
 */
import type { Seq, View } from "../core/ids.ts"
import { lastOrdered } from "../core/zyzzyva/log.ts"
import type { Input, State } from "../core/zyzzyva/state.ts"
import * as Window from "../core/window.ts"

type OrderInput = Extract<Input, { readonly _tag: "ReceiveOrderReq" }>

export class OrderCache {
  #view: View = 0
  readonly #waiting = new Map<Seq, OrderInput>()
  /** The hole that was asked for. */
  #asked: Seq | undefined

  /** Whether an input waits for the orders before it. */
  holds(state: State, input: Input): boolean {
    if (input._tag !== "ReceiveOrderReq") return false
    const { view, seq } = input.message
    this.#enter(state.view)
    const next = lastOrdered(state) + 1
    if (view !== state.view || seq <= next || !Window.covers(state.log, seq)) return false
    this.#waiting.set(seq, input)
    const isAsked = this.#asked === next
    this.#asked = next
    return isAsked
  }

  /** The next order, if it has waited. */
  next(state: State): OrderInput | undefined {
    this.#enter(state.view)
    const seq = lastOrdered(state) + 1
    const input = this.#waiting.get(seq)
    this.#waiting.delete(seq)
    return input
  }

  /** Holes that are still there are asked for again. */
  tick(): void {
    this.#asked = undefined
  }

  clear(): void {
    this.#waiting.clear()
    this.#asked = undefined
  }

  #enter(view: View): void {
    if (view === this.#view) return
    this.#view = view
    this.clear()
  }
}
