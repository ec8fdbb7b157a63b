/** A group that works and rests: nobody has reason to give up a view (standstill.ts). */
import { it } from "@effect/vitest"
import { Effect } from "effect"
import { describe, expect } from "vitest"
import { allConnected, type Cluster, eventually, put, says, started } from "./processes.ts"

const viewChangeMs = 1_500
/** Longer than it takes to see that somebody stands still, and to wait for that. */
const restMs = 3_000

const load = ({ pool }: Cluster, name: string, count: number) =>
  Effect.forEach(
    Array.from({ length: count }, (_, k) => k),
    (k) => pool.submit(put(`${name} ${k}`, "v")),
    { concurrency: 8, discard: true },
  )

describe("a group of which nobody is faulty", () => {
  it.live("stays in its first view while it works, rests, and brings on one that was away", () =>
    Effect.gen(function* () {
      const c = yield* started("healthy", { checkpointInterval: 8, logSize: 16, viewChangeMs })
      yield* allConnected(c)
      for (const round of ["first", "second"]) {
        yield* load(c, round, 203)
        yield* Effect.sleep(restMs)
      }
      yield* c.cluster.kill(3)
      yield* load(c, "without one", 53)
      yield* c.cluster.start(3)
      const { executed } = yield* c.cluster.status(0)
      yield* eventually(
        "it is as far as the others",
        says(c, 3, (s) => s.executed >= executed),
      )
      yield* Effect.sleep(restMs)
      for (const replica of c.cluster.running()) {
        const { view, actions } = yield* c.cluster.status(replica)
        expect([replica, view, actions.Timeout ?? 0]).toEqual([replica, 0, 0])
      }
    }).pipe(Effect.scoped),
  )
})
