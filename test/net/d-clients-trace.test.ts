/**
 * What a real group and clients of D-Prophecy wrote down, checked together; and the same with a
 * line that does not fit with what others wrote.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { it } from "@effect/vitest"
import { Effect } from "effect"
import { afterAll, expect } from "vitest"
import { keyValueOver } from "../../src/cli/d-services.ts"
import { freshClusterConfig } from "../../src/net/cluster-config.ts"
import { freePorts, startCluster } from "../../src/net/cluster.ts"
import { loadClusterConfig, writePrivateJson } from "../../src/net/config-file.ts"
import { makeDClients } from "../../src/net/d-clients.ts"
import { checkTraces } from "../../src/trace-check/check.ts"
import { digests } from "../trace/support/digests.ts"
import { sourceOf } from "../trace/support/sources.ts"

const root = mkdtempSync(join(tmpdir(), "prophecy-d-trace-"))
afterAll(() => rmSync(root, { recursive: true, force: true, maxRetries: 5 }))

/** Two starts of the clients; one replica lies meanwhile. */
const recorded = Effect.gen(function* () {
  const file = join(root, "cluster.json")
  const content = { clients: 2, service: "key-value", checkpointInterval: 4, logSize: 8 } as const
  const more = { traceDirectory: "traces", sketches: true }
  writePrivateJson(file, freshClusterConfig(yield* freePorts(4), { ...content, ...more }))
  const config = yield* loadClusterConfig(file, { kind: "endpoint", id: 0 })
  const of = { run: "sketches", spec: "0".repeat(64) }
  const trace = { directory: join(root, "traces"), ...of }
  const cluster = yield* startCluster(config, { trace: of })
  for (const value of ["one", "two"]) {
    yield* Effect.gen(function* () {
      const clients = yield* makeDClients(config, { trace, sketchMs: 1_000 })
      yield* clients.connected
      const ask = keyValueOver(clients)
      yield* ask({ _tag: "Put", key: "k", value })
      cluster.behave(1, value === "one" ? "honest" : "garbage")
      const get = ask({ _tag: "Get", key: "k" })
      for (let k = 0; k < 12; k++) expect((yield* get).result).toEqual({ _tag: "Value", value })
    }).pipe(Effect.scoped)
  }
}).pipe(Effect.scoped)

type Files = ReadonlyMap<string, string>

const check = (all: Files) =>
  Effect.promise(() =>
    checkTraces(
      [...all].map(([name, text]) => sourceOf(name, text)),
      { digests },
    ),
  )

/** The files with the first line of one changed that holds `part`; and the number of that line. */
const name = "d-clients-0.1.ndjson"
const changed = (all: Files, part: RegExp, change: (line: string) => string) => {
  const lines = (all.get(name) ?? "").split("\n")
  const at = lines.findIndex((line) => part.test(line))
  expect(at).toBeGreaterThan(0)
  const text = lines.map((line, k) => (k === at ? change(line) : line)).join("\n")
  return { files: new Map(all).set(name, text), line: at + 1 }
}

it.live(
  "conforms; and not with a sketch that its replica cannot have, nor with an unsent reply",
  () =>
    Effect.gen(function* () {
      yield* recorded
      const folder = join(root, "traces")
      const all = new Map(
        readdirSync(folder).map((f) => [f, readFileSync(join(folder, f), "utf8")]),
      )
      expect([...all.keys()].filter((name) => name.startsWith("d-clients-0"))).toHaveLength(2)
      const good = yield* check(all)
      expect(good).toMatchObject({ _tag: "Conforms", statistics: { untraced: [], unchecked: 0 } })
      if (good._tag !== "Conforms") return
      const { fast, results, uncompared } = good.statistics
      expect(fast).toBeGreaterThan(5)
      expect(results).toBeGreaterThan(fast)
      expect(uncompared).toBe(0)

      // Everything that is stated of one position is stated of another, where nothing was executed.
      const text = all.get(name) ?? ""
      const [, seq = ""] = /"digest":"[0-9a-f]{64}","seq":(\d+),"place":0/.exec(text) ?? []
      const elsewhere = text.replaceAll(`"seq":${seq},"place":0`, `"seq":${seq},"place":7`)
      expect(yield* check(new Map(all).set(name, elsewhere))).toMatchObject({
        _tag: "Rejected",
        finding: { rule: "Genuine", message: expect.stringMatching(/states a sketch, and at/) },
      })
      // An answer that came too late to matter, and that its replica never gave.
      const late = /"action":"Ignore:NothingAwaited","in":\{"type":"Reply"/
      const reply = changed(all, late, (line) =>
        line.replaceAll(/"result":"([\d.]+):/g, '"result":"9$1:'),
      )
      expect(yield* check(reply.files)).toMatchObject({
        _tag: "Rejected",
        finding: { rule: expect.stringMatching(/^(NotSent|SentLater)$/) },
      })
    }),
)
