/**
 * Checkpoints, their certificates, and garbage collection: OSDI '99 section 4.3, TOCS section
 * 4.4; spec/tla/Pbft.tla, section "Checkpoints".
 */
import * as ClientTable from "../client-table.ts"
import { type Digest, noDigest, type Seq } from "../ids.ts"
import { ignore, none } from "../machine.ts"
import * as Votes from "../votes.ts"
import * as Window from "../window.ts"
import type { Authentic, Checkpoint } from "./message.ts"
import {
  type CheckpointVotes,
  type Config,
  type Effect,
  noCheckpointVotes,
  type PbftStep,
  type State,
} from "./state.ts"
import { keepTold } from "./told.ts"

/** The state after its own checkpoint at `executed`, and what must happen: persist, then say so. */
export const takeCheckpoint = (
  config: Config,
  state: State,
  service: Digest,
): { readonly state: State; readonly effects: ReadonlyArray<Effect> } => {
  const seq = state.executed
  const all = ClientTable.entries(state.table)
  const digest = config.checkpointDigest(seq, service, all)
  const voted = vote(state.checkpointVotes, seq, config.id, digest)
  const checkpoints = [
    ...state.checkpoints.filter((c) => c.seq !== seq),
    { seq, digest, service, table: state.table },
  ]
  const taken = { ...state, checkpoints, checkpointVotes: voted }
  const stable = stabilise(config, taken, seq)
  return {
    state: stable.state,
    effects: [
      { _tag: "Persist", record: { _tag: "CheckpointTaken", seq, digest, service, table: all } },
      {
        _tag: "Broadcast",
        message: { _tag: "Checkpoint", seq, digest, replica: config.id },
      },
      ...stable.effects,
    ],
  }
}

/**
 * RecvCheckpoint (OSDI '99 section 4.3). A replica's vote for a checkpoint in the window; the
 * first one that a replica sends counts. One above it tells that the others have gone on.
 */
export const recvCheckpoint = (
  config: Config,
  state: State,
  m: Authentic<Checkpoint>,
): PbftStep => {
  if (m.replica === config.id) return ignore(state, "FromSelf")
  if (m.seq > state.log.low + config.logSize) return noteAbove(config, state, m)
  if (!Window.covers(state.log, m.seq)) return ignore(state, "OutsideWatermarks")
  const at = state.checkpointVotes.find((v) => v.seq === m.seq)
  if (at === undefined) return ignore(state, "NotACheckpoint")
  if (Votes.has(at.votes, m.replica)) return ignore(state, "DuplicateCheckpoint")
  const checkpointVotes = vote(state.checkpointVotes, m.seq, m.replica, m.digest)
  const { state: next, effects } = stabilise(config, { ...state, checkpointVotes }, m.seq)
  return { state: keepTold(config, next, []), effects, action: "RecvCheckpoint" }
}

/** Above the window: of each replica the last vote is kept. */
const noteAbove = (config: Config, state: State, m: Checkpoint): PbftStep => {
  if (!config.canFetch) return ignore(state, "OutsideWatermarks")
  if (m.seq % config.checkpointInterval !== 0) return ignore(state, "NotACheckpoint")
  const high = state.log.low + config.logSize
  const isBefore = ({ seq, votes }: CheckpointVotes): boolean =>
    seq > high && Votes.has(votes, m.replica)
  if (state.checkpointVotes.some((v) => isBefore(v) && v.seq >= m.seq)) {
    return ignore(state, "OldCheckpoint")
  }
  const others = state.checkpointVotes
    .map((v) => (isBefore(v) ? { ...v, votes: Votes.remove(v.votes, m.replica) } : v))
    .filter((v) => v.seq <= high || v.votes.some((d) => d !== noDigest))
  const at = others.find((v) => v.seq === m.seq)
  const votes = Votes.add(at?.votes ?? Votes.noVotes(config.group.n), m.replica, m.digest)
  const checkpointVotes = [...others.filter((v) => v !== at), { seq: m.seq, votes }].sort(
    (a, b) => a.seq - b.seq,
  )
  return { state: { ...state, checkpointVotes }, effects: none, action: "RecvCheckpoint" }
}

export const vote = (
  all: ReadonlyArray<CheckpointVotes>,
  seq: Seq,
  replica: number,
  digest: Digest,
): ReadonlyArray<CheckpointVotes> =>
  all.map((v) => (v.seq === seq ? { seq, votes: Votes.add(v.votes, replica, digest) } : v))

// The own checkpoint and a strong quorum of equal digests make it stable: the log up to it goes.
export const stabilise = (
  config: Config,
  state: State,
  seq: Seq,
): { readonly state: State; readonly effects: ReadonlyArray<Effect> } => {
  const own = state.checkpoints.find((c) => c.seq === seq)
  const votes = state.checkpointVotes.find((v) => v.seq === seq)
  if (own === undefined || votes === undefined || seq <= state.log.low) {
    return { state, effects: [] }
  }
  if (Votes.count(votes.votes, own.digest) < config.group.quorum) return { state, effects: [] }
  return stabiliseAt(config, state, seq)
}

/** The state whose own checkpoint at `seq` is known to be stable; as it was at or below `low`. */
export const stabiliseAt = (
  config: Config,
  state: State,
  seq: Seq,
): { readonly state: State; readonly effects: ReadonlyArray<Effect> } => {
  if (seq <= state.log.low) return { state, effects: [] }
  const high = seq + config.logSize
  const above = state.checkpointVotes.filter((v) => v.seq > high)
  const known = new Map(state.checkpointVotes.map((v) => [v.seq, v]))
  return {
    state: {
      ...state,
      log: Window.advance(state.log, seq),
      checkpoints: state.checkpoints.filter((c) => c.seq >= seq),
      checkpointVotes: [
        ...noCheckpointVotes(config, seq).map((v) => known.get(v.seq) ?? v),
        ...above,
      ],
      pset: state.pset.filter((e) => e.seq > seq),
      qset: state.qset.filter((e) => e.seq > seq),
    },
    effects: [{ _tag: "Persist", record: { _tag: "CheckpointStable", seq } }],
  }
}
