/** The invariants of Zyzzyva.tla that speak of clients: what they asked for and were answered. */
import * as ClientTable from "../core/client-table.ts"
import type { Digest } from "../core/ids.ts"
import type { ClientState } from "../core/zyzzyva/client.ts"
import type { Message } from "../core/zyzzyva/message.ts"
import { noEntry, type Table } from "../core/zyzzyva/state.ts"
import type { ZyzzyvaEnvelope } from "../sim/zyzzyva-world.ts"
import type { Invariant, SentMessage } from "./model.ts"
import { modelService } from "./pbft-process.ts"
import { plainText } from "./pbft-text.ts"
import {
  batchOfDigest,
  digestsOf,
  historyDigest,
  type Value,
  type ZyzzyvaConstants,
  type ZyzzyvaProcess,
} from "./zyzzyva-process.ts"

export const asProcess = (p: unknown): ZyzzyvaProcess => p as ZyzzyvaProcess
export const messageOf = (m: SentMessage): Message => (m.value as ZyzzyvaEnvelope).message

type Client = Extract<ZyzzyvaProcess, { readonly role: "client" }>

interface Outcome {
  readonly value: Value
  readonly table: Table
}

/** The service and the table after a history. */
export const outcome = (clients: number, history: Digest): Outcome => {
  let value: Value = []
  let table: Table = ClientTable.makeOf(clients, noEntry)
  let at = ""
  digestsOf(history).forEach((digest, k) => {
    at = historyDigest(at, digest)
    for (const { client, timestamp, operation } of batchOfDigest(digest)) {
      if (timestamp <= ClientTable.get(table, client).timestamp) continue
      const request = { client, timestamp, operation }
      const result = modelService.result(value, request)
      value = modelService.next(value, request)
      table = ClientTable.set(table, client, { timestamp, result, seq: k + 1, history: at })
    }
  })
  return { value, table }
}

const clientResult = (c: ZyzzyvaConstants): Invariant => ({
  name: "ClientResult",
  scope: "process",
  check: (p) => {
    const process = asProcess(p)
    if (process.role !== "client") return null
    const { done, operation, timestamp, result } = process.at
    if (done === undefined || operation !== undefined) return null
    const entry = ClientTable.get(outcome(c.allClients, done.history).table, process.id)
    const same = entry.timestamp === timestamp && entry.result === result && entry.seq === done.seq
    return same || isRead(c, process)
      ? null
      : `client ${process.id} has a result that its history does not give`
  },
  antecedent: (p) => {
    const process = asProcess(p)
    if (process.role !== "client") return false
    return process.at.done !== undefined && process.at.operation === undefined
  },
})

/** What a client with its answer asked for last, if it need not have been ordered. */
const lastRead = (c: ZyzzyvaConstants, id: number, { timestamp, operation }: ClientState) => {
  const last = c.clientOps[id]?.[timestamp - 1]
  const isOver = operation === undefined && last !== undefined
  return c.readOnly && isOver && modelService.isRead(last) ? last : undefined
}

// Its result is that of the read after the history with which it was answered.
const isRead = (c: ZyzzyvaConstants, { id, at }: Client): boolean => {
  const operation = lastRead(c, id, at)
  if (operation === undefined || at.done === undefined) return false
  const { value } = outcome(c.allClients, at.done.history)
  const request = { client: id, timestamp: at.timestamp, operation }
  return modelService.result(value, request) === at.result
}

const freshReads = (c: ZyzzyvaConstants): Invariant => {
  // Its last request before that was to be ordered.
  const writtenBefore = ({ id, at }: Client): number =>
    (c.clientOps[id] ?? [])
      .slice(0, at.timestamp - 1)
      .findLastIndex((operation) => !modelService.isRead(operation)) + 1
  const applies = (p: ZyzzyvaProcess): p is Client =>
    p.role === "client" &&
    p.at.done !== undefined &&
    lastRead(c, p.id, p.at) !== undefined &&
    writtenBefore(p) > 0
  return {
    name: "FreshReads",
    scope: "process",
    check: (process) => {
      const p = asProcess(process)
      if (!applies(p) || p.at.done === undefined) return null
      const { table } = outcome(c.allClients, p.at.done.history)
      const isFresh = ClientTable.get(table, p.id).timestamp >= writtenBefore(p)
      return isFresh ? null : `client ${p.id} has read of a history without what it wrote before`
    },
    antecedent: (process) => applies(asProcess(process)),
  }
}

const validity = (c: ZyzzyvaConstants): Invariant => {
  const correctly = (value: unknown): Value =>
    (value as Value).filter((r) => r.client < c.clientOps.length)
  return {
    name: "Validity",
    scope: "messages",
    part: executedBy,
    select: everyRequest,
    check: (value, sent) => {
      const asked = new Set(
        sent.map(messageOf).flatMap((m) => (m._tag === "Request" ? [plainText(m)] : [])),
      )
      const bad = correctly(value).find((r) => !asked.has(plainText(r)))
      return bad === undefined ? null : `client ${bad.client} never asked for ${bad.operation}`
    },
    antecedent: (value) => correctly(value).length > 0,
  }
}

const executedBy = (p: unknown): Value => {
  const process = asProcess(p)
  return process.role === "replica" ? process.at.value : []
}

const everyRequest = (_index: number, m: SentMessage): boolean => messageOf(m)._tag === "Request"

/** Of clients. */
export const clientInvariants = (c: ZyzzyvaConstants): ReadonlyArray<Invariant> => [
  clientResult(c),
  freshReads(c),
  validity(c),
]
