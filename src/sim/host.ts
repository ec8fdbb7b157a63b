/** What the processes of a simulation are given by it. */
import type { ClientId, Digest, Seq } from "../core/ids.ts"
import type { ClientInput, ClientState, ClientStep } from "../core/pbft/client.ts"
import type { Config, Input, PbftStep, State } from "../core/pbft/state.ts"
import type { Hash } from "../core/service/service.ts"
import type { WireMessage } from "./messages.ts"
import type { NodeName } from "./scenario.ts"

/** The digests of the run; the core and the simulator hash nothing themselves. */
export interface Hashing extends Pick<Config, "batchDigest" | "checkpointDigest"> {
  readonly hash: Hash
}

/** A replica's step, for whoever watches. */
export interface ReplicaStepped {
  readonly config: Config
  readonly before: State
  readonly input: Input
  readonly step: PbftStep
}

export interface ClientStepped {
  readonly client: ClientId
  readonly before: ClientState
  readonly input: ClientInput
  readonly step: ClientStep
}

/** A message leaves; `holds` knows the keys of the records on the sender's disk. */
export interface Sent {
  readonly config: Config
  readonly message: WireMessage
  /** The sender's high watermark. */
  readonly high: Seq
  readonly holds: (key: string) => boolean
}

/** The world as one process sees it. */
export interface Host<M> {
  /** Virtual time in microseconds. */
  readonly now: () => number
  /** Calls `run` after so many microseconds, unless the run has ended. */
  readonly later: (microseconds: number, run: () => void) => void
  readonly send: (to: NodeName, message: M) => void
}

/** A digest that stands for no batch: nobody knows what it is of. */
export const unknownDigest = (hashing: Hashing, about: string): Digest =>
  hashing.hash(`nothing ${about}`)
