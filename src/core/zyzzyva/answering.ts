/**
 * A replica's answers: TOCS 27(4) 2009, sections 3.2 and 4; spec/tla/Zyzzyva.tla `AnswerTo` and
 * `AnsweredFirst`. A request says whether its client wants the result or its digest, whether at
 * once or when it is committed, and whether it wants a signature.
 */
import * as ClientTable from "../client-table.ts"
import type { SendToClient } from "../effect.ts"
import type { Bytes, Digest, Seq } from "../ids.ts"
import type { SignedRequest } from "../request.ts"
import { isCertified } from "./certificate.ts"
import { orderAt } from "./log.ts"
import type { ClientMessage, SpecResponse } from "./message.ts"
import type { Config, Slot, State } from "./state.ts"

/** The signature of what an answer says of the history. */
export const signHeader = (config: Config, view: number, seq: Seq, history: Digest): Bytes =>
  config.sign({ _tag: "SpecHeader", view, seq, history, replica: config.id })

/** Whether its client is to be answered when it is committed, and not before. */
export const isCommitFirst = (config: Config, { commitFirst }: SignedRequest): boolean =>
  config.commitFirst && commitFirst === true

/** Whether an answer to it bears a signature, so that its client can show it to others. */
export const isForOthers = (config: Config, { clientOnly }: SignedRequest): boolean =>
  !config.preferredQuorums || clientOnly !== true

/** What a witness's answers bear. */
export const witnessMark = ({ witness }: Config): { readonly witness?: true } =>
  witness ? { witness } : {}

/** Of what a replica answers: the batch in its view, and the signature of its history. */
export interface Answering {
  readonly seq: Seq
  readonly slot: Slot
  readonly signature: Bytes
}

/** With the result, or with its digest; signed, or not. */
export const answerTo = (
  config: Config,
  { seq, slot, signature }: Answering,
  request: SignedRequest,
  result: Bytes,
): SpecResponse => {
  const { view, history, order } = slot
  const { client, timestamp, replier } = request
  const isWhole = config.witness || replier === undefined || replier === config.id
  const isSigned = isForOthers(config, request)
  return {
    _tag: "SpecResponse",
    view,
    seq,
    history,
    signature: isSigned ? signature : "",
    ...(order === undefined ? {} : { order }),
    client,
    timestamp,
    ...(isWhole ? { result } : { result: config.resultDigest(result), digest: true }),
    ...(isSigned ? {} : { clientOnly: true }),
    ...witnessMark(config),
    replica: config.id,
  }
}

/** As it signed for the others what it has executed, if it did: signing again is dear. */
export const signatureAt = (config: Config, state: State, seq: Seq, { history }: Slot): Bytes => {
  const own = state.headers.find((h) => h.seq === seq)?.said[config.id]
  return own?.digest === history && own.signature !== ""
    ? own.signature
    : signHeader(config, state.view, seq, history)
}

const committedAt = (
  config: Config,
  state: State,
  seq: Seq,
): ReadonlyArray<SendToClient<ClientMessage>> => {
  const slot = orderAt(state, seq)
  const asked = slot?.batch.filter((r) => isCommitFirst(config, r)) ?? []
  if (slot === undefined || asked.length === 0) return []
  const signature = asked.some((r) => isForOthers(config, r))
    ? signatureAt(config, state, seq, slot)
    : ""
  return asked.flatMap((request) => {
    const { client, timestamp } = request
    const last = ClientTable.get(state.table, client)
    if (last.timestamp !== timestamp || last.seq !== seq) return []
    const answer = answerTo(config, { seq, slot, signature }, request, last.result)
    return [{ _tag: "SendToClient", client, message: { ...answer, committed: true } }]
  })
}

/**
 * The answers to those who asked to be answered when it is committed: of what is executed and
 * certified `now`, and was not both `before`.
 */
export const answeredFirst = (
  config: Config,
  before: State,
  now: State,
): ReadonlyArray<SendToClient<ClientMessage>> => {
  const { view, certificates, executed } = now
  if (!config.commitFirst) return []
  if (before.certificates === certificates && before.executed === executed) return []
  const all: Array<SendToClient<ClientMessage>> = []
  for (let seq = now.log.low + 1; seq <= executed; seq++) {
    if (!isCertified(view, certificates, seq)) break
    if (seq <= before.executed && isCertified(view, before.certificates, seq)) continue
    all.push(...committedAt(config, now, seq))
  }
  return all
}
