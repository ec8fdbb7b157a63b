/**
 * Which message a step needs, who must have sent it, and whether that happened. A traced process
 * has sent exactly what the model's effects say; an untraced one may have sent anything, but what
 * it said to the traced ones is remembered, and two things that contradict each other name it.
 */
import { requestIn } from "../core/prophecy/lane-client.ts"
import * as ClientTable from "../core/client-table.ts"
import type { ClientId, Digest, ReplicaId } from "../core/ids.ts"
import { isIgnored } from "../core/machine.ts"
import type { ClientInput, ClientState } from "../core/pbft/client.ts"
import type { PeerMessage, Reply } from "../core/pbft/message.ts"
import type { Config } from "../core/pbft/state.ts"
import { primaryOf } from "../core/quorum.ts"
import * as Window from "../core/window.ts"
import { type BatchItem, isSigned, type Request } from "../core/request.ts"
import {
  type ClientEvent,
  laneInput,
  type ReplicaEvent,
  type ReplicaGap,
  type DClientEvent,
  orderingInput,
  type SketcherEvent,
  type TraceEvent,
} from "./event.ts"
import type { Place } from "./finding.ts"
import type { Missing } from "./merge.ts"
import type { Misbehaviour } from "./misbehaviour.ts"
import type { Traced } from "./open-run.ts"
import {
  DigestSayings,
  type GivenMessage,
  isGiven,
  nameOf,
  ReplicaSayings,
  type SignedMessage,
} from "./replica-sayings.ts"
import { type Known, SentReplies, SentRequests } from "./sent.ts"

/** How many sequence numbers of each replica are remembered, in multiples of the log size. */
const logsKept = 4

/** The digests of what is known by its digest. */
export type Digests = Pick<Config, "batchDigest" | "checkpointDigest" | "resultDigest">

export interface CausalityOptions {
  readonly traced: Traced
  readonly logSize: number
  readonly digests: Digests
  /** Whether there are reads and tentative answers: then a table does not say what was sent. */
  readonly marked: boolean
  readonly misbehaved: (found: Misbehaviour) => void
}

export class Causality {
  readonly #traced: Traced
  readonly #everyone: ReadonlyArray<ReplicaId>
  readonly #digests: Digests
  readonly #marked: boolean
  /** Replicas that may have sent replies which their states do not show. */
  readonly #unseen = new Set<ReplicaId>()
  readonly #sayings: ReadonlyArray<ReplicaSayings>
  readonly #replies: ReadonlyArray<SentReplies>
  readonly #requests = new SentRequests()
  /** Batches and states that a traced replica gave to somebody. */
  readonly #given = new DigestSayings()
  /** Processes whose trace ends with steps that have no line. */
  readonly #open = new Set<string>()
  readonly #misbehaved: (found: Misbehaviour) => void
  #checked = 0
  #unchecked = 0

  constructor({ traced, logSize, digests, marked, misbehaved }: CausalityOptions) {
    this.#marked = marked
    this.#traced = traced
    this.#everyone = Array.from({ length: traced.group.n }, (_, replica) => replica)
    this.#digests = digests
    this.#sayings = this.#everyone.map(() => new ReplicaSayings(logsKept * logSize))
    this.#replies = this.#everyone.map(() => new SentReplies())
    this.#misbehaved = misbehaved
    // Who has no trace may have given any batch, and any state.
    if (this.#everyone.some((r) => !traced.replicas.has(r))) this.#given.forget()
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
    if (event._tag === "ClientStep") return this.#missingReply(event.input)
    if (event._tag === "SketcherStep") return this.#missingReply(laneInput(event))
    if (event._tag === "DClientStep") return this.#missingReply(orderingInput(event))
    return event._tag === "ReplicaStep" ? this.#missingMessage(event) : undefined
  }

  /** The step happens: what it sends is sent, what an untraced process said is remembered. */
  deliver(event: TraceEvent): void {
    switch (event._tag) {
      case "ReplicaStep":
        return this.#replicaStep(event)
      case "ClientStep":
        return this.#clientStep(event)
      case "SketcherStep":
        return this.#asks(event, laneInput(event))
      case "DClientStep":
        return this.#asks(event, orderingInput(event))
      case "ReplicaGap":
        return this.#afterGap(event)
      case "ClientsGap":
        for (const [client, state] of event.after) this.#clientAfterGap(client, state, event.place)
        return
      case "SketcherGap":
        event.after.lanes.forEach(({ client }, index) =>
          this.#clientAfterGap(event.config.firstClient + index, client, event.place),
        )
        return
      case "DClientsGap":
        for (const [id, { client }] of event.after) this.#clientAfterGap(id, client, event.place)
        return
      case "OpenEnd":
        return
    }
  }

  /** What the process sends from now on is not in its trace. */
  open(node: string): void {
    this.#open.add(node)
    this.#given.forget()
  }

  #missingMessage({ replica, input }: ReplicaEvent): Missing | undefined {
    if (input._tag === "Receive") {
      const m = input.message
      if (m._tag === "Request" || m._tag === "Read") {
        return this.#missingRequest(m, replica, "in")
      }
      return this.#missingPeer(m, replica)
    }
    if (input._tag !== "ReceivePrePrepare") return undefined
    const saying = this.#missingPeer(input.message, replica)
    if (saying !== undefined) return saying
    const { batch } = input.message
    for (let k = 0; k < batch.length; k++) {
      const request = batch[k] as BatchItem
      if (input.verdicts[k] !== true || !isSigned(request)) continue
      const missing = this.#missingRequest(request, undefined, `in.batch[${k}]`)
      if (missing !== undefined) return missing
    }
    return undefined
  }

  #digestOf(m: GivenMessage): Digest {
    const { batchDigest, checkpointDigest } = this.#digests
    return m._tag === "Batch" ? batchDigest(m.batch) : checkpointDigest(m.seq, m.service, m.table)
  }

  #missingPeer(m: PeerMessage, receiver: ReplicaId): Missing | undefined {
    if (isGiven(m)) {
      const digest = this.#digestOf(m)
      const isSent = (): boolean => this.#given.knows(digest) !== "unsaid"
      if (isSent()) return undefined
      return { sender: undefined, field: "in", what: `${m._tag} with digest ${digest}`, isSent }
    }
    if (m.replica === receiver) return undefined
    const missing = this.#missingSaying(m, "in")
    if (missing !== undefined || m._tag !== "NewView") return missing
    // They are signed: the receiver knows who wrote each of them.
    for (const [k, change] of m.changes.entries()) {
      const inside = this.#missingSaying(change, `in.changes[${k}]`)
      if (inside !== undefined) return inside
    }
    return undefined
  }

  #missingSaying(m: SignedMessage, field: string): Missing | undefined {
    const sender = this.#traced.replicas.get(m.replica)
    if (sender === undefined || this.#open.has(sender)) return undefined
    const sayings = this.#sayings[m.replica] as ReplicaSayings
    const isSent = (): boolean => sayings.knows(m) !== "unsaid"
    return isSent() ? undefined : { sender, field, what: nameOf(m), isSent }
  }

  #missingRequest(
    request: Request,
    receiver: ReplicaId | undefined,
    field: string,
  ): Missing | undefined {
    const sender = this.#traced.clients.get(request.client)
    if (sender === undefined || this.#open.has(sender)) return undefined
    const isSent = (): boolean => this.#requests.knows(request, receiver) !== "unsaid"
    if (isSent()) return undefined
    const to = this.#requests.find(request) !== undefined ? " to this replica" : ""
    const what = `Request ${request.timestamp} of client ${request.client}${to}`
    return { sender, field, what, isSent }
  }

  #missingReply(input: ClientInput | undefined): Missing | undefined {
    if (input?._tag !== "Receive") return undefined
    const { message: m } = input
    const sender = this.#traced.replicas.get(m.replica)
    if (sender === undefined || this.#open.has(sender)) return undefined
    if (this.#unseen.has(m.replica)) return undefined
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
      if (effect._tag === "SendToClient") {
        ;(this.#replies[replica] as SentReplies).send(effect.client, effect.message)
      } else if (effect._tag === "Broadcast" || effect._tag === "SendToReplicas") {
        // A request to be taken back is in the name of a client without a trace.
        if (effect.message._tag === "Request") continue
        const m: PeerMessage = effect.message
        if (isGiven(m)) this.#given.say(this.#digestOf(m))
        else (this.#sayings[replica] as ReplicaSayings).say(m, place)
      }
    }
  }

  #replied(input: ClientInput | undefined, ignored: boolean): void {
    if (input?._tag !== "Receive" || !this.#traced.replicas.has(input.message.replica)) return
    const m: Reply = input.message
    this.#count((this.#replies[m.replica] as SentReplies).knows(m.client, m), ignored)
  }

  #clientStep(event: ClientEvent): void {
    const { step, place } = event
    this.#replied(event.input, isIgnored(step.action))
    for (const effect of step.effects) {
      if (effect._tag !== "SendToReplicas") continue
      this.#requests.send(effect.message, effect.replicas, place)
    }
  }

  // What the PBFT clients in it heard, and what they ask for now: the next call, where one waited.
  #asks(event: SketcherEvent | DClientEvent, heard: ClientInput | undefined): void {
    this.#replied(heard, isIgnored(event.step.action))
    for (const effect of event.step.effects) {
      if (effect._tag !== "SendToReplicas") continue
      const request = requestIn(effect.message)
      if (request !== undefined) this.#requests.send(request, effect.replicas, event.place)
    }
  }

  #clientAfterGap(
    client: ClientId,
    { timestamp, operation }: Pick<ClientState, "timestamp" | "operation">,
    place: Place,
  ): void {
    this.#requests.forget(client, operation === undefined ? timestamp : timestamp - 1)
    if (operation === undefined) return
    // Whose primary it went to first, nobody saw.
    this.#requests.send({ client, timestamp, operation }, this.#everyone, place)
  }

  #received({ input, replica, step, place }: ReplicaEvent): void {
    const ignored = isIgnored(step.action)
    if (input._tag !== "Receive" && input._tag !== "ReceivePrePrepare") return
    const m = input.message
    if (m._tag === "Request" || m._tag === "Read") return this.#request(m, place, ignored)
    if (isGiven(m)) return this.#count(this.#given.knows(this.#digestOf(m)), ignored)
    if (m.replica === replica) return
    this.#heard(m, place, ignored)
    if (m._tag === "NewView") for (const c of m.changes) this.#heard(c, place, ignored)
    if (input._tag !== "ReceivePrePrepare") return
    input.message.batch.forEach((request, k) => {
      if (input.verdicts[k] !== true || !isSigned(request)) return
      this.#request(request, place, ignored)
    })
  }

  #request(request: Request, place: Place, ignored: boolean): void {
    const { client, timestamp } = request
    if (this.#traced.clients.has(client)) {
      return this.#count(this.#requests.knows(request, undefined), ignored)
    }
    const other = this.#requests.contradiction(request)
    if (other !== undefined) {
      const message = `signed two requests with timestamp ${timestamp}`
      const places = [other.place, place] as const
      this.#misbehaved({ process: `client ${client}`, kind: "TwoRequests", message, places })
    }
    this.#requests.send(request, this.#everyone, place)
  }

  // A traced replica has said it; of another one it is remembered, and two that contradict each
  // other are proof against it.
  #heard(m: SignedMessage, place: Place, ignored: boolean): void {
    const sayings = this.#sayings[m.replica] as ReplicaSayings
    if (this.#traced.replicas.has(m.replica)) return this.#count(sayings.knows(m), ignored)
    if (sayings.knows(m) === "said") return
    const other = sayings.contradiction(m)
    sayings.say(m, place)
    if (other === undefined) return
    const message = `sent two ${m._tag} messages ${other.what}`
    const places = [other.place, place] as const
    this.#misbehaved({ process: `replica ${m.replica}`, kind: `Two${m._tag}s`, message, places })
  }

  #count(known: Known, ignored: boolean): void {
    if (known === "said") this.#checked++
    else if (!ignored) this.#unchecked++
  }

  #afterGap({ replica, before, after, place }: ReplicaGap): void {
    const { group } = this.#traced
    const isPrimary = (view: number): boolean => primaryOf(group, view) === replica
    ;(this.#sayings[replica] as ReplicaSayings).unseen({
      replica,
      before,
      after,
      place,
      isPrimary,
    })
    this.#given.forget()
    const replies = this.#replies[replica] as SentReplies
    // Reads, and what was undone, leave nothing in a state.
    if (this.#marked) this.#unseen.add(replica)
    const { view } = after
    ClientTable.entries(after.table).forEach(({ timestamp, result }, client) => {
      if (timestamp === 0) return
      replies.forget(client, timestamp - 1)
      replies.send(client, { view, timestamp, result })
      replies.send(client, {
        view,
        timestamp,
        result: this.#digests.resultDigest(result),
        digest: true,
      })
      // It may have answered in each of the views that it was in.
      if (before.view < view) replies.forget(client, timestamp)
    })
    // A restart goes back to the last checkpoint: what is prepared beyond may have been answered.
    for (const seq of Window.occupied(after.log)) {
      if (seq <= after.executed) continue
      for (const r of Window.get(after.log, seq).batch) replies.forget(r.client, r.timestamp)
    }
    // So may what was prepared in the views that it left.
    for (const { seq, batch } of after.qset) {
      if (seq > after.executed) for (const r of batch) replies.forget(r.client, r.timestamp)
    }
  }
}
