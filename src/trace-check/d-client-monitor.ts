/**
 * What clients of D-Prophecy were told, checked apart from their `step`: a sketch that a traced
 * replica states, and one by which a result was taken, is of what the replicas executed at its
 * position, for that very read (Genuine); and no read is answered with something older than what
 * was answered to it, in its process, before it began (Once). What is said of a position may be
 * heard before the line in which it is executed; then it waits for that. Memory is bounded.
 */
import type { Bytes, ClientId, Digest, ReplicaId, Seq } from "../core/ids.ts"
import { forgetOldest } from "../core/oldest.ts"
import { decodePlaced, isBefore, nowhere, type Position } from "../core/prophecy/position.ts"
import type { Sketch } from "../core/prophecy/sketch-table.ts"
import { shortJson } from "./difference.ts"
import type { DClientEvent, ReplicaEvent, TraceEvent } from "./event.ts"
import { type Rule, reject } from "./finding.ts"

/** How many batches, batches that something is claimed of, and reads are remembered. */
const kept = 100_000

const text = ({ seq, place }: Position): string => `${seq}.${place}`

interface Executed {
  readonly operation: Bytes
  readonly digest: Digest
}

/** By place. */
type Batch = ReadonlyArray<Executed>

/** That the read of this operation had a result with this digest, at one position. */
interface Claim extends Executed {
  readonly position: Position
  readonly event: DClientEvent
  readonly by: string
}

/** Of one read in one process. */
interface Begun {
  readonly operation: Bytes
  readonly least: Position
}

export interface DClientMonitorOptions {
  readonly digestOf: (result: Bytes) => Digest
  /** What the batch that the replica has executed asked for. */
  readonly operationsOf: (event: ReplicaEvent) => ReadonlyArray<Bytes>
  readonly isTraced: (replica: ReplicaId) => boolean
}

export class DClientMonitor {
  readonly #options: DClientMonitorOptions
  readonly #executed = new Map<Seq, Batch>()
  readonly #claims = new Map<Seq, Array<Claim>>()
  /** By process and operation, the highest position that somebody was told. */
  readonly #told = new Map<string, Position>()
  readonly #begun = new Map<ClientId, Begun>()
  #fast = 0
  #forgotten = 0

  constructor(options: DClientMonitorOptions) {
    this.#options = options
  }

  /** Results that one replica executed alone. */
  get fast(): number {
    return this.#fast
  }

  /** Claims about positions of which no execution was found. */
  get uncompared(): number {
    return [...this.#claims.values()].reduce((sum, { length }) => sum + length, this.#forgotten)
  }

  take(event: TraceEvent): void {
    if (event._tag === "ReplicaStep") this.#executes(event)
    else if (event._tag === "DClientStep") this.#step(event)
    else if (event._tag === "DClientsGap")
      for (const id of event.after.keys()) this.#begun.delete(id)
  }

  #executes(event: ReplicaEvent): void {
    const { input, step } = event
    if (input._tag !== "Executed" || step.action !== "Execute") return
    const { seq } = input
    if (this.#executed.has(seq)) return
    const batch = this.#options.operationsOf(event).map((operation, k): Executed => {
      const { result } = decodePlaced(input.results[k] ?? "")
      return { operation, digest: this.#options.digestOf(result) }
    })
    this.#executed.set(seq, batch)
    for (const claim of this.#claims.get(seq) ?? []) this.#compare(claim, batch)
    this.#claims.delete(seq)
    forgetOldest(this.#executed, kept)
  }

  #step(event: DClientEvent): void {
    const { node, config, before, input, step } = event
    const { call } = before
    if (input._tag === "Read" && call === undefined) {
      const { operation } = input
      const least = this.#told.get(`${node} ${operation}`) ?? nowhere
      this.#begun.set(config.id, { operation, least })
    }
    if (input._tag === "SketchReply" && call !== undefined && step.state !== before) {
      const { replica, digest, seq, place } = input.message
      const stated = { digest, position: { seq, place } }
      const by = `replica ${replica} states a sketch`
      const isTraced = this.#options.isTraced(replica)
      if (digest !== "" && isTraced) this.#claim(event, call.operation, stated, by)
    }
    for (const effect of step.effects) {
      if (effect._tag !== "Respond") continue
      const operation = call?.operation ?? ""
      if (effect.path === "fast") {
        this.#fast++
        const digest = this.#options.digestOf(effect.result)
        const by = "a result was taken by sketches"
        this.#claim(event, operation, { digest, position: effect.position }, by)
      }
      this.#answered(event, operation, effect.position)
    }
  }

  #answered(event: DClientEvent, operation: Bytes, position: Position): void {
    const begun = this.#begun.get(event.config.id)
    this.#begun.delete(event.config.id)
    // (A write, or a read whose beginning is in a gap.)
    if (begun === undefined) return
    if (isBefore(position, begun.least)) {
      const message = "an answer to this read that is later was given before it began"
      const expected = `${text(begun.least)} or later`
      this.#reject(event, "Once", message, { expected, found: text(position) })
    }
    const name = `${event.node} ${operation}`
    const known = this.#told.get(name) ?? nowhere
    this.#told.delete(name)
    this.#told.set(name, isBefore(known, position) ? position : known)
    forgetOldest(this.#told, kept)
  }

  #claim(event: DClientEvent, operation: Bytes, { digest, position }: Sketch, by: string): void {
    const claim: Claim = { event, operation, digest, position, by }
    const { seq } = position
    const batch = this.#executed.get(seq)
    if (batch !== undefined) return this.#compare(claim, batch)
    this.#claims.set(seq, [...(this.#claims.get(seq) ?? []), claim])
    const [oldest] = this.#claims.keys()
    if (this.#claims.size <= kept || oldest === undefined) return
    this.#forgotten += this.#claims.get(oldest)?.length ?? 0
    this.#claims.delete(oldest)
  }

  #compare({ event, by, operation, digest, position }: Claim, batch: Batch): void {
    const executed = batch[position.place]
    const at = `, and at ${text(position)}`
    if (executed?.operation !== operation) {
      const message = `${by}${at} another operation was executed`
      const [expected, found] = [shortJson(executed?.operation ?? null), shortJson(operation)]
      this.#reject(event, "Genuine", message, { expected, found })
    }
    if (digest === executed.digest) return
    const message = `${by}${at} the read had another result`
    this.#reject(event, "Genuine", message, { expected: executed.digest, found: digest })
  }

  #reject(
    { place, n, config }: DClientEvent,
    rule: Rule,
    message: string,
    shown: { readonly expected: string; readonly found: string },
  ): never {
    return reject({ ...place, rule, node: `client ${config.id}`, step: n, ...shown, message })
  }
}
