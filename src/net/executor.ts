/**
 * Runs the service for the loop: the interpreter of the effect `Execute`.
 *
 * Outside the specification: how long the service takes. `Execute` is one step there.
 */
import { assert } from "../core/assert.ts"
import type { Execute } from "../core/effect.ts"
import { type Bytes, noDigest, type Seq } from "../core/ids.ts"
import type { Input } from "../core/pbft/state.ts"
import { placedResults } from "../core/prophecy/replica.ts"
import { keyValueService } from "../core/service/key-value.ts"
import { nullService } from "../core/service/null.ts"
import type { Service } from "../core/service/service.ts"
import type { TextTree } from "../core/service/text-tree.ts"
import { albumService } from "../web/album-service.ts"
import type { ClusterConfig } from "./cluster-config.ts"
import { bytesDigest } from "./digests.ts"

export type Executed = Extract<Input, { readonly _tag: "Executed" }>

export interface Executor {
  /** Runs the requests in their order; at a checkpoint it also keeps a snapshot. */
  readonly execute: (effect: Execute) => Executed
  /**
   * Has the service read, from the state that it is in, without an order; undefined when the
   * operation is none that changes nothing.
   */
  readonly read: (operation: Bytes) => Bytes | undefined
  /** The snapshot of a checkpoint that was just executed; given away once. */
  readonly takeSnapshot: (seq: Seq) => Bytes
  /** The service's present state in parts. */
  readonly tree: () => TextTree
  /** The snapshot of a checkpoint that was fetched, with the digest that it must have. */
  readonly offer: (seq: Seq, snapshot: Bytes) => void
  /** Puts the service into the state that was offered last for this checkpoint. */
  readonly restore: (seq: Seq) => void
}

export const makeService = (kind: ClusterConfig["service"]): Service => {
  switch (kind) {
    case "null":
      return nullService(bytesDigest)
    case "key-value":
      return keyValueService(bytesDigest)
    case "album":
      return albumService(bytesDigest)
  }
}

/** Whether a sketcher stands before the service: its results then carry their positions. */
export const hasPositions = (kind: ClusterConfig["service"]): boolean => kind === "album"

/** With `positions` each result says where it was executed, as a sketcher needs. */
export const makeExecutor = (service: Service, positions = false): Executor => {
  const snapshots = new Map<Seq, Bytes>()
  const state: { offered: { readonly seq: Seq; readonly snapshot: Bytes } | undefined } = {
    offered: undefined,
  }
  return {
    execute: ({ seq, requests, checkpoint }) => {
      const results = requests.map(({ operation }) => service.execute(operation))
      if (checkpoint) snapshots.set(seq, service.snapshot())
      const digest = checkpoint ? service.digest() : noDigest
      const placed = positions ? placedResults(seq, results) : results
      return { _tag: "Executed", seq, results: placed, service: digest }
    },
    read: (operation) => (service.isRead(operation) ? service.execute(operation) : undefined),
    takeSnapshot: (seq) => {
      const snapshot = snapshots.get(seq)
      assert(snapshot !== undefined, "a checkpoint that is taken was executed with a snapshot")
      snapshots.delete(seq)
      return snapshot
    },
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
    },
  }
}
