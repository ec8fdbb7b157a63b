/** All that one replica said to replicas, under the names of its messages. */
import type { Digest, ReplicaId, View } from "../core/ids.ts"
import type { Batch, PeerMessage, State as Given } from "../core/pbft/message.ts"
import { fullProjection } from "../core/pbft/projection.ts"
import type { State } from "../core/pbft/state.ts"
import type { Place } from "./finding.ts"
import { type Known, type NumberMessage, Sayings, sayingOf } from "./sent.ts"
import { ViewSayings, viewSayingOf } from "./view-sayings.ts"

/** What is known by its digest, whoever gives it. */
export type GivenMessage = Batch | Given

/** A message that names its sender. */
export type SignedMessage = Exclude<PeerMessage, GivenMessage>

export const isGiven = (m: PeerMessage): m is GivenMessage =>
  m._tag === "Batch" || m._tag === "State"

const digestsKept = 4096

/** Digests that were mentioned; when there are too many, none is known to be missing any more. */
export class DigestSayings {
  readonly #said = new Set<Digest>()
  #forgotten = false

  say(digest: Digest): void {
    this.#said.add(digest)
    if (this.#said.size <= digestsKept) return
    this.#said.clear()
    this.forget()
  }

  forget(): void {
    this.#forgotten = true
  }

  knows(digest: Digest): Known {
    if (this.#said.has(digest)) return "said"
    return this.#forgotten ? "forgotten" : "unsaid"
  }
}

/** A step's worth of missing lines, and the states around them. */
export interface Unseen {
  readonly replica: ReplicaId
  readonly before: State
  readonly after: State
  readonly place: Place
  readonly isPrimary: (view: View) => boolean
}

export class ReplicaSayings {
  readonly #slots: Sayings
  readonly #views = new ViewSayings()
  readonly #fetches = new DigestSayings()

  /** `limit`: how many sequence numbers are remembered. */
  constructor(limit: number) {
    this.#slots = new Sayings(limit)
  }

  say(m: SignedMessage, place: Place): void {
    switch (m._tag) {
      case "FetchPrePrepare":
      case "FetchBatch":
      case "FetchState":
      case "QueryStable":
      case "ReplyStable":
        return this.#fetches.say(askedFor(m))
      case "ViewChange":
      case "NewView":
        return this.#views.say({ ...viewSayingOf(m), place })
      default:
        return this.#slots.say({ ...sayingOf(m), place })
    }
  }

  knows(m: SignedMessage): Known {
    switch (m._tag) {
      case "FetchPrePrepare":
      case "FetchBatch":
      case "FetchState":
      case "QueryStable":
      case "ReplyStable":
        return this.#fetches.knows(askedFor(m))
      case "ViewChange":
      case "NewView":
        return this.#views.knows(viewSayingOf(m))
      default:
        return this.#slots.knows(sayingOf(m))
    }
  }

  /** Where it said something that a correct replica does not say beside `m`, and what. */
  contradiction(m: SignedMessage): { readonly place: Place; readonly what: string } | undefined {
    switch (m._tag) {
      case "FetchPrePrepare":
      case "FetchBatch":
      case "FetchState":
      case "QueryStable":
      case "ReplyStable":
        return undefined
      case "ViewChange":
      case "NewView": {
        const other = this.#views.contradiction(viewSayingOf(m))
        return other && { place: other.place, what: `${aboutOf(m)} that differ` }
      }
      default: {
        const other = this.#slots.contradiction(sayingOf(m))
        if (other === undefined) return undefined
        const what = `${aboutOf(m)}, with digests ${other.digest} and ${m.digest}`
        return { place: other.place, what }
      }
    }
  }

  /**
   * After steps that nobody saw. Whatever a replica has sent above its low watermark is in its
   * durable state (SentIsDurable): in its slots for its view, and of earlier views the last that
   * it said of each number in P and Q. What it said in views that came and went is not there.
   */
  unseen({ replica, before, after, place, isPrimary }: Unseen): void {
    const { view, slot, low, checkpoints, pset, qset, newView } = fullProjection(after)
    this.#slots.forget(low)
    this.#fetches.forget()
    this.#slots.forgetTold()
    if (before.view < view) {
      this.#slots.forgetViews(view)
      this.#views.forget(view)
    }
    const chosen = new Set(newView?.chosen.map((c) => c.seq))
    const vote = isPrimary(view) ? "PrePrepare" : "Prepare"
    for (const { seq, digest, phase } of slot) {
      if (phase === "empty" || phase === "held" || phase === "decided") continue
      // What a new view starts with is in its NEW-VIEW.
      const inNewView = vote === "PrePrepare" && chosen.has(seq)
      if (!inNewView) this.#slots.say({ type: vote, view, seq, digest, place })
      if (!inNewView && vote === "PrePrepare") {
        this.#slots.say({ type: vote, view, seq, digest, short: true, place })
      }
      if (phase !== "prePrepared" && phase !== "voted")
        this.#slots.say({ type: "Commit", view, seq, digest, place })
    }
    for (const { seq, digest, view: v } of qset) {
      if (!isPrimary(v)) this.#slots.say({ type: "Prepare", view: v, seq, digest, place })
    }
    for (const { seq, digest, view: v } of pset) {
      this.#slots.say({ type: "Commit", view: v, seq, digest, place })
    }
    for (const { seq, digest } of checkpoints) {
      if (seq > 0) this.#slots.say({ type: "Checkpoint", view: 0, seq, digest, place })
    }
    for (const m of after.viewChanges) if (m.replica === replica) this.say(m, place)
    if (after.newView?.replica === replica) this.say(after.newView, place)
  }
}

type FetchTag = "FetchPrePrepare" | "FetchBatch" | "FetchState" | "QueryStable" | "ReplyStable"
type Fetch = Extract<SignedMessage, { readonly _tag: FetchTag }>

const askedFor = (m: Fetch): string => {
  if (m._tag === "FetchBatch") return m.digest
  if (m._tag === "QueryStable") return `query ${m.incarnation}`
  if (m._tag === "ReplyStable") {
    return `reply ${m.recovering} ${m.incarnation} ${m.checkpoint} ${m.prepared}`
  }
  return m._tag === "FetchState" ? `state ${m.seq} ${m.digest}` : `view ${m.view} ${m.seq}`
}

const aboutOf = (m: Exclude<SignedMessage, Fetch>): string => {
  if (m._tag === "ViewChange" || m._tag === "NewView") return `for view ${m.view}`
  return `for sequence number ${m.seq}${viewOf(m)}`
}

const viewOf = (m: NumberMessage): string => ("view" in m ? ` in view ${m.view}` : "")

/** A message, for people. */
export const nameOf = (m: SignedMessage): string => {
  switch (m._tag) {
    case "FetchPrePrepare":
      return `FetchPrePrepare for sequence number ${m.seq} in view ${m.view}`
    case "FetchBatch":
      return `FetchBatch for the batch ${m.digest}`
    case "FetchState":
      return `FetchState for checkpoint ${m.seq} with digest ${m.digest}`
    case "QueryStable":
      return `QueryStable of incarnation ${m.incarnation}`
    case "ReplyStable":
      return `ReplyStable to replica ${m.recovering} with checkpoint ${m.checkpoint}`
    case "ViewChange":
    case "NewView":
      return `${m._tag} of replica ${m.replica} ${aboutOf(m)} with this content`
    default:
      return `${m._tag} ${aboutOf(m)} with digest ${m.digest}`
  }
}
