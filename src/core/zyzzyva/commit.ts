/** A replica in case 4b: TOCS 27(4) 2009, section 3.2; spec/tla/Zyzzyva.tla `RecvCommit`. */
import * as ClientTable from "../client-table.ts"
import { ignore, none } from "../machine.ts"
import { accuse, hasAccused } from "./accusation.ts"
import { fillHole } from "./agreement.ts"
import { hasEnough, isCertified } from "./certificate.ts"
import { acknowledge, settle } from "./checkpointing.ts"
import { orderAt } from "./log.ts"
import type { Authentic, Commit, LocalCommit } from "./message.ts"
import type { Config, Effect, State, ZyzzyvaStep } from "./state.ts"

const local = (config: Config, m: Commit): Effect => {
  const { client, certificate } = m
  const { view, seq, history } = certificate
  const place = { view, seq, history, client, replica: config.id }
  const message: LocalCommit = { _tag: "LocalCommit", ...place }
  return { _tag: "SendToClient", client, message }
}

// What is below the stable checkpoint is complete: the table knows where the last request stands.
const belowCheckpoint = (config: Config, state: State, m: Commit): ZyzzyvaStep => {
  const last = ClientTable.get(state.table, m.client)
  const { seq, history } = m.certificate
  if (last.seq !== seq || last.history !== history) return ignore(state, "BelowCheckpoint")
  return { state, effects: [local(config, m)], action: "RecvCommit" }
}

/**
 * RecvCommit (TOCS 27(4) section 3.2, case 4b.1). A certificate of the replica's view is kept and
 * acknowledged if it has that history: never of a view that it left, or quorums of two views mix.
 */
export const recvCommit = (config: Config, state: State, m: Authentic<Commit>): ZyzzyvaStep => {
  const { client, certificate } = m
  if (!ClientTable.knows(state.table, client)) return ignore(state, "UnknownClient")
  if (certificate.view !== state.view) return ignore(state, "WrongView")
  if (state.stage !== "active") return ignore(state, "NotActive")
  if (!hasEnough(config, certificate)) return ignore(state, "TooFewSigners")
  const { seq, history } = certificate
  const action = "RecvCommit"
  if (seq <= state.log.low) return belowCheckpoint(config, state, m)
  const slot = orderAt(state, seq)
  if (slot === undefined) return { state, effects: fillHole(config, state, seq), action }
  if (slot.history !== history) {
    if (hasAccused(state, config.id)) return ignore(state, "AlreadyAccused")
    return accuse(config, state, { by: "self", before: none, action })
  }
  const known = isCertified(state.view, state.certificates, seq)
  const kept = known ? { state, effects: none } : acknowledge(state, certificate)
  const settled = settle(config, state, kept.state)
  const effects = [...kept.effects, local(config, m), ...settled.effects]
  return { state: settled.state, effects, action }
}
