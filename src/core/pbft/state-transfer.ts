/**
 * State transfer: TOCS section 6.2; spec/tla/Pbft.tla, section "State transfer". The state of a
 * checkpoint is one message here, known by its digest. That the driver fetches it in chunks under a
 * Merkle tree, from several replicas, only where it differs from what is held, and goes on after
 * losses, is outside: the digest of the checkpoint says what the chunks must be.
 */
import * as ClientTable from "../client-table.ts"
import { noDigest, type Seq } from "../ids.ts"
import { ignore } from "../machine.ts"
import { primaryOf, weakQuorum } from "../quorum.ts"
import * as Votes from "../votes.ts"
import { stabilise, stabiliseAt, vote } from "./checkpointing.ts"
import { executeHead } from "./execution.ts"
import type { Authentic, FetchState, Numbered, State as StateMessage } from "./message.ts"
import { newReads } from "./reads.ts"
import { highAt, reached } from "./rejoin.ts"
import { assignedIn } from "./restart.ts"
import { type Config, type Effect, type PbftStep, type State, settledSeq } from "./state.ts"

const isAbove = (state: State, seq: Seq): boolean => seq > highAt(state, state.log.low)

/**
 * A digest is right when f + 1 vouch for it, of whom one is correct. A window is left behind only
 * for a stable checkpoint: 2f + 1 vouch for that, the replica itself once it holds the state.
 */
const vouched = (config: Config, state: State): ReadonlyArray<Numbered> =>
  state.checkpointVotes.flatMap(({ seq, votes }) => {
    const needed = isAbove(state, seq) ? config.group.quorum - 1 : weakQuorum(config.group)
    const digests = [...new Set(votes)].filter((d) => d !== noDigest) // order-free: each by itself
    return digests
      .filter((digest) => Votes.count(votes, digest) >= needed)
      .map((digest) => ({ seq, digest }))
  })

/** The checkpoints, ascending, whose state the replica may fetch: it has not come so far. */
export const wantedStates = (config: Config, state: State): ReadonlyArray<Numbered> => {
  const wanted = vouched(config, state).slice()
  const start = state.active ? undefined : state.newView?.start
  if (start !== undefined && !wanted.some((c) => isSame(c, start))) {
    wanted.push({ seq: start.seq, digest: start.digest })
  }
  return wanted
    .filter(({ seq }) => seq > settledSeq(state) && seq % config.checkpointInterval === 0)
    .sort((a, b) => a.seq - b.seq)
}

const isSame = (a: Numbered, b: Numbered): boolean => a.seq === b.seq && a.digest === b.digest

/** SendFetchState (TOCS section 6.2). A replica asks for the state of a checkpoint it lacks. */
export const sendFetchState = (config: Config, state: State, checkpoint: Numbered): PbftStep => {
  if (!config.canFetch) return ignore(state, "FetchesNothing")
  if (!wantedStates(config, state).some((c) => isSame(c, checkpoint))) {
    return ignore(state, "UnwantedState")
  }
  const { seq, digest } = checkpoint
  const message = { _tag: "FetchState" as const, seq, digest, replica: config.id }
  return { state, effects: [{ _tag: "Broadcast", message }], action: "SendFetchState" }
}

/** RecvFetchState (TOCS section 6.2). Who holds the checkpoint gives its state. */
export const recvFetchState = (
  config: Config,
  state: State,
  m: Authentic<FetchState>,
): PbftStep => {
  if (m.replica === config.id) return ignore(state, "FromSelf")
  const held = state.checkpoints.find((c) => isSame(c, m))
  if (held === undefined) return ignore(state, "UnknownCheckpoint")
  const { seq, service, table } = held
  const message = { _tag: "State" as const, seq, service, table: ClientTable.entries(table) }
  return {
    state,
    effects: [{ _tag: "SendToReplicas", replicas: [m.replica], message }],
    action: "RecvFetchState",
  }
}

/**
 * RecvState (TOCS section 6.2). The state of a checkpoint that is lacked. From here on the replica
 * has executed up to it, answers what was executed meanwhile, and vouches for it like the others.
 */
export const recvState = (config: Config, state: State, m: Authentic<StateMessage>): PbftStep => {
  const { seq, service } = m
  if (m.table.length !== config.clients) return ignore(state, "WrongTableSize")
  const digest = config.checkpointDigest(seq, service, m.table)
  if (!wantedStates(config, state).some((c) => isSame(c, { seq, digest }))) {
    return ignore(state, "UnwantedState")
  }
  const held = hold(config, state, m)
  const { recovery, effects: point } = reached(config, state, { table: held.table, seq })
  const restored = { ...held, recovery }
  const moved = isAbove(state, seq)
    ? stabiliseAt(config, restored, seq)
    : stabilise(config, withOwnVote(config, restored, { seq, digest }), seq)
  const next = { ...moved.state, assigned: assignedAfter(config, moved.state) }
  const effects: ReadonlyArray<Effect> = [
    {
      _tag: "Persist",
      record: { _tag: "CheckpointTaken", seq, digest, service, table: m.table },
    },
    ...point,
    { _tag: "Restore", seq },
    ...moved.effects,
    { _tag: "Broadcast", message: { _tag: "Checkpoint", seq, digest, replica: config.id } },
    ...newReads(state, next),
    ...executeHead(config, state, next),
  ]
  return { state: next, effects, action: "RecvState" }
}

// The state with the checkpoint: what it says was executed waits no more.
const hold = (config: Config, state: State, { seq, service, table: all }: StateMessage): State => {
  const table = ClientTable.fromEntries(all)
  const digest = config.checkpointDigest(seq, service, all)
  const checkpoints = [
    ...state.checkpoints.filter((c) => c.seq < seq),
    { seq, digest, service, table },
  ]
  const queue = state.queue.filter((r) => r.timestamp > ClientTable.get(table, r.client).timestamp)
  const leads = state.active && primaryOf(config.group, state.view) === config.id
  const seqno = leads && isAbove(state, seq) ? seq : state.seqno
  return { ...state, executed: seq, table, undo: undefined, checkpoints, queue, seqno }
}

const withOwnVote = (config: Config, state: State, { seq, digest }: Numbered): State => ({
  ...state,
  checkpointVotes: vote(state.checkpointVotes, seq, config.id, digest),
})

const assignedAfter = (config: Config, state: State): ReadonlyArray<number> => {
  const { active, view, assigned } = state
  const none = assigned.map(() => 0)
  const leads = active && primaryOf(config.group, view) === config.id
  return leads ? assignedIn({ ...state, assigned: none }) : assigned
}
