/**
 * Windows of a chain as modules TraceData, whatever the protocol: what its values are written as
 * comes from the protocol's own emission (emit-tla.ts, emit-zyzzyva.ts).
 */
import { type ChainOf, type SnapshotOf, type Stepped, type WindowOf, windowsOf } from "./chain.ts"
import type { ClientId, ReplicaId } from "../core/ids.ts"
import type { WindowMessages } from "./emit-messages.ts"
import type { RunNames } from "./run-names.ts"
import { functionText, tlaBoolean, tlaSet } from "./tla-text.ts"

/** A window ready for TLC: the text of TraceData.tla, and what its states are written as. */
export interface EmittedWindow<W = WindowOf<unknown, unknown, unknown>> {
  readonly window: W
  readonly from: number
  readonly to: number
  readonly module: string
  /** The first and the last state as they stand in the module. */
  readonly startText: StateText
  readonly endText: StateText
}

/** A state of the run as TLA+: of the replicas, of the clients, of what is on its way. */
export interface StateText {
  readonly replicas: string
  readonly clients: string
  readonly messages: string
}

/** The module's name, which the specifications of traces extend. */
export const dataModule = "TraceData"

/** How a protocol writes what is in a window. */
export interface Emission<R, C, E> {
  readonly names: RunNames
  readonly replicaText: (id: ReplicaId, state: R) => string
  readonly clientText: (id: ClientId, state: C) => string
  readonly eventText: (event: E) => string
  readonly messages: (windows: ReadonlyArray<WindowOf<R, C, E>>) => ReadonlyArray<WindowMessages>
  /** Definitions of the constants: of the run, and of what its service answered. */
  readonly constants: () => ReadonlyArray<string>
  /** What the names in a text stand for. */
  readonly definitions: (text: string) => ReadonlyArray<string>
}

const stateText = <R, C, E>(
  { replicas, clients }: SnapshotOf<R, C>,
  messages: ReadonlyArray<string>,
  { names, replicaText, clientText }: Emission<R, C, E>,
): StateText => {
  const ofReplicas = [...replicas]
    .sort(([a], [b]) => a - b)
    .map(([id, state]) => [id, replicaText(id, state)] as const)
  const ofClients = [...clients]
    .filter(([id]) => names.knows(id))
    .sort(([a], [b]) => a - b)
    .map(([id, state]) => [id, clientText(id, state)] as const)
  return {
    replicas: functionText(ofReplicas),
    clients: functionText(ofClients),
    messages: tlaSet(messages),
  }
}

const stateLines = (name: string, text: StateText): ReadonlyArray<string> => [
  `${name}Replicas == ${text.replicas}`,
  `${name}Clients == ${text.clients}`,
  `${name}Messages == ${text.messages}`,
]

/**
 * Whether TLC's last state in one window is its first state in the other: in the first it compares
 * every variable with End, in the second it starts from Start, and the two are the same text.
 */
export const adjacent = (
  one: Omit<EmittedWindow, "window">,
  other: Omit<EmittedWindow, "window">,
): boolean =>
  one.to + 1 === other.from &&
  one.endText.replicas === other.startText.replicas &&
  one.endText.clients === other.startText.clients &&
  one.endText.messages === other.startText.messages

/** The header's part that is of all protocols. */
interface Numbers {
  readonly n: number
  readonly f: number
  readonly checkpointInterval: number
  readonly logSize: number
  readonly maxBatch: number
  readonly clients: number
}

/** Definitions of the constants that all specifications of replicas have. */
export const commonConstants = (
  { n, f, checkpointInterval, logSize, maxBatch, clients }: Numbers,
  replicas: ReadonlyMap<ReplicaId, unknown>,
  names: RunNames,
): ReadonlyArray<string> => {
  const correct = [...replicas.keys()].sort((a, b) => a - b)
  const byzantine = names.replicas.filter((r) => !replicas.has(r))
  const traced = names.clients.filter((c) => names.isTraced(c))
  const operations = traced.map((c) => [c, names.operations(c)] as const)
  return [
    `TraceN == ${n}`,
    `TraceF == ${f}`,
    `TraceByzantine == ${tlaSet(byzantine)}`,
    `TraceAllClients == ${tlaSet(names.clients.filter((c) => c < clients))}`,
    `TraceClients == ${tlaSet(traced)}`,
    `TraceClientOps == ${functionText(operations)}`,
    `TraceK == ${checkpointInterval}`,
    `TraceL == ${logSize}`,
    `TraceMaxBatch == ${maxBatch}`,
    `TraceCanRestart == ${tlaSet(correct)}`,
    `TraceCanTimeout == ${tlaSet(correct)}`,
  ]
}

/** No timer fires in it, and none in the chain comes so far. */
export const maxView = <C, E extends Stepped<{ readonly view: number }, C>>({
  start,
  events,
}: Pick<ChainOf<unknown, { readonly view: number }, C, E>, "start" | "events">): number => {
  let last = 0
  for (const { view } of start.replicas.values()) last = Math.max(last, view)
  for (const event of events) {
    if (event._tag === "ReplicaStep") last = Math.max(last, event.step.state.view)
  }
  return last + 1
}

/** The windows of a chain, each as a module; adjacent ones share the state between them. */
export const emitWindows = <R, C, E extends Stepped<R, C>>(
  chain: ChainOf<{ readonly run: string }, R, C, E>,
  size: number,
  emission: Emission<R, C, E>,
): ReadonlyArray<EmittedWindow<WindowOf<R, C, E>>> => {
  const windows = windowsOf(chain, size)
  const messages = emission.messages(windows)
  return windows.map((window, k) => {
    const sets = messages[k]
    const startText = stateText(window.start, sets?.start ?? [], emission)
    const endText = stateText(window.end, sets?.end ?? [], emission)
    const events = window.events.map(emission.eventText)
    // The run's first state is Init itself when every process is in its first state.
    const startsInInit = window.from === chain.from && chain.fromInit
    const body = [
      ...emission.constants(),
      `TraceInjected == ${tlaSet(sets?.injected ?? [])}`,
      `StartsInInit == ${tlaBoolean(startsInInit)}`,
      ...stateLines("Start", startText),
      `Trace == <<\n  ${events.join(",\n  ")}\n>>`,
      ...stateLines("End", endText),
    ].join("\n")
    const { from, to } = window
    const about = `events ${from} to ${to} of run ${oneLine(chain.header.run)}`
    const module = moduleText(about, [...emission.definitions(body), body])
    return { window, from, to, module, startText, endText }
  })
}

/** A generated module with these definitions. */
export const moduleText = (about: string, body: ReadonlyArray<string>): string =>
  [
    `---- MODULE ${dataModule} ----`,
    `\\* Generated: ${about}.`,
    "EXTENDS Integers, Sequences, TLC",
    ...body,
    "====",
    "",
  ].join("\n")

/** A run's name without what would end a comment. */
export const oneLine = (text: string): string => text.replace(/[^\w.:-]/g, "?")
