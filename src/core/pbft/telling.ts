/**
 * Telling others what was executed, and hearing it of them: ours; spec/tla/Pbft.tla `SendCommitted`
 * and `RecvCommitted`. Replicas tell nobody unless their driver has them do it (`Tell`), when a
 * peer does not move; told.ts says what becomes of it.
 */
import type { ReplicaId, Seq } from "../ids.ts"
import { ignore, none } from "../machine.ts"
import * as Window from "../window.ts"
import { fetchOf } from "./decided.ts"
import { executeHead } from "./execution.ts"
import type { Authentic, Claim, Committed } from "./message.ts"
import { type Config, type Input, isFinal, type PbftStep, type State, settledSeq } from "./state.ts"
import { lackedAt } from "./told.ts"

/**
 * What a peer that has executed up to `executed` may be told, `most` numbers. A query, no action:
 * whether it is told is the driver's to say.
 */
export const toTell = (
  config: Config,
  { told }: State,
  { replica, executed, most }: Untold,
): ReadonlyArray<Input> =>
  told.own
    .filter(({ seq }) => replica !== config.id && seq > executed && seq <= executed + most)
    .map(({ seq }) => ({ _tag: "Tell", seq, replica }))

interface Untold {
  readonly replica: ReplicaId
  readonly executed: Seq
  readonly most: number
}

/** SendCommitted (beside TOCS section 5.2). Tells a replica what this one executed at a number. */
export const sendCommitted = (
  config: Config,
  state: State,
  { seq, replica }: { readonly seq: Seq; readonly replica: ReplicaId },
): PbftStep => {
  const own = state.told.own.find((c) => c.seq === seq)
  if (own === undefined) return ignore(state, "NotExecuted")
  const message: Committed = { _tag: "Committed", seq, digest: own.digest, replica: config.id }
  return {
    state,
    effects: [{ _tag: "SendToReplicas", replicas: [replica], message }],
    action: "SendCommitted",
  }
}

const bySeq = (a: Claim, b: Claim): number => a.seq - b.seq || a.replica - b.replica

/**
 * RecvCommitted (beside TOCS section 5.2). Another replica has executed a batch for good. Of each
 * the first word on a number counts. Who lacks the batch asks for it.
 */
export const recvCommitted = (config: Config, state: State, m: Authentic<Committed>): PbftStep => {
  if (config.tellCommitted !== true) return ignore(state, "BelievesNobody")
  if (m.replica === config.id) return ignore(state, "FromSelf")
  if (!Window.covers(state.log, m.seq)) return ignore(state, "OutsideWatermarks")
  if (m.seq <= settledSeq(state)) return ignore(state, "AlreadyExecuted")
  if (isFinal(Window.get(state.log, m.seq).phase)) return ignore(state, "AlreadyCommitted")
  const { seq, digest, replica } = m
  const { told } = state
  if (told.claims.some((c) => c.seq === seq && c.replica === replica)) {
    return ignore(state, "DuplicateClaim")
  }
  const claims = [...told.claims, { seq, digest, replica }].sort(bySeq)
  const next = { ...state, told: { ...told, claims } }
  const lacks = lackedAt(config, next, seq) === digest
  return {
    state: next,
    effects: [
      ...(lacks ? [{ _tag: "Broadcast" as const, message: fetchOf(config, digest) }] : none),
      ...executeHead(config, state, next),
    ],
    action: "RecvCommitted",
  }
}
