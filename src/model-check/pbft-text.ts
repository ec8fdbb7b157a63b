/**
 * States and messages of src/core/pbft as the canonical text of their counterparts in
 * spec/tla/Pbft.tla: one text a variable. In models a digest and a result already are such a text
 * (see `modelDigests`), so what is compared is what was digested and not a hash of it.
 */
import type { ClientEntry } from "../core/client-table.ts"
import * as ClientTable from "../core/client-table.ts"
import type { Bytes, Digest } from "../core/ids.ts"
import type { Answer } from "../core/pbft/answers.ts"
import type { ClientState } from "../core/pbft/client.ts"
import type {
  Entry,
  Message,
  NewView,
  Numbered,
  QueryStable,
  Reply,
  ReplyStable,
  ViewChange,
  Heard,
} from "../core/pbft/message.ts"
import {
  type Config,
  type Estimate,
  genesisService,
  type Recovery,
  type Settled,
  type Slot,
  type State,
  type Told,
  type ToldExecutions,
} from "../core/pbft/state.ts"
import { isSigned, type NamedRequest, type Request, type SignedRequest } from "../core/request.ts"
import type { Votes } from "../core/votes.ts"
import type { WaitingRead } from "../core/waiting-reads.ts"
import * as Window from "../core/window.ts"
import { type Envelope, everyone, type ReplicaProcess, verifiesAt } from "../sim/world.ts"
import { bool, func, int, record, seq, set, str, type Text } from "./canonical.ts"

/** The variables of Pbft.tla that belong to a replica, as functions of the correct replicas. */
export const replicaVariables = [
  "view",
  "active",
  "seqno",
  "queue",
  "slot",
  "executed",
  "table",
  "value",
  "low",
  "checkpoints",
  "checkpointVotes",
  "pset",
  "qset",
  "viewChanges",
  "newView",
  "fetched",
  "undo",
  "reads",
  "recovery",
  "heard",
  "told",
] as const
export type ReplicaVariable = (typeof replicaVariables)[number]

const orEmpty = (text: Text): Text => (text === "" ? "<<>>" : text)
const digestText = (digest: Digest): Text => orEmpty(digest)

export const plainText = (r: Request): Text =>
  record({ client: int(r.client), timestamp: int(r.timestamp), op: str(r.operation) })
export const valueText = (value: ReadonlyArray<Request>): Text => seq(value.map(plainText))

const signedText = (r: SignedRequest): Text =>
  record({
    client: int(r.client),
    timestamp: int(r.timestamp),
    op: str(r.operation),
    auth: set(verifiesAt(r.authenticator).map(int)),
    ...replierText(r),
  })

const namedText = ({ client, timestamp }: NamedRequest): Text =>
  record({ client: int(client), timestamp: int(timestamp) })

/** Who is to answer a request in full, where it says so. */
export const replierText = ({
  replier,
}: Pick<SignedRequest, "replier">): Readonly<Record<string, Text>> =>
  replier === undefined ? {} : { replier: int(replier) }

const entryText = (e: ClientEntry): Text =>
  record({ timestamp: int(e.timestamp), result: orEmpty(e.result) })
const tableText = (all: ReadonlyArray<ClientEntry>): Text =>
  func(
    all.map((_, client) => client),
    all.map(entryText),
  )

const votesText = (votes: Votes): Text => func(everyone(votes.length), votes.map(orEmpty))

/** The text of Pbft.tla's NullDigest. */
export const nullDigest: Digest = seq([record({ null: bool(true) })])

const entriesText = (entries: ReadonlyArray<Entry>): Text =>
  set(
    entries.map((e) =>
      record({ seq: int(e.seq), digest: digestText(e.digest), view: int(e.view) }),
    ),
  )
const numberedText = (c: Numbered): Text =>
  record({ seq: int(c.seq), digest: digestText(c.digest) })

const viewChangeText = (m: ViewChange): Text =>
  record({
    ...(m.incarnation === undefined ? {} : { incarnation: int(m.incarnation) }),
    type: str("ViewChange"),
    view: int(m.view),
    low: int(m.low),
    checkpoints: set(m.checkpoints.map(numberedText)),
    prepared: entriesText(m.prepared),
    prePrepared: entriesText(m.prePrepared),
    replica: int(m.replica),
  })
const newViewText = (m: NewView): Text =>
  record({
    type: str("NewView"),
    view: int(m.view),
    changes: set(m.changes.map(viewChangeText)),
    start: numberedText(m.start),
    chosen: set(m.chosen.map(numberedText)),
    replica: int(m.replica),
  })

const slotText = (slot: Slot): Text =>
  record({
    phase: str(slot.phase),
    batch: seq(slot.batch.map(signedText)),
    prepares: votesText(slot.prepares),
    commits: votesText(slot.commits),
  })

/** What a model injects as digest functions: the text of what is digested. */
export const modelDigests: Pick<Config, "batchDigest" | "checkpointDigest" | "resultDigest"> = {
  batchDigest: (batch) => (batch.length === 0 ? nullDigest : valueText(batch)),
  checkpointDigest: (_seq, service, table) =>
    seq([service === genesisService ? "<<>>" : service, tableText(table)]),
  resultDigest: (result) => seq([str("digest"), orEmpty(result)]),
}

const windowSeqs = (state: State): ReadonlyArray<number> =>
  Array.from({ length: state.log.length }, (_, k) => state.log.low + 1 + k)

/** Each variable's value at this replica. */
export const replicaTexts = (
  process: ReplicaProcess<ReadonlyArray<Request>>,
): Readonly<Record<ReplicaVariable, Text>> => {
  const { state, value, before, snapshots } = process
  const { undo, reads } = state
  const seqs = windowSeqs(state)
  const checkpointText = (at: number, table: ClientTable.ClientTable): Text => {
    const snapshot = snapshots.find((s) => s.seq === at)
    return record({
      value: snapshot === undefined ? "missing" : valueText(snapshot.value),
      table: tableText(ClientTable.entries(table)),
    })
  }
  return {
    view: int(state.view),
    active: bool(state.active),
    seqno: int(state.seqno),
    queue: seq(state.queue.map(signedText)),
    slot: func(
      seqs,
      seqs.map((n) => slotText(Window.get(state.log, n))),
    ),
    executed: int(state.executed),
    table: tableText(ClientTable.entries(state.table)),
    value: valueText(value),
    low: int(state.log.low),
    checkpoints: func(
      state.checkpoints.map((c) => c.seq),
      state.checkpoints.map((c) => checkpointText(c.seq, c.table)),
    ),
    checkpointVotes: func(
      state.checkpointVotes.map((v) => v.seq),
      state.checkpointVotes.map((v) => votesText(v.votes)),
    ),
    pset: entriesText(state.pset),
    qset: entriesText(state.qset),
    viewChanges: set(state.viewChanges.map(viewChangeText)),
    newView: set(state.newView === undefined ? [] : [newViewText(state.newView)]),
    fetched: set(state.fetched.map((b) => digestText(b.digest))),
    undo: set(undo === undefined ? [] : [undoText(undo, before)]),
    reads: set(reads.map(readText)),
    recovery: set(state.recovery === undefined ? [] : [recoveryText(state.recovery)]),
    heard: set(state.heard.map(heardText)),
    told: executionsText(state.told),
  }
}

const heardText = ({ replica, incarnation }: Heard): Text =>
  record({ replica: int(replica), incarnation: int(incarnation) })

/** `told` of a replica. */
export const executionsText = ({ own, claims, batches }: ToldExecutions): Text =>
  record({
    own: set(own.map(numberedText)),
    claims: set(
      claims.map((c) =>
        record({ seq: int(c.seq), digest: digestText(c.digest), replica: int(c.replica) }),
      ),
    ),
    batches: set(batches.map((b) => digestText(b.digest))),
  })

const readText = (r: WaitingRead): Text =>
  record({
    client: int(r.client),
    timestamp: int(r.timestamp),
    op: str(r.operation),
    after: int(r.after),
  })

const recoveryText = ({ incarnation, point, estimate }: Recovery): Text =>
  record({
    incarnation: int(incarnation),
    point: set(point === undefined ? [] : [int(point)]),
    ...(estimate === undefined ? {} : estimateTexts(estimate)),
  })

const estimateTexts = ({ bound, told }: Estimate): Readonly<Record<string, Text>> => ({
  bound: set(bound === undefined ? [] : [int(bound)]),
  told: func(
    everyone(told.length),
    told.map((t) => set(t === undefined ? [] : [toldText(t)])),
  ),
})

const toldText = ({ checkpoint, prepared }: Told): Text =>
  record({ checkpoint: int(checkpoint), prepared: int(prepared) })

const undoText = (undo: Settled, before: ReadonlyArray<Request> | undefined): Text =>
  record({
    executed: int(undo.executed),
    value: before === undefined ? "missing" : valueText(before),
    table: tableText(ClientTable.entries(undo.table)),
  })

const answerText = ({ result, digest, tentative }: Answer): Text =>
  record({
    result: orEmpty(result),
    digest: bool(digest),
    tentative: set(tentative === undefined ? [] : [int(tentative)]),
  })

/** The variable `client` at this client; timestamps count from the first one. */
export const clientText = (state: ClientState): Text =>
  record({
    timestamp: int(state.timestamp),
    op: str(state.operation ?? "none"),
    toAll: bool(state.toAll),
    readOnly: bool(state.readOnly),
    replies: func(
      everyone(state.replies.length),
      state.replies.map((r) => (r === undefined ? "<<>>" : answerText(r))),
    ),
    result: state.result ?? "<<>>",
    views: func(everyone(state.views.length), state.views.map(int)),
  })

const resultText = (result: Bytes): Text => orEmpty(result)

const mark = (name: string, holds: true | undefined): Readonly<Record<string, Text>> =>
  holds === undefined ? {} : { [name]: bool(true) }

const stableText = (m: QueryStable | ReplyStable, auth: Text): Text => {
  const asked = {
    type: str(m._tag),
    incarnation: int(m.incarnation),
    replica: int(m.replica),
    auth,
  }
  if (m._tag === "QueryStable") return record(asked)
  const { recovering, checkpoint, prepared } = m
  return record({
    ...asked,
    recovering: int(recovering),
    checkpoint: int(checkpoint),
    prepared: int(prepared),
  })
}

const replyText = (m: Reply): Text =>
  record({
    type: str(m._tag),
    view: int(m.view),
    client: int(m.client),
    timestamp: int(m.timestamp),
    replica: int(m.replica),
    result: resultText(m.result),
    ...mark("digest", m.digest),
    ...mark("tentative", m.tentative),
    ...mark("readOnly", m.readOnly),
  })

/** That a replica has replaced the key of another, as an element of `msgs`. */
export const newKeyText = (replica: number, of: number): Text =>
  record({ type: str("NewKey"), of: int(of), replica: int(replica) })

/** An element of `Injected`: a message, with when it may arrive where that matters. */
export const injectedText = (n: number, envelope: Envelope): Text => {
  const text = envelopeText(n, envelope)
  const { keys, since } = envelope
  const timed = since === undefined ? text : `${text} since ${since}`
  return keys === undefined ? timed : `${timed} ${keys.replaced ? "after" : "before"} ${keys.of}`
}

/** A message as an element of `msgs`; `n` replicas. */
export const envelopeText = (n: number, envelope: Envelope): Text => {
  const m: Message = envelope.message
  const auth = set(envelope.auth.map(int))
  const type = str(m._tag)
  switch (m._tag) {
    case "Request":
    case "Read": {
      const to = set((envelope.to ?? everyone(n)).map(int))
      const { client, timestamp, operation } = m
      const fields = { type, client: int(client), timestamp: int(timestamp), auth, to }
      const named = m._tag === "Request" ? replierText(m) : {}
      return record({ ...fields, op: str(operation), ...named })
    }
    case "PrePrepare": {
      const batch = seq(m.batch.map((r) => (isSigned(r) ? signedText(r) : namedText(r))))
      const place = { view: int(m.view), seq: int(m.seq), replica: int(m.replica) }
      const digest = !m.batch.every(isSigned) ? { digest: digestText(m.digest) } : {}
      return record({ type, ...place, batch, auth, ...digest })
    }
    case "Prepare":
    case "Commit": {
      const place = { view: int(m.view), seq: int(m.seq), replica: int(m.replica) }
      return record({ type, ...place, digest: digestText(m.digest), auth })
    }
    case "FetchPrePrepare": {
      const place = { view: int(m.view), seq: int(m.seq), replica: int(m.replica) }
      return record({ type, ...place, auth })
    }
    case "Committed": {
      const batch = digestText(m.digest)
      return record({ type, seq: int(m.seq), batch, replica: int(m.replica), auth })
    }
    case "Checkpoint":
      return record({
        type,
        seq: int(m.seq),
        digest: digestText(m.digest),
        replica: int(m.replica),
        auth,
      })
    case "ViewChange":
      return viewChangeText(m)
    case "NewView":
      return newViewText(m)
    case "FetchBatch":
      return record({ type, digest: digestText(m.digest), replica: int(m.replica), auth })
    case "Batch":
      return record({ type, batch: digestText(modelDigests.batchDigest(m.batch)) })
    case "FetchState":
      return record({
        type,
        seq: int(m.seq),
        digest: digestText(m.digest),
        replica: int(m.replica),
        auth,
      })
    case "State": {
      const value = valueText(envelope.snapshot as ReadonlyArray<Request>)
      return record({ type, seq: int(m.seq), value, table: tableText(m.table) })
    }
    case "QueryStable":
    case "ReplyStable":
      return stableText(m, auth)
    case "Reply":
      return replyText(m)
  }
}
