/**
 * A run of Zyzzyva without processes: four replicas and two clients as machines, whose messages
 * arrive in order, and the lines that they write.
 */
import type { ClientInput, ClientState } from "../../../src/core/zyzzyva/client.ts"
import { initClient, stepClient } from "../../../src/core/zyzzyva/client.ts"
import type { Message } from "../../../src/core/zyzzyva/message.ts"
import { nullRequest } from "../../../src/core/zyzzyva/rejoin.ts"
import { step } from "../../../src/core/zyzzyva/replica.ts"
import { durableRecords } from "../../../src/core/zyzzyva/restart.ts"
import { type Config, type Input, init, type State } from "../../../src/core/zyzzyva/state.ts"
import { changeAfter } from "../../../src/core/zyzzyva/timer.ts"
import { clientLine, header, replicaLine } from "../../../src/core/zyzzyva/trace.ts"
import { endLine } from "../../../src/core/pbft/trace.ts"
import { groupOf } from "../../../src/core/quorum.ts"
import { needsOf } from "../../../src/core/zyzzyva/needs.ts"
import { zyzzyvaDigests, zyzzyvaHow } from "../../../src/net/zyzzyva-config.ts"
import { textDigest } from "./digests.ts"

const group = groupOf(4)
const needs = needsOf(group)
const clients = 2
// After the clients that ask come those in whose names replicas ask to be taken back.
const known = { clients: clients + group.n, recoverers: clients }
export const sizes = { ...known, checkpointInterval: 2, logSize: 4, maxBatch: 2 } as const
const how = {
  ...zyzzyvaHow({
    readOnly: true,
    commitFirst: false,
    preferredQuorums: false,
    separateExecution: false,
  }),
  witness: false,
}
const spec = "0".repeat(64)

export const configOf = (id: number): Config => ({
  group,
  needs,
  id,
  ...sizes,
  ...how,
  ...zyzzyvaDigests,
  sign: () => "",
})

export const clientConfigOf = (id: number) => {
  const timers = { commitMs: 1, retransmitMs: 1, maxRetransmitMs: 1, preferredQuorums: true }
  const { resultDigest } = zyzzyvaDigests
  return { group, needs, id, firstTimestamp: 0, ...timers, resultDigest }
}

const headerOf = (node: Parameters<typeof header>[0]["node"], incarnation = 0): string => {
  const { n, f, quorum } = group
  const own = { run: "test", spec, node, incarnation, startedAt: "now" }
  return header({ protocol: "zyzzyva", n, f, quorum, ...sizes, ...how, ...own })
}

export const replicaHeader = (id: number, incarnation = 0): string =>
  headerOf({ kind: "replica", id }, incarnation)
export const clientsHeader = (): string =>
  headerOf({ kind: "clients", from: 0, to: clients - 1, firstTimestamp: 0 })

/** Lines as a file: with the header before and the end behind them. */
export const fileOf = (head: string, lines: ReadonlyArray<string>): ReadonlyArray<string> => [
  head,
  ...lines,
  endLine(lines.length, 0),
]

interface Sent {
  readonly to: "client" | "replicas"
  readonly who: ReadonlyArray<number>
  readonly message: Message
}

export class ZyzzyvaRun {
  readonly states: Array<State>
  readonly clients: Array<ClientState>
  readonly lines: ReadonlyArray<Array<string>> = [0, 1, 2, 3].map(() => [])
  readonly clientLines: Array<string> = []
  /** Replicas that neither send nor receive. */
  readonly cut = new Set<number>()
  /** Replicas whose service answers otherwise, or has another state. */
  readonly odd = new Set<number>()
  readonly forgetful = new Set<number>()
  readonly #values: Array<ReadonlyArray<string>> = [[], [], [], []]
  readonly #kept = [0, 1, 2, 3].map(() => new Map<number, ReadonlyArray<string>>([[0, []]]))
  readonly #sent: Array<Sent & { readonly from: number }> = []

  constructor() {
    this.states = [0, 1, 2, 3].map((id) => init(configOf(id)))
    this.clients = [0, 1].map((id) => initClient(clientConfigOf(id)))
  }

  // The service's state travels beside the message: whoever has it.
  #bring(id: number, input: Input): void {
    if (input._tag !== "Receive" || input.message._tag !== "State") return
    const { seq } = input.message.stable
    const value = this.#kept.find((own) => own.has(seq))?.get(seq)
    if (value !== undefined) this.#kept[id]?.set(seq, value)
  }

  replica(id: number, first: Input): void {
    this.#bring(id, first)
    const inputs: Array<Input> = [first]
    for (let input = inputs.shift(); input !== undefined; input = inputs.shift()) {
      const before = this.states[id] as State
      const took = step(configOf(id), before, input)
      const lines = this.lines[id] as Array<string>
      lines.push(replicaLine(lines.length + 1, before, took, input))
      this.states[id] = took.state
      for (const effect of took.effects) {
        if (effect._tag === "Execute") inputs.push(this.#execute(id, effect))
        if (effect._tag === "Restore") this.#values[id] = this.#kept[id]?.get(effect.seq) ?? []
        const others = [0, 1, 2, 3].filter((r) => r !== id)
        if (effect._tag === "Broadcast") this.#send(id, "replicas", others, effect.message)
        if (effect._tag === "SendToReplicas") {
          this.#send(id, "replicas", effect.replicas, effect.message)
        }
        if (effect._tag === "SendToClient") {
          this.#send(id, "client", [effect.client], effect.message)
        }
      }
      const change = changeAfter(configOf(id), before, took.state)
      if (change !== undefined) inputs.push(change)
    }
  }

  #execute(
    id: number,
    effect: { seq: number; requests: ReadonlyArray<{ operation: string }>; checkpoint: boolean },
  ): Input {
    const value = [...(this.#values[id] ?? []), ...effect.requests.map((r) => r.operation)]
    this.#values[id] = value
    if (effect.checkpoint) this.#kept[id]?.set(effect.seq, value)
    const results = effect.requests.map((r) =>
      this.odd.has(id) ? `no ${r.operation}` : `did ${r.operation}`,
    )
    const service = effect.checkpoint ? textDigest(this.forgetful.has(id) ? "" : value.join()) : ""
    return { _tag: "Executed", seq: effect.seq, results, service }
  }

  client(id: number, input: ClientInput): void {
    const before = this.clients[id] as ClientState
    const took = stepClient(clientConfigOf(id), before, input)
    const at = { n: this.clientLines.length + 1, client: id }
    this.clientLines.push(clientLine(at, before, took, input))
    this.clients[id] = took.state
    for (const effect of took.effects) {
      if (effect._tag !== "SendToReplicas") continue
      const { message } = effect
      const asks = message._tag === "Request" || message._tag === "Read"
      const signed = asks ? { ...message, authenticator: "" } : message
      this.#send(-1, "replicas", effect.replicas, signed)
    }
  }

  #send(from: number, to: Sent["to"], who: ReadonlyArray<number>, message: Message): void {
    if (!this.cut.has(from)) this.#sent.push({ from, to, who, message })
  }

  /** Delivers all that is under way; primaries order what waits. */
  settle(): void {
    for (let sent = this.#sent.shift(); sent !== undefined; sent = this.#sent.shift()) {
      const { message } = sent
      for (const r of sent.who) {
        if (sent.to === "client") {
          // In whose name a replica asks, nobody listens.
          if (this.clients[r] === undefined) continue
          this.client(r, { _tag: "Receive", message: message as never })
          continue
        }
        if (this.cut.has(r)) continue
        if (message._tag === "OrderReq") {
          const verdicts = message.batch.map(() => true)
          this.replica(r, { _tag: "ReceiveOrderReq", message: message as never, verdicts })
        } else this.replica(r, { _tag: "Receive", message: message as never })
        const state = this.states[r] as State
        const { queue, view, stage } = state
        if (queue.length > 0 && stage === "active" && view % 4 === r) {
          this.replica(r, { _tag: "Propose", count: 1 })
        }
        const idle = nullRequest(configOf(r), this.states[r] as State)
        if (idle !== undefined) this.replica(r, idle)
      }
    }
  }

  ask(client: number, operation: string): void {
    this.client(client, { _tag: "Submit", operation })
    this.settle()
  }

  timeout(client: number): void {
    this.client(client, { _tag: "Timeout", waitedMs: 0 })
    this.settle()
  }

  fetch(id: number): void {
    this.replica(id, { _tag: "Fetch" })
    this.settle()
  }

  restart(id: number): void {
    const durable = durableRecords(configOf(id), this.states[id] as State)
    const { seq } = (this.states[id] as State).stable
    this.#values[id] = this.#kept[id]?.get(seq) ?? []
    this.replica(id, { _tag: "Restart", durable })
    this.settle()
  }

  /** Its disk is lost. */
  rejoin(id: number, incarnation: number): void {
    this.#values[id] = []
    this.#kept[id] = new Map([[0, []]])
    this.replica(id, { _tag: "Rejoin", incarnation })
    this.settle()
  }

  /** The files of the run. */
  files(): Map<string, ReadonlyArray<string>> {
    const replicas = this.lines.map(
      (lines, id) => [`replica-${id}`, fileOf(replicaHeader(id), lines)] as const,
    )
    return new Map([...replicas, ["clients", fileOf(clientsHeader(), this.clientLines)]])
  }
}

/** One that was away fetches the state of a checkpoint, and goes on. */
export const fetchingRun = (): ZyzzyvaRun => {
  const run = new ZyzzyvaRun()
  run.cut.add(3)
  for (const op of ["a", "b", "c"]) {
    run.ask(0, op)
    run.timeout(0)
  }
  run.cut.delete(3)
  run.fetch(3)
  run.ask(1, "d")
  run.ask(1, "e")
  return run
}

/** One that lost its disk is taken back, fetches what the others have, and goes on. */
export const rejoiningRun = (): ZyzzyvaRun => {
  const run = new ZyzzyvaRun()
  run.ask(0, "a")
  run.ask(1, "b")
  run.ask(0, "c")
  run.rejoin(3, 1)
  run.fetch(3)
  run.ask(1, "d")
  run.ask(0, "e")
  return run
}

/** At once, by a certificate, through a view change; checkpoints among them. */
export const ordinaryRun = (): ZyzzyvaRun => {
  const run = new ZyzzyvaRun()
  run.ask(0, "a")
  run.ask(1, "b")
  run.cut.add(3)
  run.ask(0, "c")
  run.timeout(0)
  run.cut.delete(3)
  run.cut.add(0)
  run.ask(1, "d")
  run.timeout(1)
  for (const id of [1, 2]) run.replica(id, { _tag: "Timeout", view: 0 })
  run.settle()
  run.timeout(1)
  run.timeout(1)
  return run
}
