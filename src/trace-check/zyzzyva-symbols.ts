/**
 * The names of what a window of a run of Zyzzyva mentions (run-names.ts), its histories, and what
 * was recorded of the service: its results, the digests of its checkpoints.
 */
import * as ClientTable from "../core/client-table.ts"
import { type Digest, noDigest, type ReplicaId } from "../core/ids.ts"
import { isIgnored } from "../core/machine.ts"
import type { ClientState } from "../core/zyzzyva/client.ts"
import { pendingExecution } from "../core/zyzzyva/execution.ts"
import { historyAt, orderAt } from "../core/zyzzyva/log.ts"
import type { Certificate, Message, ShownCertificate, ViewChange } from "../core/zyzzyva/message.ts"
import { isWitnessIn } from "../core/zyzzyva/needs.ts"
import { genesisService, type Slot, type State } from "../core/zyzzyva/state.ts"
import * as Window from "../core/window.ts"
import type { ZyzzyvaChain } from "./chain.ts"
import { RunNames } from "./run-names.ts"
import { tlaTuple } from "./tla-text.ts"
import type { ClientEvent, ReplicaEvent, ZyzzyvaStepEvent } from "./zyzzyva-event.ts"
import { Histories } from "./zyzzyva-histories.ts"
import { messageIn } from "./zyzzyva-replay.ts"

/** A result, and after which history it was had: at which place of its last batch. */
interface Answered {
  readonly history: Digest
  readonly place: number
  readonly client: number
  readonly timestamp: number
  readonly result: string
}

export class ZyzzyvaSymbols {
  readonly names: RunNames
  readonly histories: Histories
  readonly #chain: ZyzzyvaChain
  readonly #answers = new Map<string, Answered>()
  readonly #reads = new Map<string, Omit<Answered, "place">>()
  readonly #readOperations = new Set<string>()
  readonly #resultOfDigest = new Map<Digest, string>()
  /** The digest of the checkpoint after a history. */
  readonly #digestAfter = new Map<Digest, Digest>()
  /** Tables beside those of the states at the chain's start: what they hold is met last. */
  readonly #tables: Array<State["table"]> = []

  constructor(chain: ZyzzyvaChain) {
    const { header, digests, start, events } = chain
    const { n, checkpointInterval, clients } = header
    const { batchDigest } = digests
    this.#chain = chain
    this.names = new RunNames({ n, batchDigest, clients: start.clients })
    this.histories = new Histories(
      checkpointInterval,
      (digest) => this.names.digest(digest),
      (r) => tlaTuple([r.client, this.names.timestamp(r.client, r.timestamp)]),
    )
    // The specification looks at their timestamps wherever a view changes.
    const { recoverers } = header
    if (recoverers !== undefined)
      this.names.replicas.forEach((i) => this.names.meetClient(recoverers + i))
    const empty = new Array(clients).fill({ timestamp: 0, result: "", seq: 0, history: noDigest })
    const genesis = digests.checkpointDigest(noDigest, genesisService, empty)
    this.#digestAfter.set(noDigest, genesis)
    for (const [replica, state] of start.replicas) this.#meetReplica(replica, state)
    for (const event of events) this.#meet(event)
    for (const [client, state] of start.clients) {
      if (this.names.knows(client)) this.#meetClient(client, state)
    }
    for (const table of this.#tables) this.names.meetTable(ClientTable.entries(table))
    this.names.rank()
  }

  /** A sequence number as it counts in the window. */
  seq(seq: number): number {
    return this.histories.seq(seq)
  }

  history(history: Digest): string {
    return this.histories.history(history)
  }

  /** A result; where execution is apart there may be none. */
  result(result: string): string {
    const isNone = result === "" && this.#chain.header.separateExecution === true
    return isNone ? "<<>>" : this.names.result(result)
  }

  /** The digest of a checkpoint; of one that a witness has not vouched for there is none. */
  checkpoint(digest: Digest): string {
    return digest === noDigest ? "<<>>" : this.names.checkpoint(digest)
  }

  /** Whether a replica only orders. */
  isWitness(replica: ReplicaId): boolean {
    return isWitnessIn(this.#chain.header, replica)
  }

  /** What the service answered: `<<client, timestamp, value, result>>`. */
  results(): ReadonlyArray<string> {
    const answer = ({ client, timestamp, result }: Omit<Answered, "place">, value: string) => {
      const key = [client, this.names.timestamp(client, timestamp), value]
      return tlaTuple([tlaTuple(key), this.result(result)])
    }
    return [
      ...[...this.#answers.values()].map((a) =>
        answer(a, this.histories.valueBefore(a.history, a.place)),
      ),
      ...[...this.#reads.values()].map((a) => answer(a, this.histories.value(a.history))),
    ]
  }

  /** The digest of a result: of one that is known, or of one that nobody here has. */
  resultDigest(digest: Digest): string {
    return `<<"digest", ${this.result(this.#resultOfDigest.get(digest) ?? digest)}>>`
  }

  /** Operations that were to be read without an order. */
  readOperations(): ReadonlyArray<string> {
    return [...this.#readOperations].map((operation) => this.names.operation(operation))
  }

  /** The recorded digests of checkpoints as `<<history, digest>>` pairs. */
  checkpointDigests(): ReadonlyArray<string> {
    return [...this.#digestAfter].map(([history, digest]) =>
      tlaTuple([this.history(history), this.names.checkpoint(digest)]),
    )
  }

  /** What the names in a text stand for, as definitions. */
  definitions(text: string): ReadonlyArray<string> {
    return this.names.definitions(text, (all) => this.histories.definitions(all))
  }

  /** What a replica came back as: a timestamp of the client in whose name it asked. */
  incarnation(replica: ReplicaId, incarnation: number): number {
    const { recoverers } = this.#chain.header
    return recoverers === undefined ? 0 : this.names.timestamp(recoverers + replica, incarnation)
  }

  #meetIncarnation(replica: ReplicaId, incarnation = 0): void {
    const { recoverers } = this.#chain.header
    if (recoverers === undefined || incarnation === 0) return
    this.names.mention(recoverers + replica, incarnation)
  }

  #meetReplica(replica: ReplicaId, state: State): void {
    const { log, stable, checkpoints, certificates, viewChanges, newView } = state
    this.#meetIncarnation(replica, state.incarnation)
    state.queue.forEach((r) => this.names.meetRequest(r))
    for (const read of state.pendingReads) {
      this.names.meetRequest(read)
      this.histories.meetSeq(read.after)
      this.#readOperations.add(read.operation)
    }
    this.histories.meetSeq(stable.seq)
    for (const { seq, history, digest, table } of checkpoints) {
      this.histories.meet(history, { seq })
      this.#meetDigest(history, digest)
      this.#meetEntries(table)
    }
    this.#meetSlots(state, Window.occupied(log))
    this.#meetEntries(state.table)
    for (const { seq, said } of state.headers) {
      for (const s of said) if (s !== undefined) this.histories.meet(s.digest, { seq })
    }
    const low = stable.seq
    for (const c of certificates) this.#meetShown(c, low)
    for (const m of viewChanges) this.#meetChange(m)
    newView?.changes.forEach((m) => this.#meetChange(m))
  }

  // Orders of one view follow each other, those of the present one the checkpoint.
  #meetSlots(state: State, seqs: ReadonlyArray<number>): void {
    for (const seq of seqs) {
      const { view, batch, digest, history } = Window.get(state.log, seq)
      if (history === noDigest) continue
      this.names.meetBatch(batch, digest)
      const before = beforeIn(state, seq, view)
      this.histories.meet(history, { seq, digest, ...(before === undefined ? {} : { before }) })
    }
  }

  #meetEntries(table: State["table"]): void {
    this.#tables.push(table)
    for (const { timestamp, seq, history } of ClientTable.entries(table)) {
      if (timestamp > 0) this.histories.remember(history, { seq })
    }
  }

  #meetCertificate({ seq, history }: Certificate): void {
    this.histories.meet(history, { seq })
  }

  #meetShown(c: ShownCertificate, low: number): void {
    this.histories.meet(c.before, { seq: low })
    const { historyDigest } = this.#chain.digests
    c.batches.reduce((before, { digest, batch }, k) => {
      const history = historyDigest(before, digest)
      this.names.meetBatch(batch, digest)
      this.histories.meet(history, { seq: low + 1 + k, before, digest })
      return history
    }, c.before)
    this.#meetCertificate(c)
  }

  #meetChange({ stable, orders, certificates, replica, incarnation }: ViewChange): void {
    this.#meetIncarnation(replica, incarnation)
    this.histories.meetSeq(stable.seq)
    for (const { seq, history, digest, batch } of orders) {
      this.names.meetBatch(batch, digest)
      this.histories.meet(history, { seq, digest })
    }
    for (const c of certificates) this.#meetShown(c, stable.seq)
  }

  #meet(event: ZyzzyvaStepEvent): void {
    if (event._tag === "ClientStep") this.#meetClientStep(event)
    else this.#meetReplicaStep(event)
    for (const effect of event.step.effects) {
      if (!("message" in effect)) continue
      const { message } = effect
      const asks = message._tag === "Request" || message._tag === "Read"
      this.#meetMessage(asks ? { ...message, authenticator: "" } : message, undefined)
    }
  }

  #meetReplicaStep(event: ReplicaEvent): void {
    const { input, replica, before, step } = event
    const { state } = step
    if (input._tag === "Restart" || input._tag === "Rejoin") {
      return this.#meetReplica(replica, state)
    }
    const message = messageIn(input)
    if (message !== undefined) this.#meetMessage(message, state)
    if (input._tag === "ReceiveOrderReq") {
      input.message.batch.forEach((r, k) => {
        if (input.verdicts[k] !== true) this.names.meetFailed(r, replica)
      })
    }
    if (before.log !== state.log) this.#meetSlots(state, Window.changed(before.log, state.log))
    if (before.checkpoints !== state.checkpoints) {
      for (const { seq, history, digest } of state.checkpoints) {
        this.histories.meet(history, { seq })
        this.#meetDigest(history, digest)
      }
    }
    if (input._tag === "Executed" && !isIgnored(step.action)) this.#meetExecution(event)
    if (this.isWitness(replica)) return
    if (input._tag === "ReadDone" && input.result !== undefined && !isIgnored(step.action)) {
      const { client, timestamp, result } = input
      const history = historyAt(before, before.executed)
      this.#reads.set(`${client} ${timestamp} ${history}`, { history, client, timestamp, result })
    }
  }

  #meetDigest(history: Digest, digest: Digest): void {
    if (digest !== noDigest) this.#digestAfter.set(history, digest)
  }

  #meetResult(result: string): void {
    this.#resultOfDigest.set(this.#chain.digests.resultDigest(result), result)
  }

  // The history that the batch led to, whose value is what these requests made of the one before.
  #meetExecution({ before, input, replica }: ReplicaEvent): void {
    if (input._tag !== "Executed") return
    const { header } = this.#chain
    const requests = pendingExecution(header, before)?.requests ?? []
    const { seq } = input
    const { history } = orderAt(before, seq) as Slot
    this.histories.meet(history, { seq, executed: requests })
    requests.forEach(({ client, timestamp }, place) => {
      this.names.meetRequest({ client, timestamp })
      if (this.isWitness(replica)) return
      const result = input.results[place] as string
      this.#meetResult(result)
      const answered = { history, place, client, timestamp, result }
      this.#answers.set(`${history} ${place}`, answered)
    })
  }

  #meetMessage(m: Message, after: State | undefined): void {
    switch (m._tag) {
      case "Request":
        return this.names.meetRequest(m)
      case "Read":
        this.#readOperations.add(m.operation)
        return this.names.meetRequest(m)
      case "OrderReq": {
        const { seq, history, digest, batch } = m
        this.names.meetBatch(batch, digest)
        return this.histories.meet(history, { seq, digest })
      }
      case "SpecResponse":
      case "ReadResponse":
        if (m._tag === "ReadResponse" || m.digest !== true) this.#meetResult(m.result)
        this.names.meetRequest(m)
        return this.histories.meet(m.history, { seq: m.seq })
      case "LocalCommit":
        this.names.meetClient(m.client)
        return this.histories.meet(m.history, { seq: m.seq })
      case "SpecHeader":
      case "ViewConfirm":
        return this.histories.meet(m.history, { seq: m.seq })
      case "Commit":
        this.names.meetClient(m.client)
        return this.#meetCertificate(m.certificate)
      case "Pom":
        return m.orders.forEach(({ seq, history }) => this.histories.meet(history, { seq }))
      case "Checkpoint":
        return this.histories.meetSeq(m.seq)
      case "State":
        return this.#meetState(m, after)
      case "ViewChange":
        return this.#meetChange(m)
      case "NewView":
        return m.changes.forEach((c) => this.#meetChange(c))
      case "FillHole":
      case "Accusation":
      case "FetchState":
        return
    }
  }

  // The digest is the state's own, unless who gave it made it up.
  #meetState(m: Extract<Message, { readonly _tag: "State" }>, after: State | undefined): void {
    const { stable, history } = m
    this.histories.meet(history, { seq: stable.seq })
    const taken = after?.checkpoints.find((c) => c.history === history)
    if (taken !== undefined) this.#digestAfter.set(history, taken.digest)
    m.table.forEach(({ timestamp, seq, history: of }) => {
      if (timestamp > 0) this.histories.remember(of, { seq })
    })
    this.#tables.push(ClientTable.fromEntriesOf(m.table, nobody))
  }

  #meetClientStep({ client, step, input, before }: ClientEvent): void {
    this.names.meetClient(client)
    this.#meetClient(client, before)
    this.#meetClient(client, step.state)
    if (input._tag === "Receive") this.#meetMessage(input.message, undefined)
  }

  #meetClient(client: number, state: ClientState): void {
    this.names.meetAsked(client, state)
    if (state.readOnly && state.operation !== undefined) this.#readOperations.add(state.operation)
    for (const r of state.responses) {
      if (r?.digest === false) this.#meetResult(r.result)
      if (r !== undefined) this.histories.meet(r.history, { seq: r.seq })
    }
    if (state.certificate !== undefined) this.#meetCertificate(state.certificate)
    if (state.done !== undefined) this.histories.remember(state.done.history, state.done)
  }
}

const nobody = { timestamp: 0, result: "", seq: 0, history: noDigest }

// The history that the order at a number stands on, where it follows from the state.
const beforeIn = (state: State, seq: number, view: number): Digest | undefined => {
  const { low } = state.log
  if (seq === low + 1) return view === state.view ? historyAt(state, low) : undefined
  const { view: own, history } = Window.get(state.log, seq - 1)
  return own === view && history !== noDigest ? history : undefined
}
