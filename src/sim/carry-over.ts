/**
 * CarryOver of spec/properties.md over a whole run: what so many correct replicas committed to in
 * a view that it may have been committed there, is all that correct ones say of its number in
 * later views.
 */
import type { Digest, ReplicaId, Seq, View } from "../core/ids.ts"
import type { SlotMessage } from "../core/pbft/message.ts"

type Said = Exclude<SlotMessage, { readonly _tag: "Checkpoint" }>

interface Vote {
  readonly view: View
  readonly digest: Digest
  /** Whose commits there are. */
  readonly committers: Set<ReplicaId>
}

export class CarryOver {
  readonly #needed: number
  readonly #said = new Map<Seq, Array<Vote>>()

  /** `needed`: correct replicas in any quorum. */
  constructor(needed: number) {
    this.#needed = needed
  }

  /** A correct replica's message leaves: what is wrong with it, or undefined. */
  add({ _tag, view, seq, digest, replica }: Said): string | undefined {
    const all = this.#said.get(seq) ?? []
    this.#said.set(seq, all)
    const known = all.find((v) => v.view === view && v.digest === digest)
    const mine: Vote = known ?? { view, digest, committers: new Set() }
    if (known === undefined) all.push(mine)
    const votes = mine.committers.size
    if (_tag === "Commit") mine.committers.add(replica)
    if (known !== undefined && mine.committers.size === votes) return undefined
    for (const early of all) {
      if (early.committers.size < this.#needed) continue
      const late = all.find((v) => v.view > early.view && v.digest !== early.digest)
      if (late !== undefined) {
        return `${seq}: ${early.digest} of view ${early.view}, and ${late.digest} of ${late.view}`
      }
    }
    return undefined
  }
}
