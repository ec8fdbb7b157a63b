/** A replica's name in the network, and the machines behind it: one, or two for twins. */
import type { SimulatedReplica } from "./protocol.ts"
import type { NodeName } from "./scenario.ts"

/** One machine of an identity. */
export interface Instance<M> {
  readonly node: SimulatedReplica<M>
  /** Whom it talks with; undefined: everyone. */
  readonly audience: ReadonlySet<NodeName> | undefined
}

export interface Identity<M> {
  readonly name: NodeName
  readonly correct: boolean
  readonly instances: ReadonlyArray<Instance<M>>
  /** What it says by itself when it hears something: Byzantine behaviour. */
  readonly hear: (from: NodeName, message: M) => void
}

/** The machines that a message from `from` reaches. */
export const hearers = <M>(
  { instances }: Identity<M>,
  from: NodeName,
): ReadonlyArray<SimulatedReplica<M>> =>
  instances
    .filter(({ audience }) => audience === undefined || audience.has(from))
    .map(({ node }) => node)
