/** What replicas record while they are recovered, as the model and the specification see it. */
import { readdirSync, readFileSync, rmSync } from "node:fs"
import { join } from "node:path"
import { it } from "@effect/vitest"
import { Effect } from "effect"
import { describe, expect } from "vitest"
import { Capture, pbftChains } from "../../src/trace-check/chain.ts"
import { checkTraces } from "../../src/trace-check/check.ts"
import { followed } from "../spec/support/windows.ts"
import { digests } from "../trace/support/digests.ts"
import { sourceOf } from "../trace/support/sources.ts"
import { allConnected, type Cluster, eventually, put, says, started } from "./processes.ts"

const load = ({ pool }: Cluster, count: number) =>
  Effect.forEach(
    Array.from({ length: count }, (_, k) => k),
    (k) => pool.submit(put(`key ${k}`, "v")),
    { concurrency: 8, discard: true },
  )

const isRecovered = (c: Cluster, replica: number) =>
  eventually(
    `replica ${replica} is recovered`,
    says(c, replica, (s) => s.recovery?.recovered === true),
  )

const small = { checkpointInterval: 4, logSize: 8, maxBatch: 4, pipeline: 2 } as const

/** One replica is recovered with its disk, another without, and nobody asks for anything then. */
const recoveries = Effect.gen(function* () {
  const c = yield* started("trace", { ...small, recoveryPeriodMs: 500, keyRefreshMs: 2_000 })
  yield* allConnected(c)
  yield* load(c, 8)
  yield* c.cluster.stop(2)
  yield* c.cluster.recover(2)
  yield* isRecovered(c, 2)
  yield* load(c, 4)
  yield* c.cluster.stop(1)
  rmSync(join(c.config.dataDirectory, "replica-1"), { recursive: true })
  yield* c.cluster.rejoin(1)
  yield* isRecovered(c, 1)
  for (const replica of c.cluster.running()) yield* c.cluster.stop(replica)
  return join(c.directory, "traces")
})

describe("a recorded run with recoveries", () => {
  it.live("is one of the model and of the specification, null requests included", () =>
    Effect.gen(function* () {
      const folder = yield* Effect.scoped(recoveries)
      const sources = readdirSync(folder).map((name) =>
        sourceOf(name, readFileSync(join(folder, name), "utf8")),
      )
      const observer = new Capture({ _tag: "Range", from: 1, to: 2_000 })
      const verdict = yield* Effect.promise(() => checkTraces(sources, { digests, observer }))
      expect(verdict).toMatchObject({ _tag: "Conforms", misbehaviours: [] })
      const chains = pbftChains(observer.chains())
      const steps = chains.flatMap((chain) => chain.events).map(({ step }) => step.action)
      const taken = ["Recover", "RecvQueryStable", "RecvReplyStable", "Rejoin", "ChangeKey"]
      for (const action of taken) {
        expect(steps).toContain(action)
      }
      const windows = yield* Effect.promise(() => followed(chains, 500))
      expect(windows.length).toBeGreaterThan(0)
      expect(windows.map(({ outcome }) => outcome._tag)).toEqual(windows.map(() => "Accepted"))
    }),
  )
})
