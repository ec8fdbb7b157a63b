/**
 * Big requests, which their clients send past the primary: TOCS section 6.1; spec/tla/Pbft.tla,
 * `IsBig`. A pre-prepare only names them, and its digest is that of the whole batch; a backup takes
 * them from its own queue. Who lacks one, or has another one of the same name, asks the primary for
 * the pre-prepare in full.
 */
import { ignore } from "../machine.ts"
import { primaryOf } from "../quorum.ts"
import { type Batch, type BatchItem, isBig, isSigned } from "../request.ts"
import * as Window from "../window.ts"
import { isChosen } from "./decision.ts"
import type { Authentic, FetchPrePrepare, PrePrepare } from "./message.ts"
import type { Config, Effect, PbftStep, Slot, State } from "./state.ts"

/** The batch as a pre-prepare bears it at first. */
export const shortened = (
  config: Pick<Config, "bigRequestBytes">,
  batch: Batch,
): ReadonlyArray<BatchItem> =>
  batch.some((r) => isBig(config, r.operation))
    ? batch.map((r) =>
        isBig(config, r.operation) ? { client: r.client, timestamp: r.timestamp } : r,
      )
    : batch

/** Whether every request of it is there. */
export const isWhole = (batch: ReadonlyArray<BatchItem>): batch is Batch => batch.every(isSigned)

/** A pre-prepare's batch with the requests that it names; undefined where they are not here. */
export const wholeBatch = (
  config: Config,
  state: State,
  { batch, digest }: PrePrepare,
): Batch | undefined => {
  if (isWhole(batch)) return batch
  const whole = batch.flatMap((r) => (isSigned(r) ? r : (queued(state, r) ?? [])))
  return whole.length === batch.length && config.batchDigest(whole) === digest ? whole : undefined
}

const queued = ({ queue }: State, { client, timestamp }: BatchItem) =>
  queue.find((r) => r.client === client && r.timestamp === timestamp)

/** Asks the primary for the whole of its pre-prepare. */
export const askPrimary = (config: Config, m: PrePrepare): Effect => ({
  _tag: "SendToReplicas",
  replicas: [m.replica],
  message: { _tag: "FetchPrePrepare", view: m.view, seq: m.seq, replica: config.id },
})

const isOwn = ({ phase }: Slot): boolean =>
  phase === "prePrepared" || phase === "prepared" || phase === "committed"

/** RecvFetchPrePrepare (TOCS section 6.1). The primary gives its pre-prepare in full. */
export const recvFetchPrePrepare = (
  config: Config,
  state: State,
  m: Authentic<FetchPrePrepare>,
): PbftStep => {
  if (m.replica === config.id) return ignore(state, "FromSelf")
  if (m.view !== state.view) return ignore(state, "WrongView")
  if (!state.active) return ignore(state, "NotActive")
  if (primaryOf(config.group, state.view) !== config.id) return ignore(state, "NotPrimary")
  if (!Window.covers(state.log, m.seq)) return ignore(state, "OutsideWatermarks")
  const slot = Window.get(state.log, m.seq)
  if (!isOwn(slot)) return ignore(state, "NotPrePrepared")
  // What the view started with is in its NEW-VIEW.
  if (isChosen(state, m.seq)) return ignore(state, "OfNewView")
  const { view, seq } = m
  const { digest, batch } = slot
  const message: PrePrepare = { _tag: "PrePrepare", view, seq, digest, batch, replica: config.id }
  return {
    state,
    effects: [{ _tag: "SendToReplicas", replicas: [m.replica], message }],
    action: "RecvFetchPrePrepare",
  }
}
