/**
 * What a state in a trace must keep beside its schema, so that the model can go on from it: the
 * type invariants of spec/tla/Pbft.tla (`SeqnoTypeOK`, `SlotTypeOK`, `ExecutedTypeOK`, ...).
 */
import type { ReplicaData, VoteData } from "../core/pbft/projection.ts"
import type { Config } from "../core/pbft/state.ts"
import type { Malformed } from "../core/trace-event.ts"

type Test = readonly [path: string, holds: boolean, problem: string]

const firstBad = (tests: Iterable<Test>): Malformed | undefined => {
  for (const [path, holds, problem] of tests) {
    if (!holds) return { _tag: "Malformed", path, problem }
  }
  return undefined
}

/** The first type invariant that `data` breaks. */
export const stateMisfit = (config: Config, data: ReplicaData): Malformed | undefined =>
  firstBad(tests(config, data))

function* tests(config: Config, data: ReplicaData): Generator<Test> {
  const { low } = data
  const high = low + config.logSize
  const inWindow = (seq: number): boolean => seq > low && seq <= high
  const isCheckpoint = (seq: number): boolean => seq % config.checkpointInterval === 0
  const within = `between low = ${low} and low + L = ${high}`
  yield ["low", isCheckpoint(low), `${low} is no checkpoint number`]
  yield ["seqno", data.seqno <= high, `${data.seqno} is above low + L = ${high}`]
  yield ["executed", data.executed >= low && data.executed <= high, `must be ${within}`]
  yield* data.queue.map(({ client }, k): Test => known(config, `queue[${k}]`, client))
  yield* data.table.map(({ client }, k): Test => known(config, `table[${k}]`, client))
  for (const [k, { seq, phase, batch, digest, prepares, commits }] of data.slot.entries()) {
    const path = `slot[${k}]`
    yield [`${path}.seq`, inWindow(seq), `${seq} must be ${within}`]
    const empty = phase === "empty"
    yield [path, empty === (batch.length === 0), "a batch is there exactly where a phase is"]
    const right = empty ? "" : config.batchDigest(batch)
    yield [`${path}.digest`, digest === right, `is not the batch's: ${right}`]
    yield* voters(config, `${path}.prepares`, prepares)
    yield* voters(config, `${path}.commits`, commits)
    yield* batch.map(({ client }, j): Test => known(config, `${path}.batch[${j}]`, client))
  }
  yield ["checkpoints", data.checkpoints[0]?.seq === low, `the first must be at low = ${low}`]
  for (const [k, { seq, table }] of data.checkpoints.entries()) {
    const path = `checkpoints[${k}]`
    const fits = isCheckpoint(seq) && seq >= low && seq <= high
    yield [`${path}.seq`, fits, `${seq} must be a checkpoint number ${within}`]
    yield* table.map(({ client }, j): Test => known(config, `${path}.table[${j}]`, client))
  }
  for (const [k, { seq, votes }] of data.checkpointVotes.entries()) {
    const path = `checkpointVotes[${k}]`
    const fits = isCheckpoint(seq) && inWindow(seq)
    yield [`${path}.seq`, fits, `${seq} must be a checkpoint number ${within}`]
    yield* voters(config, `${path}.votes`, votes)
  }
}

const known = (config: Config, path: string, client: number): Test => [
  `${path}.client`,
  client < config.clients,
  `there is no client ${client} of ${config.clients}`,
]

const voters = (config: Config, path: string, votes: ReadonlyArray<VoteData>): Array<Test> =>
  votes.map(({ replica }, k) => [
    `${path}[${k}].replica`,
    replica < config.group.n,
    `there is no replica ${replica} of ${config.group.n}`,
  ])
