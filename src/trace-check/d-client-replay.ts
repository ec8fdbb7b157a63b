/** Replays the lines of D-Prophecy's clients through the same `stepDClient` that ran. */
import type { ClientId } from "../core/ids.ts"
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
import { type NewStart, newTimestamps, type ProcessReplay } from "./process-replay.ts"
import type { Digests } from "./replay.ts"
import {
  type At,
  badField,
  type DropLine,
  fits,
  knownReplica,
  possible,
  sameLine,
  type StepLine,
} from "./replay-line.ts"

const inputMisfit = misfit(DClientTraceInput)
const stateMisfit = misfit(DClientsTraceState)

// How long it waits decides nothing that a trace shows.
const timers = { retransmitMs: 1, sketchMs: 1 }

export class DClientsReplay implements ProcessReplay<TraceEvent> {
  readonly node: string
  readonly #digests: Pick<Digests, "resultDigest">
  readonly #configs = new Map<ClientId, DClientConfig>()
  readonly #states = new Map<ClientId, DClientState>()

  constructor(header: TraceHeader, digests: Pick<Digests, "resultDigest">) {
    const { node } = header
    if (node.kind !== "d-clients") throw new Error("a trace of D-Prophecy's clients is asked for")
    this.node = `clients ${node.from} to ${node.to}`
    this.#digests = digests
    this.#start(header)
  }

  #start({ node, n, f, quorum }: TraceHeader): void {
    if (node.kind !== "d-clients") throw new Error("a trace of D-Prophecy's clients is asked for")
    for (let id = node.from; id <= node.to; id++) {
      const { firstTimestamp } = node
      const config = { group: { n, f, quorum }, id, firstTimestamp, ...timers }
      this.#configs.set(id, config)
      this.#states.set(id, initDClient(config))
    }
  }

  take(line: StepLine): DClientEvent {
    const { place } = line
    const { n } = line.step
    const client = line.step.client ?? -1
    const at: At = { place, node: `client ${client}`, step: n }
    const config = this.#configs.get(client)
    const before = this.#states.get(client)
    if (config === undefined || before === undefined) {
      return badField(at, "client", `not one of ${this.node}, whose trace this is`)
    }
    fits(at, "in", inputMisfit(line.step.in))
    const traced = line.step.in as DClientTraceInput
    if ("replica" in traced) knownReplica(at, traced.replica, config.group.n)
    if ("executor" in traced) knownReplica(at, traced.executor, config.group.n, "in.executor")
    const input = dClientInputOf(traced, this.#digests.resultDigest)
    const step = possible(at, () => stepDClient(config, before, input))
    sameLine(at, dClientLine({ n, client }, before, step, input), line)
    this.#states.set(client, step.state)
    return { _tag: "DClientStep", place, n, node: this.node, config, before, input, step }
  }

  drop(line: DropLine): DClientsGap {
    const { place, drop } = line
    const at: At = { place, node: this.node, step: drop.n }
    fits(at, "state", stateMisfit(drop.state))
    for (const data of drop.state as typeof DClientsTraceState.Type) {
      const config = this.#configs.get(data.client)
      if (config === undefined) {
        return badField(at, "state", `client ${data.client} is not one of ${this.node}`)
      }
      const { n } = config.group
      const { ordering, call } = data
      if (ordering.views.length !== n) {
        badField(at, "state.ordering.views", `one view for each of ${n} replicas`)
      }
      for (const { replica } of [...ordering.replies, ...(call?.sketches ?? [])]) {
        knownReplica(at, replica, n, "state")
      }
      this.#states.set(data.client, fromFullDClientProjection(config, data))
    }
    return this.#gap(place, drop.dropped)
  }

  /** Clients keep nothing: a new start has new states, with timestamps above those used before. */
  beginAgain({ header, place, dropped }: NewStart<TraceHeader>): DClientsGap {
    const used = [...this.#states].map(([id, { client }]) => [id, client.timestamp] as const)
    newTimestamps(place, used, header)
    this.#start(header)
    return this.#gap(place, dropped)
  }

  #gap(place: Place, dropped: number | undefined): DClientsGap {
    return { _tag: "DClientsGap", place, dropped, node: this.node, after: new Map(this.#states) }
  }
}
