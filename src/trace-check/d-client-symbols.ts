/**
 * Small symbols for what a window of the steps of D-Prophecy's clients mentions, and what each of
 * these clients asks for in its chain. Timestamps count from the process's first.
 */
import type { Bytes, ClientId } from "../core/ids.ts"
import type { DClientState } from "../core/prophecy/d-client.ts"
import { decodePlaced, type Position } from "../core/prophecy/position.ts"
import type { CallId } from "../core/prophecy/sketcher-state.ts"
import { AnswerSymbols, none, timestampRank } from "./answer-symbols.ts"
import type { DClientChain } from "./d-client-chain.ts"
import type { DClientEvent } from "./event.ts"
import { Names } from "./names.ts"

export interface Asked {
  readonly id: CallId
  readonly kind: "read" | "write"
  readonly operation: Bytes
}

/** A client of the chain: where it starts, and what it asks for from there on. */
export interface AskingClient {
  readonly id: ClientId
  readonly start: DClientState
  readonly firstTimestamp: number
  readonly asked: Array<Asked>
}

export class DClientSymbols extends AnswerSymbols {
  readonly #operations = new Names("q")
  /** In the order of their first events: their numbers in the specification. */
  readonly clients: ReadonlyArray<AskingClient>
  readonly #numbers: ReadonlyMap<ClientId, number>

  constructor(chain: DClientChain) {
    super(positionsOf(chain.events), chain.digestOf)
    const clients = new Map<ClientId, AskingClient>()
    for (const event of chain.events) meet(clients, event)
    this.clients = [...clients.values()]
    this.#numbers = new Map([...clients.keys()].map((id, k) => [id, k]))
  }

  /** The number of a client there; of one that has no event, none. */
  client(id: ClientId): number {
    return this.#numbers.get(id) ?? none
  }

  /** Which of its client's operations a call is, from 1; 0 for one that the chain does not know. */
  call(client: ClientId, id: CallId): number {
    const asked = this.clients[this.client(client)]?.asked ?? []
    return asked.findIndex((a) => a.id === id) + 1
  }

  operation(operation: Bytes): string {
    return `"${this.#operations.of(operation)}"`
  }

  /** Without quotes, it names a field. */
  field(operation: Bytes): string {
    return this.#operations.of(operation)
  }

  timestamp(client: ClientId, timestamp: number): number {
    return timestampRank(timestamp, this.clients[this.client(client)]?.firstTimestamp ?? timestamp)
  }
}

const meet = (clients: Map<ClientId, AskingClient>, event: DClientEvent): void => {
  const { config, before, input } = event
  const { id, firstTimestamp } = config
  const known = clients.get(id)
  const client = known ?? { id, start: before, firstTimestamp, asked: startsWith(before) }
  clients.set(id, client)
  const isNew = (input._tag === "Read" || input._tag === "Write") && before.call === undefined
  if (!isNew) return
  const kind = input._tag === "Read" ? "read" : "write"
  client.asked.push({ id: input.id, kind, operation: input.operation })
}

// Of a call that is ordered already nothing says whether it reads, and nothing depends on it.
const startsWith = ({ call }: DClientState): Array<Asked> => {
  if (call === undefined) return []
  const { id, operation, stage } = call
  return [{ id, operation, kind: stage === "asked" ? "read" : "write" }]
}

const heardBefore = ({ call, client }: DClientState): ReadonlyArray<Position> => [
  ...(call?.sketches ?? []).flatMap((sketch) => (sketch === undefined ? [] : [sketch.position])),
  ...client.replies.flatMap((r) => (r === undefined ? [] : [decodePlaced(r.result).position])),
]

const positionsOf = (events: ReadonlyArray<DClientEvent>): ReadonlyArray<Position> =>
  events.flatMap(({ before, input }) => {
    if (input._tag === "Reply") return [decodePlaced(input.message.result).position]
    if (input._tag !== "SketchReply") return heardBefore(before)
    const { seq, place } = input.message
    return [{ seq, place }, ...heardBefore(before)]
  })
