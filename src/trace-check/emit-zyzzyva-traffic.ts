/**
 * What the events of a run of Zyzzyva receive and send, as elements of the specification's `msgs`.
 * What a process without a trace shows of traced ones, those have given: the specification's
 * `Buildable`.
 */
import { isIgnored } from "../core/machine.ts"
import type { ReplicaId } from "../core/ids.ts"
import { recoverOperation, recoveringReplica } from "../core/recovery-request.ts"
import type { Marks, Request } from "../core/request.ts"
import type { Certificate, Message, Signer, ViewChange } from "../core/zyzzyva/message.ts"
import type { ZyzzyvaChain } from "./chain.ts"
import type { Need, Needs, Sent, Traffic } from "./emit-messages.ts"
import { receivedText } from "./emit-zyzzyva-event.ts"
import {
  accusationText,
  headerText,
  messageText,
  orderText,
  requestText,
  viewChangeText,
  voteText,
  type Writing,
} from "./emit-zyzzyva-message.ts"
import type { ZyzzyvaStepEvent } from "./zyzzyva-event.ts"

interface Place {
  readonly view: number
  readonly seq: number
  readonly history: string
}

const orderProof = ({ view, seq, history }: Place): string => `order ${view} ${seq} ${history}`
const headerProof = (place: Place, replica: ReplicaId): string =>
  `said by ${replica}: ${orderProof(place)}`

const proofOf = (m: Message): string | undefined => {
  if (m._tag === "OrderReq") return orderProof(m)
  const isSigned = m._tag === "SpecHeader" || (m._tag === "SpecResponse" && m.clientOnly !== true)
  return isSigned ? headerProof(m, m.replica) : undefined
}

const exact = (text: string): Need => ({ forms: [text] })

export class ZyzzyvaTraffic implements Traffic<ZyzzyvaStepEvent> {
  readonly #chain: ZyzzyvaChain
  readonly #by: Writing

  constructor(chain: ZyzzyvaChain, by: Writing) {
    this.#chain = chain
    this.#by = by
  }

  readonly needs = (event: ZyzzyvaStepEvent): Needs => {
    const { input } = event
    const text = receivedText(event, this.#chain, this.#by)
    const none = { injected: [], sent: [] }
    if (text === undefined || isIgnored(event.step.action)) return none
    if (input._tag !== "Receive" && input._tag !== "ReceiveOrderReq") return none
    const m: Message = input.message
    if (!this.#isUntraced(m)) {
      const isRequest = m._tag === "Request" && event._tag === "ReplicaStep"
      return { injected: [], sent: [isRequest ? this.#copies(m, [event.replica]) : exact(text)] }
    }
    if (input._tag !== "ReceiveOrderReq") return { injected: [text], sent: this.#shownIn(m) }
    const { names } = this.#by.symbols
    const passedOn = input.message.batch.filter((_, k) => input.verdicts[k] === true)
    const requests = passedOn.filter((r) => names.isTraced(r.client) || this.#isRecovery(r.client))
    return { injected: [text], sent: requests.map((r) => this.#copies(r, names.replicas)) }
  }

  // The specification's client shows a certificate once, and the network repeats it.
  readonly sends = (event: ZyzzyvaStepEvent): ReadonlyArray<Sent> =>
    event.step.effects.flatMap((effect): ReadonlyArray<Sent> => {
      if (!("message" in effect)) return []
      if (event._tag === "ClientStep" && effect._tag === "SendToReplicas") {
        const m = effect.message as Message
        const { symbols } = this.#by
        if (m._tag === "Request" || m._tag === "Read")
          return [{ text: requestText(m, effect.replicas, symbols) }]
        const again = m._tag === "Commit" && event.step.action === "ClientTimeout"
        return [{ text: messageText(m, this.#by), again }]
      }
      const sent = effect.message as Message
      const proof = proofOf(sent)
      return [{ text: messageText(sent, this.#by), ...(proof === undefined ? {} : { proof }) }]
    })

  #isTraced(replica: ReplicaId): boolean {
    return this.#chain.start.replicas.has(replica)
  }

  // Whether a replica with a trace asks to be taken back in this name.
  #isRecovery(client: number): boolean {
    const { n, recoverers } = this.#chain.header
    const replica = recoveringReplica({ recoverers, group: { n } }, client)
    return replica !== undefined && this.#isTraced(replica)
  }

  #isTracedPrimary(view: number): boolean {
    return this.#isTraced(view % this.#by.symbols.names.replicas.length)
  }

  #isUntraced(m: Message): boolean {
    const { names } = this.#by.symbols
    if (m._tag === "Request" || m._tag === "Read" || m._tag === "Commit")
      return !names.isTraced(m.client)
    if ("replica" in m) return !this.#isTraced(m.replica)
    if (m._tag === "OrderReq" || m._tag === "NewView") return !this.#isTracedPrimary(m.view)
    // Whoever shows a proof, or a state: one without a trace may have had it from anybody.
    const { replicas, clients } = names
    return !replicas.every((r) => this.#isTraced(r)) || !clients.every((c) => names.isTraced(c))
  }

  // The texts of a request's possible copies: to one replica, or to everyone.
  #copies(r: Request & Marks, to: ReadonlyArray<ReplicaId>): Need {
    const { symbols } = this.#by
    const all = [...to.map((replica) => [replica]), symbols.names.replicas]
    return { forms: all.map((some) => requestText(r, some, symbols)) }
  }

  // What somebody without a trace could not have made up.
  #shownIn(m: Message): ReadonlyArray<Need> {
    switch (m._tag) {
      case "SpecResponse":
        return m.order === undefined ? [] : this.#signedOrder(m)
      case "Commit":
        return this.#proved(m.certificate)
      case "Pom":
        return m.orders.flatMap((o) => this.#signedOrder(o))
      case "State":
        return [...this.#vouchedBy(m), ...this.#askedFor(m)]
      case "ViewChange":
        return this.#inChange(m)
      case "NewView":
        return m.changes.flatMap((c) =>
          this.#isTraced(c.replica) ? [exact(viewChangeText(c, this.#by))] : this.#inChange(c),
        )
      default:
        return []
    }
  }

  // An order that its primary signed; nobody can receive the one that stands for it.
  #signedOrder(place: Place): ReadonlyArray<Need> {
    if (!this.#isTracedPrimary(place.view)) return []
    const otherwise = orderText(place, "<<>>", [], this.#by.symbols)
    return [{ proof: orderProof(place), otherwise }]
  }

  #proved(c: Certificate): ReadonlyArray<Need> {
    return this.#traced(c.signers).map((replica) => ({
      proof: headerProof(c, replica),
      otherwise: headerText(c, replica, this.#by.symbols),
    }))
  }

  #vouchedBy({ stable }: Pick<ViewChange, "stable">): ReadonlyArray<Need> {
    return this.#traced(stable.signers).map((r) => exact(voteText(stable, r, this.#by.symbols)))
  }

  // The effect of a request to be taken back is there when the replica has asked.
  #askedFor({ table }: Extract<Message, { readonly _tag: "State" }>): ReadonlyArray<Need> {
    const { replicas } = this.#by.symbols.names
    return table.flatMap(({ timestamp }, client) => {
      if (timestamp === 0 || !this.#isRecovery(client)) return []
      return [this.#copies({ client, timestamp, operation: recoverOperation }, replicas)]
    })
  }

  #inChange(m: ViewChange): ReadonlyArray<Need> {
    return [
      ...m.certificates.flatMap((c) => this.#proved(c)),
      ...this.#traced(m.accusers).map((r) => exact(accusationText(m.view - 1, r))),
      ...this.#vouchedBy(m),
    ]
  }

  #traced(signers: ReadonlyArray<Signer>): ReadonlyArray<ReplicaId> {
    return signers.map((s) => s.replica).filter((replica) => this.#isTraced(replica))
  }
}
