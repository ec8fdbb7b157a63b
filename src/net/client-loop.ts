/**
 * PBFT clients of one process: the pure machine of each, one connection a replica for all of them.
 * What they send in one turn leaves in one write a replica.
 *
 * Outside the specification: when a client asks again, and how its messages leave. `ClientTimeout`
 * may happen there at any moment.
 */
import type { SendToReplicas } from "../core/effect.ts"
import type { Bytes, ClientId, ReplicaId, Timestamp, View } from "../core/ids.ts"
import {
  type ClientConfig,
  type ClientEffect,
  type ClientInput,
  type ClientState,
  type ClientStep,
  clientView,
  initClient,
  stepClient,
  type UnsignedRequest,
} from "../core/pbft/client.ts"
import type { Read, Reply, Request } from "../core/pbft/message.ts"
import { groupOf } from "../core/quorum.ts"
import { authenticatorOf, authenticReply } from "./authenticate.ts"
import { BadMessage } from "./bad-message.ts"
import type { CodecLimits } from "./batch-codec.ts"
import type { ClusterConfig } from "./cluster-config.ts"
import { readMessage } from "./codec.ts"
import type { Connection } from "./connection.ts"
import { clientCoreConfig, limitsOf } from "./core-config.ts"
import { Counts } from "./counts.ts"
import { Deadlines } from "./deadlines.ts"
import { Dialer } from "./dialer.ts"
import { fingerprint } from "./handshake.ts"
import { type EndpointKeys, endpointKeys } from "./keys.ts"
import { BadFrame, type PeerFault } from "./peer-fault.ts"
import { Reader } from "./reader.ts"

export interface ClientLoopOptions {
  readonly config: ClusterConfig
  readonly endpoint: number
  /** The clients, both included. */
  readonly from: ClientId
  readonly to: ClientId
  readonly firstTimestamp: Timestamp
  readonly log: (line: string) => void
  /** Told each step of each client. */
  readonly trace: (
    client: ClientId,
    before: ClientState,
    step: ClientStep,
    input: ClientInput,
  ) => void
  /** A client has its result, and is free for the next operation. */
  readonly completed: (client: ClientId, result: Bytes) => void
  /** The number of connected replicas changed. */
  readonly connections: () => void
}

interface Client {
  readonly config: ClientConfig
  state: ClientState
  /** The request under way and whom it was sent to: for replicas that connect later. */
  request: Request | Read | undefined
  to: ReadonlyArray<ReplicaId>
  /** How long its timer was set for. */
  waitMs: number
}

export class ClientLoop {
  readonly actions = new Counts()
  readonly network = new Counts()
  readonly #options: ClientLoopOptions
  readonly #keys: EndpointKeys
  readonly #limits: CodecLimits
  readonly #clients: ReadonlyArray<Client>
  readonly #links: Array<Connection | undefined>
  /** Replicas that were connected and are not: most likely they have ended. */
  readonly #lost = new Set<ReplicaId>()
  readonly #dialers: ReadonlyArray<Dialer>
  readonly #deadlines: Deadlines
  /** The last view in which each replica answered any of the clients. */
  readonly #views: Array<View>
  readonly #reader = new Reader(Buffer.alloc(0))
  #scheduled = false

  constructor(options: ClientLoopOptions) {
    const { config, endpoint, from, to, firstTimestamp } = options
    this.#options = options
    this.#keys = endpointKeys(config, endpoint)
    this.#limits = limitsOf(config)
    this.#clients = Array.from({ length: to - from + 1 }, (_, k) => {
      const client = clientCoreConfig(config, from + k, firstTimestamp)
      const state = initClient(client)
      return { config: client, state, request: undefined, to: [], waitMs: client.retransmitMs }
    })
    this.#deadlines = new Deadlines(this.#clients.length, config.retransmitMs, (k) =>
      this.#step(from + k, { _tag: "Timeout", waitedMs: this.#clients[k]?.waitMs ?? 0 }),
    )
    this.#links = config.replicas.map(() => undefined)
    this.#views = config.replicas.map(() => 0)
    this.#dialers = config.replicas.map((_, replica) => this.#dial(replica))
  }

  #dial(replica: ReplicaId): Dialer {
    const { config, endpoint, from, to } = this.#options
    return new Dialer({
      address: config.replicas[replica] as ClusterConfig["replicas"][number],
      role: {
        side: "initiator",
        secret: this.#keys.replica(replica),
        keying: this.#keys.keying,
        hello: {
          kind: "endpoint",
          id: endpoint,
          to: replica,
          firstClient: from,
          lastClient: to,
          fingerprint: fingerprint(config),
        },
      },
      limits: config.limits,
      events: {
        opened: (connection) => this.#opened(replica, connection),
        payload: (connection, bytes, at, end) =>
          this.#payload(replica, connection, { bytes, at, end }),
        closed: (_, fault) => this.#closed(replica, fault),
      },
    })
  }

  #opened(replica: ReplicaId, connection: Connection): void {
    this.#links[replica] = connection
    this.#lost.delete(replica)
    this.network.add("Connected")
    for (const { request, to } of this.#clients) {
      if (request !== undefined && to.includes(replica)) connection.send(request)
    }
    this.#schedule()
    this.#options.connections()
  }

  #closed(replica: ReplicaId, fault: PeerFault): void {
    const was = this.#links[replica]
    this.#links[replica] = undefined
    if (fault._tag !== "Disconnected") {
      this.network.add(fault._tag)
      this.#options.log(`replica ${replica}: ${fault.message}`)
    }
    if (was === undefined) return
    this.network.add("Disconnected")
    this.#options.log(`disconnected from replica ${replica}: ${fault.message}`)
    this.#lost.add(replica)
    this.#hurryAll()
    this.#options.connections()
  }

  #payload(
    replica: ReplicaId,
    connection: Connection,
    { bytes, at, end }: { readonly bytes: Buffer; readonly at: number; readonly end: number },
  ): void {
    const reader = this.#reader
    reader.reset(bytes, at, end)
    while (reader.left > 0) {
      const decoded = readMessage(reader, this.#limits)
      if (decoded instanceof BadMessage) {
        this.network.add("BadMessage")
        return connection.fail(new BadFrame({ reason: decoded.message }))
      }
      const reply = authenticReply(replica, decoded.message)
      if (typeof reply === "string") this.network.add(`Dropped:${reply}`)
      else {
        this.#step(reply.client, { _tag: "Receive", message: reply })
        this.#heard(reply)
      }
    }
  }

  /** Clients whose request awaits its result. */
  isBusy(client: ClientId): boolean {
    return this.#clientOf(client)?.state.operation !== undefined
  }

  /** The states of all clients: what a trace shows after a gap. */
  states(): ReadonlyMap<ClientId, ClientState> {
    return new Map(this.#clients.map(({ state }, k) => [this.#options.from + k, state]))
  }

  connected(): ReadonlyArray<ReplicaId> {
    return this.#links.flatMap((link, replica) => (link === undefined ? [] : [replica]))
  }

  /** A free client's next operation; `reads`: it changes nothing, and need not be ordered. */
  submit(client: ClientId, operation: Bytes, reads: boolean): void {
    const { config } = this.#options
    if (reads && config.readOnly) {
      return this.#step(client, { _tag: "Submit", operation, readOnly: true })
    }
    const replier = config.digestReplies ? this.#replierFor(client) : undefined
    const named = replier === undefined ? {} : { replier }
    this.#step(client, { _tag: "Submit", operation, ...named })
    const submitted = this.#clientOf(client)
    if (submitted !== undefined) this.#hurry(client, submitted)
  }

  // Each connected replica in turn.
  #replierFor(client: ClientId): ReplicaId | undefined {
    const connected = this.connected()
    const turn = this.#clientOf(client)?.state.timestamp ?? 0
    return connected[turn % Math.max(1, connected.length)]
  }

  /** The view that the clients together take the replicas to be in. */
  get view(): View {
    const { length: n } = this.#views
    return this.#views.toSorted((a, b) => b - a)[groupOf(n).f] ?? 0
  }

  // A client that has not heard of the others' view calls an old primary, or one that is gone, and
  // would wait in vain: its timer fires at once, and its request goes to every replica.
  #hurry(id: ClientId, { config, state, to }: Client): void {
    if (state.operation === undefined || state.toAll || state.readOnly) return
    const isGone = to.every((replica) => this.#lost.has(replica))
    if (isGone || clientView(config, state) < this.view) {
      this.#step(id, { _tag: "Timeout", waitedMs: 0 })
    }
  }

  #hurryAll(): void {
    this.#clients.forEach((client, k) => this.#hurry(this.#options.from + k, client))
  }

  // What one client hears of views helps those that wait for an old primary.
  #heard(reply: Reply): void {
    const before = this.view
    const { replica, view } = reply
    this.#views[replica] = Math.max(this.#views[replica] ?? 0, view)
    if (this.view !== before) this.#hurryAll()
  }

  #clientOf(id: ClientId): Client | undefined {
    return this.#clients[id - this.#options.from]
  }

  #step(id: ClientId, input: ClientInput): void {
    const client = this.#clientOf(id)
    if (client === undefined) return this.network.add("Dropped:WrongReceiver")
    const before = client.state
    const taken = stepClient(client.config, before, input)
    client.state = taken.state
    this.#options.trace(id, before, taken, input)
    this.actions.add(taken.action)
    for (const effect of taken.effects) this.#perform(id, client, effect)
  }

  #perform(id: ClientId, client: Client, effect: ClientEffect): void {
    const timer = id - this.#options.from
    switch (effect._tag) {
      case "SendToReplicas":
        return this.#send(client, effect)
      case "SetTimer":
        client.waitMs = effect.ms
        return this.#deadlines.set(timer, effect.ms)
      case "CancelTimer":
        return this.#deadlines.cancel(timer)
      case "Complete":
        client.request = undefined
        return this.#options.completed(id, effect.result)
    }
  }

  #send(client: Client, { message, replicas }: SendToReplicas<UnsignedRequest>): void {
    // The same request goes out with the same authenticator again.
    const known = client.request
    const same = known?.timestamp === message.timestamp && known._tag === message._tag
    const authenticator = same
      ? known.authenticator
      : authenticatorOf(this.#keys.client(message.client), message)
    const request: Request | Read = { ...message, authenticator }
    client.request = request
    client.to = replicas
    for (const replica of replicas) this.#links[replica]?.send(request)
    this.#schedule()
  }

  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    setImmediate(this.#flush)
  }

  readonly #flush = (): void => {
    this.#scheduled = false
    for (const link of this.#links) link?.flush()
  }

  close(): void {
    this.#deadlines.close()
    for (const dialer of this.#dialers) dialer.stop()
  }
}
