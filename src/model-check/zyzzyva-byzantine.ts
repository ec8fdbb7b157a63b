/**
 * What Byzantine processes are made to say in models of Zyzzyva: the constructors of
 * spec/tla/MCZyzzyva.tla.
 */
import type { Digest } from "../core/ids.ts"
import type {
  LastOrder,
  Message,
  ShownCertificate,
  Stable,
  ViewChange,
} from "../core/zyzzyva/message.ts"
import { noEntry } from "../core/zyzzyva/state.ts"
import { type SignedRequest, unsigned as withoutMarks } from "../core/request.ts"
import { authenticator } from "../sim/world.ts"
import type { ZyzzyvaEnvelope } from "../sim/zyzzyva-world.ts"
import { seq, str, int } from "./canonical.ts"
import {
  batchDigest,
  batchOfDigest,
  digestsOf,
  historyDigest,
  nullDigest,
} from "./zyzzyva-process.ts"
import { modelDigests } from "./zyzzyva-text.ts"

type Batch = ReadonlyArray<SignedRequest>
type Replicas = ReadonlyArray<number>

/** Of a model: how many replicas there are, and how many clients they know. */
export interface Size {
  readonly n: number
  readonly allClients: number
}

type Sig = (client: number, timestamp: number, operation: string, auth: Replicas) => SignedRequest
export const sig: Sig = (client, timestamp, operation, auth) => ({
  client,
  timestamp,
  operation,
  authenticator: authenticator(auth),
})
export const batchA = (auth: Replicas): Batch => [sig(0, 1, "a", auth)]
export const batchB = (auth: Replicas): Batch => [sig(1, 1, "b", auth)]
export const batchC = (auth: Replicas): Batch => [sig(1, 2, "c", auth)]
export const historyOf = (...digests: ReadonlyArray<Digest>): Digest =>
  digests.reduce(historyDigest, "")
export const digestA = batchDigest(batchA([]))
export const digestB = batchDigest(batchB([]))
export const digestC = batchDigest(batchC([]))
export const a = historyOf(digestA)
export const b = historyOf(digestB)
export const bc = historyOf(digestB, digestC)
export const ac = historyOf(digestA, digestC)
export const bbc = historyOf(digestB, digestB, digestC)

export const lengthOf = (history: Digest): number => digestsOf(history).length
export const toAll = (message: Message): ZyzzyvaEnvelope => ({ message, to: undefined })

export const orderTo = (
  to: Replicas,
  view: number,
  history: Digest,
  batch: Batch,
): ZyzzyvaEnvelope => {
  const place = { view, seq: lengthOf(history), history }
  const digest = batchDigest(batch)
  return { message: { _tag: "OrderReq", ...place, digest, batch, signature: "" }, to }
}

export const unsigned = (digest: Digest): Batch => batchOfDigest(digest).map(withoutMarks)

export const signersOf = (who: Replicas) => who.map((replica) => ({ replica, signature: "" }))

export const certificate = (view: number, history: Digest, who: Replicas): ShownCertificate => ({
  view,
  seq: lengthOf(history),
  history,
  signers: signersOf(who),
  before: "",
  batches: digestsOf(history).map((digest) => ({ digest, batch: unsigned(digest) })),
})

export const commit = (
  client: number,
  view: number,
  history: Digest,
  who: Replicas,
): ZyzzyvaEnvelope => {
  const { before: _, batches: __, ...shown } = certificate(view, history, who)
  return toAll({ _tag: "Commit", client, certificate: shown })
}

export const header = (replica: number, view: number, history: Digest): ZyzzyvaEnvelope => {
  const place = { view, seq: lengthOf(history), history }
  return toAll({ _tag: "SpecHeader", ...place, signature: "", replica })
}

export interface Said {
  readonly view: number
  readonly history: Digest
  readonly ordered: boolean
  readonly client: number
  readonly timestamp: number
  readonly result: readonly [operation: string, position: number]
}

export const response = (replica: number, said: Said): ZyzzyvaEnvelope => {
  const { view, history, ordered, client, timestamp } = said
  const place = { view, seq: lengthOf(history), history, signature: "" }
  const result = seq([str(said.result[0]), int(said.result[1])])
  const order = ordered ? { order: "" } : {}
  const about = { client, timestamp, result, replica }
  return toAll({ _tag: "SpecResponse", ...place, ...order, ...about })
}

/** What a replica has read, as `Said` without an order. */
export const readOf = (
  replica: number,
  { view, history, client, timestamp, result: [operation, position] }: Omit<Said, "ordered">,
): ZyzzyvaEnvelope => {
  const place = { view, seq: lengthOf(history), history }
  const result = seq([str(operation), int(position)])
  return toAll({ _tag: "ReadResponse", ...place, client, timestamp, result, replica })
}

export const acknowledged = (
  replica: number,
  view: number,
  history: Digest,
  client: number,
): ZyzzyvaEnvelope => {
  const place = { view, seq: lengthOf(history), history }
  return toAll({ _tag: "LocalCommit", ...place, client, replica })
}

export const contradiction = (view: number, one: Digest, other: Digest): ZyzzyvaEnvelope => {
  const order = (history: Digest) => ({ view, seq: lengthOf(history), history, signature: "" })
  return toAll({ _tag: "Pom", orders: [order(one), order(other)] })
}

export const accusation = (replica: number, view: number): ZyzzyvaEnvelope =>
  toAll({ _tag: "Accusation", view, replica, signature: "" })

export const fillHole = (
  replica: number,
  view: number,
  from: number,
  upTo: number,
): ZyzzyvaEnvelope => toAll({ _tag: "FillHole", view, from, upTo, replica })

export const requestTo = (to: Replicas, request: SignedRequest): ZyzzyvaEnvelope => ({
  message: { _tag: "Request", ...request },
  to,
})

export const checkpointAt = (
  replica: number,
  view: number,
  at: number,
  digest: Digest,
): ZyzzyvaEnvelope => toAll({ _tag: "Checkpoint", view, seq: at, digest, signature: "", replica })

export const lastOrder = (view: number, history: Digest): LastOrder => {
  const digest = digestsOf(history).at(-1) ?? nullDigest
  return { view, seq: lengthOf(history), history, digest, batch: unsigned(digest) }
}

export const entriesOf = ({ allClients }: Size) =>
  new Array<typeof noEntry>(allClients).fill(noEntry)

export const initialStable = (size: Size): Stable => ({
  view: 0,
  seq: 0,
  digest: modelDigests.checkpointDigest("", seq([]), entriesOf(size)),
  signers: [],
})

export interface Claim {
  readonly orders?: ReadonlyArray<LastOrder>
  readonly certificates?: ReadonlyArray<ShownCertificate>
  readonly accusers?: Replicas
  readonly stable?: Stable
}

export const change = (size: Size, replica: number, view: number, claim: Claim): ViewChange => ({
  _tag: "ViewChange",
  view,
  stable: claim.stable ?? initialStable(size),
  orders: claim.orders ?? [],
  certificates: claim.certificates ?? [],
  accusers: signersOf(claim.accusers ?? [2, 3]),
  replica,
  signature: "",
})

export const newView = (view: number, changes: ReadonlyArray<ViewChange>): ZyzzyvaEnvelope =>
  toAll({ _tag: "NewView", view, changes, signature: "" })

export const viewConfirm = (replica: number, view: number, history: Digest): ZyzzyvaEnvelope =>
  toAll({ _tag: "ViewConfirm", view, seq: lengthOf(history), history, replica })
