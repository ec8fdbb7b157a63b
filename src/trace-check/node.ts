/**
 * One process of a run: its trace files in the order of its starts, as one stream of replayed
 * events. A file that ends without an end line is accepted where a later start follows: the process
 * was killed, and what it did last is unknown; the last file only where that is asked for.
 */
import type { AnyHeader } from "../core/trace-event.ts"
import type { OpenEnd } from "./event.ts"
import { type Place, Rejection } from "./finding.ts"
import type { ProcessReplay } from "./process-replay.ts"
import type { TraceLine, TraceReader } from "./read.ts"

/** A file whose header was read. */
export interface TraceFile<H extends AnyHeader = AnyHeader> {
  readonly reader: TraceReader
  readonly header: H
}

/** Which process a header speaks of: equal for all of its starts. */
export const nodeKey = ({ node }: AnyHeader): string =>
  "id" in node ? `${node.kind} ${node.id}` : `clients ${node.from} to ${node.to}`

/** The end of a file whose last steps have no line. */
const openEnd = (line: Extract<TraceLine, { readonly _tag: "End" }>): OpenEnd => ({
  _tag: "OpenEnd",
  place: line.place,
  dropped: line.end.dropped,
})

/** Where a file just ends. */
interface Cut {
  readonly _tag: "Cut"
  readonly place: Place
}

export interface NodeOptions {
  /** A last file that just ends counts as far as it goes. */
  readonly killed?: boolean
}

/** The events of one process. Files must be in ascending order of their incarnation. */
export class NodeTrace<E, H extends AnyHeader> {
  readonly key: string
  /** Its first file. */
  readonly name: string
  readonly header: H
  readonly replay: ProcessReplay<E>
  readonly #files: ReadonlyArray<TraceFile<H>>
  readonly #options: NodeOptions
  #at = 0
  /** How the last start ended, until the first line of the next one is read. */
  #before: "ended" | "killed" | undefined
  #ahead: ReadonlyArray<E> = []
  /** The end line declares steps without a line. */
  #open = false

  constructor(
    files: ReadonlyArray<TraceFile<H>>,
    replayOf: (header: H) => ProcessReplay<E>,
    options: NodeOptions = {},
  ) {
    const first = files[0]
    if (first === undefined) throw new Error("a process has at least one file")
    this.key = nodeKey(first.header)
    this.name = first.reader.name
    this.header = first.header
    this.#files = files
    this.#options = options
    this.replay = replayOf(first.header)
  }

  /** The next event; "more" when `fill` must be called first; "end" after the last one. */
  next(): E | OpenEnd | "more" | "end" {
    const [ahead, ...rest] = this.#ahead
    if (ahead !== undefined) {
      this.#ahead = rest
      return ahead
    }
    for (;;) {
      const file = this.#files[this.#at]
      if (file === undefined) return "end"
      const line = this.#read(file.reader)
      if (line === "more") return line
      if (line === "end" || line._tag === "Cut") {
        this.#before = line === "end" && !this.#open ? "ended" : "killed"
        this.#open = false
        const next = this.#files[++this.#at]
        if (next === undefined && line !== "end") {
          return { _tag: "OpenEnd", place: line.place, dropped: undefined }
        }
        const begun = next === undefined ? undefined : this.#beginAgain(next)
        if (begun !== undefined) return begun
      } else if (line._tag !== "End") {
        return this.#take(line)
      } else if (line.end.dropped > 0) {
        this.#open = true
        return openEnd(line)
      }
    }
  }

  async fill(): Promise<void> {
    await this.#files[this.#at]?.reader.fill()
  }

  #read(reader: TraceReader): TraceLine | Cut | "more" | "end" {
    try {
      return reader.next()
    } catch (cause) {
      const accepted = this.#options.killed === true || this.#at < this.#files.length - 1
      if (!accepted || !(cause instanceof Rejection)) throw cause
      const { rule, file, line } = cause.finding
      if (rule !== "Truncated") throw cause
      return { _tag: "Cut", place: { file, line } }
    }
  }

  #take(line: Exclude<TraceLine, { readonly _tag: "End" }>): E {
    const { replay } = this
    const before = this.#before
    this.#before = undefined
    if (line._tag === "Drop") return replay.drop(line)
    if (before === undefined || replay.again === undefined) return replay.take(line)
    const [first, ...rest] = replay.again(line, before)
    this.#ahead = rest
    return first as E
  }

  #beginAgain({ reader, header }: TraceFile<H>): E | undefined {
    if (this.replay.beginAgain === undefined) return undefined
    const dropped = this.#before === "ended" ? 0 : undefined
    this.#before = undefined
    return this.replay.beginAgain({ header, place: { file: reader.name, line: 1 }, dropped })
  }
}
