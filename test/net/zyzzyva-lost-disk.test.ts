import { readdirSync, readFileSync, rmSync } from "node:fs"
import { join } from "node:path"
import { it } from "@effect/vitest"
import { Effect } from "effect"
import { describe, expect } from "vitest"
import { decodeResult } from "../../src/core/service/key-value-operation.ts"
import { zyzzyvaDigests } from "../../src/net/zyzzyva-config.ts"
import { checkTraces } from "../../src/trace-check/check.ts"
import { verdictText } from "../../src/trace-check/verdict.ts"
import { digests } from "../trace/support/digests.ts"
import { sourceOf } from "../trace/support/sources.ts"
import { allConnected, type Cluster, eventually, get, put, says, started } from "./processes.ts"

const writes = ({ pool }: Cluster, name: string, count: number) =>
  Effect.forEach(
    Array.from({ length: count }, (_, k) => k),
    (k) => pool.submit(put(`${name} ${k}`, String(k))),
    { concurrency: 8, discard: true },
  )

const isThere = ({ pool }: Cluster, name: string, k: number) =>
  Effect.map(pool.submit(get(`${name} ${k}`)), (result) =>
    expect(decodeResult(result)).toStrictEqual({ _tag: "Value", value: String(k) }),
  )

const sizes = { protocol: "zyzzyva", checkpointInterval: 4, logSize: 8, maxBatch: 4 } as const

describe("a replica of Zyzzyva whose disk is lost", () => {
  it.live(
    "is taken back where nobody asks for anything, and is counted on; its trace conforms",
    () =>
      Effect.gen(function* () {
        const c = yield* started("zyzzyva-lost", { ...sizes, retransmitMs: 300 })
        yield* allConnected(c)
        yield* writes(c, "before", 30)
        yield* c.cluster.kill(2)
        rmSync(join(c.config.dataDirectory, "replica-2"), { recursive: true })
        const refused = yield* Effect.flip(c.cluster.start(2))
        expect(refused.message).toContain("--rejoin")
        const other = yield* Effect.flip(c.cluster.recover(2))
        expect(other.message).toContain("zyzzyva recovers no replica with its disk")

        yield* c.cluster.rejoin(2)
        yield* eventually(
          "it takes part again",
          says(c, 2, (s) => s.recovery?.votes === true),
        )
        const { recovery, actions } = yield* c.cluster.status(2)
        expect(recovery?.votesFrom).toBeGreaterThan(0)
        expect(actions["Rejoin"]).toBe(1)
        // Null requests took the log there, and no further.
        expect((yield* c.cluster.status(0)).executed).toBe(recovery?.votesFrom)

        // Without it no certificate can be made any more.
        yield* c.cluster.kill(3)
        yield* writes(c, "with it", 20)
        yield* isThere(c, "with it", 19)
        yield* isThere(c, "before", 0)

        // It remembers: an ordinary start is enough from here on.
        yield* c.cluster.start(3)
        yield* c.cluster.kill(2)
        yield* c.cluster.start(2)
        yield* eventually(
          "it has its recovery from its disk",
          says(c, 2, (s) => s.recovery?.votes === true && s.actions["Restart"] === 1),
        )
        return c.directory
      }).pipe(
        Effect.scoped,
        Effect.flatMap((directory) =>
          Effect.promise(() => {
            const folder = join(directory, "traces")
            const sources = readdirSync(folder).map((name) =>
              sourceOf(name, readFileSync(join(folder, name), "utf8")),
            )
            return checkTraces(sources, { digests: { ...digests, zyzzyva: zyzzyvaDigests } })
          }),
        ),
        Effect.map((verdict) => expect(verdictText(verdict)).toContain("conforms, with gaps")),
      ),
  )
})
