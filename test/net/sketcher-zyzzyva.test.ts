/** The sketcher before four replicas of Zyzzyva as processes: killed backup, killed primary. */
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { it } from "@effect/vitest"
import { Effect } from "effect"
import { describe, expect } from "vitest"
import { zyzzyvaDigests } from "../../src/net/zyzzyva-config.ts"
import { checkTraces } from "../../src/trace-check/check.ts"
import { digests } from "../trace/support/digests.ts"
import { sourceOf } from "../trace/support/sources.ts"
import { album, made, photosOf, read, settled, write } from "./album.ts"

const zyzzyva = { protocol: "zyzzyva", traceDirectory: "traces" } as const

const run = Effect.gen(function* () {
  const a = yield* album({ fastReadMs: 200 }, zyzzyva)
  yield* made(a)
  const first = yield* read(a, "alice", "/album/trip")
  expect(first.way).toStrictEqual({ path: "replicated", reason: "no-sketch" })
  yield* settled(a)
  const second = yield* read(a, "alice", "/album/trip")
  expect(second.way.path).toBe("fast")
  expect(second.response).toStrictEqual(first.response)
  yield* write(a, "PUT", "/album/trip/photo/hut", "y")
  const third = yield* read(a, "alice", "/album/trip", { fresh: true })
  expect(photosOf(third)).toBe(2)
  // Without a backup by certificates, and without the primary in the next view.
  for (const [gone, name] of [
    [3, "lake"],
    [0, "wood"],
  ] as const) {
    yield* a.cluster.kill(gone)
    expect((yield* write(a, "PUT", `/album/trip/photo/${name}`, "z")).response.status).toBe(201)
    for (let k = 0; k < 8; k++) yield* read(a, "alice", "/album/trip/photo/sea")
    const fresh = yield* read(a, "alice", "/album/trip", { fresh: true })
    expect(photosOf(fresh)).toBe(gone === 3 ? 3 : 4)
    yield* a.cluster.start(gone)
    yield* settled(a)
  }
  expect((yield* a.sketcher.status).ways).toMatchObject({ fast: expect.any(Number) })
  return a.traces
}).pipe(Effect.scoped)

describe("a sketcher before four replicas of Zyzzyva", () => {
  it.live("reads fast, and goes on without a backup and without the primary", () =>
    Effect.gen(function* () {
      const folder = yield* run
      const sources = readdirSync(folder).map((name) =>
        sourceOf(name, readFileSync(join(folder, name), "utf8")),
      )
      const all = { ...digests, zyzzyva: zyzzyvaDigests }
      const verdict = yield* Effect.promise(() => checkTraces(sources, { digests: all }))
      // What a killed process did last has no line.
      expect(verdict).toMatchObject({ _tag: "Gap", misbehaviours: [] })
      const { actions = {}, fast = 0 } = "statistics" in verdict ? (verdict.statistics ?? {}) : {}
      expect(fast).toBeGreaterThan(0)
      expect(actions["SketcherRecvReply"]).toBeGreaterThan(0)
      expect(actions["EnterView"]).toBeGreaterThan(0)
    }),
  )
})
