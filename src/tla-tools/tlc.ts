/**
 * Runs TLC: a process to a stream of events, and from the events a report and a verdict.
 *
 * Every run has its own directory for TLC's files (TLC names them by the second, and two runs in
 * one second kill each other) and for the JVM's temporary files (TLC unpacks modules there by
 * name). The directory goes when the run ends, and so does the JVM: at the end of the scope, on
 * interruption, and when this process exits. Only a SIGKILL of this process can leave a JVM behind.
 */
import { type ChildProcess, spawn } from "node:child_process"
import { rmSync } from "node:fs"
import { mkdir, mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { delimiter, join, resolve } from "node:path"
import type { Readable } from "node:stream"
import { StringDecoder } from "node:string_decoder"
import { Data, Effect, Queue, Stream } from "effect"
import type { TlcEvent } from "./event.ts"
import { makeEventReader } from "./event-reader.ts"
import { makeLineSplitter } from "./message.ts"
import { makeReporter, type Report } from "./report.ts"
import {
  type ConfigInvalid,
  planRun,
  type RunPlan,
  type RunRefused,
  type SpecMissing,
  type TlcRun,
} from "./run-plan.ts"
import { Toolchain } from "./toolchain.ts"
import { type Verdict, verdictOf } from "./verdict.ts"

/** The JVM could not be started, or its directory not made. */
export class TlcNotStarted extends Data.TaggedError("TlcNotStarted")<{ readonly cause: unknown }> {
  override get message(): string {
    return `TLC could not be started: ${String(this.cause)}`
  }
}

export type TlcError = SpecMissing | ConfigInvalid | RunRefused | TlcNotStarted

export interface TlcOutcome {
  readonly plan: RunPlan
  readonly report: Report
  readonly verdict: Verdict
}

/** A JVM with its exit, which is known at any time once it has happened. */
interface Jvm {
  readonly child: ChildProcess
  readonly stdout: Readable
  readonly stderr: () => string
  readonly startedAt: number
  readonly exited: Promise<{ readonly code: number | null; readonly signal: string | null }>
  /** Resolves when also its outputs have ended; only for a JVM whose output is read. */
  readonly closed: Promise<void>
  readonly killAtExit: () => void
}

const stderrLimit = 64 * 1024
/** How long a JVM may take to end by itself after SIGTERM, in milliseconds. */
const graceMilliseconds = 2_000

interface JvmStart {
  readonly java: string
  readonly args: ReadonlyArray<string>
  readonly cwd: string
  readonly env: NodeJS.ProcessEnv
  /** Removed, with the JVM, when this process exits in the middle of the run. */
  readonly directory: string
}

const startJvm = ({ java, args, cwd, env, directory }: JvmStart) =>
  Effect.callback<Jvm, TlcNotStarted>((resume) => {
    const startedAt = performance.now()
    const child = spawn(java, [...args], { cwd, env, stdio: ["ignore", "pipe", "pipe"] })
    const killAtExit = (): void => {
      child.kill("SIGKILL")
      // The JVM may write until the signal arrives: some retries, in milliseconds.
      rmSync(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 20 })
    }
    let stderr = ""
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr = (stderr + text).slice(-stderrLimit)
    })
    const exited = new Promise<{ code: number | null; signal: string | null }>((done) => {
      child.once("exit", (code, signal) => done({ code, signal }))
    })
    const closed = new Promise<void>((done) => {
      child.once("close", () => done())
    })
    child.once("error", (cause) => resume(Effect.fail(new TlcNotStarted({ cause }))))
    child.once("spawn", () => {
      process.once("exit", killAtExit)
      const { stdout } = child
      const jvm = { child, stdout, stderr: () => stderr, startedAt, exited, closed, killAtExit }
      resume(Effect.succeed(jvm))
    })
  })

/** Ends the JVM if it still runs, and returns only when it is gone. */
const stopJvm = ({ child, exited, killAtExit }: Jvm): Effect.Effect<void> =>
  Effect.promise(async () => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill("SIGTERM")
      const kill = setTimeout(() => child.kill("SIGKILL"), graceMilliseconds)
      await exited
      clearTimeout(kill)
    }
    process.removeListener("exit", killAtExit)
  })

/** The next chunk of a stream, undefined at its end; waiting can be interrupted. */
const nextChunk = (stream: Readable): Effect.Effect<Buffer | undefined> =>
  Effect.callback((resume) => {
    const attempt = (): boolean => {
      const chunk = stream.read() as Buffer | null
      if (chunk === null && !stream.readableEnded && !stream.destroyed) return false
      resume(Effect.succeed(chunk ?? undefined))
      return true
    }
    if (attempt()) return
    const wait = (): void => {
      if (attempt()) forget()
    }
    const names = ["readable", "end", "close", "error"]
    const forget = (): void => names.forEach((name) => stream.removeListener(name, wait))
    names.forEach((name) => stream.on(name, wait))
    return Effect.sync(forget)
  })

const makeRunDirectory = Effect.acquireRelease(
  Effect.tryPromise({
    try: async () => {
      const directory = await mkdtemp(join(tmpdir(), "prophecy-tlc-"))
      await mkdir(join(directory, "meta"))
      await mkdir(join(directory, "tmp"))
      return directory
    },
    catch: (cause) => new TlcNotStarted({ cause }),
  }),
  (directory) =>
    Effect.promise(() => rm(directory, { recursive: true, force: true, maxRetries: 3 })),
)

const produce = Effect.fn("tlc")(function* (
  plan: RunPlan,
  classPath: ReadonlyArray<string>,
  queue: Queue.Enqueue<TlcEvent>,
) {
  const { java, jar, environment } = yield* Toolchain
  const directory = yield* makeRunDirectory
  const cp = [...classPath.map((d) => resolve(d)), jar].join(delimiter)
  const args = [
    ...plan.jvmFlags,
    `-Djava.io.tmpdir=${join(directory, "tmp")}`,
    "-cp",
    cp,
    "tlc2.TLC",
    ...plan.tlcFlags,
    "-metadir",
    join(directory, "meta"),
    `${plan.module}.tla`,
  ]
  const jvm = yield* Effect.acquireRelease(
    startJvm({
      java: java.path,
      args,
      cwd: plan.directory,
      env: { ...environment },
      directory,
    }),
    stopJvm,
  )
  yield* Queue.offer(queue, { _tag: "Started", pid: jvm.child.pid ?? 0 })
  const [decoder, lines, reader] = [new StringDecoder(), makeLineSplitter(), makeEventReader()]
  for (;;) {
    const chunk = yield* nextChunk(jvm.stdout)
    if (chunk === undefined) break
    yield* Queue.offerAll(queue, lines.feed(decoder.write(chunk)).flatMap(reader.line))
  }
  const rest = [...lines.feed(decoder.end()), ...lines.end()].flatMap(reader.line)
  yield* Queue.offerAll(queue, [...rest, ...reader.end()])
  const { code, signal } = yield* Effect.promise(() => jvm.closed.then(() => jvm.exited))
  const milliseconds = Math.round(performance.now() - jvm.startedAt)
  yield* Queue.offer(queue, { _tag: "Exited", code, signal, stderr: jvm.stderr(), milliseconds })
})

/** Events held back at most when the consumer is slower than TLC; TLC then waits. */
const eventBuffer = 4_096

const eventsOfPlan = (plan: RunPlan, run: TlcRun) =>
  Stream.callback<TlcEvent, TlcNotStarted, Toolchain>(
    (queue) => produce(plan, run.classPath ?? [], queue).pipe(Effect.andThen(Queue.end(queue))),
    { bufferSize: eventBuffer },
  )

/** The events of a run, from `Started` to `Exited`. Ending the stream early ends the JVM. */
export const tlcEvents = (run: TlcRun): Stream.Stream<TlcEvent, TlcError, Toolchain> =>
  Stream.unwrap(Effect.map(planRun(run), (plan) => eventsOfPlan(plan, run)))

/**
 * Runs TLC to its end and judges it. A violation is an outcome, not an error; errors are what kept
 * TLC from running. `onEvent` sees every event as it happens.
 */
export const runTlc = Effect.fn("runTlc")(function* (
  run: TlcRun,
  onEvent: (event: TlcEvent) => Effect.Effect<void> = () => Effect.void,
) {
  const plan = yield* planRun(run)
  const reporter = makeReporter()
  yield* Stream.runForEach(eventsOfPlan(plan, run), (event) => {
    reporter.take(event)
    return onEvent(event)
  })
  const report = reporter.report()
  const outcome: TlcOutcome = { plan, report, verdict: verdictOf(report, plan.limits) }
  return outcome
})
