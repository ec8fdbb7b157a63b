import { assert } from "./assert.ts"
import type { Bytes, ClientId, Timestamp } from "./ids.ts"

/** The last request of a client that was executed, and its result (TOCS section 4.1). */
export interface ClientEntry {
  readonly timestamp: Timestamp
  readonly result: Bytes
}

/**
 * Per client the last executed timestamp and its result: a request runs at most once, and its
 * reply can be sent again. A persistent array in chunks, so that a write copies two short arrays.
 */
export interface ClientTable {
  readonly size: number
  readonly chunks: ReadonlyArray<ReadonlyArray<ClientEntry>>
}

const bits = 5
const mask = (1 << bits) - 1
const absent: ClientEntry = { timestamp: 0, result: "" }

/** A table for clients `0 .. size - 1`, none of which has had a request executed. */
export const make = (size: number): ClientTable => {
  const chunk = new Array<ClientEntry>(1 << bits).fill(absent)
  return { size, chunks: new Array<ReadonlyArray<ClientEntry>>((size >> bits) + 1).fill(chunk) }
}

export const knows = (table: ClientTable, client: ClientId): boolean =>
  client >= 0 && client < table.size

export const get = (table: ClientTable, client: ClientId): ClientEntry => {
  assert(knows(table, client), "client is in the table")
  return (table.chunks[client >> bits] as ReadonlyArray<ClientEntry>)[client & mask] as ClientEntry
}

export const set = (table: ClientTable, client: ClientId, entry: ClientEntry): ClientTable => {
  assert(knows(table, client), "client is in the table")
  const chunk = (table.chunks[client >> bits] as ReadonlyArray<ClientEntry>).slice()
  chunk[client & mask] = entry
  const chunks = table.chunks.slice()
  chunks[client >> bits] = chunk
  return { size: table.size, chunks }
}

/** Every entry in order of client: what a checkpoint's digest covers beside the service's state. */
export const entries = (table: ClientTable): ReadonlyArray<ClientEntry> =>
  table.chunks.flat().slice(0, table.size)

/** The table with these entries, as `entries` gave them. */
export const fromEntries = (all: ReadonlyArray<ClientEntry>): ClientTable => {
  const chunks: Array<ReadonlyArray<ClientEntry>> = []
  for (let from = 0; from <= all.length; from += 1 << bits) {
    const chunk = all.slice(from, from + (1 << bits))
    while (chunk.length < 1 << bits) chunk.push(absent)
    chunks.push(chunk)
  }
  return { size: all.length, chunks }
}
