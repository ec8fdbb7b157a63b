/**
 * Windows of a merged run that TLC is to check: stretches of events with the states before them.
 * A chain is a stretch without a gap; it is cut into adjacent windows, each of which starts in the
 * state that the one before it ends in. States are immutable, so a chain costs references.
 */
import type { ClientId, ReplicaId } from "../core/ids.ts"
import type { ClientState } from "../core/pbft/client.ts"
import type { Config, State } from "../core/pbft/state.ts"
import type { TraceHeader, ZyzzyvaHeader } from "../core/trace-event.ts"
import type { ClientState as ZyzzyvaClientState } from "../core/zyzzyva/client.ts"
import type { State as ZyzzyvaState } from "../core/zyzzyva/state.ts"
import type { Observer, RunState, ZyzzyvaRunState } from "./check.ts"
import type { StepEvent } from "./event.ts"
import type { ZyzzyvaStepEvent } from "./zyzzyva-event.ts"
import type { ZyzzyvaDigests } from "./zyzzyva-replay.ts"

/** The states of all traced processes at one point of the merged run. */
export interface SnapshotOf<R, C> {
  readonly replicas: ReadonlyMap<ReplicaId, R>
  readonly clients: ReadonlyMap<ClientId, C>
}

/** Of a run of one protocol: its header, states of its replicas and clients, their steps. */
export interface ChainOf<H, R, C, E> {
  readonly header: H
  /** Number of the first event in the merged run, from 1. */
  readonly from: number
  /** Whether the chain starts where the run starts: every process in its first state. */
  readonly fromInit: boolean
  readonly start: SnapshotOf<R, C>
  readonly events: ReadonlyArray<E>
}

export interface Chain extends ChainOf<TraceHeader, State, ClientState, StepEvent> {
  /** The digests of the run's batches. */
  readonly batchDigest: Config["batchDigest"]
  readonly resultDigest: Config["resultDigest"]
}

export interface ZyzzyvaChain
  extends ChainOf<ZyzzyvaHeader, ZyzzyvaState, ZyzzyvaClientState, ZyzzyvaStepEvent> {
  readonly digests: ZyzzyvaDigests
}

export type AnyChain = Chain | ZyzzyvaChain

/** Whether a chain is of a run of Zyzzyva; otherwise it is of PBFT. */
export const isZyzzyvaChain = (chain: AnyChain): chain is ZyzzyvaChain =>
  chain.header.protocol === "zyzzyva"

/** Those of a run of PBFT. */
export const pbftChains = (chains: ReadonlyArray<AnyChain>): ReadonlyArray<Chain> =>
  chains.filter((chain): chain is Chain => !isZyzzyvaChain(chain))

/** What is the same of the chains of all protocols. */
type Stretch<R, C, E> = Omit<ChainOf<unknown, R, C, E>, "header">

/** A step that leaves one process in another state. */
export type Stepped<R, C> =
  | {
      readonly _tag: "ReplicaStep"
      readonly replica: ReplicaId
      readonly step: { readonly state: R }
    }
  | { readonly _tag: "ClientStep"; readonly client: ClientId; readonly step: { readonly state: C } }

/** The snapshot after one more event. */
export const after = <R, C>(snapshot: SnapshotOf<R, C>, event: Stepped<R, C>): SnapshotOf<R, C> =>
  event._tag === "ReplicaStep"
    ? { ...snapshot, replicas: new Map(snapshot.replicas).set(event.replica, event.step.state) }
    : { ...snapshot, clients: new Map(snapshot.clients).set(event.client, event.step.state) }

/** A window of a chain: its events, numbers in the merged run, and the states around them. */
export interface WindowOf<R, C, E> {
  readonly from: number
  readonly to: number
  readonly start: SnapshotOf<R, C>
  readonly end: SnapshotOf<R, C>
  readonly events: ReadonlyArray<E>
}

/** A chain as adjacent windows of at most `size` events. */
export const windowsOf = <R, C, E extends Stepped<R, C>>(
  { from, start, events }: Stretch<R, C, E>,
  size: number,
): ReadonlyArray<WindowOf<R, C, E>> => {
  const windows: Array<WindowOf<R, C, E>> = []
  let before = start
  for (let k = 0; k < events.length; k += size) {
    const part = events.slice(k, k + size)
    const end = part.reduce<SnapshotOf<R, C>>(after, before)
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

type AnyStepEvent = StepEvent | ZyzzyvaStepEvent
type AnyRunState = RunState | ZyzzyvaRunState

/** A chain that may grow; what it is of stands in it. */
interface Open extends Stretch<unknown, unknown, AnyStepEvent> {
  readonly events: Array<AnyStepEvent>
}

// The events of one run are of one protocol, that of its header.
const chainOf = (open: Open): AnyChain => open as unknown as AnyChain

const open = (
  index: number,
  { replicas, clients, ...run }: AnyRunState,
  fromInit: boolean,
): Open => ({
  ...run,
  from: index,
  fromInit,
  start: {
    replicas: new Map<ReplicaId, unknown>(replicas),
    clients: new Map<ClientId, unknown>(clients),
  },
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
  readonly #done: Array<AnyChain> = []
  #open: Open | undefined
  #later: AnyChain | undefined
  #gap = false
  /** The event from which on the next later chain may start. */
  #next = 0

  constructor(selection: Selection) {
    this.#selection = selection
    if (selection._tag === "Auto") this.#next = 2 * selection.size * selection.windows
  }

  before(index: number, event: StepEvent, state: RunState): void {
    this.#take(index, event, state)
  }

  zyzzyva(index: number, event: ZyzzyvaStepEvent, state: ZyzzyvaRunState): void {
    this.#take(index, event, state)
  }

  #take(index: number, event: AnyStepEvent, state: AnyRunState): void {
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
  chains(): ReadonlyArray<AnyChain> {
    const half = this.#open
    this.#close(half !== undefined && this.#later !== undefined && !this.#isLong(half))
    return this.#later === undefined ? this.#done : [...this.#done, this.#later]
  }

  #starts(index: number, event: AnyStepEvent): boolean {
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
      this.#done.push(chainOf(chain))
      return
    }
    // The last of several: they start at distances that double, so few are kept in vain.
    this.#later = chainOf(chain)
    this.#next = 2 * last
  }
}

const stabilises = (event: AnyStepEvent): boolean =>
  event._tag === "ReplicaStep" && event.step.state.log.low > event.before.log.low
