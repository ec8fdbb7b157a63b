/**
 * The connections to one origin, filled one after the other: questions that are asked together go
 * out together. (undici's pool does not fill them: before it writes to a connection that was idle
 * it sees whether that is still open, and meanwhile puts the other questions elsewhere.)
 *
 * Answers come in the order of their questions. So behind one that takes long nothing is put, and
 * those that are there already are put again, on a connection where nobody goes before them.
 */

/** Puts a question to a connection; `over` is to be called once, when it is over there. */
export type Put<C> = (connection: C, over: () => void) => void

interface Asked<C> {
  readonly put: Put<C>
  /** It was put behind one that takes long, and is put again, or has been. */
  isAgain: boolean
}

interface Place<C> {
  readonly connection: C
  /** In the order in which they were put. */
  readonly underWay: Array<Asked<C>>
  /** Runs as long as the first of them is the first. */
  readonly clock: NodeJS.Timeout
  isSlow: boolean
}

export interface OriginConnectionsOptions<C> {
  readonly open: () => C
  /** So many connections at most. */
  readonly most: number
  /** How many questions may be on their way on one connection. */
  readonly pipelining: number
  /** Nobody waits longer behind another question, in milliseconds, while a connection is free. */
  readonly patienceMs: number
}

export class OriginConnections<C> {
  readonly #options: OriginConnectionsOptions<C>
  readonly #places: Array<Place<C>> = []
  /** Those that come first are put first. */
  readonly #waiting: Array<Put<C>> = []
  readonly #again: Array<Asked<C>> = []
  #isServing = false

  constructor(options: OriginConnectionsOptions<C>) {
    this.#options = options
  }

  /** Puts a question now, or when another one is over; again when it has to wait behind one. */
  ask(put: Put<C>): void {
    this.#waiting.push(put)
    this.#serve()
  }

  // A question may be over as soon as it is put: that of one who waits no longer.
  #serve(): void {
    if (this.#isServing) return
    this.#isServing = true
    while (this.#again.length > 0) {
      const place = this.#place(1)
      if (place === undefined) break
      this.#put(place, this.#again.shift() as Asked<C>)
    }
    while (this.#waiting.length > 0) {
      const place = this.#place(this.#options.pipelining)
      if (place === undefined) break
      this.#put(place, { put: this.#waiting.shift() as Put<C>, isAgain: false })
    }
    this.#isServing = false
  }

  /** One with fewer than so many questions. */
  #place(fewer: number): Place<C> | undefined {
    const { open, most, patienceMs } = this.#options
    const known = this.#places.find(({ underWay, isSlow }) => underWay.length < fewer && !isSlow)
    if (known !== undefined || this.#places.length >= most) return known
    const place: Place<C> = {
      connection: open(),
      underWay: [],
      clock: setTimeout(() => this.#late(place), patienceMs).unref(),
      isSlow: false,
    }
    this.#places.push(place)
    return place
  }

  #put(place: Place<C>, asked: Asked<C>): void {
    if (place.underWay.length === 0) place.clock.refresh()
    place.underWay.push(asked)
    asked.put(place.connection, () => this.#over(place, asked))
  }

  #over(place: Place<C>, asked: Asked<C>): void {
    const k = place.underWay.indexOf(asked)
    place.underWay.splice(k, 1)
    if (k === 0) {
      place.isSlow = false
      place.clock.refresh()
    }
    // Answered before its turn came a second time.
    const waits = this.#again.indexOf(asked)
    if (waits >= 0) this.#again.splice(waits, 1)
    this.#serve()
  }

  #late(place: Place<C>): void {
    const [first, ...behind] = place.underWay
    if (first === undefined) return
    place.isSlow = true
    for (const asked of behind) {
      if (asked.isAgain) continue
      asked.isAgain = true
      this.#again.push(asked)
    }
    this.#serve()
  }

  /** All of them, however many questions are under way. */
  get opened(): ReadonlyArray<C> {
    return this.#places.map(({ connection }) => connection)
  }
}
