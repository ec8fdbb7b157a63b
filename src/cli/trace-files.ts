/** The traces that a command line names, and their text as a stream. */
import {
  closeSync,
  existsSync,
  openSync,
  readdirSync,
  readSync,
  type Stats,
  statSync,
} from "node:fs"
import { join } from "node:path"
import { StringDecoder } from "node:string_decoder"
import { setImmediate as othersTurn } from "node:timers/promises"
import { Effect } from "effect"
// The shapes of lines are compiled, which makes a replay a tenth faster, and its first second more.
import "effect/schema/SchemaJITCompiler/enable"
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

// A piece is small enough to stay in the processor's cache until it is parsed.
const pieceBytes = 64 * 1024
/** After so many pieces signals, timers and other files have their turn. */
const piecesInARow = 16

// From one buffer, and without waiting for a thread: what is read was written a short while ago.
async function* piecesOf(path: string, meter: Meter): AsyncGenerator<string> {
  const file = openSync(path, "r")
  try {
    const buffer = Buffer.allocUnsafeSlow(pieceBytes)
    const decoder = new StringDecoder("utf8")
    for (let count = 1; ; count++) {
      const size = readSync(file, buffer, 0, pieceBytes, null)
      if (size === 0) break
      meter.bytes += size
      yield decoder.write(buffer.subarray(0, size))
      if (count % piecesInARow === 0) await othersTurn()
    }
    yield decoder.end()
  } finally {
    closeSync(file)
  }
}

export const sourceOf = ({ path }: Pick<TraceFile, "path">, meter: Meter): TraceSource => ({
  name: path,
  text: piecesOf(path, meter),
})
