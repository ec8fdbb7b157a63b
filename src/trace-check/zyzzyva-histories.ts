/**
 * Histories of Zyzzyva as TLC is to see them. In the specification a history is the sequence of the
 * digests of its batches; in a run it is a digest that names the one before it. Over a chain of
 * events most of these links are known, and so a history is what it is there: the history before
 * it with one batch more. Where a link is not known, it is a sequence of the right length that
 * equals no other.
 *
 * Sequence numbers count from a checkpoint number below all that the chain speaks of, as every
 * batch since the first would stand in each history. The specification only asks whether numbers
 * are checkpoints', how they are ordered and how long histories are; but number 0 is special there,
 * and so there is always something between.
 *
 * The service's value stands for itself by the history that led to it and the requests executed
 * since then, so that a request may have another result after another history.
 */
import type { ClientId, Digest, Seq, Timestamp } from "../core/ids.ts"

/** What is known of a history. */
export interface Known {
  readonly seq: Seq
  /** The digest of its last batch, and the history without it. */
  readonly digest?: Digest
  readonly before?: Digest
  /** The requests that its last batch had executed. */
  readonly executed?: ReadonlyArray<Executed>
}

interface Executed {
  readonly client: ClientId
  readonly timestamp: Timestamp
}

/** The empty history. */
const nothing: Digest = ""

export class Histories {
  /** The number of each that has a name, and those in the order of their numbers. */
  readonly #numbers = new Map<Digest, number>()
  readonly #named: Array<Digest> = []
  readonly #known = new Map<Digest, Known>()
  readonly #interval: number
  readonly #digestText: (digest: Digest) => string
  readonly #requestText: (request: Executed) => string
  #lowest: Seq | undefined

  constructor(
    interval: number,
    digestText: (digest: Digest) => string,
    requestText: (request: Executed) => string,
  ) {
    this.#interval = interval
    this.#digestText = digestText
    this.#requestText = requestText
  }

  /** The chain speaks of this number. */
  meetSeq(seq: Seq): void {
    this.#lowest = Math.min(this.#lowest ?? seq, seq)
  }

  /** It speaks of the history up to it, of which more may be known. */
  meet(history: Digest, known: Known): void {
    this.meetSeq(known.seq)
    this.remember(history, known)
  }

  /** A history that may be of long ago: the chain need not speak of its number. */
  remember(history: Digest, known: Known): void {
    if (history === nothing) return
    this.#known.set(history, { ...this.#known.get(history), ...known })
    const { before = nothing, seq } = known
    if (!this.#known.has(before)) this.remember(before, { seq: seq - 1 })
  }

  // The number that counts as 0.
  get #base(): Seq {
    const lowest = this.#lowest ?? 0
    return Math.max(0, (Math.floor(lowest / this.#interval) - 2) * this.#interval)
  }

  /** A sequence number as it counts there. */
  seq(seq: Seq): number {
    return seq - this.#base
  }

  #number(history: Digest): number {
    const known = this.#numbers.get(history)
    if (known !== undefined) return known
    this.#named.push(history)
    this.#numbers.set(history, this.#named.length)
    return this.#named.length
  }

  /** A history by its name. */
  history(history: Digest): string {
    return history === nothing ? "<<>>" : `H${this.#number(history)}`
  }

  /** The service's value after a history, by its name. */
  value(history: Digest): string {
    return `S${this.#number(history)}`
  }

  /** The value in the midst of the last batch of a history, after so many of its requests. */
  valueBefore(history: Digest, requests: number): string {
    const { before = nothing, executed = [] } = this.#known.get(history) ?? {}
    return this.#after(before, executed.slice(0, requests))
  }

  #after(before: Digest, requests: ReadonlyArray<Executed>): string {
    const all = requests.map(this.#requestText).join(", ")
    return requests.length === 0 ? this.value(before) : `${this.value(before)} \\o <<${all}>>`
  }

  /** What the names of histories and values in a text stand for, what others need before them. */
  definitions(text: string): ReadonlyArray<string> {
    const done = new Map<string, string>()
    const need = (names: Iterable<string>): void => {
      for (const name of names) {
        if (done.has(name)) continue
        const history = this.#named[Number(name.slice(1)) - 1] as Digest
        const content = name.startsWith("H") ? this.#content(history) : this.#valueContent(history)
        // Its place is after what it needs.
        need(namesIn(content))
        done.set(name, `${name} == ${content}`)
      }
    }
    need(namesIn(text))
    return [...done.values()]
  }

  #content(history: Digest): string {
    const { seq = 0, before, digest } = this.#known.get(history) ?? {}
    const length = this.seq(seq)
    const own = `"h${this.#number(history)}"`
    if (length <= 0) return `<<"old", ${own}>>`
    if (digest === undefined) return `<<${filled(length, own)}>>`
    const last = this.#digestText(digest)
    if (before !== undefined) return `Append(${this.history(before)}, ${last})`
    return seq === 1 ? `<<${last}>>` : `<<${filled(length - 1, own)}, ${last}>>`
  }

  #valueContent(history: Digest): string {
    const { before, executed } = this.#known.get(history) ?? {}
    return before === undefined || executed === undefined
      ? `<<"s${this.#number(history)}">>`
      : this.#after(before, executed)
  }
}

const namesIn = (text: string): ReadonlyArray<string> => text.match(/\b[HS]\d+\b/g) ?? []

// So many elements, the last one its own.
const filled = (length: number, own: string): string =>
  [...Array.from({ length: length - 1 }, () => `"-"`), own].join(", ")
