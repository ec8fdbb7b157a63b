/** One web server after the other under the same load, and what each process had of the cores. */
import { join } from "node:path"
import { Effect } from "effect"
import type { RunningCluster } from "../src/net/cluster.ts"
import type { Apache, Origin } from "../src/web/apache.ts"
import { startNginx } from "./nginx.ts"
import { processorSeconds } from "./process-tree.ts"
import {
  type RunningSketcher,
  type Site,
  stageFolder,
  startOrigins,
  startReplicas,
  startSketcher,
} from "./web-stage.ts"
import { type Loaded, startWrk } from "./wrk.ts"

export interface Programs {
  readonly apache: Apache
  readonly nginx: string
  readonly wrk: string
}

export interface WebSetting {
  readonly connections: number
  readonly seconds: number
  readonly warmupSeconds: number
  readonly pages: number
  readonly pageBytes: number
  /** Percent of the reads that find another page than the one that was sketched. */
  readonly transitions: ReadonlyArray<number>
  /** A folder for CPU profiles of replicas and sketchers, by kind. */
  readonly profiles?: string
}

export interface WebMeasurement extends Loaded {
  readonly name: string
  readonly requestsPerSecond: number
  /** By process its share of one core, children included. */
  readonly cpu: Readonly<Record<string, number>>
  /** Of Prophecy: the share of reads whose fast answer did not match, in percent. */
  readonly mismatches?: number
}

interface Subject {
  readonly name: string
  readonly url: string
  readonly processes: Readonly<Record<string, number>>
}

const originsOf = (origins: ReadonlyArray<Origin>): Readonly<Record<string, number>> =>
  Object.fromEntries(origins.map(({ pid }, k) => [`apache ${k}`, pid]))

const measure = async (
  wrk: string,
  setting: WebSetting,
  { name, url, processes }: Subject,
): Promise<WebMeasurement> => {
  const { connections, seconds, pages } = setting
  const running = startWrk(wrk, { url, connections, seconds, pages })
  const names = ["wrk", ...Object.keys(processes)]
  const pids = [running.pid, ...Object.values(processes)]
  // wrk itself is gone at the end: its share is read while it runs.
  const before = processorSeconds(pids)
  const startedAt = performance.now()
  await new Promise((resolve) => setTimeout(resolve, seconds * 1e3 - 200))
  const after = processorSeconds(pids)
  const elapsed = (performance.now() - startedAt) / 1e3
  const loaded = await running.loaded
  const shares = names.map((n, k) => [n, ((after[k] ?? 0) - (before[k] ?? 0)) / elapsed] as const)
  const requestsPerSecond = loaded.requests / loaded.seconds
  return { name, ...loaded, requestsPerSecond, cpu: Object.fromEntries(shares) }
}

const profiling = ({ profiles }: WebSetting, kind: string): ReadonlyArray<string> =>
  profiles === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${join(profiles, kind)}`]

const warmUp = async (wrk: string, setting: WebSetting, url: string): Promise<void> => {
  const { connections, warmupSeconds: seconds, pages } = setting
  if (seconds > 0) await startWrk(wrk, { url, connections, seconds, pages }).loaded
}

const behindSketcher = async (
  { wrk }: Programs,
  setting: WebSetting,
  of: {
    readonly cluster: RunningCluster
    readonly origins: ReadonlyArray<Origin>
    /** Undefined: without sketches. */
    readonly percent: number | undefined
  },
): Promise<WebMeasurement> => {
  const { cluster, origins, percent } = of
  const everyone = cluster.config.replicas.map((_, replica) => replica)
  const flags = percent === undefined ? ["--proxied"] : []
  for (const replica of everyone) cluster.behave(replica, "honest")
  const sketcher: RunningSketcher = await startSketcher(
    cluster.config.file,
    flags,
    profiling(setting, "sketchers"),
  )
  try {
    await warmUp(wrk, setting, sketcher.url)
    for (const replica of everyone) cluster.behave(replica, `another ${percent ?? 0}`)
    const replicas = everyone.map((r) => [`replica ${r}`, cluster.pid(r) ?? 0] as const)
    const measured = await measure(wrk, setting, {
      name: percent === undefined ? "proxied PBFT" : `Prophecy, ${percent} % transitions`,
      url: sketcher.url,
      processes: {
        sketcher: sketcher.pid,
        ...Object.fromEntries(replicas),
        ...originsOf(origins),
      },
    })
    const { mismatch = 0 } = await sketcher.stop()
    if (percent === undefined) return measured
    return { ...measured, mismatches: (mismatch / measured.requests) * 100 }
  } finally {
    await sketcher.stop()
  }
}

/** All of them, one after the other; each is told when it is known. */
export const compareWeb = (
  programs: Programs,
  setting: WebSetting,
  tell: (measurement: WebMeasurement) => void,
) =>
  Effect.gen(function* () {
    const folder = yield* stageFolder
    const { pages, pageBytes, transitions } = setting
    const site: Site = { folder, pages, pageBytes }
    const origins = yield* startOrigins(programs.apache, site)
    const results: Array<WebMeasurement> = []
    const note = (measurement: WebMeasurement): void => {
      results.push(measurement)
      tell(measurement)
    }
    const [first] = origins
    const origin = first?.url ?? ""
    const processes = originsOf(origins.slice(0, 1))
    yield* Effect.promise(async () => {
      await warmUp(programs.wrk, setting, origin)
      note(await measure(programs.wrk, setting, { name: "Apache alone", url: origin, processes }))
      const nginx = await startNginx(programs.nginx, join(folder, "nginx"), origin)
      await warmUp(programs.wrk, setting, nginx.url)
      const among = { nginx: nginx.pid, ...processes }
      const subject = { name: "nginx before it", url: nginx.url, processes: among }
      note(await measure(programs.wrk, setting, subject).finally(nginx.stop))
    })
    const cluster = yield* startReplicas(folder, origins, profiling(setting, "replicas"))
    yield* Effect.promise(async () => {
      for (const percent of [undefined, ...transitions]) {
        note(await behindSketcher(programs, setting, { cluster, origins, percent }))
      }
    })
    return results
  }).pipe(Effect.scoped)
