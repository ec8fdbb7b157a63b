/**
 * Small symbols for what a window of a run mentions: TLC works with 32-bit integers and compares
 * every state whole, so operations, results, digests and timestamps get short names. Each kind is
 * mapped one to one over a whole chain, so adjacent windows of it name equal things equally.
 */
import * as ClientTable from "../core/client-table.ts"
import type { ClientId, Digest, ReplicaId, Timestamp } from "../core/ids.ts"
import { isIgnored } from "../core/machine.ts"
import type { ClientState } from "../core/pbft/client.ts"
import { type ExecutionConfig, pendingExecution } from "../core/pbft/execution.ts"
import { isWhole } from "../core/pbft/big-requests.ts"
import type { PrePrepare, State as StateMessage } from "../core/pbft/message.ts"
import type { Config, Input, State } from "../core/pbft/state.ts"
import {
  type Batch,
  isBig,
  isSigned,
  type NamedRequest,
  type Request,
  type SignedRequest,
} from "../core/request.ts"
import * as Window from "../core/window.ts"
import type { Chain } from "./chain.ts"
import type { ClientEvent, ReplicaEvent, StepEvent } from "./event.ts"
import { incarnationsIn, incarnationsOf } from "./incarnations.ts"
import { Names } from "./names.ts"
import { RecordedAnswers } from "./recorded-answers.ts"
import { byRank, timestampRanks } from "./timestamp-ranks.ts"
import { tlaSet, tlaTuple } from "./tla-text.ts"

type ReadDone = Extract<Input, { readonly _tag: "ReadDone" }>

export class Symbols {
  readonly replicas: ReadonlyArray<ReplicaId>
  readonly #traced: ReadonlySet<ClientId>
  readonly #operations = new Names("op")
  readonly #results = new Names("r")
  readonly #checkpoints = new Names("c")
  readonly #batchNames = new Names("")
  /** Long values, each under a name: the kind of value by the first letter of its names. */
  readonly #long = { V: new Names("V"), W: new Names("W") }
  readonly #config: ExecutionConfig & Pick<Config, "recoverers" | "bigRequestBytes">
  readonly #batchDigest: Config["batchDigest"]
  readonly #nullDigest: Digest
  /** Known batches by digest. */
  readonly #batches = new Map<Digest, Batch>()
  readonly #timestamps = new Map<ClientId, Set<Timestamp>>()
  readonly #ranks = new Map<ClientId, ReadonlyMap<Timestamp, number>>()
  /** Clients whose requests occur, and the operations of traced clients by timestamp. */
  readonly #clients = new Set<ClientId>()
  readonly #asked = new Map<ClientId, Map<Timestamp, string>>()
  /** Replicas at which a request's authenticator failed. */
  readonly #failed = new Map<string, Set<ReplicaId>>()
  /** What the service answered. */
  readonly answers = new RecordedAnswers()
  /** The first recorded digest by sequence number. */
  readonly #digestAt = new Map<number, Digest>()
  /** What primaries proposed with their batches. */
  readonly #proposals: Array<SignedRequest> = []
  /** States that were given or taken. */
  readonly #states: Array<StateMessage> = []

  constructor(chain: Chain) {
    const { header, start, events } = chain
    this.#config = { ...header, group: header, batchDigest: chain.batchDigest }
    this.#batchDigest = chain.batchDigest
    this.#resultDigest = chain.resultDigest
    this.#nullDigest = chain.batchDigest([])
    this.replicas = Array.from({ length: header.n }, (_, replica) => replica)
    this.#traced = new Set(start.clients.keys())
    // The specification looks at their timestamps with every VIEW-CHANGE.
    const { recoverers } = header
    if (recoverers !== undefined) this.replicas.forEach((i) => this.#clients.add(recoverers + i))
    for (const [id, state] of start.replicas) this.#meetReplica(id, state)
    for (const event of events) this.#meet(event)
    for (const [client, state] of start.clients) {
      if (this.#clients.has(client)) this.#meetClient(client, state)
    }
    for (const state of start.replicas.values()) this.#meetTables(state)
    for (const { table } of this.#states) this.#meetTable(table)
    for (const client of this.#clients) {
      const requested = this.#timestamps.get(client) ?? new Set<Timestamp>()
      this.#ranks.set(client, timestampRanks(requested, start.clients.get(client)))
    }
  }

  /** The clients whose requests occur in the chain, ascending. */
  get clients(): ReadonlyArray<ClientId> {
    return [...this.#clients].sort((a, b) => a - b)
  }

  isTraced(client: ClientId): boolean {
    return this.#traced.has(client)
  }

  knows(client: ClientId): boolean {
    return this.#clients.has(client)
  }

  operation(content: string): string {
    return `"${this.#operations.of(content)}"`
  }

  result(content: string): string {
    return `<<"${this.#results.of(content)}">>`
  }

  /** A result's digest: of a result that occurs in the chain, or of one that nobody shows. */
  resultDigest(digest: Digest): string {
    return `<<"digest", ${this.result(this.#resultOfDigest.get(digest) ?? `digest ${digest}`)}>>`
  }

  checkpoint(digest: Digest): string {
    return `<<"${this.#checkpoints.of(digest)}">>`
  }

  timestamp(client: ClientId, timestamp: Timestamp): number {
    return this.#ranks.get(client)?.get(timestamp) ?? 0
  }

  /** What a replica came back as: a timestamp of the client in whose name it asked. */
  incarnation(replica: ReplicaId, incarnation: number): number {
    const { recoverers } = this.#config
    return recoverers === undefined ? 0 : this.timestamp(recoverers + replica, incarnation)
  }

  /** A batch's name in the generated module; it is defined there with its authenticators. */
  batch(batch: Batch, digest: Digest): string {
    if (digest === this.#nullDigest) return "<<>>"
    this.#seen.add(digest)
    this.#batches.set(digest, batch)
    const name = `B${this.#batchNames.of(digest)}`
    // Whom its clients want to answer in full is no part of the digest.
    const repliers = batch.map(({ replier }) => replier ?? "").join("_")
    const variant = /\d/.test(repliers) ? `${name}r${repliers}` : name
    this.#variants.set(variant, batch)
    return variant
  }

  /** A digest's name: that of a known batch, or of a batch that nobody in the chain holds. */
  digest(digest: Digest): string {
    if (digest === this.#nullDigest) return "<<[null |-> TRUE]>>"
    this.#seen.add(digest)
    return `D${this.#batchNames.of(digest)}`
  }

  /** The digest's name of a batch that comes without one. */
  digestOf(batch: Batch): string {
    return this.digest(this.#batchDigest(batch))
  }

  /** The name of a VIEW-CHANGE (V) or of a NEW-VIEW (W), given as text. */
  named(kind: "V" | "W", text: string): string {
    return this.#long[kind].of(text)
  }

  /** What the names `B1`, `D1`, `V1`, `W1`, ... of a text stand for, as definitions. */
  definitions(text: string): ReadonlyArray<string> {
    const newViews = this.#long.W.definitions(text)
    const changes = this.#long.V.definitions([text, ...newViews].join("\n"))
    const all = [text, ...newViews, ...changes].join("\n")
    return [...this.#batchDefinitions(all), ...changes, ...newViews]
  }

  #batchDefinitions(text: string): ReadonlyArray<string> {
    const used = new Set(text.match(/\b(B\d+(r[\d_]*)?|D\d+)\b/g))
    const batches = [...this.#variants].flatMap(([name, batch]) =>
      used.has(name)
        ? [`${name} == ${tlaTuple(batch.map((r) => this.request(r, this.auth(r))))}`]
        : [],
    )
    const digests = [...this.#digestsByNumber()].flatMap(([number, digest]) => {
      if (!used.has(`D${number}`)) return []
      const plain = this.#batches.get(digest)?.map((r) => this.plain(r))
      const content = tlaTuple(plain ?? [this.#unknownBatch(number)])
      return [`D${number} == ${content}  \\* ${digest.replace(/[^\w.-]/g, "?")}`]
    })
    return [...batches, ...digests]
  }

  #digestsByNumber(): Map<string, Digest> {
    const all = new Map<string, Digest>()
    for (const digest of this.#seen) all.set(this.#batchNames.of(digest), digest)
    return all
  }

  readonly #seen = new Set<Digest>()
  /** Batches by their names. */
  readonly #variants = new Map<string, Batch>()
  readonly #resultDigest: Config["resultDigest"]
  /** The results that occur, by their digests. */
  readonly #resultOfDigest = new Map<Digest, string>()

  #unknownBatch(number: string): string {
    return `[client |-> 0, timestamp |-> 0, op |-> "unknown batch ${number}"]`
  }

  plain({ client, timestamp, operation }: Request): string {
    const t = this.timestamp(client, timestamp)
    return `[client |-> ${client}, timestamp |-> ${t}, op |-> ${this.operation(operation)}]`
  }

  request(r: Request & Pick<SignedRequest, "replier">, auth: ReadonlyArray<ReplicaId>): string {
    const replier = r.replier === undefined ? "" : `, replier |-> ${r.replier}`
    return `${this.plain(r).slice(0, -1)}, auth |-> ${tlaSet(auth)}${replier}]`
  }

  /** Where a request's authenticator verifies: everywhere for a traced client. */
  auth(r: Request): ReadonlyArray<ReplicaId> {
    if (this.#traced.has(r.client)) return this.replicas
    const failed = this.#failed.get(requestKey(r))
    return this.replicas.filter((replica) => failed?.has(replica) !== true)
  }

  /** `ClientOps[c]` for a traced client. */
  operations(client: ClientId): string {
    const asked = this.#asked.get(client)
    return tlaTuple(
      byRank(this.#ranks.get(client), (timestamp) => {
        const content = asked?.get(timestamp)
        return content === undefined ? `"unrecorded"` : this.operation(content)
      }),
    )
  }

  /** The operations that are big, of those that have been written. */
  bigOperations(): ReadonlyArray<string> {
    const big = this.#operations.texts.filter((content) => isBig(this.#config, content))
    return big.map((content) => this.operation(content))
  }

  /** What primaries proposed. */
  proposals(): ReadonlyArray<string> {
    return this.#proposals.map((r) => this.request(r, this.auth(r)))
  }

  /** The recorded digests of checkpoints as `<<seq, digest>>` pairs. */
  checkpointDigests(): ReadonlyArray<string> {
    return [...this.#digestAt].map(([seq, digest]) => tlaTuple([seq, this.checkpoint(digest)]))
  }

  #mention(client: ClientId, timestamp: Timestamp): void {
    const all = this.#timestamps.get(client) ?? new Set<Timestamp>()
    this.#timestamps.set(client, all.add(timestamp))
  }

  #meetRequest({ client, timestamp }: NamedRequest): void {
    this.#clients.add(client)
    this.#mention(client, timestamp)
  }

  #meetBatch(batch: Batch, digest: Digest): void {
    this.#seen.add(digest)
    if (batch.length === 0) return
    this.batch(batch, digest)
    batch.forEach((r) => this.#meetRequest(r))
  }

  // Where requests are only named, the slot has them as soon as they were there.
  #meetPrePrepare({ seq, batch, digest }: PrePrepare, { log }: State): void {
    batch.forEach((r) => this.#meetRequest(r))
    this.#seen.add(digest)
    const slot = Window.covers(log, seq) ? Window.get(log, seq) : undefined
    if (isWhole(batch)) this.#meetBatch(batch, digest)
    else if (slot?.digest === digest) this.#meetBatch(slot.batch, digest)
  }

  #meetReplica(id: ReplicaId, state: State): void {
    this.#meetIncarnations(incarnationsIn(id, state))
    state.queue.forEach((r) => this.#meetRequest(r))
    for (const seq of Window.occupied(state.log)) {
      const { batch, digest, prepares, commits } = Window.get(state.log, seq)
      if (digest !== "") this.#meetBatch(batch, digest)
      for (const vote of [...prepares, ...commits]) if (vote !== "") this.#seen.add(vote)
    }
    const { batches } = state.told
    for (const { digest } of [...state.told.own, ...state.told.claims]) this.#seen.add(digest)
    for (const { batch, digest } of [...state.qset, ...state.fetched, ...batches]) {
      this.#meetBatch(batch, digest)
    }
    for (const { seq, digest } of state.checkpoints) this.#meetCheckpoint(seq, digest)
    for (const read of state.reads) {
      this.#meetRequest(read)
      this.answers.askedToRead(read.operation)
    }
    for (const { result } of ClientTable.entries(state.table)) this.#meetResult(result)
  }

  // Tables may hold clients that the chain does not speak of: they are left out.
  #meetTables({ table, checkpoints }: State): void {
    for (const t of [table, ...checkpoints.map((c) => c.table)]) {
      this.#meetTable(ClientTable.entries(t))
    }
  }

  #meetTable(table: StateMessage["table"]): void {
    table.forEach(({ timestamp }, client) => {
      if (timestamp > 0 && this.#clients.has(client)) this.#mention(client, timestamp)
    })
  }

  #meetClient(client: ClientId, { timestamp, operation }: ClientState): void {
    if (operation === undefined) return
    this.#mention(client, timestamp)
    const asked = this.#asked.get(client) ?? new Map<Timestamp, string>()
    this.#asked.set(client, asked.set(timestamp, operation))
  }

  #meetCheckpoint(seq: number, digest: Digest): void {
    if (!this.#digestAt.has(seq)) this.#digestAt.set(seq, digest)
  }

  #meet(event: StepEvent): void {
    if (event._tag === "ClientStep") return this.#meetClientEvent(event)
    this.#meetInput(event)
    for (const effect of event.step.effects) {
      if (effect._tag === "SendToClient") {
        const { client, timestamp, result, digest, readOnly } = effect.message
        this.#clients.add(client)
        this.#mention(client, timestamp)
        // What an answer by digest stands for is in the step's input.
        if (readOnly === true || digest === true) continue
        this.#meetResult(result)
        this.answers.executed({ client, timestamp }, result)
      } else if ("message" in effect && effect.message._tag === "PrePrepare") {
        this.#meetPrePrepare(effect.message, event.step.state)
      } else if (effect._tag === "Broadcast" && effect.message._tag === "Checkpoint") {
        this.#meetCheckpoint(effect.message.seq, effect.message.digest)
      } else if (effect._tag === "SendToReplicas" && effect.message._tag === "State") {
        this.#states.push(effect.message)
      } else if (effect._tag === "SendToReplicas" && effect.message._tag === "Batch") {
        this.#meetBatch(effect.message.batch, this.#batchDigest(effect.message.batch))
      }
    }
  }

  #meetResult(result: string): void {
    this.#resultOfDigest.set(this.#resultDigest(result), result)
  }

  #meetRead(replica: ReplicaId, { client, timestamp, result }: ReadDone): void {
    this.#clients.add(client)
    this.#mention(client, timestamp)
    if (result !== undefined) this.answers.read({ client, timestamp, replica, result })
  }

  // Nobody may have been told the result: of a proposal, or where all answer with its digest.
  #meetExecution({ before, step }: ReplicaEvent, results: ReadonlyArray<string>): void {
    for (const result of results) this.#meetResult(result)
    if (isIgnored(step.action)) return
    pendingExecution(this.#config, before)?.requests.forEach((request, k) => {
      this.answers.executed(request, results[k] as string)
    })
  }

  #meetIncarnations(all: ReturnType<typeof incarnationsIn>): void {
    for (const [i, k] of all) this.#mention((this.#config.recoverers ?? 0) + i, k)
  }

  #meetInput(event: ReplicaEvent): void {
    const { input, replica, step } = event
    this.#meetIncarnations(incarnationsOf(replica, input))
    if ("durable" in input) return this.#meetReplica(replica, step.state)
    if (input._tag === "ReadDone") return this.#meetRead(replica, input)
    if (input._tag === "Propose" && input.proposal) {
      this.#meetRequest(input.proposal)
      this.#proposals.push(input.proposal)
    }
    if (input._tag === "Executed") this.#meetExecution(event, input.results)
    if (input._tag === "Receive") {
      const m = input.message
      if (m._tag === "Request" || m._tag === "Read") this.#meetRequest(m)
      if (m._tag === "Read") this.answers.askedToRead(m.operation)
      if ("digest" in m && ofBatches.includes(m._tag)) this.#seen.add(m.digest)
      if (m._tag === "State") this.#states.push(m)
      if (m._tag === "Batch") this.#meetBatch(m.batch, this.#batchDigest(m.batch))
    } else if (input._tag === "ReceivePrePrepare") {
      this.#meetPrePrepare(input.message, step.state)
      input.message.batch.forEach((r, k) => {
        if (input.verdicts[k] === true || !isSigned(r)) return
        const key = requestKey(r)
        this.#failed.set(key, (this.#failed.get(key) ?? new Set()).add(replica))
      })
    }
  }

  #meetClientEvent({ client, step, input }: ClientEvent): void {
    this.#clients.add(client)
    this.#meetClient(client, step.state)
    if (input._tag === "Submit" && input.readOnly === true) {
      this.answers.askedToRead(input.operation)
    }
    if (input._tag !== "Receive") return
    this.#mention(client, input.message.timestamp)
    if (input.message.digest !== true) this.#meetResult(input.message.result)
  }
}

const ofBatches: ReadonlyArray<string> = ["Prepare", "Commit", "Committed"]
const requestKey = (r: Request): string => `${r.client} ${r.timestamp} ${r.operation}`
