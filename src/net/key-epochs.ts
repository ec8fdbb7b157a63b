/**
 * The NEW-KEYs of a node (TOCS section 4.2): its own, which it makes anew now and then, and of each
 * replica the highest number that was seen, below which none is taken any more. The key before the
 * present one is good for a while, so that what is under way arrives.
 *
 * Outside the specification: see new-key.ts.
 */
import type { ReplicaId } from "../core/ids.ts"
import { freshKey, type NewKey, type OwnKey } from "./new-key.ts"

/** Who is at the other end of a connection. */
export type Other =
  | { readonly kind: "replica"; readonly id: ReplicaId }
  | { readonly kind: "endpoint"; readonly id: number; readonly from: number; readonly to: number }

/** The highest numbers that were seen, by replica; they outlive the process. */
export interface KeyCounters {
  readonly get: (replica: ReplicaId) => number
  readonly set: (replica: ReplicaId, counter: number) => void
}

export const countersInMemory = (): KeyCounters => {
  const known = new Map<ReplicaId, number>()
  return {
    get: (replica) => known.get(replica) ?? 0,
    set: (replica, counter) => void known.set(replica, counter),
  }
}

export interface EpochOptions {
  /** How long the key before the present one is good, in milliseconds. */
  readonly graceMs: number
  readonly sign: (counter: number, publicKey: string) => string
  readonly isSigned: (replica: ReplicaId, key: NewKey) => boolean
  readonly counters: KeyCounters
  /** Whose own key it is; undefined for an endpoint, which has no number to remember. */
  readonly own?: ReplicaId
  /** Where numbers and signatures of own keys come from elsewhere: the first, and later ones. */
  readonly held?: { readonly first: OwnKey; readonly next: () => Promise<OwnKey> }
}

export class KeyEpochs {
  readonly graceMs: number
  readonly #options: EpochOptions
  readonly #watchers = new Set<() => void>()
  #own: OwnKey
  #before: { readonly key: OwnKey; readonly until: number } | undefined

  constructor(options: EpochOptions) {
    this.#options = options
    this.graceMs = options.graceMs
    this.#own = options.held?.first ?? this.#fresh()
  }

  // Above every number that was used before, also by a process whose numbers are lost.
  #fresh(): OwnKey {
    const { own, counters, sign } = this.#options
    const used = Math.max(this.#own?.counter ?? 0, own === undefined ? 0 : counters.get(own))
    const counter = Math.max(used + 1, Date.now())
    if (own !== undefined) counters.set(own, counter)
    return freshKey(counter, sign)
  }

  /** The present key. */
  get own(): OwnKey {
    return this.#own
  }

  /** The own key of a number, as long as it is good. */
  ownAt(counter: number): OwnKey | undefined {
    if (this.#own.counter === counter) return this.#own
    const before = this.#before
    if (before?.key.counter !== counter || performance.now() > before.until) return undefined
    return before.key
  }

  /**
   * Makes a new key, which every connection then goes over to; later, where the key holder has to
   * be asked, and not where it does not answer.
   */
  refresh(): void {
    const { held } = this.#options
    if (held === undefined) return this.#use(this.#fresh())
    void held.next().then(
      (key) => this.#use(key),
      () => undefined,
    )
  }

  #use(key: OwnKey): void {
    this.#before = { key: this.#own, until: performance.now() + this.graceMs }
    this.#own = key
    for (const watcher of this.#watchers) watcher()
  }

  /** Whether the other's NEW-KEY is taken: signed by it, and none that a later one has replaced. */
  takes(other: Other, key: NewKey): boolean {
    // Of an endpoint the connection's long-lived secret says who it is.
    if (other.kind === "endpoint") return true
    const { counters, isSigned } = this.#options
    const known = counters.get(other.id)
    if (key.counter < known || !isSigned(other.id, key)) return false
    if (key.counter > known) counters.set(other.id, key.counter)
    return true
  }

  /** Calls after each refresh; the result ends that. */
  watch(watcher: () => void): () => void {
    this.#watchers.add(watcher)
    return () => void this.#watchers.delete(watcher)
  }
}

/** What a connection is given of keys that are refreshed. */
export interface Keying {
  readonly epochs: KeyEpochs
  /** The secret that this side and the other now share. */
  readonly agreed: (other: Other, shared: Uint8Array) => void
}
