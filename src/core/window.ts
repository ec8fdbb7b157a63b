import { assert } from "./assert.ts"
import type { Seq } from "./ids.ts"

/**
 * The log between the watermarks: a persistent array over `low + 1 .. low + length`
 * (TOCS section 4.4). Two levels, so that a write copies two short arrays and not the window.
 */
export interface Window<A> {
  /** The low watermark: the first sequence number that is not in the window any more. */
  readonly low: Seq
  readonly length: number
  readonly empty: A
  readonly bits: number
  readonly chunks: ReadonlyArray<ReadonlyArray<A>>
}

/** A window of `length` entries above `low`, all `empty`. */
export const make = <A>(empty: A, length: number, low: Seq): Window<A> => {
  const bits = Math.ceil(Math.log2(length) / 2)
  const chunk = new Array<A>(1 << bits).fill(empty)
  const chunks = new Array<ReadonlyArray<A>>(Math.ceil(length / (1 << bits))).fill(chunk)
  return { low, length, empty, bits, chunks }
}

export const covers = <A>(window: Window<A>, seq: Seq): boolean =>
  seq > window.low && seq <= window.low + window.length

// Position of a sequence number in the ring: the ring holds `length` rounded up to whole chunks.
const position = <A>(window: Window<A>, seq: Seq): number =>
  seq % (window.chunks.length << window.bits)

/** The entry at `seq`, which the window must cover. */
export const get = <A>(window: Window<A>, seq: Seq): A => {
  assert(covers(window, seq), "window covers what is read")
  const at = position(window, seq)
  const chunk = window.chunks[at >> window.bits] as ReadonlyArray<A>
  return chunk[at & ((1 << window.bits) - 1)] as A
}

/** The window with `value` at `seq`, which it must cover. */
export const set = <A>(window: Window<A>, seq: Seq, value: A): Window<A> => {
  assert(covers(window, seq), "window covers what is written")
  const at = position(window, seq)
  const chunk = (window.chunks[at >> window.bits] as ReadonlyArray<A>).slice()
  chunk[at & ((1 << window.bits) - 1)] = value
  const chunks = window.chunks.slice()
  chunks[at >> window.bits] = chunk
  return { ...window, chunks }
}

/** The window moved up to `low`: what is at or below it is forgotten. */
export const advance = <A>(window: Window<A>, low: Seq): Window<A> => {
  assert(low >= window.low, "low watermark never decreases")
  const size = window.chunks.length << window.bits
  const chunks = window.chunks.map((chunk) => chunk.slice())
  const last = Math.min(low, window.low + size)
  for (let seq = window.low + 1; seq <= last; seq++) {
    const at = seq % size
    const chunk = chunks[at >> window.bits] as Array<A>
    chunk[at & ((1 << window.bits) - 1)] = window.empty
  }
  return { ...window, low, chunks }
}

/** The covered sequence numbers whose entry is not the empty one, in order. */
export const occupied = <A>(window: Window<A>): ReadonlyArray<Seq> => {
  const found: Array<Seq> = []
  for (let seq = window.low + 1; seq <= window.low + window.length; seq++) {
    if (get(window, seq) !== window.empty) found.push(seq)
  }
  return found
}

/**
 * The sequence numbers that both windows' successor covers and whose entry is another one than in
 * `before`, in order. What `before` does not cover counts as empty there. Whole chunks that both
 * share are skipped, so a window that differs in one entry costs two short scans.
 */
export const changed = <A>(before: Window<A>, after: Window<A>): ReadonlyArray<Seq> => {
  if (before.low !== after.low) {
    const old = (seq: Seq): A => (covers(before, seq) ? get(before, seq) : before.empty)
    return covered(after).filter((seq) => get(after, seq) !== old(seq))
  }
  const found: Array<Seq> = []
  const size = after.chunks.length << after.bits
  for (let k = 0; k < after.chunks.length; k++) {
    const chunk = after.chunks[k] as ReadonlyArray<A>
    const old = before.chunks[k] as ReadonlyArray<A>
    if (old === chunk) continue
    for (let j = 0; j < chunk.length; j++) {
      if (old[j] === chunk[j]) continue
      // The one covered sequence number at this place of the ring.
      const at = (k << after.bits) + j
      const seq = after.low + 1 + ((((at - after.low - 1) % size) + size) % size)
      // The ring may have places that the window does not cover; two windows differ there when
      // their empty values are not the same.
      if (covers(after, seq)) found.push(seq)
    }
  }
  return found.sort((a, b) => a - b)
}

const covered = <A>(window: Window<A>): ReadonlyArray<Seq> =>
  Array.from({ length: window.length }, (_, k) => window.low + 1 + k)
