import type { Bytes, Digest } from "../ids.ts"
import type { TextTree } from "./text-tree.ts"

/**
 * A replicated service: a deterministic state machine (TOCS section 2). Two services that ran the
 * same operations in the same order give the same results and have equal digests, and so does one
 * that was restored from the other's snapshot.
 */
export interface Service {
  /** Runs one operation and gives its result. Nonsense is an operation too: it gets an error. */
  readonly execute: (operation: Bytes) => Bytes
  /**
   * Takes back the last `count` operations that were executed and are no reads. A service remembers
   * as many as it was made to; it need not take back what came before a `restore`.
   */
  readonly undo: (count: number) => void
  /** The service's own word that running the operation, in whatever state, changes nothing. */
  readonly isRead: (operation: Bytes) => boolean
  /** Digest of the state: that of its tree. Equal for equal states, however they came about. */
  readonly digest: () => Digest
  /** The whole state: the text of its tree. */
  readonly snapshot: () => Bytes
  /** The whole state in parts; what has not changed since the last time is the same part. */
  readonly tree: () => TextTree
  /** Takes a snapshot's state. False, and nothing changed, when the bytes are no snapshot. */
  readonly restore: (snapshot: Bytes) => boolean
}

/** A collision-resistant hash of bytes as text; the shell's, since the core hashes nothing. */
export type Hash = (bytes: Bytes) => Digest
