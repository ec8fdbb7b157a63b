/** States of replicas and clients as records of TLA+, as spec/tla/TracePbft.tla reads them. */
import * as ClientTable from "../core/client-table.ts"
import type { Answer } from "../core/pbft/answers.ts"
import type { ClientState } from "../core/pbft/client.ts"
import type { Claim, Heard } from "../core/pbft/message.ts"
import { type RecoveryData, recoveryData } from "../core/pbft/projection.ts"
import type { State } from "../core/pbft/state.ts"
import * as Window from "../core/window.ts"
import { entriesText, newViewText, viewChangeText } from "./emit-change.ts"
import type { Symbols } from "./symbols.ts"
import { functionText, tlaBoolean, tlaSet, tlaTuple } from "./tla-text.ts"

const voteTexts = (votes: ReadonlyArray<string>, name: (digest: string) => string): string =>
  tlaTuple(votes.flatMap((d, replica) => (d === "" ? [] : [tlaTuple([replica, name(d)])])))

const tableText = (table: ClientTable.ClientTable, symbols: Symbols): string =>
  tlaTuple(
    ClientTable.entries(table).flatMap(({ timestamp, result }, client) => {
      if (timestamp === 0 || !symbols.names.knows(client)) return []
      const t = symbols.names.timestamp(client, timestamp)
      const entry = `[timestamp |-> ${t}, result |-> ${symbols.names.result(result)}]`
      return [tlaTuple([client, entry])]
    }),
  )

const slotsText = ({ log }: State, symbols: Symbols): string => {
  const last = Window.occupied(log).at(-1) ?? log.low
  const digest = (d: string) => symbols.names.digest(d)
  const slots: Array<string> = []
  for (let seq = log.low + 1; seq <= last; seq++) {
    const slot = Window.get(log, seq)
    const batch = slot.digest === "" ? "<<>>" : symbols.names.batch(slot.batch, slot.digest)
    const prepares = voteTexts(slot.prepares, digest)
    const commits = voteTexts(slot.commits, digest)
    slots.push(
      `[phase |-> "${slot.phase}", batch |-> ${batch}, ` +
        `prepares |-> ${prepares}, commits |-> ${commits}]`,
    )
  }
  return tlaTuple(slots)
}

/** A replica's state as TracePbft's `ReplicaIs` and `StartState` read it. */
export const replicaText = (replica: number, state: State, symbols: Symbols): string => {
  const checkpoint = (d: string) => symbols.names.checkpoint(d)
  const queue = state.queue.map((r) => symbols.names.request(r, symbols.names.auth(r)))
  const checkpoints = state.checkpoints.map(({ seq, table }) =>
    tlaTuple([seq, tableText(table, symbols)]),
  )
  const votes = state.checkpointVotes.flatMap(({ seq, votes }) => {
    const text = voteTexts(votes, checkpoint)
    return text === "<<>>" ? [] : [tlaTuple([seq, text])]
  })
  return (
    `[view |-> ${state.view}, active |-> ${tlaBoolean(state.active)}, ` +
    `seqno |-> ${state.seqno}, queue |-> ${tlaTuple(queue)}, ` +
    `low |-> ${state.log.low}, executed |-> ${state.executed},\n` +
    `   slot |-> ${slotsText(state, symbols)},\n` +
    `   table |-> ${tableText(state.table, symbols)},\n` +
    `   checkpoints |-> ${tlaTuple(checkpoints)},\n` +
    `   checkpointVotes |-> ${tlaTuple(votes)},\n` +
    `   recovery |-> ${ownRecovery(replica, state, symbols)},\n` +
    `   heard |-> ${heardText(state.heard, symbols)},\n` +
    `   ${changeFields(state, symbols)}]`
  )
}

/** `heard[i]`. */
export const heardText = (heard: ReadonlyArray<Heard>, symbols: Symbols): string =>
  tlaSet(
    heard.map(({ replica, incarnation }) => {
      const known = symbols.incarnation(replica, incarnation)
      return `[replica |-> ${replica}, incarnation |-> ${known}]`
    }),
  )

const ownRecovery = (replica: number, state: State, symbols: Symbols): string => {
  const { recovery } = recoveryData(state)
  return recovery === undefined ? "{}" : recoveryText(replica, recovery, symbols)
}

/** `recovery[i]` of a replica that once lost its disk or was recovered. */
export const recoveryText = (
  replica: number,
  { incarnation, point, bound, told = [] }: RecoveryData,
  symbols: Symbols,
): string => {
  const answers = symbols.names.replicas.map((r) => {
    const of = told.filter((t) => t.replica === r)
    const texts = of.map((t) => `[checkpoint |-> ${t.checkpoint}, prepared |-> ${t.prepared}]`)
    return [r, tlaSet(texts)] as const
  })
  const known = `bound |-> ${tlaSet(bound === undefined || bound === null ? [] : [bound])}`
  const estimate = bound === undefined ? "" : `, ${known}, told |-> (${functionText(answers)})`
  return (
    `{[incarnation |-> ${symbols.incarnation(replica, incarnation)}, ` +
    `point |-> ${tlaSet(point === null ? [] : [point])}${estimate}]}`
  )
}

const changeFields = (state: State, symbols: Symbols): string => {
  const { pset, qset, viewChanges, newView, fetched } = state
  const changes = viewChanges.map((m) => viewChangeText(m, symbols))
  return (
    `pset |-> ${entriesText(pset, symbols)}, qset |-> ${entriesText(qset, symbols)}, ` +
    `viewChanges |-> ${tlaSet(changes)}, ` +
    `newView |-> ${tlaSet(newView === undefined ? [] : [newViewText(newView, symbols)])}, ` +
    `fetched |-> ${tlaSet(fetched.map(({ digest }) => symbols.names.digest(digest)))}, ` +
    fastFields(state, symbols)
  )
}

const fastFields = ({ undo, reads, told }: State, symbols: Symbols): string => {
  const settled =
    undo === undefined
      ? []
      : [`[executed |-> ${undo.executed}, table |-> ${tableText(undo.table, symbols)}]`]
  const waiting = reads.map((r) => `${symbols.names.plain(r).slice(0, -1)}, after |-> ${r.after}]`)
  return (
    `undo |-> ${tlaSet(settled)}, reads |-> ${tlaSet(waiting)}, ` +
    `told |-> ${toldText(told, symbols)}`
  )
}

/** What another replica said that it executed. */
export const claimText = ({ seq, digest, replica }: Claim, symbols: Symbols): string =>
  `[seq |-> ${seq}, digest |-> ${symbols.names.digest(digest)}, replica |-> ${replica}]`

const toldText = ({ own, claims, batches }: State["told"], symbols: Symbols): string => {
  const executed = own.map(
    ({ seq, digest }) => `[seq |-> ${seq}, digest |-> ${symbols.names.digest(digest)}]`,
  )
  const claimed = claims.map((c) => claimText(c, symbols))
  const fetched = batches.map(({ digest }) => symbols.names.digest(digest))
  return (
    `[own |-> ${tlaSet(executed)}, claims |-> ${tlaSet(claimed)}, ` +
    `batches |-> ${tlaSet(fetched)}]`
  )
}

const answerText = ({ result, digest, tentative }: Answer, symbols: Symbols): string =>
  `[result |-> ${digest ? symbols.resultDigest(result) : symbols.names.result(result)}, ` +
  `digest |-> ${tlaBoolean(digest)}, ` +
  `tentative |-> ${tlaSet(tentative === undefined ? [] : [tentative])}]`

/** A client's state as TracePbft's `ClientOf` reads it. */
export const clientText = (client: number, state: ClientState, symbols: Symbols): string => {
  const { timestamp, operation, toAll, readOnly, replies, result, views } = state
  const op = operation === undefined ? `"none"` : symbols.names.operation(operation)
  const answers = replies.flatMap((r, replica) =>
    r === undefined ? [] : [tlaTuple([replica, answerText(r, symbols)])],
  )
  const last = result === undefined ? "<<>>" : symbols.names.result(result)
  return (
    `[timestamp |-> ${symbols.names.timestamp(client, timestamp)}, op |-> ${op}, ` +
    `toAll |-> ${tlaBoolean(toAll)}, readOnly |-> ${tlaBoolean(readOnly)}, replies |-> ${tlaTuple(answers)}, result |-> ${last}, ` +
    `views |-> ${tlaTuple(views)}]`
  )
}
