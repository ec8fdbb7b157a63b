/**
 * The ledger of a crash run. Each writer has a register of its own and raises it by one with every
 * request: compare-and-set from the value that was acknowledged last. So every answer says whether
 * all that was acknowledged before is still there, and nothing happened twice. Now and then a
 * writer reads its register.
 */
import {
  decodeResult,
  encodeOperation,
  type KeyValueOperation,
  type KeyValueResult,
} from "../../src/core/service/key-value-operation.ts"
import type { ClientPoolShape } from "../../src/net/client-pool.ts"

/** A writer was told something, and it is not there any more. */
export interface Lost {
  readonly writer: number
  readonly acknowledged: number
  /** What the service answered instead. */
  readonly answer: string
}

const readEvery = 8
const keyOf = (writer: number): string => `writer ${writer}`

export class Writers {
  readonly lost: Array<Lost> = []
  reads = 0
  #lastAt = performance.now()
  #pause = 0
  readonly #pool: ClientPoolShape
  /** By writer, the value that was acknowledged last; 0: none. */
  readonly #values: Array<number>
  #stopped = false

  constructor(pool: ClientPoolShape, count: number) {
    this.#pool = pool
    this.#values = Array.from({ length: count }, () => 0)
  }

  /** Operations that changed something and were acknowledged. */
  get acknowledged(): number {
    return this.#values.reduce((sum, value) => sum + value, 0)
  }

  /** The longest time without an answer since this was asked last, in milliseconds. */
  pause(): number {
    const pause = Math.max(this.#pause, performance.now() - this.#lastAt)
    this.#pause = 0
    this.#lastAt = performance.now()
    return pause
  }

  /** All writers at work, until they are stopped. */
  readonly work = async (): Promise<void> => {
    await Promise.all(this.#values.map((_, writer) => this.#write(writer)))
  }

  /** What is under way is still answered. */
  stop(): void {
    this.#stopped = true
  }

  async #write(writer: number): Promise<void> {
    while (!this.#stopped) {
      const value = this.#values[writer] as number
      if (value > 0 && value % readEvery === 0) await this.#read(writer)
      await this.#raise(writer, value)
    }
  }

  async #raise(writer: number, value: number): Promise<void> {
    const key = keyOf(writer)
    const next = String(value + 1)
    const answer = await this.#ask(
      value === 0
        ? { _tag: "Put", key, value: next }
        : { _tag: "CompareAndSet", key, expected: String(value), value: next },
    )
    this.#expect(writer, answer, { _tag: "Done" })
    this.#values[writer] = value + 1
  }

  async #read(writer: number): Promise<void> {
    const value = this.#values[writer] as number
    const answer = await this.#ask({ _tag: "Get", key: keyOf(writer) })
    this.reads++
    this.#expect(
      writer,
      answer,
      value === 0 ? { _tag: "Absent" } : { _tag: "Value", value: String(value) },
    )
  }

  /** Reads all registers, each of which must hold what was acknowledged last. */
  readonly check = async (): Promise<void> => {
    await Promise.all(this.#values.map((_, writer) => this.#read(writer)))
  }

  #ask(operation: KeyValueOperation): Promise<KeyValueResult | undefined> {
    return new Promise((resolve, reject) => {
      const taken = this.#pool.submitWith(encodeOperation(operation), (result) => {
        if (typeof result !== "string") return reject(result)
        const now = performance.now()
        this.#pause = Math.max(this.#pause, now - this.#lastAt)
        this.#lastAt = now
        resolve(decodeResult(result))
      })
      if (!taken) reject(new Error("the pool of clients is full"))
    })
  }

  #expect(writer: number, answer: KeyValueResult | undefined, expected: KeyValueResult): void {
    if (JSON.stringify(answer) === JSON.stringify(expected)) return
    const acknowledged = this.#values[writer] as number
    this.lost.push({ writer, acknowledged, answer: JSON.stringify(answer) })
  }
}
