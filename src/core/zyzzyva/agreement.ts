/**
 * Agreement, the replica's side: TOCS 27(4) 2009, section 3.2; spec/tla/Zyzzyva.tla, section
 * "Agreement". Departure from the paper: a backup does not forward a client's request to the
 * primary (CONFIRM-REQ), as the client itself sends it to everyone when its timer fires (ADR 5).
 */
import * as ClientTable from "../client-table.ts"
import type { Seq } from "../ids.ts"
import { ignore, none } from "../machine.ts"
import { primaryOf, weakQuorum } from "../quorum.ts"
import { marksOf, type SignedRequest } from "../request.ts"
import * as Window from "../window.ts"
import { accuse, hasAccused } from "./accusation.ts"
import { isCertified } from "./certificate.ts"
import { signatureAt, signHeader, witnessMark } from "./answering.ts"
import { executeNext } from "./execution.ts"
import { historyAt, lastOrdered, orderAt } from "./log.ts"
import { isAwaited } from "./rejoin.ts"
import type {
  Authentic,
  FillHole,
  LocalCommit,
  Order,
  OrderReq,
  Request,
  SpecHeader,
  SpecResponse,
} from "./message.ts"
import type { Config, Effect, Slot, State, ZyzzyvaStep } from "./state.ts"

const isPrimary = (config: Config, { view }: State): boolean =>
  primaryOf(config.group, view) === config.id

// The requests of a client that are ordered and not executed. What is executed has a timestamp that
// the table is not behind, so a newer one can only be among these.
const unexecutedOf = (
  state: State,
  client: number,
): ReadonlyArray<readonly [Seq, SignedRequest]> => {
  const found: Array<readonly [Seq, SignedRequest]> = []
  for (let seq = firstUnexecuted(state); orderAt(state, seq) !== undefined; seq++) {
    for (const r of Window.get(state.log, seq).batch) if (r.client === client) found.push([seq, r])
  }
  return found
}

const firstUnexecuted = ({ log, stage, executed }: State): Seq =>
  Math.max(log.low, stage === "active" ? executed : 0) + 1

/** The primary's order of its view at `seq`; undefined where there is none, or none signed. */
export const orderMessage = (state: State, seq: Seq): OrderReq | undefined => {
  const { view } = state
  const slot = orderAt(state, seq)
  if (slot?.order === undefined) return undefined
  const { history, digest, batch, order: signature } = slot
  return { _tag: "OrderReq", view, seq, history, digest, batch, signature }
}

// The orders of its view, signed by the primary, at these numbers.
const ordersOf = (state: State, seqs: ReadonlyArray<Seq>): ReadonlyArray<OrderReq> =>
  seqs.flatMap((seq) => orderMessage(state, seq) ?? [])

// The stored answer in the view that the replica is in, and that it is committed if it is.
const answerAgain = (config: Config, state: State, { client }: Request): ZyzzyvaStep => {
  const { view, certificates } = state
  const { timestamp, result, seq, history } = ClientTable.get(state.table, client)
  const signature = signHeader(config, view, seq, history)
  const signed = orderAt(state, seq)?.order
  const order = signed === undefined ? {} : { order: signed }
  const header = { view, seq, history, signature, ...order }
  const about = { client, timestamp, result, ...witnessMark(config), replica: config.id }
  const stays = isCertified(view, certificates, seq)
  const mark = stays && config.commitFirst ? { committed: true as const } : {}
  const response: SpecResponse = { _tag: "SpecResponse", ...header, ...about, ...mark }
  const place = { view, seq, history, client, replica: config.id }
  const commit: LocalCommit = { _tag: "LocalCommit", ...place }
  const messages = stays ? [response, commit] : [response]
  return {
    state,
    effects: messages.map((message) => ({ _tag: "SendToClient", client, message })),
    action: "RecvRequest",
  }
}

/**
 * RecvRequest (TOCS 27(4) section 3.2, cases 4c.1 and 4c.2). Executed: the answer again. Ordered:
 * the primary's order again. New: it waits for its turn.
 */
export const recvRequest = (config: Config, state: State, m: Authentic<Request>): ZyzzyvaStep => {
  const { client, timestamp, operation, authenticator } = m
  if (!ClientTable.knows(state.table, client)) return ignore(state, "UnknownClient")
  const last = ClientTable.get(state.table, client)
  if (timestamp < last.timestamp) return ignore(state, "OldTimestamp")
  if (timestamp === last.timestamp) {
    if (state.stage !== "active") return ignore(state, "NotActive")
    return answerAgain(config, state, m)
  }
  if (isPrimary(config, state)) {
    const mine = unexecutedOf(state, client)
    const all = mine.flatMap(([seq, r]) => (r.timestamp === timestamp ? [seq] : []))
    const seqs = all.filter((seq, k) => all.indexOf(seq) === k)
    const effects = ordersOf(state, seqs).map((message) => ({
      _tag: "Broadcast" as const,
      message,
    }))
    if (effects.length > 0) return { state, effects, action: "RecvRequest" }
    // The spec's `Assigned`.
    if (mine.some(([, r]) => timestamp <= r.timestamp)) return ignore(state, "AlreadyAssigned")
  }
  if (state.queue.some((r) => r.client === client && r.timestamp >= timestamp)) {
    return ignore(state, "AlreadyQueued")
  }
  const others = state.queue.filter((r) => r.client !== client)
  const queue = [...others, { client, timestamp, operation, authenticator, ...marksOf(m) }]
  return { state: { ...state, queue }, effects: none, action: "RecvRequest" }
}

interface Taken {
  readonly seq: Seq
  readonly slot: Slot
  readonly effects: ReadonlyArray<Effect>
}

// Durable before anything is said of it; then it is executed, if nothing is to be before it.
const take = (config: Config, state: State, taken: Taken): ZyzzyvaStep["effects"] => [
  { _tag: "Persist", record: { _tag: "Ordered", seq: taken.seq, slot: taken.slot } },
  ...taken.effects,
  ...executeNext(config, state, withSlot(state, taken)),
]

const withSlot = (state: State, { seq, slot }: Pick<Taken, "seq" | "slot">): State => ({
  ...state,
  log: Window.set(state.log, seq, slot),
})

/**
 * SendOrderReq (TOCS 27(4) section 3.2, step 2). The next number to the first of its queue; or to
 * the null request, so that who is taken back need not wait for clients.
 */
export const sendOrderReq = (config: Config, state: State, count: number): ZyzzyvaStep => {
  const { view } = state
  if (state.stage !== "active") return ignore(state, "NotActive")
  if (!isPrimary(config, state)) return ignore(state, "NotPrimary")
  if (count < 0 || count > config.maxBatch) return ignore(state, "BadBatchSize")
  if (count === 0 && !isAwaited(config, state)) return ignore(state, "NobodyWaits")
  if (count > state.queue.length) return ignore(state, "QueueTooShort")
  const seq = lastOrdered(state) + 1
  if (!Window.covers(state.log, seq)) return ignore(state, "WindowFull")
  const batch = state.queue.slice(0, count)
  const digest = config.batchDigest(batch)
  const history = config.historyDigest(historyAt(state, seq - 1), digest)
  const order = config.sign({ _tag: "OrderReq", view, seq, history })
  const slot: Slot = { view, batch, digest, history, order }
  const ordered = { ...state, queue: state.queue.slice(count) }
  const message: OrderReq = {
    _tag: "OrderReq",
    view,
    seq,
    history,
    digest,
    batch,
    signature: order,
  }
  const effects: ReadonlyArray<Effect> = [{ _tag: "Broadcast", message }]
  return {
    state: withSlot(ordered, { seq, slot }),
    effects: take(config, ordered, { seq, slot, effects }),
    action: "SendOrderReq",
  }
}

/** Whether it can verify each request of an order, or enough others have executed it. */
export const isAcceptable = (
  config: Config,
  state: State,
  { seq, history, batch }: OrderReq,
  verdicts: ReadonlyArray<boolean>,
): boolean => {
  if (batch.every((_, k) => verdicts[k] === true)) return true
  if (!config.vouchOrders) return false
  const said = state.headers.find((h) => h.seq === seq)?.said ?? []
  return said.filter((s) => s?.digest === history).length >= weakQuorum(config.group)
}

// Asks everyone who has executed an order for the signed part of the answer.
const askForHeaders = ({ group, id }: Config, { view }: State, seq: Seq): Effect => ({
  _tag: "SendToReplicas",
  replicas: Array.from({ length: group.n }, (_, replica) => replica).filter((r) => r !== id),
  message: { _tag: "FillHole", view, from: seq, upTo: seq, headers: true, replica: id },
})

// The next order: it must lead to the history that it names, and its requests be their clients'.
const takeOrder = (
  config: Config,
  state: State,
  m: OrderReq,
  verdicts: ReadonlyArray<boolean>,
): ZyzzyvaStep => {
  const { view, seq, batch, digest, history, signature: order } = m
  const least = config.recoverers === undefined ? 1 : 0
  if (batch.length < least || batch.length > config.maxBatch) return ignore(state, "BadBatchSize")
  if (!batch.every((r) => ClientTable.knows(state.table, r.client))) {
    return ignore(state, "UnknownClient")
  }
  if (history !== config.historyDigest(historyAt(state, seq - 1), digest)) {
    return ignore(state, "WrongHistory")
  }
  if (!isAcceptable(config, state, m, verdicts)) {
    if (!config.vouchOrders) return ignore(state, "BadRequest")
    return { state, effects: [askForHeaders(config, state, seq)], action: "RecvOrderReq" }
  }
  const slot: Slot = { view, batch, digest, history, order }
  return {
    state: withSlot(state, { seq, slot }),
    effects: take(config, state, { seq, slot, effects: none }),
    action: "RecvOrderReq",
  }
}

/**
 * Asks the primary for the orders that it lacks up to `upTo`; the spec's FILL-HOLE, which may reach
 * anyone. Where the primary gives nothing, others do: what they hold is sent again (resend.ts).
 */
export const fillHole = (config: Config, state: State, upTo: Seq): ReadonlyArray<Effect> => {
  const { view } = state
  const from = lastOrdered(state) + 1
  const message: FillHole = { _tag: "FillHole", view, from, upTo, replica: config.id }
  return [{ _tag: "SendToReplicas", replicas: [primaryOf(config.group, view)], message }]
}

// An order of a number at which it took another: if both are signed, the primary is found out.
const contradicts = (config: Config, state: State, m: OrderReq): ZyzzyvaStep => {
  const slot = orderAt(state, m.seq)
  if (slot?.order === undefined) return ignore(state, "NotOrdered")
  if (slot.history === m.history) return ignore(state, "AlreadyOrdered")
  if (hasAccused(state, config.id)) return ignore(state, "AlreadyAccused")
  const { view, seq } = m
  const own: Order = { view, seq, history: slot.history, signature: slot.order }
  const other: Order = { view, seq, history: m.history, signature: m.signature }
  const before: ReadonlyArray<Effect> = [
    { _tag: "Broadcast", message: { _tag: "Pom", orders: [own, other] } },
  ]
  return accuse(config, state, { by: "self", before, action: "RecvOrderReq" })
}

/**
 * RecvOrderReq (TOCS 27(4) section 3.2, step 3). Orders are taken one after the other; one that is
 * missing is asked for, and one that contradicts another is shown to everyone.
 */
export const recvOrderReq = (
  config: Config,
  state: State,
  m: Authentic<OrderReq>,
  verdicts: ReadonlyArray<boolean>,
): ZyzzyvaStep => {
  if (m.view !== state.view) return ignore(state, "WrongView")
  if (state.stage !== "active") return ignore(state, "NotActive")
  if (isPrimary(config, state)) return ignore(state, "IsPrimary")
  if (!Window.covers(state.log, m.seq)) return ignore(state, "OutsideWatermarks")
  const next = lastOrdered(state) + 1
  if (m.seq < next) return contradicts(config, state, m)
  if (m.seq === next) return takeOrder(config, state, m, verdicts)
  return { state, effects: fillHole(config, state, m.seq), action: "RecvOrderReq" }
}

// Its own histories, signed, after what it has executed of these numbers in its view.
const headersOf = (
  config: Config,
  state: State,
  seqs: ReadonlyArray<Seq>,
): ReadonlyArray<SpecHeader> => {
  const { view } = state
  return seqs.flatMap((seq) => {
    const slot = seq > state.executed ? undefined : orderAt(state, seq)
    if (slot === undefined) return []
    const { history } = slot
    const signature = signatureAt(config, state, seq, slot)
    return [{ _tag: "SpecHeader", view, seq, history, signature, replica: config.id }]
  })
}

/**
 * RecvFillHole (TOCS 27(4) section 3.2). Who holds orders that another lacks gives them; to one
 * that cannot verify one, the signed part of its answer.
 */
export const recvFillHole = (config: Config, state: State, m: Authentic<FillHole>): ZyzzyvaStep => {
  if (m.replica === config.id) return ignore(state, "FromSelf")
  if (m.view !== state.view) return ignore(state, "WrongView")
  if (state.stage !== "active") return ignore(state, "NotActive")
  // Each may cost a signature.
  if (m.headers === true && m.from !== m.upTo) return ignore(state, "MoreThanOne")
  const seqs = Window.occupied(state.log).filter((seq) => seq >= m.from && seq <= m.upTo)
  const given = m.headers === true ? headersOf(config, state, seqs) : ordersOf(state, seqs)
  const effects = given.map((message) => ({
    _tag: "SendToReplicas" as const,
    replicas: [m.replica],
    message,
  }))
  if (effects.length === 0) return ignore(state, "HoldsNone")
  return { state, effects, action: "RecvFillHole" }
}
