/** What a chain says that the service answered: each execution once, and each read where it was. */
import type { Bytes, ClientId, ReplicaId, Timestamp } from "../core/ids.ts"
import type { Request } from "../core/request.ts"

export interface RecordedRead {
  readonly client: ClientId
  readonly timestamp: Timestamp
  readonly replica: ReplicaId
  readonly result: Bytes
}

export class RecordedAnswers {
  /** The first recorded result by client and timestamp. */
  readonly #results = new Map<ClientId, Map<Timestamp, Bytes>>()
  readonly #reads = new Map<string, RecordedRead>()
  readonly #readOperations = new Set<Bytes>()

  /** The service's answer to a request that was executed. */
  executed({ client, timestamp }: Pick<Request, "client" | "timestamp">, result: Bytes): void {
    const of = this.#results.get(client) ?? new Map<Timestamp, Bytes>()
    this.#results.set(client, of)
    if (!of.has(timestamp)) of.set(timestamp, result)
  }

  /** What a replica read without an order. */
  read(read: RecordedRead): void {
    this.#reads.set(`${read.client} ${read.timestamp} ${read.replica}`, read)
  }

  /** A client asked for it as a read. */
  askedToRead(operation: Bytes): void {
    this.#readOperations.add(operation)
  }

  get results(): ReadonlyArray<readonly [ClientId, Timestamp, Bytes]> {
    return [...this.#results].flatMap(([client, of]) =>
      [...of].map(([timestamp, result]) => [client, timestamp, result] as const),
    )
  }

  get reads(): ReadonlyArray<RecordedRead> {
    return [...this.#reads.values()]
  }

  get readOperations(): ReadonlyArray<Bytes> {
    return [...this.#readOperations]
  }
}
