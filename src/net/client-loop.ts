/**
 * Clients of one process: the pure machine of each, one connection a replica for all of them.
 * What they send in one turn leaves in one write a replica.
 *
 * Outside the specification: when a client asks again, and how its messages leave. `ClientTimeout`
 * may happen there at any moment.
 */
import type { SendToReplicas } from "../core/effect.ts"
import type { Bytes, ClientId, ReplicaId, View } from "../core/ids.ts"
import { BadMessage } from "./bad-message.ts"
import type {
  ClientKinds,
  ClientLoopEffect,
  ClientLoopStep,
  ClientProtocol,
} from "./client-protocol.ts"
import type { ClusterConfig } from "./cluster-config.ts"
import type { Connection } from "./connection.ts"
import { Counts } from "./counts.ts"
import type { EndpointKeys } from "./keys.ts"
import { Links, type Payload } from "./links.ts"
import { OrderedTimers } from "./ordered-timers.ts"
import { BadFrame } from "./peer-fault.ts"
import { Reader } from "./reader.ts"
import { Silence } from "./silence.ts"

export interface ClientLoopOptions<K extends ClientKinds> {
  readonly config: ClusterConfig
  readonly protocol: ClientProtocol<K>
  readonly keys: EndpointKeys
  readonly endpoint: number
  /** The clients, both included. */
  readonly from: ClientId
  readonly to: ClientId
  readonly log: (line: string) => void
  /** Told each step of each client. */
  readonly trace: (
    client: ClientId,
    before: K["State"],
    step: ClientLoopStep<K>,
    input: K["Input"],
  ) => void
  /** A client has its result, and is free for the next operation. */
  readonly completed: (client: ClientId, result: Bytes) => void
  /** The number of connected replicas changed. */
  readonly connections: () => void
}

interface Client<K extends ClientKinds> {
  state: K["State"]
  /** The request under way and whom it was sent to: for replicas that connect later. */
  request: K["Sent"] | undefined
  to: ReadonlyArray<ReplicaId>
  /** How long its timer was set for. */
  waitMs: number
}

export class ClientLoop<K extends ClientKinds> {
  readonly actions = new Counts()
  readonly network = new Counts()
  readonly #options: ClientLoopOptions<K>
  readonly #clients: ReadonlyArray<Client<K>>
  readonly #links: Links
  readonly #timers = new OrderedTimers<ClientId>((id) => {
    this.#step(id, this.#options.protocol.timeout(this.#clientOf(id)?.waitMs ?? 0))
  })
  /** The last view in which each replica answered any of the clients. */
  readonly #views: Array<View>
  readonly #silence = new Silence((replica) => this.#links.to(replica) !== undefined)
  readonly #reader = new Reader(Buffer.alloc(0))
  constructor(options: ClientLoopOptions<K>) {
    const { config, protocol, from, to } = options
    this.#options = options
    this.#clients = Array.from({ length: to - from + 1 }, (_, k) => {
      const state = protocol.first(from + k)
      return { state, request: undefined, to: [], waitMs: protocol.firstWaitMs }
    })
    this.#views = config.replicas.map(() => 0)
    this.#links = new Links({
      ...options,
      network: this.network,
      opened: this.#opened,
      payload: (replica, connection, payload) => this.#payload(replica, connection, payload),
      closed: () => this.#hurryAll(),
    })
  }

  readonly #opened = (replica: ReplicaId, connection: Connection): void => {
    for (const { request, to } of this.#clients) {
      if (request === undefined || !to.includes(replica)) continue
      connection.sendBy(this.#options.protocol.write, request)
    }
  }

  #payload(replica: ReplicaId, connection: Connection, { bytes, at, end }: Payload): void {
    const reader = this.#reader
    reader.reset(bytes, at, end)
    while (reader.left > 0) {
      const reply = this.#options.protocol.read(reader, replica)
      if (reply instanceof BadMessage) {
        this.network.add("BadMessage")
        return connection.fail(new BadFrame({ reason: reply.message }))
      }
      if (typeof reply === "string") this.network.add(`Dropped:${reply}`)
      else {
        this.#silence.heard(replica)
        this.#step(reply.client, this.#options.protocol.received(reply))
        this.#heard(reply)
      }
    }
  }

  /** Clients whose request awaits its result. */
  isBusy(client: ClientId): boolean {
    return this.#clientOf(client)?.state.operation !== undefined
  }

  /** The states of all clients: what a trace shows after a gap. */
  states(): ReadonlyMap<ClientId, K["State"]> {
    return new Map(this.#clients.map(({ state }, k) => [this.#options.from + k, state]))
  }

  connected(): ReadonlyArray<ReplicaId> {
    return this.#links.connected()
  }

  /** A free client's next operation; `reads`: it changes nothing, and need not be ordered. */
  submit(client: ClientId, operation: Bytes, reads: boolean): void {
    const submitted = this.#clientOf(client)
    if (submitted === undefined) return this.network.add("Dropped:WrongReceiver")
    const connected = this.connected().filter((replica) => !this.#silence.isAbsent(replica))
    const asked = { operation, reads, connected }
    this.#step(client, this.#options.protocol.submit(submitted.state, asked))
    this.#hurry(client, submitted)
  }

  /** The view that the clients together take the replicas to be in. */
  get view(): View {
    return this.#views.toSorted((a, b) => b - a)[this.#options.protocol.group.f] ?? 0
  }

  // A client that has not heard of the others' view calls an old primary, or one that is gone, and
  // would wait in vain: its timer fires at once, and its request goes to every replica.
  #hurry(id: ClientId, { state, to }: Client<K>): void {
    const { protocol } = this.#options
    if (!protocol.asksPrimary(state)) return
    const isGone = to.every((replica) => this.#links.lost.has(replica))
    if (isGone || protocol.view(id, state) < this.view) this.#step(id, protocol.timeout(0))
  }

  #hurryAll(): void {
    this.#clients.forEach((client, k) => this.#hurry(this.#options.from + k, client))
  }

  // What one client hears of views helps those that wait for an old primary.
  #heard(reply: K["Reply"]): void {
    const before = this.view
    const { replica, view } = reply
    this.#views[replica] = Math.max(this.#views[replica] ?? 0, view)
    if (this.view !== before) this.#hurryAll()
  }

  #clientOf(id: ClientId): Client<K> | undefined {
    return this.#clients[id - this.#options.from]
  }

  #step(id: ClientId, input: K["Input"]): void {
    const client = this.#clientOf(id)
    if (client === undefined) return this.network.add("Dropped:WrongReceiver")
    const { protocol, trace } = this.#options
    const before = client.state
    const taken = protocol.step(id, before, input)
    client.state = taken.state
    trace(id, before, taken, input)
    this.actions.add(taken.action)
    this.#silence.passedOver(protocol.unanswered(taken))
    for (const effect of taken.effects) this.#perform(id, client, effect)
    // What can come has come: nobody is waited for who is not there.
    if (client.state === before || !protocol.isReady(id, client.state, this.#silence.isAbsent))
      return
    this.#step(id, protocol.timeout(0))
  }

  #perform(id: ClientId, client: Client<K>, effect: ClientLoopEffect<K>): void {
    switch (effect._tag) {
      case "SendToReplicas":
        return this.#send(client, effect)
      case "SetTimer":
        client.waitMs = effect.ms
        return this.#timers.set(id, effect.ms)
      case "CancelTimer":
        return this.#timers.cancel(id)
      case "Complete":
        client.request = undefined
        return this.#options.completed(id, effect.result)
    }
  }

  #send(client: Client<K>, { message, replicas }: SendToReplicas<K["Message"]>): void {
    const { outgoing, isRequest, write } = this.#options.protocol
    const sent = outgoing(message, client.request)
    if (sent === undefined) return this.network.add("NotShown")
    if (isRequest(sent)) {
      client.request = sent
      client.to = replicas
    }
    for (const replica of replicas) this.#links.to(replica)?.sendBy(write, sent)
    this.#links.schedule()
  }

  close(): void {
    this.#timers.close()
    this.#links.close()
  }
}
