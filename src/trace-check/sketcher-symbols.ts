/**
 * Small symbols for what a window of a sketcher's trace mentions, as symbols.ts has them for
 * replicas: TLC has 32-bit integers and compares states whole. Each kind is mapped one to one over
 * a chain, so adjacent windows of it name equal things equally.
 */
import type { Bytes, ClientId, Digest, Timestamp } from "../core/ids.ts"
import { repliesIn, resultOf } from "../core/prophecy/lane-client.ts"
import { decodePlaced, type Position } from "../core/prophecy/position.ts"
import type { Call, CallId } from "../core/prophecy/sketcher-state.ts"
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

const none = -1
/** Numbers up to here are written as they are. */
const small = 2 ** 30

export class SketcherSymbols {
  readonly #requests = new Names("q")
  readonly #results = new Names("r")
  readonly #digests = new Names("d")
  readonly #clients = new Map<CallId, number>()
  readonly #asked: Array<AskedCall> = []
  /** By key the operation that it came with first. */
  readonly #operations = new Map<string, Bytes>()
  /** By name of a result the name of its digest. */
  readonly #digestOf = new Map<string, string>()
  /** Sequence numbers that are too big, ascending. */
  #big: ReadonlyArray<number> = []
  readonly #chain: SketcherChain

  constructor(chain: SketcherChain) {
    this.#chain = chain
    const nowhere = { seq: 0, place: 0 }
    for (const call of chain.start.calls)
      this.#meet(call.id, { ...call, fresh: false, after: nowhere })
    for (const { input } of chain.events) {
      const { _tag } = input
      if (_tag === "Read") this.#meet(input.id, { ...input, kind: "read" })
      if (_tag === "Write") {
        this.#meet(input.id, { ...input, key: "", kind: "write", fresh: false, after: nowhere })
      }
    }
    this.#big = bigNumbers(chain)
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

  digest(digest: Digest): string {
    return digest === "" ? "<<>>" : `<<"${this.#digests.of(digest)}">>`
  }

  /** A result; of one that came in chunks the digest alone is known. */
  result(result: Bytes, digest = this.#chain.digestOf(result)): string {
    const name = this.#results.of(result === "" ? `digest ${digest}` : `result ${result}`)
    this.#digestOf.set(name, this.digest(digest))
    return `<<"${name}">>`
  }

  /** Which result has which digest. */
  digestsText(): string {
    const all = [...this.#digestOf].map(([name, digest]) => `${name} |-> ${digest}`)
    return all.length === 0 ? "<<>>" : `[${all.join(", ")}]`
  }

  /** The number of a lane's PBFT client there; of another client's, none. */
  lane(client: ClientId): number {
    const { firstClient, lanes } = this.#chain.config
    const index = client - firstClient
    return index >= 0 && index < lanes ? index : none
  }

  /** Counted from the sketcher's first; one that no lane has is none. */
  timestamp(timestamp: Timestamp): number {
    const rank = timestamp - this.#chain.config.firstTimestamp
    return rank >= 0 && rank < small ? rank : none
  }

  position({ seq, place }: Position): string {
    return `[seq |-> ${this.#rank(seq)}, place |-> ${this.#rank(place)}]`
  }

  #rank(n: number): number {
    return n < small ? n : small + this.#big.indexOf(n)
  }
}

// Positions are only compared: by their order they stay what they are.
const bigNumbers = ({ start, events }: SketcherChain): ReadonlyArray<number> => {
  const big = new Set<number>()
  const meet = ({ seq, place }: Position): void => {
    for (const n of [seq, place]) if (n >= small) big.add(n)
  }
  for (const { client } of start.lanes) {
    for (const reply of repliesIn(client))
      if (reply !== undefined) meet(decodePlaced(reply.result).position)
  }
  for (const { input } of events) {
    if (input._tag === "Reply") meet(decodePlaced(resultOf(undefined, input.message)).position)
    if (input._tag === "Read") meet(input.after)
  }
  return [...big].sort((a, b) => a - b)
}
