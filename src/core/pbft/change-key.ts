/**
 * Keys that change (TOCS section 4.2): spec/tla/Pbft.tla, section "Keys". What a replica said
 * under a key that was replaced stays where it completed a certificate; elsewhere it is forgotten,
 * and comes again under the new one. So all votes of a certificate came under keys that were good
 * when it was complete, and whoever had one replica's old key and whoever has another's new one do
 * not add up. Departure from TOCS: a key is that of two replicas, so only the other's votes are
 * forgotten, and not everybody's.
 */
import type { ReplicaId, Seq } from "../ids.ts"
import { ignore, none } from "../machine.ts"
import { primaryOf } from "../quorum.ts"
import * as Votes from "../votes.ts"
import * as Window from "../window.ts"
import { decidedIn } from "./decided.ts"
import { isChosen } from "./decision.ts"
import {
  type CheckpointVotes,
  type Config,
  isFinal,
  type PbftStep,
  type Phase,
  type Recovery,
  type Slot,
  type State,
  type ToldExecutions,
} from "./state.ts"
import { claimedAt } from "./told.ts"

// How far a slot has come without the primary's word: what the replica voted for stays said.
const withoutPrimary = (state: State, seq: Seq, phase: Phase): Phase => {
  if (phase === "held") return "empty"
  return phase === "prePrepared" && !isChosen(state, seq) ? "voted" : phase
}

// The slot without what `replica` said there, unless that completed a certificate.
const slotWithout = (config: Config, state: State, seq: Seq, replica: ReplicaId): Slot => {
  const slot = Window.get(state.log, seq)
  if (isFinal(slot.phase) || decidedIn(config, slot) !== undefined) return slot
  const leads = replica === primaryOf(config.group, state.view)
  const phase = leads ? withoutPrimary(state, seq, slot.phase) : slot.phase
  const prepares = phase === "prepared" ? slot.prepares : Votes.remove(slot.prepares, replica)
  const commits = Votes.remove(slot.commits, replica)
  const same = phase === slot.phase && prepares === slot.prepares && commits === slot.commits
  if (same) return slot
  if (phase !== "empty") return { ...slot, phase, prepares, commits }
  return { ...state.log.empty, prepares, commits }
}

const logWithout = (config: Config, state: State, replica: ReplicaId): State["log"] =>
  Window.occupied(state.log).reduce((log, seq) => {
    const slot = slotWithout(config, state, seq, replica)
    return slot === Window.get(log, seq) ? log : Window.set(log, seq, slot)
  }, state.log)

const checkpointVotesWithout = (
  config: Config,
  { log, checkpointVotes }: State,
  replica: ReplicaId,
): ReadonlyArray<CheckpointVotes> => {
  const high = log.low + config.logSize
  const isKept = ({ seq, votes }: CheckpointVotes): boolean =>
    seq <= high || votes.some((_, k) => Votes.has(votes, k))
  if (checkpointVotes.every(({ votes }) => !Votes.has(votes, replica))) return checkpointVotes
  return checkpointVotes
    .map(({ seq, votes }) => ({ seq, votes: Votes.remove(votes, replica) }))
    .filter(isKept)
}

const toldWithout = (config: Config, { told }: State, replica: ReplicaId): ToldExecutions => {
  const claims = told.claims.filter(
    (c) => c.replica !== replica || claimedAt(config, told.claims, c.seq) !== undefined,
  )
  if (claims.length === told.claims.length) return told
  const batches = told.batches.filter((b) => claims.some((c) => c.digest === b.digest))
  return { ...told, claims, batches }
}

const recoveryWithout = (recovery: Recovery | undefined, replica: ReplicaId) =>
  recovery?.estimate?.told[replica] === undefined
    ? recovery
    : {
        ...recovery,
        estimate: { ...recovery.estimate, told: recovery.estimate.told.with(replica, undefined) },
      }

/** ChangeKey (TOCS section 4.2). The key under which this replica hears another is a new one. */
export const changeKey = (config: Config, state: State, replica: ReplicaId): PbftStep => {
  if (config.newKeys !== true) return ignore(state, "KeysStay")
  if (replica === config.id) return ignore(state, "FromSelf")
  const action = "ChangeKey"
  if (config.keepVotes === true) return { state, effects: none, action }
  const next = {
    log: logWithout(config, state, replica),
    checkpointVotes: checkpointVotesWithout(config, state, replica),
    told: toldWithout(config, state, replica),
    recovery: recoveryWithout(state.recovery, replica),
  }
  const same =
    next.log === state.log &&
    next.checkpointVotes === state.checkpointVotes &&
    next.told === state.told &&
    next.recovery === state.recovery
  return { state: same ? state : { ...state, ...next }, effects: none, action }
}
