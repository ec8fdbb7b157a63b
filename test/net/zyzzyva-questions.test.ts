/** When a replica of Zyzzyva asks for orders before one, or for who vouches for one. */
import { describe, expect, it } from "vitest"
import type { Input } from "../../src/core/zyzzyva/state.ts"
import { zyzzyvaProtocol } from "../../src/net/zyzzyva-protocol.ts"
import { after, configOf, digestOf, order, signed } from "../support/zyzzyva.ts"

const config = configOf(1, { vouchOrders: true })
const state = after(config, [])
const doubtful = order(1, [signed(0, 1)], "", { verdict: false })
const second = order(2, [signed(0, 2)], digestOf(0, 1))

describe("what waits is told to the machine, which asks", () => {
  it("once in a while, though the answers to one question bring up the other", () => {
    const { tells, placeOf } = zyzzyvaProtocol(config).repetition
    const told = (input: Input): boolean => {
      const place = placeOf(input)
      if (place === undefined) throw new Error("an order has a place")
      return tells?.(state, place) ?? false
    }
    expect([doubtful, second, doubtful, second].map(told)).toEqual([true, true, false, false])
  })
})
