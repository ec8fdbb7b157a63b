/**
 * Two groups of replicas, each with a sketcher of its own, and one front end that deals out albums
 * to them; all are processes. Replicas of both answer with old states, and the primary of one group
 * is killed and comes back. What clients of the front end saw is recorded.
 */
import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { setTimeout as pause } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import { Effect, type Scope } from "effect"
import { freshClusterConfig } from "../../src/net/cluster-config.ts"
import { freePorts, type RunningCluster, startCluster } from "../../src/net/cluster.ts"
import { loadClusterConfig, writePrivateJson } from "../../src/net/config-file.ts"
import { groupOfTarget } from "../../src/web/relay.ts"
import { Clients } from "./clients.ts"
import { CommandProcess } from "./command-process.ts"
import { HistoryLog } from "./history-log.ts"
import { type Judgement, judge } from "./judge.ts"

export interface TwoGroupsReport {
  readonly judgement: Judgement
  readonly ways: Readonly<Record<string, number>>
  /** Answers about the albums of each group: in all, and while one had lost its primary. */
  readonly answered: ReadonlyArray<number>
  readonly meanwhile: ReadonlyArray<number>
  /** The view that each group was in at the end. */
  readonly views: ReadonlyArray<number>
}

const main = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url))
const names = ["east", "west"]
const albums = [0, 1, 2, 3, 4, 5, 6, 7].map((k) => `/album/live-${k}`)
const roundMs = 700
const patienceMs = 20_000

const urlOf = (port: number | undefined): string => `http://127.0.0.1:${port}`

/** A group with its sketcher. */
const group = (
  directory: string,
  port: number,
): Effect.Effect<RunningCluster, unknown, Scope.Scope> =>
  Effect.gen(function* () {
    mkdirSync(directory)
    const file = join(directory, "cluster.json")
    const content = { clients: 8, service: "album", retransmitMs: 300 } as const
    writePrivateJson(file, freshClusterConfig(yield* freePorts(4), content))
    const config = yield* loadClusterConfig(file, { kind: "endpoint", id: 0 })
    const cluster = yield* startCluster(config, { environment: {}, readyMs: 60_000 })
    const own = ["--config", file, "--port", String(port), "--strikes", "0"]
    yield* begun(directory, ["sketcher", ...own])
    return cluster
  })

const begun = (directory: string, args: ReadonlyArray<string>) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const environment = { ...process.env, NODE_COMPILE_CACHE: join(directory, "compiled") }
      const command = new CommandProcess({ main, args, environment })
      await command.start()
      return command
    }),
    (command) => Effect.promise(() => command.close()),
  )

const viewOf = (cluster: RunningCluster) =>
  Effect.map(cluster.status(1), ({ view }) => view).pipe(Effect.orDie)

/** Answers about the albums of each group so far. */
const counts = (clients: Clients): ReadonlyArray<number> =>
  names.map((name) =>
    albums
      .filter((album) => groupOfTarget(album, names, 2) === name)
      .reduce((sum, album) => sum + clients.answeredIn(album), 0),
  )

const until = async (isDone: () => boolean): Promise<void> => {
  const startedAt = performance.now()
  while (!isDone()) {
    if (performance.now() - startedAt > patienceMs) throw new Error("too few answers")
    await pause(20)
  }
}

const record = (directory: string, seed: number, history: string) =>
  Effect.gen(function* () {
    const [a = 0, b = 0, front = 0] = yield* freePorts(3)
    const east = yield* group(join(directory, "east"), a)
    const west = yield* group(join(directory, "west"), b)
    const frontFile = join(directory, "front.json")
    const sketchers = [a, b].map((port) => ({ sketchers: { only: urlOf(port) } }))
    const groups = Object.fromEntries(names.map((name, k) => [name, sketchers[k]]))
    writeFileSync(frontFile, JSON.stringify({ groups }))
    yield* begun(directory, ["front", "--config", frontFile, "--port", String(front)])
    const log = new HistoryLog(history)
    const clients = new Clients({ ports: [front], clients: 12, seed, log, photos: 16, albums })
    const work = clients.work()
    const round = Effect.promise(() => pause(roundMs))
    east.behave(1, "old")
    west.behave(1, "old")
    yield* round
    clients.nextRound()
    yield* west.kill(0)
    const before = counts(clients)
    // Both go on: one as if nothing had been, the other in a new view.
    yield* Effect.promise(() =>
      until(() => counts(clients).every((n, k) => n >= (before[k] ?? 0) + 100)),
    )
    const meanwhile = counts(clients).map((n, k) => n - (before[k] ?? 0))
    yield* west.start(0)
    clients.nextRound()
    yield* round
    clients.stop()
    yield* Effect.promise(() => work)
    log.close()
    const views = [yield* viewOf(east), yield* viewOf(west)]
    return { answered: counts(clients), meanwhile, views, ways: clients.ways }
  }).pipe(Effect.scoped)

/** `directory` is empty, and kept. */
export const twoGroups = async (directory: string, seed: number): Promise<TwoGroupsReport> => {
  const history = join(directory, "history.jsonl")
  const recorded = await Effect.runPromise(record(directory, seed, history))
  return { ...recorded, judgement: await judge(history) }
}
