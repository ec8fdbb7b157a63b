/** Clients that each ask again as soon as they have their answer, and how long each answer took. */
import type { Bytes } from "../src/core/ids.ts"
import type { ClientError, ClientPoolShape, Submission } from "../src/net/client-pool.ts"

/** Latencies in milliseconds, sorted on demand. */
export class Latencies {
  #all = new Float64Array(1024)
  #count = 0

  add(ms: number): void {
    if (this.#count === this.#all.length) {
      const larger = new Float64Array(2 * this.#count)
      larger.set(this.#all)
      this.#all = larger
    }
    this.#all[this.#count++] = ms
  }

  clear(): void {
    this.#count = 0
  }

  get count(): number {
    return this.#count
  }

  /** The latency that a share `p` of the answers did not exceed; undefined without answers. */
  quantiles(...shares: ReadonlyArray<number>): ReadonlyArray<number | undefined> {
    const sorted = this.#all.slice(0, this.#count).sort()
    return shares.map((p) => sorted[Math.min(this.#count - 1, Math.ceil(p * this.#count) - 1)])
  }
}

export class ClosedLoop {
  readonly latencies = new Latencies()
  readonly #pool: ClientPoolShape
  readonly #operation: Bytes
  readonly #how: Submission
  #stopped = false
  #failed: unknown

  /** The same operation again and again. */
  constructor(pool: ClientPoolShape, operation: Bytes, how: Submission = {}) {
    this.#pool = pool
    this.#operation = operation
    this.#how = how
  }

  start(clients: number): void {
    for (let k = 0; k < clients; k++) this.#next()
  }

  #next(): void {
    const startedAt = performance.now()
    const done = (result: Bytes | ClientError): void => {
      if (typeof result !== "string") {
        this.#failed = result
        return
      }
      this.latencies.add(performance.now() - startedAt)
      if (!this.#stopped) this.#next()
    }
    this.#pool.submitWith(this.#operation, done, this.#how)
  }

  /** No client asks again. Throws what a client was refused with. */
  stop(): void {
    this.#stopped = true
    if (this.#failed !== undefined) throw this.#failed
  }
}
