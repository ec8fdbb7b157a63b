/**
 * What the loop of a sketcher is given, and the machine's configuration by it.
 *
 * Outside the specification: nothing; it names what the loop is given.
 */
import type { Timestamp } from "../core/ids.ts"
import type {
  SketcherConfig,
  SketcherInput,
  SketcherState,
  SketcherStep,
} from "../core/prophecy/sketcher-state.ts"
import { groupOf, weakQuorum } from "../core/quorum.ts"
import { needsOf } from "../core/zyzzyva/needs.ts"
import type { ClusterConfig, Endpoint } from "./cluster-config.ts"
import { zyzzyvaClientConfig } from "./zyzzyva-config.ts"

export interface SketcherLoopOptions {
  readonly config: ClusterConfig
  /** The endpoint whose secret it holds; its clients are the sketcher's lanes. */
  readonly endpoint: number
  /** Without sketches this is proxied PBFT. */
  readonly sketches: boolean
  /** How many sketches each of the table's two generations holds. */
  readonly generation: number
  readonly maxStrikes: number
  readonly fastReadMs: number
  readonly readmitMs: number
  readonly log: (line: string) => void
  /** The number of connected replicas changed. */
  readonly connections: () => void
  /** Its lanes start with timestamps above this one. */
  readonly firstTimestamp: Timestamp
  /** Told of every step, for its trace. */
  readonly stepped: (before: SketcherState, step: SketcherStep, input: SketcherInput) => void
}

/**
 * Equal answers that make one of the group: more where origins may differ for a while. Of Zyzzyva's
 * all, if no certificate takes their place.
 */
export const sketcherQuorum = ({ replicas, service, protocol }: ClusterConfig): number => {
  const group = groupOf(replicas.length)
  if (protocol === "zyzzyva") return needsOf(group).fast
  return service === "origin" ? group.quorum : weakQuorum(group)
}

const zyzzyvaLanes = (config: ClusterConfig) => ({
  protocol: "zyzzyva" as const,
  commitMs: zyzzyvaClientConfig(config, 0, 0).commitMs,
})

export const machineConfig = (options: SketcherLoopOptions, lanes: Endpoint): SketcherConfig => ({
  group: groupOf(options.config.replicas.length),
  id: options.endpoint,
  firstClient: lanes.from,
  lanes: lanes.to - lanes.from + 1,
  firstTimestamp: options.firstTimestamp,
  replyQuorum: sketcherQuorum(options.config),
  sketches: options.sketches,
  generation: options.generation,
  maxStrikes: options.maxStrikes,
  fastReadMs: options.fastReadMs,
  retransmitMs: options.config.retransmitMs,
  readmitMs: options.readmitMs,
  ...(options.config.protocol === "zyzzyva" ? zyzzyvaLanes(options.config) : {}),
})
