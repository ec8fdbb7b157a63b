/**
 * What a simulation asks of a protocol: its processes, its liars, and who watches them. Everything
 * else of a run (time, network, faults, twins, the demand that all completes) knows messages by
 * their names alone.
 */
import type { ClientId, ReplicaId, Seq, View } from "../core/ids.ts"
import type { Observed } from "./client-node.ts"
import type { Host } from "./host.ts"
import type { Execution, Violation } from "./ledger.ts"
import type { Named } from "./message-name.ts"
import type { Crash, NodeName, Say } from "./scenario.ts"
import type { Wrapper } from "./wrapper.ts"

/** How far a replica is. */
export interface Standing {
  readonly id: ReplicaId
  /** Whether its process runs. */
  readonly up: boolean
  readonly view: View
  /** Whether it takes part in the view. */
  readonly active: boolean
  readonly executed: Seq
  /** Its stable checkpoint. */
  readonly low: Seq
  /** Whether it is on its way back: it lost its disk or is recovered, and does not count yet. */
  readonly returning: boolean
  /** Of whom it knows that they asked to be taken back; left out where nobody does. */
  readonly known?: ReadonlyArray<ReplicaId>
}

/** How a process starts again: with what its disk holds, without it, or with it to be recovered. */
export type Back = "disk" | "wiped" | "recovered"

export interface SimulatedReplica<M> {
  readonly standing: Standing
  /** A well-authenticated message; the reason why its machine does not see it, if so. */
  readonly hear: (from: NodeName, message: M) => string | undefined
  /** The process stops: how many of the records under way the disk kept. */
  readonly crash: (tail: Crash["tail"]) => number
  /** It starts again. */
  readonly restart: (back?: Back) => void
  /** Another replica is heard under a new key from here on; left out where keys do not change. */
  readonly rekeyed?: (replica: ReplicaId) => void
  /** The run is over. */
  readonly end: () => void
}

export interface SimulatedClient<M> {
  readonly hear: (message: M) => void
  /** Requests that have no result, those not yet submitted included. */
  readonly left: number
  readonly observed: ReadonlyArray<Observed>
  readonly end: () => void
}

/** A step of a process: its action, and what there is to tell. */
export interface Told {
  readonly action: string
  readonly story: () => string
}

/** Where a machine stands in the run. */
export interface Seat<M> {
  readonly host: Host<M>
  readonly stepped: (told: Told) => void
}

export interface ReplicaSeat<M> extends Seat<M> {
  readonly id: ReplicaId
  /** 0, and 1 for the second of two that share a name. */
  readonly twin: number
  /** Whether it is watched and traced. */
  readonly correct: boolean
}

/** Who watches the correct processes, and what they did. */
export interface Monitor {
  /** The first property that broke. */
  readonly violation: Violation | undefined
  readonly broken: (property: string, why: string) => void
  /** The last number that a correct replica has executed. */
  readonly executed: Seq
  /** By sequence number what took effect there. */
  readonly executions: ReadonlyMap<Seq, Execution>
}

export interface Protocol<M extends Named> {
  readonly monitor: Monitor
  readonly replica: (seat: ReplicaSeat<M>) => SimulatedReplica<M>
  readonly client: (id: ClientId, seat: Seat<M>) => SimulatedClient<M>
  /** What a Byzantine replica makes of what its machine would send. */
  readonly liar: (id: ReplicaId) => Required<Wrapper<M>>
  /** The message that a scenario writes out. */
  readonly said: (say: Say) => M
  /** A message in a story. */
  readonly textOf: (message: M) => string
}
