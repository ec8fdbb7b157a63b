/** States of the models whose replicas tell what they executed. */
import { isMute } from "../core/pbft/rejoin.ts"
import { isFinal, settledSeq, type State } from "../core/pbft/state.ts"
import { claimedAt, committedAt, type CommittedConfig, missingClaimed } from "../core/pbft/told.ts"
import * as Window from "../core/window.ts"
import type { Witness } from "./model.ts"
import type { PbftConstants } from "./pbft-process.ts"
import { asProcess, messageOf } from "./pbft-properties.ts"
import { modelDigests } from "./pbft-text.ts"
import { someReplica } from "./pbft-witness.ts"

type Config = CommittedConfig & { readonly id: number }

const isExecutable = (config: Config, state: State, seq: number): boolean =>
  !isFinal(Window.get(state.log, seq).phase) && committedAt(config, state, seq) !== undefined

// Enough say so and the batch is here, and still it must not be executed.
const waits = (config: Config, state: State, seq: number): boolean => {
  const digest = claimedAt(config, state.told.claims, seq)
  if (digest === undefined || seq <= settledSeq(state)) return false
  if (missingClaimed(config, state).some((m) => m.digest === digest)) return false
  return committedAt(config, state, seq) === undefined
}

const repliedWhileInactive: Witness = {
  name: "ReachBelievedInactive",
  holds: ({ processes, sent }) =>
    processes.map(asProcess).some((p) => {
      if (p.role !== "replica" || p.at.state.active) return false
      return sent.map(messageOf).some((m) => {
        if (m._tag !== "Reply" || m.replica !== p.id) return false
        return m.view === p.at.state.view
      })
    }),
}

export const toldWitnesses = (c: PbftConstants): ReadonlyArray<Witness> => {
  const { n, f, quorum, maxTentative } = c
  const { batchDigest } = modelDigests
  const config: Config = { id: n, group: { n, f, quorum }, maxTentative, batchDigest }
  return [
    someReplica("ReachClaimed", (s) =>
      s.told.claims.some(({ seq }) => isExecutable(config, s, seq)),
    ),
    someReplica("ReachBelieved", ({ told, log }) =>
      told.own.some(({ seq }) => !isFinal(Window.get(log, seq).phase)),
    ),
    repliedWhileInactive,
    someReplica("ReachOtherExecuted", ({ told, log }) =>
      told.own.some(({ seq, digest }) => {
        const slot = Window.get(log, seq)
        return slot.phase !== "empty" && slot.digest !== digest
      }),
    ),
    someReplica("ReachWaitsToLeave", (s) => s.told.claims.some(({ seq }) => waits(config, s, seq))),
    someReplica("ReachMuteBelieved", (s) => isMute(s) && s.told.own.length > 0),
  ]
}
