/**
 * What stands for the service at a replica that only orders (ADR 26): it executes nothing, has no
 * results, and its state is that before any request, whatever it is offered.
 *
 * Outside the specification: how long that takes. `Execute` is one step there.
 */
import { noDigest } from "../core/ids.ts"
import type { Service } from "../core/service/service.ts"
import type { Executor } from "./executor.ts"

/** `service` says what changes nothing, and is never asked to do anything. */
export const witnessExecutor = (service: Service): Executor => ({
  execute: ({ seq, requests, checkpoint }) => {
    const digest = checkpoint ? service.digest() : noDigest
    return { _tag: "Executed", seq, results: requests.map(() => ""), service: digest }
  },
  undo: () => undefined,
  readState: ({ client, timestamp, operation }) => {
    const result = service.isRead(operation) ? "" : undefined
    return { _tag: "ReadDone", client, timestamp, result }
  },
  read: () => undefined,
  isRead: service.isRead,
  takeSnapshot: () => service.snapshot(),
  snapshot: service.snapshot,
  tree: service.tree,
  offer: () => undefined,
  restore: () => undefined,
})
