/** `prophecy d-client` as a user runs it, before replicas that are processes. */
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { it } from "@effect/vitest"
import { Effect } from "effect"
import { describe, expect } from "vitest"
import { freePorts, startCluster } from "../../src/net/cluster.ts"
import { loadClusterConfig } from "../../src/net/config-file.ts"
import { run, scratch, start } from "./command.ts"

/** A configured group of free ports; `init` makes it. */
const configured = (service: "key-value" | "album", ...flags: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const cwd = scratch()
    const made = ["init", "--sketches", "--service", service, "--clients", "4", ...flags]
    expect((yield* Effect.promise(() => run(made, { cwd }))).code).toBe(0)
    const file = join(cwd, "cluster.json")
    const content = JSON.parse(readFileSync(file, "utf8")) as { replicas: Array<{ port: number }> }
    const ports = yield* freePorts(4)
    content.replicas.forEach((replica, k) => void (replica.port = ports[k] ?? 0))
    writeFileSync(file, JSON.stringify(content))
    return file
  })

const asking =
  (file: string) =>
  (...words: ReadonlyArray<string>) =>
    Effect.promise(() => run(["d-client", "--config", file, ...words]))

const running = (file: string) =>
  Effect.gen(function* () {
    return yield* startCluster(yield* loadClusterConfig(file, { kind: "endpoint", id: 0 }))
  })

describe("prophecy d-client", () => {
  it.live("writes, reads fast what 2f + 1 have a sketch of, and says what is not there", () =>
    Effect.gen(function* () {
      const file = yield* configured("key-value")
      const ask = asking(file)
      const cluster = yield* running(file)
      expect(yield* ask("put", "greeting", "hellö")).toMatchObject({ code: 0, stdout: "done\n" })
      const json = Effect.map(ask("get", "greeting", "--json"), ({ stdout }) => JSON.parse(stdout))
      const held = { schema: "prophecy-d-client/1", asked: ["get", "greeting"], value: "hellö" }
      expect(yield* json).toMatchObject({ ...held, path: "replicated" })
      const until = ({ path }: { readonly path: string }): boolean => path === "fast"
      expect(yield* Effect.repeat(json, { until, times: 20 })).toMatchObject({ path: "fast" })
      const none = yield* ask("get", "nothing")
      expect([none.code, none.stdout, none.stderr]).toEqual([1, "", expect.any(String)])
      yield* cluster.kill(2)
      expect(yield* ask("delete", "greeting")).toMatchObject({ code: 0 })
      expect((yield* ask("get", "greeting")).code).toBe(1)
      // With two of four nothing can be agreed on.
      yield* cluster.kill(3)
      const alone = yield* ask("get", "greeting", "--timeout", "500")
      expect(alone.code).toBe(3)
      expect(alone.stderr).toMatch(/2 of 4 replicas can be reached, and 2f \+ 1 are needed/)
    }).pipe(Effect.scoped),
  )

  it.live("asks the album, and serves it", () =>
    Effect.gen(function* () {
      const file = yield* configured("album")
      const ask = asking(file)
      yield* running(file)
      expect((yield* ask("GET", "/album/trip")).code).toBe(1)
      expect((yield* ask("PUT", "/album/trip")).stderr).toMatch(/status 201/)
      expect((yield* ask("GET", "/album/trip")).code).toBe(0)
      expect((yield* ask("GET", "/album/trip", "--user", "mallory")).code).toBe(1)
      const served = start(["d-client", "--config", file, "serve", "--port", "0", "--json"])
      yield* Effect.sleep(50).pipe(
        Effect.repeat({ until: () => served.stdout() !== "", times: 200 }),
      )
      const { url } = JSON.parse(served.stdout()) as { readonly url: string }
      const page = yield* Effect.promise(() =>
        fetch(`${url}/album/trip`, { headers: { "x-user": "alice" } }),
      )
      expect([page.status, page.headers.get("prophecy")]).toEqual([
        200,
        expect.stringMatching(/^(fast; 2f\+1 sketches|replicated)$/),
      ])
      served.child.kill("SIGTERM")
      expect((yield* Effect.promise(() => served.ended)).code).toBe(143)
    }).pipe(Effect.scoped),
  )

  it.live("refuses what fits no service, and a group without sketches", () =>
    Effect.gen(function* () {
      const file = yield* configured("key-value")
      const ask = asking(file)
      for (const words of [["put", "greeting"], ["get", "a", "b"], ["look"], ["GET", "/album/a"]]) {
        const { code, stderr } = yield* ask(...words)
        expect([words, code]).toEqual([words, 2])
        expect(stderr).toMatch(/get KEY, put KEY VALUE/)
      }
      const started = yield* Effect.promise(() => run(["start", "--serve", "--config", file]))
      expect(started).toMatchObject({ code: 2, stderr: expect.stringMatching(/prophecy d-client/) })
      const plain = file.replace("cluster", "plain")
      const content = JSON.parse(readFileSync(file, "utf8")) as object
      writeFileSync(plain, JSON.stringify({ ...content, sketches: false }))
      const refused = yield* asking(plain)("get", "a")
      expect(refused).toMatchObject({ code: 2, stderr: expect.stringMatching(/"sketches": true/) })
    }),
  )
})
