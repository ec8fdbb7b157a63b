/**
 * What processes of D-Prophecy's clients wrote down, beside a real group with a liar: the command
 * has TLC follow all of it in DProphecy.tla, and TLC notices an answer that is not there.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { it } from "@effect/vitest"
import { Effect } from "effect"
import { expect } from "vitest"
import { specDigest } from "../../src/cli/specification.ts"
import { makeAskTlc } from "../../src/cli/trace-windows.ts"
import { freePorts, startCluster } from "../../src/net/cluster.ts"
import { loadClusterConfig } from "../../src/net/config-file.ts"
import { checkTraces } from "../../src/trace-check/check.ts"
import { DClientCapture } from "../../src/trace-check/d-client-chain.ts"
import { checkDClientChain } from "../../src/trace-check/d-client-windows.ts"
import { hasEffect, tellsNobody } from "../spec/support/changed-effects.ts"
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
    yield* asking(file, 8)
    cluster.behave(1, "garbage")
    yield* asking(file, 8)
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

it.live("TLC follows every step of both processes, and misses an answer that was given", () =>
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
    const [chain] = observer.chains()
    if (chain === undefined) throw new Error("the clients took no step")
    const told = chain.events.map(({ step }) =>
      step.effects.flatMap((e) => (e._tag === "Respond" ? [e.path] : [])),
    )
    expect(new Set(told.flat())).toEqual(new Set(["fast", "replicated"]))
    const at = chain.events.findIndex((event) => hasEffect("Respond")(event))
    const events = chain.events.map((event, k) => (k === at ? tellsNobody(event) : event))
    const ask = makeAskTlc(new AbortController().signal)
    const again = checkDClientChain({ ...chain, events }, 1000, ask)
    const { value } = yield* Effect.promise(() => again.next())
    expect(value?.outcome).toMatchObject({ _tag: "Rejected", event: at + 1, field: "told" })
  }),
)
