/**
 * Windows of a merged run of PBFT as modules TraceData, which spec/tla/TracePbft.tla follows. What
 * stands in a module comes from the trace's lines (inputs and changes) and, for the states at both
 * ends, from the replay.
 */
import type { ClientState } from "../core/pbft/client.ts"
import type { State } from "../core/pbft/state.ts"
import type { Chain, WindowOf } from "./chain.ts"
import { eventText } from "./emit-event.ts"
import { messagesOf } from "./emit-messages.ts"
import { messageTraffic } from "./emit-pbft-messages.ts"
import { clientText, replicaText } from "./emit-state.ts"
import { commonConstants, type EmittedWindow, emitWindows, maxView } from "./emit-window.ts"
import type { StepEvent } from "./event.ts"
import { Symbols } from "./symbols.ts"
import { tlaBoolean, tlaSet, tlaTuple } from "./tla-text.ts"

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
    const key = tlaTuple([client, symbols.names.timestamp(client, timestamp)])
    return tlaTuple([key, symbols.names.result(result)])
  })
  const read = reads.map(({ client, timestamp, replica, result }) => {
    const at = tlaTuple([client, symbols.names.timestamp(client, timestamp), replica])
    return tlaTuple([at, symbols.names.result(result)])
  })
  return [
    `Results == ${tlaTuple(executed)}`,
    `ReadResults == ${tlaTuple(read)}`,
    `ReadOperations == ${tlaSet(readOperations.map((content) => symbols.names.operation(content)))}`,
  ]
}

const constants = (chain: Chain, symbols: Symbols): ReadonlyArray<string> => {
  const { header } = chain
  return [
    ...commonConstants(header, chain.start.replicas, symbols.names),
    `TraceQuorum == ${header.quorum}`,
    `TraceCanFetch == ${tlaSet([...chain.start.replicas.keys()].sort((a, b) => a - b))}`,
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
    `TraceRekeys == ${header.newKeys === true ? pairsOf(header.n) : "{}"}`,
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

type PbftWindow = WindowOf<State, ClientState, StepEvent>

/** The windows of a chain, each as a module; adjacent ones share the state between them. */
export const emitChain = (chain: Chain, size: number): ReadonlyArray<EmittedWindow<PbftWindow>> => {
  const symbols = new Symbols(chain)
  const traffic = messageTraffic(chain, symbols)
  return emitWindows<State, ClientState, StepEvent>(chain, size, {
    names: symbols.names,
    replicaText: (id, state) => replicaText(id, state, symbols),
    clientText: (id, state) => clientText(id, state, symbols),
    eventText: (event) => eventText(event, chain, symbols),
    messages: (windows) => messagesOf(windows, traffic),
    constants: () => constants(chain, symbols),
    definitions: (text) => symbols.definitions(text),
  })
}
