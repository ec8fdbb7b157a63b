/**
 * A large answer to a fast read on its way to the sketcher, chunk by chunk: the next one when the
 * connection has room, so that many large answers at once do not cost the connection.
 *
 * Outside the specification: bytes. A FAST-REPLY is one value there.
 */
import type { Bytes } from "../core/ids.ts"
import { chunksOf } from "../core/prophecy/chunks.ts"
import type { Connection } from "./connection.ts"
import { type FastChunk, writeFastChunk } from "./fast-codec.ts"
import type { Writer } from "./writer.ts"

/** With more than this on its way to the other side, nothing is added. */
const windowBytes = 1024 * 1024
/** How long until it is looked again, in milliseconds. */
const pauseMs = 2

type Receiver = Pick<Connection, "sendBytes" | "flush" | "queuedBytes" | "isOpen">
type Head = Omit<FastChunk, "index" | "isLast" | "bytes">

/** Sends all of them, as long as the connection lasts; `scratch` is free again in between. */
export const sendChunks = (to: Receiver, scratch: Writer, head: Head, result: Bytes): void => {
  const chunks = chunksOf(result)
  const next = { index: 0 }
  const send = (): void => {
    while (next.index < chunks.length && to.isOpen) {
      if (to.queuedBytes > windowBytes) {
        setTimeout(send, pauseMs)
        return
      }
      const { index } = next
      const isLast = index === chunks.length - 1
      scratch.rewind()
      writeFastChunk(scratch, { ...head, index, isLast, bytes: chunks[index] ?? "" })
      to.sendBytes(scratch.bytes, 0, scratch.at)
      to.flush()
      next.index++
    }
  }
  send()
}
