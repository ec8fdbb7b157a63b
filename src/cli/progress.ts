/**
 * Says on standard error what is going on: on a terminal one line that rewrites itself, elsewhere
 * a line when a phase begins and one every few seconds. Standard output stays data.
 */
import { Effect, Fiber, Schedule } from "effect"

export interface Progress {
  /** Runs `work` as a phase called `name`; `detail` is asked for now and then. */
  readonly during: <A, E, R>(
    name: string,
    detail: () => string,
    work: Effect.Effect<A, E, R>,
  ) => Effect.Effect<A, E, R>
  /** A line that stays. */
  readonly say: (line: string) => void
}

const silent: Progress = { during: (_name, _detail, work) => work, say: () => undefined }

const rewritten: Progress = {
  during: (name, detail, work) => {
    const startedAt = performance.now()
    const show = Effect.sync(() => {
      const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
      const width = process.stderr.columns || 80
      const line = `${name} ${seconds} s  ${detail()}`.slice(0, width - 1)
      process.stderr.write(`\r${line}\u001b[K`)
    })
    const clear = Effect.sync(() => void process.stderr.write("\r\u001b[K"))
    return besides(Effect.repeat(show, Schedule.spaced("200 millis")), work).pipe(
      Effect.ensuring(clear),
    )
  },
  say: (line) => void process.stderr.write(`\r\u001b[K${line}\n`),
}

const heartbeat: Progress = {
  during: (name, detail, work) => {
    const startedAt = performance.now()
    const beat = Effect.sync(() => {
      const seconds = Math.round((performance.now() - startedAt) / 1000)
      process.stderr.write(`${name}: ${seconds} s  ${detail()}\n`)
    })
    const begin = Effect.sync(() => void process.stderr.write(`${name}\n`))
    const later = Effect.sleep("5 seconds").pipe(
      Effect.andThen(Effect.repeat(beat, Schedule.spaced("5 seconds"))),
    )
    return Effect.andThen(begin, besides(later, work))
  },
  say: (line) => void process.stderr.write(`${line}\n`),
}

/** Both at once; `side` ends with `work`, whose scope stays its own. */
const besides = <A, E, R>(
  side: Effect.Effect<unknown>,
  work: Effect.Effect<A, E, R>,
): Effect.Effect<A, E, R> =>
  Effect.acquireUseRelease(Effect.forkChild(side), () => work, Fiber.interrupt)

/** Whether standard error is a terminal on which a line can be written over. */
export const isAnimated = (): boolean =>
  process.stderr.isTTY === true && process.env["TERM"] !== "dumb"

export const makeProgress = (quiet: boolean): Progress => {
  if (quiet) return silent
  return isAnimated() ? rewritten : heartbeat
}
