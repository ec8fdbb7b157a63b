/** The key-value service as its clients' pool gives it, with a time limit on every answer. */
import type { Bytes } from "../core/ids.ts"
import {
  decodeResult,
  encodeOperation,
  type KeyValueOperation,
  type KeyValueResult,
} from "../core/service/key-value-operation.ts"
import type { ClientError, ClientPoolShape } from "../net/client-pool.ts"
import { type KeyValueStore, NoAnswer, TooBusy, TooLong } from "./http-front.ts"

export interface StoreOptions {
  /** An answer that takes longer is not awaited; its request may still take effect. */
  readonly timeoutMs: number
}

/** Text as UTF-8, one character a byte. */
const bytesOfText = (text: string): Bytes => Buffer.from(text, "utf8").toString("latin1")
const bytesOf = (value: Uint8Array): Bytes =>
  Buffer.from(value.buffer, value.byteOffset, value.length).toString("latin1")

const submit = (
  pool: ClientPoolShape,
  options: StoreOptions,
  operation: KeyValueOperation,
): Promise<KeyValueResult> =>
  new Promise((resolve, reject) => {
    const { timeoutMs } = options
    const late = setTimeout(() => reject(new NoAnswer({ afterMs: timeoutMs })), timeoutMs)
    const done = (answer: Bytes | ClientError): void => {
      clearTimeout(late)
      if (typeof answer === "string") {
        const result = decodeResult(answer)
        if (result === undefined) reject(new Error("f + 1 replicas gave an answer of no service"))
        else resolve(result)
      } else if (answer._tag === "OperationTooLong") reject(new TooLong({ limit: answer.limit }))
      else reject(answer)
    }
    const reads = operation._tag === "Get"
    if (pool.submitWith(encodeOperation(operation), done, { reads })) return
    clearTimeout(late)
    reject(new TooBusy())
  })

const unexpected = (result: KeyValueResult): Error =>
  new Error(
    result._tag === "BadOperation"
      ? `the service refused the operation: ${result.why}`
      : `the service answered ${result._tag}, which does not fit the operation`,
  )

export const replicatedStore = (pool: ClientPoolShape, options: StoreOptions): KeyValueStore => ({
  get: async (key) => {
    const result = await submit(pool, options, { _tag: "Get", key: bytesOfText(key) })
    if (result._tag === "Value") return Buffer.from(result.value, "latin1")
    if (result._tag === "Absent") return undefined
    throw unexpected(result)
  },
  put: async (key, value) => {
    const operation = { _tag: "Put", key: bytesOfText(key), value: bytesOf(value) } as const
    const result = await submit(pool, options, operation)
    if (result._tag !== "Done") throw unexpected(result)
  },
  remove: async (key) => {
    const result = await submit(pool, options, { _tag: "Delete", key: bytesOfText(key) })
    if (result._tag === "Done") return true
    if (result._tag === "Absent") return false
    throw unexpected(result)
  },
})
