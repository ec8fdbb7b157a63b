/** The clients of one process as its replay knows them, whatever their machine is. */
import type { ClientId } from "../core/ids.ts"
import type { AnyHeader } from "../core/trace-event.ts"
import type { Place } from "./finding.ts"
import { newTimestamps } from "./process-replay.ts"
import { type At, badField, type StepLine } from "./replay-line.ts"

type ClientsNode = Extract<AnyHeader["node"], { readonly from: ClientId }>

/** A machine's clients: what makes one, and the last timestamp that it used. */
export interface ClientKind<H extends AnyHeader, C, S> {
  readonly kind: ClientsNode["kind"]
  readonly configOf: (header: H, id: ClientId, firstTimestamp: number) => C
  readonly init: (config: C) => S
  readonly timestampOf: (state: S) => number
}

interface InGroup {
  readonly group: { readonly n: number }
}

export class TracedClients<H extends AnyHeader, C extends InGroup, S> {
  readonly node: string
  readonly #of: ClientKind<H, C, S>
  readonly #configs = new Map<ClientId, C>()
  readonly #states = new Map<ClientId, S>()

  constructor(header: H, of: ClientKind<H, C, S>) {
    this.#of = of
    const { from, to } = this.#start(header)
    this.node = `clients ${from} to ${to}`
  }

  #start(header: H): ClientsNode {
    const { node } = header
    if (node.kind === "replica" || node.kind !== this.#of.kind) {
      throw new Error(`a trace of ${this.#of.kind} is asked for`)
    }
    for (let id = node.from; id <= node.to; id++) {
      const config = this.#of.configOf(header, id, node.firstTimestamp)
      this.#configs.set(id, config)
      this.#states.set(id, this.#of.init(config))
    }
    return node
  }

  get states(): ReadonlyMap<ClientId, S> {
    return new Map(this.#states)
  }

  /** The client of a line; rejects the line of one that is not of this process. */
  asked({ place, step }: StepLine): {
    readonly at: At
    readonly client: ClientId
    readonly config: C
    readonly before: S
  } {
    const { n, client = -1 } = step
    const at: At = { place, node: `client ${client}`, step: n }
    const config = this.#configs.get(client)
    const before = this.#states.get(client)
    if (config === undefined || before === undefined) {
      return badField(at, "client", `not one of ${this.node}, whose trace this is`)
    }
    return { at, client, config, before }
  }

  set(client: ClientId, state: S): void {
    this.#states.set(client, state)
  }

  /** Takes the states after a gap; `stateOf` rejects what a schema cannot see. */
  restore<D extends { readonly client: ClientId }>(
    at: At,
    all: ReadonlyArray<D>,
    stateOf: (config: C, data: D) => S,
  ): void {
    for (const data of all) {
      const config = this.#configs.get(data.client)
      if (config === undefined) {
        return badField(at, "state", `client ${data.client} is not one of ${this.node}`)
      }
      this.#states.set(data.client, stateOf(config, data))
    }
  }

  /** Clients keep nothing: a new start has new states, with timestamps above those used before. */
  beginAgain(header: H, place: Place): void {
    const used = [...this.#states].map(([c, state]) => [c, this.#of.timestampOf(state)] as const)
    newTimestamps(place, used, header)
    this.#start(header)
  }
}

/** Rejects views of a client that are not one for each replica. */
export const oneViewEach = (
  at: At,
  { group: { n } }: InGroup,
  views: ReadonlyArray<unknown>,
  field: string,
): void => {
  if (views.length !== n) badField(at, field, `one view for each of ${n} replicas`)
}
