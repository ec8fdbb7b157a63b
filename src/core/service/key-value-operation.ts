/**
 * Operations and results of the key-value service as bytes. A field is a big-endian 32-bit length
 * and that many bytes; letters are ASCII.
 *
 * | operation      | bytes                                     | results            |
 * |----------------|-------------------------------------------|--------------------|
 * | get            | `G` key                                   | `V` value, `N`     |
 * | put            | `P` field(key) value                      | `S`                |
 * | delete         | `D` key                                   | `S`, `N`           |
 * | compare-and-set| `C` field(key) expected value             | `S`, `V` value, `N`|
 *
 * `expected` is `=` field(value) or `-` (no value). `V` and `N` answer with the present value or
 * its absence, `S` says done. Anything else gets `E` and a word that says why.
 */
import type { Bytes } from "../ids.ts"
import { field, fieldAt } from "./byte-text.ts"

export type KeyValueOperation =
  | { readonly _tag: "Get"; readonly key: Bytes }
  | { readonly _tag: "Put"; readonly key: Bytes; readonly value: Bytes }
  | { readonly _tag: "Delete"; readonly key: Bytes }
  | {
      readonly _tag: "CompareAndSet"
      readonly key: Bytes
      /** The value that must be there; undefined: there must be none. */
      readonly expected: Bytes | undefined
      readonly value: Bytes
    }

export type KeyValueResult =
  /** The present value. */
  | { readonly _tag: "Value"; readonly value: Bytes }
  /** There is no value. */
  | { readonly _tag: "Absent" }
  /** The put, delete or compare-and-set took place. */
  | { readonly _tag: "Done" }
  /** The bytes were no operation. */
  | { readonly _tag: "BadOperation"; readonly why: string }

export const encodeOperation = (operation: KeyValueOperation): Bytes => {
  const { key } = operation
  switch (operation._tag) {
    case "Get":
      return `G${key}`
    case "Put":
      return `P${field(key)}${operation.value}`
    case "Delete":
      return `D${key}`
    case "CompareAndSet": {
      const { expected, value } = operation
      return `C${field(key)}${expected === undefined ? "-" : `=${field(expected)}`}${value}`
    }
  }
}

/** The operation that the bytes mean, or why they mean none. */
export const decodeOperation = (bytes: Bytes): KeyValueOperation | string => {
  switch (bytes[0]) {
    case "G":
      return { _tag: "Get", key: bytes.slice(1) }
    case "D":
      return { _tag: "Delete", key: bytes.slice(1) }
    case "P": {
      const key = fieldAt(bytes, 1)
      if (key === undefined) return "TruncatedKey"
      return { _tag: "Put", key: bytes.slice(key.from, key.to), value: bytes.slice(key.to) }
    }
    case "C":
      return decodeCompareAndSet(bytes)
    case undefined:
      return "Empty"
    default:
      return "UnknownOperation"
  }
}

const decodeCompareAndSet = (bytes: Bytes): KeyValueOperation | string => {
  const at = fieldAt(bytes, 1)
  if (at === undefined) return "TruncatedKey"
  const _tag = "CompareAndSet"
  const key = bytes.slice(at.from, at.to)
  if (bytes[at.to] === "-") {
    return { _tag, key, expected: undefined, value: bytes.slice(at.to + 1) }
  }
  if (bytes[at.to] !== "=") return "NoExpectation"
  const expected = fieldAt(bytes, at.to + 1)
  if (expected === undefined) return "TruncatedExpectation"
  const { from, to } = expected
  return { _tag, key, expected: bytes.slice(from, to), value: bytes.slice(to) }
}

export const encodeResult = (result: KeyValueResult): Bytes => {
  switch (result._tag) {
    case "Value":
      return `V${result.value}`
    case "Absent":
      return "N"
    case "Done":
      return "S"
    case "BadOperation":
      return `E${result.why}`
  }
}

/** The result that the bytes mean; undefined for bytes that no such service answers. */
export const decodeResult = (bytes: Bytes): KeyValueResult | undefined => {
  switch (bytes[0]) {
    case "V":
      return { _tag: "Value", value: bytes.slice(1) }
    case "N":
      return bytes.length === 1 ? { _tag: "Absent" } : undefined
    case "S":
      return bytes.length === 1 ? { _tag: "Done" } : undefined
    case "E":
      return { _tag: "BadOperation", why: bytes.slice(1) }
    default:
      return undefined
  }
}
