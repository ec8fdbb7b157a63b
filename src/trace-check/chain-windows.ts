/** The windows of a chain of the merged run, as TLC is asked about them. */
import { after, type Chain } from "./chain.ts"
import { adjacent, type EmittedWindow, emitChain } from "./emit-tla.ts"
import type { StepEvent } from "./event.ts"
import { type AskedWindow, type AskTlc, type CheckedWindow, checkWindows } from "./tlc-window.ts"

const nodeOf = (event: StepEvent): string =>
  event._tag === "ReplicaStep" ? `replica ${event.replica}` : `client ${event.client}`

const alone = (chain: Chain, window: EmittedWindow, k: number): string | undefined => {
  const event = window.events[k]
  if (event === undefined) return undefined
  const start = window.events.slice(0, k).reduce(after, window.start)
  const one = { ...chain, from: window.from + k, fromInit: false, start, events: [event] }
  return emitChain(one, 1)[0]?.module
}

/** Adjacent windows of at most `size` events. */
const askedWindows = (chain: Chain, size: number): ReadonlyArray<AskedWindow> => {
  const windows = emitChain(chain, size)
  return windows.map((window, k): AskedWindow => {
    const previous = windows[k - 1]
    if (previous !== undefined && !adjacent(previous, window)) {
      throw new Error("adjacent windows share a state")
    }
    const { from, to, module, events } = window
    const first = chain.fromInit ? "init" : "replayed"
    return {
      specification: "Pbft",
      of: "events",
      from,
      to,
      starts: previous === undefined ? first : "previous",
      module,
      steps: events.map((e) => ({ place: e.place, node: nodeOf(e), action: e.step.action })),
      alone: (at) => alone(chain, window, at),
    }
  })
}

/** Has TLC check the windows of a chain in their order; stops at the first that it rejects. */
export const checkChain = (
  chain: Chain,
  size: number,
  ask: AskTlc,
): AsyncGenerator<CheckedWindow, void, undefined> => checkWindows(askedWindows(chain, size), ask)
