/**
 * Small symbols for what a window of a run mentions, whatever the protocol: TLC works with 32-bit
 * integers and compares every state whole, so operations, results, digests and timestamps get short
 * names. Each kind is mapped one to one over a whole chain, so adjacent windows of it name equal
 * things equally. First all that the chain mentions is met; then timestamps are ranked, and names
 * may be asked for.
 */
import type { ClientId, Digest, ReplicaId, Timestamp } from "../core/ids.ts"
import { recoverOperation } from "../core/recovery-request.ts"
import type { Batch, Marks, NamedRequest, Request } from "../core/request.ts"
import { Names } from "./names.ts"
import { byRank, timestampRanks } from "./timestamp-ranks.ts"
import { tlaSet, tlaTuple } from "./tla-text.ts"

type BatchDigest = (batch: ReadonlyArray<Request>) => Digest

/** The processes of a run, and the digests of its batches. */
export interface Named {
  readonly n: number
  readonly batchDigest: BatchDigest
  /** The clients that have traces, and what each had asked for at first. */
  readonly clients: ReadonlyMap<ClientId, { readonly timestamp: Timestamp }>
}

/** What a client's state says of its last request. */
interface Waiting {
  readonly timestamp: Timestamp
  /** undefined: it waits for nothing. */
  readonly operation: string | undefined
}

export class RunNames {
  readonly replicas: ReadonlyArray<ReplicaId>
  readonly #traced: Named["clients"]
  readonly #operations = new Names("op")
  readonly #results = new Names("r")
  readonly #checkpoints = new Names("c")
  readonly #batchNames = new Names("")
  /** Long values, each under a name: the kind of value by the first letter of its names. */
  readonly #long = { V: new Names("V"), W: new Names("W") }
  readonly #batchDigest: BatchDigest
  readonly #nullDigest: Digest
  readonly #seen = new Set<Digest>()
  /** Known batches by digest, and by their names. */
  readonly #batches = new Map<Digest, Batch>()
  readonly #variants = new Map<string, Batch>()
  readonly #timestamps = new Map<ClientId, Set<Timestamp>>()
  readonly #ranks = new Map<ClientId, ReadonlyMap<Timestamp, number>>()
  /** Clients whose requests occur, and the operations of traced clients by timestamp. */
  readonly #clients = new Set<ClientId>()
  readonly #asked = new Map<ClientId, Map<Timestamp, string>>()
  /** Replicas at which a request's authenticator failed. */
  readonly #failed = new Map<string, Set<ReplicaId>>()

  constructor({ n, batchDigest, clients }: Named) {
    this.#batchDigest = batchDigest
    this.#nullDigest = batchDigest([])
    this.replicas = Array.from({ length: n }, (_, replica) => replica)
    this.#traced = clients
  }

  mention(client: ClientId, timestamp: Timestamp): void {
    const all = this.#timestamps.get(client) ?? new Set<Timestamp>()
    this.#timestamps.set(client, all.add(timestamp))
  }

  meetClient(client: ClientId): void {
    this.#clients.add(client)
  }

  meetRequest({ client, timestamp }: NamedRequest): void {
    this.#clients.add(client)
    this.mention(client, timestamp)
  }

  meetDigest(digest: Digest): void {
    this.#seen.add(digest)
  }

  meetBatch(batch: Batch, digest: Digest): void {
    this.#seen.add(digest)
    if (batch.length === 0) return
    this.batch(batch, digest)
    batch.forEach((r) => this.meetRequest(r))
  }

  /** What a traced client waits for. */
  meetAsked(client: ClientId, { timestamp, operation }: Waiting): void {
    if (operation === undefined) return
    this.mention(client, timestamp)
    const asked = this.#asked.get(client) ?? new Map<Timestamp, string>()
    this.#asked.set(client, asked.set(timestamp, operation))
  }

  // Tables may hold clients that the chain does not speak of: they are left out.
  meetTable(table: ReadonlyArray<{ readonly timestamp: Timestamp }>): void {
    table.forEach(({ timestamp }, client) => {
      if (timestamp > 0 && this.#clients.has(client)) this.mention(client, timestamp)
    })
  }

  /** The request's own authenticator failed there. */
  meetFailed(request: Request, replica: ReplicaId): void {
    const key = requestKey(request)
    this.#failed.set(key, (this.#failed.get(key) ?? new Set()).add(replica))
  }

  /** Everything has been met: from now on names may be asked for. */
  rank(): void {
    for (const client of this.#clients) {
      const requested = this.#timestamps.get(client) ?? new Set<Timestamp>()
      this.#ranks.set(client, timestampRanks(requested, this.#traced.get(client)))
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
    // The specification knows how a replica asks to be taken back.
    if (content === recoverOperation) return `"${recoverOperation}"`
    return `"${this.#operations.of(content)}"`
  }

  /** The operations that have been written. */
  get operationsWritten(): ReadonlyArray<string> {
    return this.#operations.texts
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
    const name = `B${this.#batchNames.of(digest)}`
    // How its clients want to be answered is no part of the digest.
    const marks = batch.map(
      (r) =>
        `${r.replier ?? ""}${r.commitFirst === true ? "c" : ""}${r.clientOnly === true ? "a" : ""}`,
    )
    const variant = marks.some((mark) => mark !== "") ? `${name}r${marks.join("_")}` : name
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

  /**
   * What the names `B1`, `D1`, `V1`, `W1`, ... of a text stand for, as definitions; `more` has
   * those of a protocol's own names in it.
   */
  definitions(
    text: string,
    more: (text: string) => ReadonlyArray<string> = () => [],
  ): ReadonlyArray<string> {
    const newViews = this.#long.W.definitions(text)
    const changes = this.#long.V.definitions([text, ...newViews].join("\n"))
    const long = [...changes, ...newViews]
    const own = more([text, ...long].join("\n"))
    const all = [text, ...long, ...own].join("\n")
    return [...this.#batchDefinitions(all), ...own, ...long]
  }

  #batchDefinitions(text: string): ReadonlyArray<string> {
    const used = new Set(text.match(/\b(B\d+(r[\d_ca]*)?|D\d+)\b/g))
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

  #unknownBatch(number: string): string {
    return `[client |-> 0, timestamp |-> 0, op |-> "unknown batch ${number}"]`
  }

  plain({ client, timestamp, operation }: Request): string {
    const t = this.timestamp(client, timestamp)
    return `[client |-> ${client}, timestamp |-> ${t}, op |-> ${this.operation(operation)}]`
  }

  request(r: Request & Marks, auth: ReadonlyArray<ReplicaId>): string {
    return `${this.plain(r).slice(0, -1)}, auth |-> ${tlaSet(auth)}${markText(r)}]`
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
}

/** How a request's client wants to be answered, as more fields of it. */
export const markText = ({ replier, commitFirst, clientOnly }: Marks): string =>
  (replier === undefined ? "" : `, replier |-> ${replier}`) +
  (commitFirst === true ? ", commitFirst |-> TRUE" : "") +
  (clientOnly === true ? ", clientOnly |-> TRUE" : "")

const requestKey = (r: Request): string => `${r.client} ${r.timestamp} ${r.operation}`
