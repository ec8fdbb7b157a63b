/**
 * Runs the service for the loop: the interpreter of the effect `Execute`.
 *
 * Outside the specification: how long the service takes. `Execute` is one step there.
 */
import { assert } from "../core/assert.ts"
import type { Execute, Executed, ReadDone, ReadState } from "../core/effect.ts"
import { type Bytes, type ClientId, noDigest, type Seq } from "../core/ids.ts"
import { recoverResult } from "../core/recovery-request.ts"
import { placedResults } from "../core/prophecy/replica.ts"
import { keyValueService } from "../core/service/key-value.ts"
import { nullService } from "../core/service/null.ts"
import type { Service } from "../core/service/service.ts"
import type { TextTree } from "../core/service/text-tree.ts"
import { undoBySnapshot } from "../core/service/undo-by-snapshot.ts"
import { albumService } from "../web/album-service.ts"
import { originService } from "../web/origin-service.ts"
import type { ClusterConfig } from "./cluster-config.ts"
import { bytesDigest } from "./digests.ts"

export interface Executor {
  /** Runs the requests in their order; at a checkpoint it also keeps a snapshot. */
  readonly execute: (effect: Execute) => Executed
  /** Takes back what may be taken back. */
  readonly undo: () => void
  readonly readState: (effect: ReadState) => ReadDone
  /**
   * Has the service read, from the state that it is in, without an order; undefined when the
   * operation is none that changes nothing.
   */
  readonly read: (operation: Bytes) => Bytes | undefined
  /** Whether the operation changes nothing. */
  readonly isRead: (operation: Bytes) => boolean
  /** The snapshot of a checkpoint that was just executed; given away once. */
  readonly takeSnapshot: (seq: Seq) => Bytes
  /** The service's present state, and the same in parts. */
  readonly snapshot: () => Bytes
  readonly tree: () => TextTree
  /** The snapshot of a checkpoint that was fetched, with the digest that it must have. */
  readonly offer: (seq: Seq, snapshot: Bytes) => void
  /** Puts the service into the state that was offered last for this checkpoint. */
  readonly restore: (seq: Seq) => void
}

/** `undoable`: how many operations may have to be taken back. */
export const makeService = (kind: ClusterConfig["service"], undoable = 0): Service => {
  switch (kind) {
    case "null":
      return nullService(bytesDigest)
    case "key-value":
      return keyValueService(bytesDigest, undoable)
    case "album":
      return undoBySnapshot(albumService(bytesDigest), undoable)
    case "origin":
      return originService(bytesDigest)
  }
}

/** Whether a sketcher or clients of D-Prophecy ask: results then carry their positions. */
export const hasPositions = ({
  service,
  sketches,
}: Pick<ClusterConfig, "service" | "sketches">): boolean =>
  sketches || service === "album" || service === "origin"

export interface ExecutorOptions {
  /** Each result says where it was executed, as a sketcher needs. */
  readonly positions?: boolean
  /** It executes nothing (witness-executor.ts). */
  readonly witness?: boolean
  /** From this client on, requests are of replicas that ask to be taken back. */
  readonly recoverers?: ClientId
}

export const makeExecutor = (
  service: Service,
  { positions = false, recoverers = Number.POSITIVE_INFINITY }: ExecutorOptions = {},
): Executor => {
  const snapshots = new Map<Seq, Bytes>()
  /** Operations that may have to be taken back; reads are none. */
  let tentative = 0
  const read = (operation: Bytes): Bytes | undefined => {
    if (!service.isRead(operation)) return undefined
    return service.execute(operation)
  }
  const state: { offered: { readonly seq: Seq; readonly snapshot: Bytes } | undefined } = {
    offered: undefined,
  }
  return {
    execute: ({ seq, requests, checkpoint, undoable }) => {
      const changes = requests.filter(
        ({ client, operation }) => client < recoverers && !service.isRead(operation),
      )
      tentative = undoable ? tentative + changes.length : 0
      const results = requests.map(({ client, operation }) =>
        client < recoverers ? service.execute(operation) : recoverResult,
      )
      if (checkpoint) snapshots.set(seq, service.snapshot())
      const digest = checkpoint ? service.digest() : noDigest
      const placed = positions ? placedResults(seq, results) : results
      return { _tag: "Executed", seq, results: placed, service: digest }
    },
    undo: () => {
      service.undo(tentative)
      tentative = 0
    },
    readState: ({ client, timestamp, operation }) => {
      assert(tentative === 0, "only what is committed is read")
      return { _tag: "ReadDone", client, timestamp, result: read(operation) }
    },
    read,
    isRead: service.isRead,
    takeSnapshot: (seq) => {
      const snapshot = snapshots.get(seq)
      assert(snapshot !== undefined, "a checkpoint that is taken was executed with a snapshot")
      snapshots.delete(seq)
      return snapshot
    },
    snapshot: service.snapshot,
    tree: service.tree,
    offer: (seq, snapshot) => {
      snapshots.set(seq, snapshot)
      state.offered = { seq, snapshot }
    },
    restore: (seq) => {
      const { offered } = state
      assert(offered?.seq === seq, "a state that is restored was offered")
      assert(service.restore(offered.snapshot), "a state with the digest of a checkpoint is one")
      state.offered = undefined
      tentative = 0
    },
  }
}
