/** The state of a model of Prophecy as the canonical text of its counterpart in Prophecy.tla. */
import { repliesIn } from "../core/prophecy/lane-client.ts"
import type { Answer as ReplicaAnswer } from "../core/pbft/answers.ts"
import * as HashMap from "../core/hash-map.ts"
import { decodePlaced, type Position } from "../core/prophecy/position.ts"
import type { Generation } from "../core/prophecy/sketch-table.ts"
import type { Call, Lane, SketcherState } from "../core/prophecy/sketcher-state.ts"
import { bool, func, int, record, seq, set, str, type Text } from "./canonical.ts"
import {
  type Answer,
  correctOf,
  type Front,
  kindOf,
  type ModelClient,
  type ProphecyConstants,
  type ProphecyMessage,
  type ReplicaGroup,
} from "./prophecy-process.ts"

const orEmpty = (text: Text): Text => (text === "" ? "<<>>" : text)
const below = (n: number): ReadonlyArray<number> => Array.from({ length: n }, (_, k) => k)

export const positionText = (p: Position): Text => record({ seq: int(p.seq), place: int(p.place) })

const generationText = ({ sketches }: Generation): Text => {
  const all = HashMap.entries(sketches).map(([key, { digest, position }]) => [
    key,
    record({ digest, position: positionText(position) }),
  ])
  return all.length === 0 ? seq([]) : record(Object.fromEntries(all) as Record<string, Text>)
}

const callText = (call: Call): Text =>
  record({
    kind: str(call.kind),
    op: str(call.operation),
    stage: str(call.stage),
    replica: call.replica === undefined ? str("none") : int(call.replica),
    digest: orEmpty(call.digest),
    position: positionText(call.position),
  })

const replyText = (reply: ReplicaAnswer | undefined): Text => {
  if (reply === undefined) return seq([])
  const { position, result } = decodePlaced(reply.result)
  return record({ position: positionText(position), result })
}

const laneText = ({ call, client }: Lane): Text =>
  record({
    call: int(call ?? 0),
    timestamp: int(client.timestamp),
    toAll: bool(client.toAll),
    replies: func(below(repliesIn(client).length), repliesIn(client).map(replyText)),
  })

const sketcherTexts = (s: SketcherState) => ({
  table: record({
    young: generationText(s.table.young),
    old: generationText(s.table.old),
    floor: positionText(s.table.floor),
  }),
  calls: func(
    s.calls.map(({ id }) => id),
    s.calls.map(callText),
  ),
  // Lanes count from 1 there: a sequence.
  lanes: seq(s.lanes.map(laneText)),
  queue: seq(s.queue.map(int)),
  strikes: func(below(s.strikes.length), s.strikes.map(int)),
})

const answerText = (answer: Answer | undefined): Text =>
  answer === undefined
    ? seq([])
    : record({
        op: str(answer.op),
        path: str(answer.path),
        position: positionText(answer.position),
        result: answer.result,
      })

const clientText = (c: ModelClient): Text =>
  record({
    next: int(c.next),
    state: str(c.state),
    seen: positionText(c.seen),
    promised: positionText(c.promised),
    answer: answerText(c.answer),
  })

/** Each variable of the sketchers and their clients. */
export const frontTexts = (front: Front): Readonly<Record<string, Text>> => {
  const each = front.sketchers.map(sketcherTexts)
  const ids = below(front.sketchers.length)
  const latest = Object.entries(front.latest).map(([op, p]) => [op, positionText(p)])
  return {
    table: func(
      ids,
      each.map(({ table }) => table),
    ),
    calls: func(
      ids,
      each.map(({ calls }) => calls),
    ),
    lanes: func(
      ids,
      each.map(({ lanes }) => lanes),
    ),
    queue: func(
      ids,
      each.map(({ queue }) => queue),
    ),
    strikes: func(
      ids,
      each.map(({ strikes }) => strikes),
    ),
    client: func(below(front.clients.length), front.clients.map(clientText)),
    latest: record(Object.fromEntries(latest) as Record<string, Text>),
  }
}

/** Each variable of the group. */
export const groupTexts = (
  c: ProphecyConstants,
  group: ReplicaGroup,
): Readonly<Record<string, Text>> => ({
  log: seq(
    group.log.map(({ client, timestamp, op }) =>
      record({
        client: int(client),
        timestamp: int(timestamp),
        kind: str(kindOf(op)),
        op: str(op),
      }),
    ),
  ),
  applied: func(
    correctOf(c),
    correctOf(c).map((i) => int(group.applied[i] ?? 0)),
  ),
  answered: set(group.answered.map(([sketcher, id]) => seq([int(sketcher), int(id)]))),
})

export const messageText = (m: ProphecyMessage): Text => {
  const type = str(m.type)
  switch (m.type) {
    case "FastRead": {
      const { sketcher, id, op, replica } = m
      const to = { sketcher: int(sketcher), id: int(id), replica: int(replica) }
      return record({ type, ...to, op: str(op) })
    }
    case "FastReply": {
      const { sketcher, id, replica, result } = m
      const from = { sketcher: int(sketcher), id: int(id), replica: int(replica) }
      return record({ type, ...from, result })
    }
    case "Request": {
      const { client, timestamp, op } = m
      const of = { client: int(client), timestamp: int(timestamp) }
      return record({ type, ...of, kind: str(kindOf(op)), op: str(op) })
    }
    case "Reply": {
      const { client, timestamp, replica, position, result } = m
      const of = { client: int(client), timestamp: int(timestamp), replica: int(replica) }
      return record({ type, ...of, position: positionText(position), result })
    }
  }
}
