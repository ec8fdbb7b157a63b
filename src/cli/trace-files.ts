/** The traces that a command line names, and their text as a stream. */
import { createReadStream, existsSync, readdirSync, type Stats, statSync } from "node:fs"
import { join } from "node:path"
import { Effect } from "effect"
import type { TraceSource } from "../trace-check/lines.ts"
import { ExitCode, Refused } from "./ended.ts"

/** The arguments are wrong, or a file is. */
export const badInput = (text: string): Refused => new Refused({ code: ExitCode.BadInput, text })

const statOf = (path: string): Effect.Effect<Stats, Refused> =>
  Effect.try({
    try: () => statSync(path),
    catch: (cause) => {
      const missing = (cause as NodeJS.ErrnoException).code === "ENOENT"
      const why = missing ? "there is no such file or folder" : String(cause)
      return badInput(`${path}: ${why}`)
    },
  })

export interface TraceFile {
  readonly path: string
  readonly size: number
}

const namesOf = (folder: string): ReadonlyArray<string> =>
  existsSync(folder) && statSync(folder).isDirectory()
    ? readdirSync(folder)
        .filter((name) => name.endsWith(".ndjson"))
        .sort()
    : []

/** A folder of traces, or that of a run's folder as `prophecy start --out` makes it. */
const tracesIn = (folder: string): string => {
  const traces = join(folder, "traces")
  return namesOf(folder).length === 0 && namesOf(traces).length > 0 ? traces : folder
}

/** The files that the arguments name, each once, in their order. */
export const filesOf = Effect.fn("filesOf")(function* (given: ReadonlyArray<string>) {
  const files = new Map<string, TraceFile>()
  for (const path of given) {
    if (!(yield* statOf(path)).isDirectory()) {
      files.set(path, { path, size: (yield* statOf(path)).size })
      continue
    }
    const folder = tracesIn(path)
    const inside = namesOf(folder)
    if (inside.length === 0) return yield* badInput(`${path}: no .ndjson file in this folder`)
    for (const name of inside) {
      const file = join(folder, name)
      files.set(file, { path: file, size: (yield* statOf(file)).size })
    }
  }
  return [...files.values()]
})

/** How much was read so far. */
export interface Meter {
  events: number
  bytes: number
}

export const sourceOf = ({ path }: TraceFile, meter: Meter): TraceSource => {
  const stream = createReadStream(path, { encoding: "utf8", highWaterMark: 256 * 1024 })
  const text = async function* (): AsyncGenerator<string> {
    for await (const piece of stream) {
      meter.bytes += (piece as string).length
      yield piece as string
    }
  }
  return { name: path, text: text() }
}
