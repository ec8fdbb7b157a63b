/** One event of a window as a record of TLA+, as spec/tla/TraceZyzzyva.tla reads it. */
import { isIgnored } from "../core/machine.ts"
import type { Digest } from "../core/ids.ts"
import type { ClientData, EntryData, SaidData, VouchedData } from "../core/zyzzyva/projection.ts"
import type { CertificateData, StableData } from "../core/zyzzyva/trace-data.ts"
import { certificateOf, stableOf } from "../core/zyzzyva/trace-data.ts"
import type { WaitingRead } from "../core/waiting-reads.ts"
import type { ZyzzyvaChain } from "./chain.ts"
import {
  certificateText,
  entryText,
  messageText,
  orderText,
  stableText,
  type Writing,
} from "./emit-zyzzyva-message.ts"
import { clientFields, replicaText } from "./emit-zyzzyva-state.ts"
import { type Field, recordText, tlaBoolean, tlaSet, tlaTuple } from "./tla-text.ts"
import type { ClientEvent, ReplicaEvent, ZyzzyvaStepEvent } from "./zyzzyva-event.ts"

/** The changes of a replica, as docs/trace-format.md has them. */
interface ReplicaPost {
  readonly view?: number
  readonly stage?: string
  readonly queue?: number
  readonly pendingReads?: ReadonlyArray<Pick<WaitingRead, "client" | "timestamp" | "after">>
  readonly slot?: ReadonlyArray<{
    readonly seq: number
    readonly view: number
    readonly digest: Digest
    readonly history: Digest
    readonly ordered: boolean
  }>
  readonly executed?: number
  readonly table?: ReadonlyArray<EntryData>
  readonly stable?: StableData
  readonly checkpoints?: ReadonlyArray<{
    readonly seq: number
    readonly history: Digest
    readonly digest: Digest
  }>
  readonly headers?: ReadonlyArray<VouchedData>
  readonly checkpointVotes?: ReadonlyArray<VouchedData>
  readonly certificates?: ReadonlyArray<CertificateData>
  readonly accusers?: ReadonlyArray<number>
  readonly viewChanges?: ReadonlyArray<{ readonly replica: number; readonly view: number }>
  readonly newView?: number | null
  readonly confirms?: ReadonlyArray<SaidData>
}

/**
 * The batch of an order as its receiver saw it. A traced primary passes on what it received;
 * another one may have changed authenticators, so the receiver's own verdicts count.
 */
const receivedOrder = (
  { input, replica }: ReplicaEvent,
  { start }: ZyzzyvaChain,
  by: Writing,
): string | undefined => {
  if (input._tag !== "ReceiveOrderReq") return undefined
  const { names } = by.symbols
  const { message: m, verdicts } = input
  if (start.replicas.has(m.view % names.replicas.length)) return messageText(m, by)
  // Elsewhere the authenticator may fail: nobody can say, and for this receiver it is the same.
  const batch = m.batch.map((r, k) => names.request(r, verdicts[k] === true ? [replica] : []))
  return orderText(m, tlaTuple(batch), names.replicas, by.symbols)
}

/** The message that an event received, as an element of `msgs`; a request's to everyone. */
export const receivedText = (
  event: ZyzzyvaStepEvent,
  chain: ZyzzyvaChain,
  by: Writing,
): string | undefined => {
  const { input } = event
  if (input._tag === "Receive") {
    const { message } = input
    return messageText(message, by)
  }
  return event._tag === "ReplicaStep" ? receivedOrder(event, chain, by) : undefined
}

const saidText = (said: ReadonlyArray<SaidData>, name: (digest: Digest) => string): string =>
  tlaTuple(said.map((s) => tlaTuple([s.replica, name(s.digest)])))

const postText = (post: ReplicaPost, by: Writing): string => {
  const { symbols } = by
  const { names } = symbols
  const { executed, stable, table } = post
  const slots = post.slot?.map(({ seq, view, digest, history, ordered }) => {
    const content = recordText([
      ["view", view],
      ["digest", digest === "" ? "<<>>" : names.digest(digest)],
      ["history", symbols.history(history)],
      ["ordered", tlaBoolean(ordered)],
    ])
    return tlaTuple([symbols.seq(seq), content])
  })
  const reads = post.pendingReads?.map(({ client, timestamp, after }) =>
    tlaTuple([client, names.timestamp(client, timestamp), symbols.seq(after)]),
  )
  const entries = table
    ?.filter(({ client }) => names.knows(client))
    .map((entry) => tlaTuple([entry.client, entryText(entry.client, entry, symbols)]))
  const checkpoints = post.checkpoints?.map(({ seq, history, digest }) =>
    tlaTuple([symbols.seq(seq), symbols.history(history), symbols.checkpoint(digest)]),
  )
  const votes = (all: ReadonlyArray<VouchedData>, name: (d: Digest) => string): string =>
    tlaTuple(all.map(({ seq, said }) => tlaTuple([symbols.seq(seq), saidText(said, name)])))
  return recordText([
    ["view", post.view],
    ["stage", post.stage === undefined ? undefined : `"${post.stage}"`],
    ["queue", post.queue],
    ["pendingReads", reads && tlaSet(reads)],
    ["slot", slots && tlaTuple(slots)],
    ["executed", executed === undefined ? undefined : symbols.seq(executed)],
    ["table", entries && tlaTuple(entries)],
    ["stable", stable && stableText(stableOf(stable), symbols)],
    ["checkpoints", checkpoints && tlaTuple(checkpoints)],
    ["headers", post.headers && votes(post.headers, (d) => symbols.history(d))],
    [
      "checkpointVotes",
      post.checkpointVotes && votes(post.checkpointVotes, (d) => names.checkpoint(d)),
    ],
    ...changeFields(post, by),
  ])
}

const changeFields = (post: ReplicaPost, { symbols }: Writing): ReadonlyArray<Field> => {
  const { certificates, accusers, viewChanges, newView, confirms } = post
  const shown = certificates?.map((c) => certificateText(certificateOf(c), symbols))
  const named = viewChanges?.map(({ replica, view }) => tlaTuple([replica, view]))
  return [
    ["certificates", shown && tlaSet(shown)],
    ["accusers", accusers && tlaSet(accusers)],
    ["viewChanges", named && tlaSet(named)],
    ["newView", newView === undefined ? undefined : tlaSet(newView === null ? [] : [newView])],
    ["confirms", confirms && saidText(confirms, (h) => `<<${symbols.history(h)}>>`)],
  ]
}

const inputName = ({ input, _tag }: ZyzzyvaStepEvent): string => {
  if (input._tag === "Receive") return input.message._tag
  if (input._tag === "ReceiveOrderReq") return "OrderReq"
  // A replica's timer; a client has another one.
  return input._tag === "Timeout" && _tag === "ReplicaStep" ? "Timer" : input._tag
}

const readKey = (
  { client, timestamp }: Pick<WaitingRead, "client" | "timestamp">,
  { symbols }: Writing,
): string => tlaTuple([client, symbols.names.timestamp(client, timestamp)])

/** One element of `Trace`. */
export const eventText = (event: ZyzzyvaStepEvent, chain: ZyzzyvaChain, by: Writing): string => {
  const { action } = event.step
  const message = receivedText(event, chain, by)
  if (event._tag === "ClientStep") return clientEventText(event, message, by)
  const { input } = event
  const given: ReadonlyArray<Field> = [
    ["node", event.replica],
    ["m", message],
    ["count", input._tag === "Propose" ? input.count : undefined],
    ["read", input._tag === "ReadDone" ? readKey(input, by) : undefined],
    ["view", input._tag === "Timeout" ? input.view : undefined],
    [
      "incarnation",
      input._tag === "Rejoin"
        ? by.symbols.incarnation(event.replica, input.incarnation)
        : undefined,
    ],
  ]
  if (isIgnored(action)) {
    return recordText([["action", `"Ignored"`], ["input", `"${inputName(event)}"`], ...given])
  }
  const post =
    input._tag === "Restart" || input._tag === "Rejoin"
      ? replicaText(event.replica, event.step.state, by)
      : postText(event.said.post as ReplicaPost, by)
  return recordText([["action", `"${action}"`], ...given, ["post", post]])
}

const clientEventText = (event: ClientEvent, message: string | undefined, by: Writing): string => {
  const { input, client, step } = event
  const { names } = by.symbols
  const node: Field = ["node", client]
  if (isIgnored(step.action)) {
    const name = inputName(event)
    return recordText([["action", `"Ignored"`], node, ["input", `"${name}"`], ["m", message]])
  }
  return recordText([
    ["action", `"${step.action}"`],
    node,
    ["op", input._tag === "Submit" ? names.operation(input.operation) : undefined],
    ["replier", input._tag === "Submit" ? (input.replier ?? names.replicas.length) : undefined],
    ["first", input._tag === "Submit" ? tlaBoolean(input.commitFirst === true) : undefined],
    ["alone", input._tag === "Submit" ? tlaBoolean(input.clientOnly === true) : undefined],
    ["m", message],
    // The fields that changed are there whole.
    ["post", recordText(clientFields(client, event.said.post as Partial<ClientData>, by.symbols))],
  ])
}
