/** Random runs of one sketcher, as it would have written them down. */
import { endLine, header } from "../../../src/core/pbft/trace.ts"
import type { Authentic, Reply } from "../../../src/core/pbft/message.ts"
import { encodePlaced } from "../../../src/core/prophecy/position.ts"
import type { SketcherInput, SketcherState } from "../../../src/core/prophecy/sketcher-state.ts"
import { initSketcher, stepSketcher } from "../../../src/core/prophecy/sketcher.ts"
import { sketcherLine } from "../../../src/core/prophecy/trace.ts"
import type { TraceHeader } from "../../../src/core/trace-event.ts"
import { Random } from "../../../src/sim/random.ts"
import type { SketcherEvent } from "../../../src/trace-check/event.ts"
import { deepFreeze } from "../../support/deep-freeze.ts"
import { digestOf, sketcherConfig } from "../../support/prophecy.ts"

export const config = sketcherConfig({ firstClient: 3, generation: 2 })

export const headerOf = (incarnation: number, firstTimestamp: number): string => {
  const { firstClient: from, lanes, replyQuorum, sketches, generation, maxStrikes } = config
  const { id, group } = config
  const table = { replyQuorum, sketches, generation, maxStrikes }
  const own = { from, to: from + lanes - 1, firstTimestamp, ...table }
  const pbft = { checkpointInterval: 4, logSize: 8, maxBatch: 4, clients: 8 }
  const fast = { replyQuorum: 2, readOnly: false, maxTentative: 0, fetchDecisions: false }
  const of = { run: "r", protocol: "pbft", spec: "0".repeat(64), startedAt: "now" } as const
  const node = { kind: "sketcher", id, ...own } as const
  const all = { ...of, ...group, ...pbft, ...fast, node, incarnation }
  return header(all as TraceHeader)
}

/** What comes next, at random: mostly what a running sketcher is given. */
const inputOf = (
  random: Random,
  state: SketcherState,
  id: number,
  { sessions, digest }: { readonly sessions: boolean; readonly digest: (result: string) => string },
): SketcherInput => {
  const replica = random.below(4)
  const call = state.calls[random.below(Math.max(1, state.calls.length))]
  const result = random.below(2) === 0 ? "v" : `v${random.below(3)}`
  switch (random.below(9)) {
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
}

/** A run of so many steps. */
export const record = (
  seed: number,
  steps: number,
  { sessions = true, firstTimestamp = 0, digest = digestOf }: RunOptions = {},
): Recorded => {
  const own = { ...config, firstTimestamp }
  const random = new Random(seed, "sketcher")
  const lines: Array<string> = []
  const events: Array<SketcherEvent> = []
  const states: Array<SketcherState> = [deepFreeze(initSketcher(own))]
  for (let n = 1; n <= steps; n++) {
    const before = states.at(-1) as SketcherState
    const input = deepFreeze(inputOf(random, before, n, { sessions, digest }))
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
