/** Stretches of a sketcher's trace that TLC is to follow in Prophecy.tla. */
import type { Bytes, Digest } from "../core/ids.ts"
import type { SketcherConfig, SketcherState } from "../core/prophecy/sketcher-state.ts"
import type { Selection } from "./chain.ts"
import type { Observer, SketcherRun } from "./check.ts"
import type { SketcherEvent, SketcherGap } from "./event.ts"
import { sketchDigest } from "./sketcher-replay.ts"
import { type Stretch, Stretches } from "./stretches.ts"

export interface SketcherChain extends Stretch<SketcherEvent> {
  readonly run: string
  readonly config: SketcherConfig
  /** The digest of a result, as sketches have it. */
  readonly digestOf: (result: Bytes) => Digest
  /** Whether the sketcher starts here. */
  readonly fromInit: boolean
  readonly start: SketcherState
}

/** Collects the chains of a selection, of each sketcher. */
export class SketcherCapture implements Observer {
  readonly #stretches: Stretches<number, SketcherEvent>
  #run: SketcherRun | undefined

  constructor(selection: Selection) {
    this.#stretches = new Stretches(selection)
  }

  readonly before = (): void => undefined
  readonly gap = (): void => undefined

  readonly sketcher = (event: SketcherEvent | SketcherGap, run: SketcherRun): void => {
    this.#run = run
    if (event._tag === "SketcherGap") this.#stretches.gap(event.config.id)
    else this.#stretches.take(event.config.id, event)
  }

  /** By sketcher, in the order of the run: what a range covers, or the first and the last chain. */
  chains(): ReadonlyArray<SketcherChain> {
    const run = this.#run
    if (run === undefined) return []
    return [...this.#stretches.all()]
      .sort(([a], [b]) => a - b)
      .flatMap(([, { from, events }]): ReadonlyArray<SketcherChain> => {
        const [first] = events
        if (first === undefined) return []
        const { n, config, before: start } = first
        const of = { run: run.header.run, config, digestOf: sketchDigest(run) }
        return [{ ...of, from, fromInit: n === 1, start, events }]
      })
  }
}
