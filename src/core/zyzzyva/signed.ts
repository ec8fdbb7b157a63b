/**
 * Which signatures a message holds, whose each must be, and of what: the edge verifies all of them
 * before the core sees the message. spec/tla/Zyzzyva.tla says the same as `Buildable`.
 *
 * Outside the specification: signatures. A message there is deliverable when those whose signatures
 * it shows have given them.
 */
import type { Bytes, Digest, ReplicaId, Seq, View } from "../ids.ts"
import { type Group, primaryOf } from "../quorum.ts"
import type { SignedRequest } from "../request.ts"
import type {
  Certificate,
  Message,
  NewView,
  Signable,
  SpecResponse,
  Stable,
  ViewChange,
} from "./message.ts"

export interface Claim {
  readonly signer: ReplicaId
  readonly content: Signable
  readonly signature: Bytes
}

type Claims = ReadonlyArray<Claim>

interface Place {
  readonly view: View
  readonly seq: Seq
  readonly history: Digest
}

// The history says which batch it is.
const orderClaim = (group: Group, { view, seq, history }: Place, signature: Bytes): Claim => ({
  signer: primaryOf(group, view),
  content: { _tag: "OrderReq", view, seq, history },
  signature,
})

const headerClaim = (
  { view, seq, history }: Place,
  signer: ReplicaId,
  signature: Bytes,
): Claim => ({
  signer,
  content: { _tag: "SpecHeader", view, seq, history, replica: signer },
  signature,
})

const responseClaims = (group: Group, m: SpecResponse): Claims => {
  const header = m.clientOnly === true ? [] : [headerClaim(m, m.replica, m.signature)]
  return m.order === undefined ? header : [...header, orderClaim(group, m, m.order)]
}

const certificateClaims = (c: Certificate): Claims =>
  c.signers.map(({ replica, signature }) => headerClaim(c, replica, signature))

const accusationClaim = (view: View, signer: ReplicaId, signature: Bytes): Claim => ({
  signer,
  content: { _tag: "Accusation", view, replica: signer },
  signature,
})

const checkpointClaims = ({ view, seq, digest, signers }: Stable): Claims =>
  signers.map(({ replica: signer, signature }) => ({
    signer,
    content: { _tag: "Checkpoint", view, seq, digest, replica: signer },
    signature,
  }))

const changeClaims = (m: ViewChange): Claims => {
  const { signature, ...content } = m
  return [
    { signer: m.replica, content, signature },
    ...m.accusers.map((a) => accusationClaim(m.view - 1, a.replica, a.signature)),
    ...checkpointClaims(m.stable),
    ...m.certificates.flatMap(certificateClaims),
  ]
}

const newViewClaims = (group: Group, m: NewView): Claims => {
  const { signature, ...content } = m
  return [
    { signer: primaryOf(group, m.view), content, signature },
    ...m.changes.flatMap(changeClaims),
  ]
}

/** Every signature in a message. None where a message counts only for who is known to send it. */
export const claims = (group: Group, m: Message): Claims => {
  switch (m._tag) {
    case "OrderReq":
      return [orderClaim(group, m, m.signature)]
    case "SpecResponse":
      return responseClaims(group, m)
    case "SpecHeader":
      return [headerClaim(m, m.replica, m.signature)]
    case "Commit":
      return certificateClaims(m.certificate)
    case "Pom":
      return m.orders.map((o) => orderClaim(group, o, o.signature))
    case "Accusation":
      return [accusationClaim(m.view, m.replica, m.signature)]
    case "Checkpoint":
      return checkpointClaims({ ...m, signers: [m] })
    case "State":
      return checkpointClaims(m.stable)
    case "ViewChange":
      return changeClaims(m)
    case "NewView":
      return newViewClaims(group, m)
    case "FetchState":
    case "Request":
    case "Read":
    case "ReadResponse":
    case "LocalCommit":
    case "FillHole":
    case "ViewConfirm":
      return []
  }
}

/** A batch beside the digest that a message says is its own. */
interface Digested {
  readonly digest: Digest
  readonly batch: ReadonlyArray<SignedRequest>
}

const changeBatches = (m: ViewChange): ReadonlyArray<Digested> => [
  ...m.orders,
  ...m.certificates.flatMap((c) => c.batches),
]

/** Every batch in a message: the edge sees that each has the digest that stands beside it. */
export const digested = (m: Message): ReadonlyArray<Digested> => {
  switch (m._tag) {
    case "OrderReq":
      return [m]
    case "ViewChange":
      return changeBatches(m)
    case "NewView":
      return m.changes.flatMap(changeBatches)
    default:
      return []
  }
}
