/**
 * What a client keeps of answers, and which of them match: TOCS 27(4) 2009, section 3.2;
 * spec/tla/Zyzzyva.tla `Matching` and `ResultsIn`. An answer bears a result or its digest.
 */
import type { Bytes, Digest, ReplicaId, Seq, View } from "../ids.ts"
import type { Order, Pom, ReadResponse, Signer, SpecResponse } from "./message.ts"
import type { Needs } from "./state.ts"

/** What a replica answered last to the awaited request. */
export interface Response {
  readonly view: View
  readonly seq: Seq
  readonly history: Digest
  /** The result, or with `digest` its digest. */
  readonly result: Bytes
  readonly digest: boolean
  /** The history stays, says the replica. */
  readonly committed: boolean
  /** It speaks of the history alone: there is no result. */
  readonly witness: boolean
  /** It is for the client alone: no certificate has it. */
  readonly clientOnly: boolean
  /** Empty of what was read, and with `clientOnly`. */
  readonly signature: Bytes
  /** The primary's signature of its order; undefined where a new view brought the request. */
  readonly order: Bytes | undefined
}

export const responseOf = (m: SpecResponse | ReadResponse): Response => {
  const { view, seq, history, result } = m
  const { committed = false, witness = false } = m
  const said = { view, seq, history, result, committed, witness }
  const unsigned = { digest: false, clientOnly: false, signature: "", order: undefined }
  if (m._tag === "ReadResponse") return { ...said, ...unsigned }
  const { signature, order, digest = false, clientOnly = false } = m
  return { ...said, digest, clientOnly, signature, order }
}

/** Answers by replica to the awaited request. */
export type Responses = ReadonlyArray<Response | undefined>

/** The digest of a result, as replicas send it in place of the result. */
export interface Digesting {
  readonly resultDigest: (result: Bytes) => Digest
}

// Digests are computed only where somebody sent one.
const sameResult = ({ resultDigest }: Digesting, a: Response, b: Response): boolean => {
  if (a.digest === b.digest) return a.result === b.result
  return a.digest ? a.result === resultDigest(b.result) : b.result === resultDigest(a.result)
}

const isSamePlace = (a: Response, b: Response): boolean =>
  a.view === b.view && a.seq === b.seq && a.history === b.history

const match = (by: Digesting, a: Response, b: Response): boolean =>
  isSamePlace(a, b) && a.witness === b.witness && sameResult(by, a, b)

/**
 * What a replica has said with one answer more; the same object where that is no more. One of a
 * later view takes the place of what it said before, and so does one of another history, as who
 * fetched a state may have spoken of another; what it says again of one history adds up: the result
 * to its digest, that it is committed, its signature.
 */
export const joined = (by: Digesting, old: Response | undefined, response: Response): Response => {
  if (old === undefined || old.view < response.view) return response
  if (old.view === response.view && !isSamePlace(old, response)) return response
  if (!match(by, old, response)) return old
  const isWhole = old.digest && !response.digest
  const isSigned = old.clientOnly && !response.clientOnly
  const isCommitted = response.committed && !old.committed
  if (!isWhole && !isSigned && !isCommitted) return old
  return {
    ...old,
    ...(isWhole ? { result: response.result, digest: false } : {}),
    ...(isSigned ? { signature: response.signature, clientOnly: false } : {}),
    ...(isCommitted ? { committed: true } : {}),
  }
}

/**
 * Answers that say the same: whose they are, which of them are signed, how many say that it stays,
 * and the result, if it is among them.
 */
export interface Matching {
  readonly replicas: ReadonlyArray<ReplicaId>
  readonly signers: ReadonlyArray<Signer>
  readonly committed: number
  readonly result: Bytes | undefined
}

/**
 * The answers that match one of them, and the witnesses of its history: of enough for a certificate
 * one at least is correct and no witness, so that they have its result.
 */
export const matching = (by: Digesting, responses: Responses, response: Response): Matching => {
  const same = (r: Response | undefined): r is Response =>
    r !== undefined && (match(by, r, response) || (r.witness && isSamePlace(r, response)))
  const replicas = responses.flatMap((r, replica) => (same(r) ? [replica] : []))
  const signers = responses.flatMap((r, replica) =>
    same(r) && !r.clientOnly ? [{ replica, signature: r.signature }] : [],
  )
  const committed = responses.filter((r) => same(r) && r.committed).length
  const whole = responses.find((r) => same(r) && !r.digest && !r.witness)
  return { replicas, signers, committed, result: whole?.result }
}

/** The largest group of which an answer is: a witness is of every one of its history. */
export const largest = (by: Digesting, responses: Responses, response: Response): Matching => {
  const own = matching(by, responses, response)
  if (!response.witness) return own
  return responses
    .flatMap((r) =>
      r === undefined || r.witness || !isSamePlace(r, response) ? [] : [matching(by, responses, r)],
    )
    .reduce((most, m) => (m.replicas.length > most.replicas.length ? m : most), own)
}

const orderOf = (r: Response): Order => ({
  view: r.view,
  seq: r.seq,
  history: r.history,
  signature: r.order ?? "",
})

/** Proofs of misbehaviour: two orders of one primary for one number, a pair for each history. */
export const contradictions = (responses: Responses, response: Response): ReadonlyArray<Pom> => {
  if (response.order === undefined) return []
  const histories = new Map<Digest, Response>()
  for (const r of responses) {
    if (r?.order === undefined || r.view !== response.view || r.seq !== response.seq) continue
    if (r.history !== response.history) histories.set(r.history, r)
  }
  // order-free: messages of their own
  return [...histories.values()].map((r) => ({
    _tag: "Pom",
    orders: [orderOf(response), orderOf(r)],
  }))
}

/** Whether they are enough: of all replicas, or committed at as many as make a certificate. */
export const areEnough = ({ fast, commit }: Needs, { replicas, committed }: Matching): boolean =>
  replicas.length >= fast || committed >= commit
