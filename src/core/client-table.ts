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
 * `E` is what a protocol keeps of a request, beside those two.
 */
export interface ClientTable<E extends ClientEntry = ClientEntry> {
  readonly size: number
  readonly chunks: ReadonlyArray<ReadonlyArray<E>>
}

const bits = 5
const mask = (1 << bits) - 1
const absent: ClientEntry = { timestamp: 0, result: "" }

/** A table for clients `0 .. size - 1`, none of which has had a request executed. */
export const make = (size: number): ClientTable => makeOf(size, absent)

/** The same with another entry for a client that has had no request executed. */
export const makeOf = <E extends ClientEntry>(size: number, nothing: E): ClientTable<E> => {
  const chunk = new Array<E>(1 << bits).fill(nothing)
  return { size, chunks: new Array<ReadonlyArray<E>>((size >> bits) + 1).fill(chunk) }
}

export const knows = <E extends ClientEntry>(table: ClientTable<E>, client: ClientId): boolean =>
  client >= 0 && client < table.size

export const get = <E extends ClientEntry>(table: ClientTable<E>, client: ClientId): E => {
  assert(knows(table, client), "client is in the table")
  return (table.chunks[client >> bits] as ReadonlyArray<E>)[client & mask] as E
}

export const set = <E extends ClientEntry>(
  table: ClientTable<E>,
  client: ClientId,
  entry: E,
): ClientTable<E> => {
  assert(knows(table, client), "client is in the table")
  const chunk = (table.chunks[client >> bits] as ReadonlyArray<E>).slice()
  chunk[client & mask] = entry
  const chunks = table.chunks.slice()
  chunks[client >> bits] = chunk
  return { size: table.size, chunks }
}

/** Every entry in order of client: what a checkpoint's digest covers beside the service's state. */
export const entries = <E extends ClientEntry>(table: ClientTable<E>): ReadonlyArray<E> =>
  table.chunks.flat().slice(0, table.size)

/** The table with these entries, as `entries` gave them. */
export const fromEntries = (all: ReadonlyArray<ClientEntry>): ClientTable =>
  fromEntriesOf(all, absent)

/** The same where `nothing` is the entry of a client that has had no request executed. */
export const fromEntriesOf = <E extends ClientEntry>(
  all: ReadonlyArray<E>,
  nothing: E,
): ClientTable<E> => {
  const chunks: Array<ReadonlyArray<E>> = []
  for (let from = 0; from <= all.length; from += 1 << bits) {
    const chunk = all.slice(from, from + (1 << bits))
    while (chunk.length < 1 << bits) chunk.push(nothing)
    chunks.push(chunk)
  }
  return { size: all.length, chunks }
}
