/**
 * A running sketcher: the pure machine (core/prophecy/sketcher.ts), one connection a replica, its
 * timers, and the random choice of whom to ask. What is sent in one turn leaves in one write a
 * replica.
 *
 * Outside the specification: how a replica is drawn. Whichever is drawn, answers are checked.
 */
import { hash, randomInt } from "node:crypto"
import type { SendToReplicas } from "../core/effect.ts"
import type { Bytes, ClientId, ReplicaId, Timestamp } from "../core/ids.ts"
import type { UnsignedRequest } from "../core/pbft/client.ts"
import type { Authentic, Reply, Request } from "../core/pbft/message.ts"
import type { FastReply } from "../core/prophecy/message.ts"
import { decodePlaced, isBefore } from "../core/prophecy/position.ts"
import { sketchOf } from "../core/prophecy/sketch-table.ts"
import { initSketcher, rotation, stepSketcher } from "../core/prophecy/sketcher.ts"
import type {
  CallId,
  ReadInput,
  Respond,
  SketcherConfig,
  SketcherEffect,
  SketcherInput,
  SketcherState,
  SketcherTimer,
} from "../core/prophecy/sketcher-state.ts"
import { groupOf, weakQuorum } from "../core/quorum.ts"
import { decodeRequest, isNotHttp } from "../web/http-message.ts"
import { AnswerWatch, differenceText, type Finding } from "./answer-watch.ts"
import { authenticatorOf, authenticReply } from "./authenticate.ts"
import { BadMessage } from "./bad-message.ts"
import type { CodecLimits } from "./batch-codec.ts"
import type { ClusterConfig, Endpoint } from "./cluster-config.ts"
import { readMessage } from "./codec.ts"
import type { Connection } from "./connection.ts"
import { limitsOf } from "./core-config.ts"
import { Counts } from "./counts.ts"
import { Dialer } from "./dialer.ts"
import { fastKind, readFastReply, writeFastRead } from "./fast-codec.ts"
import { fingerprint } from "./handshake.ts"
import { type EndpointKeys, endpointKeys } from "./keys.ts"
import { BadFrame, type PeerFault } from "./peer-fault.ts"
import { Reader } from "./reader.ts"
import { AnswersDiffer, type Done, type Read, type Reason, type Way } from "./sketcher-outcome.ts"
import { Writer } from "./writer.ts"

export interface SketcherLoopOptions {
  readonly config: ClusterConfig
  /** The endpoint whose secret it holds; its clients are the sketcher's lanes. */
  readonly endpoint: number
  /** Without sketches this is proxied PBFT. */
  readonly sketches: boolean
  /** How many sketches each of the table's two generations holds. */
  readonly generation: number
  readonly maxStrikes: number
  readonly fastReadMs: number
  readonly readmitMs: number
  readonly log: (line: string) => void
  /** The number of connected replicas changed. */
  readonly connections: () => void
}

/** A call that is not answered. */
interface Open {
  readonly done: Done
  /** Whom a fast read goes to. */
  readonly drawn: ReplicaId | undefined
  /** Why the group is asked, if it is. */
  reason: Reason
}

const sha256 = (bytes: Bytes): string => hash("sha256", Buffer.from(bytes, "latin1"), "hex")

/** Equal answers that make one of the group: more where origins may differ for a while. */
const sketcherQuorum = ({ replicas, service }: ClusterConfig): number => {
  const group = groupOf(replicas.length)
  return service === "origin" ? group.quorum : weakQuorum(group)
}

const machineConfig = (options: SketcherLoopOptions, lanes: Endpoint): SketcherConfig => ({
  group: groupOf(options.config.replicas.length),
  id: options.endpoint,
  firstClient: lanes.from,
  lanes: lanes.to - lanes.from + 1,
  // Microseconds: one that comes back starts above every timestamp that it used before.
  firstTimestamp: Date.now() * 1_000,
  replyQuorum: sketcherQuorum(options.config),
  sketches: options.sketches,
  generation: options.generation,
  maxStrikes: options.maxStrikes,
  fastReadMs: options.fastReadMs,
  retransmitMs: options.config.retransmitMs,
  readmitMs: options.readmitMs,
})

export class SketcherLoop {
  readonly actions = new Counts()
  readonly network = new Counts()
  readonly ways = new Counts()
  readonly #options: SketcherLoopOptions
  readonly #machine: SketcherConfig
  readonly #keys: EndpointKeys
  readonly #limits: CodecLimits
  readonly #links: Array<Connection | undefined>
  readonly #dialers: ReadonlyArray<Dialer>
  readonly #timers = new Map<SketcherTimer, NodeJS.Timeout>()
  readonly #open = new Map<CallId, Open>()
  /** By lane the request under way, for replicas that connect later. */
  readonly #requests: Array<Request | undefined> = []
  readonly #reader = new Reader(Buffer.alloc(0))
  readonly #scratch = new Writer(4096)
  /** Where replicas may answer differently without a lie. */
  readonly #watch: AnswerWatch | undefined
  #state: SketcherState
  #nextCall: CallId = 1
  #scheduled = false
  #closed = false

  constructor(options: SketcherLoopOptions) {
    const { config, endpoint } = options
    const lanes = config.endpoints[endpoint] as Endpoint
    this.#options = options
    this.#machine = machineConfig(options, lanes)
    this.#state = initSketcher(this.#machine)
    this.#keys = endpointKeys(config, endpoint)
    this.#limits = limitsOf(config)
    const { group, replyQuorum } = this.#machine
    if (config.service === "origin") this.#watch = new AnswerWatch(group.n, replyQuorum)
    this.#links = config.replicas.map(() => undefined)
    this.#dialers = config.replicas.map((_, replica) => this.#dial(replica, lanes))
  }

  #dial(replica: ReplicaId, lanes: Endpoint): Dialer {
    const { config, endpoint } = this.#options
    return new Dialer({
      address: config.replicas[replica] as ClusterConfig["replicas"][number],
      role: {
        side: "initiator",
        secret: this.#keys.replica(replica),
        hello: {
          kind: "endpoint",
          id: endpoint,
          to: replica,
          firstClient: lanes.from,
          lastClient: lanes.to,
          fingerprint: fingerprint(config),
        },
      },
      limits: config.limits,
      events: {
        opened: (connection) => this.#opened(replica, connection),
        payload: (connection, bytes, at, end) => {
          this.#reader.reset(bytes, at, end)
          this.#payload(replica, connection, bytes)
        },
        closed: (_, fault) => this.#disconnected(replica, fault),
      },
    })
  }

  #opened(replica: ReplicaId, connection: Connection): void {
    this.#links[replica] = connection
    this.network.add("Connected")
    this.#state.lanes.forEach(({ call }, lane) => {
      const request = this.#requests[lane]
      if (call !== undefined && request !== undefined) connection.send(request)
    })
    this.#schedule()
    this.#options.connections()
  }

  #disconnected(replica: ReplicaId, fault: PeerFault): void {
    const was = this.#links[replica]
    this.#links[replica] = undefined
    if (fault._tag !== "Disconnected") this.network.add(fault._tag)
    if (was === undefined) return
    this.network.add("Disconnected")
    this.#options.log(`disconnected from replica ${replica}: ${fault.message}`)
    this.#options.connections()
  }

  #payload(replica: ReplicaId, connection: Connection, bytes: Buffer): void {
    const reader = this.#reader
    while (reader.left > 0 && !reader.failed) {
      if (bytes[reader.at] === fastKind.FastReply) {
        const message = readFastReply(reader, this.#limits)
        if (!reader.failed) this.#fastReply(replica, message)
        continue
      }
      const decoded = readMessage(reader, this.#limits)
      if (decoded instanceof BadMessage) break
      const reply = authenticReply(replica, decoded.message)
      if (typeof reply === "string") this.network.add(`Dropped:${reply}`)
      else {
        const digest = sha256(decodePlaced(reply.result).result)
        this.#step({ _tag: "Reply", message: reply, digest })
        if (this.#watch !== undefined) this.#compare(this.#watch.heard(reply), reply)
      }
    }
    if (!reader.failed) return
    this.network.add("BadMessage")
    connection.fail(new BadFrame({ reason: reader.error().message }))
  }

  #fastReply(replica: ReplicaId, message: FastReply): void {
    if (message.replica !== replica) return this.network.add("Dropped:WrongSender")
    const digest = sha256(message.result)
    this.#step({ _tag: "FastReply", message: message as Authentic<FastReply>, digest })
  }

  // Replicas whose origins answer differently: who, and in what.
  #compare({ isHopeless, differences }: Finding, { client, timestamp }: Reply): void {
    for (const difference of differences) {
      this.network.add(`OriginDiffers:${difference.replica}`)
      this.#options.log(`${this.#what(client, timestamp)}${differenceText(difference)}`)
    }
    const call = this.#state.lanes[client - this.#machine.firstClient]?.call
    if (isHopeless && call !== undefined) this.giveUp(call, new AnswersDiffer({ differences }))
  }

  #what(client: ClientId, timestamp: Timestamp): string {
    const request = this.#requests[client - this.#machine.firstClient]
    const asked = request?.timestamp === timestamp ? decodeRequest(request.operation) : undefined
    return asked === undefined || isNotHttp(asked) ? "" : `${asked.method} ${asked.target}: `
  }

  /** Waits no longer for a call; with an error, whoever asked is told. */
  giveUp(id: CallId, error?: AnswersDiffer): void {
    const open = this.#open.get(id)
    if (open === undefined) return
    this.#open.delete(id)
    this.#step({ _tag: "GiveUp", id })
    if (error !== undefined) open.done(error)
  }

  /** Reads, fast where that is allowed; `done` is called once, later. Gives the call's number. */
  read(read: Read, done: Done): CallId {
    const { key: asked, operation, fresh, after } = read
    const key = sha256(asked)
    const drawn = this.#draw()
    const id = this.#nextCall++
    const replica = drawn ?? 0
    const input: ReadInput = { _tag: "Read", id, key, operation, fresh, after, replica }
    this.#open.set(id, { done, drawn, reason: this.#reasonOf(input, drawn) })
    this.#step(input)
    return id
  }

  /** Has the operation ordered. */
  write(operation: Bytes, done: Done): CallId {
    const id = this.#nextCall++
    this.#open.set(id, { done, drawn: undefined, reason: "write" })
    this.#step({ _tag: "Write", id, operation })
    return id
  }

  /** Drawn uniformly among those that are not suspected; nobody can foresee whom. */
  #draw(): ReplicaId | undefined {
    const among = rotation(this.#machine, this.#state)
    return among.length === 0 ? undefined : among[randomInt(among.length)]
  }

  // Why the machine would have this read replicated, in a word for people.
  #reasonOf({ key, fresh, after }: ReadInput, drawn: ReplicaId | undefined): Reason {
    if (!this.#options.sketches) return "proxied"
    if (fresh) return "fresh"
    const known = sketchOf(this.#state.table, key)
    if (known === undefined) return "no-sketch"
    if (isBefore(known.position, after)) return "session"
    return drawn === undefined ? "suspected" : "mismatch"
  }

  #step(input: SketcherInput): void {
    if (this.#closed) return
    const taken = stepSketcher(this.#machine, this.#state, input)
    this.#state = taken.state
    this.actions.add(taken.action)
    for (const effect of taken.effects) this.#perform(effect)
  }

  #perform(effect: SketcherEffect): void {
    switch (effect._tag) {
      case "SendToReplicas":
        return this.#send(effect)
      case "SendFastRead": {
        this.#scratch.rewind()
        writeFastRead(this.#scratch, effect.message)
        this.#links[effect.replica]?.sendBytes(this.#scratch.bytes, 0, this.#scratch.at)
        return this.#schedule()
      }
      case "SetTimer":
        return this.#setTimer(effect.timer, effect.ms)
      case "CancelTimer":
        clearTimeout(this.#timers.get(effect.timer))
        this.#timers.delete(effect.timer)
        return
      case "Respond":
        return this.#respond(effect)
    }
  }

  #respond({ id, path, position, result }: Respond): void {
    const call = this.#open.get(id)
    if (call === undefined) return
    this.#open.delete(id)
    const { drawn, reason } = call
    const way: Way =
      path === "fast" && drawn !== undefined
        ? { path, replica: drawn }
        : { path: "replicated", reason }
    this.ways.add(way.path === "fast" ? "fast" : way.reason)
    call.done({ result, position, way })
  }

  #setTimer(timer: SketcherTimer, ms: number): void {
    clearTimeout(this.#timers.get(timer))
    this.#timers.set(
      timer,
      setTimeout(() => {
        this.#timers.delete(timer)
        const [kind, number] = timer.split(" ")
        const of = Number(number)
        if (kind === "fast") {
          const call = this.#open.get(of)
          if (call !== undefined) call.reason = "timeout"
          this.#step({ _tag: "FastTimeout", id: of })
        } else if (kind === "retransmit") this.#step({ _tag: "Retransmit", lane: of })
        else this.#step({ _tag: "Readmit", replica: of })
      }, ms),
    )
  }

  #send({ message, replicas }: SendToReplicas<UnsignedRequest>): void {
    const lane = message.client - this.#machine.firstClient
    // The same request goes out with the same authenticator again.
    let request = this.#requests[lane]
    if (request?.timestamp !== message.timestamp) {
      const authenticator = authenticatorOf(this.#keys.client(message.client), message)
      request = { ...message, _tag: "Request", authenticator }
      this.#requests[lane] = request
    }
    for (const replica of replicas) this.#links[replica]?.send(request)
    this.#schedule()
  }

  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    setImmediate(() => {
      this.#scheduled = false
      for (const link of this.#links) link?.flush()
    })
  }

  connected(): ReadonlyArray<ReplicaId> {
    return this.#links.flatMap((link, replica) => (link === undefined ? [] : [replica]))
  }

  /** Calls that are not answered yet. */
  get waiting(): number {
    return this.#open.size
  }

  close(): void {
    this.#closed = true
    for (const timer of this.#timers.values()) clearTimeout(timer)
    for (const dialer of this.#dialers) dialer.stop()
  }
}
