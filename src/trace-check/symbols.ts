/**
 * Small symbols for what a window of a run mentions: TLC works with 32-bit integers and compares
 * every state whole, so operations, results, digests and timestamps get short names. Each kind is
 * mapped one to one over a whole chain, so adjacent windows of it name equal things equally.
 */
import * as ClientTable from "../core/client-table.ts"
import type { ClientId, Digest, ReplicaId, Timestamp } from "../core/ids.ts"
import type { ClientState } from "../core/pbft/client.ts"
import type { State as StateMessage } from "../core/pbft/message.ts"
import type { Config, State } from "../core/pbft/state.ts"
import type { Batch, Request } from "../core/request.ts"
import * as Window from "../core/window.ts"
import type { Chain } from "./chain.ts"
import type { ClientEvent, ReplicaEvent, StepEvent } from "./event.ts"

/** Names in the order in which they are first asked for. */
class Names {
  readonly #prefix: string
  readonly #names = new Map<string, string>()

  constructor(prefix: string) {
    this.#prefix = prefix
  }

  of(content: string): string {
    const known = this.#names.get(content)
    if (known !== undefined) return known
    const name = `${this.#prefix}${this.#names.size + 1}`
    this.#names.set(content, name)
    return name
  }

  /** What those of its names that stand in a text are short for, as definitions. */
  definitions(text: string): ReadonlyArray<string> {
    const used = new Set(text.match(new RegExp(`\\b${this.#prefix}\\d+\\b`, "g")))
    return [...this.#names].flatMap(([content, name]) =>
      used.has(name) ? [`${name} == ${content}`] : [],
    )
  }
}

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
  /** The first recorded result by client and timestamp, and digest by sequence number. */
  readonly #resultOf = new Map<ClientId, Map<Timestamp, string>>()
  readonly #digestAt = new Map<number, Digest>()
  /** States that were given or taken. */
  readonly #states: Array<StateMessage> = []

  constructor(chain: Chain) {
    const { header, start, events } = chain
    this.#batchDigest = chain.batchDigest
    this.#nullDigest = chain.batchDigest([])
    this.replicas = Array.from({ length: header.n }, (_, replica) => replica)
    this.#traced = new Set(start.clients.keys())
    for (const state of start.replicas.values()) this.#meetReplica(state)
    for (const event of events) this.#meet(event)
    for (const [client, state] of start.clients) {
      if (this.#clients.has(client)) this.#meetClient(client, state)
    }
    for (const state of start.replicas.values()) this.#meetTables(state)
    for (const { table } of this.#states) this.#meetTable(table)
    this.#rank(chain)
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

  checkpoint(digest: Digest): string {
    return `<<"${this.#checkpoints.of(digest)}">>`
  }

  timestamp(client: ClientId, timestamp: Timestamp): number {
    return this.#ranks.get(client)?.get(timestamp) ?? 0
  }

  /** A batch's name in the generated module; it is defined there with its authenticators. */
  batch(batch: Batch, digest: Digest): string {
    if (digest === this.#nullDigest) return "<<>>"
    this.#seen.add(digest)
    this.#batches.set(digest, batch)
    return `B${this.#batchNames.of(digest)}`
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
    const used = new Set(text.match(/\b[BD]\d+\b/g))
    return [...this.#digestsByNumber()].flatMap(([number, digest]) => {
      const batch = this.#batches.get(digest)
      const lines: Array<string> = []
      if (used.has(`B${number}`) && batch !== undefined) {
        lines.push(`B${number} == ${tlaTuple(batch.map((r) => this.request(r, this.auth(r))))}`)
      }
      if (used.has(`D${number}`)) {
        const plain = batch?.map((r) => this.plain(r)) ?? [this.#unknownBatch(number)]
        lines.push(`D${number} == ${tlaTuple(plain)}  \\* ${digest.replace(/[^\w.-]/g, "?")}`)
      }
      return lines
    })
  }

  #digestsByNumber(): Map<string, Digest> {
    const all = new Map<string, Digest>()
    for (const digest of this.#seen) all.set(this.#batchNames.of(digest), digest)
    return all
  }

  readonly #seen = new Set<Digest>()

  #unknownBatch(number: string): string {
    return `[client |-> 0, timestamp |-> 0, op |-> "unknown batch ${number}"]`
  }

  plain({ client, timestamp, operation }: Request): string {
    const t = this.timestamp(client, timestamp)
    return `[client |-> ${client}, timestamp |-> ${t}, op |-> ${this.operation(operation)}]`
  }

  request(r: Request, auth: ReadonlyArray<ReplicaId>): string {
    return `${this.plain(r).slice(0, -1)}, auth |-> ${tlaSet(auth)}]`
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
    return [...this.#resultOf].flatMap(([client, byTimestamp]) =>
      [...byTimestamp].map(([timestamp, result]) => {
        const key = tlaTuple([client, this.timestamp(client, timestamp)])
        return tlaTuple([key, this.result(result)])
      }),
    )
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
        const { client, timestamp, result } = effect.message
        this.#clients.add(client)
        this.#mention(client, timestamp)
        const results = this.#resultOf.get(client) ?? new Map<Timestamp, string>()
        this.#resultOf.set(client, results)
        if (!results.has(timestamp)) results.set(timestamp, result)
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

  #meetInput({ input, replica, step }: ReplicaEvent): void {
    if (input._tag === "Restart") return this.#meetReplica(step.state)
    if (input._tag === "Receive") {
      const m = input.message
      if (m._tag === "Request") this.#meetRequest(m)
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
    if (input._tag === "Receive") this.#mention(client, input.message.timestamp)
  }

  // Timestamps by rank: order is all that the specification looks at, and a client's next one is
  // its last one plus one, which no other mentioned one can lie between. The timestamp that a
  // client starts from is no request's; below all others it becomes 0, as in the specification.
  #rank({ start }: Chain): void {
    for (const client of this.#clients) {
      const requested = this.#timestamps.get(client) ?? new Set<Timestamp>()
      const state = start.clients.get(client)
      const own = state === undefined ? 0 : state.timestamp
      const all = new Set([...requested, own])
      all.delete(0)
      const ascending = [...all].sort((a, b) => a - b)
      const unused = own > 0 && ascending[0] === own && !requested.has(own)
      const ranks = new Map<Timestamp, number>([[0, 0]])
      ascending.forEach((timestamp, k) => ranks.set(timestamp, unused ? k : k + 1))
      this.#ranks.set(client, ranks)
    }
  }
}

const requestKey = ({ client, timestamp, operation }: Request): string =>
  `${client} ${timestamp} ${operation}`
