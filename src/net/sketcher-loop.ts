/**
 * A running sketcher: the pure machine (core/prophecy/sketcher.ts), one connection a replica, its
 * timers, and the random choice of whom to ask. What is sent in one turn leaves in one write a
 * replica.
 *
 * Outside the specification: how a replica is drawn. Whichever is drawn, answers are checked.
 */
import { hash, randomInt } from "node:crypto"
import { type Bytes, type ClientId, type Digest, noDigest } from "../core/ids.ts"
import type { ReplicaId, Timestamp } from "../core/ids.ts"
import { remembering } from "../core/oldest.ts"
import type { Authentic } from "../core/pbft/message.ts"
import { chunkedDigest } from "../core/prophecy/chunks.ts"
import { type LaneMessage, resultOf } from "../core/prophecy/lane-client.ts"
import type { FastReply } from "../core/prophecy/message.ts"
import { decodePlaced } from "../core/prophecy/position.ts"
import { sketchOf } from "../core/prophecy/sketch-table.ts"
import { initSketcher, rotation, stepSketcher } from "../core/prophecy/sketcher.ts"
import { callOf } from "../core/prophecy/to-group.ts"
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
import { decodeRequest, isNotHttp } from "../web/http-message.ts"
import { AnswerWatch, differenceText, type Finding } from "./answer-watch.ts"
import { BadMessage } from "./bad-message.ts"
import type { CodecLimits } from "./batch-codec.ts"
import { calledInVain } from "./called-in-vain.ts"
import type { Endpoint } from "./cluster-config.ts"
import type { Connection } from "./connection.ts"
import { limitsOf } from "./core-config.ts"
import { Counts } from "./counts.ts"
import { FastAnswers } from "./fast-answers.ts"
import {
  type FastChunk,
  fastKind,
  readFastChunk,
  readFastReply,
  writeFastRead,
} from "./fast-codec.ts"
import { type EndpointKeys, endpointKeys } from "./keys.ts"
import { type LaneRequest, laneWire, type LaneWire, passedOver } from "./lane-wire.ts"
import { Links, type Payload } from "./links.ts"
import { BadFrame } from "./peer-fault.ts"
import { Reader } from "./reader.ts"
import { onceATurn } from "./once-a-turn.ts"
import { Silence } from "./silence.ts"
import {
  AnswersDiffer,
  type Done,
  type Outcome,
  type Read,
  type Reason,
  reasonOf,
  type Way,
} from "./sketcher-outcome.ts"
import { machineConfig, type SketcherLoopOptions } from "./sketcher-options.ts"
import { OrderedTimers } from "./ordered-timers.ts"
import { timerOf } from "./sketcher-timers.ts"
import { Writer } from "./writer.ts"

/** A call that is not answered. */
interface Open {
  readonly done: Done
  /** Whom a fast read goes to. */
  readonly drawn: ReplicaId | undefined
  /** Why the group is asked, if it is. */
  reason: Reason
}

interface Sent {
  readonly request: LaneRequest
  readonly to: ReadonlyArray<ReplicaId>
}

type SendEffect = Extract<SketcherEffect, { readonly _tag: "SendToReplicas" }>

const sha256 = (bytes: Bytes): string => hash("sha256", Buffer.from(bytes, "latin1"), "hex")
const digestOf = (result: Bytes): Digest => chunkedDigest(sha256, result)
/** Of most keys the digest was asked for before. */
const keysRemembered = { most: 10_000, longest: 4_096 }

export class SketcherLoop {
  readonly actions = new Counts()
  readonly network = new Counts()
  readonly ways = new Counts()
  readonly #options: SketcherLoopOptions
  readonly #machine: SketcherConfig
  readonly #keys: EndpointKeys
  readonly #wire: LaneWire
  readonly #limits: CodecLimits
  readonly #links: Links
  readonly #timers = new OrderedTimers<SketcherTimer>((timer) => this.#fired(timer))
  readonly #open = new Map<CallId, Open>()
  /** By lane the request under way and whom it went to, for those of them that connect later. */
  readonly #sent: Array<Sent | undefined> = []
  readonly #reader = new Reader(Buffer.alloc(0))
  readonly #keyOf = remembering(sha256, keysRemembered)
  readonly #scratch = new Writer(4096)
  readonly #silence = new Silence((replica) => this.#links.to(replica) !== undefined)
  /** Large answers that are on their way. */
  readonly #answers = new FastAnswers()
  /** Where replicas may answer differently without a lie. */
  readonly #watch: AnswerWatch | undefined
  #state: SketcherState
  #nextCall: CallId = 1
  #closed = false

  constructor(options: SketcherLoopOptions) {
    const { config, endpoint } = options
    const lanes = config.endpoints[endpoint] as Endpoint
    this.#options = options
    this.#machine = machineConfig(options, lanes)
    this.#state = initSketcher(this.#machine)
    this.#keys = endpointKeys(config, endpoint)
    this.#wire = laneWire(config, this.#keys, options.firstTimestamp)
    this.#limits = limitsOf(config)
    const { group, replyQuorum } = this.#machine
    if (config.service === "origin") this.#watch = new AnswerWatch(group.n, replyQuorum)
    const { log, connections } = options
    this.#links = new Links({
      config,
      endpoint,
      from: lanes.from,
      to: lanes.to,
      log,
      connections,
      keys: this.#keys,
      network: this.network,
      opened: this.#opened,
      payload: (replica, connection, payload) => this.#payload(replica, connection, payload),
      closed: () => this.#hurry(),
    })
  }

  readonly #opened = (replica: ReplicaId, connection: Connection): void => {
    this.#state.lanes.forEach(({ call }, lane) => {
      const sent = this.#sent[lane]
      const isAwaited = call !== undefined && sent?.to.includes(replica) === true
      if (isAwaited) connection.sendBy(this.#wire.write, sent.request)
    })
  }

  #payload(replica: ReplicaId, connection: Connection, { bytes, at, end }: Payload): void {
    const reader = this.#reader
    reader.reset(bytes, at, end)
    while (reader.left > 0 && !reader.failed) {
      if (bytes[reader.at] === fastKind.FastReply) {
        const message = readFastReply(reader, this.#limits)
        if (!reader.failed) this.#fastReply(replica, message)
        continue
      }
      if (bytes[reader.at] === fastKind.FastChunk) {
        const chunk = readFastChunk(reader)
        if (!reader.failed) this.#fastChunk(replica, chunk)
        continue
      }
      const heard = this.#wire.read(reader, replica)
      if (heard instanceof BadMessage) break
      if (typeof heard === "string") this.network.add(`Dropped:${heard}`)
      else this.#heard(replica, heard)
    }
    if (!reader.failed) return
    this.network.add("BadMessage")
    connection.fail(new BadFrame({ reason: reader.error().message }))
  }

  #heard(replica: ReplicaId, message: LaneMessage): void {
    const lane = message.client - this.#machine.firstClient
    const result = resultOf(this.#state.lanes[lane]?.client, message)
    const digest = digestOf(decodePlaced(result).result)
    this.#silence.heard(replica)
    this.#step({ _tag: "Reply", message, digest })
    if (message._tag === "Reply" && this.#watch !== undefined) {
      this.#compare(this.#watch.heard(message), message)
    }
    this.#goOn(lane)
  }

  // What can come has come: nobody is waited for who is not there.
  #goOn(lane: number): void {
    const { call, client } = this.#state.lanes[lane] ?? {}
    if (call === undefined || client === undefined) return
    const id = this.#machine.firstClient + lane
    if (this.#wire.isReady(id, client, this.#silence.isAbsent)) {
      this.#step({ _tag: "Retransmit", lane })
    }
  }

  #fastReply(replica: ReplicaId, message: FastReply): void {
    if (message.replica !== replica) return this.network.add("Dropped:WrongSender")
    const digest = digestOf(message.result)
    this.#step({ _tag: "FastReply", message: message as Authentic<FastReply>, digest })
  }

  // What is verified is told at once; the machine hears of it when it is complete, or another one.
  #fastChunk(replica: ReplicaId, chunk: FastChunk): void {
    if (chunk.replica !== replica) return this.network.add("Dropped:WrongSender")
    const { id, sketcher } = chunk
    const call = callOf(this.#state, id)
    if (call?.stage !== "fast" || call.replica !== replica) return
    const { position, digest } = call
    const { verdict, started } = this.#answers.take(call, chunk)
    if (started !== undefined) {
      const { first: result, rest } = started
      this.#tell(id, { result, rest, position, way: { path: "fast", replica } })
    }
    if (verdict === "released") return this.#timers.set(`fast ${id}`, this.#machine.fastReadMs)
    if (verdict === "broken") this.ways.add("broken")
    const said = { _tag: "FastReply", sketcher, id, replica, result: "" } as const
    const message = said as Authentic<FastReply>
    this.#step({ _tag: "FastReply", message, digest: verdict === "complete" ? digest : noDigest })
  }

  // Replicas whose origins answer differently: who, and in what.
  #compare(
    { isHopeless, differences }: Finding,
    { client, timestamp }: { readonly client: ClientId; readonly timestamp: Timestamp },
  ): void {
    for (const difference of differences) {
      this.network.add(`OriginDiffers:${difference.replica}`)
      this.#options.log(`${this.#what(client, timestamp)}${differenceText(difference)}`)
    }
    const call = this.#state.lanes[client - this.#machine.firstClient]?.call
    if (isHopeless && call !== undefined) this.giveUp(call, new AnswersDiffer({ differences }))
  }

  #what(client: ClientId, timestamp: Timestamp): string {
    const request = this.#sent[client - this.#machine.firstClient]?.request
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
    const key = this.#keyOf(asked)
    const drawn = this.#draw()
    const id = this.#nextCall++
    const replica = drawn ?? 0
    const input: ReadInput = { _tag: "Read", id, key, operation, fresh, after, replica }
    const known = sketchOf(this.#state.table, key)
    const reason = reasonOf({ ...input, drawn }, known, this.#options.sketches)
    this.#open.set(id, { done, drawn, reason })
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

  /** Drawn uniformly among those that are connected and not suspected; nobody can foresee whom. */
  #draw(): ReplicaId | undefined {
    const trusted = rotation(this.#machine, this.#state)
    const among = trusted.filter((replica) => this.#links.to(replica) !== undefined)
    return among.length === 0 ? undefined : among[randomInt(among.length)]
  }

  #step(input: SketcherInput): void {
    if (this.#closed) return
    const before = this.#state
    const taken = stepSketcher(this.#machine, before, input)
    this.#state = taken.state
    this.#options.stepped(before, taken, input)
    this.actions.add(taken.action)
    if (input._tag === "Retransmit") this.#passOver(before, input.lane)
    for (const effect of taken.effects) this.#perform(effect)
  }

  #passOver({ lanes }: SketcherState, lane: number): void {
    const [before, after] = [lanes[lane]?.client, this.#state.lanes[lane]?.client]
    if (before !== undefined && after !== undefined) {
      this.#silence.passedOver(passedOver(before, after))
    }
  }

  #perform(effect: SketcherEffect): void {
    switch (effect._tag) {
      case "SendToReplicas":
        return this.#send(effect)
      case "SendFastRead": {
        this.#scratch.rewind()
        writeFastRead(this.#scratch, effect.message)
        this.#links.to(effect.replica)?.sendBytes(this.#scratch.bytes, 0, this.#scratch.at)
        return this.#links.schedule()
      }
      case "SetTimer":
        return this.#timers.set(effect.timer, effect.ms)
      case "CancelTimer":
        return this.#timers.cancel(effect.timer)
      case "Respond":
        return this.#respond(effect)
    }
  }

  #respond({ id, path, position, result }: Respond): void {
    const call = this.#open.get(id)
    if (call === undefined) return
    const { drawn, reason } = call
    const way: Way =
      path === "fast" && drawn !== undefined
        ? { path, replica: drawn }
        : { path: "replicated", reason }
    this.#tell(id, { result, position, way })
  }

  #tell(id: CallId, outcome: Outcome): void {
    const call = this.#open.get(id)
    this.#open.delete(id)
    const { way } = outcome
    this.ways.add(way.path === "fast" ? "fast" : way.reason)
    call?.done(outcome)
  }

  #fired(timer: SketcherTimer): void {
    const { kind, of } = timerOf(timer)
    if (kind === "retransmit") return this.#step({ _tag: "Retransmit", lane: of })
    if (kind === "readmit") return this.#step({ _tag: "Readmit", replica: of })
    const call = this.#open.get(of)
    if (call !== undefined) call.reason = "timeout"
    this.#answers.abort(of)
    this.#step({ _tag: "FastTimeout", id: of })
  }

  #send({ message, replicas }: SendEffect): void {
    const lane = "client" in message ? message.client - this.#machine.firstClient : -1
    const sent = this.#wire.outgoing(message, this.#sent[lane]?.request)
    if (sent === undefined) return this.network.add("NotShown")
    if (sent._tag === "Request") this.#sent[lane] = { request: sent, to: replicas }
    for (const replica of replicas) this.#links.to(replica)?.sendBy(this.#wire.write, sent)
    this.#links.schedule()
    this.#hurry()
  }

  // Whoever would wait in vain for a primary asks everyone. (Once a turn, whatever was sent in it:
  // for each request by itself it took a tenth of a busy sketcher's time.)
  readonly #hurry = onceATurn(() => {
    const { n, f } = this.#machine.group
    const sentTo = Array.from(this.#sent, (sent) => sent?.to ?? [])
    const { lost } = this.#links
    for (const lane of calledInVain(this.#state.lanes, sentTo, { n, f, lost })) {
      this.#step({ _tag: "Retransmit", lane })
    }
  })

  connected(): ReadonlyArray<ReplicaId> {
    return this.#links.connected()
  }

  /** Calls that are not answered yet. */
  get waiting(): number {
    return this.#open.size
  }

  close(): void {
    this.#closed = true
    this.#timers.close()
    this.#links.close()
  }
}
