/**
 * Which messages are on their way at the ends of the windows of a chain. A window needs those that
 * are received in it, or in a later window of the chain, and were sent before it; that they were
 * sent is what the causal merge has checked.
 */
import { isIgnored } from "../core/machine.ts"
import { isSigned } from "../core/request.ts"
import type { RequestData } from "../core/pbft/projection.ts"
import type { Chain, Window } from "./chain.ts"
import { viewChangeText } from "./emit-change.ts"
import { peerText, receivedText, replyText, requestText } from "./emit-event.ts"
import type { StepEvent } from "./event.ts"
import type { Symbols } from "./symbols.ts"

export interface WindowMessages {
  /** Sent by traced processes before the window, and before its end. */
  readonly start: ReadonlyArray<string>
  readonly end: ReadonlyArray<string>
  /** Heard in the window from processes without a trace. */
  readonly injected: ReadonlyArray<string>
}

interface Life {
  /** The window in which it was sent; -1: before the chain. */
  readonly sent: number
  /** The last window in which it is received; -1: in none. */
  received: number
}

const isInjected = (event: StepEvent, chain: Chain, symbols: Symbols): boolean => {
  const { input } = event
  if (input._tag !== "Receive" && input._tag !== "ReceivePrePrepare") return false
  const m = input.message
  if (m._tag === "Request" || m._tag === "Read") return !symbols.isTraced(m.client)
  // Any replica may have sent a batch or a state; one without a trace had it from anybody.
  if (m._tag === "Batch" || m._tag === "State")
    return chain.start.replicas.size < symbols.replicas.length
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
      if (m._tag === "Request") return [requestText(m, symbols.replicas, symbols)]
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
  [...to.map((replica) => [replica]), symbols.replicas].map((all) => requestText(r, all, symbols))

/**
 * What must have been sent so that the event may happen; each in all forms that it may have, first
 * the one to take when none was sent in the chain. A process without a trace says what it wants,
 * but what it passes on of traced ones, those have sent.
 */
const needs = (event: StepEvent, chain: Chain, symbols: Symbols): Needs => {
  const { input } = event
  const text = receivedText(event, chain, symbols)
  if (text === undefined || isIgnored(event.step.action)) return { injected: [], sent: [] }
  if (!isInjected(event, chain, symbols)) {
    const request = input._tag === "Receive" && input.message._tag === "Request"
    if (!request || event._tag === "ClientStep") return { injected: [], sent: [[text]] }
    return { injected: [], sent: [copies(input.message, [event.replica], symbols)] }
  }
  const injected = [text]
  if (input._tag === "ReceivePrePrepare") {
    const passedOn = input.message.batch.filter((_, k) => input.verdicts[k] === true)
    const requests = passedOn.filter(isSigned).filter((r) => symbols.isTraced(r.client))
    return { injected, sent: requests.map((r) => copies(r, symbols.replicas, symbols)) }
  }
  if (input._tag !== "Receive" || input.message._tag !== "NewView") return { injected, sent: [] }
  const traced = input.message.changes.filter((c) => chain.start.replicas.has(c.replica))
  return { injected, sent: traced.map((c) => [viewChangeText(c, symbols)]) }
}

interface Needs {
  readonly injected: ReadonlyArray<string>
  readonly sent: ReadonlyArray<ReadonlyArray<string>>
}

/** The messages of each window, in the order of the windows. */
export const messagesOf = (
  chain: Chain,
  windows: ReadonlyArray<Window>,
  symbols: Symbols,
): ReadonlyArray<WindowMessages> => {
  const lives = new Map<string, Life>()
  const injected = windows.map(() => new Set<string>())
  const receive = (text: string, window: number): void => {
    const life = lives.get(text)
    if (life === undefined) lives.set(text, { sent: -1, received: window })
    else life.received = window
  }
  windows.forEach(({ events }, k) => {
    for (const event of events) {
      const needed = needs(event, chain, symbols)
      for (const text of needed.injected) injected[k]?.add(text)
      for (const forms of needed.sent) {
        const text = forms.find((form) => lives.has(form)) ?? forms[0]
        if (text !== undefined) receive(text, k)
      }
      for (const sent of sentTexts(event, symbols)) {
        if (!lives.has(sent)) lives.set(sent, { sent: k, received: -1 })
      }
    }
  })
  const onTheWay = (window: number): ReadonlyArray<string> =>
    [...lives].flatMap(([text, { sent, received }]) =>
      sent < window && received >= window ? [text] : [],
    )
  return windows.map((_, k) => ({
    start: onTheWay(k),
    end: onTheWay(k + 1),
    injected: [...(injected[k] ?? [])],
  }))
}
