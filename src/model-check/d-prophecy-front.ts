/** The clients of a model of D-Prophecy: the real `step`, driven by what each asks. */
import type { Authentic, Reply } from "../core/pbft/message.ts"
import {
  type DClientConfig,
  type DClientEffect,
  type DClientInput,
  initDClient,
  stepDClient,
} from "../core/prophecy/d-client.ts"
import type { SketchReply } from "../core/prophecy/d-message.ts"
import { encodePlaced, latest, nowhere } from "../core/prophecy/position.ts"
import type { Respond } from "../core/prophecy/sketcher-state.ts"
import {
  type DAsked,
  type DFront,
  dFrontTexts,
  type DMessage,
  dMessageText,
  type DModelClient,
  type DProphecyConstants,
} from "./d-prophecy-process.ts"
import type { Move, ProcessModel, SentMessage } from "./model.ts"

export const dSentOf = (m: DMessage): SentMessage => ({ text: dMessageText(m), value: m })

const configOf = (c: DProphecyConstants, id: number): DClientConfig => ({
  group: { n: c.n, f: c.f, quorum: c.n - c.f },
  id,
  firstTimestamp: 0,
  retransmitMs: 0,
  sketchMs: 0,
})

export const dInitialFront = (c: DProphecyConstants): DFront => {
  const reads = new Set(c.clientOps.flat().flatMap((a) => (a.kind === "read" ? a.op : [])))
  return {
    role: "front",
    clients: c.clientOps.map((_, id) => ({
      next: 1,
      at: initDClient(configOf(c, id)),
      promised: nowhere,
      answer: undefined,
    })),
    latest: Object.fromEntries([...reads].sort().map((op) => [op, c.startLatest])),
  }
}

const askedBy = (c: DProphecyConstants, id: number, client: DModelClient): DAsked | undefined =>
  c.clientOps[id]?.[client.next - 1]

const withClient = (front: DFront, id: number, to: DModelClient): DFront => ({
  ...front,
  clients: front.clients.map((known, k) => (k === id ? to : known)),
})

const sentBy = (c: DProphecyConstants, effect: DClientEffect): ReadonlyArray<DMessage> => {
  switch (effect._tag) {
    case "SendToReplicas": {
      const { client, timestamp, operation: op } = effect.message
      return [{ type: "Request", client, timestamp, op }]
    }
    case "SendSketchRead": {
      const { client, id, operation: op, executor } = effect.message
      const asked = { type: "SketchRead" as const, client, id, op, executor }
      return Array.from({ length: c.n }, (_, replica) => ({ ...asked, replica }))
    }
    case "Respond":
    case "SetTimer":
    case "CancelTimer":
      return []
  }
}

const answered = (
  c: DProphecyConstants,
  front: DFront,
  id: number,
  { path, position, result }: Respond,
): DFront => {
  const client = front.clients[id] as DModelClient
  const { op, kind } = askedBy(c, id, client) as DAsked
  const answer = { op, path, position, result }
  const after = withClient(front, id, { ...client, next: client.next + 1, answer })
  if (kind === "write") return after
  const known = front.latest[op] ?? nowhere
  return { ...after, latest: { ...front.latest, [op]: latest(known, position) } }
}

const moved = (
  c: DProphecyConstants,
  front: DFront,
  id: number,
  given: { readonly input: DClientInput; readonly told: string },
): Move<DFront> => {
  const client = front.clients[id] as DModelClient
  const took = stepDClient(configOf(c, id), client.at, given.input)
  const stepped =
    took.state === client.at ? front : withClient(front, id, { ...client, at: took.state })
  return {
    process: took.effects
      .filter((e) => e._tag === "Respond")
      .reduce((all, respond) => answered(c, all, id, respond), stepped),
    sent: took.effects.flatMap((e) => sentBy(c, e)).map(dSentOf),
    action: took.action,
    told: given.told,
  }
}

const clientMoves = (
  c: DProphecyConstants,
  front: DFront,
  id: number,
): ReadonlyArray<Move<DFront>> => {
  const client = front.clients[id] as DModelClient
  const { call } = client.at
  if (call !== undefined) {
    if (call.stage !== "asked" || !c.canTimeout.includes(id)) return []
    const input = { _tag: "SketchTimeout", id: call.id } as const
    return [moved(c, front, id, { input, told: `client ${id}` })]
  }
  const asked = askedBy(c, id, client)
  if (asked === undefined) return []
  const { kind, op } = asked
  const promised = kind === "read" ? (front.latest[op] ?? nowhere) : nowhere
  const asking = withClient(front, id, { ...client, promised, answer: undefined })
  const named = { id: client.next, operation: op }
  if (kind === "write") {
    return [
      moved(c, asking, id, { input: { _tag: "Write", ...named }, told: `client ${id}: ${op}` }),
    ]
  }
  return c.executors.map((executor) =>
    moved(c, asking, id, {
      input: { _tag: "Read", ...named, executor },
      told: `client ${id}: ${op}, executor ${executor}`,
    }),
  )
}

const heard = (c: DProphecyConstants, front: DFront, m: DMessage): Move<DFront> | undefined => {
  switch (m.type) {
    case "SketchReply": {
      const { client, id, replica, sketch, result } = m
      const { seq, place } = sketch.position
      const of = { client, id, replica, digest: sketch.digest, seq, place, result }
      const message = { _tag: "SketchReply", ...of } as Authentic<SketchReply>
      const own = `${sketch.digest || "no sketch"} at ${seq}.${place}`
      const told = `${own}${result === undefined ? "" : `, ${result}`} from replica ${replica}`
      const input = { _tag: "SketchReply", message, digest: result ?? "" } as const
      return moved(c, front, client, { input, told })
    }
    case "Reply": {
      const { client, timestamp, replica, position, result } = m
      if (c.clientOps[client] === undefined) return undefined
      const placed = encodePlaced({ position, result })
      const message = {
        _tag: "Reply",
        view: 0,
        client,
        timestamp,
        replica,
        result: placed,
      } as Authentic<Reply>
      const told = `${placed} from replica ${replica}`
      return moved(c, front, client, { input: { _tag: "Reply", message }, told })
    }
    case "SketchRead":
    case "Request":
      return undefined
  }
}

export const dFrontModel = (c: DProphecyConstants): ProcessModel<DFront> => ({
  name: "clients",
  initial: dInitialFront(c),
  key: (front) => JSON.stringify(front, (_, value: unknown) => value ?? null),
  texts: (front) => dFrontTexts(c.n, front),
  local: (front) => front.clients.flatMap((_, id) => clientMoves(c, front, id)),
  receive: (front, message) => heard(c, front, message as DMessage),
})
