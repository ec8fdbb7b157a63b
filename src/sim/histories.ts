/**
 * Histories of a run, which messages name by their digests: what each is made of, and which of two
 * extends the other. What correct replicas ordered is known; nothing else is.
 */
import { type Digest, noDigest, type Seq } from "../core/ids.ts"

/** The digest of a history, and how many batches it has. */
export interface HistoryEnd {
  readonly seq: Seq
  readonly history: Digest
}

export class Histories {
  readonly #before = new Map<Digest, HistoryEnd>()

  /** `after` is `before` with one batch more. */
  add(before: HistoryEnd, after: Digest): void {
    this.#before.set(after, before)
  }

  /** The beginning of a history that has so many batches; undefined where it is not known. */
  beginning({ seq, history }: HistoryEnd, length: Seq): Digest | undefined {
    let at: HistoryEnd | undefined = { seq, history }
    while (at !== undefined && at.seq > length) at = this.#before.get(at.history)
    return at?.seq === length ? at.history : undefined
  }

  /** Whether one of them extends the other; unknown ones do where they are equal. */
  compatible(a: HistoryEnd, b: HistoryEnd): boolean {
    if (a.seq > b.seq) return this.compatible(b, a)
    if (a.seq === 0) return true
    return this.beginning(b, a.seq) === a.history
  }

  /** What it is made of, from the first batch on. */
  all(end: HistoryEnd): ReadonlyArray<HistoryEnd> {
    const found: Array<HistoryEnd> = []
    let at: HistoryEnd | undefined = end
    while (at !== undefined && at.history !== noDigest) {
      found.push(at)
      at = this.#before.get(at.history)
    }
    return found.reverse()
  }
}
