/**
 * Checkpoints, their certificates, and garbage collection: OSDI '99 section 4.3, TOCS section
 * 4.4; spec/tla/Pbft.tla, section "Checkpoints". Left out until state transfer exists: a replica
 * that missed a stable checkpoint does not fetch it (see `missedCheckpoint`).
 */
import * as ClientTable from "../client-table.ts"
import type { Digest, Seq } from "../ids.ts"
import { ignore } from "../machine.ts"
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
    { seq, digest, table: state.table },
  ]
  const taken = { ...state, checkpoints, checkpointVotes: voted }
  const stable = stabilise(config, taken, seq)
  return {
    state: stable.state,
    effects: [
      { _tag: "Persist", record: { _tag: "CheckpointTaken", seq, digest, table: all } },
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
 * first one that a replica sends counts.
 */
export const recvCheckpoint = (
  config: Config,
  state: State,
  m: Authentic<Checkpoint>,
): PbftStep => {
  if (m.replica === config.id) return ignore(state, "FromSelf")
  if (!Window.covers(state.log, m.seq)) return ignore(state, "OutsideWatermarks")
  const at = state.checkpointVotes.find((v) => v.seq === m.seq)
  if (at === undefined) return ignore(state, "NotACheckpoint")
  if (Votes.has(at.votes, m.replica)) return ignore(state, "DuplicateCheckpoint")
  const checkpointVotes = vote(state.checkpointVotes, m.seq, m.replica, m.digest)
  const { state: next, effects } = stabilise(config, { ...state, checkpointVotes }, m.seq)
  return { state: next, effects, action: "RecvCheckpoint" }
}

const vote = (
  all: ReadonlyArray<CheckpointVotes>,
  seq: Seq,
  replica: number,
  digest: Digest,
): ReadonlyArray<CheckpointVotes> =>
  all.map((v) => (v.seq === seq ? { seq, votes: Votes.add(v.votes, replica, digest) } : v))

// The own checkpoint and a strong quorum of equal digests make it stable: the log up to it goes.
const stabilise = (
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
  const kept = state.checkpointVotes.filter((v) => v.seq > seq)
  const known = new Map(kept.map((v) => [v.seq, v]))
  return {
    state: {
      ...state,
      log: Window.advance(state.log, seq),
      checkpoints: state.checkpoints.filter((c) => c.seq >= seq),
      checkpointVotes: noCheckpointVotes(config, seq).map((v) => known.get(v.seq) ?? v),
      pset: state.pset.filter((e) => e.seq > seq),
      qset: state.qset.filter((e) => e.seq > seq),
    },
    effects: [{ _tag: "Persist", record: { _tag: "CheckpointStable", seq } }],
  }
}

/**
 * The checkpoint that shows this replica to be out of reach of the others' logs, or undefined: a
 * strong quorum vouched for a checkpoint that this replica has not executed up to, so the messages
 * it would need may be gone. It stays out until state transfer exists.
 */
export const missedCheckpoint = (config: Config, state: State): Seq | undefined =>
  state.checkpointVotes.find(
    ({ seq, votes }) =>
      seq > state.executed &&
      votes.some((d) => d !== "" && Votes.count(votes, d) >= config.group.quorum),
  )?.seq
