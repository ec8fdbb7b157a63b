/** The sketchers of a model and those who ask them: the real `step`, driven by what clients ask. */
import { requestIn } from "../core/prophecy/lane-client.ts"
import { type Authentic, type Reply } from "../core/pbft/message.ts"
import type { FastReply } from "../core/prophecy/message.ts"
import { encodePlaced, isBefore, latest, nowhere } from "../core/prophecy/position.ts"
import { initSketcher, stepSketcher } from "../core/prophecy/sketcher.ts"
import type {
  Respond,
  SketcherConfig,
  SketcherEffect,
  SketcherInput,
} from "../core/prophecy/sketcher-state.ts"
import { highestTimestamp } from "../core/prophecy/to-group.ts"
import type { Move, ProcessModel, SentMessage } from "./model.ts"
import {
  type Asked,
  type Front,
  type ModelClient,
  type ProphecyConstants,
  type ProphecyMessage,
  readsOf,
} from "./prophecy-process.ts"
import { frontTexts, messageText } from "./prophecy-text.ts"

export const sentOf = (m: ProphecyMessage): SentMessage => ({ text: messageText(m), value: m })

const sketcherConfig = (c: ProphecyConstants, id: number): SketcherConfig => ({
  group: { n: c.n, f: c.f, quorum: c.n - c.f },
  id,
  firstClient: id * c.lanes,
  lanes: c.lanes,
  firstTimestamp: 0,
  replyQuorum: c.f + 1,
  sketches: c.sketches,
  generation: c.generation,
  maxStrikes: c.maxStrikes,
  fastReadMs: 0,
  retransmitMs: 0,
  readmitMs: 0,
})

const newClient: ModelClient = {
  next: 1,
  state: "idle",
  seen: nowhere,
  promised: nowhere,
  answer: undefined,
}

export const initialFront = (c: ProphecyConstants): Front => ({
  role: "front",
  sketchers: Array.from({ length: c.sketchers }, (_, s) => initSketcher(sketcherConfig(c, s))),
  clients: c.clientOps.map(() => newClient),
  latest: Object.fromEntries(readsOf(c).map((op) => [op, nowhere])),
})

const askedBy = (c: ProphecyConstants, client: number, at: ModelClient): Asked | undefined =>
  c.clientOps[client]?.[at.next - 1]

const withClient = (front: Front, client: number, to: ModelClient): Front => ({
  ...front,
  clients: front.clients.map((known, k) => (k === client ? to : known)),
})

/** What a client does with the answer to its call. */
const answered = (c: ProphecyConstants, front: Front, respond: Respond): Front => {
  const { path, position, result } = respond
  const id = respond.id % c.clientOps.length
  const client = front.clients[id] as ModelClient
  const { op, kind } = askedBy(c, id, client) as Asked
  const after = withClient(front, id, {
    ...client,
    next: client.next + 1,
    state: "idle",
    seen: c.sessions.includes(id) ? latest(client.seen, position) : client.seen,
    answer: { op, path, position, result },
  })
  if (kind === "write") return after
  return {
    ...after,
    latest: { ...front.latest, [op]: latest(front.latest[op] ?? nowhere, position) },
  }
}

const sentBy = (effect: SketcherEffect): ReadonlyArray<ProphecyMessage> => {
  switch (effect._tag) {
    case "SendToReplicas": {
      const request = requestIn(effect.message)
      if (request === undefined) return []
      const { client, timestamp, operation: op } = request
      return [{ type: "Request", client, timestamp, op }]
    }
    case "SendFastRead": {
      const { sketcher, id, operation: op } = effect.message
      return [{ type: "FastRead", sketcher, id, op, replica: effect.replica }]
    }
    case "Respond":
    case "SetTimer":
    case "CancelTimer":
      return []
  }
}

/** Gives one input to sketcher `s`, and its answers to the clients. */
const moved = (
  c: ProphecyConstants,
  front: Front,
  s: number,
  given: { readonly input: SketcherInput; readonly told: string },
): Move<Front> => {
  const before = front.sketchers[s]
  if (before === undefined) {
    return { process: front, sent: [], action: "Ignore:NoSketcher", told: given.told }
  }
  const took = stepSketcher(sketcherConfig(c, s), before, given.input)
  const responses = took.effects.filter((e) => e._tag === "Respond")
  const stepped =
    took.state === before
      ? front
      : { ...front, sketchers: front.sketchers.map((known, k) => (k === s ? took.state : known)) }
  return {
    process: responses.reduce((all, respond) => answered(c, all, respond), stepped),
    sent: took.effects.flatMap(sentBy).map(sentOf),
    action: took.action,
    told: given.told,
  }
}

const clientMoves = (
  c: ProphecyConstants,
  front: Front,
  id: number,
): ReadonlyArray<Move<Front>> => {
  const client = front.clients[id] as ModelClient
  const asked = askedBy(c, id, client)
  if (client.state !== "idle" || asked === undefined) return []
  const { kind, op, at, fresh } = asked
  const call = client.next * c.clientOps.length + id
  const promised = kind === "read" ? (front.latest[op] ?? nowhere) : nowhere
  const waiting = withClient(front, id, {
    ...client,
    state: "waiting",
    answer: undefined,
    promised,
  })
  if (kind === "write") {
    const input = { _tag: "Write", id: call, operation: op } as const
    return [moved(c, waiting, at, { input, told: `client ${id}: ${op}` })]
  }
  return Array.from({ length: c.n }, (_, replica) => {
    const told = `client ${id}: ${op}, replica ${replica} is drawn`
    const input = { _tag: "Read", id: call, key: op, operation: op, replica } as const
    return moved(c, waiting, at, { input: { ...input, fresh, after: client.seen }, told })
  })
}

/** Whoever waits for an answer when its sketcher stops does not learn what became of it. */
const abandoned = (c: ProphecyConstants, front: Front, s: number): Front => ({
  ...front,
  clients: front.clients.map((client, id) =>
    client.state === "waiting" && askedBy(c, id, client)?.at === s
      ? { ...client, state: "gone" }
      : client,
  ),
})

/** A client that waits no longer. */
const leaving = (front: Front, client: number): Front =>
  withClient(front, client, { ...(front.clients[client] as ModelClient), state: "gone" })

const timerMoves = (c: ProphecyConstants, front: Front, s: number): ReadonlyArray<Move<Front>> => {
  const state = front.sketchers[s]
  if (state === undefined) return []
  const moves: Array<Move<Front>> = []
  const move = (at: Front, input: SketcherInput, told: string): void => {
    moves.push(moved(c, at, s, { input, told }))
  }
  for (const { id, stage } of state.calls) {
    if (stage === "fast" && c.canTimeout.includes(s)) {
      move(front, { _tag: "FastTimeout", id }, `sketcher ${s}: call ${id}`)
    }
    if (c.canGiveUp.includes(s)) {
      move(leaving(front, id % c.clientOps.length), { _tag: "GiveUp", id }, `call ${id}`)
    }
  }
  for (const [lane, { call }] of state.lanes.entries()) {
    if (call !== undefined && c.canRetransmit.includes(s)) {
      move(front, { _tag: "Retransmit", lane }, `sketcher ${s}: lane ${lane}`)
    }
  }
  for (const [replica, count] of state.strikes.entries()) {
    if (c.maxStrikes > 0 && count === c.maxStrikes) {
      move(front, { _tag: "Readmit", replica }, `sketcher ${s}: replica ${replica}`)
    }
  }
  if (c.canRestart.includes(s)) {
    const input = { _tag: "Restart", firstTimestamp: highestTimestamp(state) } as const
    move(abandoned(c, front, s), input, `sketcher ${s}`)
  }
  return moves
}

const heard = (c: ProphecyConstants, front: Front, m: ProphecyMessage): Move<Front> | undefined => {
  switch (m.type) {
    case "FastReply": {
      const { sketcher, id, replica, result } = m
      const message = { _tag: "FastReply", sketcher, id, replica, result } as Authentic<FastReply>
      const told = `${result} from replica ${replica} for call ${id}`
      const input = { _tag: "FastReply", message, digest: c.digest(result) } as const
      return moved(c, front, sketcher, { input, told })
    }
    case "Reply": {
      const { client, timestamp, replica, position, result } = m
      const place = encodePlaced({ position, result })
      const of = { view: 0, client, timestamp, replica }
      const message = { _tag: "Reply", ...of, result: place } as Authentic<Reply>
      const told = `${place} from replica ${replica} to PBFT client ${client}`
      const input = { _tag: "Reply", message, digest: c.digest(result) } as const
      return moved(c, front, Math.floor(client / c.lanes), { input, told })
    }
    case "FastRead":
    case "Request":
      return undefined
  }
}

export const frontModel = (c: ProphecyConstants): ProcessModel<Front> => ({
  name: "sketchers and clients",
  initial: initialFront(c),
  key: (front) => JSON.stringify(front, (_, value: unknown) => value ?? null),
  texts: frontTexts,
  local: (front) => [
    ...front.clients.flatMap((_, id) => clientMoves(c, front, id)),
    ...front.sketchers.flatMap((_, s) => timerMoves(c, front, s)),
  ],
  receive: (front, message) => heard(c, front, message as ProphecyMessage),
})

/** Whether an answer is from before one that its client could know of. */
export const isTooOld = ({ answer, promised }: ModelClient): boolean =>
  answer !== undefined && isBefore(answer.position, promised)
