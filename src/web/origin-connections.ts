/**
 * The connections to one origin, filled one after the other: questions that are asked together go
 * out together. (undici's pool does not fill them: before it writes to a connection that was idle
 * it sees whether that is still open, and meanwhile puts the other questions elsewhere.)
 */

/** Puts a question to a connection; `over` is to be called once, when it is over. */
export type Put<C> = (connection: C, over: () => void) => void

interface Place<C> {
  readonly connection: C
  underWay: number
}

export interface OriginConnectionsOptions<C> {
  readonly open: () => C
  /** So many connections at most. */
  readonly most: number
  /** How many questions may be on their way on one connection. */
  readonly pipelining: number
}

export class OriginConnections<C> {
  readonly #options: OriginConnectionsOptions<C>
  readonly #places: Array<Place<C>> = []
  /** Those that come first are put first. */
  readonly #waiting: Array<Put<C>> = []
  #isServing = false

  constructor(options: OriginConnectionsOptions<C>) {
    this.#options = options
  }

  /** Puts a question now, or when another one is over. */
  ask(put: Put<C>): void {
    this.#waiting.push(put)
    this.#serve()
  }

  // A question may be over as soon as it is put: that of one who waits no longer.
  #serve(): void {
    if (this.#isServing) return
    this.#isServing = true
    while (this.#waiting.length > 0) {
      const place = this.#place()
      if (place === undefined) break
      this.#put(place, this.#waiting.shift() as Put<C>)
    }
    this.#isServing = false
  }

  #place(): Place<C> | undefined {
    const { open, most, pipelining } = this.#options
    const known = this.#places.find(({ underWay }) => underWay < pipelining)
    if (known !== undefined || this.#places.length >= most) return known
    const place = { connection: open(), underWay: 0 }
    this.#places.push(place)
    return place
  }

  #put(place: Place<C>, put: Put<C>): void {
    place.underWay++
    put(place.connection, () => {
      place.underWay--
      this.#serve()
    })
  }

  /** All of them, however many questions are under way. */
  get opened(): ReadonlyArray<C> {
    return this.#places.map(({ connection }) => connection)
  }
}
