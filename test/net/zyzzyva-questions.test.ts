/** When a replica of Zyzzyva asks for orders before one, or for who vouches for one. */
import { describe, expect, it } from "vitest"
import type { Input } from "../../src/core/zyzzyva/state.ts"
import { makeExecutor, makeService } from "../../src/net/executor.ts"
import { OwnStates } from "../../src/net/own-states.ts"
import { ReplicaLoop } from "../../src/net/runtime.ts"
import { memoryStore } from "../../src/net/store.ts"
import { noTracer } from "../../src/net/tracer.ts"
import { type ZyzzyvaKinds, zyzzyvaProtocol } from "../../src/net/zyzzyva-protocol.ts"
import { after, configOf, digestOf, order, signed } from "../support/zyzzyva.ts"
import { turns } from "./loops.ts"

const config = configOf(1, { vouchOrders: true })
const state = after(config, [])
const first = order(1, [signed(0, 1)], "")
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

  it("when its turn comes and it does not verify", async () => {
    const asked: Array<string> = []
    const executor = makeExecutor(makeService("null"))
    const nothing = (): undefined => undefined
    const loop = new ReplicaLoop<ZyzzyvaKinds>({
      protocol: zyzzyvaProtocol(config),
      proposals: { pipeline: 1, batchBytes: 1e6 },
      peers: {
        broadcast: nothing,
        toReplica: (_, m) => {
          if (m._tag === "FillHole")
            asked.push(`${m.headers === true ? "histories" : "orders"} ${m.from}`)
        },
        sendChunk: nothing,
        toClient: nothing,
        tellProgress: nothing,
        flush: nothing,
        isConnected: () => true,
        isLost: () => false,
        queuedBytes: () => 0,
        pause: nothing,
        resume: nothing,
      },
      store: memoryStore(),
      executor,
      states: () => new OwnStates<ZyzzyvaKinds>(executor),
      tracer: noTracer,
      viewChangeMs: 1e6,
      onView: nothing,
      receiveQueue: 1_000,
      earlyBytes: 1e5,
      historyBytes: 0,
      compactBytes: 1e6,
      onMissedCheckpoint: nothing,
      onCaughtUp: nothing,
      onFatal: (cause) => {
        throw cause
      },
    })
    loop.restart([])
    loop.offer(order(2, [signed(0, 2)], digestOf(0, 1), { verdict: false }))
    await turns()
    expect(asked).toEqual(["orders 1"])
    loop.offer(first)
    await turns()
    expect(asked).toEqual(["orders 1", "histories 2", "histories 2", "histories 2"])
    await loop.stop()
  })
})
