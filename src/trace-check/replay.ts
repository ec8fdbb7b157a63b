/**
 * Replays the lines of one process through the same `step` that ran: the recorded input goes in,
 * and action and changes must come out as recorded. A line that the model would have written
 * itself, character for character, conforms; only where the texts differ are the data compared.
 */
import type { ClientId } from "../core/ids.ts"
import { isWhole } from "../core/pbft/big-requests.ts"
import { pendingExecution } from "../core/pbft/execution.ts"
import { type ClientConfig, type ClientState, initClient, stepClient } from "../core/pbft/client.ts"
import {
  fromFullClientProjection,
  fromFullProjection,
  type ReplicaData,
} from "../core/pbft/projection.ts"
import { step } from "../core/pbft/replica.ts"
import { type Config, type Input, init, type State } from "../core/pbft/state.ts"
import { clientLine, replicaLine } from "../core/pbft/trace.ts"
import {
  ClientsState,
  type ClientTraceInput,
  ClientTraceInput as ClientTraceInputSchema,
  clientInputOf,
  inputOf,
  ReplicaInput,
  ReplicaState,
} from "../core/pbft/trace-event.ts"
import { misfit, type TraceHeader } from "../core/trace-event.ts"
import type { ClientEvent, ClientsGap, ReplicaEvent, ReplicaGap, TraceEvent } from "./event.ts"
import type { NewStart, ProcessReplay } from "./process-replay.ts"
import {
  type At,
  badField,
  type DropLine,
  digestAtCheckpoint,
  fits,
  knownReplica,
  possible,
  sameDigest,
  sameLine,
  type StepLine,
} from "./replay-line.ts"
import { stateMisfit } from "./state-data.ts"
import { type ClientKind, oneViewEach, TracedClients } from "./traced-clients.ts"

/** The digests that the traced replicas used; the core hashes nothing itself. */
export type Digests = Pick<Config, "batchDigest" | "checkpointDigest" | "resultDigest">

const replicaInputMisfit = misfit(ReplicaInput)
const clientInputMisfit = misfit(ClientTraceInputSchema)
const replicaStateMisfit = misfit(ReplicaState)
const clientsStateMisfit = misfit(ClientsState)

/** One replica's replay, from its first state on. */
export class ReplicaReplay implements ProcessReplay<TraceEvent> {
  readonly node: string
  readonly config: Config
  #state: State

  constructor(header: TraceHeader, digests: Digests) {
    const id = header.node.kind === "replica" ? header.node.id : 0
    const { n, f, quorum, clients, checkpointInterval, logSize, maxBatch } = header
    const { readOnly, maxTentative, fetchDecisions, tellCommitted } = header
    const group = { n, f, quorum }
    this.node = `replica ${id}`
    this.config = {
      group,
      id,
      clients,
      checkpointInterval,
      logSize,
      maxBatch,
      canFetch: true,
      readOnly,
      hastyReads: header.hastyReads,
      maxTentative,
      fetchDecisions,
      tellCommitted,
      clock: header.clock,
      recoverers: header.recoverers,
      nullRequests: header.nullRequests,
      newKeys: header.newKeys,
      keepVotes: header.keepVotes,
      bigRequestBytes: header.bigRequestBytes,
      batchDigest: digests.batchDigest,
      checkpointDigest: digests.checkpointDigest,
      resultDigest: digests.resultDigest,
    }
    this.#state = init(this.config)
  }

  /** The state after the last line. */
  get state(): State {
    return this.#state
  }

  /** A process that starts anew has its first state, until a step Restart says what it kept. */
  forget(): void {
    this.#state = init(this.config)
  }

  take(line: StepLine): ReplicaEvent {
    const { place } = line
    const { n, client } = line.step
    const at: At = { place, node: this.node, step: n }
    if (client !== undefined) badField(at, "client", "this is a replica's trace")
    fits(at, "in", replicaInputMisfit(line.step.in))
    const input = inputOf(line.step.in as ReplicaInput)
    this.#check(at, input)
    const before = this.#state
    const taken = possible(at, () => step(this.config, before, input))
    sameLine(at, replicaLine(n, before, taken, input), line)
    this.#state = taken.state
    const replica = this.config.id
    return { _tag: "ReplicaStep", place, n, replica, before, input, step: taken, said: line }
  }

  drop(line: DropLine): ReplicaGap {
    const { place, drop } = line
    const at: At = { place, node: this.node, step: drop.n }
    fits(at, "state", replicaStateMisfit(drop.state))
    const data = drop.state as ReplicaData
    fits(at, "state", stateMisfit(this.config, data))
    const before = this.#state
    this.#state = possible(at, () => fromFullProjection(this.config, data))
    const { dropped } = drop
    const replica = this.config.id
    const starts = drop.n === dropped
    return { _tag: "ReplicaGap", place, replica, dropped, starts, before, after: this.#state }
  }

  /**
   * The first line of a new start: the step Restart or Recover, which say what its disk held, or
   * Rejoin, which says that the disk is lost. After a kill, the steps before it are unknown;
   * without the step, it has forgotten everything.
   */
  again(line: StepLine, how: "ended" | "killed"): ReadonlyArray<ReplicaEvent | ReplicaGap> {
    const restart = line.step.action === "Restart" || line.step.action === "Recover"
    const rejoin = line.step.action === "Rejoin"
    if ((restart || rejoin) && how === "ended") return [this.take(line)]
    const { place } = line
    const before = this.#state
    const unseen = { _tag: "ReplicaGap", place, replica: this.config.id } as const
    const gap = { ...unseen, dropped: undefined, starts: true, before }
    if (rejoin) {
      const event = this.take(line)
      return [{ ...gap, after: before }, event]
    }
    if (!restart) this.forget()
    const forgotten = this.#state
    const event = this.take(line)
    return restart ? [{ ...gap, after: this.#state }] : [{ ...gap, after: forgotten }, event]
  }

  // What the schema cannot say, and what the process checked before the step was taken.
  #check(at: At, input: Input): void {
    const { n } = this.config.group
    if (input._tag === "Receive" && "replica" in input.message) {
      knownReplica(at, input.message.replica, n)
    }
    if (input._tag === "Receive" && input.message._tag === "NewView") {
      input.message.changes.forEach(({ replica }, k) =>
        knownReplica(at, replica, n, `in.changes[${k}].replica`),
      )
    }
    if (input._tag === "Executed") {
      const { checkpointInterval } = this.config
      // A checkpoint is taken when its batch is committed.
      const pending = pendingExecution(this.config, this.#state)
      return digestAtCheckpoint(at, { input, pending, checkpointInterval })
    }
    if (input._tag !== "ReceivePrePrepare") return
    const { digest, batch, replica } = input.message
    knownReplica(at, replica, n)
    // What is only named is held against the digest by the step.
    if (!isWhole(batch)) return
    sameDigest(at, "the digest in the pre-prepare", this.config.batchDigest(batch), digest)
  }
}

type Kind = ClientKind<TraceHeader, ClientConfig, ClientState>

const clientsOf = ({ resultDigest }: Pick<Digests, "resultDigest">): Kind => ({
  kind: "clients",
  configOf: ({ n, f, quorum, replyQuorum, bigRequestBytes }, id, firstTimestamp) => {
    const timers = { retransmitMs: 1, maxRetransmitMs: 1 }
    const answers = { replyQuorum, resultDigest, bigRequestBytes }
    return { group: { n, f, quorum }, id, firstTimestamp, ...timers, ...answers }
  },
  init: initClient,
  timestampOf: ({ timestamp }) => timestamp,
})

/** The replay of the clients of one process. */
export class ClientsReplay implements ProcessReplay<TraceEvent> {
  readonly node: string
  readonly #clients: TracedClients<TraceHeader, ClientConfig, ClientState>

  constructor(header: TraceHeader, digests: Pick<Digests, "resultDigest">) {
    this.#clients = new TracedClients(header, clientsOf(digests))
    this.node = this.#clients.node
  }

  get states(): ReadonlyMap<ClientId, ClientState> {
    return this.#clients.states
  }

  take(line: StepLine): ClientEvent {
    const { place, step: said } = line
    const { n } = said
    const { at, client, config, before } = this.#clients.asked(line)
    fits(at, "in", clientInputMisfit(said.in))
    const traced = said.in as ClientTraceInput
    if (traced.type === "Reply") knownReplica(at, traced.replica, config.group.n)
    const input = clientInputOf(traced)
    const taken = possible(at, () => stepClient(config, before, input))
    sameLine(at, clientLine({ n, client }, before, taken, input), line)
    this.#clients.set(client, taken.state)
    return { _tag: "ClientStep", place, n, client, before, input, step: taken, said: line }
  }

  drop(line: DropLine): ClientsGap {
    const { place, drop } = line
    const at: At = { place, node: this.node, step: drop.n }
    fits(at, "state", clientsStateMisfit(drop.state))
    this.#clients.restore(at, drop.state as typeof ClientsState.Type, (config, data) => {
      const { n } = config.group
      for (const { replica } of data.replies) knownReplica(at, replica, n, "state.replies")
      oneViewEach(at, config, data.views, "state.views")
      return fromFullClientProjection(config, data)
    })
    return { _tag: "ClientsGap", place, dropped: drop.dropped, after: this.states }
  }

  beginAgain({ header, place, dropped }: NewStart<TraceHeader>): ClientsGap {
    this.#clients.beginAgain(header, place)
    return { _tag: "ClientsGap", place, dropped, after: this.states }
  }
}
