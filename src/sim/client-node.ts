/** One correct client of a simulation: submits its operations one after the other. */
import type { Bytes, ClientId, ReplicaId, Timestamp } from "../core/ids.ts"
import {
  type ClientConfig,
  type ClientEffect,
  type ClientInput,
  type ClientState,
  initClient,
  stepClient,
} from "../core/pbft/client.ts"
import { clientLine } from "../core/pbft/trace.ts"
import { authenticatorFor } from "./authenticators.ts"
import type { ClientStepped, Host } from "./host.ts"
import { isGet, operationBytes } from "./operation.ts"
import type { Recorder } from "./recorder.ts"
import { type Cluster, replicaName, type ScenarioRequest } from "./scenario.ts"
import { clientTimers, Timers } from "./timers.ts"

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

export interface ClientNodeOptions {
  readonly config: ClientConfig
  /** Its requests in order. */
  readonly requests: ReadonlyArray<ScenarioRequest>
  readonly rate: number
  /** Whether reads are answered without an order, and results by digest. */
  readonly cluster: Pick<Cluster, "readOnly" | "digestReplies">
  readonly host: Host
  readonly recorder: Recorder
  readonly stepped: (what: ClientStepped) => void
}

export class ClientNode {
  readonly observed: Array<Observed> = []
  readonly #options: ClientNodeOptions
  readonly #timers: Timers
  readonly #everyone: ReadonlyArray<ReplicaId>
  #state: ClientState
  #steps = 0
  /** How long the timer was set for. */
  #waitMs = 0

  constructor(options: ClientNodeOptions) {
    const { config, host, rate } = options
    this.#options = options
    this.#everyone = Array.from({ length: config.group.n }, (_, replica) => replica)
    this.#state = initClient(config)
    const after = (ms: number, run: () => void): void =>
      host.later(Math.max(1, Math.round((ms * 1000) / rate)), run)
    this.#timers = new Timers({ after }, (timer) => {
      if (timer === "retransmit") this.receive(clientTimers[timer](this.#waitMs))
    })
    this.#plan()
  }

  get state(): ClientState {
    return this.#state
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
    const submit = { _tag: "Submit" as const, operation: operationBytes(operation) }
    const { cluster, config } = this.#options
    if (cluster.readOnly === true && isGet(operation))
      return this.receive({ ...submit, readOnly: true })
    const replier = this.#state.timestamp % config.group.n
    this.receive(cluster.digestReplies === true ? { ...submit, replier } : submit)
  }

  receive(input: ClientInput): void {
    const { config, recorder, stepped } = this.#options
    const before = this.#state
    const taken = stepClient(config, before, input)
    this.#state = taken.state
    const client = config.id
    recorder.line(clientLine({ n: ++this.#steps, client }, before, taken, input))
    stepped({ client, before, input, step: taken })
    for (const effect of taken.effects) this.#perform(effect)
  }

  end(): void {
    this.#options.recorder.end()
  }

  #perform(effect: ClientEffect): void {
    switch (effect._tag) {
      case "SendToReplicas": {
        const { message, replicas } = effect
        const authenticator = authenticatorFor(message, this.#everyone)
        for (const replica of replicas) {
          this.#options.host.send(replicaName(replica), { ...message, authenticator })
        }
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
