/**
 * A group of real processes behind a real sketcher, under load and faults, with everything that its
 * clients saw recorded and judged.
 */
import { createReadStream, mkdirSync, readdirSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { Effect, type Scope } from "effect"
import { freshClusterConfig } from "../../src/net/cluster-config.ts"
import { freePorts, startCluster } from "../../src/net/cluster.ts"
import { loadClusterConfig, writePrivateJson } from "../../src/net/config-file.ts"
import { batchDigest, checkpointDigest, resultDigest } from "../../src/net/digests.ts"
import { zyzzyvaDigests } from "../../src/net/zyzzyva-config.ts"
import { Random } from "../../src/sim/random.ts"
import { checkTraces } from "../../src/trace-check/check.ts"
import type { Verdict } from "../../src/trace-check/verdict.ts"
import { Clients } from "./clients.ts"
import {
  type Blow,
  blows,
  carryOut,
  heal,
  planOf,
  type Plan,
  strikesOf,
  type System,
} from "./faults.ts"
import { HistoryLog } from "./history-log.ts"
import { type Judgement, judge, type Linearity, linearity } from "./judge.ts"
import { CommandProcess } from "./command-process.ts"

export interface LiveOptions {
  /** Empty, and kept. */
  readonly directory: string
  /** It ends after so many answers, and so many rounds at least. */
  readonly operations: number
  readonly rounds?: number
  readonly seed: number
  readonly clients?: number
  /** How many photos all clients look at in a round. */
  readonly photos?: number
  /** Each round has its faults and photos. In milliseconds. */
  readonly roundMs?: number
  /** The command that runs the sketcher; default: this checkout's. */
  readonly sketcherMain?: string
  readonly protocol?: "pbft" | "zyzzyva"
  /** Whether all processes write traces, which are replayed then. */
  readonly traced?: boolean
  readonly told?: (line: string) => void
}

export interface LiveReport {
  readonly seed: number
  /** The recorded history. */
  readonly history: string
  readonly answered: number
  /** Operations without an answer: they may have taken effect or not. */
  readonly lost: number
  /** Operations that never left, since the sketcher was away. */
  readonly refused: number
  readonly seconds: number
  readonly rounds: number
  readonly blows: Readonly<Record<Blow, number>>
  readonly lies: Readonly<Record<string, number>>
  readonly sketcherStarts: number
  /** How answers were come by. */
  readonly ways: Readonly<Record<string, number>>
  readonly judgement: Judgement
  readonly linearity: Linearity
  /** What the replay of all traces says; undefined where there are none. */
  readonly replay: Verdict | undefined
}

const ownMain = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url))
const defaults = {
  clients: 20,
  photos: 12,
  rounds: 1,
  roundMs: 1_000,
  sketcherMain: ownMain,
  protocol: "pbft",
  traced: false,
} as const
/** A group that gives no answer for so long will give none. */
const patienceMs = 60_000

type Settings = Required<Omit<LiveOptions, "told">> & Pick<LiveOptions, "told">

/** The processes, all of which end with the scope. */
const startSystem = (
  settings: Settings,
): Effect.Effect<System & { port: number }, unknown, Scope.Scope> =>
  Effect.gen(function* () {
    const { directory, clients, sketcherMain } = settings
    const [port = 0, ...ports] = yield* freePorts(5)
    const file = join(directory, "cluster.json")
    const times = { retransmitMs: 200, viewChangeMs: 500 }
    const content = { protocol: settings.protocol, clients, service: "album", ...times } as const
    const traces = settings.traced ? { traceDirectory: "traces" } : {}
    writePrivateJson(file, freshClusterConfig(ports, { ...content, ...traces }))
    const config = yield* loadClusterConfig(file, { kind: "endpoint", id: 0 })
    // Processes start many times: what was compiled once is not compiled again.
    const compiled = { NODE_COMPILE_CACHE: join(directory, "compiled") }
    const trace = { run: `live-${settings.seed}`, spec: "0".repeat(64) }
    const cluster = yield* startCluster(config, {
      environment: compiled,
      readyMs: patienceMs,
      trace,
    })
    const random = new Random(settings.seed, "faults")
    const sketcher = new CommandProcess({
      main: sketcherMain,
      args: ["sketcher", "--config", file, "--port", String(port), "--fast-read-ms", "100"],
      environment: {
        ...process.env,
        ...compiled,
        PROPHECY_RUN: trace.run,
        PROPHECY_SPEC: trace.spec,
      },
    })
    yield* Effect.addFinalizer(() => Effect.promise(() => sketcher.close()))
    yield* Effect.promise(() => sketcher.start(strikesOf(random)))
    return { cluster, sketcher, random, port }
  })

const roundText = (plan: Plan, clients: Clients): string => {
  const { liar, behaviour, blow } = plan
  const counts = `${clients.answered} answered, ${clients.lost} lost`
  return `replica ${liar} ${behaviour}, ${blow === "none" ? "no blow" : `blow: ${blow}`}; ${counts}`
}

/** Faults until enough was answered; all that happened, by kind. */
const rounds = async (system: System, clients: Clients, settings: Settings) => {
  const { operations, rounds: least, roundMs, told } = settings
  const struck = Object.fromEntries(blows.map((blow) => [blow, 0])) as Record<Blow, number>
  const lies: Record<string, number> = {}
  let [k, before, quietSince] = [0, 0, performance.now()]
  while (clients.answered < operations || k < least) {
    const endsAt = performance.now() + roundMs
    const plan = planOf(k++, system.random, system.cluster.config.replicas.length)
    clients.nextRound()
    await carryOut(system, plan)
    const left = endsAt - performance.now()
    if (left > 0) await new Promise((resolve) => setTimeout(resolve, left))
    heal(system, plan)
    struck[plan.blow]++
    lies[plan.behaviour] = (lies[plan.behaviour] ?? 0) + 1
    told?.(`round ${k}: ${roundText(plan, clients)}`)
    if (clients.answered > before) quietSince = performance.now()
    before = clients.answered
    if (performance.now() - quietSince > patienceMs) {
      throw new Error(`no answer for ${patienceMs} ms, after round ${k}`)
    }
  }
  return { rounds: k, blows: struck, lies }
}

const record = (settings: Settings, history: string) =>
  Effect.gen(function* () {
    const { port, ...system } = yield* startSystem(settings)
    const { clients: many, seed, photos } = settings
    const log = new HistoryLog(history)
    const clients = new Clients({ ports: [port], clients: many, seed, log, photos })
    const startedAt = performance.now()
    const happened = yield* Effect.promise(async () => {
      const work = clients.work()
      try {
        return await rounds(system, clients, settings)
      } finally {
        clients.stop()
        await work
        log.close()
      }
    })
    const seconds = (performance.now() - startedAt) / 1_000
    const { answered, lost, refused, ways } = clients
    const { starts: sketcherStarts } = system.sketcher
    return { ...happened, seconds, answered, lost, refused, ways, sketcherStarts }
  }).pipe(Effect.scoped)

/** Replays what all processes wrote down. */
const replayed = (folder: string): Promise<Verdict> =>
  checkTraces(
    readdirSync(folder)
      .sort()
      .map((name) => ({
        name,
        text: createReadStream(join(folder, name), { encoding: "utf8" }),
      })),
    { digests: { batchDigest, checkpointDigest, resultDigest, zyzzyva: zyzzyvaDigests } },
  )

/** Runs, stops everything, and judges what was recorded. */
export const liveRun = async (options: LiveOptions): Promise<LiveReport> => {
  const settings = { ...defaults, ...options }
  mkdirSync(settings.directory, { recursive: true })
  const history = join(settings.directory, "history.jsonl")
  const recorded = await Effect.runPromise(record(settings, history))
  const { seed } = settings
  const judged = { judgement: await judge(history), linearity: await linearity(history) }
  const replay = settings.traced ? await replayed(join(settings.directory, "traces")) : undefined
  return { seed, history, ...recorded, ...judged, replay }
}
