/** Lengths and fields in `Bytes`: a big-endian 32-bit length, then that many bytes. */
import type { Bytes } from "../ids.ts"

export const lengthSize = 4

const code = String.fromCharCode

export const lengthText = (length: number): Bytes =>
  code((length >>> 24) & 255, (length >>> 16) & 255, (length >>> 8) & 255, length & 255)

/** The field with its length before it. */
export const field = (bytes: Bytes): Bytes => lengthText(bytes.length) + bytes

/** Where the field at `at` starts and ends, or undefined when `text` is too short for it. */
export const fieldAt = (
  text: Bytes,
  at: number,
): { readonly from: number; readonly to: number } | undefined => {
  const from = at + lengthSize
  if (from > text.length) return undefined
  const high = text.charCodeAt(at) * 2 ** 24
  const low = (text.charCodeAt(at + 1) << 16) | (text.charCodeAt(at + 2) << 8)
  const to = from + high + low + text.charCodeAt(at + 3)
  return to > text.length ? undefined : { from, to }
}
