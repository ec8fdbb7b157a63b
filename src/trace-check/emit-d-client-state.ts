/** What D-Prophecy's clients wait for and send as TLA+, as TraceDProphecy.tla reads it. */
import type { Bytes, ReplicaId, Timestamp } from "../core/ids.ts"
import type { DCall, DClientState } from "../core/prophecy/d-client.ts"
import { decodePlaced, isBefore, nowhere, type Position } from "../core/prophecy/position.ts"
import type { Sketch } from "../core/prophecy/sketch-table.ts"
import type { AskingClient, DClientSymbols } from "./d-client-symbols.ts"
import type { DClientEvent } from "./event.ts"
import { tlaTuple } from "./tla-text.ts"

const nothing = "<<>>"

export const sketchText = ({ digest, position }: Sketch, symbols: DClientSymbols): string =>
  `[digest |-> ${symbols.digest(digest)}, position |-> ${symbols.position(position)}]`

/** By replica: what it stated. */
export const sketchesText = (
  n: number,
  stated: (replica: ReplicaId) => Sketch | undefined,
  symbols: DClientSymbols,
): string =>
  tlaTuple(
    Array.from({ length: n }, (_, replica) => {
      const sketch = stated(replica)
      return sketch === undefined ? nothing : sketchText(sketch, symbols)
    }),
  )

/** The request that its replicas are asked to order: what its client asks for now. */
export const requestText = (
  { id, asked }: AskingClient,
  call: Pick<DCall, "id" | "operation"> & { readonly timestamp: Timestamp },
  symbols: DClientSymbols,
): string => {
  const kind = asked.find((a) => a.id === call.id)?.kind ?? "write"
  return (
    `[type |-> "Request", client |-> ${symbols.client(id)}, ` +
    `timestamp |-> ${symbols.timestamp(id, call.timestamp)}, kind |-> "${kind}", ` +
    `op |-> ${symbols.operation(call.operation)}]`
  )
}

/** What every replica is asked of a read. */
export const sketchReadsText = (
  { id: client }: AskingClient,
  call: DCall,
  symbols: DClientSymbols,
): ReadonlyArray<string> =>
  call.sketches.map(
    (_, replica) =>
      `[type |-> "SketchRead", client |-> ${symbols.client(client)}, ` +
      `id |-> ${symbols.call(client, call.id)}, op |-> ${symbols.operation(call.operation)}, ` +
      `executor |-> ${call.executor}, replica |-> ${replica}]`,
  )

/** What a client waits for, it has asked for. */
export const underWay = (client: AskingClient, symbols: DClientSymbols): ReadonlyArray<string> => {
  const { call, client: ordering } = client.start
  if (call === undefined) return []
  return call.stage === "asked"
    ? sketchReadsText(client, call, symbols)
    : [requestText(client, { ...call, timestamp: ordering.timestamp }, symbols)]
}

/** What a client was told last, and what it had been promised when it asked. */
interface Told {
  /** How many of its operations were answered. */
  readonly answered: number
  readonly promised: Position
  readonly answer: string
}

/** The clients of a chain as it goes by; `latest` and `promised` count from its start. */
export class DClientStates {
  readonly #symbols: DClientSymbols
  readonly #states: Array<DClientState>
  readonly #told: Array<Told>
  readonly #latest = new Map<Bytes, Position>()

  constructor(symbols: DClientSymbols) {
    this.#symbols = symbols
    this.#states = symbols.clients.map(({ start }) => start)
    this.#told = this.#states.map(() => ({ answered: 0, promised: nowhere, answer: nothing }))
    for (const { asked } of symbols.clients) {
      for (const { kind, operation } of asked) {
        if (kind === "read") this.#latest.set(operation, nowhere)
      }
    }
  }

  take({ config, before, input, step }: DClientEvent): void {
    const symbols = this.#symbols
    const c = symbols.client(config.id)
    this.#states[c] = step.state
    const told = this.#told[c] as Told
    const { call } = step.state
    if (call !== undefined && before.call === undefined) {
      const read = input._tag === "Read" ? this.#latest.get(call.operation) : undefined
      this.#told[c] = { ...told, promised: read ?? nowhere, answer: nothing }
    }
    for (const effect of step.effects) {
      if (effect._tag !== "Respond") continue
      const { path, position, result } = effect
      const { operation, kind } = symbols.clients[c]?.asked[told.answered] ?? {}
      const answer =
        `[op |-> ${symbols.operation(operation ?? "")}, path |-> "${path}", ` +
        `position |-> ${symbols.position(position)}, result |-> ${symbols.result(result)}]`
      this.#told[c] = { ...told, answered: told.answered + 1, answer }
      if (kind === "read") this.#answered(operation ?? "", position)
    }
  }

  #answered(operation: Bytes, position: Position): void {
    const known = this.#latest.get(operation) ?? nowhere
    if (isBefore(known, position)) this.#latest.set(operation, position)
  }

  #clientText(c: number, state: DClientState): string {
    const symbols = this.#symbols
    const { id = 0 } = symbols.clients[c] ?? {}
    const { answered, promised, answer } = this.#told[c] as Told
    const { call, client } = state
    const n = client.replies.length
    const result = call?.result === undefined ? nothing : symbols.result(call.result.bytes)
    const replies = client.replies.map((reply) => {
      if (reply === undefined) return nothing
      const { position, result: said } = decodePlaced(reply.result)
      return `[position |-> ${symbols.position(position)}, result |-> ${symbols.result(said)}]`
    })
    return (
      `[next |-> ${answered + 1}, stage |-> "${call?.stage ?? "idle"}", ` +
      `timestamp |-> ${symbols.timestamp(id, client.timestamp)}, ` +
      `executor |-> ${call?.executor ?? 0}, ` +
      `sketches |-> ${sketchesText(n, (r) => call?.sketches[r], symbols)}, ` +
      `result |-> ${result}, replies |-> ${tlaTuple(replies)}, ` +
      `promised |-> ${symbols.position(promised)}, answer |-> ${answer}]`
    )
  }

  clientsText(): string {
    return tlaTuple(this.#states.map((state, c) => this.#clientText(c, state)))
  }

  latestText(): string {
    const all = [...this.#latest].map(
      ([operation, position]) =>
        `${this.#symbols.field(operation)} |-> ${this.#symbols.position(position)}`,
    )
    return all.length === 0 ? nothing : `[${all.join(", ")}]`
  }
}
