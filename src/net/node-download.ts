/**
 * Fetches the nodes of the Merkle trees of one state, from every replica that has offered it, each
 * checked by its digest. Who sends a node that nobody asked for is not asked again; who is slow is
 * asked for less; what an earlier start has fetched is on disk.
 *
 * Outside the specification: of whom a state is asked, in what parts. It takes there whatever state
 * has the right digest.
 */
import type { Bytes, Digest, ReplicaId } from "../core/ids.ts"
import type { Counts } from "./counts.ts"
import { bytesDigest } from "./digests.ts"
import { type KnownNode, StateAssembly, type Trees } from "./state-assembly.ts"
import { askLimit, type StateChunk } from "./state-wire.ts"

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

export interface DownloadOptions {
  readonly send: (replica: ReplicaId, chunk: StateChunk) => void
  /** Nodes of the replica's own older states. */
  readonly held: KnownNode
  readonly fetched: FetchedNodes
  readonly counts: Counts
  /** f. */
  readonly faulty: number
  /** Every node is there. */
  readonly complete: (texts: ReturnType<StateAssembly["texts"]>) => void
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

export class NodeDownload {
  readonly #options: DownloadOptions
  readonly #sources = new Map<ReplicaId, Source>()
  /** Those that sent what nobody asked for: not asked again for this state. */
  readonly #liars = new Set<ReplicaId>()
  #assembly: StateAssembly | undefined
  #ticks = 0
  #lastNode = 0
  /** When a node came last; `#lastNode` is also when everybody was asked. */
  #cameAt = Number.NEGATIVE_INFINITY

  constructor(options: DownloadOptions) {
    this.#options = options
  }

  /** The clock: what was not answered in time is wanted again. */
  tick(): void {
    this.#ticks++
    this.#expire()
  }

  /** Whether nothing has come for a while. */
  get isStuck(): boolean {
    return this.#ticks - this.#lastNode >= stuckTicks
  }

  /** Whether nodes come. */
  get isMoving(): boolean {
    return this.#assembly !== undefined && this.#ticks - this.#cameAt < stuckTicks
  }

  /** Everybody is asked anew who has the state: the same as before, or another one. */
  begin(same: boolean): void {
    this.#lastNode = this.#ticks
    this.#sources.clear()
    if (!same) {
      this.#assembly = undefined
      this.#liars.clear()
    }
    // Whom all others have failed may have been cut off from an honest one: everyone gets a chance.
    if (this.#liars.size > this.#options.faulty) this.#liars.clear()
  }

  end(): void {
    this.#assembly = undefined
    this.#sources.clear()
    this.#liars.clear()
  }

  /** A replica has the state with these trees. */
  offered(replica: ReplicaId, trees: Trees): void {
    if (this.#liars.has(replica)) return
    const { held, fetched } = this.#options
    this.#assembly ??= new StateAssembly(trees, (digest) => held(digest) ?? fetched.get(digest))
    if (!this.#sources.has(replica)) this.#sources.set(replica, { questions: [], slow: 0 })
    this.#proceed()
  }

  /** A peer's connection is gone: what was asked of it is asked of another. */
  forget(replica: ReplicaId): void {
    const source = this.#sources.get(replica)
    if (source === undefined) return
    this.#sources.delete(replica)
    for (const { digests } of source.questions) this.#assembly?.giveBack(digests)
    this.ask()
  }

  /** A replica gives nodes. */
  nodes(replica: ReplicaId, nodes: ReadonlyArray<Bytes>): void {
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
      this.#cameAt = this.#ticks
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

  // Who does not answer in time has fewer questions open.
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
    const assembly = this.#assembly
    if (assembly?.complete !== true) return this.ask()
    this.end()
    this.#options.fetched.clear()
    this.#options.complete(assembly.texts())
  }

  /** Every source has a few questions open: one more each in turn, the quickest ones first. */
  ask(): void {
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
}
