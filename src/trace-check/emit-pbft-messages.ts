/** What the events of a run of PBFT receive and send, as elements of the specification's `msgs`. */
import { isIgnored } from "../core/machine.ts"
import { isSigned } from "../core/request.ts"
import type { RequestData } from "../core/pbft/projection.ts"
import type { Chain } from "./chain.ts"
import { viewChangeText } from "./emit-change.ts"
import { peerText, receivedText, replyText, requestText } from "./emit-event.ts"
import type { Needs, Traffic } from "./emit-messages.ts"
import type { StepEvent } from "./event.ts"
import type { Symbols } from "./symbols.ts"

const isInjected = (event: StepEvent, chain: Chain, symbols: Symbols): boolean => {
  const { input } = event
  if (input._tag !== "Receive" && input._tag !== "ReceivePrePrepare") return false
  const m = input.message
  if (m._tag === "Request" || m._tag === "Read") return !symbols.names.isTraced(m.client)
  // Any replica may have sent a batch or a state; one without a trace had it from anybody.
  if (m._tag === "Batch" || m._tag === "State")
    return chain.start.replicas.size < symbols.names.replicas.length
  return !chain.start.replicas.has(m.replica)
}

const sentTexts = (event: StepEvent, symbols: Symbols): ReadonlyArray<string> => {
  if (event._tag === "ClientStep") {
    return event.step.effects.flatMap((e) =>
      e._tag === "SendToReplicas" ? [requestText(e.message, e.replicas, symbols)] : [],
    )
  }
  return event.step.effects.flatMap((e) => {
    if (e._tag === "Broadcast" || e._tag === "SendToReplicas") {
      const { message: m } = e
      if (m._tag === "Request") return [requestText(m, symbols.names.replicas, symbols)]
      return [peerText(m, symbols)]
    }
    return e._tag === "SendToClient" ? [replyText(e.message, symbols)] : []
  })
}

// The texts of a request's possible copies: to one replica, or to everyone.
const copies = (
  r: RequestData,
  to: ReadonlyArray<number>,
  symbols: Symbols,
): ReadonlyArray<string> =>
  [...to.map((replica) => [replica]), symbols.names.replicas].map((all) =>
    requestText(r, all, symbols),
  )

const needs = (event: StepEvent, chain: Chain, symbols: Symbols): Needs => {
  const { input } = event
  const text = receivedText(event, chain, symbols)
  if (text === undefined || isIgnored(event.step.action)) return { injected: [], sent: [] }
  if (!isInjected(event, chain, symbols)) {
    const request = input._tag === "Receive" && input.message._tag === "Request"
    if (!request || event._tag === "ClientStep") return { injected: [], sent: [{ forms: [text] }] }
    return { injected: [], sent: [{ forms: copies(input.message, [event.replica], symbols) }] }
  }
  const injected = [text]
  if (input._tag === "ReceivePrePrepare") {
    const passedOn = input.message.batch.filter((_, k) => input.verdicts[k] === true)
    const requests = passedOn.filter(isSigned).filter((r) => symbols.names.isTraced(r.client))
    return {
      injected,
      sent: requests.map((r) => ({ forms: copies(r, symbols.names.replicas, symbols) })),
    }
  }
  if (input._tag !== "Receive" || input.message._tag !== "NewView") return { injected, sent: [] }
  const traced = input.message.changes.filter((c) => chain.start.replicas.has(c.replica))
  return { injected, sent: traced.map((c) => ({ forms: [viewChangeText(c, symbols)] })) }
}

export const messageTraffic = (chain: Chain, symbols: Symbols): Traffic<StepEvent> => ({
  needs: (event) => needs(event, chain, symbols),
  sends: (event) => sentTexts(event, symbols).map((text) => ({ text })),
})
