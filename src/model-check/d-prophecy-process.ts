/** What a model of D-Prophecy is made of: its constants, its two processes, its messages. */
import type { DClientState } from "../core/prophecy/d-client.ts"
import { decodePlaced, type Position } from "../core/prophecy/position.ts"
import type { Sketch, SketchTable } from "../core/prophecy/sketch-table.ts"
import { func, int, record, seq, set, str, type Text } from "./canonical.ts"
import { type Answer, type Entry, kindOf } from "./prophecy-process.ts"
import { positionText } from "./prophecy-text.ts"

export interface DAsked {
  readonly kind: "read" | "write"
  readonly op: string
}

export type DMessage =
  | {
      readonly type: "SketchRead"
      readonly client: number
      readonly id: number
      readonly op: string
      readonly executor: number
      readonly replica: number
    }
  | {
      readonly type: "SketchReply"
      readonly client: number
      readonly id: number
      readonly replica: number
      readonly sketch: Sketch
      readonly result: Text | undefined
    }
  | {
      readonly type: "Request"
      readonly client: number
      readonly timestamp: number
      readonly op: string
    }
  | {
      readonly type: "Reply"
      readonly client: number
      readonly timestamp: number
      readonly replica: number
      readonly position: Position
      readonly result: Text
    }

/** The constants of a model, as its .cfg names them. */
export interface DProphecyConstants {
  readonly n: number
  readonly f: number
  readonly byzantine: ReadonlyArray<number>
  readonly clientOps: ReadonlyArray<ReadonlyArray<DAsked>>
  readonly executors: ReadonlyArray<number>
  readonly canTimeout: ReadonlyArray<number>
  readonly startLog: ReadonlyArray<Entry>
  /** By correct replica. */
  readonly startApplied: ReadonlyArray<number>
  readonly startLatest: Position
  readonly injected: ReadonlyArray<DMessage>
}

/** A client of the code, and what is seen of it from outside. */
export interface DModelClient {
  readonly next: number
  readonly at: DClientState
  readonly promised: Position
  readonly answer: Answer | undefined
}

export interface DFront {
  readonly role: "front"
  readonly clients: ReadonlyArray<DModelClient>
  readonly latest: Readonly<Record<string, Position>>
}

/** One agreed log, and of each correct replica what it has executed and sketched. */
export interface DGroup {
  readonly role: "group"
  readonly log: ReadonlyArray<Entry>
  readonly replicas: Readonly<
    Record<number, { readonly applied: number; readonly table: SketchTable }>
  >
  readonly answered: ReadonlyArray<readonly [replica: number, client: number, id: number]>
}

export const correctIn = ({ n, byzantine }: DProphecyConstants): ReadonlyArray<number> =>
  Array.from({ length: n }, (_, replica) => replica).filter((r) => !byzantine.includes(r))

const orEmpty = (text: Text | undefined): Text =>
  text === undefined || text === "" ? seq([]) : text
const below = (n: number): ReadonlyArray<number> => Array.from({ length: n }, (_, k) => k)

export const sketchText = (sketch: Sketch): Text =>
  record({ digest: orEmpty(sketch.digest), position: positionText(sketch.position) })

const replyText = (reply: string | undefined): Text => {
  if (reply === undefined) return seq([])
  const { position, result } = decodePlaced(reply)
  return record({ position: positionText(position), result })
}

const answerText = (answer: Answer | undefined): Text => {
  if (answer === undefined) return seq([])
  const { op, path, position, result } = answer
  return record({ op: str(op), path: str(path), position: positionText(position), result })
}

const clientText = (n: number, { next, at, promised, answer }: DModelClient): Text => {
  const { call, client } = at
  const stated = (r: number): Text => {
    const sketch = call?.sketches[r]
    return sketch === undefined ? seq([]) : sketchText(sketch)
  }
  return record({
    next: int(next),
    stage: str(call?.stage ?? "idle"),
    timestamp: int(client.timestamp),
    executor: int(call?.executor ?? 0),
    sketches: func(below(n), below(n).map(stated)),
    result: orEmpty(call?.result?.bytes),
    replies: func(below(n), client.replies.map(replyText)),
    promised: positionText(promised),
    answer: answerText(answer),
  })
}

export const dFrontTexts = (n: number, front: DFront): Readonly<Record<string, Text>> => ({
  client: func(
    below(front.clients.length),
    front.clients.map((k) => clientText(n, k)),
  ),
  latest:
    Object.keys(front.latest).length === 0
      ? seq([])
      : record(
          Object.fromEntries(Object.entries(front.latest).map(([op, p]) => [op, positionText(p)])),
        ),
})

export const dGroupTexts = (
  c: DProphecyConstants,
  { log, replicas, answered }: DGroup,
): Readonly<Record<string, Text>> => ({
  log: seq(
    log.map(({ client, timestamp, op }) =>
      record({
        client: int(client),
        timestamp: int(timestamp),
        kind: str(kindOf(op)),
        op: str(op),
      }),
    ),
  ),
  applied: func(
    correctIn(c),
    correctIn(c).map((i) => int(replicas[i]?.applied ?? 0)),
  ),
  answered: set(answered.map((of) => seq(of.map(int)))),
})

export const dMessageText = (m: DMessage): Text => {
  const type = str(m.type)
  const client = int(m.client)
  switch (m.type) {
    case "SketchRead": {
      const to = { executor: int(m.executor), replica: int(m.replica) }
      return record({ type, client, id: int(m.id), op: str(m.op), ...to })
    }
    case "SketchReply": {
      const from = { id: int(m.id), replica: int(m.replica) }
      const said = { sketch: sketchText(m.sketch), result: orEmpty(m.result) }
      return record({ type, client, ...from, ...said })
    }
    case "Request": {
      const { timestamp, op } = m
      return record({
        type,
        client,
        timestamp: int(timestamp),
        kind: str(kindOf(op)),
        op: str(op),
      })
    }
    case "Reply": {
      const of = { timestamp: int(m.timestamp), replica: int(m.replica) }
      return record({ type, client, ...of, position: positionText(m.position), result: m.result })
    }
  }
}
