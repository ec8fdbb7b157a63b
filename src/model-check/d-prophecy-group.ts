/** The replicas of a model of D-Prophecy: one agreed log, and the sketches of who executed it. */
import type { Authentic } from "../core/pbft/message.ts"
import { recvSketchRead, sketchesAfter } from "../core/prophecy/d-replica.ts"
import type { SketchRead } from "../core/prophecy/d-message.ts"
import { emptyTable, install, type SketchTable } from "../core/prophecy/sketch-table.ts"
import { dSentOf } from "./d-prophecy-front.ts"
import {
  correctIn,
  type DGroup,
  dGroupTexts,
  type DMessage,
  type DProphecyConstants,
} from "./d-prophecy-process.ts"
import type { Move, ProcessModel } from "./model.ts"
import { type Entry, kindOf, pagesAt, positionAt, resultOf } from "./prophecy-process.ts"

const capacity = 99

const resultOfEntry = (log: ReadonlyArray<Entry>, k: number): string =>
  resultOf(pagesAt(log, k - 1), (log[k - 1] as Entry).op)

/** The sketches after the k-th operation too: a batch of one at its position. */
const sketchesWith = (table: SketchTable, log: ReadonlyArray<Entry>, k: number): SketchTable => {
  const { op } = log[k - 1] as Entry
  if (kindOf(op) === "write") return table
  const position = positionAt(k)
  const digest = resultOfEntry(log, k)
  return position.place === 0
    ? sketchesAfter(table, position.seq, [{ key: op, digest }], capacity)
    : install(table, op, { digest, position }, capacity)
}

const tableAfter = (log: ReadonlyArray<Entry>, applied: number): SketchTable =>
  Array.from({ length: applied }, (_, k) => k + 1).reduce(
    (table, k) => sketchesWith(table, log, k),
    emptyTable,
  )

const replyOf = (log: ReadonlyArray<Entry>, k: number, replica: number): DMessage => {
  const { client, timestamp } = log[k - 1] as Entry
  const result = resultOfEntry(log, k)
  return { type: "Reply", client, timestamp, replica, position: positionAt(k), result }
}

const order = (
  c: DProphecyConstants,
  group: DGroup,
  { client, timestamp, op }: Entry,
): Move<DGroup> => {
  const told = `request ${timestamp} of client ${client}: ${op}`
  if (group.log.some((e) => e.client === client && e.timestamp >= timestamp)) {
    return { process: group, sent: [], action: "Ignore:AlreadyOrdered", told }
  }
  const log = [...group.log, { client, timestamp, op }]
  const sent = c.byzantine.map((b) => dSentOf(replyOf(log, log.length, b)))
  return { process: { ...group, log }, sent, action: "Order", told }
}

const apply = (group: DGroup, replica: number): Move<DGroup> => {
  const { applied, table } = group.replicas[replica] ?? { applied: 0, table: emptyTable }
  const k = applied + 1
  const after = { applied: k, table: sketchesWith(table, group.log, k) }
  return {
    process: { ...group, replicas: { ...group.replicas, [replica]: after } },
    sent: [dSentOf(replyOf(group.log, k, replica))],
    action: "Apply",
    told: `replica ${replica} executes operation ${k}`,
  }
}

const compare = (a: ReadonlyArray<number>, b: ReadonlyArray<number>): number =>
  a.reduce((order, x, k) => order || x - (b[k] ?? 0), 0)

const state = (
  group: DGroup,
  m: Extract<DMessage, { readonly type: "SketchRead" }>,
): Move<DGroup> => {
  const { client, id, op, executor, replica } = m
  const told = `replica ${replica}, read ${id} of client ${client}`
  const own = [replica, client, id] as const
  if (group.answered.some((of) => compare(of, own) === 0)) {
    return { process: group, sent: [], action: "Ignore:AlreadyAnswered", told }
  }
  const message = {
    _tag: "SketchRead",
    client,
    id,
    operation: op,
    executor,
  } as Authentic<SketchRead>
  const { applied, table } = group.replicas[replica] ?? { applied: 0, table: emptyTable }
  const input = { _tag: "SketchRead", message, key: op } as const
  const { effects, action } = recvSketchRead(group, input, { replica, table })
  const result = resultOf(pagesAt(group.log, applied), op)
  const sent = effects.map(({ sketch, isExecutor }) =>
    dSentOf({
      type: "SketchReply",
      client,
      id,
      replica,
      sketch,
      result: isExecutor ? result : undefined,
    }),
  )
  const answered = [...group.answered, own].sort(compare)
  return { process: { ...group, answered }, sent, action, told }
}

export const dGroupModel = (c: DProphecyConstants): ProcessModel<DGroup> => {
  const correct = correctIn(c)
  return {
    name: "group",
    initial: {
      role: "group",
      log: c.startLog,
      replicas: Object.fromEntries(
        correct.map((i) => {
          const applied = c.startApplied[i] ?? 0
          return [i, { applied, table: tableAfter(c.startLog, applied) }]
        }),
      ),
      answered: [],
    },
    key: (group) => JSON.stringify(group),
    texts: (group) => dGroupTexts(c, group),
    local: (group) =>
      correct
        .filter((i) => (group.replicas[i]?.applied ?? 0) < group.log.length)
        .map((i) => apply(group, i)),
    receive: (group, message) => {
      const m = message as DMessage
      if (m.type === "Request") return order(c, group, m)
      return m.type === "SketchRead" && correct.includes(m.replica) ? state(group, m) : undefined
    },
  }
}
