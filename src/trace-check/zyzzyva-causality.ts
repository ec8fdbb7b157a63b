/**
 * Which message a step of Zyzzyva needs, who must have sent it, and whether that happened: as
 * causality.ts. Of whoever has a trace each signature that is shown anywhere is one that it has
 * given: in an answer, an order, an accusation. An untraced process may have said anything, but two
 * things that contradict each other name it.
 */
import type { ClientId, ReplicaId } from "../core/ids.ts"
import { forgetOldest } from "../core/oldest.ts"
import { isIgnored } from "../core/machine.ts"
import type { Request } from "../core/request.ts"
import type { ClientEffect, ClientState } from "../core/zyzzyva/client.ts"
import type { Message } from "../core/zyzzyva/message.ts"
import { type Claim, claims } from "../core/zyzzyva/signed.ts"
import { messageData } from "../core/zyzzyva/trace.ts"
import { type Claimed, ClaimsSaid } from "./claims-said.ts"
import type { SketcherEvent } from "./event.ts"
import type { Place } from "./finding.ts"
import type { Causal, Missing } from "./merge.ts"
import type { Misbehaviour } from "./misbehaviour.ts"
import type { Traced } from "./open-run.ts"
import { SentRequests } from "./sent.ts"
import {
  type ClientEvent,
  laneInput,
  type ReplicaEvent,
  type ReplicaGap,
  type ZyzzyvaEvent,
} from "./zyzzyva-event.ts"
import { messageIn } from "./zyzzyva-replay.ts"

type Sent = Extract<ClientEffect, { readonly _tag: "SendToReplicas" }>
type ClientMessage = Sent["message"]

/** Sayings of one process that are remembered. */
const sayingsKept = 100_000

/**
 * A claim as something that its signer said. Orders are told apart by what is signed of them: the
 * history says which batch it is.
 */
const keyed = ({ content }: Claim): Claimed => {
  const { _tag, view } = content
  switch (_tag) {
    case "OrderReq":
      return { view, seq: content.seq, key: `${_tag} ${view} ${content.seq} ${content.history}` }
    case "SpecHeader": {
      const { seq, history, replica } = content
      return { view, seq, key: `${_tag} ${view} ${seq} ${history} of ${replica}` }
    }
    case "Checkpoint": {
      const { seq, digest, replica } = content
      return { view, seq, key: `${_tag} ${view} ${seq} ${digest} of ${replica}` }
    }
    case "Accusation":
      return { view, seq: undefined, key: `${_tag} ${view} of ${content.replica}` }
    default: {
      const message = { ...content, signature: "" } as Message
      return { view, seq: undefined, key: JSON.stringify(messageData(message)) }
    }
  }
}

type Answer = Extract<Message, { readonly _tag: "SpecResponse" | "ReadResponse" }>

// What tells an answer apart from any other, its result left out.
const answerKey = (m: Answer): string => {
  const { _tag, view, seq, history, client, timestamp, replica } = m
  const committed = m.committed === true ? " committed" : ""
  const mark = m.witness === true ? " witness" : ""
  const named = `${_tag} ${view} ${seq} ${history} of ${replica} to ${timestamp} of client ${client}`
  if (_tag === "ReadResponse") return named + committed + mark
  const ordered = m.order === undefined ? "" : " ordered"
  const alone = m.clientOnly === true ? " unsigned" : ""
  return `${named}${committed}${mark}${ordered}${alone}${m.digest === true ? " digest" : ""}`
}

/** What no signature stands for: who says it is known by the connection. */
const spokenOf = (m: Message): Claimed | undefined => {
  const key = (): string => JSON.stringify(messageData(m))
  switch (m._tag) {
    case "FillHole":
      return { view: m.view, seq: undefined, key: key() }
    case "FetchState":
      return { view: 0, seq: m.seq, key: key() }
    case "SpecResponse":
    case "ReadResponse":
      return { view: m.view, seq: m.seq, key: answerKey(m), content: m.result }
    case "LocalCommit":
    case "ViewConfirm":
      return { view: m.view, seq: m.seq, key: key() }
    case "Commit":
      return { view: m.certificate.view, seq: m.certificate.seq, key: key() }
    default:
      return undefined
  }
}

const givenOf = (state: Extract<Message, { readonly _tag: "State" }>): Claimed => {
  const { view, seq } = state.stable
  return { view, seq, key: JSON.stringify(messageData(state)) }
}

/** One thing that must have been said before a step. */
interface Needed {
  readonly sender: string
  readonly said: ClaimsSaid
  readonly claimed: Claimed
}

/** A client's request that a step needs; `receiver` where it came from the client itself. */
interface Wanted {
  readonly kind: "Request" | "Read"
  readonly request: Request
  readonly receiver: ReplicaId | undefined
}

export class ZyzzyvaCausality implements Causal<ZyzzyvaEvent> {
  readonly #traced: Traced
  readonly #everyone: ReadonlyArray<ReplicaId>
  readonly #replicas: ReadonlyArray<ClaimsSaid>
  readonly #clients = new Map<ClientId, ClaimsSaid>()
  /** What clients asked to be ordered, and what to be read: one may follow the other. */
  readonly #asked = { Request: new SentRequests(), Read: new SentRequests() }
  /** States, whoever gave them. */
  readonly #given = new ClaimsSaid(1_000)
  readonly #open = new Set<string>()
  /** What the steps that wait for their turn need: it is asked for again until it is there. */
  readonly #needed = new Map<ZyzzyvaEvent, ReadonlyArray<Needed>>()
  readonly #misbehaved: (found: Misbehaviour) => void
  /** What untraced replicas signed at one place. */
  readonly #places = new Map<string, { readonly key: string; readonly place: Place }>()
  #checked = 0
  #unchecked = 0

  constructor(traced: Traced, misbehaved: (found: Misbehaviour) => void) {
    this.#traced = traced
    this.#everyone = Array.from({ length: traced.group.n }, (_, replica) => replica)
    this.#replicas = this.#everyone.map(() => new ClaimsSaid(sayingsKept))
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

  missing(event: ZyzzyvaEvent): Missing | undefined {
    for (const { sender, said, claimed } of this.#needs(event)) {
      if (this.#open.has(sender)) continue
      const isSent = (): boolean => said.knows(claimed) !== "unsaid"
      if (!isSent()) return { sender, field: "in", what: claimed.key, isSent }
    }
    if (event._tag !== "ReplicaStep") return undefined
    return this.#missingRequest(event) ?? this.#missingState(event)
  }

  // A state proves itself, but some replica has given it: one without a trace may have.
  #missingState({ input }: ReplicaEvent): Missing | undefined {
    const message = messageIn(input)
    const isAnybodys = this.#open.size > 0 || this.#traced.replicas.size < this.#everyone.length
    if (message?._tag !== "State" || isAnybodys) return undefined
    const state = givenOf(message)
    const isSent = (): boolean => this.#given.knows(state) !== "unsaid"
    if (isSent()) return undefined
    return { sender: undefined, field: "in", what: `the state of ${state.seq}`, isSent }
  }

  #needs(event: ZyzzyvaEvent): ReadonlyArray<Needed> {
    const known = this.#needed.get(event)
    if (known !== undefined) return known
    const needs = this.#neededBy(event)
    this.#needed.set(event, needs)
    return needs
  }

  #neededBy(event: ZyzzyvaEvent): ReadonlyArray<Needed> {
    if (event._tag === "SketcherStep") {
      const heard = laneInput(event)
      return heard === undefined ? [] : this.#needsOf(heard.message, undefined)
    }
    if (event._tag === "ClientStep") {
      const { input } = event
      return input._tag === "Receive" ? this.#needsOf(input.message, undefined) : []
    }
    if (event._tag !== "ReplicaStep") return []
    const message = messageIn(event.input)
    return message === undefined ? [] : this.#needsOf(message, event.replica)
  }

  // What its signers, and who speaks it, must have said; a replica believes itself.
  #needsOf(message: Message, receiver: ReplicaId | undefined): ReadonlyArray<Needed> {
    const signed = claims(this.#traced.group, message).flatMap((claim) =>
      claim.signer === receiver ? [] : this.#byReplica(claim.signer, keyed(claim)),
    )
    const claimed = spokenOf(message)
    if (claimed === undefined) return signed
    const spoken =
      message._tag === "Commit"
        ? this.#byClient(message.client, claimed)
        : "replica" in message
          ? this.#byReplica(message.replica, claimed)
          : []
    return [...signed, ...spoken]
  }

  #byReplica(replica: ReplicaId, claimed: Claimed): ReadonlyArray<Needed> {
    const sender = this.#traced.replicas.get(replica)
    const said = this.#replicas[replica]
    return sender === undefined || said === undefined ? [] : [{ sender, said, claimed }]
  }

  #byClient(client: ClientId, claimed: Claimed): ReadonlyArray<Needed> {
    const sender = this.#traced.clients.get(client)
    return sender === undefined ? [] : [{ sender, said: this.#saidOf(client), claimed }]
  }

  #saidOf(client: ClientId): ClaimsSaid {
    const found = this.#clients.get(client) ?? new ClaimsSaid(1_000)
    this.#clients.set(client, found)
    return found
  }

  #requestsIn({ input, replica }: ReplicaEvent): ReadonlyArray<Wanted> {
    if (input._tag === "Receive") {
      const { message: request } = input
      const { _tag: kind } = request
      return kind === "Request" || kind === "Read" ? [{ kind, request, receiver: replica }] : []
    }
    if (input._tag !== "ReceiveOrderReq") return []
    return input.message.batch
      .filter((_, k) => input.verdicts[k] === true)
      .map((request) => ({ kind: "Request", request, receiver: undefined }))
  }

  #missingRequest(event: ReplicaEvent): Missing | undefined {
    for (const { kind, request, receiver } of this.#requestsIn(event)) {
      const { client, timestamp } = request
      const sender = this.#traced.clients.get(client)
      if (sender === undefined || this.#open.has(sender)) continue
      const isSent = (): boolean => this.#asked[kind].knows(request, receiver) !== "unsaid"
      if (isSent()) continue
      return { sender, field: "in", what: `${kind} ${timestamp} of client ${client}`, isSent }
    }
    return undefined
  }

  deliver(event: ZyzzyvaEvent): void {
    switch (event._tag) {
      case "ReplicaStep":
        this.#received(event, isIgnored(event.step.action))
        return this.#replicaSends(event)
      case "ClientStep":
        this.#received(event, isIgnored(event.step.action))
        return this.#clientSends(event)
      case "SketcherStep":
        this.#received(event, isIgnored(event.step.action))
        return this.#laneSends(event)
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
      case "OpenEnd":
        return
    }
  }

  /** What the process sends from now on is not in its trace. */
  open(node: string): void {
    this.#open.add(node)
  }

  #received(event: ReplicaEvent | ClientEvent | SketcherEvent, ignored: boolean): void {
    for (const { said, claimed } of this.#needs(event)) {
      if (said.knows(claimed) === "said") this.#checked++
      else if (!ignored) this.#unchecked++
    }
    this.#needed.delete(event)
    if (event._tag === "ReplicaStep") this.#heard(event)
  }

  // Of an untraced replica: two signatures that contradict each other are proof against it.
  #heard({ input, place }: ReplicaEvent): void {
    const message = messageIn(input)
    if (message === undefined || this.#traced.replicas.size === this.#everyone.length) return
    for (const claim of claims(this.#traced.group, message)) {
      const { signer, content } = claim
      if (this.#traced.replicas.has(signer) || !("seq" in content)) continue
      const at = `${signer} ${content._tag} ${content.view} ${content.seq}`
      const { key } = keyed(claim)
      const other = this.#places.get(at)
      if (other === undefined) this.#remember(at, { key, place })
      else if (other.key !== key) {
        const process = `replica ${signer}`
        const kind = `Two${content._tag}s`
        const message = `signed two ${content._tag} messages of one number that differ`
        this.#misbehaved({ process, kind, message, places: [other.place, place] })
      }
    }
  }

  #remember(at: string, saying: { readonly key: string; readonly place: Place }): void {
    this.#places.set(at, saying)
    forgetOldest(this.#places, sayingsKept)
  }

  #replicaSends({ replica, step }: ReplicaEvent): void {
    const said = this.#replicas[replica] as ClaimsSaid
    for (const effect of step.effects) {
      if (!("message" in effect)) continue
      if (effect.message._tag === "State") this.#given.say(givenOf(effect.message))
      for (const claim of claims(this.#traced.group, effect.message)) {
        if (claim.signer === replica) said.say(keyed(claim))
      }
      const spoken = spokenOf(effect.message)
      if (spoken !== undefined) said.say(spoken)
    }
  }

  #clientSends({ step, place }: ClientEvent): void {
    for (const effect of step.effects) {
      if (effect._tag === "SendToReplicas") this.#clientSent(effect, place)
    }
  }

  // What the clients in its lanes ask for and show.
  #laneSends({ step, place }: SketcherEvent): void {
    for (const effect of step.effects) {
      if (effect._tag !== "SendToReplicas" || effect.message._tag === "Read") continue
      const { message, replicas } = effect
      this.#clientSent({ message: message as ClientMessage, replicas }, place)
    }
  }

  #clientSent({ message, replicas }: Pick<Sent, "message" | "replicas">, place: Place): void {
    if (message._tag === "Request" || message._tag === "Read") {
      return this.#asked[message._tag].send(message, replicas, place)
    }
    const spoken = spokenOf(message)
    if (spoken !== undefined && message._tag === "Commit") {
      this.#saidOf(message.client).say(spoken)
    }
  }

  #clientAfterGap(
    client: ClientId,
    { timestamp, operation }: Pick<ClientState, "timestamp" | "operation">,
    place: Place,
  ): void {
    this.#asked.Request.forget(client, timestamp)
    this.#asked.Read.forget(client, timestamp)
    this.#saidOf(client).forget(Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER)
    if (operation === undefined) return
    // Which of the two it was, nobody saw.
    this.#asked.Request.send({ client, timestamp, operation }, this.#everyone, place)
    this.#asked.Read.send({ client, timestamp, operation }, this.#everyone, place)
  }

  // What it said meanwhile is of views up to the one that it is in, and of its window at most.
  #afterGap({ replica, after }: ReplicaGap): void {
    this.#replicas[replica]?.forget(after.view, after.log.low + after.log.length)
    this.#given.forget(after.view, after.log.low)
  }
}
