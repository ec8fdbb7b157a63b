/**
 * States of replicas and clients of Zyzzyva as records of TLA+, as spec/tla/TraceZyzzyva.tla reads
 * them.
 */
import * as ClientTable from "../core/client-table.ts"
import { type ClientId, type Digest, noDigest, type ReplicaId } from "../core/ids.ts"
import type { ClientState, Done } from "../core/zyzzyva/client.ts"
import { type ClientData, fullClientProjection } from "../core/zyzzyva/projection.ts"
import type { State, Vouched } from "../core/zyzzyva/state.ts"
import { certificateOf } from "../core/zyzzyva/trace-data.ts"
import * as Window from "../core/window.ts"
import {
  answerText as givenText,
  certificateText,
  entryText,
  newViewText,
  stableText,
  viewChangeText,
  type Writing,
} from "./emit-zyzzyva-message.ts"
import { type Field, recordText, tlaBoolean, tlaSet, tlaTuple } from "./tla-text.ts"
import type { ZyzzyvaSymbols } from "./zyzzyva-symbols.ts"

const tableText = (table: State["table"], symbols: ZyzzyvaSymbols): string =>
  tlaTuple(
    ClientTable.entries(table).flatMap((entry, client) =>
      entry.timestamp === 0 || !symbols.names.knows(client)
        ? []
        : [tlaTuple([client, entryText(client, entry, symbols)])],
    ),
  )

const slotsText = ({ log }: State, symbols: ZyzzyvaSymbols): string => {
  const slots = Window.occupied(log).flatMap((seq) => {
    const { view, batch, digest, history, order } = Window.get(log, seq)
    if (history === noDigest) return []
    const slot =
      `[view |-> ${view}, batch |-> ${symbols.names.batch(batch, digest)}, ` +
      `history |-> ${symbols.history(history)}, ordered |-> ${tlaBoolean(order !== undefined)}]`
    return [tlaTuple([symbols.seq(seq), slot])]
  })
  return tlaTuple(slots)
}

const readsText = (reads: State["pendingReads"], symbols: ZyzzyvaSymbols): string =>
  tlaSet(
    reads.map((r) => `${symbols.names.plain(r).slice(0, -1)}, after |-> ${symbols.seq(r.after)}]`),
  )

const vouchedText = (
  all: ReadonlyArray<Vouched>,
  symbols: ZyzzyvaSymbols,
  name: (digest: Digest) => string,
): string =>
  tlaTuple(
    all.flatMap(({ seq, said }) => {
      const votes = said.flatMap((s, replica) =>
        s === undefined ? [] : [tlaTuple([replica, name(s.digest)])],
      )
      return votes.length === 0 ? [] : [tlaTuple([symbols.seq(seq), tlaTuple(votes)])]
    }),
  )

/** What the service's state stands for: the history of what was executed. */
const executedHistory = ({ executed, log, checkpoints }: State): Digest =>
  checkpoints.find((c) => c.seq === executed)?.history ?? Window.get(log, executed).history

/** A replica's state as TraceZyzzyva's `ReplicaIs` and `StartState` read it. */
export const replicaText = (replica: ReplicaId, state: State, by: Writing): string => {
  const { symbols } = by
  const isWitness = symbols.isWitness(replica)
  // The state of a witness's service never changes.
  const valueOf = (history: Digest): string => symbols.histories.value(isWitness ? "" : history)
  const { names } = symbols
  const queue = state.queue.map((r) => names.request(r, names.auth(r)))
  const checkpoints = state.checkpoints.map(({ seq, history, table, digest }) => {
    const own = isWitness ? `, digest |-> ${symbols.checkpoint(digest)}` : ""
    const content =
      `[value |-> ${valueOf(history)}, table |-> ${tableText(table, symbols)}, ` +
      `history |-> ${symbols.history(history)}${own}]`
    return tlaTuple([symbols.seq(seq), content])
  })
  return (
    `[view |-> ${state.view}, stage |-> "${state.stage}", queue |-> ${tlaTuple(queue)}, ` +
    `low |-> ${symbols.seq(state.log.low)}, executed |-> ${symbols.seq(state.executed)},\n` +
    `   pendingReads |-> ${readsText(state.pendingReads, symbols)},\n` +
    `   slot |-> ${slotsText(state, symbols)},\n` +
    `   table |-> ${tableText(state.table, symbols)},\n` +
    `   value |-> ${valueOf(executedHistory(state))},\n` +
    `   stable |-> ${stableText(state.stable, symbols)},\n` +
    `   checkpoints |-> ${tlaTuple(checkpoints)},\n` +
    `   headers |-> ${vouchedText(state.headers, symbols, (d) => symbols.history(d))},\n` +
    `   checkpointVotes |-> ` +
    `${vouchedText(state.checkpointVotes, symbols, (d) => names.checkpoint(d))},\n` +
    `   ${changeFields(replica, state, by)}]`
  )
}

const changeFields = (replica: ReplicaId, state: State, by: Writing): string => {
  const { certificates, accusers, viewChanges, newView, confirms, incarnation } = state
  const as = incarnation === 0 ? [] : [by.symbols.incarnation(replica, incarnation)]
  const shown = certificates.map((c) => certificateText(c, by.symbols))
  const changes = viewChanges.map((m) => viewChangeText(m, by))
  const said = confirms.flatMap((history, replica) =>
    history === undefined ? [] : [tlaTuple([replica, `<<${by.symbols.history(history)}>>`])],
  )
  return (
    `certificates |-> ${tlaSet(shown)}, accusers |-> ${tlaSet(accusers.map((a) => a.replica))}, ` +
    `viewChanges |-> ${tlaSet(changes)}, ` +
    `newView |-> ${tlaSet(newView === undefined ? [] : [newViewText(newView, by)])}, ` +
    `confirms |-> ${tlaTuple(said)}, incarnation |-> ${tlaSet(as)}`
  )
}

const responseText = (r: ClientData["responses"][number], symbols: ZyzzyvaSymbols): string => {
  const place =
    `view |-> ${r.view}, seq |-> ${symbols.seq(r.seq)}, ` +
    `history |-> ${symbols.history(r.history)}, ordered |-> ${tlaBoolean(r.ordered)}`
  return tlaTuple([r.replica, `[${place}, ${givenText(r, symbols)}]`])
}

const shownText = (c: NonNullable<ClientData["certificate"]>, symbols: ZyzzyvaSymbols): string => {
  const certificate = certificateText(certificateOf(c), symbols)
  return `${certificate.slice(0, -1)}, result |-> ${symbols.result(c.result)}]`
}

// A set of what is there, or of nothing; nothing at all where the data does not speak of it.
const optional = <A>(data: A | null | undefined, text: (data: A) => string): string | undefined => {
  if (data === undefined) return undefined
  return tlaSet(data === null ? [] : [text(data)])
}

/** The fields of a client's state that the data has. */
export const clientFields = (
  client: ClientId,
  data: Partial<ClientData>,
  symbols: ZyzzyvaSymbols,
): ReadonlyArray<Field> => {
  const { names } = symbols
  const { timestamp, operation, toAll, responses, certificate, commits, result, done } = data
  const op = operation === null ? `"none"` : operation && names.operation(operation)
  const last = ({ seq, history }: Done): string =>
    `[seq |-> ${symbols.seq(seq)}, history |-> ${symbols.history(history)}]`
  return [
    ["timestamp", timestamp === undefined ? undefined : names.timestamp(client, timestamp)],
    ["op", op],
    ["toAll", toAll === undefined ? undefined : tlaBoolean(toAll)],
    ["responses", responses && tlaTuple(responses.map((r) => responseText(r, symbols)))],
    ["certificate", optional(certificate, (c) => shownText(c, symbols))],
    ["commits", commits && tlaSet(commits)],
    [
      "result",
      result === null ? "<<>>" : result === undefined ? undefined : symbols.result(result),
    ],
    ["done", optional(done, last)],
    ["views", data.views && tlaTuple(data.views)],
  ]
}

/** A client's state as TraceZyzzyva's `ClientOf` reads it. */
export const clientText = (client: ClientId, state: ClientState, symbols: ZyzzyvaSymbols): string =>
  recordText(clientFields(client, fullClientProjection(state), symbols))
