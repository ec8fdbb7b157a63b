/** Instances of Zyzzyva for the explorer: the TypeScript side of spec/tla/MCZyzzyva.tla. */
import type { Marks } from "../core/request.ts"
import { canBegin, canEnter } from "../core/zyzzyva/view-change.ts"
import {
  type ClientConfig,
  type ClientInput,
  type ClientState,
  initClient,
} from "../core/zyzzyva/client.ts"
import { isForClient, type Message } from "../core/zyzzyva/message.ts"
import type { Config, Input, State } from "../core/zyzzyva/state.ts"
import {
  executeReplica,
  inputOf,
  type Moved,
  moveClient,
  moveReplica,
  readReplica,
  rejoinReplica,
  restartsOf,
  startReplica,
  type ZyzzyvaEnvelope,
} from "../sim/zyzzyva-world.ts"
import type { InjectedMessage, Model, Move, ProcessModel, SentMessage } from "./model.ts"
import { modelService } from "./pbft-process.ts"
import { forgedNewViews, needsOf } from "./zyzzyva-buildable.ts"
import type { Replica, Value, ZyzzyvaConstants, ZyzzyvaProcess } from "./zyzzyva-process.ts"
import { zyzzyvaInvariants } from "./zyzzyva-properties.ts"
import {
  clientText,
  envelopeText,
  modelDigests,
  replicaTexts,
  replicaVariables,
} from "./zyzzyva-text.ts"
import { zyzzyvaRejoinWitnesses } from "./zyzzyva-rejoin-witnesses.ts"
import { zyzzyvaWitnesses } from "./zyzzyva-witnesses.ts"
import { worldText } from "./world-text.ts"

const groupOf = ({ n, f, needs }: ZyzzyvaConstants) => ({ n, f, quorum: needs.commit })

/** The configuration of a replica of a model. */
export const replicaConfig = (c: ZyzzyvaConstants, id: number): Config => ({
  group: groupOf(c),
  needs: c.needs,
  id,
  clients: c.allClients,
  checkpointInterval: c.checkpointInterval,
  logSize: c.logSize,
  maxBatch: c.maxBatch,
  rule: c.rule,
  confirmViews: c.confirmViews,
  canFetch: c.canFetch.includes(id),
  readOnly: c.readOnly,
  hastyReads: c.hastyReads,
  commitFirst: c.commitFirst,
  preferredQuorums: c.preferredQuorums,
  witness: c.witnesses.includes(id),
  vouchOrders: c.vouchOrders,
  recoverers: c.recoverers,
  ...modelDigests,
})

const sentOf =
  (c: ZyzzyvaConstants) =>
  (envelope: ZyzzyvaEnvelope): SentMessage => ({
    text: envelopeText(c.n, envelope),
    value: envelope,
  })

const told = (m: Message): string => {
  const from = "replica" in m ? ` from ${m.replica}` : ""
  const at = "seq" in m ? ` number ${m.seq}` : ""
  const where = "view" in m ? ` view ${m.view}` : ""
  const what = m._tag === "Request" ? ` ${m.operation} of client ${m.client}` : ""
  const batch = m._tag === "OrderReq" ? ` [${m.batch.map((r) => r.operation).join(",")}]` : ""
  return `${m._tag}${where}${at}${batch}${what}${from}`
}

interface LocalInput {
  readonly input: Input
  readonly what: string
}

// What a replica does by itself, but for executions.
const ownInputs = (
  c: ZyzzyvaConstants,
  config: Config,
  state: State,
): ReadonlyArray<LocalInput> => {
  const { view, queue } = state
  const inputs: Array<LocalInput> = []
  for (let count = c.recoverers === undefined ? 1 : 0; count <= queue.length; count++) {
    const what = `orders ${count} of ${queue.length} waiting`
    inputs.push({ input: { _tag: "Propose", count }, what })
  }
  if (c.canTimeout.includes(config.id) && view < c.maxView) {
    inputs.push({ input: { _tag: "Timeout", view }, what: `accuses the primary of view ${view}` })
  }
  if (config.canFetch) {
    inputs.push({ input: { _tag: "Fetch" }, what: `a state above number ${state.log.low}` })
  }
  if (canBegin(config, state)) inputs.push({ input: { _tag: "Begin" }, what: `view ${view}` })
  if (canEnter(config, state)) inputs.push({ input: { _tag: "Enter" }, what: `view ${view}` })
  return inputs
}

const replicaModel = (c: ZyzzyvaConstants, id: number): ProcessModel<ZyzzyvaProcess> => {
  const config = replicaConfig(c, id)
  const sent = sentOf(c)
  const wrap = (moved: Moved<Replica>, what: string): Move<ZyzzyvaProcess> => ({
    process: { role: "replica", id, at: moved.process },
    sent: moved.sent.map(sent),
    action: moved.action,
    told: what,
  })
  return {
    name: `replica ${id}`,
    initial: { role: "replica", id, at: startReplica(config, modelService) },
    texts: (p) => replicaTexts(p.at as Replica, config),
    local: (p) => {
      const at = p.at as Replica
      const moves = ownInputs(c, config, at.state).map(({ input, what }) =>
        wrap(moveReplica(config, at, input), what),
      )
      const executed = executeReplica(config, modelService, at)
      if (executed !== undefined) moves.push(wrap(executed, `number ${at.state.executed + 1}`))
      for (const read of readReplica(config, modelService, at)) moves.push(wrap(read, "a read"))
      const restarts = c.canRestart.includes(id) ? restartsOf(config, at) : []
      for (const restart of restarts) moves.push(wrap(restart, "from disk"))
      for (const [replica, incarnation] of c.rejoins) {
        if (replica !== id || incarnation <= at.state.incarnation) continue
        moves.push(wrap(rejoinReplica(config, modelService, at, incarnation), "without its disk"))
      }
      return moves
    },
    receive: (p, message) => {
      const envelope = message as ZyzzyvaEnvelope
      const { message: m, to } = envelope
      if (isForClient(m)) return undefined
      if (to !== undefined && !to.includes(id)) return undefined
      const input = inputOf(id, envelope)
      if (input === undefined) {
        return { process: p, sent: [], action: "Ignore:BadAuthenticator", told: "" }
      }
      const offered = envelope.snapshot as Value | undefined
      const moved = moveReplica(config, p.at as Replica, input, offered)
      const move = wrap(moved, told(m))
      return moved.process === p.at ? { ...move, process: p } : move
    },
  }
}

// Every way in which a client may ask.
const submissions = (c: ZyzzyvaConstants, operation: string): ReadonlyArray<ClientInput> => {
  const submit = { _tag: "Submit" as const, operation }
  if (c.readOnly && modelService.isRead(operation)) return [{ ...submit, readOnly: true }]
  const asked: ReadonlyArray<typeof submit & Marks> =
    c.repliers.length === 0 ? [submit] : c.repliers.map((replier) => ({ ...submit, replier }))
  const first = c.commitFirst
    ? asked.flatMap((one) => [one, { ...one, commitFirst: true as const }])
    : asked
  return c.preferredQuorums
    ? first.flatMap((one) => [one, { ...one, clientOnly: true as const }])
    : first
}

const clientModel = (c: ZyzzyvaConstants, id: number): ProcessModel<ZyzzyvaProcess> => {
  const timers = { commitMs: 0, retransmitMs: 0, maxRetransmitMs: 0 }
  const { preferredQuorums } = c
  const config: ClientConfig = {
    group: groupOf(c),
    needs: c.needs,
    id,
    firstTimestamp: 0,
    ...timers,
    preferredQuorums,
    resultDigest: modelDigests.resultDigest,
  }
  const operations = c.clientOps[id] ?? []
  const sent = sentOf(c)
  const wrap = (moved: Moved<ClientState>, what: string): Move<ZyzzyvaProcess> => ({
    process: { role: "client", id, at: moved.process },
    sent: moved.sent.map(sent),
    action: moved.action,
    told: what,
  })
  return {
    name: `client ${id}`,
    initial: { role: "client", id, at: initClient(config) },
    texts: (p) => ({ client: clientText(p.at as ClientState) }),
    local: (p) => {
      const at = p.at as ClientState
      if (at.operation !== undefined) {
        return [wrap(moveClient(config, at, { _tag: "Timeout", waitedMs: 0 }), "has waited")]
      }
      const operation = operations[at.timestamp]
      if (operation === undefined) return []
      return submissions(c, operation).map((s) => wrap(moveClient(config, at, s), operation))
    },
    receive: (p, message) => {
      const { message: m } = message as ZyzzyvaEnvelope
      if (!isForClient(m)) return undefined
      if (m.client !== id) return undefined
      const input = { _tag: "Receive", message: m as never } as const
      return wrap(moveClient(config, p.at as ClientState, input), told(m))
    },
  }
}

const injectedOf = (c: ZyzzyvaConstants, envelope: ZyzzyvaEnvelope): InjectedMessage => ({
  ...sentOf(c)(envelope),
  needs: needsOf(c, envelope.message),
})

const allActions = [
  "ClientSubmit",
  "ClientRecvSpecResponse",
  "ClientRecvReadResponse",
  "ClientCommit",
  "ClientTimeout",
  "ClientRecvLocalCommit",
  "RecvRequest",
  "SendOrderReq",
  "RecvOrderReq",
  "RecvFillHole",
  "Execute",
  "RecvRead",
  "AnswerRead",
  "RecvSpecHeader",
  "RecvCheckpoint",
  "SendFetchState",
  "RecvFetchState",
  "RecvState",
  "RecvCommit",
  "Timeout",
  "RecvAccusation",
  "RecvPom",
  "RecvViewChange",
  "SendNewView",
  "RecvNewView",
  "EnterView",
  "RecvViewConfirm",
  "Restart",
  "Rejoin",
]

/** The model with these constants. */
export const zyzzyvaModel = (name: string, c: ZyzzyvaConstants): Model => {
  const correct = Array.from({ length: c.n }, (_, id) => id).filter(
    (id) => !c.byzantine.includes(id),
  )
  const clients = c.clientOps.map((_, id) => id)
  const processes = [
    ...correct.map((id) => replicaModel(c, id)),
    ...clients.map((id) => clientModel(c, id)),
  ]
  const text = worldText({
    correct,
    clients,
    variables: replicaVariables,
    leftOut: { pendingReads: "{}", incarnation: "{}" },
  })
  return {
    name,
    processes: processes as unknown as ReadonlyArray<ProcessModel<unknown>>,
    injected: c.injected.map((e) => injectedOf(c, e)),
    forged: (known) => (c.forgesNewView ? forgedNewViews(c, known).map(sentOf(c)) : []),
    invariants: zyzzyvaInvariants(c),
    witnesses: [...zyzzyvaWitnesses, ...zyzzyvaRejoinWitnesses((id) => replicaConfig(c, id))],
    actions: allActions,
    text,
  }
}
