/** Orders that wait: for those before them, or for who vouches for their requests. */
import { describe, expect, it } from "vitest"
import type { Input } from "../../src/core/zyzzyva/state.ts"
import { OrderCache } from "../../src/sim/order-cache.ts"
import { after, configOf, digestOf, order, receive, signed } from "../support/zyzzyva.ts"

const config = configOf(1, { vouchOrders: true })
const history = digestOf(0, 1)
const doubtful = order(1, [signed(0, 1)], "", { verdict: false })
const good = order(1, [signed(0, 1)], "")
const second = order(2, [signed(0, 2)], history)
const header = (replica: number): Input =>
  receive({ _tag: "SpecHeader", view: 0, seq: 1, history, signature: "", replica })

describe("orders that wait", () => {
  it("are those before whose turn others are, and the machine sees the first of them", () => {
    const cache = new OrderCache(config)
    const nothing = after(config, [])
    expect([cache.holds(nothing, second), cache.holds(nothing, second)]).toEqual([false, true])
    expect([cache.next(nothing), cache.holds(nothing, good)]).toEqual([undefined, false])
    expect(cache.next(after(config, [good]))).toBe(second)
  })

  it("are those that nobody vouches for yet, and go on when enough do", () => {
    const cache = new OrderCache(config)
    const nothing = after(config, [])
    expect(cache.holds(nothing, second)).toBe(false)
    // Another question than that for the hole: the machine sees it.
    expect([cache.holds(nothing, doubtful), cache.holds(nothing, doubtful)]).toEqual([false, true])
    const one = after(config, [header(0)])
    expect(cache.next(one)).toBeUndefined()
    const vouched = after(config, [header(0), header(2)])
    expect(cache.next(vouched)).toBe(doubtful)
    expect(cache.next(after(config, [header(0), header(2), doubtful]))).toBe(second)
  })

  it("are not asked about anew where the answers to one question bring up the other", () => {
    const cache = new OrderCache(config)
    const nothing = after(config, [])
    const told = [doubtful, second, doubtful, second].map((input) => cache.holds(nothing, input))
    expect(told).toEqual([false, false, true, true])
  })

  it("ask who vouches for them when their turn comes, once", () => {
    const cache = new OrderCache(config)
    const spoiled = order(2, [signed(0, 2)], history, { verdict: false })
    expect(cache.holds(after(config, []), spoiled)).toBe(false)
    const turn = after(config, [good])
    expect([cache.next(turn), cache.holds(turn, spoiled)]).toEqual([spoiled, false])
    expect(cache.next(turn)).toBeUndefined()
  })

  it("are not replaced by others when they verify; those that do not are", () => {
    const spoiled = order(2, [signed(0, 2)], history, { verdict: false })
    for (const both of [
      [second, spoiled],
      [spoiled, second],
    ]) {
      const cache = new OrderCache(config)
      for (const input of both) cache.holds(after(config, []), input)
      expect(cache.next(after(config, [good]))).toBe(second)
    }
  })

  it("are asked about again at a tick", () => {
    const cache = new OrderCache(config)
    const nothing = after(config, [])
    cache.holds(nothing, doubtful)
    cache.tick()
    expect(cache.holds(nothing, doubtful)).toBe(false)
  })
})
