/**
 * Small symbols for what a window of a sketcher's trace mentions, as symbols.ts has them for
 * replicas: TLC has 32-bit integers and compares states whole. Each kind is mapped one to one over
 * a chain, so adjacent windows of it name equal things equally.
 */
import type { Bytes, ClientId, Timestamp } from "../core/ids.ts"
import { repliesIn, resultOf } from "../core/prophecy/lane-client.ts"
import { decodePlaced, nowhere, type Position } from "../core/prophecy/position.ts"
import type { Call, CallId } from "../core/prophecy/sketcher-state.ts"
import { AnswerSymbols, none, timestampRank } from "./answer-symbols.ts"
import { Names } from "./names.ts"
import type { SketcherChain } from "./sketcher-chain.ts"

type Asked = Pick<Call, "key" | "operation">

/** A call of the chain: a client of its own in the specification. */
export interface AskedCall extends Asked {
  readonly kind: Call["kind"]
  readonly fresh: boolean
  /** What its client has seen. */
  readonly after: Position
}

export class SketcherSymbols extends AnswerSymbols {
  readonly #requests = new Names("q")
  readonly #clients = new Map<CallId, number>()
  readonly #asked: Array<AskedCall> = []
  /** By key the operation that it came with first. */
  readonly #operations = new Map<string, Bytes>()
  readonly #chain: SketcherChain

  constructor(chain: SketcherChain) {
    super(positionsOf(chain), chain.digestOf)
    this.#chain = chain
    for (const call of chain.start.calls)
      this.#meet(call.id, { ...call, fresh: false, after: nowhere })
    for (const { input } of chain.events) {
      const { _tag } = input
      if (_tag === "Read") this.#meet(input.id, { ...input, kind: "read" })
      if (_tag === "Write") {
        this.#meet(input.id, { ...input, key: "", kind: "write", fresh: false, after: nowhere })
      }
    }
  }

  #meet(id: CallId, { kind, key, operation, fresh, after }: AskedCall): void {
    if (this.#clients.has(id)) return
    this.#clients.set(id, this.#asked.length)
    this.#asked.push({ kind, key, operation, fresh, after })
    if (kind === "read" && !this.#operations.has(key)) this.#operations.set(key, operation)
  }

  /** What the clients of the specification ask for, in their order. */
  get asked(): ReadonlyArray<AskedCall> {
    return this.#asked
  }

  /** The calls of the chain, in the order of their clients. */
  get calls(): ReadonlyArray<CallId> {
    return [...this.#clients.keys()]
  }

  client(id: CallId): number {
    return this.#clients.get(id) ?? none
  }

  /** The number of a call there; 0 for one that the chain does not know. */
  call(id: CallId | undefined): number {
    const client = id === undefined ? undefined : this.#clients.get(id)
    return client === undefined ? 0 : this.#asked.length + client
  }

  /** A request: what its sketch is filed under, with what replicas are asked. */
  request({ key, operation }: Asked): string {
    return `"${this.#requests.of(JSON.stringify([key, operation]))}"`
  }

  /** The request of a read, by its key; without quotes, it names a field. */
  requestOfKey(key: string): string {
    const operation = this.#operations.get(key) ?? null
    return this.#requests.of(JSON.stringify([key, operation]))
  }

  /** The number of a lane's PBFT client there; of another client's, none. */
  lane(client: ClientId): number {
    const { firstClient, lanes } = this.#chain.config
    const index = client - firstClient
    return index >= 0 && index < lanes ? index : none
  }

  /** Counted from the sketcher's first. */
  timestamp(timestamp: Timestamp): number {
    return timestampRank(timestamp, this.#chain.config.firstTimestamp)
  }
}

const positionsOf = ({ start, events }: SketcherChain): ReadonlyArray<Position> => [
  ...start.lanes.flatMap(({ client }) =>
    repliesIn(client).flatMap((reply) =>
      reply === undefined ? [] : [decodePlaced(reply.result).position],
    ),
  ),
  ...events.flatMap(({ input, before, config }) => {
    if (input._tag === "Reply") {
      const lane = before.lanes[input.message.client - config.firstClient]
      return [decodePlaced(resultOf(lane?.client, input.message)).position]
    }
    return input._tag === "Read" ? [input.after] : []
  }),
]
