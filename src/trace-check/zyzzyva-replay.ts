/**
 * Replays the lines of one process of Zyzzyva through the same `step` that ran: the recorded input
 * goes in, and action and changes must come out as recorded, as replay.ts does for PBFT.
 */
import type { ClientId } from "../core/ids.ts"
import { misfit, type ZyzzyvaHeader } from "../core/trace-event.ts"
import {
  type ClientConfig,
  type ClientState,
  initClient,
  stepClient,
} from "../core/zyzzyva/client.ts"
import { pendingExecution } from "../core/zyzzyva/execution.ts"
import type { Message } from "../core/zyzzyva/message.ts"
import { isWitnessIn } from "../core/zyzzyva/needs.ts"
import { fromFullClientProjection, fromFullProjection } from "../core/zyzzyva/projection.ts"
import { step } from "../core/zyzzyva/replica.ts"
import { claims, digested } from "../core/zyzzyva/signed.ts"
import { type Config, type Input, init, type State } from "../core/zyzzyva/state.ts"
import { clientLine, replicaLine } from "../core/zyzzyva/trace.ts"
import {
  ClientsState,
  ClientTraceInput,
  clientInputOf,
  inputOf,
  ReplicaInput,
  ReplicaState,
} from "../core/zyzzyva/trace-event.ts"
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
import { type ClientKind, oneViewEach, TracedClients } from "./traced-clients.ts"
import type {
  ClientEvent,
  ClientsGap,
  ReplicaEvent,
  ReplicaGap,
  ZyzzyvaEvent,
} from "./zyzzyva-event.ts"

/** The digests that the traced replicas used; the core hashes nothing itself. */
export type ZyzzyvaDigests = Pick<
  Config,
  "batchDigest" | "historyDigest" | "checkpointDigest" | "resultDigest"
>

const replicaInputMisfit = misfit(ReplicaInput)
const clientInputMisfit = misfit(ClientTraceInput)
const replicaStateMisfit = misfit(ReplicaState)
const clientsStateMisfit = misfit(ClientsState)

const groupOf = ({ n, f, quorum }: ZyzzyvaHeader) => ({
  group: { n, f, quorum },
  needs: { fast: n, commit: quorum, change: quorum, vote: f + 1 },
})

// Signatures are in no trace.
const sign = (): string => ""

const configOf = (header: ZyzzyvaHeader, digests: ZyzzyvaDigests): Config => {
  const { node, rule, confirmViews } = header
  const { clients, recoverers, checkpointInterval, logSize, maxBatch } = header
  const id = node.kind === "replica" ? node.id : 0
  const sizes = { clients, recoverers, checkpointInterval, logSize, maxBatch }
  const { canFetch = false, readOnly = false, commitFirst = false, hastyReads } = header
  const { preferredQuorums = false, vouchOrders = false } = header
  const also = { witness: isWitnessIn(header, id), hastyReads, vouchOrders }
  const how = { rule, confirmViews, canFetch, readOnly, commitFirst, preferredQuorums, ...also }
  return { ...groupOf(header), id, ...sizes, ...how, ...digests, sign }
}

/** The message that an input is, if it is one. */
export const messageIn = (input: Input): Message | undefined =>
  input._tag === "Receive" || input._tag === "ReceiveOrderReq" ? input.message : undefined

/** One replica's replay, from its first state on. */
export class ZyzzyvaReplicaReplay implements ProcessReplay<ZyzzyvaEvent> {
  readonly node: string
  readonly config: Config
  #state: State

  constructor(header: ZyzzyvaHeader, digests: ZyzzyvaDigests) {
    this.config = configOf(header, digests)
    this.node = `replica ${this.config.id}`
    this.#state = init(this.config)
  }

  /** The state after the last line. */
  get state(): State {
    return this.#state
  }

  take(line: StepLine): ReplicaEvent {
    const { place } = line
    const { n, client } = line.step
    const at: At = { place, node: this.node, step: n }
    if (client !== undefined) badField(at, "client", "this is a replica's trace")
    fits(at, "in", replicaInputMisfit(line.step.in))
    const input = inputOf(line.step.in as typeof ReplicaInput.Type)
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
    const before = this.#state
    const data = drop.state as typeof ReplicaState.Type
    this.#state = possible(at, () => fromFullProjection(this.config, data))
    const { dropped } = drop
    return {
      _tag: "ReplicaGap",
      place,
      replica: this.config.id,
      dropped,
      starts: drop.n === dropped,
      before,
      after: this.#state,
    }
  }

  /**
   * A new start: with the step Restart; with Rejoin, which says that the disk is lost; or with
   * nothing, as if it had never been there.
   */
  again(line: StepLine, how: "ended" | "killed"): ReadonlyArray<ReplicaEvent | ReplicaGap> {
    const restart = line.step.action === "Restart"
    const rejoin = line.step.action === "Rejoin"
    if ((restart || rejoin) && how === "ended") return [this.take(line)]
    const before = this.#state
    if (!restart && !rejoin) this.#state = init(this.config)
    const forgotten = this.#state
    const event = this.take(line)
    const after = restart ? this.#state : forgotten
    const { place } = line
    const replica = this.config.id
    const unseen = { _tag: "ReplicaGap", place, replica, dropped: undefined } as const
    const gap = { ...unseen, starts: true, before, after }
    return restart ? [gap] : [gap, event]
  }

  // What the process checked before the step was taken.
  #check(at: At, input: Input): void {
    const { group, batchDigest, checkpointInterval } = this.config
    const message = messageIn(input)
    if (message !== undefined) {
      if ("replica" in message) knownReplica(at, message.replica, group.n)
      for (const { signer } of claims(group, message)) knownReplica(at, signer, group.n, "in")
      for (const { digest, batch } of digested(message)) {
        sameDigest(at, "a digest in the message", batchDigest(batch), digest)
      }
    }
    if (input._tag !== "Executed") return
    const pending = pendingExecution(this.config, this.#state)
    digestAtCheckpoint(at, { input, pending, checkpointInterval })
  }
}

type ClientDigests = Pick<ZyzzyvaDigests, "resultDigest">

const clientKind = ({
  resultDigest,
}: ClientDigests): ClientKind<ZyzzyvaHeader, ClientConfig, ClientState> => ({
  kind: "clients",
  configOf: (header, id, firstTimestamp) => {
    const timers = { commitMs: 1, retransmitMs: 1, maxRetransmitMs: 1 }
    // Neither these nor who is shown a certificate first are in a trace.
    const sending = { ...timers, preferredQuorums: false }
    return { ...groupOf(header), id, firstTimestamp, ...sending, resultDigest }
  },
  init: initClient,
  timestampOf: ({ timestamp }) => timestamp,
})

/** The replay of the clients of one process. */
export class ZyzzyvaClientsReplay implements ProcessReplay<ZyzzyvaEvent> {
  readonly node: string
  readonly #clients: TracedClients<ZyzzyvaHeader, ClientConfig, ClientState>

  constructor(header: ZyzzyvaHeader, digests: ClientDigests) {
    this.#clients = new TracedClients(header, clientKind(digests))
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
    const traced = said.in as typeof ClientTraceInput.Type
    if ("replica" in traced) knownReplica(at, traced.replica, config.group.n)
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
      oneViewEach(at, config, data.views, "state.views")
      const { n } = config.group
      for (const { replica } of data.responses) knownReplica(at, replica, n, "state.responses")
      return fromFullClientProjection(config, data)
    })
    return { _tag: "ClientsGap", place, dropped: drop.dropped, after: this.states }
  }

  beginAgain({ header, place, dropped }: NewStart<ZyzzyvaHeader>): ClientsGap {
    this.#clients.beginAgain(header, place)
    return { _tag: "ClientsGap", place, dropped, after: this.states }
  }
}
