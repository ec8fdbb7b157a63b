/** Web servers behind replicas behind a sketcher, as real processes: dead, stale and lying ones. */
import { chmodSync, mkdirSync, mkdtempSync, utimesSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { it } from "@effect/vitest"
import { Effect } from "effect"
import { describe, expect } from "vitest"
import {
  ApacheMissing,
  findApache,
  freePort,
  type Origin,
  startApache,
} from "../../src/web/apache.ts"

import { clusterRoot, fresh, listening, serve } from "./origins.ts"

const apache = findApache(process.env)
if (apache instanceof ApacheMissing) {
  console.error(`\nNOT TESTED: Apache behind replicas. ${apache.message}\n`)
}

/** Four Apaches with equal copies of a small site. */
const apaches = Effect.gen(function* () {
  if (apache instanceof ApacheMissing) return yield* Effect.die(apache)
  const folder = mkdtempSync(join(clusterRoot(), "apaches-"))
  chmodSync(folder, 0o755)
  mkdirSync(join(folder, "site"))
  writeFileSync(join(folder, "site", "index.html"), "<h1>home</h1>")
  return yield* Effect.forEach([0, 1, 2, 3], (replica) =>
    Effect.acquireRelease(
      Effect.promise(async () => {
        const where = { folder: join(folder, String(replica)), port: await freePort() }
        return startApache({ apache, ...where, root: join(folder, "site") })
      }),
      ({ stop }) => Effect.promise(stop),
    ),
  )
})

/** Every file has the same age: Apache says it in Last-Modified. */
const change = (origin: Origin | undefined, text: string): void => {
  const file = join(origin?.documents ?? "", "index.html")
  writeFileSync(file, text)
  utimesSync(file, 1e9, 1e9)
}

describe.skipIf(apache instanceof ApacheMissing)("Apache behind replicas", () => {
  it.live("is read fast; nobody sees what one origin alone says, and one may be dead", () =>
    Effect.gen(function* () {
      const origins = yield* apaches
      const { get, lines } = yield* serve(origins.map(({ url }) => url))
      const home = { status: 200, body: "<h1>home</h1>" }
      expect(yield* get()).toEqual({ ...home, how: "replicated; reason=no-sketch" })
      const second = yield* get()
      expect(second).toMatchObject(home)
      expect(second.how).toMatch(/^fast; replica=[0-3]$/)
      const head = yield* get("/", { method: "HEAD" })
      expect([head.status, head.body]).toEqual([200, ""])
      expect(yield* get("/none")).toMatchObject({ status: 404 })
      // One origin lies: whoever draws it is told the truth by the others.
      change(origins[3], "<h1>lies</h1>")
      for (let k = 0; k < 12; k++) expect(yield* get()).toMatchObject(home)
      // All change, one after the other, and one goes back: nobody is shown the old page any more.
      for (const origin of origins) change(origin, "<h1>news</h1>")
      const news = { status: 200, body: "<h1>news</h1>" }
      expect(yield* get("/", fresh)).toMatchObject(news)
      change(origins[1], "<h1>home</h1>")
      for (let k = 0; k < 12; k++) expect(yield* get()).toMatchObject(news)
      change(origins[1], "<h1>news</h1>")
      yield* Effect.promise(() => origins[2]?.stop() ?? Promise.resolve())
      for (let k = 0; k < 12; k++) expect(yield* get()).toMatchObject(news)
      expect(yield* get("/", fresh)).toMatchObject(news)
      yield* Effect.sleep(50)
      expect(lines.join("\n")).toMatch(
        /GET \/: replica 2 beside replica \d: status 502 against 200/,
      )
      expect(lines.join("\n")).toMatch(
        /GET \/: replica 1 beside replica \d: etag .*; body of 13 bytes/,
      )
    }).pipe(Effect.scoped),
  )
})

describe("origins by URL", () => {
  it.live("are not written to; that differ, or do not answer, give 502 and keep no lane", () =>
    Effect.gen(function* () {
      const state = { isUp: true }
      const mute = yield* listening(() => undefined)
      const asked: Array<string> = []
      const good = yield* Effect.forEach([0, 1, 2], (id) =>
        listening((request, response) => {
          asked.push(request.method ?? "")
          if (!state.isUp) response.destroy()
          else response.end(request.url === "/id" ? `${id}` : "good")
        }),
      )
      const limits = { timeoutMs: 1_500, bodyBytes: 1_000 }
      const { get } = yield* serve([...good, mute], limits)
      expect(yield* get()).toMatchObject({ status: 200, body: "good" })
      const post = yield* get("/", { method: "POST", body: "x" })
      expect([post.status, post.how]).toEqual([501, "replicated; reason=write"])
      expect(JSON.parse(post.body)).toMatchObject({ error: "ReadOnlyOrigin" })
      expect(asked).not.toContain("POST")
      // More often than there are lanes.
      for (let k = 0; k < 10; k++) {
        const { status, body } = yield* get("/id")
        expect(status).toBe(502)
        expect(JSON.parse(body)).toMatchObject({ error: "OriginsDiffer" })
        expect(body).toMatch(/replica \d beside replica \d: .*body of 1 bytes/)
      }
      state.isUp = false
      const none = yield* get("/gone")
      expect(none.status).toBe(502)
      expect(JSON.parse(none.body)).toMatchObject({ error: "NoOrigin" })
      // Not sketched: the next one asks the group again.
      expect((yield* get("/gone")).how).toBe("replicated; reason=no-sketch")
    }).pipe(Effect.scoped),
  )

  it.live("are asked through restarts, killed primaries and lying replicas", () =>
    Effect.gen(function* () {
      const state = { page: 0 }
      const urls = yield* Effect.forEach([0, 1, 2, 3], () =>
        listening((_, response) => response.end(`page ${state.page}`)),
      )
      const { get, cluster } = yield* serve(urls)
      const seen: Array<number> = []
      const look = Effect.gen(function* () {
        const { status, body } = yield* get("/", state.page % 2 === 0 ? {} : fresh)
        if (status === 200) seen.push(Number(body.slice(5)))
      })
      const rounds = [
        () => cluster.kill(0),
        () => Effect.sync(() => cluster.behave(2, "garbage")),
        () => cluster.start(0),
        () => Effect.sync(() => cluster.behave(2, "old")),
      ]
      for (const round of rounds) {
        yield* round()
        for (let k = 0; k < 6; k++) {
          state.page++
          yield* look
          yield* look
        }
      }
      // Never older than what was seen before, and in the end what is.
      expect(seen).toEqual([...seen].sort((a, b) => a - b))
      expect(seen.length).toBeGreaterThan(30)
      expect((yield* get("/", fresh)).body).toBe(`page ${state.page}`)
    }).pipe(Effect.scoped),
  )
})
