/**
 * Writes a trace (docs/trace-format.md) without ever making the replica wait: lines go to a
 * bounded buffer, one write is under way at a time. When the disk is slower than the replica for
 * so long that the buffer is full, steps are dropped, counted, and declared by a drop line with
 * the whole state as soon as half of the buffer is free again.
 *
 * Outside the specification: nothing; it tells what happened and decides nothing.
 */
import { type FileHandle, open } from "node:fs/promises"
import { endLine } from "../core/pbft/trace.ts"

/** Where a trace's bytes go. `write` is called again only after its promise is settled. */
export interface TraceSink {
  readonly write: (bytes: Uint8Array) => Promise<void>
  readonly close: () => Promise<void>
}

export interface TraceWriterOptions {
  /** How many characters may wait, those being written included. Default 32 Mi. */
  readonly limit?: number
  /** The longest time that a line waits before its write starts, in milliseconds. Default 10. */
  readonly delayMs?: number
  /** Called once when the file cannot be written; from then on every step counts as dropped. */
  readonly onError?: (cause: unknown) => void
}

export interface TraceWriter {
  /**
   * Records one step. `line(n)` must be the step's line, and `drop(n, dropped)` the drop line with
   * the state after it; at most one of them is called, at once. The writer counts the steps.
   */
  readonly record: (
    line: (n: number) => string,
    drop: (n: number, dropped: number) => string,
  ) => void
  /** Steps recorded so far, dropped ones included. */
  readonly steps: () => number
  /** Steps that have no line. */
  readonly dropped: () => number
  /** Writes what waits and the end line. Never rejects: a failed write was told to `onError`. */
  readonly close: () => Promise<void>
}

/** A new file for one trace. Fails when the file exists: a trace is never appended to. */
export const openTrace = async (
  path: string,
  headerLine: string,
  options: TraceWriterOptions = {},
): Promise<TraceWriter> => makeTraceWriter(fileSink(await open(path, "wx")), headerLine, options)

const fileSink = (file: FileHandle): TraceSink => ({
  write: async (bytes) => {
    let written = 0
    while (written < bytes.length) written += (await file.write(bytes, written)).bytesWritten
  },
  close: () => file.close(),
})

const defaultLimit = 32 * 1024 * 1024
const defaultDelayMs = 10
/** A write starts at once when this many characters wait. */
const chunkSize = 64 * 1024

class Buffered implements TraceWriter {
  readonly #sink: TraceSink
  readonly #limit: number
  readonly #delayMs: number
  readonly #onError: (cause: unknown) => void
  #lines: Array<string> = []
  #waiting = 0
  #writing = 0
  #timer: NodeJS.Timeout | undefined
  #flight: Promise<void> = Promise.resolve()
  #steps = 0
  #dropped = 0
  /** Dropped since the last line. */
  #gap = 0
  #failed = false
  #closed: Promise<void> | undefined

  constructor(sink: TraceSink, headerLine: string, options: TraceWriterOptions) {
    this.#sink = sink
    this.#limit = options.limit ?? defaultLimit
    this.#delayMs = options.delayMs ?? defaultDelayMs
    this.#onError = options.onError ?? (() => undefined)
    this.#push(headerLine)
  }

  readonly steps = (): number => this.#steps
  readonly dropped = (): number => this.#dropped

  readonly record = (
    line: (n: number) => string,
    drop: (n: number, dropped: number) => string,
  ): void => {
    this.#steps++
    const free = this.#limit - this.#waiting - this.#writing
    const closed = this.#failed || this.#closed !== undefined
    if (closed || free <= 0 || (this.#gap > 0 && free < this.#limit / 2)) {
      this.#gap++
      this.#dropped++
      return
    }
    if (this.#gap === 0) return this.#push(line(this.#steps))
    // The state after this step stands in the drop line: this step has no line of its own.
    this.#dropped++
    this.#push(drop(this.#steps, this.#gap + 1))
    this.#gap = 0
  }

  readonly close = (): Promise<void> => {
    this.#closed ??= this.#finish()
    return this.#closed
  }

  #push(line: string): void {
    this.#lines.push(line)
    this.#waiting += line.length + 1
    if (this.#writing > 0) return
    if (this.#waiting >= chunkSize) return this.#start()
    this.#timer ??= setTimeout(() => this.#start(), this.#delayMs)
  }

  #start(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#writing > 0 || this.#waiting === 0) return
    const text = `${this.#lines.join("\n")}\n`
    this.#writing = this.#waiting
    this.#lines = []
    this.#waiting = 0
    this.#flight = this.#write(text)
  }

  async #write(text: string): Promise<void> {
    try {
      if (!this.#failed) await this.#sink.write(Buffer.from(text, "utf8"))
    } catch (cause) {
      this.#fail(cause)
    }
    this.#writing = 0
    this.#start()
  }

  #fail(cause: unknown): void {
    if (this.#failed) return
    this.#failed = true
    this.#onError(cause)
  }

  async #finish(): Promise<void> {
    this.#lines.push(endLine(this.#steps, this.#gap))
    this.#waiting += 1
    this.#start()
    while (this.#writing > 0) await this.#flight
    try {
      await this.#sink.close()
    } catch (cause) {
      this.#fail(cause)
    }
  }
}

/** A writer to any sink; `openTrace` is the one for files. */
export const makeTraceWriter = (
  sink: TraceSink,
  headerLine: string,
  options: TraceWriterOptions = {},
): TraceWriter => new Buffered(sink, headerLine, options)
