/**
 * The connections of one endpoint to all replicas, for whatever clients it has: dialled again and
 * again, in the endpoint's name. What is sent in one turn leaves in one write a replica.
 *
 * Outside the specification: when messages leave. There any of them may be late or lost.
 */
import type { ClientId, ReplicaId } from "../core/ids.ts"
import type { ClusterConfig } from "./cluster-config.ts"
import type { Connection } from "./connection.ts"
import type { Counts } from "./counts.ts"
import { Dialer } from "./dialer.ts"
import { fingerprint } from "./handshake.ts"
import type { EndpointKeys } from "./keys.ts"
import { onceATurn } from "./once-a-turn.ts"
import type { PeerFault } from "./peer-fault.ts"

/** The bytes of a frame, from one place to another. */
export interface Payload {
  readonly bytes: Buffer
  readonly at: number
  readonly end: number
}

export interface LinksOptions {
  readonly config: ClusterConfig
  readonly keys: EndpointKeys
  readonly endpoint: number
  /** The endpoint's clients, both included. */
  readonly from: ClientId
  readonly to: ClientId
  readonly network: Counts
  readonly log: (line: string) => void
  /** A replica is connected: what it should have been sent goes out now. */
  readonly opened: (replica: ReplicaId, connection: Connection) => void
  readonly payload: (replica: ReplicaId, connection: Connection, payload: Payload) => void
  /** A replica that was connected is not any more. */
  readonly closed: () => void
  /** The number of connected replicas changed. */
  readonly connections: () => void
}

export class Links {
  readonly #options: LinksOptions
  readonly #links: Array<Connection | undefined>
  readonly #lost = new Set<ReplicaId>()
  readonly #dialers: ReadonlyArray<Dialer>

  constructor(options: LinksOptions) {
    const { replicas } = options.config
    this.#options = options
    this.#links = replicas.map(() => undefined)
    this.#dialers = replicas.map((_, replica) => this.#dial(replica))
  }

  #dial(replica: ReplicaId): Dialer {
    const { config, keys, endpoint: id, from, to, payload } = this.#options
    const hello = { kind: "endpoint", id, to: replica, firstClient: from, lastClient: to } as const
    return new Dialer({
      address: config.replicas[replica] as ClusterConfig["replicas"][number],
      role: {
        side: "initiator",
        secret: keys.replica(replica),
        keying: keys.keying,
        hello: { ...hello, fingerprint: fingerprint(config) },
      },
      limits: config.limits,
      events: {
        opened: (connection) => this.#opened(replica, connection),
        payload: (connection, bytes, at, end) => payload(replica, connection, { bytes, at, end }),
        closed: (_, fault) => this.#closed(replica, fault),
      },
    })
  }

  #opened(replica: ReplicaId, connection: Connection): void {
    const { network, opened, connections } = this.#options
    this.#links[replica] = connection
    this.#lost.delete(replica)
    network.add("Connected")
    opened(replica, connection)
    this.schedule()
    connections()
  }

  #closed(replica: ReplicaId, fault: PeerFault): void {
    const { network, log, closed, connections } = this.#options
    const was = this.#links[replica]
    this.#links[replica] = undefined
    if (fault._tag !== "Disconnected") {
      network.add(fault._tag)
      log(`replica ${replica}: ${fault.message}`)
    }
    if (was === undefined) return
    network.add("Disconnected")
    log(`disconnected from replica ${replica}: ${fault.message}`)
    this.#lost.add(replica)
    closed()
    connections()
  }

  /** The connection to a replica; undefined while there is none. */
  to(replica: ReplicaId): Connection | undefined {
    return this.#links[replica]
  }

  /** Those that there are. */
  get open(): ReadonlyArray<Connection> {
    return this.#links.filter((link) => link !== undefined)
  }

  connected(): ReadonlyArray<ReplicaId> {
    return this.#links.flatMap((link, replica) => (link === undefined ? [] : [replica]))
  }

  /** Replicas that were connected and are not: most likely they have ended. */
  get lost(): ReadonlySet<ReplicaId> {
    return this.#lost
  }

  /** What was sent leaves at the end of this turn. */
  readonly schedule = onceATurn(() => {
    for (const link of this.#links) link?.flush()
  })

  close(): void {
    for (const dialer of this.#dialers) dialer.stop()
  }
}
