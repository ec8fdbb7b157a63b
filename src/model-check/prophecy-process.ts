/** What a model of Prophecy is made of: its constants, its two processes, its messages. */
import type { Position } from "../core/prophecy/position.ts"
import type { SketcherState } from "../core/prophecy/sketcher-state.ts"
import { int, seq, str, type Text } from "./canonical.ts"

/** What a client asks for: an element of a ClientOps of MCProphecy.tla. */
export interface Asked {
  readonly kind: "read" | "write"
  readonly op: string
  /** The sketcher that is asked. */
  readonly at: number
  readonly fresh: boolean
}

/** A message of the model, as Prophecy.tla has it. */
export type ProphecyMessage =
  | {
      readonly type: "FastRead"
      readonly sketcher: number
      readonly id: number
      readonly op: string
      readonly replica: number
    }
  | {
      readonly type: "FastReply"
      readonly sketcher: number
      readonly id: number
      readonly replica: number
      readonly result: Text
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
export interface ProphecyConstants {
  readonly n: number
  readonly f: number
  readonly byzantine: ReadonlyArray<number>
  readonly sketchers: number
  /** What each client asks for, in order. */
  readonly clientOps: ReadonlyArray<ReadonlyArray<Asked>>
  readonly sessions: ReadonlyArray<number>
  readonly sketches: boolean
  readonly generation: number
  readonly lanes: number
  readonly maxStrikes: number
  readonly canTimeout: ReadonlyArray<number>
  readonly canRetransmit: ReadonlyArray<number>
  readonly canRestart: ReadonlyArray<number>
  readonly canGiveUp: ReadonlyArray<number>
  readonly injected: ReadonlyArray<ProphecyMessage>
  readonly digest: (result: Text) => string
}

/** The service of MCProphecy.tla: pages of one object. */
export type Pages = Readonly<Record<string, number>>

const initialPages: Pages = { x: 0, y: 0, z: 0 }

export const kindOf = (op: string): "read" | "write" => (op in initialPages ? "read" : "write")

export const nextPages = (pages: Pages, op: string): Pages => {
  if (op === "share") return { ...pages, x: 1, y: 1 }
  return op === "undo" ? { ...pages, x: 0 } : pages
}

export const pageText = (op: string, value: number): Text => seq([str(op), int(value)])
/** A write's result tells of the state before it. */
export const resultOf = (pages: Pages, op: string): Text =>
  pageText(op, pages[op] ?? pages["x"] ?? 0)

/** An operation that the group agreed on. */
export interface Entry {
  readonly client: number
  readonly timestamp: number
  readonly op: string
}

/** The pages after the first `k` operations of a log. */
export const pagesAt = (log: ReadonlyArray<Entry>, k: number): Pages =>
  log.slice(0, k).reduce((pages, { op }) => nextPages(pages, op), initialPages)

/** Batches of two: the position of the k-th operation, and back; nowhere is 0. */
export const positionAt = (k: number): Position => ({
  seq: Math.floor((k + 1) / 2),
  place: (k + 1) % 2,
})
export const indexOf = ({ seq: batch, place }: Position): number =>
  batch === 0 ? 0 : 2 * batch - 1 + place

export interface Answer {
  readonly op: string
  readonly path: "fast" | "replicated"
  readonly position: Position
  readonly result: Text
}

export interface ModelClient {
  readonly next: number
  readonly state: "idle" | "waiting" | "gone"
  readonly seen: Position
  readonly promised: Position
  readonly answer: Answer | undefined
}

/** The sketchers and those who ask them. */
export interface Front {
  readonly role: "front"
  readonly sketchers: ReadonlyArray<SketcherState>
  readonly clients: ReadonlyArray<ModelClient>
  /** By read: the highest position that an answer to it was from. */
  readonly latest: Readonly<Record<string, Position>>
}

/** The replicas: one agreed log, and how much of it each correct one has executed. */
export interface ReplicaGroup {
  readonly role: "group"
  readonly log: ReadonlyArray<Entry>
  readonly applied: Readonly<Record<number, number>>
  /** The fast reads that were answered: sketcher and call. */
  readonly answered: ReadonlyArray<readonly [sketcher: number, id: number]>
}

export const readsOf = ({ clientOps }: ProphecyConstants): ReadonlyArray<string> => [
  ...new Set(clientOps.flat().flatMap((a) => (a.kind === "read" ? a.op : []))),
]

export const correctOf = ({ n, byzantine }: ProphecyConstants): ReadonlyArray<number> =>
  Array.from({ length: n }, (_, replica) => replica).filter((r) => !byzantine.includes(r))
