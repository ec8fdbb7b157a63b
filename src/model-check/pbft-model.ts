/** Instances of PBFT for the explorer: the TypeScript side of spec/tla/MCPbft.tla. */
import type { ClientEntry } from "../core/client-table.ts"
import type { ClientConfig, ClientInput, ClientState } from "../core/pbft/client.ts"
import type { Message } from "../core/pbft/message.ts"
import { isSigned } from "../core/request.ts"
import { canEnter } from "../core/pbft/enter-view.ts"
import { type Config, type Input, nothingTold, type State } from "../core/pbft/state.ts"
import { wantedStates } from "../core/pbft/state-transfer.ts"
import { pendingDecisions } from "../core/pbft/view-change.ts"
import {
  type Envelope,
  executeReplica,
  inputOf,
  type Moved,
  moveClient,
  moveReplica,
  readReplica,
  isSince,
  isUnderKeys,
  rekeyReplica,
  restartReplica,
  startClient,
  verifiesAt,
} from "../sim/world.ts"
import type { InjectedMessage, Model, Move, ProcessModel, SentMessage } from "./model.ts"
import {
  modelService,
  type PbftConstants,
  type PbftProcess,
  type Replica,
  type Value,
} from "./pbft-process.ts"
import { comebacks, firstOf, isFollowing } from "./comebacks.ts"
import { forgedNewViews } from "./forged.ts"
import { pbftInvariants } from "./pbft-properties.ts"
import {
  clientText,
  envelopeText,
  injectedText,
  newKeyText,
  modelDigests,
  plainText,
  replicaTexts,
  replicaVariables,
  executionsText,
} from "./pbft-text.ts"
import { pbftWitnesses } from "./pbft-witnesses.ts"
import { recoveryInvariants } from "./recovery-properties.ts"
import { worldText } from "./world-text.ts"

const configOf = (c: PbftConstants, id: number): Config => ({
  group: { n: c.n, f: c.f, quorum: c.quorum },
  id,
  clients: c.allClients,
  checkpointInterval: c.checkpointInterval,
  logSize: c.logSize,
  maxBatch: c.maxBatch,
  readOnly: c.readOnly,
  hastyReads: c.hastyReads,
  maxTentative: c.maxTentative,
  fetchDecisions: c.fetchDecisions,
  tellCommitted: c.tellCommitted,
  clock: c.clock,
  recoverers: c.recoverers,
  nullRequests: c.nullSeqs.length > 0,
  newKeys: c.rekeys.length > 0,
  keepVotes: c.keepVotes,
  bigRequestBytes: c.bigRequestBytes,
  canFetch: c.canFetch.includes(id),
  ...modelDigests,
})

const sentOf =
  (c: PbftConstants) =>
  (envelope: Envelope): SentMessage => ({ text: envelopeText(c.n, envelope), value: envelope })

// It is nobody's input.
const newKey = (replica: number, of: number): SentMessage => ({
  text: newKeyText(replica, of),
  value: { message: { _tag: "NewKey", replica }, to: [], auth: [] },
})

const told = (m: Message): string => {
  switch (m._tag) {
    case "Request":
    case "Read":
      return `${m._tag} ${m.operation} (client ${m.client}, timestamp ${m.timestamp})`
    case "PrePrepare": {
      const ops = m.batch.map((r) => (isSigned(r) ? r.operation : `of ${r.client}`)).join(",")
      return `PrePrepare view ${m.view} seq ${m.seq} [${ops}] from ${m.replica}`
    }
    case "Prepare":
    case "Commit":
      return `${m._tag} view ${m.view} seq ${m.seq} ${m.digest} from ${m.replica}`
    case "Checkpoint":
      return `Checkpoint seq ${m.seq} from ${m.replica}`
    case "Committed":
      return `Committed seq ${m.seq} ${m.digest} from ${m.replica}`
    case "ViewChange":
      return `ViewChange to view ${m.view} from ${m.replica}`
    case "NewView": {
      const of = m.changes.map((c) => c.replica).join(",")
      return `NewView ${m.view} of [${of}] with ${m.chosen.length} chosen from ${m.replica}`
    }
    case "FetchPrePrepare":
      return `FetchPrePrepare view ${m.view} seq ${m.seq} from ${m.replica}`
    case "FetchBatch":
      return `FetchBatch ${m.digest} from ${m.replica}`
    case "Batch":
      return `Batch [${m.batch.map((r) => r.operation).join(",")}]`
    case "FetchState":
      return `FetchState seq ${m.seq} from ${m.replica}`
    case "State":
      return `State seq ${m.seq} ${m.service}`
    case "QueryStable":
      return `QueryStable of incarnation ${m.incarnation} from ${m.replica}`
    case "ReplyStable":
      return `ReplyStable ${m.checkpoint} ${m.prepared} to ${m.recovering} from ${m.replica}`
    case "Reply":
      return `Reply ${m.result} to client ${m.client} from ${m.replica}`
  }
}

interface LocalInput {
  readonly input: Input
  readonly what: string
}

// Each size of the next batch, with each value that may be proposed.
const proposeInputs = (c: PbftConstants, { queue, seqno }: State): ReadonlyArray<LocalInput> => {
  const inputs: Array<LocalInput> = []
  if (c.nullSeqs.includes(seqno + 1)) {
    inputs.push({ input: { _tag: "Propose", count: 0 }, what: "proposes the null request" })
  }
  for (let count = 1; count <= queue.length; count++) {
    const what = `proposes ${count} of ${queue.length} waiting`
    if (c.clock === undefined) inputs.push({ input: { _tag: "Propose", count }, what })
    for (const proposal of c.proposals) {
      const at = `${what} at ${proposal.timestamp}`
      inputs.push({ input: { _tag: "Propose", count, proposal }, what: at })
    }
  }
  return inputs
}

// What a view change makes a replica do by itself, and what it may fetch.
const ownInputs = (c: PbftConstants, config: Config, state: State): ReadonlyArray<LocalInput> => {
  const { view } = state
  const inputs: Array<LocalInput> = []
  if (c.canTimeout.includes(config.id) && view < c.maxView) {
    inputs.push({ input: { _tag: "Timeout", view }, what: `gives up view ${view}` })
  }
  for (const decision of pendingDecisions(config, state)) {
    const what = `starts view ${view} with ${decision.chosen.length} batches`
    inputs.push({ input: { _tag: "Decide", decision }, what })
  }
  if (canEnter(config, state)) inputs.push({ input: { _tag: "Enter" }, what: `view ${view}` })
  for (const { seq } of state.told.own) {
    // Whom it tells is not in the specification: whoever it is may receive it.
    inputs.push({ input: { _tag: "Tell", seq, replica: 0 }, what: `what it executed at ${seq}` })
  }
  if (!config.canFetch) return inputs
  for (const checkpoint of wantedStates(config, state)) {
    const what = `asks for the state at ${checkpoint.seq}`
    inputs.push({ input: { _tag: "Fetch", checkpoint }, what })
  }
  return inputs
}

const replicaModel = (c: PbftConstants, id: number): ProcessModel<PbftProcess> => {
  const config = configOf(c, id)
  const sent = sentOf(c)
  const wrap = (moved: Moved<Replica>, what: string): Move<PbftProcess> => ({
    process: { role: "replica", id, at: moved.process },
    sent: moved.sent.map(sent),
    action: moved.action,
    told: what,
  })
  return {
    name: `replica ${id}`,
    initial: { role: "replica", id, at: firstOf(c, config) },
    // Whose keys it has replaced is in `msgs`, as what it sent.
    texts: (p) => ({
      ...replicaTexts(p.at as Replica),
      rekeyed: JSON.stringify((p.at as Replica).rekeyed ?? []),
    }),
    local: (p) => {
      const at = p.at as Replica
      const back = comebacks(c, config, at).map(({ moved, what }) => wrap(moved, what))
      if (!isFollowing(c, config, at)) return back
      const moves: Array<Move<PbftProcess>> = []
      for (const { input, what } of proposeInputs(c, at.state)) {
        moves.push(wrap(moveReplica(config, at, input), what))
      }
      const executed = executeReplica(config, modelService, at)
      if (executed !== undefined) moves.push(wrap(executed, `seq ${at.state.executed + 1}`))
      for (const read of readReplica(config, modelService, at))
        moves.push(wrap(read, "from its state"))
      for (const { input, what } of ownInputs(c, config, at.state)) {
        moves.push(wrap(moveReplica(config, at, input), what))
      }
      if (c.canRestart.includes(id)) moves.push(wrap(restartReplica(config, at), "from disk"))
      moves.push(...back)
      for (const [replica, of] of c.rekeys) {
        if (replica !== id) continue
        const move = wrap(rekeyReplica(config, at, of), `that of replica ${of}`)
        moves.push({ ...move, sent: [newKey(id, of)] })
      }
      return moves
    },
    receive: (p, message) => {
      const envelope = message as Envelope
      const at = p.at as Replica
      if (!isFollowing(c, config, at) || !isFor(id, envelope)) return undefined
      if (!isUnderKeys(at, envelope) || !isSince(config, at, envelope)) return undefined
      const input = inputOf(id, envelope)
      if (input === undefined) {
        return { process: p, sent: [], action: "Ignore:BadAuthenticator", told: "" }
      }
      const offered = envelope.snapshot as Value | undefined
      const moved = moveReplica(config, at, input, offered)
      const move = wrap(moved, told(envelope.message))
      return moved.process === p.at ? { ...move, process: p } : move
    },
  }
}

const clientModel = (c: PbftConstants, id: number): ProcessModel<PbftProcess> => {
  const group = { n: c.n, f: c.f, quorum: c.quorum }
  const { replyQuorum, repliers, readOnly } = c
  const { resultDigest } = modelDigests
  const timers = { retransmitMs: 0, maxRetransmitMs: 0 }
  const config: ClientConfig = {
    group,
    id,
    firstTimestamp: 0,
    ...timers,
    replyQuorum,
    resultDigest,
    bigRequestBytes: c.bigRequestBytes,
  }
  const submissions = (operation: string): ReadonlyArray<ClientInput> => {
    const submit = { _tag: "Submit" as const, operation }
    if (readOnly && modelService.isRead(operation)) return [{ ...submit, readOnly: true }]
    return repliers.length === 0 ? [submit] : repliers.map((replier) => ({ ...submit, replier }))
  }
  const operations = c.clientOps[id] ?? []
  const sent = sentOf(c)
  const wrap = (moved: Moved<ClientState>, what: string): Move<PbftProcess> => ({
    process: { role: "client", id, at: moved.process },
    sent: moved.sent.map(sent),
    action: moved.action,
    told: what,
  })
  return {
    name: `client ${id}`,
    initial: { role: "client", id, at: startClient(config) },
    texts: (p) => ({ client: clientText(p.at as ClientState) }),
    local: (p) => {
      const at = p.at as ClientState
      if (at.operation !== undefined) {
        return [wrap(moveClient(config, at, { _tag: "Timeout", waitedMs: 0 }), "sends to all")]
      }
      const operation = operations[at.timestamp]
      if (operation === undefined) return []
      return submissions(operation).map((s) => wrap(moveClient(config, at, s), operation))
    },
    receive: (p, message) => {
      const { message: m } = message as Envelope
      if (m._tag !== "Reply" || m.client !== id) return undefined
      const input = { _tag: "Receive", message: m as never } as const
      return wrap(moveClient(config, p.at as ClientState, input), told(m))
    },
  }
}

const isFor = (id: number, { message, to }: Envelope): boolean =>
  message._tag !== "Reply" && (to === undefined || to.includes(id))

/** Whether a correct client asks in this name, or a correct replica to be taken back. */
const isCorrectName = (c: PbftConstants, client: number): boolean => {
  if (client < c.clientOps.length) return true
  const replica = c.recoverers === undefined ? c.n : client - c.recoverers
  return replica >= 0 && replica < c.n && !c.byzantine.includes(replica)
}

/** A state holds the effect of a correct replica's request to be taken back only once it asked. */
const askedFor = (c: PbftConstants, table: ReadonlyArray<ClientEntry>): InjectedMessage["needs"] =>
  c.recoverers === undefined
    ? []
    : table.flatMap(({ timestamp }, client) => {
        if (timestamp === 0 || client < (c.recoverers ?? 0)) return []
        if (!isCorrectName(c, client)) return []
        return [
          (sent: SentMessage) => {
            const q = (sent.value as Envelope).message
            return q._tag === "Request" && q.client === client && q.timestamp >= timestamp
          },
        ]
      })

/** A correct client's request in a batch verifies somewhere only after that client sent it. */
const injectedOf = (c: PbftConstants, envelope: Envelope): InjectedMessage => {
  const made = { text: injectedText(c.n, envelope), value: envelope }
  const m = envelope.message
  if (m._tag === "State") return { ...made, needs: askedFor(c, m.table) }
  if (m._tag !== "PrePrepare") return { ...made, needs: [] }
  const needs = m.batch
    .filter(isSigned)
    .filter((r) => isCorrectName(c, r.client) && verifiesAt(r.authenticator).length > 0)
    .map((r) => (sent: SentMessage) => {
      const q = (sent.value as Envelope).message
      return q._tag === "Request" && plainText(q) === plainText(r)
    })
  return { ...made, needs }
}

const allActions = [
  "ClientSubmit",
  "ClientTimeout",
  "ClientRecvReply",
  "RecvRequest",
  "SendPrePrepare",
  "RecvPrePrepare",
  "RecvFetchPrePrepare",
  "RecvPrepare",
  "RecvCommit",
  "Execute",
  "ExecuteTentatively",
  "Settle",
  "SendCommitted",
  "RecvCommitted",
  "RecvRead",
  "AnswerRead",
  "RecvCheckpoint",
  "Timeout",
  "RecvViewChange",
  "SendNewView",
  "RecvNewView",
  "RecvFetchBatch",
  "RecvBatch",
  "EnterView",
  "SendFetchState",
  "RecvFetchState",
  "RecvState",
  "Restart",
  "Rejoin",
  "Recover",
  "ChangeKey",
  "RecvQueryStable",
  "RecvReplyStable",
]

/** The model with these constants. */
export const pbftModel = (name: string, c: PbftConstants): Model => {
  const correct = Array.from({ length: c.n }, (_, id) => id).filter(
    (id) => !c.byzantine.includes(id),
  )
  const clients = c.clientOps.map((_, id) => id)
  const processes = [
    ...correct.map((id) => replicaModel(c, id)),
    ...clients.map((id) => clientModel(c, id)),
  ]
  // Left out where they are everyone's first value: the text stays what it was without them.
  const leftOut = { recovery: "{}", heard: "{}", told: executionsText(nothingTold) }
  const text = worldText({ correct, clients, variables: replicaVariables, leftOut })
  return {
    name,
    processes: processes as unknown as ReadonlyArray<ProcessModel<unknown>>,
    injected: c.injected.map((e) => injectedOf(c, e)),
    forged: (known) =>
      c.forgesNewView
        ? forgedNewViews(c, known).map((e) => ({ text: injectedText(c.n, e), value: e }))
        : [],
    invariants: [...pbftInvariants(c, (id) => configOf(c, id)), ...recoveryInvariants(c)],
    witnesses: pbftWitnesses(c),
    actions: allActions,
    text,
  }
}
