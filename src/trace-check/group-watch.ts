/**
 * That replicas answer as the group of Prophecy.tla does: there is one agreed log, each replica
 * executes a prefix of it, an ordered operation's answer is what the service says at its position,
 * and a replica's fast answer is what it says after some prefix. A service of the watcher's own
 * executes the log, in the order in which traced replicas first do.
 *
 * A fast answer has no line at its replica, so which prefix it was is looked for: the present one,
 * then those before it, as far as they are kept, then those to come.
 */
import type { Execute, Executed } from "../core/effect.ts"
import type { Bytes, Digest, Seq } from "../core/ids.ts"
import { forgetOldest } from "../core/oldest.ts"
import { pendingExecution } from "../core/pbft/execution.ts"
import { placedResults } from "../core/prophecy/replica.ts"
import type { TraceHeader } from "../core/trace-event.ts"
import type { Observer, RunState, SketcherRun } from "./check.ts"
import { shortJson } from "./difference.ts"
import type { ReplicaEvent, SketcherEvent, SketcherGap, StepEvent } from "./event.ts"
import { reject } from "./finding.ts"
import { PastStates, type WatchedService } from "./past-states.ts"
import { sketchDigest } from "./sketcher-replay.ts"

/** A new service of the run's kind. */
export type NewService = (header: TraceHeader) => WatchedService

export interface Watched {
  /** Ordered operations, and fast answers, that were compared. */
  readonly ordered: number
  readonly fast: number
  /** Fast answers of which the prefix may have been forgotten, or is not in the traces. */
  readonly uncompared: number
}

/** A fast answer whose prefix is not found yet. */
interface Claim {
  readonly operation: Bytes
  readonly digest: Digest
  readonly replica: number
  /** The step in which it came; not the event itself, which holds the states around it. */
  readonly at: Pick<SketcherEvent, "place" | "n" | "config">
}

/** How many batches' results are kept for the other replicas. */
const batchesKept = 10_000
/** How many fast answers may wait for what is executed later. */
const claimsKept = 10_000

export class GroupWatch implements Observer {
  readonly #newService: NewService
  #service: WatchedService | undefined
  #past: PastStates | undefined
  #agreed: Seq = 0
  /** Something was executed that no trace shows: nothing further is compared. */
  #isLost = false
  /** Whether results carry their positions; undefined until there is one. */
  #placed: boolean | undefined
  readonly #batches = new Map<Seq, Executed>()
  #claims: Array<Claim> = []
  #digestOf: ((result: Bytes) => Digest) | undefined
  #ordered = 0
  #fast = 0
  #uncompared = 0

  constructor(newService: NewService) {
    this.#newService = newService
  }

  get watched(): Watched {
    return { ordered: this.#ordered, fast: this.#fast, uncompared: this.#uncompared }
  }

  readonly before = (_index: number, event: StepEvent, state: RunState): void => {
    if (event._tag !== "ReplicaStep" || event.input._tag !== "Executed") return
    // What is executed tentatively may not be agreed on.
    if (event.step.action !== "Execute" || state.header.maxTentative > 0) return
    const config = state.configs.get(event.replica)
    const effect = config && pendingExecution(config, event.before)
    if (effect !== undefined) this.#executed(event, { effect, said: event.input }, state.header)
  }

  readonly gap = (): void => undefined

  readonly sketcher = (event: SketcherEvent | SketcherGap, run: SketcherRun): void => {
    // (Of Zyzzyva no log is watched: there is nothing to compare with.)
    if (run.header.protocol === "zyzzyva") return
    if (event._tag === "SketcherGap" || event.input._tag !== "FastReply") return
    const { message, digest } = event.input
    const call = event.before.calls.find(({ id }) => id === message.id)
    if (call?.stage !== "fast" || call.replica !== message.replica) return
    this.#digestOf ??= sketchDigest(run)
    const { operation } = call
    const { place, n, config } = event
    const claim = { operation, digest, replica: message.replica, at: { place, n, config } }
    // (Of what broke off in the middle nothing is known.)
    if (this.#isLost || digest === "") this.#uncompared++
    else if (this.#isNow(claim) || this.#past?.some((s) => this.#says(s, claim)) === true)
      this.#fast++
    else this.#claims.push(claim)
    if (this.#claims.length > claimsKept) {
      this.#claims.shift()
      this.#uncompared++
    }
  }

  /** All has gone by: an answer of which no prefix was found is of none, if none was forgotten. */
  readonly end = (): void => {
    const [first] = this.#claims
    // (Without a log, as of another protocol, there is nothing to compare with.)
    const isKnown = !this.#isLost && this.#past?.isWhole === true
    this.#uncompared += this.#claims.length
    if (first === undefined || !isKnown) return
    const { at, replica, operation } = first
    const { place, n, config } = at
    const node = `sketcher ${config.id}`
    const message = `replica ${replica} answered a fast read as the service does after no prefix of the agreed log`
    reject({ ...place, rule: "Group", node, step: n, found: shortJson(operation), message })
  }

  #executed(
    event: ReplicaEvent,
    { effect, said }: { readonly effect: Execute; readonly said: Executed },
    header: TraceHeader,
  ): void {
    const { seq } = effect
    if (this.#isLost) return
    if (seq > this.#agreed + 1) {
      this.#isLost = true
      this.#uncompared += this.#claims.length
      this.#claims = []
      return
    }
    if (seq === this.#agreed + 1) this.#order(effect, said, header)
    const known = this.#batches.get(seq)
    if (known !== undefined) this.#compare(event, known, said)
  }

  // The group agrees on a batch: the service says what comes out.
  #order(effect: Execute, said: Executed, header: TraceHeader): void {
    this.#service ??= this.#newService(header)
    this.#past ??= new PastStates(this.#service, () => this.#newService(header))
    const { seq } = effect
    const plain = this.#service.execute(effect)
    const placed = placedResults(seq, plain.results)
    if (plain.results.length > 0) this.#placed ??= said.results[0] === placed[0]
    this.#batches.set(seq, this.#placed === true ? { ...plain, results: placed } : plain)
    forgetOldest(this.#batches, batchesKept)
    this.#agreed = seq
    this.#ordered += plain.results.length
    this.#past.executed(effect)
    this.#claims = this.#claims.filter((claim) => {
      const isFound = this.#isNow(claim)
      if (isFound) this.#fast++
      return !isFound
    })
  }

  #compare({ place, n, replica }: ReplicaEvent, known: Executed, said: Executed): void {
    const at = known.results.findIndex((result, k) => result !== said.results[k])
    const isSame = at < 0 && known.results.length === said.results.length
    if (isSame && known.service === said.service) return
    const [field, expected, found] = isSame
      ? ["in.service", known.service, said.service]
      : [`in.results[${at}]`, known.results[at] ?? "", said.results[at] ?? ""]
    const message = "the service says otherwise at this position of the agreed log"
    const shown = { field, expected: shortJson(expected), found: shortJson(found) }
    reject({ ...place, rule: "Group", node: `replica ${replica}`, step: n, ...shown, message })
  }

  #isNow(claim: Claim): boolean {
    return this.#service !== undefined && this.#says(this.#service, claim)
  }

  #says(service: Pick<WatchedService, "read">, { operation, digest }: Claim): boolean {
    const result = service.read(operation)
    return result !== undefined && this.#digestOf?.(result) === digest
  }
}
