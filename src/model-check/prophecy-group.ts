/** The replicated service of a model of Prophecy: one agreed log, and who has executed how much. */
import type { Authentic } from "../core/pbft/message.ts"
import type { FastRead } from "../core/prophecy/message.ts"
import { recvFastRead } from "../core/prophecy/replica.ts"
import type { Move, ProcessModel } from "./model.ts"
import { sentOf } from "./prophecy-front.ts"
import {
  correctOf,
  type Entry,
  pagesAt,
  positionAt,
  type ProphecyConstants,
  type ProphecyMessage,
  type ReplicaGroup,
  resultOf,
} from "./prophecy-process.ts"
import { groupTexts } from "./prophecy-text.ts"

const replyOf = (log: ReadonlyArray<Entry>, k: number, replica: number): ProphecyMessage => {
  const { client, timestamp, op } = log[k - 1] as Entry
  const result = resultOf(pagesAt(log, k - 1), op)
  return { type: "Reply", client, timestamp, replica, position: positionAt(k), result }
}

// Byzantine replicas know what is agreed on at once.
const order = (
  c: ProphecyConstants,
  group: ReplicaGroup,
  { client, timestamp, op }: Entry,
): Move<ReplicaGroup> => {
  const told = `request ${timestamp} of PBFT client ${client}: ${op}`
  if (group.log.some((e) => e.client === client && e.timestamp >= timestamp)) {
    return { process: group, sent: [], action: "Ignore:AlreadyOrdered", told }
  }
  const log = [...group.log, { client, timestamp, op }]
  const sent = c.byzantine.map((b) => sentOf(replyOf(log, log.length, b)))
  return { process: { ...group, log }, sent, action: "Order", told }
}

const apply = (group: ReplicaGroup, replica: number): Move<ReplicaGroup> => {
  const k = (group.applied[replica] ?? 0) + 1
  return {
    process: { ...group, applied: { ...group.applied, [replica]: k } },
    sent: [sentOf(replyOf(group.log, k, replica))],
    action: "Apply",
    told: `replica ${replica} executes operation ${k}`,
  }
}

const inOrder = (a: readonly [number, number], b: readonly [number, number]): number =>
  a[0] - b[0] || a[1] - b[1]

const answerFast = (
  group: ReplicaGroup,
  m: Extract<ProphecyMessage, { readonly type: "FastRead" }>,
): Move<ReplicaGroup> => {
  const { sketcher, id, replica, op } = m
  const message = { _tag: "FastRead", sketcher, id, operation: op } as Authentic<FastRead>
  const { effects, action } = recvFastRead(group, message)
  const pages = pagesAt(group.log, group.applied[replica] ?? 0)
  const told = `replica ${replica} answers call ${id}: ${resultOf(pages, op)}`
  if (group.answered.some(([s, call]) => s === sketcher && call === id)) {
    return { process: group, sent: [], action: "Ignore:AlreadyAnswered", told }
  }
  const sent = effects.map(({ message: asked }) =>
    sentOf({
      type: "FastReply",
      sketcher: asked.sketcher,
      id: asked.id,
      replica,
      result: resultOf(pages, asked.operation),
    }),
  )
  const answered = [...group.answered, [sketcher, id] as const].sort(inOrder)
  return { process: { ...group, answered }, sent, action, told }
}

export const groupModel = (c: ProphecyConstants): ProcessModel<ReplicaGroup> => {
  const correct = correctOf(c)
  return {
    name: "group",
    initial: {
      role: "group",
      log: [],
      applied: Object.fromEntries(correct.map((i) => [i, 0])),
      answered: [],
    },
    key: (group) => JSON.stringify(group),
    texts: (group) => groupTexts(c, group),
    local: (group) =>
      correct.filter((i) => (group.applied[i] ?? 0) < group.log.length).map((i) => apply(group, i)),
    receive: (group, message) => {
      const m = message as ProphecyMessage
      if (m.type === "Request") return order(c, group, m)
      return m.type === "FastRead" && correct.includes(m.replica) ? answerFast(group, m) : undefined
    },
  }
}
