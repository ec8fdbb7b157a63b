/** Checks the traces of one run of Zyzzyva: as check.ts, of which it is the part that knows it. */
import type { ClientId, ReplicaId } from "../core/ids.ts"
import type { ZyzzyvaHeader } from "../core/trace-event.ts"
import type { ClientState } from "../core/zyzzyva/client.ts"
import type { Config, State } from "../core/zyzzyva/state.ts"
import type { CheckOptions } from "./check.ts"
import type { SketcherEvent, SketcherGap } from "./event.ts"
import type { Rejection } from "./finding.ts"
import { Misbehaviours } from "./misbehaviour.ts"
import { NodeTrace, type TraceFile } from "./node.ts"
import { type Traced, tracedOf } from "./open-run.ts"
import type { ProcessReplay } from "./process-replay.ts"
import { SketcherMonitor } from "./sketcher-monitor.ts"
import { sketchDigest, SketcherReplay } from "./sketcher-replay.ts"
import { type Gap, type Statistics, type Verdict, verdictOf } from "./verdict.ts"
import { ZyzzyvaCausality } from "./zyzzyva-causality.ts"
import type { ZyzzyvaEvent, ZyzzyvaStepEvent } from "./zyzzyva-event.ts"
import { ZyzzyvaMonitor } from "./zyzzyva-monitor.ts"
import {
  ZyzzyvaClientsReplay,
  type ZyzzyvaDigests,
  ZyzzyvaReplicaReplay,
} from "./zyzzyva-replay.ts"

type Node = NodeTrace<ZyzzyvaEvent, ZyzzyvaHeader>

/** The processes of a run; with the digests that it was recorded with. */
export const zyzzyvaNodes = (
  files: ReadonlyArray<ReadonlyArray<TraceFile>>,
  { digests, ...options }: CheckOptions,
): ReadonlyArray<Node> => {
  const given = digestsOf(digests)
  const replayOf = (header: ZyzzyvaHeader): ProcessReplay<ZyzzyvaEvent> => {
    const { kind } = header.node
    if (kind === "replica") return new ZyzzyvaReplicaReplay(header, given)
    if (kind === "sketcher") return new SketcherReplay(header, digests)
    return new ZyzzyvaClientsReplay(header, given)
  }
  return files.map(
    (all) => new NodeTrace(all as ReadonlyArray<TraceFile<ZyzzyvaHeader>>, replayOf, options),
  )
}

const digestsOf = ({ zyzzyva }: CheckOptions["digests"]): ZyzzyvaDigests => {
  if (zyzzyva === undefined) throw new Error("the digests of Zyzzyva are asked for")
  return zyzzyva
}

/** How many events lie between two calls of `progress`. */
const progressEvery = 4096

/** The state of one check, from the first event to the verdict. */
export class ZyzzyvaCheck {
  readonly causality: ZyzzyvaCausality
  readonly #traced: Traced
  readonly #header: ZyzzyvaHeader
  readonly #files: number
  readonly #options: CheckOptions
  readonly #digests: ZyzzyvaDigests
  readonly #replicas = new Map<ReplicaId, State>()
  readonly #clients = new Map<ClientId, ClientState>()
  readonly #actions = new Map<string, number>()
  readonly #gaps: Array<Gap> = []
  readonly #misbehaviours = new Misbehaviours()
  readonly #monitor: ZyzzyvaMonitor
  readonly #sketched: SketcherMonitor
  /** Steps of replicas and clients, and steps of sketchers. */
  #events = 0
  #otherSteps = 0

  constructor(nodes: ReadonlyArray<Node>, files: number, options: CheckOptions) {
    const { header } = nodes[0] as Node
    this.#header = header
    this.#files = files
    this.#options = options
    this.#digests = digestsOf(options.digests)
    this.#traced = tracedOf(nodes)
    const configs = new Map<ReplicaId, Config>()
    for (const { replay } of nodes) {
      if (replay instanceof ZyzzyvaReplicaReplay) {
        configs.set(replay.config.id, replay.config)
        this.#replicas.set(replay.config.id, replay.state)
      } else if (replay instanceof ZyzzyvaClientsReplay) {
        for (const [id, state] of replay.states) this.#clients.set(id, state)
      }
    }
    const misbehaved = this.#misbehaviours.add.bind(this.#misbehaviours)
    this.causality = new ZyzzyvaCausality(this.#traced, misbehaved)
    this.#monitor = new ZyzzyvaMonitor(configs, header.logSize)
    this.#sketched = new SketcherMonitor(sketchDigest(options.digests))
  }

  readonly visit = (event: ZyzzyvaEvent): void => {
    switch (event._tag) {
      case "ReplicaStep":
        this.#step(event)
        this.#replicas.set(event.replica, event.step.state)
        break
      case "ClientStep":
        this.#step(event)
        this.#clients.set(event.client, event.step.state)
        break
      case "SketcherStep":
        this.#otherSteps++
        this.#count(event.step.action)
        this.#observeSketcher(event)
        break
      case "SketcherGap": {
        const { place, dropped, config } = event
        this.#observeSketcher(event)
        if (dropped !== 0) this.#gaps.push({ ...place, node: `sketcher ${config.id}`, dropped })
        break
      }
      case "ReplicaGap":
        this.#gap({ ...event.place, node: `replica ${event.replica}`, dropped: event.dropped })
        this.#replicas.set(event.replica, event.after)
        break
      case "ClientsGap":
        this.#gap({ ...event.place, node: "clients", dropped: event.dropped })
        for (const [id, state] of event.after) this.#clients.set(id, state)
        break
      case "OpenEnd":
        this.#gap({ ...event.place, node: "the trace", dropped: event.dropped })
        break
    }
    this.#monitor.take(event)
    this.#sketched.take(event)
  }

  #observeSketcher(event: SketcherEvent | SketcherGap): void {
    const { resultDigest } = this.#options.digests
    this.#options.observer?.sketcher?.(event, { header: this.#header, resultDigest })
  }

  #step(event: ZyzzyvaStepEvent): void {
    this.#events++
    this.#count(event.step.action)
    this.#options.observer?.zyzzyva?.(this.#events, event, {
      header: this.#header,
      digests: this.#digests,
      replicas: this.#replicas,
      clients: this.#clients,
    })
  }

  #count(action: string): void {
    this.#actions.set(action, (this.#actions.get(action) ?? 0) + 1)
    const events = this.#events + this.#otherSteps
    if (events % progressEvery === 0) this.#options.progress?.(events)
  }

  #gap(gap: Gap): void {
    this.#options.observer?.gap()
    if (gap.dropped !== 0) this.#gaps.push(gap)
  }

  statistics(): Statistics {
    const { group, replicas, clients } = this.#traced
    const all = Array.from({ length: group.n }, (_, replica) => replica)
    const { executed, requests, results, uncompared } = this.#monitor
    return {
      run: this.#header.run,
      files: this.#files,
      events: this.#events + this.#otherSteps,
      actions: Object.fromEntries(this.#actions),
      traced: [...new Set([...replicas.values(), ...clients.values()])],
      untraced: all.filter((r) => !replicas.has(r)).map((r) => `replica ${r}`),
      executed,
      requests,
      results: results + this.#sketched.fast,
      fast: this.#sketched.fast,
      messages: this.causality.checked,
      unchecked: this.causality.unchecked,
      uncompared: uncompared + this.#sketched.uncompared,
      abstract: 0,
      unabstract: 0,
    }
  }

  verdict(): Verdict {
    const statistics = this.statistics()
    const misbehaviours = this.#misbehaviours.first
    const gaps = this.#gaps
    return gaps.length > 0
      ? { _tag: "Gap", gaps, statistics, misbehaviours }
      : { _tag: "Conforms", statistics, misbehaviours }
  }

  rejected({ finding }: Rejection): Verdict {
    return verdictOf(finding, this.statistics(), this.#misbehaviours.first)
  }
}
