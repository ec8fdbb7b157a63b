/** A recorded history as lines: of a file, or of standard input. */
import { createReadStream } from "node:fs"
import type { Readable } from "node:stream"

/** The longest line that is read, in characters: a longer one is no event. */
const longestLine = 64 * 1024 * 1024

/** A line is too long to be one. */
export class LineTooLong extends Error {
  override readonly name = "LineTooLong"
}

/** How much was read so far. */
export interface HistoryMeter {
  lines: number
  bytes: number
}

const opened = (path: string): Readable =>
  path === "-" ? process.stdin : createReadStream(path, { highWaterMark: 256 * 1024 })

/** The lines, some at a time; empty ones at the end are left out. */
export async function* linesOf(
  path: string,
  meter: HistoryMeter,
): AsyncGenerator<ReadonlyArray<string>> {
  const stream = opened(path).setEncoding("utf8")
  let rest = ""
  for await (const piece of stream) {
    const text = piece as string
    meter.bytes += text.length
    const lines = (rest + text).split("\n")
    rest = lines.pop() ?? ""
    meter.lines += lines.length
    yield lines
    if (rest.length > longestLine) {
      throw new LineTooLong(`line ${meter.lines + 1} has more than ${longestLine} characters`)
    }
  }
  if (rest.trim() !== "") {
    meter.lines++
    yield [rest]
  }
}
