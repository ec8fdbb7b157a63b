/**
 * What a sketcher's clients were told, checked apart from its `step`: what one replica answered
 * alone is what the group answered to the same read before (Genuine), and no read is answered with
 * something older than what was answered to it before the read began (Once), over restarts too.
 * Memory is bounded: of the reads that were heard of least recently nothing is remembered.
 */
import * as HashMap from "../core/hash-map.ts"
import type { Bytes, Digest } from "../core/ids.ts"
import { forgetOldest } from "../core/oldest.ts"
import { isBefore, nowhere, type Position } from "../core/prophecy/position.ts"
import type { Sketch } from "../core/prophecy/sketch-table.ts"
import type { Call, CallId, Respond } from "../core/prophecy/sketcher-state.ts"
import type { SketcherEvent, SketcherGap, TraceEvent } from "./event.ts"
import { type Rule, reject } from "./finding.ts"
import { shortJson } from "./difference.ts"

/** How many reads are remembered, of all sketchers together. */
const keysKept = 100_000
/** Of a read so many results of the group: fast answers may wait while it changes. */
const resultsKept = 64

/** What is not a sketcher's, of whichever protocol. */
interface Other {
  readonly _tag: Exclude<TraceEvent["_tag"], "SketcherStep" | "SketcherGap">
}

interface Known {
  /** The highest position that somebody was told. */
  told: Position
  /** The group's latest results, oldest first. */
  readonly results: Array<Sketch>
}

const text = ({ seq, place }: Position): string => `${seq}.${place}`

const same = (a: Position, b: Position): boolean => a.seq === b.seq && a.place === b.place

export class SketcherMonitor {
  /** By sketcher and key: each sketcher is judged by what it told its own clients. */
  readonly #known = new Map<string, Known>()
  /** By sketcher, what its open reads must not be older than. */
  readonly #began = new Map<number, Map<CallId, Position>>()
  readonly #digestOf: (result: Bytes) => Digest
  #fast = 0
  #uncompared = 0

  constructor(digestOf: (result: Bytes) => Digest) {
    this.#digestOf = digestOf
  }

  /** Answers of one replica alone. */
  get fast(): number {
    return this.#fast
  }

  /** Answers that had nothing left to be compared with. */
  get uncompared(): number {
    return this.#uncompared
  }

  take(event: SketcherEvent | SketcherGap | Other): void {
    if (event._tag === "SketcherStep") this.#step(event)
    else if (event._tag === "SketcherGap") this.#gap(event)
  }

  // What was answered in the gap is not known, but for what the sketches after it say; and what was
  // told before is still not to be undone.
  #gap({ config, after }: SketcherGap): void {
    for (const { sketches } of [after.table.old, after.table.young]) {
      for (const [key, sketch] of HashMap.entries(sketches)) {
        const name = `${config.id} ${key}`
        const known = this.#known.get(name) ?? { told: nowhere, results: [] }
        this.#learn(known, sketch)
        this.#remember(name, known)
      }
    }
    const began = new Map<CallId, Position>()
    for (const { id, key, kind } of after.calls) {
      if (kind === "read") began.set(id, this.#known.get(`${config.id} ${key}`)?.told ?? nowhere)
    }
    this.#began.set(config.id, began)
  }

  #step(event: SketcherEvent): void {
    const { config, before, input, step } = event
    const began = this.#began.get(config.id) ?? new Map<CallId, Position>()
    this.#began.set(config.id, began)
    const isNew = input._tag === "Read" && before.calls.every(({ id }) => id !== input.id)
    if (isNew) began.set(input.id, this.#known.get(`${config.id} ${input.key}`)?.told ?? nowhere)
    for (const effect of step.effects) {
      if (effect._tag !== "Respond") continue
      const call = before.calls.find(({ id }) => id === effect.id)
      if (call?.kind === "read") this.#answered(event, call, effect)
      began.delete(effect.id)
    }
  }

  #answered(event: SketcherEvent, { id, key }: Call, respond: Respond): void {
    const { config } = event
    const name = `${config.id} ${key}`
    const known = this.#known.get(name) ?? { told: nowhere, results: [] }
    const least = this.#began.get(config.id)?.get(id) ?? nowhere
    const { position, result, path } = respond
    // (Results without a position are never sketched.)
    if (position.seq > 0 && isBefore(position, least)) {
      const message = "an answer to this read that is later was given before it began"
      this.#reject(event, "Once", message, { expected: `${text(least)} or later`, position })
    }
    if (path === "fast") this.#isGenuine(event, known, respond)
    else this.#learn(known, { position, digest: this.#digestOf(result) })
    if (isBefore(known.told, position)) known.told = position
    this.#remember(name, known)
  }

  #learn({ results }: Known, sketch: Sketch): void {
    if (results.some(({ position }) => same(position, sketch.position))) return
    results.push(sketch)
    if (results.length > resultsKept) results.shift()
  }

  #isGenuine(event: SketcherEvent, known: Known, { position, result }: Respond): void {
    this.#fast++
    const source = known.results.find((sketch) => same(sketch.position, position))
    // (Of what came in chunks the digest is known, and not the result.)
    const { input } = event
    const found = input._tag === "FastReply" ? input.digest : this.#digestOf(result)
    if (source?.digest === found) return
    if (source === undefined && this.#hasForgotten(known)) {
      this.#uncompared++
      return
    }
    const message =
      source === undefined
        ? "one replica's answer was let through, and the group never answered this read there"
        : "one replica's answer was let through, and the group answered this read otherwise"
    this.#reject(event, "Genuine", message, { expected: source?.digest ?? "", position })
  }

  #hasForgotten({ results }: Known): boolean {
    return this.#known.size >= keysKept || results.length >= resultsKept
  }

  #remember(name: string, known: Known): void {
    this.#known.delete(name)
    this.#known.set(name, known)
    forgetOldest(this.#known, keysKept)
  }

  #reject(
    { place, n, config }: SketcherEvent,
    rule: Rule,
    message: string,
    shown: { readonly expected: string; readonly position: Position },
  ): never {
    const expected = shortJson(shown.expected)
    const found = shortJson(text(shown.position))
    return reject({
      ...place,
      rule,
      node: `sketcher ${config.id}`,
      step: n,
      expected,
      found,
      message,
    })
  }
}
