/**
 * A window of a merged run as the module TraceData, which spec/tla/TracePbft.tla follows. What
 * stands in the module comes from the trace's lines (inputs and changes) and, for the states at
 * both ends, from the replay.
 */
import { type Chain, type Window as TraceWindow, windowsOf } from "./chain.ts"
import { eventText } from "./emit-event.ts"
import { messagesOf } from "./emit-messages.ts"
import { clientText, replicaText } from "./emit-state.ts"
import { Symbols } from "./symbols.ts"
import { functionText, tlaBoolean, tlaSet, tlaTuple } from "./tla-text.ts"

/** A window ready for TLC: the text of TraceData.tla, and what its states are written as. */
export interface EmittedWindow extends TraceWindow {
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

/** The module's name, which TracePbft extends. */
export const dataModule = "TraceData"

const stateText = (
  { replicas, clients }: TraceWindow["start"],
  messages: ReadonlyArray<string>,
  symbols: Symbols,
): StateText => {
  const ofReplicas = [...replicas]
    .sort(([a], [b]) => a - b)
    .map(([id, state]) => [id, replicaText(id, state, symbols)] as const)
  const ofClients = [...clients]
    .filter(([id]) => symbols.knows(id))
    .sort(([a], [b]) => a - b)
    .map(([id, state]) => [id, clientText(id, state, symbols)] as const)
  return {
    replicas: functionText(ofReplicas),
    clients: functionText(ofClients),
    messages: tlaSet(messages),
  }
}

const stateLines = (name: string, text: StateText): ReadonlyArray<string> => [
  `${name} == ${text.replicas}`,
  `${name}Clients == ${text.clients}`,
  `${name}Messages == ${text.messages}`,
]

/**
 * Whether TLC's last state in one window is its first state in the other: in the first it compares
 * every variable with End, in the second it starts from Start, and the two are the same text.
 */
export const adjacent = (one: EmittedWindow, other: EmittedWindow): boolean =>
  one.to + 1 === other.from &&
  one.endText.replicas === other.startText.replicas &&
  one.endText.clients === other.startText.clients &&
  one.endText.messages === other.startText.messages

// No timer fires in it, and none in the chain comes so far.
const maxView = ({ start, events }: Chain): number => {
  let last = 0
  for (const { view } of start.replicas.values()) last = Math.max(last, view)
  for (const event of events) {
    if (event._tag === "ReplicaStep") last = Math.max(last, event.step.state.view)
  }
  return last + 1
}

// Any replica may hear any other under a new key.
const pairsOf = (n: number): string => `(0 .. ${n - 1}) \\X (0 .. ${n - 1})`

// No number of the chain lies above it.
const lastSeq = ({ start, events, header }: Chain): number => {
  let low = 0
  for (const { log } of start.replicas.values()) low = Math.max(low, log.low)
  for (const event of events) {
    if (event._tag === "ReplicaStep") low = Math.max(low, event.step.state.log.low)
  }
  return low + header.logSize
}

// What the service answered: pairs of a request, and where it was read, with the result.
const answersOf = (symbols: Symbols): ReadonlyArray<string> => {
  const { results, reads, readOperations } = symbols.answers
  const executed = results.map(([client, timestamp, result]) => {
    const key = tlaTuple([client, symbols.timestamp(client, timestamp)])
    return tlaTuple([key, symbols.result(result)])
  })
  const read = reads.map(({ client, timestamp, replica, result }) => {
    const at = tlaTuple([client, symbols.timestamp(client, timestamp), replica])
    return tlaTuple([at, symbols.result(result)])
  })
  return [
    `Results == ${tlaTuple(executed)}`,
    `ReadResults == ${tlaTuple(read)}`,
    `ReadOperations == ${tlaSet(readOperations.map((content) => symbols.operation(content)))}`,
  ]
}

const constants = (chain: Chain, symbols: Symbols): ReadonlyArray<string> => {
  const { header, start } = chain
  const { n, f, quorum, checkpointInterval, logSize, maxBatch } = header
  const correct = [...start.replicas.keys()].sort((a, b) => a - b)
  const byzantine = symbols.replicas.filter((r) => !start.replicas.has(r))
  const traced = symbols.clients.filter((c) => symbols.isTraced(c))
  const operations = traced.map((c) => [c, symbols.operations(c)] as const)
  return [
    `TraceN == ${n}`,
    `TraceF == ${f}`,
    `TraceQuorum == ${quorum}`,
    `TraceByzantine == ${tlaSet(byzantine)}`,
    `TraceAllClients == ${tlaSet(symbols.clients.filter((c) => c < header.clients))}`,
    `TraceClients == ${tlaSet(traced)}`,
    `TraceClientOps == ${functionText(operations)}`,
    `TraceK == ${checkpointInterval}`,
    `TraceL == ${logSize}`,
    `TraceMaxBatch == ${maxBatch}`,
    `TraceCanRestart == ${tlaSet(correct)}`,
    `TraceCanTimeout == ${tlaSet(correct)}`,
    `TraceCanFetch == ${tlaSet(correct)}`,
    `TraceMaxView == ${maxView(chain)}`,
    `TraceReplyQuorum == ${header.replyQuorum}`,
    `TraceHastyReads == ${tlaBoolean(header.hastyReads === true)}`,
    `TraceReadOnly == ${tlaBoolean(header.readOnly)}`,
    `TraceMaxTentative == ${header.maxTentative}`,
    `TraceFetchDecisions == ${tlaBoolean(header.fetchDecisions)}`,
    `TraceTellCommitted == ${tlaBoolean(header.tellCommitted === true)}`,
    `TraceClock == ${tlaSet(header.clock === undefined ? [] : [header.clock])}`,
    `TraceRecoverers == ${tlaSet(header.recoverers === undefined ? [] : [header.recoverers])}`,
    `TraceRejoins == ${tlaSet(returns("Rejoin", chain, symbols))}`,
    `TraceRecoveries == ${tlaSet(returns("Recover", chain, symbols))}`,
    `TraceNullSeqs == ${header.nullRequests === true ? `1 .. ${lastSeq(chain)}` : "{}"}`,
    `TraceRekeys == ${header.newKeys === true ? pairsOf(n) : "{}"}`,
    `TraceKeepVotes == ${tlaBoolean(header.keepVotes === true)}`,
    `BigOperations == ${tlaSet(symbols.bigOperations())}`,
    `TraceProposals == ${tlaSet(symbols.proposals())}`,
    ...answersOf(symbols),
    `TraceValue == "service"`,
    `CheckpointDigests == ${tlaTuple(symbols.checkpointDigests())}`,
  ]
}

const returns = (
  how: "Rejoin" | "Recover",
  { events }: Chain,
  symbols: Symbols,
): ReadonlyArray<string> =>
  events.flatMap((event) =>
    event._tag === "ReplicaStep" && event.input._tag === how
      ? [tlaTuple([event.replica, symbols.incarnation(event.replica, event.input.incarnation)])]
      : [],
  )

// The run's first state is Init itself when every process is in its first state.
const startsInInit = (chain: Chain, window: TraceWindow): boolean =>
  window.from === chain.from && chain.fromInit

/** The windows of a chain, each as a module; adjacent ones share the state between them. */
export const emitChain = (chain: Chain, size: number): ReadonlyArray<EmittedWindow> => {
  const symbols = new Symbols(chain)
  const windows = windowsOf(chain, size)
  const messages = messagesOf(chain, windows, symbols)
  return windows.map((window, k) => {
    const sets = messages[k]
    const startText = stateText(window.start, sets?.start ?? [], symbols)
    const endText = stateText(window.end, sets?.end ?? [], symbols)
    const events = window.events.map((event) => eventText(event, chain, symbols))
    const body = [
      ...constants(chain, symbols),
      `TraceInjected == ${tlaSet(sets?.injected ?? [])}`,
      `StartsInInit == ${tlaBoolean(startsInInit(chain, window))}`,
      ...stateLines("Start", startText),
      `Trace == <<\n  ${events.join(",\n  ")}\n>>`,
      ...stateLines("End", endText),
    ].join("\n")
    return { ...window, module: moduleText(chain, window, symbols, body), startText, endText }
  })
}

const moduleText = (chain: Chain, window: TraceWindow, symbols: Symbols, body: string): string =>
  [
    `---- MODULE ${dataModule} ----`,
    `\\* Generated: events ${window.from} to ${window.to} of run ${oneLine(chain.header.run)}.`,
    "EXTENDS Naturals, Sequences, TLC",
    ...symbols.definitions(body),
    body,
    "====",
    "",
  ].join("\n")

const oneLine = (text: string): string => text.replace(/[^\w.:-]/g, "?")
