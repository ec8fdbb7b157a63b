/**
 * Two sketchers and a third, as processes before one group of replicas: clients that hop between
 * them, or ask a front end that knows who has which page. Replicas answer with old states, members
 * change, and a sketcher is killed and followed by a standby. What clients saw is recorded.
 */
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { setTimeout as pause } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import { Effect, type Scope } from "effect"
import { freshClusterConfig } from "../../src/net/cluster-config.ts"
import { freePorts, type RunningCluster, startCluster } from "../../src/net/cluster.ts"
import { loadClusterConfig, writePrivateJson } from "../../src/net/config-file.ts"
import { Clients } from "./clients.ts"
import { CommandProcess } from "./command-process.ts"
import { HistoryLog } from "./history-log.ts"
import { type Judgement, judge } from "./judge.ts"

export interface ScaleOutOptions {
  /** Empty, and kept. */
  readonly directory: string
  readonly seed: number
  readonly rounds: number
  /** Whether a front end deals out the pages; without it every sketcher has every page. */
  readonly partitioned: boolean
}

export interface ScaleOutReport {
  readonly judgement: Judgement
  readonly answered: number
  readonly lost: number
  readonly ways: Readonly<Record<string, number>>
  /** What the front end says of its members in the end. */
  readonly front: unknown
}

const main = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url))
const many = 12
/** A round takes at least so long, and at least so many answers, unless they do not come. */
const roundMs = 500
const answersEach = 120
const patienceMs = 20_000

interface Parts {
  readonly cluster: RunningCluster
  readonly sketchers: ReadonlyArray<CommandProcess>
  /** Of the sketchers, in their order; of the front end the last. */
  readonly ports: ReadonlyArray<number>
  readonly members: (names: ReadonlyArray<string>) => void
}

const urlOf = (port: number | undefined): string => `http://127.0.0.1:${port}`

const start = ({
  directory,
  partitioned,
}: ScaleOutOptions): Effect.Effect<Parts, unknown, Scope.Scope> =>
  Effect.gen(function* () {
    const [a, b, c, front, ...replicas] = yield* freePorts(8)
    const ports = [a ?? 0, b ?? 0, c ?? 0, front ?? 0]
    const file = join(directory, "cluster.json")
    // Each sketcher has clients of its own, under a secret of its own.
    const endpoints = [0, 1, 2].map((k) => ({ from: 8 * k, to: 8 * k + 7 }))
    const content = { clients: 24, endpoints, service: "album", retransmitMs: 300 } as const
    writePrivateJson(file, freshClusterConfig(replicas, content))
    const config = yield* loadClusterConfig(file, { kind: "endpoint", id: 0 })
    const environment = { ...process.env, NODE_COMPILE_CACHE: join(directory, "compiled") }
    const cluster = yield* startCluster(config, { environment: {}, readyMs: 60_000 })
    const begun = (args: ReadonlyArray<string>) =>
      Effect.acquireRelease(
        Effect.promise(async () => {
          const command = new CommandProcess({ main, args, environment })
          await command.start()
          return command
        }),
        (command) => Effect.promise(() => command.close()),
      )
    const asked = "--strikes 0 --fast-read-ms 200".split(" ")
    const sketchers = yield* Effect.forEach([0, 1, 2], (k) => {
      const own = ["--endpoint", String(k), "--port", String(ports[k])]
      return begun(["sketcher", "--config", file, ...own, ...asked])
    })
    const frontFile = join(directory, "front.json")
    const members = (names: ReadonlyArray<string>): void => {
      const urls = names.map((name) => [name, urlOf(ports["abc".indexOf(name)])] as const)
      const group = { sketchers: Object.fromEntries(urls), standbys: [urlOf(ports[2])] }
      writeFileSync(frontFile, JSON.stringify({ groups: { album: group } }))
    }
    members(["a", "b"])
    if (partitioned) yield* begun(["front", "--config", frontFile, "--port", String(ports[3])])
    return { cluster, sketchers, ports, members }
  })

/** Members that come and go, and in the last round but one a sketcher that dies. */
const happen = async (parts: Parts, k: number, options: ScaleOutOptions): Promise<void> => {
  const { cluster, sketchers, members } = parts
  for (const replica of [0, 1, 2, 3]) cluster.behave(replica, k % 4 === replica ? "old" : "honest")
  if (!options.partitioned) return
  if (k === options.rounds - 2) await sketchers[0]?.kill()
  // b loses its pages, and gets them back.
  else if (k % 3 === 1) members(["a"])
  else if (k % 3 === 2) members(["a", "b"])
}

const enough = async (clients: Clients): Promise<void> => {
  const from = clients.answered
  const startedAt = performance.now()
  await pause(roundMs)
  while (clients.answered < from + answersEach) {
    if (performance.now() - startedAt > patienceMs) throw new Error("too few answers")
    await pause(20)
  }
}

const record = (options: ScaleOutOptions, history: string) =>
  Effect.gen(function* () {
    const parts = yield* start(options)
    const log = new HistoryLog(history)
    const [a = 0, b = 0, , front = 0] = parts.ports
    const ports = options.partitioned ? [front] : [a, b]
    const { seed, partitioned } = options
    const clients = new Clients({ ports, clients: many, seed, log, photos: 6 })
    const told = yield* Effect.promise(async () => {
      const work = clients.work()
      for (let k = 0; k < options.rounds; k++) {
        // Pages stay, so that they are had by one, by another, and by the first again.
        if (k % 3 === 0) clients.nextRound()
        await happen(parts, k, options)
        await enough(clients)
      }
      clients.stop()
      await work
      log.close()
      if (!partitioned) return undefined
      return (await fetch(`${urlOf(front)}/_prophecy/front`)).json() as Promise<unknown>
    })
    const { answered, lost, ways } = clients
    return { answered, lost, ways, front: told }
  }).pipe(Effect.scoped)

export const scaleOut = async (options: ScaleOutOptions): Promise<ScaleOutReport> => {
  const history = join(options.directory, "history.jsonl")
  const recorded = await Effect.runPromise(record(options, history))
  return { ...recorded, judgement: await judge(history) }
}
