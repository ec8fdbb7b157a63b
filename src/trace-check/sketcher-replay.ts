/** Replays the lines of a sketcher through the same `stepSketcher` that ran. */
import type { Bytes, Digest } from "../core/ids.ts"
import { chunkedDigest } from "../core/prophecy/chunks.ts"
import { initSketcher, stepSketcher } from "../core/prophecy/sketcher.ts"
import { fromFullSketcherProjection } from "../core/prophecy/projection.ts"
import type { SketcherConfig, SketcherState } from "../core/prophecy/sketcher-state.ts"
import { sketcherLine } from "../core/prophecy/trace.ts"
import {
  SketcherTraceInput,
  SketcherTraceState,
  sketcherInputOf,
} from "../core/prophecy/trace-event.ts"
import { type AnyHeader, misfit } from "../core/trace-event.ts"
import type { SketcherEvent, SketcherGap } from "./event.ts"
import { type NewStart, newTimestamps, type ProcessReplay } from "./process-replay.ts"
import type { Digests } from "./replay.ts"
import {
  type At,
  badField,
  type DropLine,
  fits,
  knownReplica,
  possible,
  sameLine,
  type StepLine,
} from "./replay-line.ts"

const inputMisfit = misfit(SketcherTraceInput)
const stateMisfit = misfit(SketcherTraceState)

// How long it waits decides nothing that a trace shows.
const timers = { fastReadMs: 1, retransmitMs: 1, readmitMs: 1 }

const configOf = ({ protocol, node, n, f, quorum }: AnyHeader): SketcherConfig => {
  if (node.kind !== "sketcher") throw new Error("a trace of a sketcher is asked for")
  const { id, from, to, firstTimestamp, replyQuorum, sketches, generation, maxStrikes } = node
  return {
    group: { n, f, quorum },
    id,
    firstClient: from,
    lanes: to - from + 1,
    firstTimestamp,
    replyQuorum,
    sketches,
    generation,
    maxStrikes,
    ...(protocol === "zyzzyva" ? { protocol } : {}),
    ...timers,
  }
}

/** The digest of a result, as sketches have it. */
export const sketchDigest =
  ({ resultDigest }: Pick<Digests, "resultDigest">) =>
  (result: Bytes): Digest =>
    chunkedDigest(resultDigest, result)

export class SketcherReplay implements ProcessReplay<SketcherEvent | SketcherGap> {
  readonly node: string
  #config: SketcherConfig
  readonly #digests: Pick<Digests, "resultDigest">
  #state: SketcherState

  constructor(header: AnyHeader, digests: Pick<Digests, "resultDigest">) {
    this.#config = configOf(header)
    this.node = `sketcher ${this.#config.id}`
    this.#digests = digests
    this.#state = initSketcher(this.config)
  }

  get config(): SketcherConfig {
    return this.#config
  }

  take(line: StepLine): SketcherEvent {
    const { place } = line
    const { n, client } = line.step
    const at: At = { place, node: this.node, step: n }
    const { config } = this
    if (client !== undefined) badField(at, "client", "this is a sketcher's trace")
    fits(at, "in", inputMisfit(line.step.in))
    const traced = line.step.in as SketcherTraceInput
    if ("replica" in traced) knownReplica(at, traced.replica, config.group.n)
    const before = this.#state
    const digestOf = sketchDigest(this.#digests)
    const input = sketcherInputOf(traced, { config, before, digestOf })
    const step = possible(at, () => stepSketcher(config, before, input))
    sameLine(at, sketcherLine(n, before, step, input), line)
    this.#state = step.state
    return { _tag: "SketcherStep", place, n, config, before, input, step, said: line }
  }

  drop(line: DropLine): SketcherGap {
    const { place, drop } = line
    const at: At = { place, node: this.node, step: drop.n }
    fits(at, "state", stateMisfit(drop.state))
    const data = drop.state as typeof SketcherTraceState.Type
    const { lanes, group } = this.config
    if (data.lanes.length !== lanes) badField(at, "state.lanes", `one for each of ${lanes}`)
    if (data.strikes.length !== group.n) {
      badField(at, "state.strikes", `one for each of ${group.n} replicas`)
    }
    for (const { client } of data.lanes) {
      if (client.views.length !== group.n) {
        badField(at, "state.lanes", `one view for each of ${group.n} replicas`)
      }
      const heard = "replies" in client ? client.replies : client.responses
      for (const { replica } of heard) knownReplica(at, replica, group.n, "state.lanes")
    }
    this.#state = possible(at, () => fromFullSketcherProjection(this.config, data))
    const { dropped } = drop
    return { _tag: "SketcherGap", place, dropped, config: this.config, after: this.#state }
  }

  /** A new start: with an empty table, and timestamps above those used before. */
  beginAgain({ header, place, dropped }: NewStart<AnyHeader>): SketcherGap {
    const used = this.#state.lanes.map(
      ({ client }, k) => [this.#config.firstClient + k, client.timestamp] as const,
    )
    newTimestamps(place, used, header)
    this.#config = configOf(header)
    this.#state = initSketcher(this.#config)
    return { _tag: "SketcherGap", place, dropped, config: this.#config, after: this.#state }
  }
}
