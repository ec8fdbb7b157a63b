/** Random runs of a process of D-Prophecy's clients, as it would have written them down. */
import type { Authentic, Reply } from "../../../src/core/pbft/message.ts"
import { endLine, header } from "../../../src/core/pbft/trace.ts"
import {
  type DClientConfig,
  type DClientInput,
  type DClientState,
  initDClient,
  stepDClient,
} from "../../../src/core/prophecy/d-client.ts"
import type { SketchReply } from "../../../src/core/prophecy/d-message.ts"
import { dClientLine } from "../../../src/core/prophecy/d-trace.ts"
import { encodePlaced, nowhere } from "../../../src/core/prophecy/position.ts"
import type { TraceHeader } from "../../../src/core/trace-event.ts"
import { Random } from "../../../src/sim/random.ts"
import { deepFreeze } from "../../support/deep-freeze.ts"
import { digestOf } from "../../support/prophecy.ts"

const clients = [2, 3]
export const configOf = (id: number): DClientConfig => ({
  group: { n: 4, f: 1, quorum: 3 },
  id,
  firstTimestamp: 0,
  retransmitMs: 100,
  sketchMs: 100,
})

export const headerOf = (incarnation: number, firstTimestamp: number): string => {
  const own = { kind: "d-clients", from: 2, to: 3, firstTimestamp } as const
  const pbft = { n: 4, f: 1, quorum: 3, checkpointInterval: 4, logSize: 8, maxBatch: 4, clients: 8 }
  const fast = { replyQuorum: 2, readOnly: false, maxTentative: 0, fetchDecisions: false }
  const of = { run: "r", protocol: "pbft", spec: "0".repeat(64), startedAt: "now" } as const
  return header({ ...of, ...pbft, ...fast, node: own, incarnation } as TraceHeader)
}

/** Mostly one that has not answered yet. */
const replicaOf = (random: Random, { call, client }: DClientState): number => {
  const heard: ReadonlyArray<unknown> = call?.stage === "asked" ? call.sketches : client.replies
  const silent = heard.flatMap((answer, replica) => (answer === undefined ? [replica] : []))
  return silent.length === 0 || random.below(4) === 0 ? random.below(4) : random.one(silent)
}

/** What comes next, at random; the group's positions grow, so that nothing older is told. */
const inputOf = (random: Random, client: number, state: DClientState, n: number): DClientInput => {
  const { call } = state
  const replica = replicaOf(random, state)
  const seq = 1 + ((call?.id ?? n) >> 4)
  if (call === undefined || random.below(12) === 0) {
    const operation = `q${random.below(3)}`
    return random.below(3) === 0
      ? { _tag: "Write", id: n, operation: `w${n}` }
      : { _tag: "Read", id: n, operation, executor: replica }
  }
  if (random.below(15) === 0) return { _tag: "SketchTimeout", id: call.id }
  if (random.below(15) === 0) return { _tag: "Retransmit" }
  // (Now and then of nobody that is here.)
  const to = random.below(20) === 0 ? 9 : client
  if (call.stage === "asked") {
    const value = random.below(8) === 0 ? "w" : "v"
    const result = call.executor === replica ? value : undefined
    const digest = random.below(8) === 0 ? "" : digestOf(value)
    // (A liar may name a position where it has no sketch.)
    const at = digest === "" && random.below(3) > 0 ? nowhere : { seq, place: 0 }
    const said = { client: to, id: call.id, replica, digest, ...at, result }
    const message = { _tag: "SketchReply", ...said } as Authentic<SketchReply>
    return { _tag: "SketchReply", message, digest: result === undefined ? "" : digestOf(result) }
  }
  const { timestamp } = state.client
  const result = encodePlaced({ position: { seq, place: 0 }, result: "v" })
  const message = {
    _tag: "Reply",
    view: 0,
    client: to,
    timestamp,
    replica,
    result,
  } as Authentic<Reply>
  return { _tag: "Reply", message }
}

interface Recorded {
  readonly lines: ReadonlyArray<string>
  /** All states after each step, the first ones before. */
  readonly states: ReadonlyArray<ReadonlyMap<number, DClientState>>
  readonly fast: number
}

export const record = (seed: number, steps: number): Recorded => {
  const random = new Random(seed, "d-clients")
  const lines: Array<string> = []
  let now = new Map(clients.map((id) => [id, deepFreeze(initDClient(configOf(id)))]))
  const states: Array<ReadonlyMap<number, DClientState>> = [now]
  let fast = 0
  for (let n = 1; n <= steps; n++) {
    const client = random.one(clients)
    const before = now.get(client) as DClientState
    const input = deepFreeze(inputOf(random, client, before, n))
    const step = stepDClient(configOf(client), before, input)
    lines.push(dClientLine({ n, client }, before, step, input))
    now = new Map(now).set(client, deepFreeze(step.state))
    states.push(now)
    fast += step.effects.filter((e) => e._tag === "Respond" && e.path === "fast").length
  }
  return { lines, states, fast }
}

export const fileOf = (lines: ReadonlyArray<string>, steps = lines.length): string =>
  [headerOf(0, 0), ...lines, endLine(steps, 0), ""].join("\n")
