/**
 * The main job: run a replicated service under load, then show that what its processes recorded
 * is a run of the model and of the specification.
 */
import { readdirSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { Effect, type Scope } from "effect"
import type { ClusterConfig } from "../net/cluster-config.ts"
import { batchDigest, checkpointDigest, resultDigest } from "../net/digests.ts"
import { zyzzyvaDigests } from "../net/zyzzyva-config.ts"
import { Capture } from "../trace-check/chain.ts"
import { checkTraces, type Observer } from "../trace-check/check.ts"
import { together } from "../trace-check/observers.ts"
import { GroupWatch } from "../trace-check/group-watch.ts"
import { SketcherCapture } from "../trace-check/sketcher-chain.ts"
import { clientEvents, historyFile, judgeHistory, keysNotLinearizable } from "./client-history.ts"
import { ExitCode, Refused } from "./ended.ts"
import { changesOf } from "./features.ts"
import { type Group, makeRunConfig, startGroup } from "./group.ts"
import { networkFaults } from "./network-faults.ts"
import type { Progress } from "./progress.ts"
import { wrongReads } from "./register-check.ts"
import { openFront } from "./serve.ts"
import { specDigest } from "./specification.ts"
import type { Findings } from "./start-findings.ts"
import { historyName, tracesFolder } from "./start-report.ts"
import { type Meter, sourceOf } from "./trace-files.ts"
import { tlcStage, windowSize, windowsEach } from "./tlc-stage.ts"
import { startAlbum } from "./serve-album.ts"
import { watchedService } from "./watched-service.ts"
import { albumTarget, keyValueTarget, loadAlbum, loadUser, startWorkload } from "./workload.ts"

export interface MainJobOptions {
  /** 0 takes any free port for the front end. */
  readonly port: number
  readonly timeoutMs: number
  readonly tlc: boolean
  readonly progress: Progress
}

const whole = (n: number): string => Math.round(n).toLocaleString("en-US")

/** Puts load on the front end; ends early, with what was seen so far, when it is interrupted. */
const load = (port: number, options: MainJobOptions, findings: Findings): Effect.Effect<void> =>
  Effect.suspend(() => {
    const { clients, seed, seconds } = findings
    const abort = new AbortController()
    const durationMs = seconds * 1000
    const startedAt = performance.now()
    const target = findings.service === "album" ? albumTarget : keyValueTarget
    const workload = startWorkload({ target, port, clients, seed, durationMs, stop: abort.signal })
    const detail = (): string => {
      const elapsed = (performance.now() - startedAt) / 1000
      const answered = workload.answered()
      const failed = workload.failed() === 0 ? "" : `, ${whole(workload.failed())} failed`
      return `of ${seconds} s: ${whole(answered)} requests, ${whole(answered / elapsed)}/s${failed}`
    }
    const finish = Effect.promise(async () => {
      abort.abort()
      findings.load = await workload.result
    })
    const wait = Effect.asVoid(Effect.promise(() => workload.result))
    return options.progress.during("load", detail, wait).pipe(Effect.ensuring(finish))
  })

const brokenCluster = ({ cluster }: Pick<Group, "cluster">): Effect.Effect<never, Refused> =>
  cluster.failed.pipe(
    Effect.mapError(({ message }) => new Refused({ code: ExitCode.Internal, text: message })),
  )

/** Checkpoints so often that the windows which TLC follows hold some. */
const oftenCheckpoints = { checkpointInterval: 4, logSize: 256 }

/** The album behind a sketcher, under load. */
const runAlbum = Effect.fn("runAlbum")(function* (
  config: ClusterConfig,
  options: MainJobOptions,
  findings: Findings,
): Effect.fn.Return<void, Refused, Scope.Scope> {
  const started = yield* startAlbum({ ...options, config })
  const { port } = started.front
  yield* Effect.promise(() =>
    fetch(`http://127.0.0.1:${port}${loadAlbum}`, { method: "PUT", headers: loadUser }),
  )
  findings.phase = "load"
  yield* Effect.raceFirst(load(port, options, findings), brokenCluster(started))
  findings.networkFaults = yield* networkFaults(started.cluster, started.sketcher)
  findings.phase = "stopping"
})

/** Replicas, front end and load; all processes have ended afterwards, and the traces are whole. */
const runUnderLoad = Effect.fn("runUnderLoad")(function* (
  options: MainJobOptions,
  findings: Findings,
): Effect.fn.Return<void, Refused, Scope.Scope> {
  const { progress } = options
  const note = (line: string): void => {
    findings.notes.push(line)
    progress.say(line)
  }
  const { service, clients } = findings
  const features = changesOf(findings.features)
  const { protocol = "pbft" } = findings
  const asked = { protocol, service, clients, traceDirectory: "traces" }
  const changes = { ...oftenCheckpoints, ...asked, ...features }
  const config = yield* makeRunConfig(findings.folder, findings.replicas, changes)
  if (service === "album") return yield* runAlbum(config, options, findings)
  const group = yield* progress.during(
    "starting",
    () => `${findings.replicas} replicas, each a process`,
    startGroup({ config, say: note }),
  )
  const front = yield* openFront(group, options)
  findings.phase = "load"
  yield* Effect.raceFirst(load(front.port, options, findings), brokenCluster(group))
  findings.networkFaults = yield* networkFaults(group.cluster, group.pool)
  findings.phase = "stopping"
})

/** The traces of a run in the order of their names. */
const traceFiles = (folder: string): ReadonlyArray<string> =>
  readdirSync(folder)
    .filter((name) => name.endsWith(".ndjson"))
    .sort()
    .map((name) => join(folder, name))

/** Replays every step of every process through the model; `observer` sees the run go by. */
export const replay = Effect.fn("replay")(function* (
  options: Pick<MainJobOptions, "progress">,
  findings: Findings,
  observer: Observer,
) {
  const files = traceFiles(tracesFolder(findings))
  findings.traceBytes = files.reduce((sum, file) => sum + statSync(file).size, 0)
  const meter: Meter = { events: 0, bytes: 0 }
  const startedAt = performance.now()
  const check = Effect.promise(() =>
    checkTraces(
      files.map((path) => sourceOf({ path }, meter)),
      {
        digests: { batchDigest, checkpointDigest, resultDigest, zyzzyva: zyzzyvaDigests },
        spec: specDigest,
        observer,
        progress: (n) => void (meter.events = n),
      },
    ),
  )
  const detail = (): string => `${whole(meter.events)} events through the model`
  const verdict = yield* options.progress.during("replay", detail, check)
  findings.replay = { verdict, elapsedMs: performance.now() - startedAt }
})

/** Judges what the clients saw, once the load is over, and keeps it beside the traces. */
export const judgeReads = (findings: Findings): void => {
  if (findings.load === undefined) return
  const { observations } = findings.load
  const isAlbum = findings.service === "album"
  if (!isAlbum) findings.wrongReads = wrongReads(observations)
  const events = clientEvents(observations)
  findings.history = judgeHistory(events, isAlbum ? "delay-once" : "linearizable")
  writeFileSync(join(findings.folder, historyName), historyFile(events))
  if (!isAlbum) return
  const fast = observations.filter(({ path }) => path === "fast").length
  findings.fastReads = { fast, notLinearizable: keysNotLinearizable(observations) }
}

/** Runs every phase; what each finds is put into `findings` as soon as it is known. */
export const mainJob = Effect.fn("mainJob")(function* (
  options: MainJobOptions,
  findings: Findings,
) {
  yield* Effect.scoped(runUnderLoad(options, findings))
  judgeReads(findings)
  findings.phase = "replay"
  const selection = { _tag: "Auto", size: windowSize, windows: windowsEach } as const
  const run = new Capture(selection)
  const sketchers = new SketcherCapture(selection)
  const group = new GroupWatch(watchedService(findings.service))
  yield* replay(options, findings, together([run, sketchers, group]))
  findings.watched = group.watched
  findings.phase = "TLC"
  const readable = ["Conforms", "Gap"].includes(findings.replay?.verdict._tag ?? "")
  // TLC has nothing to add to traces that the model itself rejects.
  if (!options.tlc) findings.tlc = { _tag: "Skipped" }
  else if (readable)
    findings.tlc = yield* tlcStage(
      { run: run.chains(), sketchers: sketchers.chains() },
      options.progress,
    )
  findings.phase = "done"
})
