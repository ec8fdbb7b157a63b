/**
 * States and messages of src/core/zyzzyva as the canonical text of their counterparts in
 * spec/tla/Zyzzyva.tla: one text a variable. In models digests, histories and results already are
 * such texts. A batch that a VIEW-CHANGE or a certificate carries follows from its digest, and
 * signatures from what is signed.
 */
import * as ClientTable from "../core/client-table.ts"
import type { Response } from "../core/zyzzyva/answers.ts"
import type { ClientState } from "../core/zyzzyva/client.ts"
import type { Certificate, NewView, Signer, Stable, ViewChange } from "../core/zyzzyva/message.ts"
import {
  type Config,
  type Entry,
  genesisService,
  type Slot,
  type State,
  type Vouched,
} from "../core/zyzzyva/state.ts"
import type { Marks, Request, SignedRequest } from "../core/request.ts"
import type { WaitingRead } from "../core/waiting-reads.ts"
import * as Window from "../core/window.ts"
import { everyone, verifiesAt } from "../sim/world.ts"
import type { ZyzzyvaEnvelope } from "../sim/zyzzyva-world.ts"
import { bool, func, int, record, seq, set, str, type Text } from "./canonical.ts"
import { modelDigests as pbftDigests, replierText, valueText } from "./pbft-text.ts"
import { batchDigest, historyDigest, orEmpty, type Replica } from "./zyzzyva-process.ts"

/** The variables of Zyzzyva.tla that belong to a replica. */
export const replicaVariables = [
  "view",
  "stage",
  "queue",
  "pendingReads",
  "slot",
  "executed",
  "table",
  "value",
  "stable",
  "checkpoints",
  "headers",
  "checkpointVotes",
  "certificates",
  "accusers",
  "viewChanges",
  "newView",
  "confirms",
  "incarnation",
] as const
export type ReplicaVariable = (typeof replicaVariables)[number]

// How a client wants to be answered, where it says so.
const marksText = (r: Marks): Readonly<Record<string, Text>> => ({
  ...replierText(r),
  ...markText("commitFirst", r.commitFirst),
  ...markText("clientOnly", r.clientOnly),
})

const waitingText = ({ client, timestamp, operation, after }: WaitingRead): Text => {
  const about = { client: int(client), timestamp: int(timestamp), op: str(operation) }
  return record({ ...about, after: int(after) })
}

const signedText = (r: SignedRequest): Text =>
  record({
    client: int(r.client),
    timestamp: int(r.timestamp),
    op: str(r.operation),
    auth: set(verifiesAt(r.authenticator).map(int)),
    ...marksText(r),
  })

const entryText = (e: Entry): Text =>
  record({
    timestamp: int(e.timestamp),
    result: orEmpty(e.result),
    seq: int(e.seq),
    history: orEmpty(e.history),
  })
const tableText = (all: ReadonlyArray<Entry>): Text =>
  func(
    all.map((_, client) => client),
    all.map(entryText),
  )

/** What a model injects as digest functions, and as signatures. */
export const modelDigests: Pick<
  Config,
  "batchDigest" | "historyDigest" | "checkpointDigest" | "resultDigest" | "sign"
> = {
  batchDigest,
  historyDigest,
  checkpointDigest: (history, service, table) => {
    const value = service === genesisService ? seq([]) : service
    return seq([orEmpty(history), value, tableText(table)])
  },
  resultDigest: pbftDigests.resultDigest,
  sign: () => "",
}

const whoText = (signers: ReadonlyArray<Signer>): Text => set(signers.map((s) => int(s.replica)))

const stableText = ({ view, seq: at, digest, signers }: Stable): Text =>
  record({ view: int(view), seq: int(at), digest, replicas: whoText(signers) })

interface Place {
  readonly view: number
  readonly seq: number
  readonly history: string
}
const place = ({ view, seq: at, history }: Place): Readonly<Record<string, Text>> => ({
  view: int(view),
  seq: int(at),
  history: orEmpty(history),
})

const certificateText = (c: Certificate): Text =>
  record({ ...place(c), replicas: whoText(c.signers) })

const viewChangeText = (m: ViewChange): Text =>
  record({
    type: str("ViewChange"),
    view: int(m.view),
    stable: stableText(m.stable),
    orders: set(m.orders.map((o) => record(place(o)))),
    certificates: set(m.certificates.map(certificateText)),
    accusers: whoText(m.accusers),
    replica: int(m.replica),
    ...(m.incarnation === undefined ? {} : { incarnation: int(m.incarnation) }),
  })
const newViewText = (m: NewView): Text =>
  record({ type: str("NewView"), view: int(m.view), changes: set(m.changes.map(viewChangeText)) })

const slotText = ({ view, batch, history, order }: Slot): Text =>
  record({
    view: int(view),
    batch: seq(batch.map(signedText)),
    history: orEmpty(history),
    ordered: bool(order !== undefined),
  })

const vouchedText = (all: ReadonlyArray<Vouched>): Text =>
  func(
    all.map((v) => v.seq),
    all.map(({ said }) =>
      func(
        everyone(said.length),
        said.map((s) => orEmpty(s?.digest)),
      ),
    ),
  )

const windowSeqs = ({ log }: State): ReadonlyArray<number> =>
  Array.from({ length: log.length }, (_, k) => log.low + 1 + k)

const checkpointsText = (
  { state, snapshots }: Replica,
  { witness }: Pick<Config, "witness">,
): Text => {
  const { checkpoints } = state
  const textOf = (c: State["checkpoints"][number]): Text => {
    const snapshot = snapshots.find((s) => s.seq === c.seq)
    return record({
      value: snapshot === undefined ? "missing" : valueText(snapshot.value),
      table: tableText(ClientTable.entries(c.table)),
      history: orEmpty(c.history),
      ...(witness ? { digest: orEmpty(c.digest) } : {}),
    })
  }
  return func(
    checkpoints.map((c) => c.seq),
    checkpoints.map(textOf),
  )
}

/** Each variable's value at this replica. */
export const replicaTexts = (
  process: Replica,
  config: Pick<Config, "witness">,
): Readonly<Record<ReplicaVariable, Text>> => {
  const { state, value } = process
  const seqs = windowSeqs(state)
  const { newView, confirms } = state
  return {
    view: int(state.view),
    stage: str(state.stage),
    queue: seq(state.queue.map(signedText)),
    pendingReads: set(state.pendingReads.map(waitingText)),
    slot: func(
      seqs,
      seqs.map((n) => slotText(Window.get(state.log, n))),
    ),
    executed: int(state.executed),
    table: tableText(ClientTable.entries(state.table)),
    value: valueText(value),
    stable: stableText(state.stable),
    checkpoints: checkpointsText(process, config),
    headers: vouchedText(state.headers),
    checkpointVotes: vouchedText(state.checkpointVotes),
    certificates: set(state.certificates.map(certificateText)),
    accusers: whoText(state.accusers),
    viewChanges: set(state.viewChanges.map(viewChangeText)),
    newView: set(newView === undefined ? [] : [newViewText(newView)]),
    confirms: func(
      everyone(confirms.length),
      confirms.map((h) => (h === undefined ? seq([]) : seq([orEmpty(h)]))),
    ),
    incarnation: set(state.incarnation === 0 ? [] : [int(state.incarnation)]),
  }
}

// A mark that is there only where it is set.
const markText = (
  name: "digest" | "committed" | "commitFirst" | "clientOnly" | "witness" | "headers",
  is: boolean | undefined,
): Readonly<Record<string, Text>> => (is === true ? { [name]: bool(true) } : {})

const responseText = (r: Response | undefined): Text =>
  r === undefined
    ? seq([])
    : record({
        ...place(r),
        ordered: bool(r.order !== undefined),
        result: orEmpty(r.result),
        ...markText("digest", r.digest),
        ...markText("committed", r.committed),
        ...markText("clientOnly", r.clientOnly),
        ...markText("witness", r.witness),
      })

/** The variable `client` at this client. */
export const clientText = (state: ClientState): Text => {
  const { certificate: shown, done } = state
  const shownText = (c: NonNullable<typeof shown>): Text =>
    record({ ...place(c), replicas: whoText(c.signers), result: orEmpty(c.result) })
  return record({
    timestamp: int(state.timestamp),
    op: str(state.operation ?? "none"),
    toAll: bool(state.toAll),
    responses: func(everyone(state.responses.length), state.responses.map(responseText)),
    certificate: set(shown === undefined ? [] : [shownText(shown)]),
    commits: set(state.commits.map(int)),
    result: orEmpty(state.result),
    done: set(
      done === undefined ? [] : [record({ seq: int(done.seq), history: orEmpty(done.history) })],
    ),
    views: func(everyone(state.views.length), state.views.map(int)),
  })
}

/** A message as an element of `msgs` or `Injected`; `n` replicas. */
export const envelopeText = (n: number, { message: m, to, snapshot }: ZyzzyvaEnvelope): Text => {
  const type = str(m._tag)
  const toText = set((to ?? everyone(n)).map(int))
  switch (m._tag) {
    case "Request":
    case "Read": {
      const auth = set(verifiesAt(m.authenticator).map(int))
      const of = { client: int(m.client), timestamp: int(m.timestamp), op: str(m.operation) }
      return record({ type, ...of, auth, to: toText, ...(m._tag === "Read" ? {} : marksText(m)) })
    }
    case "OrderReq":
      return record({ type, ...place(m), batch: seq(m.batch.map(signedText)), to: toText })
    case "SpecResponse": {
      const about = {
        client: int(m.client),
        timestamp: int(m.timestamp),
        result: orEmpty(m.result),
        ...markText("digest", m.digest),
        ...markText("committed", m.committed),
        ...markText("clientOnly", m.clientOnly),
        ...markText("witness", m.witness),
      }
      const ordered = bool(m.order !== undefined)
      return record({ type, ...place(m), ordered, ...about, replica: int(m.replica) })
    }
    case "ReadResponse": {
      const of = { client: int(m.client), timestamp: int(m.timestamp), result: orEmpty(m.result) }
      const mark = { ...markText("committed", m.committed), ...markText("witness", m.witness) }
      return record({ type, ...place(m), ...mark, ...of, replica: int(m.replica) })
    }
    case "SpecHeader":
    case "ViewConfirm":
      return record({ type, ...place(m), replica: int(m.replica) })
    case "Commit":
      return record({ type, client: int(m.client), certificate: certificateText(m.certificate) })
    case "LocalCommit":
      return record({ type, ...place(m), client: int(m.client), replica: int(m.replica) })
    case "FillHole": {
      const range = { from: int(m.from), upTo: int(m.upTo) }
      const mark = markText("headers", m.headers)
      return record({ type, view: int(m.view), ...range, replica: int(m.replica), ...mark })
    }
    case "Pom":
      return record({ type, orders: set(m.orders.map((o) => record(place(o)))) })
    case "Accusation":
      return record({ type, view: int(m.view), replica: int(m.replica) })
    case "Checkpoint": {
      const { digest } = m
      return record({ type, view: int(m.view), seq: int(m.seq), digest, replica: int(m.replica) })
    }
    case "FetchState":
      return record({ type, seq: int(m.seq), replica: int(m.replica) })
    case "State": {
      const value = valueText(snapshot as ReadonlyArray<Request>)
      const table = tableText(m.table)
      const history = orEmpty(m.history)
      return record({ type, stable: stableText(m.stable), history, value, table })
    }
    case "ViewChange":
      return viewChangeText(m)
    case "NewView":
      return newViewText(m)
  }
}
