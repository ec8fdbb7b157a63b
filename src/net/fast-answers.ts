/**
 * Large answers to fast reads as they arrive at a sketcher: each chunk is verified against the
 * sketch that the read was issued with, and given out at once.
 *
 * Outside the specification: see core/prophecy/chunks.ts.
 */
import type { Bytes } from "../core/ids.ts"
import { type Reading, readChunk, startReading, type Verdict } from "../core/prophecy/chunks.ts"
import type { Call, CallId } from "../core/prophecy/sketcher-state.ts"
import { bytesDigest } from "./digests.ts"
import { ChunkStream } from "./chunk-stream.ts"
import type { FastChunk } from "./fast-codec.ts"

interface Open {
  readonly reading: Reading
  /** What comes after the first chunk. */
  readonly rest: ChunkStream
}

/** What a chunk leads to; `started` comes with the first one, `rest` with what follows. */
export interface Given {
  readonly verdict: Verdict
  readonly started?: { readonly first: Bytes; readonly rest: ChunkStream }
}

export class FastAnswers {
  readonly #open = new Map<CallId, Open>()

  /** The next chunk of the drawn replica's answer to a call. */
  take({ id, digest }: Pick<Call, "id" | "digest">, chunk: FastChunk): Given {
    const known = this.#open.get(id)
    const before = known?.reading ?? startReading(digest)
    const { index, isLast, bytes } = chunk
    const { reading, verdict } = readChunk(before, { index, isLast, digest: bytesDigest(bytes) })
    if (verdict === "other" || verdict === "broken") {
      this.abort(id)
      return { verdict }
    }
    const rest = known?.rest ?? new ChunkStream()
    if (known !== undefined) rest.add(bytes)
    if (verdict === "complete") {
      this.#open.delete(id)
      rest.end()
    } else this.#open.set(id, { reading, rest })
    return known === undefined ? { verdict, started: { first: bytes, rest } } : { verdict }
  }

  /** Whether something of the call's answer was given out, and more was to come. */
  isOpen(id: CallId): boolean {
    return this.#open.has(id)
  }

  /** What was given out stays without an end. */
  abort(id: CallId): void {
    this.#open.get(id)?.rest.fail()
    this.#open.delete(id)
  }
}
