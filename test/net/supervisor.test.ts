/** Replicas that are recovered in turns by processes which watch them (TOCS section 5.2). */
import { type ChildProcess, spawn } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { it } from "@effect/vitest"
import { Effect, type Scope } from "effect"
import { afterAll, describe, expect } from "vitest"
import { decodeResult } from "../../src/core/service/key-value-operation.ts"
import { makeClientPool } from "../../src/net/client-pool.ts"
import { freePorts } from "../../src/net/cluster.ts"
import { freshClusterConfig } from "../../src/net/cluster-config.ts"
import { loadClusterConfig, writePrivateJson } from "../../src/net/config-file.ts"
import { holderPath } from "../../src/net/key-holder.ts"
import type { SupervisorLine } from "../../src/net/supervisor.ts"
import { launcher } from "../cli/command.ts"
import { eventually, get, put } from "./processes.ts"

const root = mkdtempSync(join(tmpdir(), "prophecy-supervised-"))
afterAll(() => rmSync(root, { recursive: true, force: true, maxRetries: 5 }))

interface Supervised {
  readonly process: ChildProcess
  readonly lines: Array<SupervisorLine & { readonly at: number }>
  readonly errors: Array<string>
  readonly ended: Promise<number | null>
}

const supervised = (
  file: string,
  id: number,
  more: ReadonlyArray<string> = [],
): Effect.Effect<Supervised, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const args = [launcher, "supervise", "--config", file, "--id", String(id), ...more]
      const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] })
      const lines: Supervised["lines"] = []
      const errors: Array<string> = []
      const ended = new Promise<number | null>((resolve) => child.once("close", resolve))
      createInterface({ input: child.stdout }).on("line", (line) =>
        lines.push({ ...(JSON.parse(line) as SupervisorLine), at: Date.now() }),
      )
      createInterface({ input: child.stderr }).on("line", (line) => errors.push(line))
      return { process: child, lines, errors, ended }
    }),
    ({ process: child, ended }) =>
      Effect.promise(() => {
        child.kill("SIGTERM")
        return ended
      }),
  )

const written = (name: string) =>
  Effect.gen(function* () {
    const directory = mkdtempSync(join(root, `${name}-`))
    const file = join(directory, "cluster.json")
    const small = { checkpointInterval: 4, logSize: 8, clients: 4, retransmitMs: 300 }
    const content = { ...small, recoveryPeriodMs: 2_000, keyRefreshMs: 2_000 }
    writePrivateJson(file, freshClusterConfig(yield* freePorts(4), content))
    return file
  })

const has = ({ lines }: Supervised, event: SupervisorLine["event"]): boolean =>
  lines.some((line) => line.event === event)

describe("four supervised replicas", () => {
  it.live("are recovered one after the other, and lose no acknowledged operation", () =>
    Effect.gen(function* () {
      const file = yield* written("turns")
      const every = ["--every", "20"]
      const all = yield* Effect.forEach([0, 1, 2, 3], (id) => supervised(file, id, every))
      const config = yield* loadClusterConfig(file, { kind: "endpoint", id: 0 })
      const pool = yield* makeClientPool(config)
      yield* pool.connected
      let count = 0
      const everyone = (): boolean => all.every((s) => has(s, "recovered"))
      while (!everyone() && count < 20_000) {
        const result = yield* pool.submit(put(`key ${count}`, String(count)))
        expect(decodeResult(result)).toStrictEqual({ _tag: "Done" })
        count++
        yield* Effect.sleep(5)
      }
      expect(everyone(), JSON.stringify(all.map(({ lines, errors }) => ({ lines, errors })))).toBe(
        true,
      )
      // Each has its private key in another process, which has given out numbers for it.
      for (const id of [0, 1, 2, 3]) {
        const { counter } = JSON.parse(readFileSync(holderPath(file, id), "utf8"))
        expect(counter).toBeGreaterThan(0)
      }
      for (let k = 0; k < count; k += 7) {
        const result = yield* pool.submit(get(`key ${k}`))
        expect(decodeResult(result)).toStrictEqual({ _tag: "Value", value: String(k) })
      }
      // No two of them at once.
      const times = all.flatMap(({ lines }) =>
        lines.flatMap((line, k) => {
          if (line.event !== "recovering") return []
          const done = lines.slice(k + 1).find((l) => l.event === "recovered")
          return [{ from: line.at, to: done?.at ?? Number.POSITIVE_INFINITY }]
        }),
      )
      for (const [k, one] of times.entries()) {
        for (const other of times.slice(k + 1)) {
          expect(one.to < other.from || other.to < one.from).toBe(true)
        }
      }
    }).pipe(Effect.scoped),
  )

  it.live("start again when they end, and not with other code", () =>
    Effect.gen(function* () {
      const file = yield* written("ended")
      const first = yield* supervised(file, 0, ["--every", "3600"])
      yield* eventually(
        "it runs",
        Effect.sync(() => has(first, "started")),
      )
      const started = first.lines.find((l) => l.event === "started")
      process.kill(started?.event === "started" ? started.pid : 0, "SIGKILL")
      yield* eventually(
        "it runs again",
        Effect.sync(() => first.lines.filter((l) => l.event === "started").length === 2),
      )
      expect(has(first, "ended")).toBe(true)

      const other = yield* supervised(file, 1, ["--code", "0".repeat(64)])
      expect(yield* Effect.promise(() => other.ended)).toBe(4)
      expect(other.errors.join("\n")).toContain("install it anew from a source that you trust")
      expect(has(other, "started")).toBe(false)
    }).pipe(Effect.scoped),
  )
})
