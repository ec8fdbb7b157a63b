/**
 * What a state in a trace must keep beside its schema, so that the model can go on from it: the
 * type invariants of spec/tla/Pbft.tla (`SeqnoTypeOK`, `SlotTypeOK`, `ExecutedTypeOK`, ...).
 */
import type { FetchedBatchData } from "../core/pbft/change-data.ts"
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
  yield ["active", data.active || data.view > 0, "view 0 needs no NEW-VIEW"]
  yield* data.queue.map(({ client }, k): Test => known(config, `queue[${k}]`, client))
  yield* data.table.map(({ client }, k): Test => known(config, `table[${k}]`, client))
  for (const [k, { seq, phase, batch, digest, prepares, commits }] of data.slot.entries()) {
    const path = `slot[${k}]`
    yield [`${path}.seq`, inWindow(seq), `${seq} must be ${within}`]
    const empty = phase === "empty"
    // The null request of a new view is an empty batch.
    const hasBatch = batch.length > 0 || (!empty && data.view > 0)
    yield [path, empty !== hasBatch, "a batch is there exactly where a phase is"]
    yield [path, data.active, "no slot while the view changes"]
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
    // Above the window stands of each replica the last that it vouched for.
    const fits = isCheckpoint(seq) && seq > low
    yield [`${path}.seq`, fits, `${seq} must be a checkpoint number above low = ${low}`]
    yield* voters(config, `${path}.votes`, votes)
  }
  yield* entryTests(config, data)
  yield* changeTests(config, data)
}

// P and Q: PsetTypeOK and QsetTypeOK.
function* entryTests(config: Config, data: ReplicaData): Generator<Test> {
  const { low, view, pset, qset } = data
  const high = low + config.logSize
  for (const [name, entries] of [["pset", pset] as const, ["qset", qset] as const]) {
    for (const [k, e] of entries.entries()) {
      const path = `${name}[${k}]`
      const fits = e.seq > low && e.seq <= high
      yield [`${path}.seq`, fits, `${e.seq} must be between low = ${low} and low + L = ${high}`]
      yield [`${path}.view`, e.view <= view, `${e.view} is above the view ${view}`]
      const last = entries[k - 1]
      const after = last === undefined || last.seq < e.seq
      const next = after || (name === "qset" && last.seq === e.seq && last.digest < e.digest)
      yield [path, next, "entries must ascend, by sequence number and then by digest"]
    }
  }
  for (const [k, { batch, digest }] of qset.entries()) {
    yield* held(config, `qset[${k}]`, { batch, digest })
  }
}

// How far a view change has come: ViewChangesTypeOK, NewViewTypeOK and FetchedTypeOK.
function* changeTests(config: Config, data: ReplicaData): Generator<Test> {
  const { view, active, viewChanges, newView, fetched } = data
  const { n } = config.group
  const noReplica = (replica: number): string => `there is no replica ${replica} of ${n}`
  for (const [k, { replica }] of viewChanges.entries()) {
    const path = `viewChanges[${k}]`
    yield [`${path}.replica`, replica < n, noReplica(replica)]
    yield [path, (viewChanges[k - 1]?.replica ?? -1) < replica, "must ascend, one a replica"]
  }
  yield ["newView", newView !== null || !active || view === 0, `view ${view} has begun with one`]
  if (newView !== null) {
    yield ["newView.view", newView.view === view, `must be of the view ${view}`]
    yield ["newView.replica", newView.replica < n, noReplica(newView.replica)]
    for (const [k, { replica }] of newView.changes.entries()) {
      yield [`newView.changes[${k}].replica`, replica < n, noReplica(replica)]
    }
  }
  for (const [k, { digest, batch }] of fetched.entries()) {
    yield [`fetched[${k}]`, !active && newView !== null, "only for a new view"]
    yield* held(config, `fetched[${k}]`, { digest, batch })
  }
}

function* held(config: Config, path: string, { digest, batch }: FetchedBatchData): Generator<Test> {
  const right = config.batchDigest(batch)
  yield [`${path}.digest`, digest === right, `is not the batch's: ${right}`]
  yield* batch.map(({ client }, j): Test => known(config, `${path}.batch[${j}]`, client))
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
