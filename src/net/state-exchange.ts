/**
 * State transfer as the loop of a replica sees it: what it gives to others, and what it fetches.
 *
 * Outside the specification: see state-wire.ts and state-transfer.ts.
 */
import * as ClientTable from "../core/client-table.ts"
import type { ClientEntry } from "../core/client-table.ts"
import type { Bytes, ReplicaId, Seq } from "../core/ids.ts"
import type { Authentic, Numbered, State as StateMessage } from "../core/pbft/message.ts"
import { wantedStates } from "../core/pbft/state-transfer.ts"
import type { Config, DurableRecord, State } from "../core/pbft/state.ts"
import type { TextTree } from "../core/service/text-tree.ts"
import { checkpointDigest, rootBytes, tableTree } from "./digests.ts"
import type { Executor } from "./executor.ts"
import { giveNodes, HeldStates, type TreedState } from "./held-states.ts"
import type { CodecLimits } from "./batch-codec.ts"
import type { KeeperHands } from "./loop-options.ts"
import type { PbftKinds } from "./pbft-protocol.ts"
import type { StateKeeper } from "./protocol.ts"
import type { FetchedNodes } from "./node-download.ts"
import { StateTransfer } from "./state-transfer.ts"
import type { StateChunk } from "./state-wire.ts"

// A state that was taken or fetched, as it is held.
const treed = (seq: Seq, service: TextTree, entries: ReadonlyArray<ClientEntry>): TreedState => {
  const table = tableTree(entries)
  const root = rootBytes({ seq, service: service.digest, table: table.digest })
  return { seq, root, trees: [service, table] }
}

export interface ExchangeOptions extends KeeperHands<PbftKinds> {
  readonly config: Config
  /** Of a state that is fetched: its client table, and what an earlier start has of it. */
  readonly limits: CodecLimits
  readonly executor: Executor
  readonly fetched: FetchedNodes
}

export class StateExchange implements StateKeeper<PbftKinds> {
  readonly #options: ExchangeOptions
  readonly #held = new HeldStates()
  readonly #transfer: StateTransfer

  constructor(options: ExchangeOptions) {
    const { config, limits, fetched, counts, sendChunk, executor, offer } = options
    this.#options = options
    this.#transfer = new StateTransfer({
      config,
      limits,
      fetched,
      counts,
      send: sendChunk,
      held: (digest) => this.#held.node(digest),
      fetch: (checkpoint) => offer({ _tag: "Fetch", checkpoint }),
      restore: (message, service) => {
        executor.offer(message.seq, service)
        offer({ _tag: "Receive", message: message as Authentic<StateMessage> })
      },
    })
  }

  /** The checkpoint whose state is being fetched. */
  get target(): Numbered | undefined {
    return this.#transfer.target
  }

  /** The replica starts from a checkpoint that was on its disk. */
  started({ executed, table }: State): void {
    if (executed === 0) return
    this.#held.add(treed(executed, this.#options.executor.tree(), ClientTable.entries(table)))
  }

  /** A checkpoint was taken; one that was fetched is held when the service is restored. */
  taken(seq: Seq, _: Bytes, record: DurableRecord): void {
    if (record._tag !== "CheckpointTaken") return
    const { table, digest, service } = record
    const tree = this.#options.executor.tree()
    if (tree.digest === service && checkpointDigest(seq, service, table) === digest) {
      this.#held.add(treed(seq, tree, table))
    }
  }

  /** The service is put into the state that was fetched. */
  restore(state: State): void {
    const { executor } = this.#options
    executor.restore(state.executed)
    this.#held.add(treed(state.executed, executor.tree(), ClientTable.entries(state.table)))
  }

  tick(state: State): void {
    this.#transfer.tick(state)
  }

  forget(replica: ReplicaId): void {
    this.#transfer.forget(replica)
  }

  /** A State leaves as the offer of it, as long as its parts can be had here. */
  give(replica: ReplicaId, message: PbftKinds["Message"]): boolean {
    if (message._tag !== "State") return false
    const { seq, service, table } = message
    const root = this.#held.root(checkpointDigest(seq, service, table))
    if (root !== undefined) this.#options.sendChunk(replica, { _tag: "Offer", root })
    return true
  }

  wanted(state: State): Seq | undefined {
    return wantedStates(this.#options.config, state).at(-1)?.seq
  }

  isFetching(): boolean {
    return this.#transfer.isMoving
  }

  /** A peer asks for parts, offers a state, or gives parts of it. */
  receive(replica: ReplicaId, chunk: StateChunk): void {
    if (chunk._tag !== "Ask") return this.#transfer.receive(replica, chunk)
    giveNodes(this.#held, this.#options, replica, chunk.digests)
  }
}
