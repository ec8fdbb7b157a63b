/** A view that starts from a checkpoint which a replica does not hold (TOCS section 6.2). */
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { describe, expect } from "vitest"
import { decodeResult } from "../../src/core/service/key-value-operation.ts"
import { allConnected, type Cluster, eventually, get, put, says, started } from "./processes.ts"

const load = ({ pool }: Cluster, name: string, count: number) =>
  Effect.forEach(
    Array.from({ length: count }, (_, k) => k),
    (k) => pool.submit(put(`${name} ${k}`, String(k))),
    { concurrency: 8, discard: true },
  )

interface Line {
  readonly action: string
  readonly in: {
    readonly type: string
    readonly start?: { readonly seq: number }
    readonly seq: number
  }
}

/** The steps of a replica's last start, as its trace tells them. */
const stepsOf = ({ directory }: Cluster, replica: number): ReadonlyArray<Line> => {
  const folder = join(directory, "traces")
  const names = readdirSync(folder).filter((n) => n.startsWith(`replica-${replica}.`))
  const last = names.sort().at(-1) ?? ""
  const lines = readFileSync(join(folder, last), "utf8").trim().split("\n").slice(1)
  return lines.map((l) => JSON.parse(l) as Line).filter((l) => l.action !== undefined)
}

describe("a replica that was away when the view changed", () => {
  it.live("fetches the state that the view starts from, and then takes part", () =>
    Effect.gen(function* () {
      const small = { checkpointInterval: 4, logSize: 8, maxBatch: 2, pipeline: 2 } as const
      const c = yield* started("start", { ...small, retransmitMs: 300 })
      yield* allConnected(c)
      yield* load(c, "with all", 20)
      yield* c.cluster.kill(3)
      yield* load(c, "without it", 60)
      const away = yield* c.cluster.status(1)

      // The primary stands still: the two others give up its view, and need a third for the next.
      process.kill(c.cluster.pid(0) as number, "SIGSTOP")
      const waiting = yield* Effect.forkChild(load(c, "through the change", 8))
      for (const replica of [1, 2]) {
        yield* eventually(
          `replica ${replica} has left view 0`,
          says(c, replica, (s) => s.view > 0),
        )
      }
      yield* c.cluster.start(3)
      yield* Fiber.join(waiting)
      yield* c.cluster.kill(0)
      yield* eventually(
        "it takes part",
        says(c, 3, (s) => s.active && s.view > 0),
      )

      yield* c.cluster.stop(3)
      const steps = stepsOf(c, 3)
      const at = (action: string): number => steps.findIndex((s) => s.action === action)
      const start = steps[at("RecvNewView")]?.in.start?.seq ?? 0
      expect(start).toBeGreaterThanOrEqual(away.low)
      expect(steps[at("RecvState")]?.in.seq).toBe(start)
      expect(at("RecvState")).toBeGreaterThan(at("RecvNewView"))
      expect(at("EnterView")).toBeGreaterThan(at("RecvState"))
      yield* c.cluster.start(3)
      const found = yield* c.pool.submit(get("without it 59"))
      expect(decodeResult(found)).toStrictEqual({ _tag: "Value", value: "59" })
    }).pipe(Effect.scoped),
  )
})
