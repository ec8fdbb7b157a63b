import { rmSync } from "node:fs"
import { join } from "node:path"
import { it } from "@effect/vitest"
import { Effect } from "effect"
import { describe, expect } from "vitest"
import { decodeResult } from "../../src/core/service/key-value-operation.ts"
import { allConnected, type Cluster, eventually, get, put, says, started } from "./processes.ts"

const folderOf = ({ config }: Cluster, replica: number): string =>
  join(config.dataDirectory, `replica-${replica}`)

/** Puts `name 0`, `name 1`, ... by all clients at once. */
const load = ({ pool }: Cluster, name: string, count: number) =>
  Effect.forEach(
    Array.from({ length: count }, (_, k) => k),
    (k) =>
      Effect.map(pool.submit(put(`${name} ${k}`, String(k))), (result) =>
        expect(decodeResult(result)).toStrictEqual({ _tag: "Done" }),
      ),
    { concurrency: 8, discard: true },
  )

const isThere = ({ pool }: Cluster, name: string, k: number) =>
  Effect.map(pool.submit(get(`${name} ${k}`)), (result) =>
    expect(decodeResult(result)).toStrictEqual({ _tag: "Value", value: String(k) }),
  )

/** Puts on until the replica votes again; with a log this short it can follow only what pauses. */
const loadUntilTakenBack = (c: Cluster, replica: number) =>
  Effect.gen(function* () {
    for (let round = 0; round < 300; round++) {
      yield* load(c, `round ${round}`, 8)
      if (yield* says(c, replica, (s) => s.recovery?.votes === true)) return
      yield* Effect.sleep(100)
    }
    throw new Error(`replica ${replica} was not taken back`)
  })

const small = { checkpointInterval: 4, logSize: 8, maxBatch: 4, pipeline: 2 } as const

describe("a replica whose disk is lost", () => {
  it.live("does not start as a new one; told to rejoin, it is taken back and votes", () =>
    Effect.gen(function* () {
      const c = yield* started("lost", { ...small, retransmitMs: 300 })
      yield* allConnected(c)
      yield* load(c, "before", 60)
      yield* c.cluster.kill(2)
      rmSync(folderOf(c, 2), { recursive: true })
      yield* load(c, "without it", 20)

      const refused = yield* Effect.flip(c.cluster.start(2))
      expect(refused.message).toContain("replica 2 has had a disk before")
      expect(refused.message).toContain("--rejoin")

      yield* c.cluster.rejoin(2)
      yield* loadUntilTakenBack(c, 2)
      const { recovery, actions } = yield* c.cluster.status(2)
      expect(recovery?.votesFrom).toBeGreaterThan(0)
      expect(actions["Rejoin"]).toBe(1)

      // Without it there is no quorum any more.
      yield* c.cluster.kill(3)
      yield* load(c, "with it", 40)
      yield* isThere(c, "with it", 39)
      yield* isThere(c, "before", 0)

      // It remembers: an ordinary start is enough from here on.
      yield* c.cluster.start(3)
      yield* c.cluster.kill(2)
      yield* c.cluster.start(2)
      yield* eventually(
        "it has its recovery from its disk",
        says(c, 2, (s) => s.recovery?.votes === true && s.actions["Restart"] === 1),
      )
    }).pipe(Effect.scoped),
  )

  it.live("is taken back where nobody asks for anything", () =>
    Effect.gen(function* () {
      const c = yield* started("idle", { ...small, retransmitMs: 300 })
      yield* allConnected(c)
      yield* load(c, "before", 30)
      yield* c.cluster.kill(2)
      rmSync(folderOf(c, 2), { recursive: true })
      yield* c.cluster.rejoin(2)
      yield* eventually(
        "it votes again",
        says(c, 2, (s) => s.recovery?.votes === true),
      )

      // Null requests took it there, and no more of them than that.
      const { recovery } = yield* c.cluster.status(2)
      const { executed, actions } = yield* c.cluster.status(0)
      expect(executed).toBe(recovery?.votesFrom)
      expect(actions["SendPrePrepare"]).toBeGreaterThan(small.logSize - small.checkpointInterval)
      yield* Effect.sleep(500)
      expect((yield* c.cluster.status(0)).executed).toBe(executed)

      // It can be counted on.
      yield* c.cluster.kill(3)
      yield* load(c, "with it", 10)
      yield* isThere(c, "before", 29)
    }).pipe(Effect.scoped),
  )

  it.live("is not taken for lost while its log is there", () =>
    Effect.gen(function* () {
      const c = yield* started("kept", small)
      yield* c.cluster.kill(1)
      const refused = yield* Effect.flip(c.cluster.rejoin(1))
      expect(refused.message).toContain("start the replica without --rejoin")
    }).pipe(Effect.scoped),
  )
})
