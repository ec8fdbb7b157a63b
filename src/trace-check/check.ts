/**
 * Checks the traces of one run: reads them as streams, replays every step, merges the processes in
 * causal order, and watches the properties of the whole. One pass, in memory that depends on the
 * number of processes and clients and not on the length of the traces.
 */
import type { Bytes, ClientId, ReplicaId } from "../core/ids.ts"
import type { ClientState } from "../core/pbft/client.ts"
import { pendingExecution } from "../core/pbft/execution.ts"
import type { Config, State } from "../core/pbft/state.ts"
import type { AnyHeader, TraceHeader, ZyzzyvaHeader } from "../core/trace-event.ts"
import type { ClientState as ZyzzyvaClientState } from "../core/zyzzyva/client.ts"
import type { State as ZyzzyvaState } from "../core/zyzzyva/state.ts"
import { Abstraction } from "./abstraction.ts"
import { Causality } from "./causality.ts"
import { DClientMonitor } from "./d-client-monitor.ts"
import { DClientsReplay } from "./d-client-replay.ts"
import {
  type DClientEvent,
  type DClientsGap,
  type GapEvent,
  laneStep,
  orderingStep,
  type PbftEvent,
  type ReplicaEvent,
  type SketcherEvent,
  type SketcherGap,
  type StepEvent,
  type TraceEvent,
} from "./event.ts"
import { type Place, Rejection } from "./finding.ts"
import type { TraceSource } from "./lines.ts"
import { Merge } from "./merge.ts"
import { Misbehaviours } from "./misbehaviour.ts"
import { Monitor } from "./monitor.ts"
import { NodeTrace, type TraceFile } from "./node.ts"
import { openRun, type SpecOf, type Traced, tracedOf } from "./open-run.ts"
import type { ProcessReplay } from "./process-replay.ts"
import { TraceReader } from "./read.ts"
import { ClientsReplay, type Digests, ReplicaReplay } from "./replay.ts"
import { SketcherMonitor } from "./sketcher-monitor.ts"
import { sketchDigest, SketcherReplay } from "./sketcher-replay.ts"
import { ZyzzyvaCheck, zyzzyvaNodes } from "./zyzzyva-check.ts"
import type { ZyzzyvaStepEvent } from "./zyzzyva-event.ts"
import type { ZyzzyvaDigests } from "./zyzzyva-replay.ts"
import { type Gap, type Statistics, type Verdict, verdictOf } from "./verdict.ts"

/** The states of all traced processes between two events. */
export interface RunState {
  readonly header: TraceHeader
  readonly batchDigest: Config["batchDigest"]
  readonly resultDigest: Config["resultDigest"]
  readonly configs: ReadonlyMap<ReplicaId, Config>
  readonly replicas: ReadonlyMap<ReplicaId, State>
  readonly clients: ReadonlyMap<ClientId, ClientState>
}

/** The same of a run of Zyzzyva. */
export interface ZyzzyvaRunState {
  readonly header: ZyzzyvaHeader
  readonly digests: ZyzzyvaDigests
  readonly replicas: ReadonlyMap<ReplicaId, ZyzzyvaState>
  readonly clients: ReadonlyMap<ClientId, ZyzzyvaClientState>
}

/** Sees the merged run go by. */
export interface Observer {
  /**
   * Before event number `index` (from 1) of replicas and clients, a sketcher's steps not counted;
   * `state` is valid during the call only.
   */
  readonly before: (index: number, event: StepEvent, state: RunState) => void
  /** The same of a run of Zyzzyva. */
  readonly zyzzyva?: (index: number, event: ZyzzyvaStepEvent, state: ZyzzyvaRunState) => void
  /** Steps are missing here, or clients started again: the next event does not follow the last. */
  readonly gap: () => void
  /** A sketcher's step, or what is missing of it. */
  readonly sketcher?: (event: SketcherEvent | SketcherGap, state: SketcherRun) => void
  /** A step of a client of D-Prophecy, or what is missing of the steps of its process. */
  readonly dClient?: (event: DClientEvent | DClientsGap, state: DClientRun) => void
  /** All has gone by. Like any of these, it may reject. */
  readonly end?: () => void
}

/** What does not change in a run. */
export type DClientRun = Pick<RunState, "header" | "resultDigest">
/** The same of a run of either protocol. */
export interface SketcherRun extends Pick<RunState, "resultDigest"> {
  readonly header: AnyHeader
}

export interface CheckOptions {
  readonly digests: Digests & {
    /** Those of Zyzzyva, where runs of it are to be checked. */
    readonly zyzzyva?: ZyzzyvaDigests
  }
  /**
   * Traces that just end are of processes that were killed or still run: they count as far as they
   * go, and what is missing is a gap. Otherwise only where a later start follows. One that ends
   * before its header does is left out, and is a gap.
   */
  readonly killed?: boolean
  /** SHA-256 of the specification that the run must have been recorded under. */
  readonly spec?: SpecOf
  readonly observer?: Observer
  /** Called now and then with the number of events so far. */
  readonly progress?: (events: number) => void
}

// The lanes of a sketcher, and the PBFT clients in those of D-Prophecy, are clients like others.
const pbftStep = (event: Exclude<TraceEvent, SketcherGap | DClientsGap>): PbftEvent | undefined => {
  if (event._tag === "SketcherStep") return laneStep(event)
  return event._tag === "DClientStep" ? orderingStep(event) : event
}

/** How many events lie between two calls of `progress`. */
const progressEvery = 4096

type PbftNode = NodeTrace<TraceEvent, TraceHeader>

const nodeOf =
  ({ digests, ...options }: CheckOptions) =>
  (files: ReadonlyArray<TraceFile>): PbftNode =>
    new NodeTrace(
      files as ReadonlyArray<TraceFile<TraceHeader>>,
      (header): ProcessReplay<TraceEvent> => {
        const { kind } = header.node
        if (kind === "replica") return new ReplicaReplay(header, digests)
        if (kind === "clients") return new ClientsReplay(header, digests)
        if (kind === "sketcher") return new SketcherReplay(header, digests)
        return new DClientsReplay(header, digests)
      },
      options,
    )

/** The state of one check, from the first event to the verdict. */
class Check {
  readonly #options: CheckOptions
  readonly #traced: Traced
  readonly #header: TraceHeader
  readonly #files: number
  readonly #configs = new Map<ReplicaId, Config>()
  readonly #replicas = new Map<ReplicaId, State>()
  readonly #clients = new Map<ClientId, ClientState>()
  readonly #actions = new Map<string, number>()
  readonly #gaps: Array<Gap> = []
  readonly #misbehaviours = new Misbehaviours()
  readonly #monitor: Monitor
  readonly #abstraction: Abstraction
  readonly causality: Causality
  readonly #sketched: SketcherMonitor
  readonly #dClients: DClientMonitor
  /** Steps of replicas and clients, and steps of sketchers and of D-Prophecy's clients. */
  #events = 0
  #otherSteps = 0

  constructor(nodes: ReadonlyArray<PbftNode>, files: number, options: CheckOptions) {
    this.#options = options
    this.#files = files
    this.#traced = tracedOf(nodes)
    this.#header = (nodes[0] as PbftNode).header
    for (const { replay } of nodes) {
      if (replay instanceof ReplicaReplay) {
        this.#configs.set(replay.config.id, replay.config)
        this.#replicas.set(replay.config.id, replay.state)
      } else if (replay instanceof ClientsReplay) {
        for (const [id, state] of replay.states) this.#clients.set(id, state)
      }
    }
    const { logSize } = this.#header
    const misbehaved = this.#misbehaviours.add.bind(this.#misbehaviours)
    const { digests } = options
    const traced = this.#traced
    const marked = this.#header.readOnly || this.#header.maxTentative > 0
    this.causality = new Causality({ traced, logSize, digests, marked, misbehaved })
    const { batchDigest, resultDigest } = digests
    this.#monitor = new Monitor({
      traced,
      configs: this.#configs,
      logSize,
      misbehaved,
      resultDigest,
    })
    this.#abstraction = new Abstraction(traced, logSize, batchDigest)
    this.#sketched = new SketcherMonitor(sketchDigest(digests))
    this.#dClients = new DClientMonitor({
      digestOf: resultDigest,
      operationsOf: this.#operationsOf,
      isTraced: (replica) => traced.replicas.has(replica),
    })
  }

  readonly #operationsOf = ({ replica, before }: ReplicaEvent): ReadonlyArray<Bytes> => {
    const config = this.#configs.get(replica)
    const pending = config && pendingExecution(config, before)
    return pending?.requests.map(({ operation }) => operation) ?? []
  }

  readonly visit = (event: TraceEvent): void => {
    switch (event._tag) {
      case "ReplicaStep":
        this.#step(event, event.step.action)
        this.#replicas.set(event.replica, event.step.state)
        break
      case "ClientStep":
        this.#step(event, event.step.action)
        this.#clients.set(event.client, event.step.state)
        break
      case "SketcherStep":
        this.#otherSteps++
        this.#count(event.step.action)
        this.#observeSketcher(event)
        break
      case "SketcherGap":
        this.#observeSketcher(event)
        this.#gap(event, `sketcher ${event.config.id}`)
        break
      case "DClientStep":
        this.#otherSteps++
        this.#count(event.step.action)
        this.#observeDClient(event)
        break
      case "DClientsGap":
        this.#observeDClient(event)
        this.#gap(event, event.node)
        break
      case "ReplicaGap":
        this.#gap(event, `replica ${event.replica}`)
        this.#replicas.set(event.replica, event.after)
        break
      case "ClientsGap":
        this.#gap(event, "clients")
        for (const [id, state] of event.after) this.#clients.set(id, state)
        break
      case "OpenEnd":
        this.#gap(event, "the trace")
        break
    }
    this.#sketched.take(event)
    this.#dClients.take(event)
    this.#watch(event)
    this.#abstraction.take(event)
  }

  #watch(event: TraceEvent): void {
    if (event._tag === "SketcherGap" || event._tag === "DClientsGap") return
    const watched = pbftStep(event)
    if (watched !== undefined) this.#monitor.take(watched)
  }

  #observeSketcher(event: SketcherEvent | SketcherGap): void {
    const { resultDigest } = this.#options.digests
    this.#options.observer?.sketcher?.(event, { header: this.#header, resultDigest })
  }

  #observeDClient(event: DClientEvent | DClientsGap): void {
    const { resultDigest } = this.#options.digests
    this.#options.observer?.dClient?.(event, { header: this.#header, resultDigest })
  }

  #step(event: StepEvent, action: string): void {
    this.#events++
    this.#count(action)
    const { observer } = this.#options
    if (observer !== undefined) {
      observer.before(this.#events, event, {
        header: this.#header,
        batchDigest: this.#options.digests.batchDigest,
        resultDigest: this.#options.digests.resultDigest,
        configs: this.#configs,
        replicas: this.#replicas,
        clients: this.#clients,
      })
    }
  }

  #count(action: string): void {
    this.#actions.set(action, (this.#actions.get(action) ?? 0) + 1)
    const events = this.#events + this.#otherSteps
    if (events % progressEvery === 0) this.#options.progress?.(events)
  }

  // A sketcher's and those of D-Prophecy's clients are no events of the run that observers see.
  #gap(event: GapEvent, node: string): void {
    const isSeen = event._tag !== "SketcherGap" && event._tag !== "DClientsGap"
    if (isSeen) this.#options.observer?.gap()
    const { place, dropped } = event
    if (dropped !== 0) this.#gaps.push({ ...place, node, dropped })
  }

  statistics(): Statistics {
    const { n } = this.#traced.group
    const all = Array.from({ length: n }, (_, replica) => replica)
    return {
      run: this.#header.run,
      files: this.#files,
      events: this.#events + this.#otherSteps,
      actions: Object.fromEntries(this.#actions),
      traced: [...new Set([...this.#traced.replicas.values(), ...this.#traced.clients.values()])],
      untraced: all.filter((r) => !this.#traced.replicas.has(r)).map((r) => `replica ${r}`),
      executed: this.#monitor.executed,
      requests: this.#monitor.requests,
      results: this.#monitor.results + this.#sketched.fast + this.#dClients.fast,
      fast: this.#sketched.fast + this.#dClients.fast,
      messages: this.causality.checked,
      unchecked: this.causality.unchecked,
      uncompared: this.#monitor.uncompared + this.#sketched.uncompared + this.#dClients.uncompared,
      abstract: this.#abstraction.checked,
      unabstract: this.#abstraction.unchecked,
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

/** The verdict, with files that say nothing, not even whose they are, as gaps. */
const withUnbegun = (verdict: Verdict, unbegun: ReadonlyArray<Place>): Verdict => {
  if (unbegun.length === 0) return verdict
  if (verdict._tag !== "Conforms" && verdict._tag !== "Gap") return verdict
  const node = "a start that wrote no header"
  const own = unbegun.map((place): Gap => ({ ...place, node, dropped: undefined }))
  const known = verdict._tag === "Gap" ? verdict.gaps : []
  return { ...verdict, _tag: "Gap", gaps: [...own, ...known] }
}

/** Checks the traces of one run, at least one. */
export const checkTraces = async (
  sources: ReadonlyArray<TraceSource>,
  options: CheckOptions,
): Promise<Verdict> => {
  const readers = sources.map((source) => new TraceReader(source))
  let check: Check | ZyzzyvaCheck | undefined
  try {
    const { files, unbegun } = await openRun(readers, options)
    if (files[0]?.[0]?.header.protocol === "zyzzyva") {
      const nodes = zyzzyvaNodes(files, options)
      const own = new ZyzzyvaCheck(nodes, sources.length, options)
      check = own
      await new Merge(nodes, own.causality, own.visit).run()
      return withUnbegun(own.verdict(), unbegun)
    }
    const nodes = files.map(nodeOf(options))
    const own = new Check(nodes, sources.length, options)
    check = own
    await new Merge(nodes, own.causality, own.visit).run()
    options.observer?.end?.()
    return withUnbegun(own.verdict(), unbegun)
  } catch (cause) {
    if (!(cause instanceof Rejection)) throw cause
    return check?.rejected(cause) ?? verdictOf(cause.finding, undefined, [])
  } finally {
    for (const reader of readers) await reader.close()
  }
}
