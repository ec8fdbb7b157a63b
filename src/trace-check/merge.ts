/**
 * The events of all processes in one causal order: a message is received after it was sent. The
 * process that is furthest behind goes first and runs until it needs a message that is not sent
 * yet; then the next one, until its sender has caught up. So no process runs away from the others,
 * and memory stays bounded however long the traces are.
 */
import type { Causality, Missing } from "./causality.ts"
import type { StepEvent, TraceEvent } from "./event.ts"
import { type Finding, reject } from "./finding.ts"
import type { NodeTrace } from "./node.ts"

/** Told of every event in its turn. */
export type Visit = (event: TraceEvent) => void

interface Process {
  readonly trace: NodeTrace
  head: TraceEvent | undefined
  ended: boolean
  /** How far it is: the last executed sequence number; clients are always behind. */
  progress: number
  /** When it was found to wait, in events; and for what. */
  waitsSince: number
  waitsFor: Missing | undefined
}

/** A message that was delivered although it was not sent, because everything else waits for it. */
interface Credit {
  readonly event: StepEvent
  readonly missing: Missing
}

/** How many events a process may take before the one furthest behind is looked for again. */
const burst = 128

export class Merge {
  readonly #processes: ReadonlyArray<Process>
  readonly #causality: Causality
  readonly #visit: Visit
  #credits: Array<Credit> = []
  #events = 0

  constructor(traces: ReadonlyArray<NodeTrace>, causality: Causality, visit: Visit) {
    this.#processes = traces.map((trace) => ({
      trace,
      head: undefined,
      ended: false,
      progress: trace.replica === undefined ? -1 : 0,
      waitsSince: 0,
      waitsFor: undefined,
    }))
    this.#causality = causality
    this.#visit = visit
  }

  /** Goes through all events; rejects at the first one that cannot happen. */
  async run(): Promise<void> {
    while (await this.#turn()) {}
    const unpaid = this.#credits[0]
    if (unpaid !== undefined) reject(notSent(unpaid.event, unpaid.missing, "NotSent"))
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
    this.#giveCredit(order)
    return true
  }

  #advance(process: Process): "moved" | "more" | "waits" {
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
      const missing = this.#causality.missing(process.head)
      if (missing !== undefined) {
        if (process.waitsFor === undefined) process.waitsSince = this.#events
        process.waitsFor = missing
        return taken > 0 ? "moved" : "waits"
      }
      this.#deliver(process, process.head)
    }
    return "moved"
  }

  #deliver(process: Process, event: TraceEvent): void {
    process.head = undefined
    process.waitsFor = undefined
    this.#events++
    this.#causality.deliver(event)
    if (event._tag === "OpenEnd") this.#causality.open(process.trace.key)
    else if (event._tag === "ReplicaStep") process.progress = event.step.state.executed
    if (this.#credits.length > 0) this.#collect()
    this.#visit(event)
  }

  // Everyone waits. A message whose sender has ended was never sent. Otherwise some wait in a
  // circle: the one that has waited longest goes on, and its message must be sent later or not.
  #giveCredit(waiting: ReadonlyArray<Process>): void {
    const alive = new Set(waiting.map(({ trace }) => trace.key))
    const inOrder = [...waiting].sort((a, b) => a.waitsSince - b.waitsSince)
    const orphan = inOrder.find(({ waitsFor }) => waitsFor && !alive.has(waitsFor.sender))
    const process = orphan ?? inOrder[0]
    const event = process?.head
    const missing = process?.waitsFor
    if (process === undefined || missing === undefined) throw new Error("somebody waits")
    if (event?._tag !== "ReplicaStep" && event?._tag !== "ClientStep") throw new Error("for a step")
    if (orphan !== undefined) reject(notSent(event, missing, "NotSent"))
    this.#credits.push({ event, missing })
    this.#deliver(process, event)
  }

  // A message that is sent after it was received: the traces have no order at all.
  #collect(): void {
    for (const { event, missing } of this.#credits) {
      const still = this.#causality.missing(event)
      if (still?.what !== missing.what) reject(notSent(event, missing, "SentLater"))
    }
  }
}

const notSent = (event: StepEvent, missing: Missing, rule: "NotSent" | "SentLater"): Finding => {
  const { place, n } = event
  const node = event._tag === "ReplicaStep" ? `replica ${event.replica}` : `client ${event.client}`
  const when = rule === "NotSent" ? "never sent" : "sent only after it was received here"
  const message = `${missing.sender}, whose trace is here, has ${when.replace("sent", "sent it")}`
  const found = missing.what
  return { ...place, rule, node, step: n, field: missing.field, found, message }
}
