/**
 * Random schedules of one replica: what it is told is drawn against its state, so that most inputs
 * fit and some do not. The others need not be correct: every well-formed message may come.
 */
import fc from "fast-check"
import type { Execute } from "../../src/core/effect.ts"
import { pendingExecution } from "../../src/core/pbft/execution.ts"
import type { Config, DurableRecord, Input, State } from "../../src/core/pbft/state.ts"
import type { Batch } from "../../src/core/request.ts"
import { primaryOf } from "../../src/core/quorum.ts"
import * as Window from "../../src/core/window.ts"
import { anyChange, helpToChange } from "./change-schedule.ts"
import {
  batchDigest,
  checkpoint,
  commit,
  executed,
  prePrepare,
  prepare,
  propose,
  receive,
  receiveHalf,
  request,
  signed,
} from "./pbft.ts"

/** Where a schedule stands: the replica's state and all that it ever wrote to its disk. */
export interface Standing {
  readonly config: Config
  readonly state: State
  readonly written: ReadonlyArray<DurableRecord>
}

/** One draw: it becomes an input once the state is known. */
export interface Choice {
  readonly name: string
  readonly input: (standing: Standing) => Input
}

const batches: ReadonlyArray<Batch> = [
  [signed(0, 1)],
  [signed(1, 1, "b")],
  [signed(0, 2), signed(1, 1, "b")],
  [signed(1, 2, "c"), signed(1, 3, "d")],
  [signed(0, 3)],
]

const slotDigest = ({ state }: Standing, seq: number): string =>
  Window.covers(state.log, seq) ? Window.get(state.log, seq).digest : ""

/** The digest that fits the replica's slot, or where `other` says so one of any batch. */
const voteDigest = (at: Standing, seq: number, other: number): string =>
  slotDigest(at, seq) !== "" && other > 0
    ? slotDigest(at, seq)
    : batchDigest(batches[other % batches.length] as Batch)

// Added to the replica's own view.
const view = fc.oneof(
  { weight: 30, arbitrary: fc.constant(0) },
  { weight: 1, arbitrary: fc.constant(1) },
)
const replica = fc.nat(3)
// From the low watermark (just outside) to one above the high one, low numbers more often.
const offset = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 1, max: 2 }) },
  { weight: 2, arbitrary: fc.nat(5) },
)
const other = fc.nat(8)

const chosen = <A>(
  name: string,
  parts: fc.Arbitrary<A>,
  input: (at: Standing, parts: A) => Input,
) =>
  parts.map(
    (p): Choice => ({
      name: `${name} ${JSON.stringify(p)}`,
      input: (at) => input(at, p),
    }),
  )

const low = (at: Standing): number => at.state.log.low

const requests = chosen(
  "request",
  fc.record({ client: fc.nat(2), timestamp: fc.nat(6) }),
  (_, { client, timestamp }) => receive(request(client, timestamp)),
)

const prePrepares = chosen(
  "pre-prepare",
  fc.record({
    offset,
    batch: fc.nat(4),
    failed: fc.array(fc.nat(1), { maxLength: 1 }),
    view,
    primary: fc.nat(9),
  }),
  (at, c) => {
    const batch = batches[c.batch] as Batch
    const own = at.state.view + c.view
    const primary = primaryOf(at.config.group, own)
    const changed = { view: own, replica: c.primary === 0 ? (primary + 2) % 4 : primary }
    return receiveHalf(prePrepare(low(at) + c.offset, batch, changed), c.failed)
  },
)

const votes = chosen(
  "vote",
  fc.record({ commit: fc.boolean(), replica, offset, other, view }),
  (at, c) => {
    const seq = low(at) + c.offset
    const digest = voteDigest(at, seq, c.other)
    return receive((c.commit ? commit : prepare)(c.replica, seq, digest, at.state.view + c.view))
  },
)

const checkpoints = chosen(
  "checkpoint",
  fc.record({ replica, offset: fc.constantFrom(0, 1, 2, 2, 4, 6), other }),
  (at, c) => {
    const seq = low(at) + c.offset
    const own = at.state.checkpoints.find((taken) => taken.seq === seq)
    return receive(checkpoint(c.replica, seq, own !== undefined && c.other > 0 ? own.digest : "?"))
  },
)

/** The answer of a service whose results and state tell the place in the order. */
const execution = ({ seq, requests, checkpoint }: Execute): Input => {
  const results = requests.map((r) => `${seq}.${r.operation}`)
  return executed(seq, results, checkpoint ? `s${seq}` : "")
}

const executions = chosen("execute", fc.nat(9), (at, wrong) => {
  const pending = pendingExecution(at.config, at.state)
  if (pending === undefined || wrong === 0) return executed(at.state.executed + 1, ["?"])
  return execution(pending)
})

// What others say that they executed, at the next number or beyond; and that they are told.
const claims = chosen(
  "claim",
  fc.record({ replica, offset: fc.constantFrom(0, 1, 1, 1, 2), other, tells: fc.nat(4) }),
  (at, c) => {
    const seq = at.state.executed + c.offset
    if (c.tells === 0) return { _tag: "Tell", seq, replica: c.replica }
    const digest = voteDigest(at, seq, c.other)
    if (c.tells > 1) return receive({ _tag: "Committed", seq, digest, replica: c.replica })
    return receive({ _tag: "Batch", batch: batches[c.other % batches.length] as Batch })
  },
)

const restarts = chosen("restart", fc.constant(null), (at) => ({
  _tag: "Restart",
  durable: at.written,
}))

/** Inputs that would take the replica further from where it stands, as correct others send them. */
const helpful = (at: Standing, which: number): ReadonlyArray<Input> => {
  const { config, state } = at
  if (!state.active) return helpToChange(config, state, which)
  const { view } = state
  const primary = primaryOf(config.group, view)
  const pending = pendingExecution(config, state)
  // One in three goes on with the next number while the service is still at work.
  if (pending !== undefined && which % 3 !== 0) return [execution(pending)]
  const votes = state.checkpoints
    .filter(({ seq }) => seq > low(at))
    .flatMap(({ seq, digest }) => others(config).map((r) => receive(checkpoint(r, seq, digest))))
  const seq = state.executed + (pending === undefined ? 1 : 2)
  if (!Window.covers(state.log, seq)) return votes
  const { phase, digest } = Window.get(state.log, seq)
  if (phase !== "empty") {
    const cast = phase === "prepared" ? commit : prepare
    return [...votes, ...others(config).map((r) => receive(cast(r, seq, digest, view)))]
  }
  const client = which % config.clients
  const fresh = signed(client, (state.table.chunks[0]?.[client]?.timestamp ?? 0) + 1)
  if (config.id !== primary) {
    return [...votes, receive(prePrepare(seq, [fresh], { view, replica: primary }))]
  }
  return state.queue.length > 0
    ? [...votes, propose(1)]
    : [...votes, receive({ _tag: "Request", ...fresh })]
}

const others = (config: Config): ReadonlyArray<number> =>
  [0, 1, 2, 3].filter((r) => r !== config.id)

const help = chosen("help", fc.nat(30), (at, which) => {
  const inputs = helpful(at, which)
  return inputs[which % inputs.length] ?? propose(1)
})

const changes = chosen(
  "change",
  fc.record({ which: fc.nat(11), more: fc.nat(11) }),
  ({ config, state }, { which, more }) => anyChange(config, state, which, more),
)

/** Schedules of at most `length` draws. */
export const schedules = (length: number): fc.Arbitrary<ReadonlyArray<Choice>> =>
  fc.array(
    fc.oneof(
      { weight: 20, arbitrary: help },
      { weight: 3, arbitrary: requests },
      { weight: 3, arbitrary: chosen("propose", fc.nat(3), (_, count) => propose(count)) },
      { weight: 4, arbitrary: prePrepares },
      { weight: 14, arbitrary: votes },
      { weight: 3, arbitrary: checkpoints },
      { weight: 5, arbitrary: executions },
      { weight: 1, arbitrary: restarts },
      { weight: 2, arbitrary: changes },
      { weight: 6, arbitrary: claims },
    ),
    { maxLength: length, size: "max" },
  )
