/**
 * What the correct processes of a Zyzzyva run have said and done, and the safety properties of
 * spec/properties.md over it. It forgets nothing, so it also sees what two replicas do at very
 * different times. A request is complete when its client says so, and when every correct replica
 * gave one answer, or so many acknowledged a certificate that liars may make it enough.
 */
import type { Digest, ReplicaId, Seq, View } from "../core/ids.ts"
import { pendingExecution } from "../core/zyzzyva/execution.ts"
import { orderAt } from "../core/zyzzyva/log.ts"
import type { Certificate } from "../core/zyzzyva/message.ts"
import type { State } from "../core/zyzzyva/state.ts"
import * as Window from "../core/window.ts"
import { recordKey } from "./disk.ts"
import { Histories, type HistoryEnd } from "./histories.ts"
import { asked, type Execution, type Violation } from "./ledger.ts"
import { nameOf } from "./message-name.ts"
import type { Monitor } from "./protocol.ts"
import type { ZyzzyvaMessage } from "./zyzzyva-messages.ts"
import type { ZyzzyvaStepped } from "./zyzzyva-replica-node.ts"

/** A correct replica's message leaves; `holds` knows the keys of the records on its disk. */
export interface ZyzzyvaSent {
  readonly id: ReplicaId
  readonly state: State
  readonly logSize: number
  readonly message: ZyzzyvaMessage
  readonly holds: (key: string) => boolean
}

interface Saying extends HistoryEnd {
  readonly view: View
  readonly replica: ReplicaId
}

/** What a correct replica says of a history: in an answer, at a checkpoint, of a certificate. */
const sayingOf = (m: ZyzzyvaMessage): Saying | undefined =>
  m._tag === "SpecResponse" ||
  m._tag === "ReadResponse" ||
  m._tag === "SpecHeader" ||
  m._tag === "LocalCommit"
    ? m
    : undefined

// Whether it says that the history stays.
const acknowledges = (m: Saying): boolean =>
  ("_tag" in m && m._tag === "LocalCommit") || ("committed" in m && m.committed === true)

/** How many liars there may be, and how many of a kind are enough. */
export interface Backing {
  readonly liars: number
  readonly fast: number
  readonly commit: number
}

export class ZyzzyvaLedger implements Monitor {
  violation: Violation | undefined
  readonly #histories = new Histories()
  readonly #states: () => ReadonlyArray<State>
  readonly #backing: Backing
  /** By replica and view the longest history that it spoke of. */
  readonly #said = new Map<string, Saying>()
  /** By view what was said in it, each once. */
  readonly #inView = new Map<View, Map<Digest, HistoryEnd>>()
  /** Whose answers, and whose acknowledgements, there are of a history in a view. */
  readonly #backers = new Map<string, Set<ReplicaId>>()
  /** By view the longest history that is complete in it. */
  readonly #complete = new Map<View, HistoryEnd>()
  readonly #checkpoints = new Map<Seq, Digest>()
  /** By replica the certificates that it wrote down. */
  readonly #certified = new Map<ReplicaId, ReadonlyArray<Certificate>>()
  /** By history what its last batch did. */
  readonly #executed = new Map<Digest, Execution>()

  /** `states`: those of the correct replicas, also of stopped ones. */
  constructor(states: () => ReadonlyArray<State>, backing: Backing) {
    this.#states = states
    this.#backing = backing
  }

  broken(property: string, why: string): void {
    this.violation ??= { property, why }
  }

  stepped({ config, before, input, step }: ZyzzyvaStepped): void {
    this.#certify(config.id, step.effects)
    const { state } = step
    if (state === before) return
    if (step.action === "Rejoin") this.#certified.delete(config.id)
    this.#learn(before, state)
    // What was fetched takes the place of what was said before of fewer batches.
    if (step.action === "RecvState") {
      const { view, checkpoints, stable } = state
      const end = { seq: stable.seq, history: checkpoints[0]?.history ?? "" }
      this.#said.set(`${config.id} ${view}`, { ...end, view, replica: config.id })
    }
    this.#stable(config.id, before, state)
    // A witness has no results.
    if (step.action === "Execute" && input._tag === "Executed" && !config.witness) {
      const { seq, results } = input
      const requests = pendingExecution(config, before)?.requests ?? []
      const history = orderAt(before, seq)?.history ?? ""
      this.#execution(config.id, { seq, history }, asked(config, { requests, results }))
    }
  }

  #certify(replica: ReplicaId, effects: ZyzzyvaStepped["step"]["effects"]): void {
    for (const e of effects) {
      if (e._tag !== "Persist" || e.record._tag !== "Certified") continue
      const all = this.#certified.get(replica) ?? []
      this.#certified.set(replica, [...all, e.record.certificate])
    }
  }

  // Which batch each history of the log ends with.
  #learn(before: State, { log, view, checkpoints }: State): void {
    if (before.log === log && before.view === view) return
    let last: HistoryEnd = { seq: log.low, history: checkpoints[0]?.history ?? "" }
    for (const seq of Window.occupied(log)) {
      const slot = Window.get(log, seq)
      if (seq !== last.seq + 1 || slot.view !== view) return
      this.#histories.add(last, slot.history)
      last = { seq, history: slot.history }
    }
  }

  #stable(
    replica: ReplicaId,
    before: State,
    { stable: { seq, digest }, checkpoints }: State,
  ): void {
    if (before.stable.seq === seq) return
    const known = this.#checkpoints.get(seq)
    this.#checkpoints.set(seq, known ?? digest)
    if (known !== undefined && known !== digest) {
      this.broken("StableAgree", `replica ${replica} has another stable checkpoint at ${seq}`)
    }
    const end = { seq, history: checkpoints[0]?.history ?? "" }
    // order-free: each is looked at by itself
    for (const [view, complete] of this.#complete) {
      if (this.#histories.compatible(end, complete)) continue
      const why = `replica ${replica} has a stable checkpoint at ${seq} that contradicts what is`
      this.broken("StableStays", `${why} complete in view ${view}`)
    }
  }

  #execution(replica: ReplicaId, end: HistoryEnd, execution: Execution): void {
    const { requests, results } = execution
    const text = JSON.stringify([requests, results])
    const first = this.#executed.get(end.history)
    if (first !== undefined) {
      if (JSON.stringify([first.requests, first.results]) === text) return
      const why = `replica ${replica} executes number ${end.seq} of one history in another way`
      return this.broken("Reproducible", why)
    }
    this.#executed.set(end.history, execution)
    const past = this.#histories.all(end).slice(0, -1)
    for (const { seq, history } of past) {
      const again = this.#executed
        .get(history)
        ?.requests.find((r) => requests.some((x) => isSame(r, x)))
      if (again === undefined) continue
      const what = `request ${again.timestamp} of client ${again.client}`
      this.broken("AtMostOnce", `${what} is executed at ${seq} and at ${end.seq}`)
    }
  }

  /** A correct replica's message leaves. */
  sent({ id, state, logSize, message, holds }: ZyzzyvaSent): void {
    const name = nameOf(message)
    const certified = this.#certified.get(id) ?? []
    const lacking = lackingRecord({ state, certified, holds }, message)
    if (lacking !== undefined) {
      this.broken("SentIsDurable", `replica ${id} sends ${name}, and no ${lacking} is on its disk`)
    }
    const saying = sayingOf(message)
    if (saying === undefined) return
    if (saying.seq > state.log.low + logSize) {
      this.broken("Watermarks", `replica ${id} sends ${name}, above its window`)
    }
    this.#oneHistory(saying, name)
    this.#note(saying)
    if (message._tag === "SpecHeader") return
    const kind = acknowledges(saying) ? "acknowledged" : "answered"
    const key = `${kind} v${saying.view} n${saying.seq} ${saying.history}`
    const backers = this.#backers.get(key) ?? new Set()
    this.#backers.set(key, backers.add(id))
    const { liars, fast, commit } = this.#backing
    const enough = kind === "answered" ? fast : commit
    if (backers.size + liars >= enough) this.#completes(saying.view, saying)
  }

  // Z4: one history in a view.
  #oneHistory(saying: Saying, name: string): void {
    const key = `${saying.replica} ${saying.view}`
    const longest = this.#said.get(key)
    if (longest !== undefined && !this.#histories.compatible(saying, longest)) {
      const why = `replica ${saying.replica} sends ${name}, and spoke of another history before`
      this.broken("OneHistory", `${why} in view ${saying.view}`)
    }
    if (longest === undefined || saying.seq > longest.seq) this.#said.set(key, saying)
  }

  // Z3, as far as it was complete before it is said.
  #note(saying: Saying): void {
    const all = this.#inView.get(saying.view) ?? new Map<Digest, HistoryEnd>()
    this.#inView.set(saying.view, all)
    if (all.has(saying.history)) return
    all.set(saying.history, saying)
    // order-free: each is looked at by itself
    for (const [view, complete] of this.#complete) {
      if (view < saying.view) this.#carried(view, complete, saying)
    }
  }

  #carried(view: View, complete: HistoryEnd, late: HistoryEnd): void {
    if (this.#histories.compatible(complete, late)) return
    const what = `number ${complete.seq} was complete in view ${view}`
    this.broken("CarryOver", `${what}, and a later view has another history`)
  }

  /** A client takes its request as complete, or it must be taken to be. */
  completes(view: View, end: HistoryEnd): void {
    this.#completes(view, end)
  }

  #completes(view: View, end: HistoryEnd): void {
    const longest = this.#complete.get(view)
    if (longest?.history === end.history) return
    // Z1: order-free: each is looked at by itself
    for (const [other, complete] of this.#complete) {
      if (this.#histories.compatible(end, complete)) continue
      const what = `number ${end.seq} is complete in view ${view}, and number ${complete.seq}`
      return this.broken("Agreement", `${what} in view ${other}, of another history`)
    }
    if (longest === undefined || end.seq > longest.seq) this.#complete.set(view, end)
    // order-free: each is looked at by itself
    for (const [later, said] of this.#inView) {
      if (later <= view) continue
      for (const one of said.values()) this.#carried(view, end, one) // order-free: as above
    }
  }

  /** The last number that a correct replica has executed. */
  get executed(): Seq {
    return Math.max(0, ...this.#states().map(({ executed }) => executed))
  }

  /** What took effect: the longest history that is complete, and what replicas have beyond it. */
  get executions(): ReadonlyMap<Seq, Execution> {
    const nothing: HistoryEnd = { seq: 0, history: "" }
    const longer = (a: HistoryEnd, b: HistoryEnd): HistoryEnd => (b.seq > a.seq ? b : a)
    // order-free: the longest
    const complete = [...this.#complete.values()].reduce(longer, nothing)
    const ends = this.#states()
      .toSorted((a, b) => a.view - b.view)
      .map((state) => ({ seq: state.executed, history: historyOf(state) }))
      .filter((end) => this.#histories.compatible(complete, end))
    const end = ends.reduce(longer, complete)
    return new Map(
      this.#histories.all(end).flatMap(({ seq, history }) => {
        const execution = this.#executed.get(history)
        return execution === undefined ? [] : [[seq, execution] as const]
      }),
    )
  }
}

interface Named {
  readonly client: number
  readonly timestamp: number
}

const isSame = (a: Named, b: Named): boolean => a.client === b.client && a.timestamp === b.timestamp

const historyOf = (state: State): Digest => {
  const { executed, log, checkpoints } = state
  if (executed === log.low) return checkpoints[0]?.history ?? ""
  return orderAt(state, executed)?.history ?? ""
}

const isEntered = (view: View, holds: ZyzzyvaSent["holds"]): boolean =>
  view === 0 || holds(recordKey("ViewEntered", { view, seq: 0, content: "" }))

interface Durable {
  readonly state: State
  readonly certified: ReadonlyArray<Certificate>
  readonly holds: ZyzzyvaSent["holds"]
}

/** The kind of the record that must be durable before the message leaves, and is not. */
const lackingRecord = (
  { state, certified, holds }: Durable,
  m: ZyzzyvaMessage,
): string | undefined => {
  const isThere = (tag: string, place: { view: View; seq: Seq; content: string }): boolean =>
    holds(recordKey(tag, place))
  const isCertifiedBy = (of: { readonly view: View; readonly seq: Seq }): boolean =>
    certified.some(
      ({ view, seq, history }) =>
        view >= of.view && seq >= of.seq && isThere("Certified", { view, seq, content: history }),
    )
  switch (m._tag) {
    case "OrderReq":
    case "SpecHeader":
    case "SpecResponse":
    case "ReadResponse": {
      if (!isEntered(m.view, holds)) return "ViewEntered"
      const isBelow = m.seq <= state.log.low
      const place = { view: m.view, seq: m.seq, content: m.history }
      if (!isBelow && !isThere("Ordered", place)) return "Ordered"
      const says = m._tag !== "SpecHeader" && "committed" in m && m.committed === true
      return !says || isBelow || isCertifiedBy(m) ? undefined : "Certified"
    }
    case "LocalCommit": {
      if (!isEntered(m.view, holds)) return "ViewEntered"
      return m.seq <= state.log.low || isCertifiedBy(m) ? undefined : "Certified"
    }
    case "Checkpoint": {
      const place = { view: 0, seq: m.seq, content: m.digest }
      return isThere("CheckpointTaken", place) ? undefined : "CheckpointTaken"
    }
    case "ViewChange": {
      const place = { view: m.view, seq: 0, content: m.signature }
      return isThere("ViewLeft", place) ? undefined : "ViewLeft"
    }
    case "NewView": {
      const place = { view: m.view, seq: 0, content: m.signature }
      return isThere("NewViewTaken", place) ? undefined : "NewViewTaken"
    }
    default:
      return undefined
  }
}
