/**
 * States that a service was in after the last batches that it executed. Of some the snapshot is
 * kept, of those between what was executed: another service goes there when it is asked.
 */
import type { Execute, Executed } from "../core/effect.ts"
import type { Bytes } from "../core/ids.ts"

/** A service as whoever watches it needs it. */
export interface WatchedService {
  readonly execute: (effect: Execute) => Executed
  /** Undefined for an operation that is none that changes nothing. */
  readonly read: (operation: Bytes) => Bytes | undefined
  readonly isRead: (operation: Bytes) => boolean
  readonly snapshot: () => Bytes
  readonly restore: (snapshot: Bytes) => boolean
}

/** From a snapshot on, the batches that changed something. */
interface Segment {
  readonly snapshot: Bytes
  readonly batches: Array<Execute>
}

/** Batches from one snapshot to the next, and how many snapshots are kept. */
const spacing = 64
const kept = 8

export class PastStates {
  readonly #service: WatchedService
  readonly #newService: () => WatchedService
  readonly #segments: Array<Segment>
  #other: WatchedService | undefined
  #isWhole = true

  /** `service` is in its first state now; `newService` gives one more of its kind. */
  constructor(service: WatchedService, newService: () => WatchedService) {
    this.#service = service
    this.#newService = newService
    this.#segments = [{ snapshot: service.snapshot(), batches: [] }]
  }

  /** Whether no state is forgotten. */
  get isWhole(): boolean {
    return this.#isWhole
  }

  /** The service has executed this. */
  executed(effect: Execute): void {
    if (effect.requests.every(({ operation }) => this.#service.isRead(operation))) return
    const last = this.#segments.at(-1) as Segment
    last.batches.push(effect)
    if (last.batches.length < spacing) return
    this.#segments.push({ snapshot: this.#service.snapshot(), batches: [] })
    if (this.#segments.length <= kept) return
    this.#segments.shift()
    this.#isWhole = false
  }

  /** Whether `holds` of a state, the latest ones first looked at. */
  some(holds: (service: WatchedService) => boolean): boolean {
    return this.#segments.toReversed().some((segment) => this.#somewhereIn(segment, holds))
  }

  #somewhereIn(
    { snapshot, batches }: Segment,
    holds: (service: WatchedService) => boolean,
  ): boolean {
    this.#other ??= this.#newService()
    const other = this.#other
    other.restore(snapshot)
    return (
      holds(other) ||
      batches.some((effect) => {
        other.execute(effect)
        return holds(other)
      })
    )
  }
}
