/** A sketcher in tests: inputs in few words, every state frozen. */
import type { Authentic, Reply } from "../../src/core/pbft/message.ts"
import type { FastReply } from "../../src/core/prophecy/message.ts"
import { encodePlaced, nowhere, type Position } from "../../src/core/prophecy/position.ts"
import { initSketcher, stepSketcher } from "../../src/core/prophecy/sketcher.ts"
import type {
  Respond,
  SketcherConfig,
  SketcherEffect,
  SketcherInput,
  SketcherState,
} from "../../src/core/prophecy/sketcher-state.ts"
import { deepFreeze } from "./deep-freeze.ts"

export const sketcherConfig = (part: Partial<SketcherConfig> = {}): SketcherConfig => ({
  group: { n: 4, f: 1, quorum: 3 },
  id: 0,
  firstClient: 0,
  lanes: 2,
  firstTimestamp: 0,
  replyQuorum: 2,
  sketches: true,
  generation: 4,
  maxStrikes: 2,
  fastReadMs: 50,
  retransmitMs: 200,
  readmitMs: 1000,
  ...part,
})

/** A digest that tests can read. */
export const digestOf = (result: string): string => `#${result}`

/** Drives one sketcher and keeps what it asked for last. */
export class SketcherTester {
  readonly config: SketcherConfig
  state: SketcherState
  effects: ReadonlyArray<SketcherEffect> = []
  action = ""

  constructor(part: Partial<SketcherConfig> = {}) {
    this.config = deepFreeze(sketcherConfig(part))
    this.state = deepFreeze(initSketcher(this.config))
  }

  give(input: SketcherInput): this {
    const took = stepSketcher(this.config, this.state, deepFreeze(input))
    this.state = deepFreeze(took.state)
    this.effects = took.effects
    this.action = took.action
    return this
  }

  read(
    id: number,
    key: string,
    part: { replica?: number; fresh?: boolean; after?: Position } = {},
  ): this {
    const { replica = 0, fresh = false, after = nowhere } = part
    return this.give({ _tag: "Read", id, key, operation: key, fresh, after, replica })
  }

  write(id: number, operation: string): this {
    return this.give({ _tag: "Write", id, operation })
  }

  fastReply(id: number, replica: number, result: string, sketcher = 0): this {
    const message = { _tag: "FastReply", sketcher, id, replica, result } as Authentic<FastReply>
    return this.give({ _tag: "FastReply", message, digest: digestOf(result) })
  }

  reply(lane: number, replica: number, result: string, position: Position): this {
    const { timestamp } = this.state.lanes[lane]?.client ?? { timestamp: 0 }
    const client = this.config.firstClient + lane
    const placed = encodePlaced({ position, result })
    const of = { view: 0, client, timestamp, replica }
    const message = { _tag: "Reply", ...of, result: placed } as Authentic<Reply>
    return this.give({ _tag: "Reply", message, digest: digestOf(result) })
  }

  /** The answers of two correct replicas to the call of a lane. */
  replicated(lane: number, result: string, seq: number, place = 0): this {
    const position = { seq, place }
    return this.reply(lane, 1, result, position).reply(lane, 2, result, position)
  }

  /** The answers that were given to clients by the last input. */
  responses(): ReadonlyArray<Respond> {
    return this.effects.filter((e) => e._tag === "Respond")
  }
}
