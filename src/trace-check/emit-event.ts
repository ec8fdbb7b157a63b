/** One event of a window as a record of TLA+, as spec/tla/TracePbft.tla reads it. */
import { isIgnored } from "../core/machine.ts"
import { isWhole } from "../core/pbft/big-requests.ts"
import type { Numbered, PeerMessage, PrePrepare, Reply, State } from "../core/pbft/message.ts"
import type { RequestData } from "../core/pbft/projection.ts"
import type { Input } from "../core/pbft/state.ts"
import { isSigned, type NamedRequest } from "../core/request.ts"
import type { Chain } from "./chain.ts"
import { decisionText, entriesText, newViewText, viewChangeText } from "./emit-change.ts"
import { claimText, heardText, recoveryText, replicaText } from "./emit-state.ts"
import type { ClientEvent, ReplicaEvent, StepEvent } from "./event.ts"
import type { LoggedVote, ReplicaPost } from "./replica-post.ts"
import type { Symbols } from "./symbols.ts"
import { type Field, functionText, recordText, tlaBoolean, tlaSet, tlaTuple } from "./tla-text.ts"

const everyone = (symbols: Symbols): string => tlaSet(symbols.names.replicas)

/** A request as its client sent it to some replicas. */
export const requestText = (
  r: RequestData & { readonly _tag?: "Request" | "Read" },
  to: ReadonlyArray<number>,
  symbols: Symbols,
): string => {
  const { client, timestamp, operation, replier, _tag = "Request" } = r
  const t = symbols.names.timestamp(client, timestamp)
  const named = replier === undefined ? "" : `, replier |-> ${replier}`
  return (
    `[type |-> "${_tag}", client |-> ${client}, timestamp |-> ${t}, ` +
    `op |-> ${symbols.names.operation(operation)}, auth |-> ${tlaSet(symbols.names.auth(r))}, ` +
    `to |-> ${tlaSet(to)}${named}]`
  )
}

const marksText = ({ digest, tentative, readOnly }: Reply): string =>
  (digest === true ? ", digest |-> TRUE" : "") +
  (tentative === true ? ", tentative |-> TRUE" : "") +
  (readOnly === true ? ", readOnly |-> TRUE" : "")

export const replyText = (m: Reply, symbols: Symbols): string => {
  const { view, client, timestamp, replica, result } = m
  const t = symbols.names.timestamp(client, timestamp)
  const content = m.digest === true ? symbols.resultDigest(result) : symbols.names.result(result)
  return (
    `[type |-> "Reply", view |-> ${view}, client |-> ${client}, timestamp |-> ${t}, ` +
    `replica |-> ${replica}, result |-> ${content}${marksText(m)}]`
  )
}

const namedText = ({ client, timestamp }: NamedRequest, symbols: Symbols): string =>
  `[client |-> ${client}, timestamp |-> ${symbols.names.timestamp(client, timestamp)}]`

// The batch of a pre-prepare, with the names of requests that it only names.
const itemsText = ({ batch, digest }: PrePrepare, symbols: Symbols): string =>
  isWhole(batch)
    ? symbols.names.batch(batch, digest)
    : tlaTuple(
        batch.map((r) =>
          isSigned(r) ? symbols.names.request(r, symbols.names.auth(r)) : namedText(r, symbols),
        ),
      )

/** A message between replicas; `batch` is the text of a pre-prepare's batch. */
export const peerText = (m: PeerMessage, symbols: Symbols, batch?: string): string => {
  switch (m._tag) {
    case "PrePrepare": {
      const content = batch ?? itemsText(m, symbols)
      const digest = isWhole(m.batch) ? "" : `digest |-> ${symbols.names.digest(m.digest)}, `
      return (
        `[type |-> "PrePrepare", view |-> ${m.view}, seq |-> ${m.seq}, ` +
        `batch |-> ${content}, ${digest}${from(m, symbols)}`
      )
    }
    case "FetchPrePrepare": {
      const place = `view |-> ${m.view}, seq |-> ${m.seq}`
      return `[type |-> "FetchPrePrepare", ${place}, ${from(m, symbols)}`
    }
    case "Prepare":
    case "Commit":
      return (
        `[type |-> "${m._tag}", view |-> ${m.view}, seq |-> ${m.seq}, ` +
        `digest |-> ${symbols.names.digest(m.digest)}, ${from(m, symbols)}`
      )
    case "Committed": {
      const batch = symbols.names.digest(m.digest)
      return `[type |-> "Committed", seq |-> ${m.seq}, batch |-> ${batch}, ${from(m, symbols)}`
    }
    case "Checkpoint": {
      const digest = symbols.names.checkpoint(m.digest)
      return `[type |-> "Checkpoint", seq |-> ${m.seq}, digest |-> ${digest}, ${from(m, symbols)}`
    }
    case "ViewChange":
      return viewChangeText(m, symbols)
    case "NewView":
      return newViewText(m, symbols)
    case "FetchBatch":
      return `[type |-> "FetchBatch", digest |-> ${symbols.names.digest(m.digest)}, ${from(m, symbols)}`
    case "Batch":
      return `[type |-> "Batch", batch |-> ${symbols.names.digestOf(m.batch)}]`
    case "FetchState": {
      const digest = symbols.names.checkpoint(m.digest)
      return `[type |-> "FetchState", seq |-> ${m.seq}, digest |-> ${digest}, ${from(m, symbols)}`
    }
    case "QueryStable": {
      const k = symbols.incarnation(m.replica, m.incarnation)
      return `[type |-> "QueryStable", incarnation |-> ${k}, ${from(m, symbols)}`
    }
    case "ReplyStable": {
      const k = symbols.incarnation(m.recovering, m.incarnation)
      const told = `checkpoint |-> ${m.checkpoint}, prepared |-> ${m.prepared}`
      const about = `recovering |-> ${m.recovering}, incarnation |-> ${k}`
      return `[type |-> "ReplyStable", ${about}, ${told}, ${from(m, symbols)}`
    }
    case "State":
      return (
        `[type |-> "State", seq |-> ${m.seq}, value |-> TraceValue, ` +
        `table |-> (${wholeTableText(m.table, symbols)})]`
      )
  }
}

// A function of every client that the chain speaks of, as the specification has it.
const wholeTableText = (table: State["table"], symbols: Symbols): string => {
  const entries = symbols.names.clients
    .filter((client) => client < table.length)
    .map((client) => {
      const { timestamp, result } = table[client] as State["table"][number]
      const t = symbols.names.timestamp(client, timestamp)
      const shown = timestamp === 0 ? "<<>>" : symbols.names.result(result)
      return [client, `[timestamp |-> ${t}, result |-> ${shown}]`] as const
    })
  return functionText(entries)
}

const from = ({ replica }: { readonly replica: number }, symbols: Symbols): string =>
  `replica |-> ${replica}, auth |-> ${everyone(symbols)}]`

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
  const { batch } = input.message
  if (batch.length === 0) return "<<>>"
  if (chain.start.replicas.has(input.message.replica)) return itemsText(input.message, symbols)
  // Elsewhere the authenticator may fail: nobody can say, and for this receiver it is the same.
  const requests = batch.map((r, k) =>
    isSigned(r)
      ? symbols.names.request(r, input.verdicts[k] === true ? [replica] : [])
      : namedText(r, symbols),
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
  // To whom a request went does not matter here; see `Requests` of TracePbft.
  return m._tag === "Request" || m._tag === "Read"
    ? requestText(m, symbols.names.replicas, symbols)
    : peerText(m, symbols)
}

interface ClientPost {
  readonly views?: ReadonlyArray<number>
  readonly timestamp?: number
  readonly waits?: boolean
  readonly toAll?: boolean
  readonly readOnly?: boolean
  readonly replies?: ReadonlyArray<number>
  readonly result?: string
}

const votesText = (votes: ReadonlyArray<LoggedVote>, own: string, name: (d: string) => string) =>
  tlaTuple(
    votes.map((v) =>
      typeof v === "number" ? tlaTuple([v, name(own)]) : tlaTuple([v.replica, name(v.digest)]),
    ),
  )

const postText = (replica: number, post: ReplicaPost, symbols: Symbols): string => {
  const digest = (d: string) => symbols.names.digest(d)
  const checkpoint = (d: string) => symbols.names.checkpoint(d)
  const slots = post.slot?.map((s) =>
    recordText([
      ["seq", s.seq],
      ["phase", `"${s.phase}"`],
      ["digest", s.digest === "" ? "<<>>" : digest(s.digest)],
      ["prepares", votesText(s.prepares, s.digest, digest)],
      ["commits", votesText(s.commits, s.digest, digest)],
    ]),
  )
  const table = post.table
    ?.filter(({ client }) => symbols.names.knows(client))
    .map(({ client, timestamp, result }) => {
      const t = symbols.names.timestamp(client, timestamp)
      const entry = `[timestamp |-> ${t}, result |-> ${symbols.names.result(result)}]`
      return tlaTuple([client, entry])
    })
  const checkpoints = post.checkpoints?.map((c) => tlaTuple([c.seq, checkpoint(c.digest)]))
  const votes = post.checkpointVotes?.map((v) =>
    tlaTuple([v.seq, votesText(v.votes, "", checkpoint)]),
  )
  return recordText([
    ["view", post.view],
    ["seqno", post.seqno],
    ["queue", post.queue],
    ["executed", post.executed],
    ["low", post.low],
    ["slot", slots && tlaTuple(slots)],
    ["table", table && tlaTuple(table)],
    ["checkpoints", checkpoints && tlaTuple(checkpoints)],
    ["checkpointVotes", votes && tlaTuple(votes)],
    ["recovery", post.recovery ? recoveryText(replica, post.recovery, symbols) : undefined],
    ["heard", post.heard && heardText(post.heard, symbols)],
    ...changeFields(post, symbols),
  ])
}

const changeFields = (post: ReplicaPost, symbols: Symbols): ReadonlyArray<Field> => {
  const { active, pset, qset, viewChanges, newView, fetched } = post
  const named = viewChanges?.map(({ replica, view }) => tlaTuple([replica, view]))
  return [
    ["active", truth(active)],
    ["pset", pset && entriesText(pset, symbols)],
    ["qset", qset && entriesText(qset, symbols)],
    ["viewChanges", named && tlaSet(named)],
    ["newView", newView === undefined ? undefined : tlaSet(newView === null ? [] : [newView])],
    ["fetched", fetched && tlaSet(fetched.map((d) => symbols.names.digest(d)))],
    ...fastFields(post, symbols),
  ]
}

const claimsText = (
  { claims, batches }: NonNullable<ReplicaPost["told"]>,
  symbols: Symbols,
): string =>
  `[claims |-> ${tlaSet(claims.map((c) => claimText(c, symbols)))}, ` +
  `batches |-> ${tlaSet(batches.map((d) => symbols.names.digest(d)))}]`

const fastFields = (post: ReplicaPost, symbols: Symbols): ReadonlyArray<Field> => {
  const { undo, reads, told } = post
  const waiting = reads?.map((r) =>
    tlaTuple([r.client, symbols.names.timestamp(r.client, r.timestamp), r.after]),
  )
  return [
    ["undo", undo === undefined ? undefined : tlaSet(undo === null ? [] : [undo])],
    ["reads", waiting && tlaSet(waiting)],
    ["told", told && claimsText(told, symbols)],
  ]
}

const checkpointText = ({ seq, digest }: Numbered, symbols: Symbols): string =>
  `[seq |-> ${seq}, digest |-> ${symbols.names.checkpoint(digest)}]`

const truth = (value: boolean | undefined): string | undefined =>
  value === undefined ? undefined : tlaBoolean(value)

const clientPostText = (client: number, post: ClientPost, symbols: Symbols): string =>
  recordText([
    [
      "timestamp",
      post.timestamp === undefined ? undefined : symbols.names.timestamp(client, post.timestamp),
    ],
    ["waits", truth(post.waits)],
    ["views", post.views && tlaTuple(post.views)],
    ["toAll", truth(post.toAll)],
    ["readOnly", truth(post.readOnly)],
    ["replies", post.replies && tlaSet(post.replies)],
    ["result", post.result === undefined ? undefined : symbols.names.result(post.result)],
  ])

const inputName = ({ input }: StepEvent): string => {
  if (input._tag === "Receive") return input.message._tag
  if (input._tag === "ReceivePrePrepare") return "PrePrepare"
  // A replica's timer; a client has another one.
  return input._tag === "Timeout" && "view" in input ? "Timer" : input._tag
}

/** One element of `Trace`. */
export const eventText = (event: StepEvent, chain: Chain, symbols: Symbols): string => {
  const { action } = event.step
  const message = receivedText(event, chain, symbols)
  if (event._tag === "ClientStep") return clientEventText(event, message, symbols)
  const { input } = event
  const given: ReadonlyArray<Field> = [
    ["node", event.replica],
    ["m", message],
    ["count", input._tag === "Propose" ? input.count : undefined],
    ["head", headText(input, symbols)],
    ["view", input._tag === "Timeout" ? input.view : undefined],
    ["incarnation", rejoined(input, event.replica, symbols)],
    ...readFields(input, symbols),
    ["of", input._tag === "ChangeKey" ? input.replica : undefined],
    ["seq", input._tag === "Tell" ? input.seq : undefined],
    ["checkpoint", input._tag === "Fetch" ? checkpointText(input.checkpoint, symbols) : undefined],
    ["decision", input._tag === "Decide" ? decisionText(input.decision, symbols) : undefined],
  ]
  if (isIgnored(action)) {
    return recordText([["action", `"Ignored"`], ["input", `"${inputName(event)}"`], ...given])
  }
  const post =
    input._tag === "Restart" || input._tag === "Rejoin" || input._tag === "Recover"
      ? replicaText(event.replica, event.step.state, symbols)
      : postText(event.replica, event.said.post as ReplicaPost, symbols)
  return recordText([["action", `"${action}"`], ...given, ["post", post]])
}

const rejoined = (input: Input, replica: number, symbols: Symbols): number | undefined =>
  input._tag === "Rejoin" || input._tag === "Recover"
    ? symbols.incarnation(replica, input.incarnation)
    : undefined

// What a primary puts before the requests of a batch: nothing, or its proposal.
const headText = (input: Input, symbols: Symbols): string | undefined => {
  if (input._tag !== "Propose") return undefined
  const { proposal } = input
  return tlaTuple(
    proposal === undefined ? [] : [symbols.names.request(proposal, symbols.names.auth(proposal))],
  )
}

const readFields = (input: Input, symbols: Symbols): ReadonlyArray<Field> =>
  input._tag === "ReadDone"
    ? [
        ["client", input.client],
        ["timestamp", symbols.names.timestamp(input.client, input.timestamp)],
      ]
    : []

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
    return recordText([["action", `"Ignored"`], node, ["input", `"${name}"`], ["m", message]])
  }
  const submit = input._tag === "Submit" ? input : undefined
  const op = submit && symbols.names.operation(submit.operation)
  // Nobody named: all answer in full, which the specification writes as N.
  const replier =
    submit === undefined ? undefined : (submit.replier ?? symbols.names.replicas.length)
  const post = clientPostText(client, event.said.post as ClientPost, symbols)
  return recordText([
    ["action", `"${action}"`],
    node,
    ["op", op],
    ["replier", replier],
    ["m", message],
    ["post", post],
  ])
}
