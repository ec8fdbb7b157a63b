/**
 * Orders that came before those that they follow (TOCS 27(4) 2009, section 4.4): they wait here, so
 * that a message that overtook another is no hole to be filled. So does one with a request that
 * does not verify, until enough others vouch for it. The machine sees one of them, and asks for
 * what is missing, once for each hole or doubt and again at each tick.
 */
import type { Seq, View } from "../core/ids.ts"
import { isAcceptable } from "../core/zyzzyva/agreement.ts"
import { lastOrdered } from "../core/zyzzyva/log.ts"
import type { Config, Input, State } from "../core/zyzzyva/state.ts"
import * as Window from "../core/window.ts"

type OrderInput = Extract<Input, { readonly _tag: "ReceiveOrderReq" }>

const histories = (seq: Seq): string => `histories ${seq}`

export class OrderCache {
  readonly #config: Config
  #view: View = 0
  readonly #waiting = new Map<Seq, OrderInput>()
  /** What was asked for since the last tick: orders from a number on, or the histories there. */
  readonly #asked = new Set<string>()

  constructor(config: Config) {
    this.#config = config
  }

  /** Whether an input waits for the orders before it, or for those who vouch for it. */
  holds(state: State, input: Input): boolean {
    if (input._tag !== "ReceiveOrderReq") return false
    const { view, seq } = input.message
    this.#enter(state.view)
    const next = lastOrdered(state) + 1
    if (view !== state.view || seq < next || !Window.covers(state.log, seq)) return false
    const isDoubted = seq === next && this.#isDoubted(state, input)
    if (seq === next && !isDoubted) return false
    // Whoever passes an order on may spoil the authenticators of its requests.
    if (!this.#waiting.get(seq)?.verdicts.every(Boolean)) this.#waiting.set(seq, input)
    const asking = isDoubted ? histories(next) : `orders ${next}`
    const isAsked = this.#asked.has(asking)
    this.#asked.add(asking)
    return isAsked
  }

  /** The next order, if it has waited and waits for nothing more, or is to ask who vouches. */
  next(state: State): OrderInput | undefined {
    this.#enter(state.view)
    const seq = lastOrdered(state) + 1
    const input = this.#waiting.get(seq)
    if (input === undefined) return undefined
    if (this.#isDoubted(state, input)) return this.#asked.has(histories(seq)) ? undefined : input
    this.#waiting.delete(seq)
    return input
  }

  #isDoubted(state: State, { message, verdicts }: OrderInput): boolean {
    return this.#config.vouchOrders && !isAcceptable(this.#config, state, message, verdicts)
  }

  /** Holes that are still there are asked for again. */
  tick(): void {
    this.#asked.clear()
  }

  clear(): void {
    this.#waiting.clear()
    this.#asked.clear()
  }

  #enter(view: View): void {
    if (view === this.#view) return
    this.#view = view
    this.clear()
  }
}
