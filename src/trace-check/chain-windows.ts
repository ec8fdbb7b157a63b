/** The windows of a chain of the merged run, as TLC is asked about them. */
import {
  type AnyChain,
  after,
  type Chain,
  isZyzzyvaChain,
  type SnapshotOf,
  type Stepped,
  type WindowOf,
  type ZyzzyvaChain,
} from "./chain.ts"
import { emitChain } from "./emit-tla.ts"
import { adjacent, type EmittedWindow } from "./emit-window.ts"
import { emitZyzzyvaChain } from "./emit-zyzzyva.ts"
import type { Place } from "./finding.ts"
import {
  type AskedWindow,
  type AskTlc,
  type CheckedWindow,
  checkWindows,
  type Specification,
} from "./tlc-window.ts"

type StepOf<R, C> = Stepped<R, C> & {
  readonly place: Place
  readonly step: { readonly action: string }
}

const nodeOf = (event: Stepped<unknown, unknown>): string =>
  event._tag === "ReplicaStep" ? `replica ${event.replica}` : `client ${event.client}`

/** A chain's windows by its protocol's emission, and the same of a chain of one event. */
interface Emitted<R, C, E> {
  readonly specification: Specification
  readonly fromInit: boolean
  readonly windows: ReadonlyArray<EmittedWindow<WindowOf<R, C, E>>>
  /** The one event that is number `from`, after a state. */
  readonly alone: (from: number, start: SnapshotOf<R, C>, event: E) => string | undefined
}

/** Adjacent windows of at most so many events. */
const askedWindows = <R, C, E extends StepOf<R, C>>({
  specification,
  fromInit,
  windows,
  alone,
}: Emitted<R, C, E>): ReadonlyArray<AskedWindow> =>
  windows.map(({ window, ...emitted }, k): AskedWindow => {
    const previous = windows[k - 1]
    if (previous !== undefined && !adjacent(previous, emitted)) {
      throw new Error("adjacent windows share a state")
    }
    const { from, to, events, start } = window
    const first = fromInit ? "init" : "replayed"
    return {
      specification,
      of: "events",
      from,
      to,
      starts: previous === undefined ? first : "previous",
      module: emitted.module,
      steps: events.map((e) => ({ place: e.place, node: nodeOf(e), action: e.step.action })),
      alone: (at) => {
        const event = events[at]
        if (event === undefined) return undefined
        const before = events.slice(0, at).reduce<SnapshotOf<R, C>>(after, start)
        return alone(from + at, before, event)
      },
    }
  })

const ofPbft = (chain: Chain, size: number): ReadonlyArray<AskedWindow> =>
  askedWindows({
    specification: "Pbft",
    fromInit: chain.fromInit,
    windows: emitChain(chain, size),
    alone: (from, start, event) =>
      emitChain({ ...chain, from, fromInit: false, start, events: [event] }, 1)[0]?.module,
  })

const ofZyzzyva = (chain: ZyzzyvaChain, size: number): ReadonlyArray<AskedWindow> =>
  askedWindows({
    specification: "Zyzzyva",
    fromInit: chain.fromInit,
    windows: emitZyzzyvaChain(chain, size),
    alone: (from, start, event) =>
      emitZyzzyvaChain({ ...chain, from, fromInit: false, start, events: [event] }, 1)[0]?.module,
  })

/** Has TLC check the windows of a chain in their order; stops at the first that it rejects. */
export const checkChain = (
  chain: AnyChain,
  size: number,
  ask: AskTlc,
): AsyncGenerator<CheckedWindow, void, undefined> =>
  checkWindows(isZyzzyvaChain(chain) ? ofZyzzyva(chain, size) : ofPbft(chain, size), ask)
