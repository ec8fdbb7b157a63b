/** Replays the lines of D-Prophecy's clients through the same `stepDClient` that ran. */
import {
  type DClientConfig,
  type DClientState,
  initDClient,
  stepDClient,
} from "../core/prophecy/d-client.ts"
import { fromFullDClientProjection } from "../core/prophecy/d-projection.ts"
import { dClientLine } from "../core/prophecy/d-trace.ts"
import {
  DClientsTraceState,
  DClientTraceInput,
  dClientInputOf,
} from "../core/prophecy/d-trace-event.ts"
import { misfit, type TraceHeader } from "../core/trace-event.ts"
import type { DClientEvent, DClientsGap, TraceEvent } from "./event.ts"
import type { Place } from "./finding.ts"
import type { NewStart, ProcessReplay } from "./process-replay.ts"
import type { Digests } from "./replay.ts"
import {
  type At,
  type DropLine,
  fits,
  knownReplica,
  possible,
  sameLine,
  type StepLine,
} from "./replay-line.ts"
import { type ClientKind, oneViewEach, TracedClients } from "./traced-clients.ts"

const inputMisfit = misfit(DClientTraceInput)
const stateMisfit = misfit(DClientsTraceState)

// How long it waits decides nothing that a trace shows.
const timers = { retransmitMs: 1, sketchMs: 1 }

const clientKind: ClientKind<TraceHeader, DClientConfig, DClientState> = {
  kind: "d-clients",
  configOf: ({ n, f, quorum }, id, firstTimestamp) => ({
    group: { n, f, quorum },
    id,
    firstTimestamp,
    ...timers,
  }),
  init: initDClient,
  timestampOf: ({ client }) => client.timestamp,
}

export class DClientsReplay implements ProcessReplay<TraceEvent> {
  readonly node: string
  readonly #digests: Pick<Digests, "resultDigest">
  readonly #clients: TracedClients<TraceHeader, DClientConfig, DClientState>

  constructor(header: TraceHeader, digests: Pick<Digests, "resultDigest">) {
    this.#digests = digests
    this.#clients = new TracedClients(header, clientKind)
    this.node = this.#clients.node
  }

  take(line: StepLine): DClientEvent {
    const { place, step: said } = line
    const { n } = said
    const { at, client, config, before } = this.#clients.asked(line)
    fits(at, "in", inputMisfit(said.in))
    const traced = said.in as DClientTraceInput
    if ("replica" in traced) knownReplica(at, traced.replica, config.group.n)
    if ("executor" in traced) knownReplica(at, traced.executor, config.group.n, "in.executor")
    const input = dClientInputOf(traced, this.#digests.resultDigest)
    const step = possible(at, () => stepDClient(config, before, input))
    sameLine(at, dClientLine({ n, client }, before, step, input), line)
    this.#clients.set(client, step.state)
    const { node } = this
    return { _tag: "DClientStep", place, n, node, config, before, input, step, said: line }
  }

  drop(line: DropLine): DClientsGap {
    const { place, drop } = line
    const at: At = { place, node: this.node, step: drop.n }
    fits(at, "state", stateMisfit(drop.state))
    this.#clients.restore(at, drop.state as typeof DClientsTraceState.Type, (config, data) => {
      const { ordering, call } = data
      oneViewEach(at, config, ordering.views, "state.ordering.views")
      for (const { replica } of [...ordering.replies, ...(call?.sketches ?? [])]) {
        knownReplica(at, replica, config.group.n, "state")
      }
      return fromFullDClientProjection(config, data)
    })
    return this.#gap(place, drop.dropped)
  }

  beginAgain({ header, place, dropped }: NewStart<TraceHeader>): DClientsGap {
    this.#clients.beginAgain(header, place)
    return this.#gap(place, dropped)
  }

  #gap(place: Place, dropped: number | undefined): DClientsGap {
    return { _tag: "DClientsGap", place, dropped, node: this.node, after: this.#clients.states }
  }
}
