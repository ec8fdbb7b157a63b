/**
 * The request by which a replica asks to be taken back, ordered and executed like any other: in the
 * name of a client of its own, with its incarnation as the timestamp (docs/adr/0016-lost-disk.md).
 * So the client table says of each replica which incarnation counts.
 */
import type { SendToReplicas } from "./effect.ts"
import type { ClientId, ReplicaId } from "./ids.ts"
import type { Group } from "./quorum.ts"

interface Recovering {
  readonly recoverers?: ClientId | undefined
  readonly group: Pick<Group, "n">
}

/** The operation that asks to be taken back; no service looks at it. */
export const recoverOperation = "recover"

/** What it results in; no service is asked. */
export const recoverResult = "taken back"

/** In whose name a replica asks; undefined where nobody is taken back. */
export const recovererOf = (
  { recoverers }: Pick<Recovering, "recoverers">,
  replica: ReplicaId,
): ClientId | undefined => (recoverers === undefined ? undefined : recoverers + replica)

/** The replica in whose name a client asks, if it is one of those. */
export const recoveringReplica = (
  { recoverers, group }: Recovering,
  client: ClientId,
): ReplicaId | undefined => {
  if (recoverers === undefined) return undefined
  const replica = client - recoverers
  return replica >= 0 && replica < group.n ? replica : undefined
}

/** The request goes to every other replica: `id` is who asks. */
export const toOthers = <M>(
  { group, id }: { readonly group: Pick<Group, "n">; readonly id: ReplicaId },
  message: M,
): SendToReplicas<M> => ({
  _tag: "SendToReplicas",
  replicas: Array.from({ length: group.n }, (_, k) => k).filter((k) => k !== id),
  message,
})
