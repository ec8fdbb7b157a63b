/**
 * Windows of a merged run that TLC is to check: stretches of events with the states before them.
 * A chain is a stretch without a gap; it is cut into adjacent windows, each of which starts in the
 * state that the one before it ends in. States are immutable, so a chain costs references.
 */
import type { ClientId, ReplicaId } from "../core/ids.ts"
import type { ClientState } from "../core/pbft/client.ts"
import type { Config, State } from "../core/pbft/state.ts"
import type { TraceHeader } from "../core/trace-event.ts"
import type { Observer, RunState } from "./check.ts"
import type { StepEvent } from "./event.ts"

/** The states of all traced processes at one point of the merged run. */
export interface Snapshot {
  readonly replicas: ReadonlyMap<ReplicaId, State>
  readonly clients: ReadonlyMap<ClientId, ClientState>
}

export interface Chain {
  readonly header: TraceHeader
  /** The digests of the run's batches. */
  readonly batchDigest: Config["batchDigest"]
  readonly resultDigest: Config["resultDigest"]
  /** Number of the first event in the merged run, from 1. */
  readonly from: number
  /** Whether the chain starts where the run starts: every process in its first state. */
  readonly fromInit: boolean
  readonly start: Snapshot
  readonly events: ReadonlyArray<StepEvent>
}

/** The snapshot after one more event. */
export const after = (snapshot: Snapshot, event: StepEvent): Snapshot =>
  event._tag === "ReplicaStep"
    ? { ...snapshot, replicas: new Map(snapshot.replicas).set(event.replica, event.step.state) }
    : { ...snapshot, clients: new Map(snapshot.clients).set(event.client, event.step.state) }

/** A window of a chain: its events, numbers in the merged run, and the states around them. */
export interface Window {
  readonly from: number
  readonly to: number
  readonly start: Snapshot
  readonly end: Snapshot
  readonly events: ReadonlyArray<StepEvent>
}

/** A chain as adjacent windows of at most `size` events. */
export const windowsOf = ({ from, start, events }: Chain, size: number): ReadonlyArray<Window> => {
  const windows: Array<Window> = []
  let before = start
  for (let k = 0; k < events.length; k += size) {
    const part = events.slice(k, k + size)
    const end = part.reduce(after, before)
    windows.push({
      from: from + k,
      to: from + k + part.length - 1,
      start: before,
      end,
      events: part,
    })
    before = end
  }
  return windows
}

interface Open extends Chain {
  readonly events: Array<StepEvent>
}

const open = (index: number, state: RunState, fromInit: boolean): Open => ({
  header: state.header,
  batchDigest: state.batchDigest,
  resultDigest: state.resultDigest,
  from: index,
  fromInit,
  start: { replicas: new Map(state.replicas), clients: new Map(state.clients) },
  events: [],
})

/** Which events of the merged run TLC is to check. */
export type Selection =
  /** Events number `from` to `to`, both included. */
  | { readonly _tag: "Range"; readonly from: number; readonly to: number }
  /** `windows` adjacent windows of `size` events from the first event on, and as many later. */
  | { readonly _tag: "Auto"; readonly size: number; readonly windows: number }

/** Collects the chains of a selection while the run goes by. */
export class Capture implements Observer {
  readonly #selection: Selection
  readonly #done: Array<Chain> = []
  #open: Open | undefined
  #later: Chain | undefined
  #gap = false
  /** The event from which on the next later chain may start. */
  #next = 0

  constructor(selection: Selection) {
    this.#selection = selection
    if (selection._tag === "Auto") this.#next = 2 * selection.size * selection.windows
  }

  before(index: number, event: StepEvent, state: RunState): void {
    if (this.#open === undefined && this.#starts(index, event)) {
      this.#open = open(index, state, index === 1 && !this.#gap)
    }
    if (this.#open === undefined) return
    this.#open.events.push(event)
    if (this.#isFull(index, this.#open)) this.#close()
  }

  gap(): void {
    this.#gap = true
    this.#close()
  }

  /** The chains in the order of the run: what a range covers, or the first and the last chain. */
  chains(): ReadonlyArray<Chain> {
    const half = this.#open
    this.#close(half !== undefined && this.#later !== undefined && !this.#isLong(half))
    return this.#later === undefined ? this.#done : [...this.#done, this.#later]
  }

  #starts(index: number, event: StepEvent): boolean {
    const selection = this.#selection
    if (selection._tag === "Range") return index >= selection.from && index <= selection.to
    // Just after a stable checkpoint there is little in the logs, and TLC has less to do.
    const quiet = stabilises(event) || index >= 1.5 * this.#next
    return index === 1 || (index >= this.#next && quiet)
  }

  #isFull(index: number, { events }: Open): boolean {
    const selection = this.#selection
    return selection._tag === "Range" ? index === selection.to : this.#isLong({ events })
  }

  #isLong({ events }: Pick<Open, "events">): boolean {
    const selection = this.#selection
    return selection._tag === "Auto" && events.length >= selection.size * selection.windows
  }

  #close(forget = false): void {
    const chain = this.#open
    this.#open = undefined
    if (chain === undefined || chain.events.length === 0 || forget) return
    const last = chain.from + chain.events.length
    if (this.#selection._tag === "Range" || chain.from === 1) {
      this.#done.push(chain)
      return
    }
    // The last of several: they start at distances that double, so few are kept in vain.
    this.#later = chain
    this.#next = 2 * last
  }
}

const stabilises = (event: StepEvent): boolean =>
  event._tag === "ReplicaStep" && event.step.state.log.low > event.before.log.low
