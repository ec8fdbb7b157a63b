/** Stretches of the steps of D-Prophecy's clients that TLC is to follow in DProphecy.tla. */
import type { Bytes, Digest } from "../core/ids.ts"
import type { Selection } from "./chain.ts"
import type { DClientRun, Observer } from "./check.ts"
import type { DClientEvent, DClientsGap } from "./event.ts"
import { type Stretch, Stretches } from "./stretches.ts"

/** Each of its clients is in the state before its first event when the chain starts. */
export interface DClientChain extends Stretch<DClientEvent> {
  readonly run: string
  /** The process: `clients 0 to 3`. */
  readonly node: string
  /** The digest of a result, as sketches have it. */
  readonly digestOf: (result: Bytes) => Digest
  /** Whether the process starts here. */
  readonly fromInit: boolean
}

/** Collects the chains of a selection, of each process. */
export class DClientCapture implements Observer {
  readonly #stretches: Stretches<string, DClientEvent>
  #run: DClientRun | undefined

  constructor(selection: Selection) {
    this.#stretches = new Stretches(selection)
  }

  readonly before = (): void => undefined
  readonly gap = (): void => undefined

  readonly dClient = (event: DClientEvent | DClientsGap, run: DClientRun): void => {
    this.#run = run
    if (event._tag === "DClientsGap") this.#stretches.gap(event.node)
    else this.#stretches.take(event.node, event)
  }

  /** By process: what a range covers, or the first and the last chain. */
  chains(): ReadonlyArray<DClientChain> {
    const run = this.#run
    if (run === undefined) return []
    return this.#stretches.all().map(([node, { from, events }]): DClientChain => {
      const fromInit = events[0]?.n === 1
      const { resultDigest: digestOf } = run
      return { run: run.header.run, node, digestOf, from, fromInit, events }
    })
  }
}
