/** What a comparison of web servers runs on: Apaches, replicas that ask them, and sketchers. */
import { spawn } from "node:child_process"
import { chmodSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect } from "effect"
import { launcher } from "../src/cli/installation.ts"
import { freshClusterConfig } from "../src/net/cluster-config.ts"
import { freePorts, startCluster } from "../src/net/cluster.ts"
import { filesPipelining } from "../src/net/origin-config.ts"
import { loadClusterConfig, writePrivateJson } from "../src/net/config-file.ts"
import { type Apache, freePort, type Origin, startApache } from "../src/web/apache.ts"

export interface Site {
  readonly folder: string
  readonly pages: number
  readonly pageBytes: number
}

/** A folder that is gone with the scope; Apache's own user may enter it. */
export const stageFolder = Effect.acquireRelease(
  Effect.sync(() => {
    const folder = mkdtempSync(join(tmpdir(), "prophecy-web-"))
    chmodSync(folder, 0o755)
    return folder
  }),
  (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 })),
)

/** Pages of one size with different contents, all of one age. */
const writeSite = ({ folder, pages, pageBytes }: Site): string => {
  const root = join(folder, "site")
  mkdirSync(root, { recursive: true })
  for (let k = 0; k < pages; k++) {
    const text = `<h1>page ${k}</h1>\n`
    const file = join(root, `page-${k}.html`)
    writeFileSync(file, text.padEnd(pageBytes, "abcdefghijklmnopqrstuvwxyz \n"))
    utimesSync(file, 1e9, 1e9)
  }
  return root
}

/** An Apache for each replica. */
export const startOrigins = (apache: Apache, site: Site) =>
  Effect.gen(function* () {
    const root = writeSite(site)
    return yield* Effect.forEach([0, 1, 2, 3], (replica) =>
      Effect.acquireRelease(
        Effect.promise(async () => {
          const folder = join(site.folder, `origin-${replica}`)
          return startApache({ apache, folder, port: await freePort(), root })
        }),
        ({ stop }) => Effect.promise(stop),
      ),
    )
  })

/** Four replicas as processes, each with its Apache. */
export const startReplicas = (
  folder: string,
  origins: ReadonlyArray<Origin>,
  nodeFlags: ReadonlyArray<string>,
) =>
  Effect.gen(function* () {
    const file = join(folder, "cluster.json")
    const settings = { clients: 128, service: "origin" } as const
    const asking = { origins: { pipelining: filesPipelining } }
    const fresh = freshClusterConfig(yield* freePorts(4), { ...settings, ...asking })
    const replicas = fresh.replicas.map((replica, id) => {
      const { url } = origins[id] ?? { url: "" }
      return { ...replica, origin: url }
    })
    writePrivateJson(file, { ...fresh, replicas })
    const config = yield* loadClusterConfig(file, { kind: "endpoint", id: 0 })
    return yield* startCluster(config, { nodeFlags })
  })

export interface RunningSketcher {
  readonly url: string
  readonly pid: number
  /** Ends it; how many answers were `fast`, and why the others were not. */
  readonly stop: () => Promise<Readonly<Record<string, number>>>
}

/** `fast 12, mismatch 3` in what a sketcher says last. */
const waysIn = (text: string): Readonly<Record<string, number>> => {
  const [, list = ""] = /\d+ answers: (.*)/.exec(text) ?? []
  const ways = list.split(", ").map((way) => way.split(" "))
  return Object.fromEntries(ways.map(([name = "", count]) => [name, Number(count ?? 0)]))
}

// Slow machines are measured too: a drawn replica may take its time, and is not left out.
const sketcherFlags = ["--port", "0", "--json", "--strikes", "0", "--fast-read-ms", "10000"]

/** `prophecy sketcher`, as a user starts it. */
export const startSketcher = (
  config: string,
  flags: ReadonlyArray<string>,
  nodeFlags: ReadonlyArray<string>,
): Promise<RunningSketcher> =>
  new Promise((resolve, reject) => {
    const args = [
      ...nodeFlags,
      launcher,
      "sketcher",
      "--config",
      config,
      ...sketcherFlags,
      ...flags,
    ]
    const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] })
    let said = ""
    child.stderr.on("data", (chunk: Buffer) => {
      said += chunk.toString()
    })
    const ended = new Promise<void>((over) => child.once("close", () => over()))
    const stop = async () => {
      child.kill("SIGTERM")
      await ended
      return waysIn(said)
    }
    void ended.then(() => reject(new Error(`the sketcher ended: ${said.trim()}`)))
    child.stdout.once("data", (chunk: Buffer) => {
      const { url } = JSON.parse(chunk.toString()) as { url: string }
      resolve({ url, pid: child.pid ?? 0, stop })
    })
  })
