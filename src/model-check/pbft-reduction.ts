/**
 * A reduction of PBFT's models: some messages are received as soon as they can be, at once with the
 * step before, and not at every later moment as well; and replicas forget what nobody reads again.
 * spec/README.md has the arguments that neither loses a violation of an invariant.
 */
import { assert } from "../core/assert.ts"
import { type Digest, noDigest, type ReplicaId } from "../core/ids.ts"
import { isFinal, type Slot, type State } from "../core/pbft/state.ts"
import * as Votes from "../core/votes.ts"
import type { Envelope } from "../sim/world.ts"
import type { Model, SentMessage } from "./model.ts"
import type { PbftConstants, PbftProcess } from "./pbft-process.ts"

/**
 * A COMMIT of a correct replica. To receive it sends nothing and only ever enables Execute, which
 * nobody has to do; a replica that leaves its view forgets whether it had committed.
 */
const receivedAtOnce =
  (c: PbftConstants) =>
  (process: unknown, { value }: SentMessage): boolean => {
    if ((process as PbftProcess).role !== "replica") return false
    const { message } = value as Envelope
    return message._tag === "Commit" && !c.byzantine.includes(message.replica)
  }

/**
 * The votes that completed a certificate, and in a slot with a batch the PREPAREs of correct
 * replicas for another one: each says one thing there.
 */
const slotWithout = (c: PbftConstants, slot: Slot): Slot => {
  const { phase, digest, prepares } = slot
  if (isFinal(phase)) {
    return { ...slot, prepares: Votes.noVotes(c.n), commits: Votes.noVotes(c.n) }
  }
  if (phase === "prepared") return { ...slot, prepares: Votes.noVotes(c.n) }
  if (phase !== "prePrepared") return slot
  const isKept = (vote: Digest, replica: ReplicaId): boolean =>
    vote === digest || c.byzantine.includes(replica)
  return { ...slot, prepares: prepares.map((d, r) => (isKept(d, r) ? d : noDigest)) }
}

/**
 * Others' VIEW-CHANGEs for the view that it moves to, but at that view's primary before it has
 * decided.
 */
const changesWithout = (c: PbftConstants, id: number, state: State): State["viewChanges"] => {
  const { view, viewChanges, newView } = state
  const decides = view % c.n === id && newView === undefined
  return decides ? viewChanges : viewChanges.filter((m) => m.replica === id || m.view > view)
}

/** A replica without what nothing reads again before it is replaced. */
const forgetful =
  (c: PbftConstants) =>
  (process: unknown): unknown => {
    const p = process as PbftProcess
    if (p.role !== "replica") return p
    const { state } = p.at
    const { log } = state
    const chunks = log.chunks.map((chunk) =>
      chunk.map((slot) => (slot === log.empty ? slot : slotWithout(c, slot))),
    )
    const viewChanges = changesWithout(c, p.id, state)
    return { ...p, at: { ...p.at, state: { ...state, log: { ...log, chunks }, viewChanges } } }
  }

interface Reduction {
  readonly eager: NonNullable<Model["eager"]>
  readonly forget: NonNullable<Model["forget"]>
}

/** What the arguments do not speak of: votes have other readers there, or are said twice. */
const isBeyond = (c: PbftConstants): boolean =>
  c.maxTentative > 0 ||
  c.fetchDecisions ||
  c.tellCommitted ||
  [...c.rejoins, ...c.recoveries, ...c.rekeys].length > 0

/** What a model has more when it is reduced. */
export const reductionOf = (c: PbftConstants): Reduction => {
  assert(!isBeyond(c), "a model that is reduced has none of the features that read votes otherwise")
  return { eager: receivedAtOnce(c), forget: forgetful(c) }
}
