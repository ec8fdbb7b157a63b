/**
 * What one sequence number sees of several: the state with the rest left out is a state of the
 * abstraction with that number alone, and every step is a step there or changes nothing there. So
 * an invariant of a single number that holds with one number, holds with any.
 */
import { assert } from "../core/assert.ts"
import type { CoreWorld } from "./pbft-core-constants.ts"
import type { CoreReplica } from "./pbft-core-replica.ts"
import type { CoreSpace } from "./pbft-core-space.ts"
import type { Found, SpaceMemory, StateSpace } from "./state-space.ts"

/** What the replica says of `seq` (from 0), as if there were no other. */
export const onlySeq = (w: CoreWorld, r: CoreReplica, seq: number): CoreReplica => {
  const size = w.batches.length
  const mask = (bits: number): number => {
    let out = 0
    for (let view = 0; view <= w.maxView; view++) {
      out |= ((bits >> w.shift(view, seq)) & w.anyBatch) << (view * size)
    }
    return out
  }
  return {
    ...r,
    accepted: mask(r.accepted),
    prepared: mask(r.prepared),
    changed: r.changed.map((c) => c && { p: [c.p[seq] ?? -1], q: mask(c.q) }),
    chosen: r.chosen.map((x) => x && [x[seq] ?? w.open]),
  }
}

/** A space whose every step is watched: what each number sees of it must be a step of `narrow`. */
export class WatchedSpace implements StateSpace {
  readonly width: number
  readonly #wide: CoreSpace
  readonly #narrow: CoreSpace
  readonly #projected: ReadonlyArray<ReadonlyArray<Array<number | undefined>>>
  readonly #successors = new Map<string, ReadonlySet<string>>()
  /** Steps watched that are steps of one number, or change nothing there. */
  watched = 0

  constructor(wide: CoreSpace, narrow: CoreSpace) {
    assert(narrow.world.maxSeq === 1, "one number is left")
    this.width = wide.width
    this.#wide = wide
    this.#narrow = narrow
    this.#projected = Array.from({ length: wide.world.maxSeq }, () =>
      wide.world.correct.map(() => []),
    )
  }

  get taken(): ReadonlyMap<string, number> {
    return this.#wide.taken
  }

  get steps(): number {
    return this.#wide.steps
  }

  /** The state of one number, as a row of the narrow space. */
  #seen(row: Int32Array, seq: number): Int32Array {
    const out = new Int32Array(this.width)
    for (let k = 0; k < this.width; k++) {
      const memory = this.#projected[seq]?.[k] as Array<number | undefined>
      const id = row[k] as number
      let known = memory[id]
      if (known === undefined) {
        const replica = onlySeq(this.#wide.world, this.#wide.replica(row, k), seq)
        known = this.#narrow.numberOf(k, replica)
        memory[id] = known
      }
      out[k] = known
    }
    return out
  }

  #after(row: Int32Array): ReadonlySet<string> {
    const key = row.join()
    const known = this.#successors.get(key)
    if (known !== undefined) return known
    const all = new Set([key])
    this.#narrow.expand(row, (_actor, _step, next) => void all.add(next.join()))
    this.#successors.set(key, all)
    return all
  }

  expand(row: Int32Array, found: Found): void {
    const seqs = [...this.#projected.keys()]
    const allowed = seqs.map((seq) => this.#after(this.#seen(row, seq)))
    this.#wide.expand(row, (actor, step, next) => {
      for (const seq of seqs) {
        const seen = this.#seen(next, seq).join()
        assert(allowed[seq]?.has(seen) === true, `what seq ${seq + 1} sees is a step of one number`)
        this.watched++
      }
      found(actor, step, next)
    })
  }

  start(row: Int32Array): void {
    this.#wide.start(row)
  }

  canonical(row: Int32Array): void {
    this.#wide.canonical(row)
  }

  text(row: Int32Array): string {
    return this.#wide.text(row)
  }

  actorName(actor: number): string {
    return this.#wide.actorName(actor)
  }

  save(): SpaceMemory {
    return this.#wide.save()
  }

  restore(memory: SpaceMemory): boolean {
    return this.#wide.restore(memory)
  }
}
