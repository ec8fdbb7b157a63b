/**
 * A history (docs/history-format.md) that is written while it happens: a line stands where its
 * event took place among those of all clients, since one process sees them all.
 */
import { closeSync, openSync, writeSync } from "node:fs"
import type { Call, Completion, Path } from "../../src/consistency/call.ts"
import { register } from "../../src/consistency/model.ts"
import { historyLine } from "../../src/consistency/writer.ts"

export interface Answered {
  readonly value: string | undefined
  readonly path: Path
}

const flushAt = 1 << 16

const valueText = (value: string | undefined): string =>
  value === undefined ? "null" : JSON.stringify(value)

export class HistoryLog {
  readonly #file: number
  readonly #from = process.hrtime.bigint()
  #text = ""
  #line = 0
  #time = 0
  #processes = 0

  constructor(path: string) {
    this.#file = openSync(path, "w")
  }

  /** Lines written so far. */
  get lines(): number {
    return this.#line
  }

  /** A process that has not acted yet: who never got an answer goes on as another one. */
  newProcess(): string {
    return String(this.#processes++)
  }

  /** An operation begins: a write of `written`, or a read. */
  begin(process: string, key: string, written: string | undefined): Call {
    const object = JSON.stringify(key)
    const isRead = written === undefined
    const call: Call = {
      line: this.#line + 1,
      index: this.#line,
      process: JSON.stringify(process),
      object,
      request: object,
      operation: isRead ? { get: null } : { put: written },
      written: isRead ? undefined : valueText(written),
      isRead,
    }
    this.#write(historyLine({ begun: call }, this.#now(), register))
    return call
  }

  ok(call: Call, { value, path }: Answered): void {
    const result = call.isRead ? valueText(value) : undefined
    this.#end({ call, type: "ok", result, path: call.isRead ? path : "unknown" })
  }

  /** It did not happen. */
  failed(call: Call): void {
    this.#end({ call, type: "fail", result: undefined, path: "unknown" })
  }

  /** Nobody knows what became of it. */
  lost(call: Call): void {
    this.#end({ call, type: "info", result: undefined, path: "unknown" })
  }

  close(): void {
    writeSync(this.#file, this.#text)
    closeSync(this.#file)
  }

  #end(ended: Omit<Completion, "line">): void {
    const event = { ended: { ...ended, line: this.#line + 1 } }
    this.#write(historyLine(event, this.#now(), register))
  }

  // Strictly later than the last line's, as the format asks.
  #now(): number {
    const since = Number(process.hrtime.bigint() - this.#from)
    this.#time = Math.max(since, this.#time + 1)
    return this.#time
  }

  #write(line: string): void {
    this.#line++
    this.#text += `${line}\n`
    if (this.#text.length < flushAt) return
    writeSync(this.#file, this.#text)
    this.#text = ""
  }
}
