/**
 * Stretches of a sketcher's trace that TLC is to follow in Prophecy.tla, as chain.ts has them of
 * replicas and clients. Each sketcher has chains of its own, and counts its own steps.
 */
import type { Bytes, Digest } from "../core/ids.ts"
import type { SketcherConfig, SketcherState } from "../core/prophecy/sketcher-state.ts"
import type { Selection } from "./chain.ts"
import type { Observer, SketcherRun } from "./check.ts"
import type { SketcherEvent, SketcherGap } from "./event.ts"
import { sketchDigest } from "./sketcher-replay.ts"

export interface SketcherChain {
  readonly run: string
  readonly config: SketcherConfig
  /** The digest of a result, as sketches have it. */
  readonly digestOf: (result: Bytes) => Digest
  /** Number of the first step among those of this sketcher, over its starts, from 1. */
  readonly from: number
  /** Whether the sketcher starts here. */
  readonly fromInit: boolean
  readonly start: SketcherState
  readonly events: ReadonlyArray<SketcherEvent>
}

interface Open extends SketcherChain {
  readonly events: Array<SketcherEvent>
}

/** What is kept of one sketcher while the run goes by. */
interface Kept {
  steps: number
  open: Open | undefined
  readonly done: Array<SketcherChain>
  later: SketcherChain | undefined
  /** The step from which on the next later chain may start. */
  next: number
}

/** Collects the chains of a selection, of each sketcher. */
export class SketcherCapture implements Observer {
  readonly #selection: Selection
  readonly #kept = new Map<number, Kept>()

  constructor(selection: Selection) {
    this.#selection = selection
  }

  readonly before = (): void => undefined
  readonly gap = (): void => undefined

  readonly sketcher = (event: SketcherEvent | SketcherGap, run: SketcherRun): void => {
    const kept = this.#of(event.config.id)
    if (event._tag === "SketcherGap") {
      this.#close(kept)
      return
    }
    const step = ++kept.steps
    if (kept.open === undefined && this.#starts(kept, step)) kept.open = open(event, step, run)
    if (kept.open === undefined) return
    kept.open.events.push(event)
    if (this.#isFull(step, kept.open)) this.#close(kept)
  }

  /** By sketcher, in the order of the run: what a range covers, or the first and the last chain. */
  chains(): ReadonlyArray<SketcherChain> {
    return [...this.#kept]
      .sort(([a], [b]) => a - b)
      .flatMap(([, kept]) => {
        this.#close(kept)
        return kept.later === undefined ? kept.done : [...kept.done, kept.later]
      })
  }

  #of(id: number): Kept {
    const selection = this.#selection
    const next = selection._tag === "Auto" ? 2 * selection.size * selection.windows : 0
    const kept = this.#kept.get(id) ?? {
      steps: 0,
      open: undefined,
      done: [],
      later: undefined,
      next,
    }
    this.#kept.set(id, kept)
    return kept
  }

  #starts({ next }: Kept, step: number): boolean {
    const selection = this.#selection
    if (selection._tag === "Range") return step >= selection.from && step <= selection.to
    return step === 1 || step >= next
  }

  #isFull(step: number, { events }: Open): boolean {
    const selection = this.#selection
    if (selection._tag === "Range") return step === selection.to
    return events.length >= selection.size * selection.windows
  }

  #close(kept: Kept): void {
    const chain = kept.open
    kept.open = undefined
    if (chain === undefined) return
    if (this.#selection._tag === "Range" || chain.from === 1) {
      kept.done.push(chain)
      return
    }
    // The last whole one of several: they start at distances that double, so few are kept in vain.
    if (kept.later !== undefined && chain.events.length < kept.later.events.length) return
    kept.later = chain
    kept.next = 2 * (chain.from + chain.events.length)
  }
}

const open = ({ n, config, before }: SketcherEvent, from: number, run: SketcherRun): Open => ({
  run: run.header.run,
  config,
  digestOf: sketchDigest(run),
  from,
  fromInit: n === 1,
  start: before,
  events: [],
})
