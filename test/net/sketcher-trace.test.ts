/**
 * What a real group and a real sketcher wrote down, checked together; and the same with a line that
 * does not fit with what others wrote.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { it } from "@effect/vitest"
import { Effect } from "effect"
import { afterAll, expect } from "vitest"
import { nowhere } from "../../src/core/prophecy/position.ts"
import { freshClusterConfig } from "../../src/net/cluster-config.ts"
import { freePorts, startCluster } from "../../src/net/cluster.ts"
import { loadClusterConfig, writePrivateJson } from "../../src/net/config-file.ts"
import { makeSketcher, type SketcherShape } from "../../src/net/sketcher.ts"
import { checkTraces } from "../../src/trace-check/check.ts"
import type { Verdict } from "../../src/trace-check/verdict.ts"
import { encodeRequest } from "../../src/web/http-message.ts"
import { digests } from "../trace/support/digests.ts"
import { sourceOf } from "../trace/support/sources.ts"

const root = mkdtempSync(join(tmpdir(), "prophecy-sketcher-trace-"))
afterAll(() => rmSync(root, { recursive: true, force: true, maxRetries: 5 }))

const headers = [["x-user", "alice"]] as const
const operation = (method: string, target: string, body = ""): string =>
  encodeRequest({ method, authority: "", target, headers, body })
const look = operation("GET", "/album/trip")

const read = (sketcher: SketcherShape) =>
  sketcher.read({ key: look, operation: look, fresh: false, after: nowhere })

/** An album is made, changed and looked at through two sketchers, one after the other. */
const recorded = Effect.gen(function* () {
  const file = join(root, "cluster.json")
  const content = { clients: 2, service: "album", checkpointInterval: 4, logSize: 8 } as const
  const folder = { traceDirectory: "traces" }
  writePrivateJson(file, freshClusterConfig(yield* freePorts(4), { ...content, ...folder }))
  const config = yield* loadClusterConfig(file, { kind: "endpoint", id: 0 })
  const of = { run: "sketched", spec: "0".repeat(64) }
  const trace = { directory: join(root, "traces"), ...of }
  const cluster = yield* startCluster(config, { trace: of })
  for (const name of ["sea", "hut"]) {
    yield* Effect.gen(function* () {
      const sketcher = yield* makeSketcher(config, { trace, maxStrikes: 0 })
      yield* sketcher.connected
      yield* sketcher.write(operation("PUT", "/album/trip"))
      for (let k = 0; k < 3; k++) yield* read(sketcher)
      cluster.behave(1, "garbage")
      yield* sketcher.write(operation("PUT", `/album/trip/photo/${name}`, "x"))
      for (let k = 0; k < 10; k++) yield* read(sketcher)
    }).pipe(Effect.scoped)
  }
}).pipe(Effect.scoped)

const files = (): ReadonlyMap<string, string> => {
  const folder = join(root, "traces")
  return new Map(readdirSync(folder).map((f) => [f, readFileSync(join(folder, f), "utf8")]))
}

const check = (all: ReadonlyMap<string, string>): Promise<Verdict> =>
  checkTraces(
    [...all].map(([name, text]) => sourceOf(name, text)),
    { digests },
  )

/** The files with the first line of one changed that holds `part`; and the number of that line. */
const changed = (
  all: ReadonlyMap<string, string>,
  name: string,
  part: string,
  change: (line: string) => ReadonlyArray<string>,
) => {
  const lines = (all.get(name) ?? "").split("\n")
  const at = lines.findIndex((line) => line.includes(part))
  expect(at).toBeGreaterThan(0)
  const text = lines.flatMap((line, k) => (k === at ? change(line) : [line])).join("\n")
  return { files: new Map(all).set(name, text), line: at + 1 }
}

it.live("conforms; and not with an answer that nobody gave, or a step that is missing", () =>
  Effect.gen(function* () {
    yield* recorded
    const all = files()
    expect([...all.keys()].filter((name) => name.startsWith("sketcher-0"))).toHaveLength(2)
    const good = yield* Effect.promise(() => check(all))
    expect(good).toMatchObject({ _tag: "Conforms", statistics: { untraced: [] } })
    if (good._tag !== "Conforms") return
    expect(good.statistics.fast).toBeGreaterThan(5)
    expect(good.statistics.results).toBeGreaterThan(good.statistics.fast)
    expect(good.statistics.unchecked).toBe(0)

    const rejected = (of: ReturnType<typeof changed>, finding: object) =>
      Effect.gen(function* () {
        const verdict = yield* Effect.promise(() => check(of.files))
        expect(verdict).toMatchObject({ _tag: "Rejected", finding })
      })
    const name = "sketcher-0.1.ndjson"
    // Whoever looks for it may have forgotten meanwhile what else was sent.
    const unsent = expect.stringMatching(/^(NotSent|SentLater)$/)
    // An answer that came too late to matter, and that its replica never gave.
    const late = '"action":"Ignore:NothingAwaited","in":{"type":"Reply"'
    const reply = changed(all, name, late, (line) => [
      line.replace(/"result":"([\d.]+):/, '"result":"9$1:'),
    ])
    yield* rejected(reply, { rule: unsent, line: reply.line })
    // The drawn replica's answer is the one of the sketch, and the line says something else of it.
    const fast = changed(all, name, '"answered"', (line) => [
      line.replace(/"answered":\[(\d+)\]/, '"answered":[9$1]'),
    ])
    yield* rejected(fast, { rule: "Replay", line: fast.line, node: "sketcher 0" })
    const gone = changed(all, name, '"type":"FastReply"', () => [])
    yield* rejected(gone, { rule: "LostLine", line: gone.line })
    // What a replica executed for the sketcher is another request than the sketcher's.
    const sent = changed(all, name, '"type":"Write"', (line) => [line.replace("trip", "trap")])
    yield* rejected(sent, { rule: unsent })
  }),
)
