/** Checks the traces of one run of Zyzzyva: as check.ts, of which it is the part that knows it. */
import type { ReplicaId } from "../core/ids.ts"
import type { ZyzzyvaHeader } from "../core/trace-event.ts"
import type { Config } from "../core/zyzzyva/state.ts"
import type { Rejection } from "./finding.ts"
import { Misbehaviours } from "./misbehaviour.ts"
import { NodeTrace, type TraceFile } from "./node.ts"
import { type Traced, tracedOf } from "./open-run.ts"
import type { ProcessReplay } from "./process-replay.ts"
import { type Gap, type Statistics, type Verdict, verdictOf } from "./verdict.ts"
import { ZyzzyvaCausality } from "./zyzzyva-causality.ts"
import type { ZyzzyvaEvent } from "./zyzzyva-event.ts"
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
  digests: ZyzzyvaDigests | undefined,
): ReadonlyArray<Node> => {
  if (digests === undefined) throw new Error("the digests of Zyzzyva are asked for")
  const replayOf = (header: ZyzzyvaHeader): ProcessReplay<ZyzzyvaEvent> =>
    header.node.kind === "replica"
      ? new ZyzzyvaReplicaReplay(header, digests)
      : new ZyzzyvaClientsReplay(header, digests)
  return files.map((all) => new NodeTrace(all as ReadonlyArray<TraceFile<ZyzzyvaHeader>>, replayOf))
}

/** How many events lie between two calls of `progress`. */
const progressEvery = 4096

/** The state of one check, from the first event to the verdict. */
export class ZyzzyvaCheck {
  readonly causality: ZyzzyvaCausality
  readonly #traced: Traced
  readonly #run: string
  readonly #files: number
  readonly #progress: ((events: number) => void) | undefined
  readonly #actions = new Map<string, number>()
  readonly #gaps: Array<Gap> = []
  readonly #misbehaviours = new Misbehaviours()
  readonly #monitor: ZyzzyvaMonitor
  #events = 0

  constructor(
    nodes: ReadonlyArray<Node>,
    files: number,
    progress: ((events: number) => void) | undefined,
  ) {
    const { header } = nodes[0] as Node
    this.#run = header.run
    this.#files = files
    this.#progress = progress
    this.#traced = tracedOf(nodes)
    const configs = new Map<ReplicaId, Config>()
    for (const { replay } of nodes) {
      if (replay instanceof ZyzzyvaReplicaReplay) configs.set(replay.config.id, replay.config)
    }
    const misbehaved = this.#misbehaviours.add.bind(this.#misbehaviours)
    this.causality = new ZyzzyvaCausality(this.#traced, misbehaved)
    this.#monitor = new ZyzzyvaMonitor(configs, header.logSize)
  }

  readonly visit = (event: ZyzzyvaEvent): void => {
    switch (event._tag) {
      case "ReplicaStep":
      case "ClientStep":
        this.#count(event.step.action)
        break
      case "ReplicaGap":
        this.#gap({ ...event.place, node: `replica ${event.replica}`, dropped: event.dropped })
        break
      case "ClientsGap":
        this.#gap({ ...event.place, node: "clients", dropped: event.dropped })
        break
      case "OpenEnd":
        this.#gap({ ...event.place, node: "the trace", dropped: event.dropped })
        break
    }
    this.#monitor.take(event)
  }

  #count(action: string): void {
    this.#events++
    this.#actions.set(action, (this.#actions.get(action) ?? 0) + 1)
    if (this.#events % progressEvery === 0) this.#progress?.(this.#events)
  }

  #gap(gap: Gap): void {
    if (gap.dropped !== 0) this.#gaps.push(gap)
  }

  statistics(): Statistics {
    const { group, replicas, clients } = this.#traced
    const all = Array.from({ length: group.n }, (_, replica) => replica)
    const { executed, requests, results, uncompared } = this.#monitor
    return {
      run: this.#run,
      files: this.#files,
      events: this.#events,
      actions: Object.fromEntries(this.#actions),
      traced: [...new Set([...replicas.values(), ...clients.values()])],
      untraced: all.filter((r) => !replicas.has(r)).map((r) => `replica ${r}`),
      executed,
      requests,
      results,
      fast: 0,
      messages: this.causality.checked,
      unchecked: this.causality.unchecked,
      uncompared,
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
