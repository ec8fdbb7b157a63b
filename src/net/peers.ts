/**
 * A replica's connections: it listens for clients and for replicas with a higher number, and calls
 * those with a lower one. Between two replicas there is one connection; a new one of the same peer
 * replaces the old one.
 *
 * Outside the specification: connections. The network there loses, delays, repeats and reorders
 * whatever was sent.
 */
import { createServer, type Server, type Socket } from "node:net"
import type { Bytes, ClientId, ReplicaId } from "../core/ids.ts"
import { chunkBytes } from "../core/prophecy/chunks.ts"
import type { SketchRead, SketchReply } from "../core/prophecy/d-message.ts"
import type { FastRead } from "../core/prophecy/message.ts"
import { BadMessage } from "./bad-message.ts"
import type { CodecLimits } from "./batch-codec.ts"
import type { ClusterConfig } from "./cluster-config.ts"
import { Connection, type ConnectionEvents } from "./connection.ts"
import { limitsOf } from "./core-config.ts"
import { sendChunks } from "./chunk-sender.ts"
import { Counts } from "./counts.ts"
import { type Backoff, Dialer } from "./dialer.ts"
import { fastKind, readFastRead, writeFastReply } from "./fast-codec.ts"
import { fingerprint, type Hello } from "./handshake.ts"
import type { ReplicaKeys } from "./keys.ts"
import { BadFrame, Disconnected, type PeerFault } from "./peer-fault.ts"
import { type Progress, progressKind, readProgress } from "./progress.ts"
import type { Kinds, Peer, ReplicaWire } from "./protocol.ts"
import { Reader } from "./reader.ts"
import { readSketchRead, sketchKind, writeSketchReply } from "./sketch-codec.ts"
import { isStateChunk, readStateChunk, type StateChunk } from "./state-wire.ts"
import { Writer } from "./writer.ts"

export interface PeersEvents<K extends Kinds> {
  /** An authenticated message. */
  readonly input: (input: K["Input"]) => void
  readonly progress: (replica: ReplicaId, progress: Progress) => void
  /** A part of a state, or what leads to one. */
  readonly chunk: (replica: ReplicaId, chunk: StateChunk) => void
  /** A sketcher has this replica read; the result is to be given to `answer`, now or later. */
  readonly fastRead: (message: FastRead, answer: (result: Bytes) => void) => void
  /** A client of D-Prophecy asks for a sketch; `send` is called once at most, now or later. */
  readonly sketchRead: (message: SketchRead, send: (reply: SketchReply) => void) => void
  readonly connected: (replica: ReplicaId) => void
  /** What it says from here on is under another key. */
  readonly rekeyed: (replica: ReplicaId) => void
  readonly disconnected: (replica: ReplicaId) => void
}

export interface PeersOptions<K extends Kinds> {
  readonly config: ClusterConfig
  readonly id: ReplicaId
  readonly keys: ReplicaKeys
  readonly wire: ReplicaWire<K>
  readonly log: (line: string) => void
  readonly backoff?: Backoff
}

const refuse = { fingerprint: 2, unknown: 3, otherReplica: 4 } as const

const nameOf = (peer: Peer): string =>
  peer.kind === "replica"
    ? `replica ${peer.id}`
    : `endpoint ${peer.id} (clients ${peer.from} to ${peer.to})`

export class Peers<K extends Kinds> {
  readonly counts = new Counts()
  /** Milliseconds spent on decoding and authenticating. */
  receiveMs = 0
  readonly #options: PeersOptions<K>
  readonly #limits: CodecLimits
  readonly #fingerprint: string
  readonly #replicas: Array<Connection | undefined>
  readonly #lost = new Set<ReplicaId>()
  readonly #clients: Array<Connection | undefined>
  readonly #open = new Map<Connection, Peer>()
  readonly #accepted = new Set<Connection>()
  readonly #reader = new Reader(Buffer.alloc(0))
  readonly #scratch = new Writer(64 * 1024)
  /** Undefined until `start`. */
  #events: PeersEvents<K> | undefined
  /** Sockets that called before `start`. */
  #early: Array<Socket> = []
  #server: Server | undefined
  #dialers: ReadonlyArray<Dialer> = []
  #paused = false

  constructor(options: PeersOptions<K>) {
    const { config } = options
    this.#options = options
    this.#limits = limitsOf(config)
    this.#fingerprint = fingerprint(config)
    this.#replicas = config.replicas.map(() => undefined)
    this.#clients = new Array<Connection | undefined>(config.clients).fill(undefined)
  }

  /** Binds the replica's port; nobody is answered before `start`. */
  listen(): Promise<void> {
    const { config, id } = this.#options
    const address = config.replicas[id] as ClusterConfig["replicas"][number]
    const server = createServer({ pauseOnConnect: true }, (socket) => this.#accept(socket))
    server.maxConnections = config.limits.connections
    this.#server = server
    return new Promise((resolve, reject) => {
      server.once("error", reject)
      server.listen(address.port, address.host, () => {
        server.removeListener("error", reject)
        server.on("error", (error) => this.#options.log(`listening: ${error.message}`))
        resolve()
      })
    })
  }

  /** Answers those who called, and calls the replicas with lower numbers. */
  start(events: PeersEvents<K>): void {
    const { config, id, keys, backoff } = this.#options
    this.#events = events
    for (const socket of this.#early) this.#accept(socket)
    this.#early = []
    this.#dialers = config.replicas.slice(0, id).map((address, replica) => {
      const peer: Peer = { kind: "replica", id: replica }
      const hello = {
        kind: "replica" as const,
        id,
        to: replica,
        firstClient: 0,
        lastClient: 0,
        fingerprint: this.#fingerprint,
      }
      return new Dialer({
        address,
        role: { side: "initiator", hello, secret: keys.pair(replica), keying: keys.keying },
        limits: config.limits,
        events: this.#eventsOf(() => peer),
        ...(backoff === undefined ? {} : { backoff }),
      })
    })
  }

  #accept(socket: Socket): void {
    if (this.#events === undefined) {
      this.#early.push(socket)
      return
    }
    const { keying } = this.#options.keys
    const secretFor = (hello: Hello): Uint8Array | number => this.#secretFor(hello)
    const role = { side: "acceptor", secretFor, keying } as const
    const events = this.#eventsOf((hello) => this.#peerOf(hello as Hello))
    this.#accepted.add(new Connection(socket, role, this.#options.config.limits, events))
    socket.resume()
  }

  #peerOf(hello: Hello): Peer {
    if (hello.kind === "replica") return { kind: "replica", id: hello.id }
    return { kind: "endpoint", id: hello.id, from: hello.firstClient, to: hello.lastClient }
  }

  #secretFor(hello: Hello): Uint8Array | number {
    const { config, id, keys } = this.#options
    if (hello.fingerprint !== this.#fingerprint) return refuse.fingerprint
    if (hello.to !== id) return refuse.otherReplica
    if (hello.kind === "replica") {
      // Replicas with a lower number are called from here.
      if (hello.id <= id || hello.id >= config.replicas.length) return refuse.unknown
      return keys.pair(hello.id)
    }
    const endpoint = config.endpoints[hello.id]
    const { firstClient, lastClient } = hello
    if (endpoint === undefined || firstClient > lastClient) return refuse.unknown
    if (firstClient < endpoint.from || lastClient > endpoint.to) return refuse.unknown
    return keys.endpoint(hello.id)
  }

  #eventsOf(peerOf: (hello: Hello | undefined) => Peer): ConnectionEvents {
    return {
      opened: (connection, hello) => this.#opened(connection, peerOf(hello)),
      payload: (connection, bytes, from, to) => this.#payload(connection, bytes, from, to),
      rekeyed: (connection) => this.#rekeyed(connection),
      closed: (connection, fault) => this.#closed(connection, fault),
    }
  }

  #opened(connection: Connection, peer: Peer): void {
    this.counts.add("Connected")
    this.#open.set(connection, peer)
    if (this.#paused) connection.pause()
    if (peer.kind === "endpoint") {
      this.#clients.fill(connection, peer.from, peer.to + 1)
      return
    }
    const old = this.#replicas[peer.id]
    this.#replicas[peer.id] = connection
    this.#lost.delete(peer.id)
    old?.fail(new Disconnected({ reason: "replaced by a new connection" }))
    this.#options.log(`connected to ${nameOf(peer)}`)
    this.#events?.connected(peer.id)
  }

  #rekeyed(connection: Connection): void {
    const peer = this.#open.get(connection)
    if (peer?.kind === "replica") this.#events?.rekeyed(peer.id)
  }

  #closed(connection: Connection, fault: PeerFault): void {
    this.#accepted.delete(connection)
    const peer = this.#open.get(connection)
    this.#open.delete(connection)
    if (fault._tag !== "Disconnected") this.counts.add(fault._tag)
    if (peer === undefined) {
      // Calls to a replica that is not up yet fail all the time: only faults are told.
      if (fault._tag !== "Disconnected") this.#options.log(`no connection: ${fault.message}`)
      return
    }
    this.counts.add("Disconnected")
    if (peer.kind === "endpoint") {
      for (let c = peer.from; c <= peer.to; c++) {
        if (this.#clients[c] === connection) this.#clients[c] = undefined
      }
      return
    }
    this.#options.log(`disconnected from ${nameOf(peer)}: ${fault.message}`)
    if (this.#replicas[peer.id] !== connection) return
    this.#replicas[peer.id] = undefined
    this.#lost.add(peer.id)
    this.#events?.disconnected(peer.id)
  }

  #payload(connection: Connection, bytes: Buffer, from: number, to: number): void {
    const peer = this.#open.get(connection)
    if (peer === undefined) return
    const startedAt = performance.now()
    const reader = this.#reader
    reader.reset(bytes, from, to)
    while (reader.left > 0 && !reader.failed) {
      if (peer.kind === "replica" && bytes[reader.at] === progressKind) {
        const progress = readProgress(reader)
        if (!reader.failed) this.#events?.progress(peer.id, progress)
      } else if (peer.kind === "replica" && isStateChunk(bytes[reader.at])) {
        const chunk = readStateChunk(reader)
        if (!reader.failed) this.#events?.chunk(peer.id, chunk)
      } else if (peer.kind === "endpoint" && bytes[reader.at] === fastKind.FastRead) {
        this.#fastRead(peer, connection)
      } else if (peer.kind === "endpoint" && bytes[reader.at] === sketchKind.SketchRead) {
        this.#sketchRead(peer, connection)
      } else this.#message(peer)
    }
    if (reader.failed) {
      // The peer is authentic and speaks nonsense: nothing it says further on has a meaning.
      this.counts.add("BadMessage")
      connection.fail(new BadFrame({ reason: reader.error().message }))
    }
    this.receiveMs += performance.now() - startedAt
  }

  #message(peer: Peer): void {
    const incoming = this.#options.wire.read(this.#reader, peer)
    if (incoming instanceof BadMessage) return
    const { tag, input } = incoming
    if (typeof input !== "string") return this.#events?.input(input)
    this.counts.add(`Dropped:${input}`)
    if (this.counts.get(`Dropped:${input}`) === 1) {
      this.#options.log(`dropped a ${tag} of ${nameOf(peer)}: ${input}`)
    }
  }

  #fastRead(peer: Extract<Peer, { readonly kind: "endpoint" }>, connection: Connection): void {
    const message = readFastRead(this.#reader, this.#limits)
    if (this.#reader.failed) return
    // A sketcher is known by the endpoint that it calls from.
    if (message.sketcher !== peer.id) return this.counts.add("Dropped:WrongSender")
    const { sketcher, id } = message
    const { id: replica } = this.#options
    this.#events?.fastRead(message, (result) => {
      if (result.length > chunkBytes) {
        const head = { sketcher, id, replica }
        return sendChunks(connection, this.#scratch, head, result)
      }
      const reply = { _tag: "FastReply", sketcher, id, replica, result } as const
      this.#scratch.rewind()
      writeFastReply(this.#scratch, reply)
      connection.sendBytes(this.#scratch.bytes, 0, this.#scratch.at)
    })
  }

  #sketchRead(peer: Extract<Peer, { readonly kind: "endpoint" }>, connection: Connection): void {
    const message = readSketchRead(this.#reader, this.#limits)
    if (this.#reader.failed) return
    const { client } = message
    if (client < peer.from || client > peer.to) return this.counts.add("Dropped:WrongSender")
    this.#events?.sketchRead(message, (reply) => {
      this.#scratch.rewind()
      writeSketchReply(this.#scratch, reply)
      connection.sendBytes(this.#scratch.bytes, 0, this.#scratch.at)
    })
  }

  broadcast(message: K["Message"]): void {
    if (this.#waits(message, (signed) => this.#sendToAll(signed))) return
    this.#sendToAll(message)
  }

  // What is to be signed elsewhere leaves when it is; where nobody signs it, it comes again later.
  #waits(message: K["Message"], send: (signed: K["Message"]) => void): boolean {
    const later = this.#options.wire.later?.(message)
    if (later === undefined) return false
    const failed = (cause: unknown): void => {
      this.counts.add("Unsigned")
      this.#options.log(`a ${message._tag} is not sent: ${(cause as Error).message}`)
    }
    void later.then((signed) => {
      send(signed)
      this.flush()
    }, failed)
    return true
  }

  #sendToAll(message: K["Message"]): void {
    this.#scratch.rewind()
    this.#options.wire.write(this.#scratch, message)
    for (const connection of this.#replicas) {
      connection?.sendBytes(this.#scratch.bytes, 0, this.#scratch.at)
    }
  }

  toReplica(replica: ReplicaId, message: K["Message"]): void {
    if (this.#waits(message, (signed) => this.#sendTo(replica, signed))) return
    this.#sendTo(replica, message)
  }

  #sendTo(replica: ReplicaId, message: K["Message"]): void {
    this.#replicas[replica]?.sendBy(this.#options.wire.write, message)
  }

  sendChunk(replica: ReplicaId, chunk: StateChunk): void {
    this.#replicas[replica]?.sendChunk(chunk)
  }

  toClient(client: ClientId, reply: K["Reply"]): void {
    const connection = this.#clients[client]
    if (connection === undefined) this.counts.add("NoClient")
    else connection.sendBy(this.#options.wire.write, reply)
  }

  tellProgress(progress: Progress): void {
    for (const connection of this.#replicas) connection?.sendProgress(progress)
  }

  /** One write for each peer that was sent something. */
  flush(): void {
    for (const connection of this.#open.keys()) connection.flush()
  }

  /** Stops reading: the others' systems hold back what they send. */
  pause(): void {
    this.#paused = true
    this.counts.add("Paused")
    for (const connection of this.#open.keys()) connection.pause()
  }

  resume(): void {
    this.#paused = false
    for (const connection of this.#open.keys()) connection.resume()
  }

  isLost(replica: ReplicaId): boolean {
    return this.#lost.has(replica)
  }

  isConnected(replica: ReplicaId): boolean {
    return this.#replicas[replica] !== undefined
  }

  queuedBytes(replica: ReplicaId): number {
    return this.#replicas[replica]?.queuedBytes ?? 0
  }

  get endpoints(): number {
    let count = 0
    for (const peer of this.#open.values()) if (peer.kind === "endpoint") count++
    return count
  }

  /** Sends what waits, ends every connection, and listens no more. */
  close(): Promise<void> {
    for (const dialer of this.#dialers) dialer.stop()
    for (const connection of this.#accepted) connection.close()
    for (const socket of this.#early) socket.destroy()
    const server = this.#server
    if (server === undefined) return Promise.resolve()
    return new Promise((resolve) => server.close(() => resolve()))
  }
}

/** What others use of it. */
export type ReplicaPeers<K extends Kinds> = Pick<Peers<K>, keyof Peers<K>>
