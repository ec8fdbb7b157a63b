/**
 * The states of a replica of Zyzzyva as its loop sees them: of its own checkpoints, to go back to
 * (own-states.ts) and to give to others, and of one that it fetches. A state comes with the
 * signatures of those who vouched for its checkpoint, so whoever offers it need not be believed
 * (ADR 22); its nodes come as PBFT's do (node-download.ts).
 *
 * Outside the specification: when a state is asked for, of whom, in what parts. SendFetchState may
 * happen there at any time.
 */
import { assert } from "../core/assert.ts"
import * as ClientTable from "../core/client-table.ts"
import type { Bytes, ReplicaId, Seq, View } from "../core/ids.ts"
import type { Authentic, Stable, State as StateMessage } from "../core/zyzzyva/message.ts"
import { isValidStable } from "../core/zyzzyva/new-log.ts"
import { claims } from "../core/zyzzyva/signed.ts"
import type { Config, DurableRecord, State } from "../core/zyzzyva/state.ts"
import type { CodecLimits } from "./batch-codec.ts"
import { bytesDigest } from "./digests.ts"
import type { Executor } from "./executor.ts"
import { giveNodes, HeldStates } from "./held-states.ts"
import type { KeeperHands } from "./loop-options.ts"
import { type FetchedNodes, NodeDownload } from "./node-download.ts"
import { OwnStates } from "./own-states.ts"
import type { StateKeeper } from "./protocol.ts"
import type { StateChunk } from "./state-wire.ts"
import { readStableText, stableText } from "./zyzzyva-change-codec.ts"
import type { ZyzzyvaKinds } from "./zyzzyva-protocol.ts"
import {
  entryTree,
  readEntryText,
  readZyzzyvaRoot,
  type ZyzzyvaRoot,
  zyzzyvaRootBytes,
} from "./zyzzyva-root.ts"
import type { ZyzzyvaVerifier } from "./zyzzyva-signature.ts"

/** Ticks without progress before a state is asked for: what is missing may come. */
const patience = 8

export interface ZyzzyvaStatesOptions extends KeeperHands<ZyzzyvaKinds> {
  readonly config: Config
  readonly limits: CodecLimits
  readonly executor: Executor
  readonly fetched: FetchedNodes
  readonly verifier: Pick<ZyzzyvaVerifier, "isSigned">
  /** The states of later checkpoints that were on the disk, by number; taken out at the start. */
  readonly later: Map<Seq, Bytes>
}

interface Target {
  readonly stable: Stable
  readonly root: ZyzzyvaRoot
}

export class ZyzzyvaStates implements StateKeeper<ZyzzyvaKinds> {
  readonly #options: ZyzzyvaStatesOptions
  readonly #own: OwnStates<ZyzzyvaKinds>
  readonly #held = new HeldStates()
  readonly #download: NodeDownload
  #target: Target | undefined
  /** How far the replica was at the last tick, and for how many ticks it has been there. */
  #at: { readonly view: View; readonly low: Seq; readonly executed: Seq } | undefined
  #stalled = 0

  constructor(options: ZyzzyvaStatesOptions) {
    const { config, fetched, counts, sendChunk, executor } = options
    this.#options = options
    this.#own = new OwnStates(executor)
    this.#download = new NodeDownload({
      send: sendChunk,
      held: (digest) => this.#held.node(digest),
      fetched,
      counts,
      faulty: config.group.f,
      complete: ({ service, table }) => this.#complete(service, table),
    })
  }

  /** The number of the checkpoint whose state is being fetched. */
  get target(): Seq | undefined {
    return this.#target?.stable.seq
  }

  started(state: State): void {
    this.#own.started(state)
    for (const { seq } of state.checkpoints.slice(1)) {
      const kept = this.#options.later.get(seq)
      assert(kept !== undefined, "the state of a checkpoint that was kept is on the disk")
      this.#own.taken(seq, kept)
    }
    this.#options.later.clear()
    if (state.executed > 0) this.#hold(state)
  }

  // The service is in the state of the checkpoint that the state has executed up to.
  #hold({ executed, checkpoints }: State): void {
    const own = checkpoints.find((c) => c.seq === executed)
    if (own !== undefined) this.#add(executed, own.history, ClientTable.entries(own.table))
  }

  #add(seq: Seq, history: string, table: Parameters<typeof entryTree>[0]): void {
    const service = this.#options.executor.tree()
    const entries = entryTree(table)
    const root = zyzzyvaRootBytes({ history, service: service.digest, table: entries.digest })
    this.#held.add({ seq, root, trees: [service, entries] })
  }

  /** A checkpoint was taken; one that was fetched is held when the service is restored. */
  taken(seq: Seq, snapshot: Bytes, record: DurableRecord): void {
    this.#own.taken(seq, snapshot)
    if (record._tag !== "CheckpointTaken") return
    if (this.#options.executor.tree().digest !== record.service) return
    this.#add(seq, record.history, record.table)
  }

  restore(state: State): void {
    this.#own.restore(state)
    this.#hold(state)
  }

  /** The clock: asks for a state when that is due, asks again, gives up who is silent. */
  tick(state: State): void {
    this.#own.tick(state)
    this.#download.tick()
    const { view, log, executed } = state
    const { low } = log
    const isSame = this.#at?.executed === executed && this.#at.low === low
    this.#stalled = isSame ? this.#stalled + 1 : 0
    this.#at = { view, low, executed }
    if (this.#target !== undefined && this.#target.stable.seq <= low) this.#end()
    if (this.#target !== undefined && !this.#download.isStuck) return this.#download.ask()
    if (this.#stalled >= patience && this.#stalled % patience === 0 && this.#isBehind(low)) {
      this.#fetch()
    }
  }

  // Somebody has a later stable checkpoint, as it says.
  #isBehind(low: Seq): boolean {
    const { config, told } = this.#options
    for (let replica = 0; replica < config.group.n; replica++) {
      if (replica !== config.id && (told(replica)?.low ?? 0) > low) return true
    }
    return false
  }

  #fetch(): void {
    this.#download.begin(true)
    this.#options.counts.add("StateAsked")
    this.#options.offer({ _tag: "Fetch" })
  }

  #end(): void {
    this.#target = undefined
    this.#download.end()
  }

  forget(replica: ReplicaId): void {
    this.#download.forget(replica)
  }

  /** A STATE leaves as the offer of it, as long as its parts can be had here. */
  give(replica: ReplicaId, message: ZyzzyvaKinds["Message"]): boolean {
    if (message._tag !== "State") return false
    const { stable } = message
    const root = this.#held.root(stable.digest)
    if (root !== undefined) {
      const proof = stableText(stable)
      this.#options.sendChunk(replica, { _tag: "ProvenOffer", root, proof })
    }
    return true
  }

  wanted(): Seq | undefined {
    return this.target
  }

  isFetching(): boolean {
    return this.#download.isMoving
  }

  /** A peer asks for parts, offers a state, or gives parts of it. */
  receive(replica: ReplicaId, chunk: StateChunk): void {
    switch (chunk._tag) {
      case "Ask":
        return giveNodes(this.#held, this.#options, replica, chunk.digests)
      case "Nodes":
        return this.#download.nodes(replica, chunk.nodes)
      case "ProvenOffer":
        return this.#offered(replica, chunk.root, chunk.proof)
      case "Offer":
        // Without a proof it is PBFT's.
        return
    }
  }

  #offered(replica: ReplicaId, bytes: Bytes, proof: Bytes): void {
    const { limits, counts } = this.#options
    const stable = readStableText(proof, limits)
    const root = readZyzzyvaRoot(bytes)
    if (stable === undefined || root === undefined || !this.#isProved(stable, bytes)) {
      return counts.add("FalseOffer")
    }
    if (this.#at === undefined || stable.seq <= this.#at.low || stable.view > this.#at.view) return
    const { stable: known } = this.#target ?? {}
    if (known === undefined || stable.seq > known.seq) {
      this.#target = { stable, root }
      this.#download.begin(false)
    } else if (stable.digest !== known.digest) return
    this.#download.offered(replica, root)
  }

  #isProved(stable: Stable, root: Bytes): boolean {
    const { config, verifier } = this.#options
    const shown: StateMessage = { _tag: "State", stable, history: "", service: "", table: [] }
    return (
      stable.seq > 0 &&
      bytesDigest(root) === stable.digest &&
      isValidStable(config, stable) &&
      claims(config.group, shown).every(verifier.isSigned)
    )
  }

  #complete(service: Bytes, text: Bytes): void {
    const { limits, counts, executor, offer } = this.#options
    const target = this.#target
    const table = readEntryText(text, limits)
    this.#end()
    if (target === undefined || table === undefined) return
    counts.add("StateFetched")
    const { stable, root } = target
    executor.offer(stable.seq, service)
    const { history } = root
    const message = { _tag: "State", stable, history, service: root.service, table } as const
    offer({ _tag: "Receive", message: message as StateMessage as Authentic<StateMessage> })
  }
}
