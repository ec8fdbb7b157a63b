/**
 * Zyzzyva's digests in a running replica: SHA-256 over the one encoding of what is digested.
 *
 * Outside the specification: hashes. A digest there is what was digested.
 */
import { hash } from "node:crypto"
import type { Digest } from "../core/ids.ts"
import type { Entry } from "../core/zyzzyva/state.ts"
import { bytesDigest } from "./digests.ts"
import { Writer } from "./writer.ts"
import { writeHistory } from "./zyzzyva-change-codec.ts"
import { entryTree, zyzzyvaRootBytes } from "./zyzzyva-root.ts"

const scratch = new Writer(16 * 1024)

const digestOfScratch = (): Digest => hash("sha256", scratch.written(), "hex")

/** The first byte: what is digested of a batch or a checkpoint begins with another one. */
const historyKind = 0x68

/** The history that a batch leads to; `before` is empty for the first one. */
export const historyDigest = (before: Digest, batch: Digest): Digest => {
  scratch.rewind()
  scratch.reserve(1)
  scratch.u8(historyKind)
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
): Digest => bytesDigest(zyzzyvaRootBytes({ history, service, table: entryTree(table).digest }))
