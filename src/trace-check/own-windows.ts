/**
 * Windows of one process's own steps as modules TraceData, and as TLC is asked about them. What
 * stands in a module comes from the trace's lines (inputs and changes), from what the replayed
 * steps send and tell and, for the states at both ends, from the replay.
 */
import type { Place } from "./finding.ts"
import { moduleText, oneLine } from "./emit-window.ts"
import type { Stretch } from "./stretches.ts"
import type { AskedWindow, Specification } from "./tlc-window.ts"
import { tlaBoolean } from "./tla-text.ts"

/** A state as definitions: the text of each by what follows `Start` or `End` in its name. */
export type StateText = Readonly<Record<string, string>>

/** A window ready for TLC. */
export interface OwnWindow<E> extends Stretch<E> {
  readonly to: number
  readonly module: string
  /** The first and the last state as they stand in the module. */
  readonly startText: StateText
  readonly endText: StateText
}

export interface OwnChain<E> extends Stretch<E> {
  readonly run: string
}

/** Writes a chain down, one event after the other. */
export interface Emitter<E> {
  /** Definitions that all windows of the chain share. */
  readonly constants: ReadonlyArray<string>
  /** Whether the chain starts in the specification's Init. */
  readonly startsInInit: boolean
  /** The state after the events that were taken. */
  readonly state: () => StateText
  /** The event as an element of `Trace`. */
  readonly take: (event: E) => string
  /** By now, which result has which digest. */
  readonly digests: () => string
}

/** Whether TLC's last state in one window is its first state in the other. */
export const follows = <E>(one: OwnWindow<E>, other: OwnWindow<E>): boolean =>
  one.to + 1 === other.from &&
  Object.entries(one.endText).every(([name, text]) => other.startText[name] === text)

const stateLines = (name: string, text: StateText): ReadonlyArray<string> =>
  Object.entries(text).map(([part, value]) => `${name}${part} == ${value}`)

/** The windows of a chain, each as a module; adjacent ones share the state between them. */
export const emitOwn = <E>(
  chain: OwnChain<E>,
  size: number,
  { node, emitter }: { readonly node: string; readonly emitter: Emitter<E> },
): ReadonlyArray<OwnWindow<E>> => {
  const windows: Array<OwnWindow<E>> = []
  for (let k = 0; k < chain.events.length; k += size) {
    const events = chain.events.slice(k, k + size)
    const startText = emitter.state()
    const texts = events.map(emitter.take)
    const endText = emitter.state()
    const from = chain.from + k
    const to = from + events.length - 1
    const body = [
      ...emitter.constants,
      `StartsInInit == ${tlaBoolean(k === 0 && emitter.startsInInit)}`,
      ...stateLines("Start", startText),
      `Trace == <<\n  ${texts.join(",\n  ")}\n>>`,
      ...stateLines("End", endText),
      `Digests == ${emitter.digests()}`,
    ]
    const module = moduleText(
      `steps ${from} to ${to} of ${node} of run ${oneLine(chain.run)}`,
      body,
    )
    windows.push({ from, to, events, module, startText, endText })
  }
  return windows
}

interface OwnStep {
  readonly place: Place
  readonly step: { readonly action: string }
}

/** How the chains of one kind of process are asked about. */
export interface OwnKind<C, E> {
  readonly specification: Specification
  readonly nodeOf: (chain: C, event?: E) => string
  readonly emitterOf: (chain: C) => Emitter<E>
  /** The chain of one event alone, from the state before it. */
  readonly alone: (chain: C, event: E, from: number) => C
}

/** Adjacent windows of at most `size` steps. */
export const askedOwnWindows = <C extends OwnChain<E>, E extends OwnStep>(
  kind: OwnKind<C, E>,
  chain: C,
  size: number,
): ReadonlyArray<AskedWindow> => {
  const { specification, nodeOf, emitterOf } = kind
  const node = nodeOf(chain)
  const emitter = emitterOf(chain)
  const windows = emitOwn(chain, size, { node, emitter })
  const first = emitter.startsInInit ? "init" : "replayed"
  return windows.map((window, k): AskedWindow => {
    const previous = windows[k - 1]
    if (previous !== undefined && !follows(previous, window)) {
      throw new Error("adjacent windows share a state")
    }
    const { from, to, module, events } = window
    const alone = (at: number): string | undefined => {
      const event = events[at]
      if (event === undefined) return undefined
      const one = kind.alone(chain, event, from + at)
      return emitOwn(one, 1, { node, emitter: emitterOf(one) })[0]?.module
    }
    const steps = events.map((event) => {
      const { place, step } = event
      return { place, node: nodeOf(chain, event), action: step.action }
    })
    const starts = previous === undefined ? first : "previous"
    return { specification, of: `steps of ${node}`, from, to, starts, module, steps, alone }
  })
}
