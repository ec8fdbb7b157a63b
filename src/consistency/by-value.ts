/**
 * Judges the history of one register by its values, as long as no two of those that can still be
 * read are equal. Near-linear in time, and what it keeps is bounded by what is under way: a value
 * is forgotten once nothing can read it any more and nothing must be before it.
 *
 * The values must have an order (cluster.ts says what binds them), so a cycle is a violation.
 * Gibbons and Korach, "Testing shared memories" (1997), do this for linearizability; that two kinds
 * of bounds, each a comparison of two times, are enough for delay-once follows from its definition:
 * within a value operations are ordered by their beginnings, each fast read after the last read of
 * the value that began before it ended.
 */
import { assert } from "../core/assert.ts"
import type { Call, Completion, Consistency, HistoryEvent } from "./call.ts"
import { lineOf } from "./call.ts"
import { Cluster } from "./cluster.ts"
import { SortedCalls } from "./sorted-calls.ts"

/** `ambiguous`: equal values, or too many that lack a source: the general search must decide. */
export type ValueProblem = "violation" | "ambiguous"

export interface ValueOptions {
  readonly consistency: Consistency
  /** Whether the register is new: a read may return what it was at first. */
  readonly fromStart: boolean
}

/** Ways to deal out sources that are tried for one event, at most. */
const mostWays = 2_000

export class ByValue {
  readonly #delayed: boolean
  readonly #clusters = new Map<string, Cluster>()
  /** Writes that nobody has seen and that are not over, by value. */
  readonly #unseen = new Map<string, Call>()
  /** Calls that can still end, in the order of their lines. */
  readonly #pending = new Map<number, Call>()
  /** Reads of which nobody will ever know: they may be sources. */
  readonly #openReads = new SortedCalls()
  /** Values whose fast reads have no replicated read as a source. */
  readonly #needy = new Set<Cluster>()
  #compactAt = 8

  constructor({ consistency, fromStart }: ValueOptions) {
    this.#delayed = consistency === "delay-once"
    if (fromStart) this.#clusters.set("null", new Cluster("null", undefined))
  }

  /** How many values and operations it keeps. */
  get size(): number {
    return this.#clusters.size + this.#unseen.size + this.#pending.size + this.#openReads.size
  }

  begin(call: Call): ValueProblem | undefined {
    this.#pending.set(call.line, call)
    const { written } = call
    if (written === undefined) return undefined
    if (this.#clusters.has(written) || this.#unseen.has(written)) return "ambiguous"
    this.#unseen.set(written, call)
    return undefined
  }

  end(completion: Completion): ValueProblem | undefined {
    const { call, type } = completion
    this.#pending.delete(call.line)
    if (call.written !== undefined) return this.#endWrite(call.written, completion)
    if (type === "info" && this.#delayed) this.#openReads.add(call)
    return type === "ok" ? this.#endRead(completion) : this.#judge(undefined)
  }

  #endWrite(value: string, completion: Completion): ValueProblem | undefined {
    const present = this.#clusters.get(value)
    if (completion.type === "info") return undefined
    const unseen = this.#unseen.get(value)
    if (completion.type === "fail") {
      // Somebody read what was never written.
      if (unseen !== completion.call) return "violation"
      this.#unseen.delete(value)
      return undefined
    }
    if (unseen !== completion.call) {
      // It was read before it was over, and binds no more than that read did.
      if (present?.write === completion.call) present.written(completion)
      return undefined
    }
    const cluster = this.#enter(value, unseen)
    cluster.written(completion)
    return this.#judge(cluster)
  }

  #enter(value: string, write: Call): Cluster {
    const cluster = new Cluster(value, write)
    this.#clusters.set(value, cluster)
    this.#unseen.delete(value)
    return cluster
  }

  #endRead(completion: Completion): ValueProblem | undefined {
    const value = completion.result
    assert(value !== undefined, "a read that is ok has a result")
    const unseen = this.#unseen.get(value)
    const cluster =
      this.#clusters.get(value) ?? (unseen === undefined ? undefined : this.#enter(value, unseen))
    if (cluster === undefined) return "violation"
    cluster.read(completion, this.#delayed ? completion.path : "replicated")
    return this.#judge(cluster)
  }

  /** After a change of this value, or of what may be a source. */
  #judge(changed: Cluster | undefined): ValueProblem | undefined {
    if (changed?.needsSourceBefore !== undefined) this.#needy.add(changed)
    // Order-free: each by itself.
    for (const cluster of this.#needy) {
      cluster.chosenSource = -Infinity
      if (cluster.needsSourceBefore === undefined) this.#needy.delete(cluster)
    }
    const asked = changed === undefined || this.#needy.has(changed) ? [] : [changed]
    const problem = this.#chooseSources(asked)
    if (problem !== undefined) return problem
    if (this.#clusters.size > this.#compactAt) this.#compact()
    return undefined
  }

  /** Gives each value that needs one a source, so that neither these nor `asked` are on a cycle. */
  #chooseSources(asked: ReadonlyArray<Cluster>): ValueProblem | undefined {
    // Order-free: sorted, the most urgent first.
    const needy = [...this.#needy].sort(
      (a, b) => (a.needsSourceBefore ?? 0) - (b.needsSourceBefore ?? 0),
    )
    const isGood = (): boolean => ![...asked, ...needy].some((c) => this.#isOnCycle(c))
    if (!isGood()) return "violation"
    const open = this.#earliestOpenReads(needy.length)
    const ways = { left: mostWays }
    if (this.#assign(needy, open, ways, isGood)) return undefined
    return ways.left > 0 ? "violation" : "ambiguous"
  }

  /**
   * Gives these values sources: a read of unknown path, where there is one, or one of the open
   * reads, each of which serves one value. A source binds, so what is wrong stays wrong.
   */
  #assign(
    [cluster, ...others]: ReadonlyArray<Cluster>,
    open: ReadonlyArray<number>,
    ways: { left: number },
    isGood: () => boolean,
  ): boolean {
    if (cluster === undefined) return true
    const need = cluster.needsSourceBefore ?? Infinity
    const unknown = cluster.unknown.earliestBegun?.call.line ?? Infinity
    for (const source of [unknown, ...open]) {
      if (source >= need) continue
      if (ways.left-- <= 0) return false
      cluster.chosenSource = source
      const left = open.filter((line) => line !== source)
      if (isGood() && this.#assign(others, left, ways, isGood)) return true
    }
    cluster.chosenSource = -Infinity
    return false
  }

  /**
   * Reads without an answer may be sources, each of one value. It is enough to think of those that
   * began first: where an order of the values exists, one exists in which they are dealt out in
   * that order, since one that began earlier binds less.
   */
  #earliestOpenReads(count: number): ReadonlyArray<number> {
    if (count === 0) return []
    const pending: Array<number> = []
    // Order-free: in the order of their lines already.
    for (const { line, isRead } of this.#pending.values()) {
      if (pending.length === count) break
      if (isRead) pending.push(line)
    }
    return [...pending, ...this.#openReads.first(count)].sort((a, b) => a - b).slice(0, count)
  }

  /** Whether the value must be before another one that must be before it. */
  #isOnCycle(from: Cluster): boolean {
    return this.#after(from).some((cluster) => cluster.mustPrecede(from))
  }

  /** All values that must be after this one. */
  #after(from: Cluster): ReadonlyArray<Cluster> {
    const found: Array<Cluster> = []
    let [firstEnd, firstSeen] = [from.firstEnd, from.firstSeen]
    // Order-free: a set is collected.
    let others = [...this.#clusters.values()].filter((c) => c !== from)
    for (let before = -1; before < found.length; ) {
      before = found.length
      const [end, seen] = [firstEnd, firstSeen]
      const isAfter = (c: Cluster) => c.ordered > end || c.latestFast > seen
      for (const c of others) {
        if (!isAfter(c)) continue
        found.push(c)
        firstEnd = Math.min(firstEnd, c.firstEnd)
        firstSeen = Math.min(firstSeen, c.firstSeen)
      }
      others = others.filter((c) => !isAfter(c))
    }
    return found
  }

  /** Forgets values that nothing can read any more and that nothing must be before. */
  #compact(): void {
    const [oldest = Infinity] = this.#pending.keys() // order-free: the first is the oldest
    const dead = new Set(
      // Order-free: a set is collected.
      [...this.#clusters.values()].filter((c) => this.#isDead(c, oldest)),
    )
    for (let before = -1; before !== dead.size; ) {
      before = dead.size
      // Order-free: whoever goes later goes in the next round.
      for (const cluster of dead) {
        if (!this.#isFirst(cluster) || !this.#giveUpSource(cluster)) continue
        dead.delete(cluster)
        this.#clusters.delete(cluster.value)
        this.#needy.delete(cluster)
      }
    }
    this.#compactAt = 2 * this.#clusters.size + 8
  }

  /** Whether no call that can still end, or is yet to begin, can read this value. */
  #isDead(cluster: Cluster, oldest: number): boolean {
    const after = this.#after(cluster)
    const ends = Math.min(...after.map((c) => c.firstEnd))
    if (ends >= oldest || ends === Infinity) return false
    if (!this.#delayed) return true
    const hasSource = cluster.firstSeen < Infinity || this.#openReads.size > 0
    const seen = Math.min(...after.map((c) => c.firstSeen))
    return !hasSource || (seen < oldest && seen !== Infinity)
  }

  #isFirst(cluster: Cluster): boolean {
    // Order-free: some or none.
    return ![...this.#clusters.values()].some((c) => c !== cluster && c.mustPrecede(cluster))
  }

  /**
   * Whether its source is settled. It is first in the order, so of reads without an answer it gets
   * the one that began first, which then takes no other place.
   */
  #giveUpSource(cluster: Cluster): boolean {
    if (!this.#needy.has(cluster)) return true
    const unknown = cluster.unknown.earliestBegun?.call.line
    if (unknown === cluster.chosenSource) return true
    if (unknown !== undefined && unknown < (cluster.needsSourceBefore ?? Infinity)) {
      const chosen = cluster.chosenSource
      cluster.chosenSource = unknown
      const mightDo = !this.#isOnCycle(cluster)
      cluster.chosenSource = chosen
      if (mightDo) return false
    }
    const [first] = this.#earliestOpenReads(1)
    const [open] = this.#openReads.first(1)
    if (first === undefined || first !== open) return false
    this.#openReads.removeFirst()
    return true
  }

  /** What it has not forgotten: the events of operations that bind as all of them do. */
  remembered(): ReadonlyArray<HistoryEvent> {
    // Order-free: sorted below.
    const clusters = [...this.#clusters.values()].flatMap((c) => c.operations())
    const waiting = [...this.#pending.values(), ...this.#unseen.values()] // order-free: as above
    const open = this.#openReads.all
    const begun = [...waiting, ...open].map((call) => ({ begun: call }))
    const byLine = new Map([...begun, ...clusters].map((e) => [lineOf(e), e]))
    return [...byLine.values()].sort((a, b) => lineOf(a) - lineOf(b))
  }

  /** Whether a read may still return what the register was at first. */
  get remembersStart(): boolean {
    return this.#clusters.get("null")?.write === undefined && this.#clusters.has("null")
  }
}
