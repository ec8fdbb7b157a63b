import { connect } from "node:net"
import { it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { describe, expect, onTestFinished } from "vitest"
import { decodeResult } from "../../src/core/service/key-value-operation.ts"
import type { DirectMessage, ViewChange } from "../../src/core/pbft/message.ts"
import type { ClusterConfig } from "../../src/net/cluster-config.ts"
import { Connection } from "../../src/net/connection.ts"
import { fingerprint } from "../../src/net/handshake.ts"
import { replicaKeys } from "../../src/net/keys.ts"
import { allConnected, eventually, get, put, says, started } from "./processes.ts"
import { digestOf } from "./wire.ts"

const timing = { retransmitMs: 200, viewChangeMs: 400 } as const

describe("a change of views", () => {
  it.live("survives that all four are killed and started again in the middle of it", () =>
    Effect.gen(function* () {
      const c = yield* started("middle", timing)
      const { cluster, pool } = c
      yield* allConnected(c)
      yield* pool.submit(put("before", "kept"))
      // The primary is dead and the next one stands still: the others wait for it in view 1.
      yield* cluster.kill(0)
      process.kill(cluster.pid(1) as number, "SIGSTOP")
      const during = yield* Effect.forkChild(pool.submit(put("during", "kept too")))
      for (const replica of [2, 3]) {
        yield* eventually(
          `replica ${replica} has left view 0`,
          says(c, replica, (s) => s.view === 1 && !s.active),
        )
      }
      for (const replica of [1, 2, 3]) yield* cluster.kill(replica)
      yield* Effect.forEach([0, 1, 2, 3], cluster.start, { concurrency: "unbounded" })
      expect(decodeResult(yield* Fiber.join(during))).toStrictEqual({ _tag: "Done" })
      for (const [key, value] of [
        ["before", "kept"],
        ["during", "kept too"],
      ] as const) {
        const read = decodeResult(yield* pool.submit(get(key)))
        expect(read).toStrictEqual({ _tag: "Value", value })
      }
      for (const replica of [0, 1, 2, 3]) {
        yield* eventually(
          `replica ${replica} takes part in a later view`,
          says(c, replica, (s) => s.view >= 1 && s.active && s.actions.Restart === 1),
        )
      }
    }).pipe(Effect.scoped),
  )

  it.live("is not caused by a replica that stood still, nor by one that lies", () =>
    Effect.gen(function* () {
      const c = yield* started("liar", timing, 3)
      const { cluster, pool } = c
      yield* allConnected(c)
      process.kill(cluster.pid(3) as number, "SIGSTOP")
      for (let k = 0; k < 20; k++) yield* pool.submit(put(`key ${k}`, "value"))
      yield* Effect.sleep(2 * timing.viewChangeMs)
      process.kill(cluster.pid(3) as number, "SIGCONT")
      const { executed } = yield* cluster.status(0)
      yield* eventually(
        "it has caught up",
        says(c, 3, (s) => s.executed >= executed),
      )
      yield* cluster.kill(3)
      const liar = asReplica(c.config, 3, 1)
      yield* eventually("the liar is connected", Effect.sync(liar.isOpen))
      const wanted: ViewChange = {
        _tag: "ViewChange",
        view: 5,
        low: 0,
        checkpoints: [{ seq: 0, digest: digestOf("start") }],
        prepared: [],
        prePrepared: [],
        replica: 3,
        signature: "",
      }
      // In its own name without a signature, in another's, and in its own with it: one of f + 1.
      liar.send({ ...wanted, signature: "s".repeat(64) })
      liar.send({ ...wanted, replica: 2 })
      liar.send(replicaKeys(c.config, 3).signer.viewChange(wanted))
      yield* eventually(
        "all three have arrived",
        says(c, 1, (s) => s.actions.RecvViewChange === 1),
      )
      yield* pool.submit(put("after", "value"))
      const { network, view, active } = yield* cluster.status(1)
      expect(network).toMatchObject({ "Dropped:BadSignature": 1, "Dropped:WrongSender": 1 })
      expect([view, active]).toStrictEqual([0, true])
      liar.sendBytes(Buffer.from([8, 1, 2, 3]))
      yield* eventually(
        "garbage ends the connection",
        says(c, 1, (s) => s.network.BadMessage === 1),
      )
      for (const replica of [0, 1, 2]) {
        const status = yield* cluster.status(replica)
        expect([status.view, status.actions.Timeout ?? 0]).toStrictEqual([0, 0])
      }
    }).pipe(Effect.scoped),
  )
})

/** Whoever holds the secrets of replica `id`, connected to replica `to`. */
const asReplica = (config: ClusterConfig, id: number, to: number) => {
  const { host, port } = config.replicas[to] as ClusterConfig["replicas"][number]
  const socket = connect(port, host)
  onTestFinished(() => void socket.destroy())
  let open = false
  const connection = new Connection(
    socket,
    {
      side: "initiator",
      secret: replicaKeys(config, id).pair(to),
      hello: {
        kind: "replica",
        id,
        to,
        firstClient: 0,
        lastClient: 0,
        fingerprint: fingerprint(config),
      },
    },
    config.limits,
    {
      opened: () => {
        open = true
      },
      payload: () => undefined,
      closed: () => undefined,
    },
  )
  return {
    isOpen: () => open,
    send: (message: DirectMessage): void => {
      connection.send(message)
      connection.flush()
    },
    sendBytes: (bytes: Buffer): void => {
      connection.sendBytes(bytes, 0, bytes.length)
      connection.flush()
    },
  }
}
