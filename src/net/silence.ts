/**
 * Which replicas are not waited for: those that are not connected, and those whose answers were
 * given up several times in a row.
 *
 * Outside the specification: when a client goes on without the last answers. `ClientCommit` may
 * happen there as soon as there are enough.
 */
import type { ReplicaId } from "../core/ids.ts"

/** Requests in a row without an answer of a replica, after which it is not waited for. */
const silentAfter = 3

export class Silence {
  readonly #isConnected: (replica: ReplicaId) => boolean
  /** By replica, requests in a row that were given up to be answered by it. */
  readonly #passed = new Map<ReplicaId, number>()

  constructor(isConnected: (replica: ReplicaId) => boolean) {
    this.#isConnected = isConnected
  }

  heard(replica: ReplicaId): void {
    this.#passed.delete(replica)
  }

  /** The answers of these are waited for no longer. */
  passedOver(replicas: ReadonlyArray<ReplicaId>): void {
    for (const replica of replicas) this.#passed.set(replica, (this.#passed.get(replica) ?? 0) + 1)
  }

  readonly isAbsent = (replica: ReplicaId): boolean =>
    !this.#isConnected(replica) || (this.#passed.get(replica) ?? 0) >= silentAfter
}
