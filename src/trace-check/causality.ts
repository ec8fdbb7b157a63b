/**
 * Which message a step needs, who must have sent it, and whether that happened. A traced process
 * has sent exactly what the model's effects say; an untraced one may have sent anything, but what
 * it said to the traced ones is remembered, and two things that contradict each other name it.
 */
import type { ClientId, ReplicaId } from "../core/ids.ts"
import { isIgnored } from "../core/machine.ts"
import type { PeerMessage, Reply } from "../core/pbft/message.ts"
import { fullProjection } from "../core/pbft/projection.ts"
import type { State } from "../core/pbft/state.ts"
import { type Group, primaryOf } from "../core/quorum.ts"
import type { Request } from "../core/request.ts"
import type { ClientEvent, ReplicaEvent, TraceEvent } from "./event.ts"
import type { Place } from "./finding.ts"
import type { Misbehaviour } from "./misbehaviour.ts"
import { type Known, Sayings, SentReplies, SentRequests, sayingOf } from "./sent.ts"

/** A message that was received and not sent so far. */
export interface Missing {
  /** Key of the process that should have sent it. */
  readonly sender: string
  /** Where the message stands in the line. */
  readonly field: string
  /** The message, for people. */
  readonly what: string
  /** Whether it has been sent by now. */
  readonly isSent: () => boolean
}

/** Which processes of the run have traces: the key of each one's files. */
export interface Traced {
  readonly group: Group
  readonly replicas: ReadonlyMap<ReplicaId, string>
  readonly clients: ReadonlyMap<ClientId, string>
}

/** How many sequence numbers of each replica are remembered, in multiples of the log size. */
const logsKept = 4

export class Causality {
  readonly #traced: Traced
  readonly #sayings: ReadonlyArray<Sayings>
  readonly #replies: ReadonlyArray<SentReplies>
  readonly #requests = new SentRequests()
  /** Processes whose trace ends with steps that have no line. */
  readonly #open = new Set<string>()
  readonly #misbehaved: (found: Misbehaviour) => void
  #checked = 0
  #unchecked = 0

  constructor(traced: Traced, logSize: number, misbehaved: (found: Misbehaviour) => void) {
    this.#traced = traced
    const { n } = traced.group
    this.#sayings = Array.from({ length: n }, () => new Sayings(logsKept * logSize))
    this.#replies = Array.from({ length: n }, () => new SentReplies())
    this.#misbehaved = misbehaved
  }

  /** Received messages that were found among those sent. */
  get checked(): number {
    return this.#checked
  }

  /** Received messages that had an effect and are too old, or sent in a gap, to be looked for. */
  get unchecked(): number {
    return this.#unchecked
  }

  /** The first message that the step needs and nobody has sent; undefined when it may happen. */
  missing(event: TraceEvent): Missing | undefined {
    if (event._tag === "ClientStep") return this.#missingReply(event)
    return event._tag === "ReplicaStep" ? this.#missingMessage(event) : undefined
  }

  /** The step happens: what it sends is sent, what an untraced process said is remembered. */
  deliver(event: TraceEvent): void {
    switch (event._tag) {
      case "ReplicaStep":
        return this.#replicaStep(event)
      case "ClientStep":
        return this.#clientStep(event)
      case "ReplicaGap":
        return this.#afterGap(event.replica, event.after, event.place)
      case "ClientsGap":
        for (const [client, { timestamp, operation, toAll }] of event.after) {
          this.#requests.forget(client, operation === undefined ? timestamp : timestamp - 1)
          if (operation === undefined) continue
          this.#requests.send({ client, timestamp, operation }, toAll, event.place)
        }
        return
      case "OpenEnd":
        return
    }
  }

  /** What the process sends from now on is not in its trace. */
  open(node: string): void {
    this.#open.add(node)
  }

  #missingMessage({ replica, input }: ReplicaEvent): Missing | undefined {
    if (input._tag === "Receive" && input.message._tag === "Request") {
      const backup = replica !== primaryOf(this.#traced.group, 0)
      return this.#missingRequest(input.message, backup, "in")
    }
    if (input._tag === "Receive") {
      return this.#missingSaying(input.message as PeerMessage, replica)
    }
    if (input._tag !== "ReceivePrePrepare") return undefined
    const saying = this.#missingSaying(input.message, replica)
    if (saying !== undefined) return saying
    const { batch } = input.message
    for (let k = 0; k < batch.length; k++) {
      if (input.verdicts[k] !== true) continue
      const missing = this.#missingRequest(batch[k] as Request, false, `in.batch[${k}]`)
      if (missing !== undefined) return missing
    }
    return undefined
  }

  #missingSaying(m: PeerMessage, receiver: ReplicaId): Missing | undefined {
    const sender = this.#traced.replicas.get(m.replica)
    if (sender === undefined || m.replica === receiver || this.#open.has(sender)) return undefined
    const sayings = this.#sayings[m.replica] as Sayings
    const isSent = (): boolean => sayings.knows(sayingOf(m)) !== "unsaid"
    if (isSent()) return undefined
    const view = m._tag === "Checkpoint" ? "" : ` in view ${m.view}`
    const what = `${m._tag} for sequence number ${m.seq}${view} with digest ${m.digest}`
    return { sender, field: "in", what, isSent }
  }

  #missingRequest(request: Request, backup: boolean, field: string): Missing | undefined {
    const sender = this.#traced.clients.get(request.client)
    if (sender === undefined || this.#open.has(sender)) return undefined
    const isSent = (): boolean => this.#requests.knows(request, backup) !== "unsaid"
    if (isSent()) return undefined
    const to = backup && this.#requests.find(request) !== undefined ? " to this replica" : ""
    const what = `Request ${request.timestamp} of client ${request.client}${to}`
    return { sender, field, what, isSent }
  }

  #missingReply({ input }: ClientEvent): Missing | undefined {
    if (input._tag !== "Receive") return undefined
    const { message: m } = input
    const sender = this.#traced.replicas.get(m.replica)
    if (sender === undefined || this.#open.has(sender)) return undefined
    const replies = this.#replies[m.replica] as SentReplies
    const isSent = (): boolean => replies.knows(m.client, m) !== "unsaid"
    if (isSent()) return undefined
    const what = `Reply to request ${m.timestamp} of client ${m.client} with this result`
    return { sender, field: "in", what, isSent }
  }

  #replicaStep(event: ReplicaEvent): void {
    const { replica, step, place, input } = event
    if (input._tag === "Receive" || input._tag === "ReceivePrePrepare") this.#received(event)
    for (const effect of step.effects) {
      if (effect._tag === "Broadcast") {
        const saying = { ...sayingOf(effect.message), place }
        ;(this.#sayings[replica] as Sayings).say(saying)
      } else if (effect._tag === "SendToClient") {
        ;(this.#replies[replica] as SentReplies).send(effect.client, effect.message)
      }
    }
  }

  #clientStep({ step, input, place }: ClientEvent): void {
    const { n } = this.#traced.group
    if (input._tag === "Receive" && this.#traced.replicas.has(input.message.replica)) {
      const m: Reply = input.message
      const known = (this.#replies[m.replica] as SentReplies).knows(m.client, m)
      this.#count(known, isIgnored(step.action))
    }
    for (const effect of step.effects) {
      if (effect._tag !== "SendToReplicas") continue
      this.#requests.send(effect.message, effect.replicas.length === n, place)
    }
  }

  #received({ input, replica, step, place }: ReplicaEvent): void {
    const ignored = isIgnored(step.action)
    if (input._tag === "Receive" && input.message._tag === "Request") {
      const { message } = input
      return this.#request(message, place, ignored)
    }
    if (input._tag !== "Receive" && input._tag !== "ReceivePrePrepare") return
    const m = input.message as PeerMessage
    if (m.replica === replica) return
    if (this.#traced.replicas.has(m.replica)) {
      this.#count((this.#sayings[m.replica] as Sayings).knows(sayingOf(m)), ignored)
    } else {
      this.#hear(m, place)
    }
    if (input._tag !== "ReceivePrePrepare") return
    input.message.batch.forEach((request, k) => {
      if (input.verdicts[k] === true) this.#request(request, place, ignored)
    })
  }

  #request(request: Request, place: Place, ignored: boolean): void {
    const { client, timestamp } = request
    if (this.#traced.clients.has(client)) {
      return this.#count(this.#requests.knows(request, false), ignored)
    }
    const other = this.#requests.contradiction(request)
    if (other !== undefined) {
      const message = `signed two requests with timestamp ${timestamp}`
      const places = [other.place, place] as const
      this.#misbehaved({ process: `client ${client}`, kind: "TwoRequests", message, places })
    }
    this.#requests.send(request, true, place)
  }

  // An untraced replica: what it says is remembered, two different things are a contradiction.
  #hear(m: PeerMessage, place: Place): void {
    const sayings = this.#sayings[m.replica] as Sayings
    const saying = { ...sayingOf(m), place }
    if (sayings.find(saying) !== undefined) return
    const other = sayings.contradiction(saying)
    sayings.say(saying)
    if (other === undefined) return
    const view = m._tag === "Checkpoint" ? "" : ` in view ${m.view}`
    const message =
      `sent two ${m._tag} messages for sequence number ${m.seq}${view}, ` +
      `with digests ${other.digest} and ${m.digest}`
    const places = [other.place, place] as const
    this.#misbehaved({ process: `replica ${m.replica}`, kind: `Two${m._tag}s`, message, places })
  }

  #count(known: Known, ignored: boolean): void {
    if (known === "said") this.#checked++
    else if (!ignored) this.#unchecked++
  }

  // Whatever a replica has sent above its low watermark is in its durable state (SentIsDurable).
  #afterGap(replica: ReplicaId, state: State, place: Place): void {
    const { view, slot, low, executed, checkpoints, table } = fullProjection(state)
    const sayings = this.#sayings[replica] as Sayings
    const replies = this.#replies[replica] as SentReplies
    const primary = primaryOf(this.#traced.group, view) === replica
    sayings.forget(low)
    for (const { seq, digest, phase } of slot) {
      if (phase === "empty" || phase === "held") continue
      const vote = primary ? "PrePrepare" : "Prepare"
      sayings.say({ type: vote, view, seq, digest, place })
      if (phase === "prePrepared") continue
      sayings.say({ type: "Commit", view, seq, digest, place })
    }
    for (const { seq, digest } of checkpoints) {
      if (seq > 0) sayings.say({ type: "Checkpoint", view: 0, seq, digest, place })
    }
    for (const { client, timestamp, result } of table) {
      replies.forget(client, timestamp - 1)
      replies.send(client, { view, timestamp, result })
    }
    // A restart goes back to the last checkpoint: what is prepared beyond may have been answered.
    for (const { seq, batch } of slot) {
      if (seq > executed) for (const r of batch) replies.forget(r.client, r.timestamp)
    }
  }
}
