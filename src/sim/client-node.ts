/** One correct client of a simulation: submits its operations one after the other. */
import type { CancelTimer, Complete, SendToReplicas, SetTimer } from "../core/effect.ts"
import type { Bytes, ClientId, Timestamp } from "../core/ids.ts"
import type { Host } from "./host.ts"
import type { Named } from "./message-name.ts"
import { replicaName, type ScenarioRequest } from "./scenario.ts"
import { Timers } from "./timers.ts"

/** A request as its client saw it. */
export interface Observed {
  readonly client: ClientId
  readonly timestamp: Timestamp
  readonly operation: string
  readonly submittedAt: number
  /** Undefined while there is no result. */
  completedAt: number | undefined
  result: Bytes | undefined
}

/** What a client asks for, in any protocol; `O` is what it sends before it is authenticated. */
export type ClientEffect<O> =
  | SendToReplicas<O>
  | SetTimer<"retransmit">
  | CancelTimer<"retransmit">
  | Complete

/** A client's machine as its driver needs it. */
export interface ClientMachine<M, O, S, I, A extends string> {
  readonly initial: S
  readonly step: (
    state: S,
    input: I,
  ) => {
    readonly state: S
    readonly effects: ReadonlyArray<ClientEffect<O>>
    readonly action: A
  }
  /** What the client is told when it is to ask for an operation of a scenario. */
  readonly submit: (state: S, operation: string) => I
  /** The timer has ended after so many milliseconds. */
  readonly timeout: (waitedMs: number) => I
  /** A message from a replica; undefined for what no client takes. */
  readonly heard: (message: M) => I | undefined
  /** What it sends, with what shows that it is its own. */
  readonly sealed: (message: O) => M
}

export interface ClientNodeOptions<M, O, S, I, A extends string> {
  readonly machine: ClientMachine<M, O, S, I, A>
  /** Its requests in order. */
  readonly requests: ReadonlyArray<ScenarioRequest>
  readonly rate: number
  readonly host: Host<M>
  /** Told each step before what it asks for is done. */
  readonly stepped: (
    before: S,
    input: I,
    step: ReturnType<ClientMachine<M, O, S, I, A>["step"]>,
  ) => void
  /** The run is over. */
  readonly ended: () => void
}

export class ClientNode<
  M extends Named,
  O,
  S extends { readonly timestamp: Timestamp },
  I,
  A extends string,
> {
  readonly observed: Array<Observed> = []
  readonly #options: ClientNodeOptions<M, O, S, I, A>
  readonly #timers: Timers
  #state: S
  /** How long the timer was set for. */
  #waitMs = 0

  constructor(options: ClientNodeOptions<M, O, S, I, A>) {
    const { machine, host, rate } = options
    this.#options = options
    this.#state = machine.initial
    const after = (ms: number, run: () => void): void =>
      host.later(Math.max(1, Math.round((ms * 1000) / rate)), run)
    this.#timers = new Timers({ after }, () => this.#take(machine.timeout(this.#waitMs)))
    this.#plan()
  }

  /** Requests that have no result, those not yet submitted included. */
  get left(): number {
    const done = this.observed.filter(({ completedAt }) => completedAt !== undefined).length
    return this.#options.requests.length - done
  }

  // The next request when its time has come.
  #plan(): void {
    const { requests, host } = this.#options
    const next = requests[this.observed.length]
    if (next === undefined) return
    const wait = Math.max(1, Math.round(next.atMs * 1000) - host.now())
    host.later(wait, () => this.#submit(next))
  }

  #submit({ client, operation }: ScenarioRequest): void {
    this.observed.push({
      client,
      timestamp: this.#state.timestamp + 1,
      operation,
      submittedAt: this.#options.host.now(),
      completedAt: undefined,
      result: undefined,
    })
    this.#take(this.#options.machine.submit(this.#state, operation))
  }

  hear(message: M): void {
    const input = this.#options.machine.heard(message)
    if (input !== undefined) this.#take(input)
  }

  #take(input: I): void {
    const { machine, stepped } = this.#options
    const before = this.#state
    const taken = machine.step(before, input)
    this.#state = taken.state
    stepped(before, input, taken)
    for (const effect of taken.effects) this.#perform(effect)
  }

  end(): void {
    this.#options.ended()
  }

  #perform(effect: ClientEffect<O>): void {
    switch (effect._tag) {
      case "SendToReplicas": {
        const { host, machine } = this.#options
        const message = machine.sealed(effect.message)
        for (const replica of effect.replicas) host.send(replicaName(replica), message)
        return
      }
      case "SetTimer":
        this.#waitMs = effect.ms
        return this.#timers.set(effect.timer, effect.ms)
      case "CancelTimer":
        return this.#timers.cancel(effect.timer)
      case "Complete": {
        const last = this.observed.at(-1)
        if (last === undefined) return
        last.completedAt = this.#options.host.now()
        last.result = effect.result
        return this.#plan()
      }
    }
  }
}
