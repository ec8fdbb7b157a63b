/** Operations of the key-value service as a scenario writes them. */
import type { Bytes } from "../core/ids.ts"
import {
  decodeOperation,
  encodeOperation,
  type KeyValueOperation,
} from "../core/service/key-value-operation.ts"

/** The operation that `text` means; undefined when it means none. */
export const parseOperation = (text: string): KeyValueOperation | undefined => {
  const [verb, key, one, two, ...rest] = text.split(" ")
  if (key === undefined || rest.length > 0) return undefined
  if (verb === "get" && one === undefined) return { _tag: "Get", key }
  if (verb === "delete" && one === undefined) return { _tag: "Delete", key }
  if (verb === "put" && one !== undefined && two === undefined) {
    return { _tag: "Put", key, value: one }
  }
  if (verb !== "cas" || one === undefined || two === undefined) return undefined
  return { _tag: "CompareAndSet", key, expected: one === "-" ? undefined : one, value: two }
}

/** The bytes of an operation; a text that means none is sent as it is, and gets an error. */
export const operationBytes = (text: string): Bytes => {
  const operation = parseOperation(text)
  return operation === undefined ? text : encodeOperation(operation)
}

/** Whether the operation only reads. */
export const isGet = (text: string): boolean => text.startsWith("get ")

/** The text of an operation; bytes that are none are shown as they are. */
export const operationText = (bytes: Bytes): string => {
  const operation = decodeOperation(bytes)
  if (typeof operation === "string") return JSON.stringify(bytes)
  const { key } = operation
  switch (operation._tag) {
    case "Get":
      return `get ${key}`
    case "Delete":
      return `delete ${key}`
    case "Put":
      return `put ${key} ${operation.value}`
    case "CompareAndSet":
      return `cas ${key} ${operation.expected ?? "-"} ${operation.value}`
  }
}
