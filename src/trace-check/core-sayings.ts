/**
 * What correct replicas have said of sequence numbers, as spec/tla/PbftCore.tla keeps it: who
 * accepted and who prepared which batch in which view. In bounded memory: what is older than the
 * kept sequence numbers is forgotten, and a question about it is not answered.
 */
import type { Digest, ReplicaId, Seq, View } from "../core/ids.ts"

/** A batch under a sequence number in a view. */
export type BatchAt = readonly [view: View, seq: Seq, digest: Digest]

/** Some replicas say the same of one sequence number. */
interface Said {
  readonly view: View
  readonly digest: Digest
  /** Bit i: replica i. */
  replicas: number
}

/** What is said of one sequence number: `accepted` and `prepared` of the abstraction. */
interface Slot {
  readonly accepted: Array<Said>
  readonly prepared: Array<Said>
}

/** What a replica prepared last at a sequence number. */
export interface Claim {
  readonly view: View
  readonly digest: Digest
}

export class CoreSayings {
  readonly #limit: number
  readonly #slots = new Map<Seq, Slot>()
  #forgotten: Seq = 0

  /** `limit`: how many sequence numbers are kept. */
  constructor(limit: number) {
    this.#limit = limit
  }

  /** The first sequence number of which nothing is forgotten. */
  get first(): Seq {
    return this.#forgotten + 1
  }

  /** Whether nothing that was said of `seq` is forgotten. */
  knows(seq: Seq): boolean {
    return seq >= this.first
  }

  say(kind: keyof Slot, replica: ReplicaId, [view, seq, digest]: BatchAt): void {
    if (!this.knows(seq)) return
    const slot = this.#slots.get(seq) ?? { accepted: [], prepared: [] }
    const said = slot[kind].find((s) => s.view === view && s.digest === digest)
    if (said === undefined) slot[kind].push({ view, digest, replicas: 1 << replica })
    else said.replicas |= 1 << replica
    if (this.#slots.has(seq)) return
    this.#slots.set(seq, slot)
    if (this.#slots.size <= this.#limit) return
    for (const oldest of this.#slots.keys()) {
      this.#slots.delete(oldest)
      this.#forgotten = Math.max(this.#forgotten, oldest)
      return
    }
  }

  /** Who says so of the batch in that view, as bits. */
  who(kind: keyof Slot, [view, seq, digest]: BatchAt): number {
    const all = this.#slots.get(seq)?.[kind] ?? []
    return all.find((s) => s.view === view && s.digest === digest)?.replicas ?? 0
  }

  /** The batch that the replica accepted at `seq` in `view`, if any. */
  acceptedBy(replica: ReplicaId, view: View, seq: Seq): Digest | undefined {
    const bit = 1 << replica
    const all = this.#slots.get(seq)?.accepted ?? []
    return all.find((s) => s.view === view && (s.replicas & bit) !== 0)?.digest
  }

  /** P of the replica for `seq` when it moves to `view`. */
  claimOf(replica: ReplicaId, view: View, seq: Seq): Claim | undefined {
    const bit = 1 << replica
    let last: Said | undefined
    for (const s of this.#slots.get(seq)?.prepared ?? []) {
      if (s.view >= view || (s.replicas & bit) === 0) continue
      if (last === undefined || s.view > last.view) last = s
    }
    return last
  }

  /** Who accepted the batch at `seq` in some view from `from` on and before `view`, as bits. */
  acceptedSince(seq: Seq, digest: Digest, from: View, view: View): number {
    let bits = 0
    for (const s of this.#slots.get(seq)?.accepted ?? []) {
      if (s.digest === digest && s.view >= from && s.view < view) bits |= s.replicas
    }
    return bits
  }

  /** Batches at `seq` that some replica prepared, with the views. */
  prepared(seq: Seq): ReadonlyArray<Readonly<Said>> {
    return this.#slots.get(seq)?.prepared ?? []
  }
}
