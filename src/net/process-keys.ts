/**
 * The keys of a replica's process, and that they are refreshed.
 *
 * Outside the specification: see new-key.ts and key-holder.ts.
 */
import { Effect, type Scope } from "effect"
import type { ClusterConfig } from "./cluster-config.ts"
import { heldKey, HeldSigner, withHeldSecrets } from "./held-keys.ts"
import type { KeyCounters } from "./key-epochs.ts"
import { HolderError, holderAt } from "./key-holder-socket.ts"
import { heldReplicaKeys, type ReplicaKeys, replicaKeys } from "./keys.ts"
import type { Identity } from "./replica-services.ts"

/** The replica's keys, or those that a key holder has for it. */
export const keysOf = (
  { config, id }: Identity,
  counters: KeyCounters,
  holder: string | undefined,
): Effect.Effect<ReplicaKeys, HolderError> => {
  if (holder === undefined) return Effect.sync(() => replicaKeys(config, id, counters))
  const ask = holderAt(holder)
  return Effect.tryPromise({
    try: async () => {
      const first = await heldKey(ask)
      const held = { signer: new HeldSigner(ask, id), first, next: () => heldKey(ask) }
      return heldReplicaKeys(held, await withHeldSecrets(config, id, ask), id, counters)
    },
    catch: (cause) =>
      cause instanceof HolderError
        ? cause
        : new HolderError({ path: holder, reason: String(cause) }),
  })
}

/** Makes new keys now and then, where that is switched on. */
export const refreshing = (
  { keyRefreshMs }: ClusterConfig,
  { keying }: ReplicaKeys,
): Effect.Effect<void, never, Scope.Scope> => {
  if (keying === undefined) return Effect.void
  return Effect.asVoid(
    Effect.acquireRelease(
      Effect.sync(() => setInterval(() => keying.epochs.refresh(), keyRefreshMs)),
      (timer) => Effect.sync(() => clearInterval(timer)),
    ),
  )
}
