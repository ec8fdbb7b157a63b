/**
 * Clients of D-Prophecy in one process: the pure machine of each (core/prophecy/d-client.ts), one
 * connection a replica for all of them, their timers, and the random choice of who executes a read.
 *
 * Outside the specification: which client of the loop takes a call, who is drawn, and when a timer
 * fires. There all of it may be any.
 */
import { randomInt } from "node:crypto"
import type { SendToReplicas } from "../core/effect.ts"
import type { Bytes, ClientId, ReplicaId, Timestamp } from "../core/ids.ts"
import type { UnsignedRequest } from "../core/pbft/client.ts"
import type { Authentic, Request } from "../core/pbft/message.ts"
import {
  type DClientConfig,
  type DClientEffect,
  type DClientInput,
  type DClientState,
  initDClient,
  stepDClient,
} from "../core/prophecy/d-client.ts"
import type { SketchReply } from "../core/prophecy/d-message.ts"
import type { CallId, Respond } from "../core/prophecy/sketcher-state.ts"
import { groupOf } from "../core/quorum.ts"
import { authenticatorOf, authenticReply } from "./authenticate.ts"
import { BadMessage } from "./bad-message.ts"
import type { CodecLimits } from "./batch-codec.ts"
import type { ClusterConfig, Endpoint } from "./cluster-config.ts"
import { readMessage } from "./codec.ts"
import type { Connection } from "./connection.ts"
import { limitsOf } from "./core-config.ts"
import { Counts } from "./counts.ts"
import type { DClientStepped } from "./d-clients-trace.ts"
import { bytesDigest } from "./digests.ts"
import { type EndpointKeys, endpointKeys } from "./keys.ts"
import { Links, type Payload } from "./links.ts"
import { BadFrame } from "./peer-fault.ts"
import { Reader } from "./reader.ts"
import { readSketchReply, sketchKind, writeSketchRead } from "./sketch-codec.ts"
import { Writer } from "./writer.ts"

export interface DClientLoopOptions {
  readonly config: ClusterConfig
  /** The endpoint whose secret it holds; its clients are these. */
  readonly endpoint: number
  readonly firstTimestamp: Timestamp
  /** How long a client waits for sketches, in milliseconds. */
  readonly sketchMs: number
  readonly log: (line: string) => void
  /** The number of connected replicas changed. */
  readonly connections: () => void
  /** Told of every step, for a trace. */
  readonly stepped: DClientStepped
}

export interface Call {
  readonly kind: "read" | "write"
  readonly operation: Bytes
  readonly done: (answer: Respond) => void
}

interface Client {
  readonly config: DClientConfig
  state: DClientState
  /** The request under way and whom it went to, for those of them that connect later. */
  sent: { readonly request: Request; readonly to: ReadonlyArray<ReplicaId> } | undefined
  readonly timers: Map<string, NodeJS.Timeout>
  call: Call | undefined
}

export class DClientLoop {
  readonly actions = new Counts()
  readonly network = new Counts()
  readonly #options: DClientLoopOptions
  readonly #first: ClientId
  readonly #clients: ReadonlyArray<Client>
  readonly #free: Array<ClientId>
  readonly #keys: EndpointKeys
  readonly #limits: CodecLimits
  readonly #links: Links
  readonly #reader = new Reader(Buffer.alloc(0))
  readonly #scratch = new Writer(4096)
  #queue: ReadonlyArray<Call> = []
  #nextCall: CallId = 1
  #closed = false

  constructor(options: DClientLoopOptions) {
    const { config, endpoint, firstTimestamp, sketchMs } = options
    const { from, to } = config.endpoints[endpoint] as Endpoint
    const { retransmitMs } = config
    const group = groupOf(config.replicas.length)
    this.#options = options
    this.#first = from
    this.#clients = Array.from({ length: to - from + 1 }, (_, k): Client => {
      const own = { group, id: from + k, firstTimestamp, retransmitMs, sketchMs }
      const state = initDClient(own)
      return { config: own, state, sent: undefined, timers: new Map(), call: undefined }
    })
    this.#free = this.#clients.map(({ config: { id } }) => id).toReversed()
    this.#keys = endpointKeys(config, endpoint)
    this.#limits = limitsOf(config)
    const { log, connections } = options
    this.#links = new Links({
      config,
      endpoint,
      from,
      to,
      log,
      connections,
      keys: this.#keys,
      network: this.network,
      opened: this.#opened,
      payload: (replica, connection, payload) => this.#payload(replica, connection, payload),
      // Whoever waits asks everyone after a while.
      closed: () => undefined,
    })
  }

  readonly #opened = (replica: ReplicaId, connection: Connection): void => {
    for (const { state, sent } of this.#clients) {
      const isAwaited = state.call?.stage === "ordered" && sent?.to.includes(replica) === true
      if (isAwaited) connection.send(sent.request)
    }
  }

  #payload(replica: ReplicaId, connection: Connection, { bytes, at, end }: Payload): void {
    const reader = this.#reader
    reader.reset(bytes, at, end)
    while (reader.left > 0 && !reader.failed) {
      if (bytes[reader.at] === sketchKind.SketchReply) {
        const message = readSketchReply(reader, this.#limits)
        if (!reader.failed) this.#sketchReply(replica, message)
        continue
      }
      const decoded = readMessage(reader, this.#limits)
      if (decoded instanceof BadMessage) break
      const reply = authenticReply(replica, decoded.message)
      if (typeof reply === "string") this.network.add(`Dropped:${reply}`)
      else this.#step(reply.client, { _tag: "Reply", message: reply })
    }
    if (!reader.failed) return
    this.network.add("BadMessage")
    connection.fail(new BadFrame({ reason: reader.error().message }))
  }

  #sketchReply(replica: ReplicaId, message: SketchReply): void {
    if (message.replica !== replica) return this.network.add("Dropped:WrongSender")
    const digest = message.result === undefined ? "" : bytesDigest(message.result)
    const authentic = message as Authentic<SketchReply>
    this.#step(message.client, { _tag: "SketchReply", message: authentic, digest })
  }

  /** Has the operation done by the next client that is free; `done` is called once, later. */
  ask(call: Call): void {
    const client = this.#free.pop()
    if (client === undefined) this.#queue = [...this.#queue, call]
    else this.#begin(client, call)
  }

  #begin(id: ClientId, call: Call): void {
    const client = this.#clients[id - this.#first] as Client
    client.call = call
    const { kind, operation } = call
    const own = { id: this.#nextCall++, operation }
    const executor = randomInt(this.#options.config.replicas.length)
    this.#step(id, kind === "read" ? { _tag: "Read", ...own, executor } : { _tag: "Write", ...own })
  }

  #step(id: ClientId, input: DClientInput): void {
    const client = this.#clients[id - this.#first]
    if (client === undefined || this.#closed) return
    const before = client.state
    const taken = stepDClient(client.config, before, input)
    client.state = taken.state
    this.#options.stepped({ client: id, before, step: taken, input, states: this.#states })
    this.actions.add(taken.action)
    for (const effect of taken.effects) this.#perform(client, effect)
  }

  readonly #states = (): ReadonlyMap<ClientId, DClientState> =>
    new Map(this.#clients.map(({ config: { id }, state }) => [id, state]))

  #perform(client: Client, effect: DClientEffect): void {
    const { id } = client.config
    switch (effect._tag) {
      case "SendToReplicas":
        return this.#send(client, effect)
      case "SendSketchRead":
        this.#scratch.rewind()
        writeSketchRead(this.#scratch, effect.message)
        for (const link of this.#links.open)
          link.sendBytes(this.#scratch.bytes, 0, this.#scratch.at)
        return this.#links.schedule()
      case "SetTimer": {
        const { timer, ms } = effect
        clearTimeout(client.timers.get(timer))
        client.timers.set(
          timer,
          setTimeout(() => this.#fired(id, timer), ms),
        )
        return
      }
      case "CancelTimer":
        return clearTimeout(client.timers.get(effect.timer))
      case "Respond":
        return this.#respond(client, effect)
    }
  }

  #fired(id: ClientId, timer: "sketches" | "retransmit"): void {
    const call = this.#clients[id - this.#first]?.state.call
    if (timer === "retransmit") return this.#step(id, { _tag: "Retransmit" })
    if (call !== undefined) this.#step(id, { _tag: "SketchTimeout", id: call.id })
  }

  #respond(client: Client, answer: Respond): void {
    const { call } = client
    const [next, ...queue] = this.#queue
    this.#queue = queue
    client.call = undefined
    if (next === undefined) this.#free.push(client.config.id)
    else this.#begin(client.config.id, next)
    call?.done(answer)
  }

  #send(client: Client, { message, replicas }: SendToReplicas<UnsignedRequest>): void {
    // The same request goes out with the same authenticator again.
    let request = client.sent?.request
    if (request?.timestamp !== message.timestamp) {
      const authenticator = authenticatorOf(this.#keys.client(message.client), message)
      request = { ...message, _tag: "Request", authenticator }
    }
    client.sent = { request, to: replicas }
    for (const replica of replicas) this.#links.to(replica)?.send(request)
    this.#links.schedule()
  }

  connected(): ReadonlyArray<ReplicaId> {
    return this.#links.connected()
  }

  /** Calls that are not answered yet. */
  get waiting(): number {
    return this.#queue.length + this.#clients.length - this.#free.length
  }

  close(): void {
    this.#closed = true
    for (const { timers } of this.#clients) {
      for (const timer of timers.values()) clearTimeout(timer)
    }
    this.#links.close()
  }
}
