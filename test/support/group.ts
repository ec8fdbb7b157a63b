/** A group of replicas and its clients for tests: what is sent waits until a test delivers it. */
import type { ReplicaId } from "../../src/core/ids.ts"
import type { ClientState } from "../../src/core/pbft/client.ts"
import type { Authentic, Message } from "../../src/core/pbft/message.ts"
import type { Config } from "../../src/core/pbft/state.ts"
import type { Request } from "../../src/core/request.ts"
import {
  authenticator,
  type Envelope,
  everyone,
  executeReplica,
  inputOf,
  type Moved,
  type ModelService,
  moveClient,
  moveReplica,
  type ReplicaProcess,
  restartReplica,
  startClient,
  startReplica,
} from "../../src/sim/world.ts"
import { deepFreeze } from "./deep-freeze.ts"
import { clientConfigOf, configOf } from "./pbft.ts"

/** The service's state is what it executed; a result tells the place in the order. */
export type History = ReadonlyArray<string>
const service: ModelService<History> = {
  initial: [],
  result: (value, r) => `${r.operation}@${value.length + 1}`,
  next: (value, r) => [...value, `${r.client}:${r.timestamp}:${r.operation}`],
  digest: (value) => value.join(" "),
  isRead: (operation) => operation.startsWith("read"),
}

/** A request whose authenticator verifies at these replicas only. */
export const validAt = (request: Request, at: ReadonlyArray<ReplicaId>) => ({
  ...request,
  authenticator: authenticator(at),
})

export class Group {
  readonly configs: ReadonlyArray<Config>
  readonly replicas: Array<ReplicaProcess<History>>
  readonly clients: Array<ClientState>
  /** Everything that was sent, in order. */
  readonly sent: Array<Envelope> = []
  /** Replicas that do nothing of their own: a test speaks for them. */
  readonly silent = new Set<ReplicaId>()

  constructor(changed: Partial<Config> = {}) {
    const n = changed.group?.n ?? 4
    this.configs = everyone(n).map((id) => configOf(id, changed))
    this.replicas = this.configs.map((config) => deepFreeze(startReplica(config, service)))
    this.clients = [0, 1].map((id) => startClient(clientConfigOf(id)))
  }

  submit(client: number, operation = "a"): void {
    this.moveClient(client, { _tag: "Submit", operation })
  }

  timeout(client: number): void {
    this.moveClient(client, { _tag: "Timeout", waitedMs: 0 })
  }

  /** Sends a message in a Byzantine sender's name; its authenticator verifies at these. */
  forge(message: Message, auth: ReadonlyArray<ReplicaId> = [0, 1, 2, 3]): void {
    this.sent.push({ message, to: undefined, auth })
  }

  propose(count = 1): void {
    this.moved(0, moveReplica(this.config(0), this.replica(0), { _tag: "Propose", count }))
  }

  restart(id: ReplicaId): void {
    this.moved(id, restartReplica(this.config(id), this.replica(id)))
  }

  /** Delivers one envelope to one replica; the action that it took, undefined if not for it. */
  deliver(envelope: Envelope, id: ReplicaId): string | undefined {
    const input = inputOf(id, deepFreeze(envelope))
    if (input === undefined || this.silent.has(id)) return undefined
    return this.moved(id, moveReplica(this.config(id), this.replica(id), input))
  }

  /** Executes what waits at one replica. */
  execute(id: ReplicaId): void {
    for (;;) {
      const moved = executeReplica(this.config(id), service, this.replica(id))
      if (moved === undefined) return
      this.moved(id, moved)
    }
  }

  /**
   * Delivers everything that was ever sent to everyone, again and again until nothing new comes of
   * it, with the primary proposing and everybody executing; `lost` messages never arrive.
   */
  settle(lost: (envelope: Envelope, to: ReplicaId) => boolean = () => false): void {
    for (let from = 0; from < this.sent.length; ) {
      const until = this.sent.length
      for (const envelope of this.sent.slice(from)) {
        for (const id of everyone(this.configs.length)) {
          if (!lost(envelope, id)) this.deliver(envelope, id)
          if (!this.silent.has(id)) this.execute(id)
        }
        this.answer(envelope.message)
      }
      if (!this.silent.has(0) && this.replica(0).state.queue.length > 0) this.propose()
      from = until
    }
  }

  /** The messages of one kind that were sent, by whom they say. */
  messages<T extends Message["_tag"]>(tag: T): ReadonlyArray<Extract<Message, { _tag: T }>> {
    return this.sent.flatMap(({ message }) =>
      message._tag === tag ? [message as Extract<Message, { _tag: T }>] : [],
    )
  }

  /** What each replica executed, in order. */
  histories(): ReadonlyArray<History> {
    return this.replicas.map(({ value }) => value)
  }

  private answer(message: Message): void {
    if (message._tag !== "Reply") return
    const state = this.clients[message.client]
    if (state === undefined) return
    this.moveClient(message.client, {
      _tag: "Receive",
      message: message as Authentic<typeof message>,
    })
  }

  private config(id: ReplicaId): Config {
    return this.configs[id] as Config
  }

  private replica(id: ReplicaId): ReplicaProcess<History> {
    return this.replicas[id] as ReplicaProcess<History>
  }

  private moveClient(client: number, input: Parameters<typeof moveClient>[2]): void {
    const config = clientConfigOf(client)
    const moved = moveClient(config, this.clients[client] as ClientState, input)
    this.clients[client] = deepFreeze(moved.process)
    this.sent.push(...moved.sent)
  }

  private moved(id: ReplicaId, moved: Moved<ReplicaProcess<History>>): string {
    this.replicas[id] = deepFreeze(moved.process)
    this.sent.push(...moved.sent)
    return moved.action
  }
}
