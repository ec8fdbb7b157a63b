/**
 * The names of what a window of a run of PBFT mentions (run-names.ts), and what was recorded of the
 * service: its answers, the digests of its checkpoints.
 */
import * as ClientTable from "../core/client-table.ts"
import type { Digest, ReplicaId } from "../core/ids.ts"
import { isIgnored } from "../core/machine.ts"
import { type ExecutionConfig, pendingExecution } from "../core/pbft/execution.ts"
import { isWhole } from "../core/pbft/big-requests.ts"
import type { PrePrepare, State as StateMessage } from "../core/pbft/message.ts"
import type { Config, Input, State } from "../core/pbft/state.ts"
import { isBig, isSigned, type SignedRequest } from "../core/request.ts"
import * as Window from "../core/window.ts"
import type { Chain } from "./chain.ts"
import type { ClientEvent, ReplicaEvent, StepEvent } from "./event.ts"
import { incarnationsIn, incarnationsOf } from "./incarnations.ts"
import { RecordedAnswers } from "./recorded-answers.ts"
import { RunNames } from "./run-names.ts"
import { tlaTuple } from "./tla-text.ts"

type ReadDone = Extract<Input, { readonly _tag: "ReadDone" }>

export class Symbols {
  readonly names: RunNames
  readonly #config: ExecutionConfig & Pick<Config, "recoverers" | "bigRequestBytes">
  readonly #batchDigest: Config["batchDigest"]
  readonly #resultDigest: Config["resultDigest"]
  /** The results that occur, by their digests. */
  readonly #resultOfDigest = new Map<Digest, string>()
  /** What the service answered. */
  readonly answers = new RecordedAnswers()
  /** The first recorded digest by sequence number. */
  readonly #digestAt = new Map<number, Digest>()
  /** What primaries proposed with their batches. */
  readonly #proposals: Array<SignedRequest> = []
  /** States that were given or taken. */
  readonly #states: Array<StateMessage> = []

  constructor(chain: Chain) {
    const { header, start, events } = chain
    this.#config = { ...header, group: header, batchDigest: chain.batchDigest }
    this.#batchDigest = chain.batchDigest
    this.#resultDigest = chain.resultDigest
    const { batchDigest } = chain
    this.names = new RunNames({ n: header.n, batchDigest, clients: start.clients })
    // The specification looks at their timestamps with every VIEW-CHANGE.
    const { recoverers } = header
    if (recoverers !== undefined)
      this.names.replicas.forEach((i) => this.names.meetClient(recoverers + i))
    for (const [id, state] of start.replicas) this.#meetReplica(id, state)
    for (const event of events) this.#meet(event)
    for (const [client, state] of start.clients) {
      if (this.names.knows(client)) this.names.meetAsked(client, state)
    }
    for (const state of start.replicas.values()) this.#meetTables(state)
    for (const { table } of this.#states) this.names.meetTable(table)
    this.names.rank()
  }

  /** A result's digest: of a result that occurs in the chain, or of one that nobody shows. */
  resultDigest(digest: Digest): string {
    return `<<"digest", ${this.names.result(this.#resultOfDigest.get(digest) ?? `digest ${digest}`)}>>`
  }

  /** What a replica came back as: a timestamp of the client in whose name it asked. */
  incarnation(replica: ReplicaId, incarnation: number): number {
    const { recoverers } = this.#config
    return recoverers === undefined ? 0 : this.names.timestamp(recoverers + replica, incarnation)
  }

  /** What the names in a text stand for, as definitions. */
  definitions(text: string): ReadonlyArray<string> {
    return this.names.definitions(text)
  }

  /** The operations that are big, of those that have been written. */
  bigOperations(): ReadonlyArray<string> {
    const big = this.names.operationsWritten.filter((content) => isBig(this.#config, content))
    return big.map((content) => this.names.operation(content))
  }

  /** What primaries proposed. */
  proposals(): ReadonlyArray<string> {
    return this.#proposals.map((r) => this.names.request(r, this.names.auth(r)))
  }

  /** The recorded digests of checkpoints as `<<seq, digest>>` pairs. */
  checkpointDigests(): ReadonlyArray<string> {
    return [...this.#digestAt].map(([seq, digest]) =>
      tlaTuple([seq, this.names.checkpoint(digest)]),
    )
  }

  // Where requests are only named, the slot has them as soon as they were there.
  #meetPrePrepare({ seq, batch, digest }: PrePrepare, { log }: State): void {
    batch.forEach((r) => this.names.meetRequest(r))
    this.names.meetDigest(digest)
    const slot = Window.covers(log, seq) ? Window.get(log, seq) : undefined
    if (isWhole(batch)) this.names.meetBatch(batch, digest)
    else if (slot?.digest === digest) this.names.meetBatch(slot.batch, digest)
  }

  #meetReplica(id: ReplicaId, state: State): void {
    this.#meetIncarnations(incarnationsIn(id, state))
    state.queue.forEach((r) => this.names.meetRequest(r))
    for (const seq of Window.occupied(state.log)) {
      const { batch, digest, prepares, commits } = Window.get(state.log, seq)
      if (digest !== "") this.names.meetBatch(batch, digest)
      for (const vote of [...prepares, ...commits]) if (vote !== "") this.names.meetDigest(vote)
    }
    const { batches } = state.told
    for (const { digest } of [...state.told.own, ...state.told.claims])
      this.names.meetDigest(digest)
    for (const { batch, digest } of [...state.qset, ...state.fetched, ...batches]) {
      this.names.meetBatch(batch, digest)
    }
    for (const { seq, digest } of state.checkpoints) this.#meetCheckpoint(seq, digest)
    for (const read of state.reads) {
      this.names.meetRequest(read)
      this.answers.askedToRead(read.operation)
    }
    for (const { result } of ClientTable.entries(state.table)) this.#meetResult(result)
  }

  // Tables may hold clients that the chain does not speak of: they are left out.
  #meetTables({ table, checkpoints }: State): void {
    for (const t of [table, ...checkpoints.map((c) => c.table)]) {
      this.names.meetTable(ClientTable.entries(t))
    }
  }

  #meetCheckpoint(seq: number, digest: Digest): void {
    if (!this.#digestAt.has(seq)) this.#digestAt.set(seq, digest)
  }

  #meet(event: StepEvent): void {
    if (event._tag === "ClientStep") return this.#meetClientEvent(event)
    this.#meetInput(event)
    for (const effect of event.step.effects) {
      if (effect._tag === "SendToClient") {
        const { client, timestamp, result, digest, readOnly } = effect.message
        this.names.meetClient(client)
        this.names.mention(client, timestamp)
        // What an answer by digest stands for is in the step's input.
        if (readOnly === true || digest === true) continue
        this.#meetResult(result)
        this.answers.executed({ client, timestamp }, result)
      } else if ("message" in effect && effect.message._tag === "PrePrepare") {
        this.#meetPrePrepare(effect.message, event.step.state)
      } else if (effect._tag === "Broadcast" && effect.message._tag === "Checkpoint") {
        this.#meetCheckpoint(effect.message.seq, effect.message.digest)
      } else if (effect._tag === "SendToReplicas" && effect.message._tag === "State") {
        this.#states.push(effect.message)
      } else if (effect._tag === "SendToReplicas" && effect.message._tag === "Batch") {
        this.names.meetBatch(effect.message.batch, this.#batchDigest(effect.message.batch))
      }
    }
  }

  #meetResult(result: string): void {
    this.#resultOfDigest.set(this.#resultDigest(result), result)
  }

  #meetRead(replica: ReplicaId, { client, timestamp, result }: ReadDone): void {
    this.names.meetClient(client)
    this.names.mention(client, timestamp)
    if (result !== undefined) this.answers.read({ client, timestamp, replica, result })
  }

  // Nobody may have been told the result: of a proposal, or where all answer with its digest.
  #meetExecution({ before, step }: ReplicaEvent, results: ReadonlyArray<string>): void {
    for (const result of results) this.#meetResult(result)
    if (isIgnored(step.action)) return
    pendingExecution(this.#config, before)?.requests.forEach((request, k) => {
      this.answers.executed(request, results[k] as string)
    })
  }

  #meetIncarnations(all: ReturnType<typeof incarnationsIn>): void {
    for (const [i, k] of all) this.names.mention((this.#config.recoverers ?? 0) + i, k)
  }

  #meetInput(event: ReplicaEvent): void {
    const { input, replica, step } = event
    this.#meetIncarnations(incarnationsOf(replica, input))
    if ("durable" in input) return this.#meetReplica(replica, step.state)
    if (input._tag === "ReadDone") return this.#meetRead(replica, input)
    if (input._tag === "Propose" && input.proposal) {
      this.names.meetRequest(input.proposal)
      this.#proposals.push(input.proposal)
    }
    if (input._tag === "Executed") this.#meetExecution(event, input.results)
    if (input._tag === "Receive") {
      const m = input.message
      if (m._tag === "Request" || m._tag === "Read") this.names.meetRequest(m)
      if (m._tag === "Read") this.answers.askedToRead(m.operation)
      if ("digest" in m && ofBatches.includes(m._tag)) this.names.meetDigest(m.digest)
      if (m._tag === "State") this.#states.push(m)
      if (m._tag === "Batch") this.names.meetBatch(m.batch, this.#batchDigest(m.batch))
    } else if (input._tag === "ReceivePrePrepare") {
      this.#meetPrePrepare(input.message, step.state)
      input.message.batch.forEach((r, k) => {
        if (input.verdicts[k] === true || !isSigned(r)) return
        this.names.meetFailed(r, replica)
      })
    }
  }

  #meetClientEvent({ client, step, input }: ClientEvent): void {
    this.names.meetClient(client)
    this.names.meetAsked(client, step.state)
    if (input._tag === "Submit" && input.readOnly === true) {
      this.answers.askedToRead(input.operation)
    }
    if (input._tag !== "Receive") return
    this.names.mention(client, input.message.timestamp)
    if (input.message.digest !== true) this.#meetResult(input.message.result)
  }
}

const ofBatches: ReadonlyArray<string> = ["Prepare", "Commit", "Committed"]
