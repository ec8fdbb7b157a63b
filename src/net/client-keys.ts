/**
 * The keys of clients' authenticators where keys are refreshed: of a client's long-lived key at a
 * replica and of what the replica and the client's endpoint agree on at present. A replica takes
 * what was made under the keys before those for a while.
 *
 * Outside the specification: see new-key.ts.
 */
import type { ClientId, ReplicaId } from "../core/ids.ts"
import { deriveKey, HmacKey } from "./hmac.ts"

const keyOf = (long: Uint8Array, shared: Uint8Array): HmacKey =>
  new HmacKey(deriveKey(long, Buffer.concat([Buffer.from("epoch ", "latin1"), shared])))

interface Shared {
  readonly secret: Uint8Array
  /** Until when it is good. */
  until: number
  readonly keys: Map<ClientId, HmacKey>
}

/** At a replica: the keys of each client that are good now, the newest first. */
export class ClientKeysAtReplica {
  readonly #long: (client: ClientId) => Uint8Array
  readonly #graceMs: number
  readonly #shared = new Map<ClientId, ReadonlyArray<Shared>>()

  constructor(long: (client: ClientId) => Uint8Array, graceMs: number) {
    this.#long = long
    this.#graceMs = graceMs
  }

  /** The replica and the endpoint of these clients agree on something new. */
  agreed(
    { from, to }: { readonly from: ClientId; readonly to: ClientId },
    secret: Uint8Array,
  ): void {
    const now = performance.now()
    const made: Shared = { secret, until: Number.POSITIVE_INFINITY, keys: new Map() }
    for (let client = from; client <= to; client++) {
      const before = this.#good(client, now)
      for (const shared of before) shared.until = Math.min(shared.until, now + this.#graceMs)
      this.#shared.set(client, [made, ...before])
    }
  }

  #good(client: ClientId, now: number): ReadonlyArray<Shared> {
    return (this.#shared.get(client) ?? []).filter(({ until }) => now <= until)
  }

  of(client: ClientId): ReadonlyArray<HmacKey> {
    return this.#good(client, performance.now()).map((shared) => {
      const known = shared.keys.get(client)
      if (known !== undefined) return known
      const made = keyOf(this.#long(client), shared.secret)
      shared.keys.set(client, made)
      return made
    })
  }
}

/** At an endpoint: a client's newest keys, by replica; none at one that was never connected. */
export class ClientKeysAtEndpoint {
  readonly #long: (replica: ReplicaId, client: ClientId) => Uint8Array
  readonly #replicas: number
  readonly #shared = new Map<ReplicaId, Uint8Array>()
  readonly #keys = new Map<ClientId, ReadonlyArray<HmacKey | undefined>>()

  constructor(long: (replica: ReplicaId, client: ClientId) => Uint8Array, replicas: number) {
    this.#long = long
    this.#replicas = replicas
  }

  agreed(replica: ReplicaId, shared: Uint8Array): void {
    this.#shared.set(replica, shared)
    this.#keys.clear()
  }

  of(client: ClientId): ReadonlyArray<HmacKey | undefined> {
    const known = this.#keys.get(client)
    if (known !== undefined) return known
    const keys = Array.from({ length: this.#replicas }, (_, replica) => {
      const shared = this.#shared.get(replica)
      return shared === undefined ? undefined : keyOf(this.#long(replica, client), shared)
    })
    this.#keys.set(client, keys)
    return keys
  }
}
