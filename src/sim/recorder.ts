/** The trace files of one process of a simulation: one for each of its starts. */
import { endLine, header } from "../core/pbft/trace.ts"
import type { TraceHeader, TraceNode } from "../core/trace-event.ts"

/** Takes the lines of the files of a run. */
export type WriteLine = (file: string, line: string) => void

export type RunHeader = Omit<TraceHeader, "node" | "incarnation">

export class Recorder {
  readonly #write: WriteLine
  readonly #run: RunHeader
  readonly #node: TraceNode
  #incarnation = -1
  #file = ""
  #written = 0

  constructor(write: WriteLine, run: RunHeader, node: TraceNode) {
    this.#write = write
    this.#run = run
    this.#node = node
    this.start()
  }

  /** The process starts, for the first time or again: a new file. */
  start(): void {
    const node = this.#node
    this.#incarnation++
    this.#written = 0
    const name = node.kind === "replica" ? `replica-${node.id}` : `clients-${node.from}`
    this.#file = `${name}.${this.#incarnation}.ndjson`
    this.#write(this.#file, header({ ...this.#run, node, incarnation: this.#incarnation }))
  }

  /** Writes the line of the next step. */
  line(text: string): void {
    this.#written++
    this.#write(this.#file, text)
  }

  end(): void {
    this.#write(this.#file, endLine(this.#written, 0))
  }
}
