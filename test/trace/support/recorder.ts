/** Writes the trace of one process as a running one does: header, a line a step, drops, the end. */
import { endLine, header } from "../../../src/core/pbft/trace.ts"
import type { TraceHeader } from "../../../src/core/trace-event.ts"
import type { RunOptions } from "./recorded-run.ts"

/** Writes the lines of one file and counts its steps; drops those it is told to drop. */
export class Recorder {
  readonly name: string
  readonly #write: (file: string, line: string) => void
  readonly #from: number
  readonly #to: number
  n = 0

  constructor(name: string, head: TraceHeader, options: RunOptions) {
    this.name = name
    this.#write = options.write
    const { node } = head
    const mine = node.kind === "replica" ? node.id : "clients"
    const drop = options.drop?.node === mine ? options.drop : undefined
    this.#from = drop?.from ?? Infinity
    this.#to = drop === undefined ? -1 : drop.from + drop.many - 1
    this.#write(name, header(head))
  }

  record(line: (n: number) => string, drop: (n: number, dropped: number) => string): void {
    this.n++
    if (this.n < this.#from || this.n > this.#to) this.#write(this.name, line(this.n))
    else if (this.n === this.#to) this.#write(this.name, drop(this.n, this.n - this.#from + 1))
  }

  end(): void {
    const dropped = this.n >= this.#from && this.n < this.#to ? this.n - this.#from + 1 : 0
    this.#write(this.name, endLine(this.n, dropped))
  }
}
