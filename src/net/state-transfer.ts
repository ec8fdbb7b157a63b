/**
 * Fetches the state of a checkpoint that the replica lacks: in nodes of a Merkle tree, from every
 * replica that offers it, each checked by its digest. Who sends a node that nobody asked for is not
 * asked again; who is slow is asked for less; what an earlier start has fetched is on disk.
 *
 * Outside the specification: when a state is asked for, of whom, in what parts. The specification
 * allows the question at any time and takes whatever state has the right digest.
 */
import type { Bytes, Digest, ReplicaId, Seq } from "../core/ids.ts"
import type { Numbered, State as StateMessage } from "../core/pbft/message.ts"
import { type Config, type State, settledSeq } from "../core/pbft/state.ts"
import { wantedStates } from "../core/pbft/state-transfer.ts"
import type { CodecLimits } from "./batch-codec.ts"
import type { Counts } from "./counts.ts"
import { bytesDigest, readRoot } from "./digests.ts"
import { type KnownNode, StateAssembly } from "./state-assembly.ts"
import { askLimit, type StateChunk } from "./state-wire.ts"
import { readTableText } from "./table-tree.ts"

/** Ticks without progress before a checkpoint in the window is fetched: its messages may come. */
const patience = 8
/** The same for a checkpoint above the window: its messages cannot be used. */
const shortPatience = 2
/** Ticks after which what was asked for is asked of another. */
const answerTicks = 4
/** Ticks without a new node after which the question is put anew, maybe for a later state. */
const stuckTicks = 8
/** Questions that a replica has open at the same time. */
const openLimit = 4

/** What was fetched so far, for the next start of the process. */
export interface FetchedNodes {
  readonly get: KnownNode
  readonly add: (digest: Digest, bytes: Bytes) => void
  readonly clear: () => void
}

export interface TransferOptions {
  readonly config: Config
  readonly limits: CodecLimits
  readonly send: (replica: ReplicaId, chunk: StateChunk) => void
  /** Asks everybody; the machine's step. */
  readonly fetch: (checkpoint: Numbered) => void
  /** The state is there. */
  readonly restore: (message: StateMessage, service: Bytes) => void
  /** Nodes of the replica's own older states. */
  readonly held: KnownNode
  readonly fetched: FetchedNodes
  readonly counts: Counts
}

interface Question {
  readonly digests: ReadonlyArray<Digest>
  readonly since: number
}

interface Source {
  questions: Array<Question>
  /** Questions that it did not answer in time. */
  slow: number
}

export class StateTransfer {
  readonly #options: TransferOptions
  readonly #sources = new Map<ReplicaId, Source>()
  /** Those that sent what nobody asked for: not asked again for this checkpoint. */
  readonly #liars = new Set<ReplicaId>()
  #target: Numbered | undefined
  #assembly: StateAssembly | undefined
  #ticks = 0
  #executed: Seq = -1
  #stalled = 0
  #lastNode = 0

  constructor(options: TransferOptions) {
    this.#options = options
  }

  /** The checkpoint that is being fetched. */
  get target(): Numbered | undefined {
    return this.#target
  }

  /** The clock: begins a transfer when one is due, asks again, gives up who is silent. */
  tick(state: State): void {
    const { config } = this.#options
    this.#ticks++
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
    this.#expire()
    const stuck = this.#ticks - this.#lastNode >= stuckTicks
    const gone = !wanted.some((c) => c.seq === this.#target?.seq)
    if (gone || stuck) this.#begin(last)
    else this.#ask()
  }

  #begin(target: Numbered): void {
    const same = this.#target?.digest === target.digest && this.#target.seq === target.seq
    this.#target = target
    this.#lastNode = this.#ticks
    this.#sources.clear()
    if (!same) {
      this.#assembly = undefined
      this.#liars.clear()
    }
    // Whom all others have failed may have been cut off from an honest one: everyone gets a chance.
    if (this.#liars.size > this.#options.config.group.f) this.#liars.clear()
    this.#options.counts.add("StateAsked")
    this.#options.fetch(target)
  }

  #end(): void {
    if (this.#target === undefined) return
    this.#target = undefined
    this.#assembly = undefined
    this.#sources.clear()
    this.#liars.clear()
  }

  /** A peer's connection is gone: what was asked of it is asked of another. */
  forget(replica: ReplicaId): void {
    const source = this.#sources.get(replica)
    if (source === undefined) return
    this.#sources.delete(replica)
    for (const { digests } of source.questions) this.#assembly?.giveBack(digests)
    this.#ask()
  }

  /** A peer offers the state, or gives nodes of it. */
  receive(replica: ReplicaId, chunk: Exclude<StateChunk, { readonly _tag: "Ask" }>): void {
    if (chunk._tag === "Offer") this.#offered(replica, chunk.root)
    else this.#nodes(replica, chunk.nodes)
  }

  #offered(replica: ReplicaId, bytes: Bytes): void {
    if (this.#target === undefined || this.#liars.has(replica)) return
    if (bytesDigest(bytes) !== this.#target.digest) return
    const root = readRoot(bytes)
    if (root === undefined || root.seq !== this.#target.seq) return
    if (this.#assembly === undefined) {
      const { held, fetched } = this.#options
      this.#assembly = new StateAssembly(root, (digest) => held(digest) ?? fetched.get(digest))
    }
    if (!this.#sources.has(replica)) this.#sources.set(replica, { questions: [], slow: 0 })
    this.#proceed()
  }

  #nodes(replica: ReplicaId, nodes: ReadonlyArray<Bytes>): void {
    const source = this.#sources.get(replica)
    if (source === undefined || this.#assembly === undefined) return
    const { counts, fetched } = this.#options
    const asked = new Set(source.questions.flatMap((q) => q.digests))
    for (const bytes of nodes) {
      const digest = bytesDigest(bytes)
      if (!asked.has(digest)) {
        counts.add("FalseNode")
        return this.#accuse(replica)
      }
      this.#assembly.add(digest, bytes)
      fetched.add(digest, bytes)
      counts.add("StateNode")
      this.#lastNode = this.#ticks
    }
    const got = new Set(nodes.map(bytesDigest))
    source.questions = source.questions.flatMap((q) => {
      const digests = q.digests.filter((d) => !got.has(d))
      return digests.length === 0 ? [] : [{ ...q, digests }]
    })
    this.#proceed()
  }

  #accuse(replica: ReplicaId): void {
    this.#liars.add(replica)
    this.forget(replica)
  }

  // What was not answered in time is wanted again; who does that has fewer questions open.
  #expire(): void {
    for (const source of this.#sources.values()) {
      const late = source.questions.filter((q) => this.#ticks - q.since >= answerTicks)
      if (late.length === 0) continue
      source.questions = source.questions.filter((q) => !late.includes(q))
      source.slow++
      for (const { digests } of late) this.#assembly?.giveBack(digests)
    }
  }

  #proceed(): void {
    if (this.#assembly?.complete === true) this.#complete(this.#assembly)
    else this.#ask()
  }

  // Every source has a few questions open: one more each in turn, the quickest ones first.
  #ask(): void {
    const sources = [...this.#sources].sort(([, a], [, b]) => a.slow - b.slow)
    for (let open = 1; open <= openLimit; open++) {
      for (const [replica, source] of sources) {
        if (source.questions.length >= open || open > Math.max(1, openLimit - source.slow)) continue
        const digests = this.#assembly?.take(askLimit) ?? []
        if (digests.length === 0) return
        source.questions.push({ digests, since: this.#ticks })
        this.#options.send(replica, { _tag: "Ask", digests })
      }
    }
  }

  #complete(assembly: StateAssembly): void {
    const { limits, restore, fetched, counts } = this.#options
    const parts = assembly.texts()
    const table = readTableText(parts.table, limits)
    this.#end()
    fetched.clear()
    if (table === undefined) return
    counts.add("StateFetched")
    const { seq, service } = assembly.root
    restore({ _tag: "State", seq, service, table }, parts.service)
  }
}
