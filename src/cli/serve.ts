/** `prophecy start --serve`: the group and its front end until a signal comes. */
import { Console, Effect, Schedule } from "effect"
import { type ClusterConfig, toleratedFaults } from "../net/cluster-config.ts"
import { ExitCode, Refused } from "./ended.ts"
import { whyNotListen } from "./examination.ts"
import { type Group, logPath, type Replicas, shortPath, startGroup } from "./group.ts"
import { groupStatus, unhealthy } from "./group-status.ts"
import { type HttpFront, openHttpFront } from "./http-front.ts"
import type { Progress } from "./progress.ts"
import { replicatedStore } from "./replicated-store.ts"

export interface ServeOptions {
  readonly config: ClusterConfig
  /** 0 takes any free port. */
  readonly port: number
  readonly timeoutMs: number
  /** Start a replica again when it has ended. */
  readonly restartDead: boolean
  readonly json: boolean
  readonly progress: Progress
}

const watchEvery = "200 millis"

const portRefused = (port: number, reason: string): Refused => {
  const why = reason === "EADDRINUSE" ? "it is in use" : reason
  const text = `cannot listen on 127.0.0.1:${port}: ${why}. Name another port with --port; 0 takes any free one.`
  return new Refused({ code: ExitCode.BadInput, text })
}

/** Refuses a port that is taken before anything is started for it. */
export const examinePort = (port: number): Effect.Effect<void, Refused> =>
  Effect.promise(() => whyNotListen(port)).pipe(
    Effect.flatMap((why) =>
      why === undefined ? Effect.void : Effect.fail(portRefused(port, why)),
    ),
  )

/** Opens what listens on the port; it is closed with the scope. */
export const listening = <F extends { readonly close: () => Promise<void> }>(
  port: number,
  open: () => Promise<F>,
) =>
  Effect.acquireRelease(
    Effect.tryPromise({
      try: open,
      catch: (cause) => {
        const { code, message } = cause as NodeJS.ErrnoException
        return portRefused(port, code ?? message)
      },
    }),
    (front) => Effect.promise(() => front.close()),
  )

/** Opens the front end; it is closed with the scope, before the group is. */
export const openFront = (group: Group, options: Pick<ServeOptions, "port" | "timeoutMs">) =>
  listening(options.port, () =>
    openHttpFront({
      store: replicatedStore(group.pool, options),
      status: () => Effect.runPromise(groupStatus(group)),
      unhealthy: () => unhealthy(group),
      port: options.port,
    }),
  )

export const pidsOf = (group: Replicas) =>
  group.config.replicas.map((_, id) => ({ id, pid: group.cluster.pid(id) ?? null }))

const asText = (group: Group, front: HttpFront, primary: number | null): string => {
  const url = `http://127.0.0.1:${front.port}`
  const replicas = pidsOf(group).map(
    ({ id, pid }) => `  replica ${id}  pid ${pid}  ${id === primary ? "primary" : "backup"}`,
  )
  const victim = pidsOf(group).find(({ id }) => id === (primary ?? 0))
  const traces = group.config.traceDirectory
  const f = toleratedFaults(group.config)
  const faults = f === 1 ? "one" : String(f)
  return [
    `serving at ${url} with ${group.config.replicas.length} replicas:`,
    ...replicas,
    "try, in another terminal:",
    `  curl -X PUT --data hello ${url}/kv/greeting`,
    `  curl ${url}/kv/greeting`,
    `  curl ${url}/status`,
    ...(victim === undefined
      ? []
      : [
          `kill any ${faults} of them, even the primary, and read the key again:`,
          `  kill -9 ${victim.pid}`,
        ]),
    ...(traces === undefined
      ? []
      : [
          "after Ctrl-C, check what was recorded (with --killed, if a replica was killed):",
          `  prophecy replay ${shortPath(traces)}`,
        ]),
    `what replicas say of their connections: ${shortPath(logPath(group.config))}`,
    "Ctrl-C ends it.",
  ].join("\n")
}

const asJson = (group: Group, front: HttpFront): string => {
  const { file, traceDirectory = null } = group.config
  const url = `http://127.0.0.1:${front.port}`
  const replicas = pidsOf(group)
  const document = { schema: "prophecy-serve/1", url, replicas, config: file }
  return JSON.stringify({ ...document, traces: traceDirectory }, undefined, 2)
}

const restart = (group: Replicas, id: number, progress: Progress) =>
  group.cluster.start(id).pipe(
    Effect.andThen(
      Effect.sync(() => progress.say(`replica ${id} runs again, pid ${group.cluster.pid(id)}`)),
    ),
    Effect.catch((error) => Effect.sync(() => progress.say(error.message))),
  )

/** Tells which replicas end, and starts them again where that is wanted. */
export const watch = (group: Replicas, options: Pick<ServeOptions, "progress" | "restartDead">) => {
  const ids = group.config.replicas.map((_, id) => id)
  const known = new Set(ids)
  return Effect.gen(function* () {
    const running = new Set(group.cluster.running())
    for (const id of ids) {
      if (running.has(id)) known.add(id)
      if (running.has(id) || !known.has(id)) continue
      known.delete(id)
      const why = unhealthy(group) ?? "the service goes on"
      options.progress.say(`replica ${id} has ended; ${running.size} of ${ids.length} run: ${why}`)
      if (options.restartDead) yield* restart(group, id, options.progress)
    }
  }).pipe(Effect.repeat(Schedule.spaced(watchEvery)))
}

/** Serves until it is interrupted. */
export const serve = Effect.fn("serve")(function* (options: ServeOptions) {
  const { config, progress } = options
  const group = yield* progress.during(
    "starting",
    () => `${config.replicas.length} replicas`,
    startGroup({ config, say: progress.say }),
  )
  const front = yield* openFront(group, options)
  const { primary } = yield* groupStatus(group)
  yield* Console.log(options.json ? asJson(group, front) : asText(group, front, primary))
  return yield* watch(group, options)
}, Effect.scoped)
