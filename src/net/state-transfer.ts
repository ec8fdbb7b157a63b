/**
 * Fetches the state of a checkpoint that a replica of PBFT lacks: its nodes from every replica that
 * offers it (node-download.ts).
 *
 * Outside the specification: when a state is asked for, of whom, in what parts. The specification
 * allows the question at any time and takes whatever state has the right digest.
 */
import type { Bytes, ReplicaId, Seq } from "../core/ids.ts"
import type { Numbered, State as StateMessage } from "../core/pbft/message.ts"
import { type Config, type State, settledSeq } from "../core/pbft/state.ts"
import { wantedStates } from "../core/pbft/state-transfer.ts"
import type { CodecLimits } from "./batch-codec.ts"
import { bytesDigest, readRoot, type Root } from "./digests.ts"
import { type DownloadOptions, NodeDownload } from "./node-download.ts"
import { readTable } from "./record-codec.ts"
import type { StateChunk } from "./state-wire.ts"
import { readTableText } from "./table-tree.ts"

/** Ticks without progress before a checkpoint in the window is fetched: its messages may come. */
const patience = 8
/** The same for a checkpoint above the window: its messages cannot be used. */
const shortPatience = 2

export interface TransferOptions
  extends Pick<DownloadOptions, "send" | "held" | "fetched" | "counts"> {
  readonly config: Config
  readonly limits: CodecLimits
  /** Asks everybody; the machine's step. */
  readonly fetch: (checkpoint: Numbered) => void
  /** The state is there. */
  readonly restore: (message: StateMessage, service: Bytes) => void
}

export class StateTransfer {
  readonly #options: TransferOptions
  readonly #download: NodeDownload
  #target: Numbered | undefined
  #root: Root | undefined
  #executed: Seq = -1
  #stalled = 0

  constructor(options: TransferOptions) {
    this.#options = options
    this.#download = new NodeDownload({
      ...options,
      faulty: options.config.group.f,
      complete: ({ table, service }) => this.#complete(table, service),
    })
  }

  /** The checkpoint that is being fetched. */
  get target(): Numbered | undefined {
    return this.#target
  }

  /** Whether parts of it come. */
  get isMoving(): boolean {
    return this.#download.isMoving
  }

  /** The clock: begins a transfer when one is due, asks again, gives up who is silent. */
  tick(state: State): void {
    const { config } = this.#options
    this.#download.tick()
    const executed = settledSeq(state)
    this.#stalled = executed === this.#executed ? this.#stalled + 1 : 0
    this.#executed = executed
    const wanted = wantedStates(config, state)
    if (wanted.length === 0) return this.#end()
    const last = wanted.at(-1) as Numbered
    if (this.#target === undefined) {
      const above = last.seq > state.log.low + config.logSize
      if (this.#stalled >= (above ? shortPatience : patience)) this.#begin(last)
      return
    }
    const gone = !wanted.some((c) => c.seq === this.#target?.seq)
    if (gone || this.#download.isStuck) this.#begin(last)
    else this.#download.ask()
  }

  #begin(target: Numbered): void {
    const same = this.#target?.digest === target.digest && this.#target.seq === target.seq
    this.#target = target
    this.#download.begin(same)
    this.#options.counts.add("StateAsked")
    this.#options.fetch(target)
  }

  #end(): void {
    if (this.#target === undefined) return
    this.#target = undefined
    this.#download.end()
  }

  /** A peer's connection is gone. */
  forget(replica: ReplicaId): void {
    this.#download.forget(replica)
  }

  /** A peer offers the state, or gives nodes of it. */
  receive(replica: ReplicaId, chunk: Exclude<StateChunk, { readonly _tag: "Ask" }>): void {
    if (chunk._tag === "Offer") this.#offered(replica, chunk.root)
    else if (chunk._tag === "Nodes") this.#download.nodes(replica, chunk.nodes)
  }

  #offered(replica: ReplicaId, bytes: Bytes): void {
    if (this.#target === undefined || bytesDigest(bytes) !== this.#target.digest) return
    const root = readRoot(bytes)
    if (root === undefined || root.seq !== this.#target.seq) return
    this.#root = root
    this.#download.offered(replica, root)
  }

  #complete(text: Bytes, service: Bytes): void {
    const { limits, restore, counts } = this.#options
    const table = readTableText(text, limits, readTable)
    const root = this.#root
    this.#end()
    if (table === undefined || root === undefined) return
    counts.add("StateFetched")
    restore({ _tag: "State", seq: root.seq, service: root.service, table }, service)
  }
}
