/**
 * Which messages are on their way at the ends of the windows of a chain. A window needs those that
 * are received in it, or in a later window of the chain, and were sent before it; that they were
 * sent is what the causal merge has checked.
 */
import { isIgnored } from "../core/machine.ts"
import type { Chain, Window } from "./chain.ts"
import { peerText, receivedText, replyText, requestText } from "./emit-event.ts"
import type { ReplicaEvent, StepEvent } from "./event.ts"
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
  return m._tag === "Request" ? !symbols.isTraced(m.client) : !chain.start.replicas.has(m.replica)
}

const sentTexts = (event: StepEvent, symbols: Symbols): ReadonlyArray<string> => {
  if (event._tag === "ClientStep") {
    return event.step.effects.flatMap((e) =>
      e._tag === "SendToReplicas" ? [requestText(e.message, e.replicas, symbols)] : [],
    )
  }
  return event.step.effects.flatMap((e) => {
    if (e._tag === "Broadcast") return [peerText(e.message, symbols)]
    return e._tag === "SendToClient" ? [replyText(e.message, symbols)] : []
  })
}

// A pre-prepare of a primary without a trace can hold only requests that traced clients have sent.
const requestsInside = ({ input }: ReplicaEvent, symbols: Symbols): ReadonlyArray<string> => {
  if (input._tag !== "ReceivePrePrepare") return []
  return input.message.batch.flatMap((r, k) =>
    symbols.isTraced(r.client) && input.verdicts[k] === true ? [requestText(r, [0], symbols)] : [],
  )
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
      const text = receivedText(event, chain, symbols)
      const needed = text !== undefined && !isIgnored(event.step.action)
      if (needed && isInjected(event, chain, symbols)) {
        injected[k]?.add(text)
        if (event._tag === "ReplicaStep") {
          requestsInside(event, symbols).forEach((r) => receive(r, k))
        }
      } else if (needed) {
        receive(text, k)
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
