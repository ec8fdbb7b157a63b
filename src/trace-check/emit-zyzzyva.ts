/**
 * Windows of a merged run of Zyzzyva as modules TraceData, which spec/tla/TraceZyzzyva.tla follows:
 * as emit-tla.ts has them for PBFT.
 */
import type { ClientState } from "../core/zyzzyva/client.ts"
import { needsOf } from "../core/zyzzyva/needs.ts"
import type { State } from "../core/zyzzyva/state.ts"
import type { WindowOf, ZyzzyvaChain } from "./chain.ts"
import { messagesOf } from "./emit-messages.ts"
import { commonConstants, type EmittedWindow, emitWindows, maxView } from "./emit-window.ts"
import { eventText } from "./emit-zyzzyva-event.ts"
import type { Writing } from "./emit-zyzzyva-message.ts"
import { clientText, replicaText } from "./emit-zyzzyva-state.ts"
import { ZyzzyvaTraffic } from "./emit-zyzzyva-traffic.ts"
import { tlaBoolean, tlaSet, tlaTuple } from "./tla-text.ts"
import type { ZyzzyvaStepEvent } from "./zyzzyva-event.ts"
import { ZyzzyvaSymbols } from "./zyzzyva-symbols.ts"

const constants = (chain: ZyzzyvaChain, symbols: ZyzzyvaSymbols): ReadonlyArray<string> => {
  const { header } = chain
  const { fast, commit, change, vote } = needsOf(header)
  return [
    ...commonConstants(header, chain.start.replicas, symbols.names),
    `TraceCanFetch == ${tlaSet(header.canFetch === true ? chain.start.replicas.keys() : [])}`,
    `TraceFastQuorum == ${fast}`,
    `TraceCommitQuorum == ${commit}`,
    `TraceChangeQuorum == ${change}`,
    `TraceVoteQuorum == ${vote}`,
    `TraceRule == "${header.rule}"`,
    `TraceConfirmViews == ${tlaBoolean(header.confirmViews)}`,
    `TraceMaxView == ${maxView(chain)}`,
    `TraceRepliers == 0 .. ${header.n}`,
    `TraceReadOnly == ${tlaBoolean(header.readOnly === true)}`,
    `TraceHastyReads == ${tlaBoolean(header.hastyReads === true)}`,
    `TraceCommitFirst == ${tlaBoolean(header.commitFirst === true)}`,
    `TracePreferredQuorums == ${tlaBoolean(header.preferredQuorums === true)}`,
    `TraceVouchOrders == ${tlaBoolean(header.vouchOrders === true)}`,
    `TraceRecoverers == ${tlaSet(header.recoverers === undefined ? [] : [header.recoverers])}`,
    `TraceRejoins == ${tlaSet(rejoins(chain, symbols))}`,
    `TraceExecutors == ${tlaSet(symbols.names.replicas.filter((r) => !symbols.isWitness(r)))}`,
    `ReadOperations == ${tlaSet(symbols.readOperations())}`,
    `Results == ${tlaTuple(symbols.results())}`,
    `TraceValue == ${symbols.histories.value("")}`,
    `CheckpointDigests == ${tlaTuple(symbols.checkpointDigests())}`,
  ]
}

const rejoins = ({ events }: ZyzzyvaChain, symbols: ZyzzyvaSymbols): ReadonlyArray<string> =>
  events.flatMap((event) =>
    event._tag === "ReplicaStep" && event.input._tag === "Rejoin"
      ? [tlaTuple([event.replica, symbols.incarnation(event.replica, event.input.incarnation)])]
      : [],
  )

type ZyzzyvaWindow = WindowOf<State, ClientState, ZyzzyvaStepEvent>

/** The windows of a chain, each as a module; adjacent ones share the state between them. */
export const emitZyzzyvaChain = (
  chain: ZyzzyvaChain,
  size: number,
): ReadonlyArray<EmittedWindow<ZyzzyvaWindow>> => {
  const symbols = new ZyzzyvaSymbols(chain)
  const by: Writing = { symbols, historyDigest: chain.digests.historyDigest }
  const traffic = new ZyzzyvaTraffic(chain, by)
  return emitWindows<State, ClientState, ZyzzyvaStepEvent>(chain, size, {
    names: symbols.names,
    replicaText: (replica, state) => replicaText(replica, state, by),
    clientText: (id, state) => clientText(id, state, symbols),
    eventText: (event) => eventText(event, chain, by),
    messages: (windows) => messagesOf(windows, traffic),
    constants: () => constants(chain, symbols),
    definitions: (text) => symbols.definitions(text),
  })
}
