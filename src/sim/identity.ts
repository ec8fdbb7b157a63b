/** A replica's name in the network, and the machines behind it: one, or two for twins. */
import type { WireMessage } from "./messages.ts"
import type { ReplicaNode } from "./replica-node.ts"
import type { NodeName } from "./scenario.ts"

/** One machine of an identity. */
export interface Instance {
  readonly node: ReplicaNode
  /** Whom it talks with; undefined: everyone. */
  readonly audience: ReadonlySet<NodeName> | undefined
}

export interface Identity {
  readonly name: NodeName
  readonly correct: boolean
  readonly instances: ReadonlyArray<Instance>
  /** What it says by itself when it hears something: Byzantine behaviour. */
  readonly hear: (from: NodeName, message: WireMessage) => void
}

/** The machines that a message from `from` reaches. */
export const hearers = ({ instances }: Identity, from: NodeName): ReadonlyArray<ReplicaNode> =>
  instances
    .filter(({ audience }) => audience === undefined || audience.has(from))
    .map(({ node }) => node)
