/**
 * Small symbols for what a window of a run mentions: TLC works with 32-bit integers and compares
 * every state whole, so operations, results, digests and timestamps get short names. Each kind is
 * mapped one to one over a whole chain, so adjacent windows of it name equal things equally.
 */
import * as ClientTable from "../core/client-table.ts"
import type { ClientId, Digest, ReplicaId, Timestamp } from "../core/ids.ts"
import { isIgnored } from "../core/machine.ts"
import type { ClientState } from "../core/pbft/client.ts"
import { pendingExecution } from "../core/pbft/execution.ts"
import type { State as StateMessage } from "../core/pbft/message.ts"
import type { Config, Input, State } from "../core/pbft/state.ts"
import type { Batch, Request, SignedRequest } from "../core/request.ts"
import * as Window from "../core/window.ts"
import type { Chain } from "./chain.ts"
import type { ClientEvent, ReplicaEvent, StepEvent } from "./event.ts"
import { incarnationsIn, incarnationsOf } from "./incarnations.ts"
import { Names } from "./names.ts"
import { RecordedAnswers } from "./recorded-answers.ts"
import { timestampRanks } from "./timestamp-ranks.ts"

type ReadDone = Extract<Input, { readonly _tag: "ReadDone" }>

/** A function of numbers; `f[key] = text`. */
export const functionText = (entries: ReadonlyArray<readonly [number, string]>): string =>
  entries.length === 0 ? "<<>>" : entries.map(([key, v]) => `${key} :> ${v}`).join(" @@\n  ")

export const tlaSet = (elements: Iterable<number | string>): string =>
  `{${[...elements].join(", ")}}`
export const tlaTuple = (elements: Iterable<number | string>): string =>
  `<<${[...elements].join(", ")}>>`
export const tlaBoolean = (value: boolean): string => (value ? "TRUE" : "FALSE")

export class Symbols {
  readonly replicas: ReadonlyArray<ReplicaId>
  readonly #traced: ReadonlySet<ClientId>
  readonly #operations = new Names("op")
  readonly #results = new Names("r")
  readonly #checkpoints = new Names("c")
  readonly #batchNames = new Names("")
  /** Long values, each under a name: the kind of value by the first letter of its names. */
  readonly #long = { V: new Names("V"), W: new Names("W") }
  readonly #config: Pick<Config, "checkpointInterval" | "maxTentative" | "recoverers">
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
  readonly #answers = new RecordedAnswers()
  /** The first recorded digest by sequence number. */
  readonly #digestAt = new Map<number, Digest>()
  /** What primaries proposed with their batches. */
  readonly #proposals: Array<SignedRequest> = []
  /** States that were given or taken. */
  readonly #states: Array<StateMessage> = []

  constructor(chain: Chain) {
    const { header, start, events } = chain
    this.#config = header
    this.#batchDigest = chain.batchDigest
    this.#resultDigest = chain.resultDigest
    this.#nullDigest = chain.batchDigest([])
    this.replicas = Array.from({ length: header.n }, (_, replica) => replica)
    this.#traced = new Set(start.clients.keys())
    // The specification looks at their timestamps with every VIEW-CHANGE.
    for (const i of header.recoverers === undefined ? [] : this.replicas) {
      this.#clients.add((header.recoverers ?? 0) + i)
    }
    for (const [id, state] of start.replicas) {
      this.#meetReplica(state)
      this.#meetIncarnations(incarnationsIn(id, state))
    }
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
      const batch = this.#batches.get(digest)
      const lines: Array<string> = []
      if (used.has(`D${number}`)) {
        const plain = batch?.map((r) => this.plain(r)) ?? [this.#unknownBatch(number)]
        lines.push(`D${number} == ${tlaTuple(plain)}  \\* ${digest.replace(/[^\w.-]/g, "?")}`)
      }
      return lines
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
    const ranks = this.#ranks.get(client) ?? new Map<Timestamp, number>()
    const asked = this.#asked.get(client)
    const operations: Array<string> = []
    for (const [timestamp, rank] of ranks) {
      if (rank === 0) continue
      const content = asked?.get(timestamp)
      operations[rank - 1] = content === undefined ? `"unrecorded"` : this.operation(content)
    }
    return tlaTuple(operations)
  }

  /** The recorded results as `<<<<client, timestamp>>, result>>` pairs. */
  results(): ReadonlyArray<string> {
    return this.#answers.results.map(([client, timestamp, result]) => {
      const key = tlaTuple([client, this.timestamp(client, timestamp)])
      return tlaTuple([key, this.result(result)])
    })
  }

  /** What was read, as `<<<<client, timestamp, replica>>, result>>` pairs. */
  readResults(): ReadonlyArray<string> {
    return this.#answers.reads.map(({ client, timestamp, replica, result }) => {
      const at = tlaTuple([client, this.timestamp(client, timestamp), replica])
      return tlaTuple([at, this.result(result)])
    })
  }

  /** The operations that were asked for as reads. */
  readOperations(): ReadonlyArray<string> {
    return this.#answers.readOperations.map((content) => this.operation(content))
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
    const all = this.#timestamps.get(client)
    if (all === undefined) this.#timestamps.set(client, new Set([timestamp]))
    else all.add(timestamp)
  }

  #meetRequest({ client, timestamp }: Request): void {
    this.#clients.add(client)
    this.#mention(client, timestamp)
  }

  #meetBatch(batch: Batch, digest: Digest): void {
    this.#seen.add(digest)
    if (batch.length === 0) return
    this.batch(batch, digest)
    batch.forEach((r) => this.#meetRequest(r))
  }

  #meetReplica(state: State): void {
    state.queue.forEach((r) => this.#meetRequest(r))
    for (const seq of Window.occupied(state.log)) {
      const { batch, digest, prepares, commits } = Window.get(state.log, seq)
      if (digest !== "") this.#meetBatch(batch, digest)
      for (const vote of [...prepares, ...commits]) if (vote !== "") this.#seen.add(vote)
    }
    for (const { batch, digest } of [...state.qset, ...state.fetched]) {
      this.#meetBatch(batch, digest)
    }
    for (const { seq, digest } of state.checkpoints) this.#meetCheckpoint(seq, digest)
    for (const read of state.reads) {
      this.#meetRequest(read)
      this.#answers.askedToRead(read.operation)
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
        this.#answers.executed({ client, timestamp }, result)
      } else if (effect._tag === "Broadcast" && effect.message._tag === "PrePrepare") {
        this.#meetBatch(effect.message.batch, effect.message.digest)
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
    if (result !== undefined) this.#answers.read({ client, timestamp, replica, result })
  }

  // Nobody may have been told the result: of a proposal, or where all answer with its digest.
  #meetExecution({ before, step }: ReplicaEvent, results: ReadonlyArray<string>): void {
    for (const result of results) this.#meetResult(result)
    if (isIgnored(step.action)) return
    pendingExecution(this.#config, before)?.requests.forEach((request, k) => {
      this.#answers.executed(request, results[k] as string)
    })
  }

  #meetIncarnations(all: ReturnType<typeof incarnationsIn>): void {
    const { recoverers } = this.#config
    if (recoverers === undefined) return
    for (const [replica, incarnation] of all) this.#mention(recoverers + replica, incarnation)
  }

  #meetInput(event: ReplicaEvent): void {
    const { input, replica, step } = event
    this.#meetIncarnations(incarnationsOf(replica, input))
    if (input._tag === "Restart") return this.#meetReplica(step.state)
    if (input._tag === "ReadDone") return this.#meetRead(replica, input)
    if (input._tag === "Propose" && input.proposal) {
      this.#meetRequest(input.proposal)
      this.#proposals.push(input.proposal)
    }
    if (input._tag === "Executed") this.#meetExecution(event, input.results)
    if (input._tag === "Receive") {
      const m = input.message
      if (m._tag === "Request" || m._tag === "Read") this.#meetRequest(m)
      if (m._tag === "Read") this.#answers.askedToRead(m.operation)
      if (m._tag === "Prepare" || m._tag === "Commit") this.#seen.add(m.digest)
      if (m._tag === "State") this.#states.push(m)
      if (m._tag === "Batch") this.#meetBatch(m.batch, this.#batchDigest(m.batch))
    } else if (input._tag === "ReceivePrePrepare") {
      const { batch, digest } = input.message
      this.#meetBatch(batch, digest)
      batch.forEach((r, k) => {
        if (input.verdicts[k] === true) return
        const key = requestKey(r)
        this.#failed.set(key, (this.#failed.get(key) ?? new Set()).add(replica))
      })
    }
  }

  #meetClientEvent({ client, step, input }: ClientEvent): void {
    this.#clients.add(client)
    this.#meetClient(client, step.state)
    if (input._tag === "Submit" && input.readOnly === true) {
      this.#answers.askedToRead(input.operation)
    }
    if (input._tag !== "Receive") return
    this.#mention(client, input.message.timestamp)
    if (input.message.digest !== true) this.#meetResult(input.message.result)
  }
}

const requestKey = ({ client, timestamp, operation }: Request): string =>
  `${client} ${timestamp} ${operation}`
