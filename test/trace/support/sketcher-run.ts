/** Random runs of one sketcher, as it would have written them down. */
import { endLine, header } from "../../../src/core/pbft/trace.ts"
import type { Authentic, Reply } from "../../../src/core/pbft/message.ts"
import {
  isZyzzyvaClient,
  type LaneMessage,
  resultOf,
} from "../../../src/core/prophecy/lane-client.ts"
import { decodePlaced, encodePlaced } from "../../../src/core/prophecy/position.ts"
import type { SketcherInput, SketcherState } from "../../../src/core/prophecy/sketcher-state.ts"
import { initSketcher, stepSketcher } from "../../../src/core/prophecy/sketcher.ts"
import { sketcherLine } from "../../../src/core/prophecy/trace.ts"
import { header as zyzzyvaHeader } from "../../../src/core/zyzzyva/trace.ts"
import type { TraceHeader } from "../../../src/core/trace-event.ts"
import { Random } from "../../../src/sim/random.ts"
import type { SketcherEvent } from "../../../src/trace-check/event.ts"
import { deepFreeze } from "../../support/deep-freeze.ts"
import { digestOf, sketcherConfig } from "../../support/prophecy.ts"

export const config = sketcherConfig({ firstClient: 3, generation: 2 })

export const headerOf = (
  incarnation: number,
  firstTimestamp: number,
  protocol: "pbft" | "zyzzyva" = "pbft",
): string => {
  const { firstClient: from, lanes, replyQuorum, sketches, generation, maxStrikes } = config
  const { id, group } = config
  const table = { replyQuorum, sketches, generation, maxStrikes }
  const own = { from, to: from + lanes - 1, firstTimestamp, ...table }
  const pbft = { checkpointInterval: 4, logSize: 8, maxBatch: 4, clients: 8 }
  const fast = { replyQuorum: 2, readOnly: false, maxTentative: 0, fetchDecisions: false }
  const of = { run: "r", protocol: "pbft", spec: "0".repeat(64), startedAt: "now" } as const
  const node = { kind: "sketcher", id, ...own } as const
  if (protocol === "zyzzyva") {
    const how = { protocol, rule: "corrected", confirmViews: false } as const
    return zyzzyvaHeader({ ...of, ...group, ...pbft, ...how, node, incarnation })
  }
  const all = { ...of, ...group, ...pbft, ...fast, node, incarnation }
  return header(all as TraceHeader)
}

/** What a replica says in a lane before Zyzzyva: of two histories, and of what was shown. */
const zyzzyvaWord = (random: Random, { lanes }: SketcherState): LaneMessage => {
  const lane = random.below(config.lanes)
  const { timestamp = 0 } = lanes[lane]?.client ?? {}
  const seq = 1 + lane + config.lanes * timestamp
  const place = { view: 0, seq, history: random.below(8) === 0 ? "g" : "h" }
  const of = { client: config.firstClient + lane, replica: random.below(4) }
  const shown = lanes[lane]?.client
  const certificate = shown !== undefined && isZyzzyvaClient(shown) ? shown.certificate : undefined
  if (certificate !== undefined && random.below(2) === 0) {
    const { view, history } = certificate
    return { _tag: "LocalCommit", view, seq: certificate.seq, history, ...of } as LaneMessage
  }
  const result = encodePlaced({ position: { seq, place: 0 }, result: "v" })
  const signature = { signature: "" }
  return { _tag: "SpecResponse", ...place, ...signature, timestamp, result, ...of } as LaneMessage
}

/** What comes next, at random: mostly what a running sketcher is given. */
const inputOf = (
  random: Random,
  state: SketcherState,
  id: number,
  { sessions, digest, protocol }: Required<Omit<RunOptions, "firstTimestamp">>,
): SketcherInput => {
  const replica = random.below(4)
  const call = state.calls[random.below(Math.max(1, state.calls.length))]
  const result = random.below(2) === 0 ? "v" : `v${random.below(3)}`
  // Zyzzyva's clients need more answers.
  switch (random.below(protocol === "zyzzyva" ? 24 : 9)) {
    case 0:
    case 1: {
      const key = `q${random.below(6)}`
      const fresh = random.below(8) === 0
      const after = { seq: sessions ? random.below(4) : 0, place: 0 }
      return { _tag: "Read", id, key, operation: key, fresh, after, replica }
    }
    case 2:
      return { _tag: "Write", id, operation: `w${id}` }
    case 3: {
      const known = { id: call?.id ?? 0, replica: call?.replica ?? replica }
      const message = { _tag: "FastReply", sketcher: config.id, ...known, result } as const
      const authentic = message as Extract<SketcherInput, { _tag: "FastReply" }>["message"]
      return { _tag: "FastReply", message: authentic, digest: digest(result) }
    }
    case 4:
      return { _tag: "FastTimeout", id: call?.id ?? 0 }
    case 5:
      return { _tag: "Retransmit", lane: random.below(config.lanes) }
    case 6:
      return random.below(2) === 0
        ? { _tag: "Readmit", replica }
        : { _tag: "GiveUp", id: call?.id ?? 0 }
    default: {
      if (protocol === "zyzzyva") {
        const message = zyzzyvaWord(random, state)
        const lane = state.lanes[message.client - config.firstClient]?.client
        const said = decodePlaced(resultOf(lane, message)).result
        return { _tag: "Reply", message, digest: digest(said) }
      }
      const lane = random.below(config.lanes)
      const { timestamp = 0 } = state.lanes[lane]?.client ?? {}
      const placed = encodePlaced({ position: { seq: 1 + (id >> 3), place: 0 }, result: "v" })
      const of = { view: 0, client: config.firstClient + lane, timestamp, replica }
      const message = { _tag: "Reply", ...of, result: placed } as Authentic<Reply>
      return { _tag: "Reply", message, digest: digest("v") }
    }
  }
}

interface Recorded {
  readonly lines: ReadonlyArray<string>
  readonly states: ReadonlyArray<SketcherState>
  readonly events: ReadonlyArray<SketcherEvent>
}

export interface RunOptions {
  /** Without them no client says what it has seen. */
  readonly sessions?: boolean
  /** Timestamps start above this one. */
  readonly firstTimestamp?: number
  /** Of results; one that tests can read by default. */
  readonly digest?: (result: string) => string
  /** Of the group behind the lanes. */
  readonly protocol?: "pbft" | "zyzzyva"
}

/** A run of so many steps. */
export const record = (seed: number, steps: number, options: RunOptions = {}): Recorded => {
  const { sessions = true, firstTimestamp = 0, digest = digestOf, protocol = "pbft" } = options
  const of = protocol === "zyzzyva" ? { protocol, commitMs: 10 } : {}
  const own = { ...config, firstTimestamp, ...of }
  const random = new Random(seed, "sketcher")
  const lines: Array<string> = []
  const events: Array<SketcherEvent> = []
  const states: Array<SketcherState> = [deepFreeze(initSketcher(own))]
  for (let n = 1; n <= steps; n++) {
    const before = states.at(-1) as SketcherState
    const input = deepFreeze(inputOf(random, before, n, { sessions, digest, protocol }))
    const step = stepSketcher(own, before, input)
    lines.push(sketcherLine(n, before, step, input))
    states.push(deepFreeze(step.state))
    const place = { file: "s", line: n + 1 }
    events.push({
      _tag: "SketcherStep",
      place,
      n,
      config: own,
      before,
      input,
      step,
      said: { post: {} },
    })
  }
  return { lines, states, events }
}

export const fileOf = (
  lines: ReadonlyArray<string>,
  steps = lines.length,
  first = headerOf(0, 0),
): string => [first, ...lines, endLine(steps, 0), ""].join("\n")
