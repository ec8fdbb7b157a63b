/**
 * Which messages are on their way at the ends of the windows of a chain. A window needs those that
 * are received in it, or in a later window of the chain, and were sent before it; that they were
 * sent is what the causal merge has checked.
 */

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

/** A message that a step sends. */
export interface Sent {
  readonly text: string
  /** What it proves, where a message of this kind may be asked for by that. */
  readonly proof?: string
  /** It is sent again: whoever does has sent it before, if not in the chain. */
  readonly again?: boolean
}

/** A message that must have been sent: in one of its forms, or any that proves something. */
export type Need =
  /** The first form is the one to take when none was sent in the chain. */
  | { readonly forms: ReadonlyArray<string>; readonly proof?: string }
  /** Taken as sent before the chain when nothing in it proves this. */
  | { readonly proof: string; readonly otherwise: string }

export interface Needs {
  readonly injected: ReadonlyArray<string>
  readonly sent: ReadonlyArray<Need>
}

/** What the events of a chain receive, as far as that had an effect, and send. */
export interface Traffic<E> {
  /**
   * What must have been sent so that the event may happen. A process without a trace says what it
   * wants, but what it passes on of traced ones, those have sent.
   */
  readonly needs: (event: E) => Needs
  readonly sends: (event: E) => ReadonlyArray<Sent>
}

/** The messages that were sent so far. */
class Lives {
  readonly all = new Map<string, Life>()
  readonly #proofs = new Map<string, string>()

  receive(need: Need, window: number): void {
    const text = this.#textOf(need)
    if (text === undefined) return
    const life = this.all.get(text)
    if (life === undefined) this.#add({ text, ...need }, { sent: -1, received: window })
    else life.received = window
  }

  #textOf(need: Need): string | undefined {
    if ("forms" in need) return need.forms.find((form) => this.all.has(form)) ?? need.forms[0]
    return this.#proofs.get(need.proof) ?? need.otherwise
  }

  send(sent: Sent, window: number): void {
    if (this.all.has(sent.text)) return
    this.#add(sent, { sent: sent.again === true ? -1 : window, received: -1 })
  }

  #add({ text, proof }: Sent, life: Life): void {
    this.all.set(text, life)
    if (proof !== undefined && !this.#proofs.has(proof)) this.#proofs.set(proof, text)
  }
}

/** The messages of each window, in the order of the windows. */
export const messagesOf = <E>(
  windows: ReadonlyArray<{ readonly events: ReadonlyArray<E> }>,
  { needs, sends }: Traffic<E>,
): ReadonlyArray<WindowMessages> => {
  const lives = new Lives()
  const injected = windows.map(() => new Set<string>())
  windows.forEach(({ events }, k) => {
    for (const event of events) {
      const needed = needs(event)
      for (const text of needed.injected) injected[k]?.add(text)
      for (const need of needed.sent) lives.receive(need, k)
      for (const sent of sends(event)) lives.send(sent, k)
    }
  })
  const onTheWay = (window: number): ReadonlyArray<string> =>
    [...lives.all].flatMap(([text, { sent, received }]) =>
      sent < window && received >= window ? [text] : [],
    )
  return windows.map((_, k) => ({
    start: onTheWay(k),
    end: onTheWay(k + 1),
    injected: [...(injected[k] ?? [])],
  }))
}
