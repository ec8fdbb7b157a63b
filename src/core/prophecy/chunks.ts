/**
 * Large results in chunks of one size, so that each can be given out as soon as it is verified. The
 * digest of a result is the digests of its chunks, one after the other: of a small result, of one
 * chunk. So whoever has the digest of a result can check it from its beginning, chunk by chunk, and
 * equal digests mean equal results as before. NSDI '10 section 3 compares whole responses; the
 * chunks are ours.
 *
 * Outside the specification: chunks. What is complete there is a FAST-REPLY that matches its
 * sketch, what differs in any chunk is one that does not.
 */
import type { Bytes, Digest } from "../ids.ts"

/** Bytes of every chunk but the last one of a result. */
export const chunkBytes = 64 * 1024

/** The digest of one chunk as text: SHA-256 in hexadecimal. */
const digestLength = 64

/** A result as its chunks; an empty result is one empty chunk. */
export const chunksOf = (result: Bytes, size = chunkBytes): ReadonlyArray<Bytes> => {
  if (result.length <= size) return [result]
  const chunks: Array<Bytes> = []
  for (let from = 0; from < result.length; from += size) {
    chunks.push(result.slice(from, from + size))
  }
  return chunks
}

/** The digest of a result, by the digest of a chunk. */
export const chunkedDigest = (
  digestOf: (chunk: Bytes) => Digest,
  result: Bytes,
  size = chunkBytes,
): Digest => chunksOf(result, size).map(digestOf).join("")

/** How many chunks a result with this digest has. */
export const chunkCount = (digest: Digest): number => Math.ceil(digest.length / digestLength)

/** What was verified of a result that comes in chunks. */
export interface Reading {
  /** Of the whole result, as it was sketched. */
  readonly digest: Digest
  /** The number of the chunk that comes next. */
  readonly next: number
}

export const startReading = (digest: Digest): Reading => ({ digest, next: 0 })

export interface Chunk {
  readonly index: number
  /** Nothing comes after it. */
  readonly isLast: boolean
  /** Of its bytes. */
  readonly digest: Digest
}

/**
 * - `released`: it is what was sketched, and there is more to come
 * - `complete`: so is the whole result
 * - `other`: the result is another one, and nothing of it was released
 * - `broken`: the result is another one, and something was released that is of the sketched one
 */
export type Verdict = "released" | "complete" | "other" | "broken"

/** Whether the next chunk is that of the sketched result; nothing else may be given out. */
export const readChunk = (
  reading: Reading,
  chunk: Chunk,
): { readonly reading: Reading; readonly verdict: Verdict } => {
  const { digest, next } = reading
  const expected = digest.slice(next * digestLength, (next + 1) * digestLength)
  const isLast = next === chunkCount(digest) - 1
  const isIt =
    chunk.index === next && chunk.digest === expected && chunk.isLast === isLast && expected !== ""
  if (!isIt) return { reading, verdict: next === 0 ? "other" : "broken" }
  return { reading: { digest, next: next + 1 }, verdict: isLast ? "complete" : "released" }
}
