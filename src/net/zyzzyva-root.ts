/**
 * What is above the trees of a checkpoint's state of Zyzzyva: its history, the service's state and
 * the client table, in parts as PBFT's are (digests.ts), so that a state can be fetched in parts.
 *
 * Outside the specification: hashes. A digest there is what was digested.
 */
import type { Bytes, Digest } from "../core/ids.ts"
import type { Entry } from "../core/zyzzyva/state.ts"
import type { CodecLimits } from "./batch-codec.ts"
import { bytesDigest } from "./digests.ts"
import type { Trees } from "./state-assembly.ts"
import { readTableText, tableTrees } from "./table-tree.ts"
import { readEntries, writeEntries } from "./zyzzyva-record-codec.ts"

/** The tree of a client table. */
export const entryTree = tableTrees<Entry>(bytesDigest, writeEntries)

/** The table that is the text of such a tree; undefined when it is none. */
export const readEntryText = (text: Bytes, limits: CodecLimits): ReadonlyArray<Entry> | undefined =>
  readTableText(text, limits, readEntries)

export interface ZyzzyvaRoot extends Trees {
  readonly history: Digest
}

/** The bytes of the root, of which a checkpoint's digest is. No history or batch begins so. */
export const zyzzyvaRootBytes = ({ history, service, table }: ZyzzyvaRoot): Bytes =>
  `c${history} ${service} ${table}`

/** The root that the bytes are; undefined when they are none. */
export const readZyzzyvaRoot = (bytes: Bytes): ZyzzyvaRoot | undefined => {
  const found = /^c([0-9a-f]{64}) ([0-9a-f]{64}) ([0-9a-f]{64})$/.exec(bytes)
  const [, history, service, table] = found ?? []
  if (history === undefined || service === undefined || table === undefined) return undefined
  return { history, service, table }
}
