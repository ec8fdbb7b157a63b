/**
 * Timers of few spans. Those of one span end in the order in which they were set, so one clock is
 * enough for all of them: setting and cancelling cost a few entries of maps, whatever the number.
 *
 * Outside the specification: when a timer fires. There it may at any moment.
 */
interface Span<K> {
  /** When each ends, the first to end first. */
  readonly ends: Map<K, number>
  clock: NodeJS.Timeout | undefined
}

export class OrderedTimers<K> {
  readonly #fired: (timer: K) => void
  readonly #spans = new Map<number, Span<K>>()
  /** In which span each is. */
  readonly #in = new Map<K, Span<K>>()

  constructor(fired: (timer: K) => void) {
    this.#fired = fired
  }

  /** In place of what was set under this name. */
  set(timer: K, ms: number): void {
    this.cancel(timer)
    const span = this.#spans.get(ms) ?? { ends: new Map<K, number>(), clock: undefined }
    this.#spans.set(ms, span)
    this.#in.set(timer, span)
    span.ends.set(timer, performance.now() + ms)
    span.clock ??= setTimeout(() => this.#look(span), ms)
  }

  cancel(timer: K): void {
    this.#in.get(timer)?.ends.delete(timer)
    this.#in.delete(timer)
  }

  // One after the other: what fires may cancel and set others.
  #look(span: Span<K>): void {
    span.clock = undefined
    for (;;) {
      const [first] = span.ends
      if (first === undefined) return
      const [timer, at] = first
      const left = at - performance.now()
      // (Node's clock may be a fraction of a millisecond before this one.)
      if (left > 1) {
        clearTimeout(span.clock)
        span.clock = setTimeout(() => this.#look(span), left)
        return
      }
      this.cancel(timer)
      this.#fired(timer)
    }
  }

  close(): void {
    for (const { ends, clock } of this.#spans.values()) {
      clearTimeout(clock)
      ends.clear()
    }
    this.#in.clear()
  }
}
