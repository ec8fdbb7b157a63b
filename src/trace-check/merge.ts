/**
 * The events of all processes in one causal order: a message is received after it was sent. The
 * process that is furthest behind goes first and runs until it needs a message that is not sent
 * yet; then the next one, until its sender has caught up. So no process runs away from the others,
 * and memory stays bounded however long the traces are.
 */
import { type Finding, type Place, reject } from "./finding.ts"

/** A message that was received and not sent so far. */
export interface Missing {
  /** Key of the process that should have sent it; undefined: any replica, all have traces. */
  readonly sender: string | undefined
  /** Where the message stands in the line. */
  readonly field: string
  /** The message, for people. */
  readonly what: string
  /** Whether it has been sent by now. */
  readonly isSent: () => boolean
}

interface At {
  readonly place: Place
  readonly n: number
}

/** A step of some process. */
export type MergedStep =
  | (At & {
      readonly _tag: "ReplicaStep"
      readonly replica: number
      readonly step: { readonly state: { readonly executed: number } }
    })
  | (At & { readonly _tag: "ClientStep"; readonly client: number })
  | (At & {
      readonly _tag: "SketcherStep" | "DClientStep"
      readonly config: { readonly id: number }
    })

/** Steps, and what stands for steps that have no line. */
export type Mergeable =
  | MergedStep
  | { readonly _tag: "ReplicaGap" | "ClientsGap" | "SketcherGap" | "DClientsGap" | "OpenEnd" }

/** A process as a stream of events. */
export interface Stream<E> {
  readonly key: string
  readonly header: { readonly node: { readonly kind: string } }
  readonly next: () => E | "more" | "end"
  readonly fill: () => Promise<void>
}

/** Which message a step needs, and what it sends. */
export interface Causal<E> {
  readonly missing: (event: E) => Missing | undefined
  readonly deliver: (event: E) => void
  /** What the process sends from now on is not in its trace. */
  readonly open: (node: string) => void
}

interface Process<E> {
  readonly trace: Stream<E>
  head: E | undefined
  ended: boolean
  /** How far it is: the last executed sequence number; clients are always behind. */
  progress: number
}

/** A step that cannot happen yet. */
interface Waiting<E> {
  readonly process: Process<E>
  readonly event: MergedStep
  readonly missing: Missing
}

/** How many events a process may take before the one furthest behind is looked for again. */
const burst = 128

export class Merge<E extends Mergeable> {
  readonly #processes: ReadonlyArray<Process<E>>
  readonly #causality: Causal<E>
  readonly #visit: (event: E) => void

  /** `visit` is told of every event in its turn. */
  constructor(traces: ReadonlyArray<Stream<E>>, causality: Causal<E>, visit: (event: E) => void) {
    this.#processes = traces.map((trace) => ({
      trace,
      head: undefined,
      ended: false,
      progress: trace.header.node.kind === "replica" ? 0 : -1,
    }))
    this.#causality = causality
    this.#visit = visit
  }

  /** Goes through all events; rejects at the first one that cannot happen. */
  async run(): Promise<void> {
    while (await this.#turn()) {}
  }

  // One process takes some events. False when all have ended.
  async #turn(): Promise<boolean> {
    const order = this.#processes
      .filter(({ ended }) => !ended)
      .sort((a, b) => a.progress - b.progress)
    if (order.length === 0) return false
    for (const process of order) {
      const moved = this.#advance(process)
      if (moved === "more") await process.trace.fill()
      if (moved !== "waits") return true
    }
    return this.#explain(order)
  }

  #advance(process: Process<E>): "moved" | "more" | "waits" {
    for (let taken = 0; taken < burst; taken++) {
      if (process.head === undefined) {
        const next = process.trace.next()
        if (next === "more") return next
        if (next === "end") {
          process.ended = true
          return "moved"
        }
        process.head = next
      }
      if (this.#causality.missing(process.head) !== undefined) return taken > 0 ? "moved" : "waits"
      this.#deliver(process, process.head)
    }
    return "moved"
  }

  #deliver(process: Process<E>, event: E): void {
    process.head = undefined
    this.#causality.deliver(event)
    if (event._tag === "OpenEnd") this.#causality.open(process.trace.key)
    else if (event._tag === "ReplicaStep") process.progress = event.step.state.executed
    this.#visit(event)
  }

  // Everyone waits, so some message was received that was not sent before. Which one, is told by
  // the rest of the traces: what their processes send from here on, whatever they wait for.
  async #explain(all: ReadonlyArray<Process<E>>): Promise<never> {
    const waiting = all.map((process): Waiting<E> => {
      const event = process.head
      const missing = event === undefined ? undefined : this.#causality.missing(event)
      if (event === undefined || !isStep(event)) throw new Error("a step")
      if (missing === undefined) throw new Error("waits")
      return { process, event, missing }
    })
    const later = new Set<Waiting<E>>()
    for (const process of all) await this.#sendAll(process, waiting, later)
    const never = waiting.find((w) => !later.has(w))
    if (never !== undefined) return reject(notSent(never, "NotSent"))
    return reject(notSent(circleIn(waiting), "SentLater"))
  }

  async #sendAll(
    process: Process<E>,
    waiting: ReadonlyArray<Waiting<E>>,
    later: Set<Waiting<E>>,
  ): Promise<void> {
    const { trace } = process
    let next = process.head ?? trace.next()
    while (next !== "end") {
      if (next === "more") {
        await trace.fill()
      } else {
        const isOpen = next._tag === "OpenEnd"
        this.#causality.deliver(next)
        if (isOpen) this.#causality.open(trace.key)
        for (const w of waiting) {
          // What has no line may have sent it.
          if (w.missing.isSent() || (isOpen && w.missing.sender === trace.key)) later.add(w)
        }
      }
      next = trace.next()
    }
  }
}

const isStep = (event: Mergeable): event is MergedStep => event._tag.endsWith("Step")

/** Whose step it is, for people. */
export const nodeOf = (event: MergedStep): string => {
  switch (event._tag) {
    case "ReplicaStep":
      return `replica ${event.replica}`
    case "ClientStep":
      return `client ${event.client}`
    case "SketcherStep":
      return `sketcher ${event.config.id}`
    case "DClientStep":
      return `client ${event.config.id}`
  }
}

// From a process to the one that it waits for, and so on, until one comes again.
const circleIn = <E>(waiting: ReadonlyArray<Waiting<E>>): Waiting<E> => {
  const byKey = new Map(waiting.map((w) => [w.process.trace.key, w]))
  const seen = new Set<Waiting<E>>()
  let at = waiting[0] as Waiting<E>
  while (!seen.has(at)) {
    seen.add(at)
    at = byKey.get(at.missing.sender ?? "") ?? at
  }
  return at
}

const notSent = (
  { event, missing }: Pick<Waiting<unknown>, "event" | "missing">,
  rule: "NotSent" | "SentLater",
): Finding => {
  const { place, n } = event
  const node = nodeOf(event)
  const when =
    rule === "NotSent"
      ? "has never sent it"
      : "sends it only after a step that waits for this one: the lines have no causal order"
  const message =
    missing.sender === undefined
      ? `any replica may send it and all of their traces are here, but none ${when}`
      : `${missing.sender}, whose trace is here, ${when}`
  const found = missing.what
  return { ...place, rule, node, step: n, field: missing.field, found, message }
}
