/** One event of a window as a record of TLA+, as spec/tla/TracePbft.tla reads it. */
import { isIgnored } from "../core/machine.ts"
import type { PeerMessage, Reply } from "../core/pbft/message.ts"
import { primaryOf } from "../core/quorum.ts"
import type { Request } from "../core/request.ts"
import type { Chain } from "./chain.ts"
import { replicaText } from "./emit-state.ts"
import type { ClientEvent, ReplicaEvent, StepEvent } from "./event.ts"
import { type Symbols, tlaBoolean, tlaSet, tlaTuple } from "./symbols.ts"

const everyone = (symbols: Symbols): string => tlaSet(symbols.replicas)

/** A request as its client sent it to some replicas. */
export const requestText = (r: Request, to: ReadonlyArray<number>, symbols: Symbols): string => {
  const { client, timestamp, operation } = r
  const t = symbols.timestamp(client, timestamp)
  return (
    `[type |-> "Request", client |-> ${client}, timestamp |-> ${t}, ` +
    `op |-> ${symbols.operation(operation)}, auth |-> ${tlaSet(symbols.auth(r))}, ` +
    `to |-> ${tlaSet(to)}]`
  )
}

export const replyText = (m: Reply, symbols: Symbols): string => {
  const { view, client, timestamp, replica, result } = m
  const t = symbols.timestamp(client, timestamp)
  return (
    `[type |-> "Reply", view |-> ${view}, client |-> ${client}, timestamp |-> ${t}, ` +
    `replica |-> ${replica}, result |-> ${symbols.result(result)}]`
  )
}

/** A message between replicas; `batch` is the text of a pre-prepare's batch. */
export const peerText = (m: PeerMessage, symbols: Symbols, batch?: string): string => {
  const from = `replica |-> ${m.replica}, auth |-> ${everyone(symbols)}]`
  switch (m._tag) {
    case "PrePrepare": {
      const content = batch ?? symbols.batch(m.batch, m.digest)
      return (
        `[type |-> "PrePrepare", view |-> ${m.view}, seq |-> ${m.seq}, ` +
        `batch |-> ${content}, ${from}`
      )
    }
    case "Prepare":
    case "Commit":
      return (
        `[type |-> "${m._tag}", view |-> ${m.view}, seq |-> ${m.seq}, ` +
        `digest |-> ${symbols.digest(m.digest)}, ${from}`
      )
    case "Checkpoint": {
      const digest = symbols.checkpoint(m.digest)
      return `[type |-> "Checkpoint", seq |-> ${m.seq}, digest |-> ${digest}, ${from}`
    }
  }
}

/**
 * The batch of a pre-prepare as its receiver saw it. A traced primary passes on what it received;
 * another one may have changed authenticators, so the receiver's own verdicts count.
 */
export const receivedBatch = (
  { input, replica }: ReplicaEvent,
  chain: Chain,
  symbols: Symbols,
): string => {
  if (input._tag !== "ReceivePrePrepare") return "<<>>"
  const { batch, digest } = input.message
  if (batch.length === 0) return "<<>>"
  if (chain.start.replicas.has(input.message.replica)) return symbols.batch(batch, digest)
  // Elsewhere the authenticator may fail: nobody can say, and for this receiver it is the same.
  const requests = batch.map((r, k) =>
    symbols.request(r, input.verdicts[k] === true ? [replica] : []),
  )
  return tlaTuple(requests)
}

/** The message that an event received, as an element of `msgs`; a request's without its `to`. */
export const receivedText = (
  event: StepEvent,
  chain: Chain,
  symbols: Symbols,
): string | undefined => {
  const { input } = event
  if (event._tag === "ClientStep") {
    return input._tag === "Receive" && input.message._tag === "Reply"
      ? replyText(input.message, symbols)
      : undefined
  }
  if (input._tag === "ReceivePrePrepare") {
    return peerText(input.message, symbols, receivedBatch(event, chain, symbols))
  }
  if (input._tag !== "Receive" || input.message._tag === "Reply") return undefined
  const m = input.message
  return m._tag === "Request"
    ? requestText(m, requestReceivers(event, chain, symbols), symbols)
    : peerText(m, symbols)
}

/** To whom the request went that the event received: the primary's copy, or everyone's. */
export const requestReceivers = (
  { replica, input }: ReplicaEvent,
  chain: Chain,
  symbols: Symbols,
): ReadonlyArray<number> => {
  const primary = primaryOf(chain.header, 0)
  const m = input._tag === "Receive" && input.message._tag === "Request" ? input.message : undefined
  const traced = m !== undefined && symbols.isTraced(m.client)
  return traced && replica === primary ? [primary] : symbols.replicas
}

/** What a line says was changed: the data that src/core/pbft/trace-changes.ts writes. */
interface ReplicaPost {
  readonly view?: number
  readonly seqno?: number
  readonly queue?: number
  readonly executed?: number
  readonly low?: number
  readonly slot?: ReadonlyArray<{
    readonly seq: number
    readonly phase: string
    readonly digest: string
    readonly prepares: ReadonlyArray<LoggedVote>
    readonly commits: ReadonlyArray<LoggedVote>
  }>
  readonly table?: ReadonlyArray<{
    readonly client: number
    readonly timestamp: number
    readonly result: string
  }>
  readonly checkpoints?: ReadonlyArray<{ readonly seq: number; readonly digest: string }>
  readonly checkpointVotes?: ReadonlyArray<{
    readonly seq: number
    readonly votes: ReadonlyArray<LoggedVote>
  }>
}
type LoggedVote = number | { readonly replica: number; readonly digest: string }

interface ClientPost {
  readonly timestamp?: number
  readonly waits?: boolean
  readonly toAll?: boolean
  readonly replies?: ReadonlyArray<number>
  readonly result?: string
}

const votesText = (votes: ReadonlyArray<LoggedVote>, own: string, name: (d: string) => string) =>
  tlaTuple(
    votes.map((v) =>
      typeof v === "number" ? tlaTuple([v, name(own)]) : tlaTuple([v.replica, name(v.digest)]),
    ),
  )

const record = (fields: ReadonlyArray<readonly [string, string | number | undefined]>): string => {
  const present = fields.filter(([, value]) => value !== undefined)
  // TLA+ has no empty record; a record of something that nothing asks for is as good.
  return present.length === 0
    ? "[none |-> TRUE]"
    : `[${present.map(([name, value]) => `${name} |-> ${value}`).join(", ")}]`
}

const postText = (post: ReplicaPost, symbols: Symbols): string => {
  const digest = (d: string) => symbols.digest(d)
  const checkpoint = (d: string) => symbols.checkpoint(d)
  const slots = post.slot?.map((s) =>
    record([
      ["seq", s.seq],
      ["phase", `"${s.phase}"`],
      ["digest", s.digest === "" ? "<<>>" : digest(s.digest)],
      ["prepares", votesText(s.prepares, s.digest, digest)],
      ["commits", votesText(s.commits, s.digest, digest)],
    ]),
  )
  const table = post.table
    ?.filter(({ client }) => symbols.knows(client))
    .map(({ client, timestamp, result }) => {
      const t = symbols.timestamp(client, timestamp)
      const entry = `[timestamp |-> ${t}, result |-> ${symbols.result(result)}]`
      return tlaTuple([client, entry])
    })
  const checkpoints = post.checkpoints?.map((c) => tlaTuple([c.seq, checkpoint(c.digest)]))
  const votes = post.checkpointVotes?.map((v) =>
    tlaTuple([v.seq, votesText(v.votes, "", checkpoint)]),
  )
  return record([
    ["view", post.view],
    ["seqno", post.seqno],
    ["queue", post.queue],
    ["executed", post.executed],
    ["low", post.low],
    ["slot", slots && tlaTuple(slots)],
    ["table", table && tlaTuple(table)],
    ["checkpoints", checkpoints && tlaTuple(checkpoints)],
    ["checkpointVotes", votes && tlaTuple(votes)],
  ])
}

const truth = (value: boolean | undefined): string | undefined =>
  value === undefined ? undefined : tlaBoolean(value)

const clientPostText = (client: number, post: ClientPost, symbols: Symbols): string =>
  record([
    [
      "timestamp",
      post.timestamp === undefined ? undefined : symbols.timestamp(client, post.timestamp),
    ],
    ["waits", truth(post.waits)],
    ["toAll", truth(post.toAll)],
    ["replies", post.replies && tlaSet(post.replies)],
    ["result", post.result === undefined ? undefined : symbols.result(post.result)],
  ])

const inputName = ({ input }: StepEvent): string => {
  if (input._tag === "Receive") return input.message._tag
  return input._tag === "ReceivePrePrepare" ? "PrePrepare" : input._tag
}

/** One element of `Trace`. */
export const eventText = (event: StepEvent, chain: Chain, symbols: Symbols): string => {
  const { action } = event.step
  const message = receivedText(event, chain, symbols)
  if (event._tag === "ClientStep") return clientEventText(event, message, symbols)
  const { input } = event
  const node: readonly [string, number] = ["node", event.replica]
  const count = input._tag === "Propose" ? input.count : undefined
  if (isIgnored(action)) {
    return record([
      ["action", `"Ignored"`],
      node,
      ["input", `"${inputName(event)}"`],
      ["m", message],
      ["count", count],
    ])
  }
  const post =
    input._tag === "Restart"
      ? replicaText(event.step.state, symbols)
      : postText(event.post as ReplicaPost, symbols)
  return record([["action", `"${action}"`], node, ["m", message], ["count", count], ["post", post]])
}

const clientEventText = (
  event: ClientEvent,
  message: string | undefined,
  symbols: Symbols,
): string => {
  const { input, client } = event
  const { action } = event.step
  const node: readonly [string, number] = ["node", client]
  if (isIgnored(action)) {
    const name = input._tag === "Receive" ? "Reply" : input._tag
    return record([["action", `"Ignored"`], node, ["input", `"${name}"`], ["m", message]])
  }
  const op = input._tag === "Submit" ? symbols.operation(input.operation) : undefined
  const post = clientPostText(client, event.post as ClientPost, symbols)
  return record([["action", `"${action}"`], node, ["op", op], ["m", message], ["post", post]])
}
