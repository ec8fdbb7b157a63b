/**
 * Zyzzyva's digests in a running replica: SHA-256 over the one encoding of what is digested.
 *
 * Outside the specification: hashes. A digest there is what was digested.
 */
import { hash } from "node:crypto"
import type { Digest } from "../core/ids.ts"
import type { Entry } from "../core/zyzzyva/state.ts"
import { Writer } from "./writer.ts"
import { writeHistory } from "./zyzzyva-change-codec.ts"
import { writeEntries } from "./zyzzyva-record-codec.ts"

const scratch = new Writer(16 * 1024)

const digestOfScratch = (): Digest => hash("sha256", scratch.written(), "hex")

/** The first byte tells the kinds of what is digested apart, from each other and from a batch. */
const first = { history: 0x68, checkpoint: 0x63 } as const

/** The history that a batch leads to; `before` is empty for the first one. */
export const historyDigest = (before: Digest, batch: Digest): Digest => {
  scratch.rewind()
  scratch.reserve(1)
  scratch.u8(first.history)
  writeHistory(scratch, before)
  scratch.reserve(32)
  scratch.digest(batch)
  return digestOfScratch()
}

/** A checkpoint: its history, the service's state, the client table. */
export const zyzzyvaCheckpointDigest = (
  history: Digest,
  service: Digest,
  table: ReadonlyArray<Entry>,
): Digest => {
  scratch.rewind()
  scratch.reserve(1)
  scratch.u8(first.checkpoint)
  writeHistory(scratch, history)
  scratch.reserve(4 + service.length)
  scratch.u32(service.length)
  scratch.text(service)
  writeEntries(scratch, table)
  return digestOfScratch()
}
