/**
 * What processes of D-Prophecy's clients wrote down, beside a real group with a liar: the command
 * has TLC follow all of it in DProphecy.tla. (What TLC notices in such steps, for one an answer
 * that is not there, test/spec/d-client-windows.test.ts shows without processes.)
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { it } from "@effect/vitest"
import { Effect } from "effect"
import { expect } from "vitest"
import { specDigest } from "../../src/cli/specification.ts"
import { freePorts, startCluster } from "../../src/net/cluster.ts"
import { loadClusterConfig } from "../../src/net/config-file.ts"
import { checkTraces } from "../../src/trace-check/check.ts"
import { DClientCapture } from "../../src/trace-check/d-client-chain.ts"
import { digests } from "../trace/support/digests.ts"
import { sourceOf } from "../trace/support/sources.ts"
import { run, scratch, start, type Started } from "./command.ts"

const of = { run: "d-clients", spec: specDigest("pbft") }
const env = { ...process.env, PROPHECY_RUN: of.run, PROPHECY_SPEC: of.spec }

/** A configured group of free ports that writes traces. */
const configured = Effect.gen(function* () {
  const cwd = scratch()
  const flags = ["--sketches", "--service", "album", "--clients", "3"]
  expect((yield* Effect.promise(() => run(["init", ...flags], { cwd }))).code).toBe(0)
  const file = join(cwd, "cluster.json")
  const content = JSON.parse(readFileSync(file, "utf8")) as { replicas: Array<{ port: number }> }
  const ports = yield* freePorts(4)
  const replicas = content.replicas.map((replica, k) => ({ ...replica, port: ports[k] }))
  const traceDirectory = join(cwd, "traces")
  writeFileSync(file, JSON.stringify({ ...content, replicas, traceDirectory }))
  return { file, traceDirectory }
})

const urlOf = ({ stdout }: Started) =>
  Effect.sleep(50).pipe(
    Effect.repeat({ until: () => stdout() !== "", times: 200 }),
    Effect.map(() => (JSON.parse(stdout()) as { readonly url: string }).url),
  )

/** One process; it writes and reads the album, several requests at a time. */
const asking = (file: string, rounds: number) =>
  Effect.gen(function* () {
    const served = start(["d-client", "--config", file, "serve", "--port", "0", "--json"], { env })
    const url = yield* urlOf(served)
    const ask = (method: string) =>
      Effect.promise(() => fetch(`${url}/album/a`, { method, headers: { "x-user": "alice" } }))
    for (let k = 0; k < rounds; k++) {
      const all = ["GET", "GET", k === 0 ? "PUT" : "GET", "GET"].map(ask)
      yield* Effect.all(all, { concurrency: "unbounded" })
    }
    served.child.kill("SIGTERM")
    expect((yield* Effect.promise(() => served.ended)).code).toBe(143)
  })

/** Two starts of the process; one replica lies in the second. */
const recorded = Effect.gen(function* () {
  const { file, traceDirectory } = yield* configured
  yield* Effect.gen(function* () {
    const config = yield* loadClusterConfig(file, { kind: "endpoint", id: 0 })
    const cluster = yield* startCluster(config, { trace: of })
    yield* asking(file, 4)
    cluster.behave(1, "garbage")
    yield* asking(file, 4)
  }).pipe(Effect.scoped)
  return traceDirectory
})

interface Window {
  readonly specification: string
  readonly from: number
  readonly to: number
  readonly starts: string
  readonly outcome: { readonly _tag: string }
}

/** Steps that the clients' processes wrote down. */
const stepsIn = (folder: string, files: ReadonlyArray<string>): number =>
  files
    .filter((name) => name.startsWith("d-clients-"))
    .flatMap((name) => readFileSync(join(folder, name), "utf8").split("\n"))
    .filter((line) => line.includes('"action":')).length

it.live("TLC follows every step of both processes, fast answers and replicated ones", () =>
  Effect.gen(function* () {
    const folder = yield* recorded
    const files = readdirSync(folder)
    const flags = ["--json", "--quiet", "--d-clients", "1:5000", "--window", "1000"]
    const { code, stdout } = yield* Effect.promise(() => run(["replay", ...flags, folder]))
    const document = JSON.parse(stdout) as {
      readonly verdict: string
      readonly tlc: { readonly windows: ReadonlyArray<Window> }
    }
    expect([code, document.verdict]).toEqual([0, "conforms"])
    const { windows } = document.tlc
    const shown = windows.map(({ specification, starts, outcome }) =>
      [specification, starts, outcome._tag].join(" "),
    )
    expect(shown).toEqual(["DProphecy init Accepted", "DProphecy init Accepted"])
    expect(windows.at(-1)?.to).toBe(stepsIn(folder, files))

    const observer = new DClientCapture({ _tag: "Range", from: 1, to: 5000 })
    const sources = files.map((name) => sourceOf(name, readFileSync(join(folder, name), "utf8")))
    yield* Effect.promise(() => checkTraces(sources, { digests, observer }))
    const told = observer
      .chains()
      .flatMap(({ events }) => events.flatMap(({ step }) => step.effects))
      .flatMap((effect) => (effect._tag === "Respond" ? [effect.path] : []))
    expect(new Set(told)).toEqual(new Set(["fast", "replicated"]))
  }),
)
