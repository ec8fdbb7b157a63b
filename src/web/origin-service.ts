/**
 * The service `origin` as the group agrees on it: which requests are executed, and in which order.
 * What a replica's own origin says to a request is no part of the agreed state (ADR 17): results
 * are empty here, and the replica puts the answer in when its reply leaves (net/origin-answers.ts).
 */
import type { Bytes } from "../core/ids.ts"
import type { Hash, Service } from "../core/service/service.ts"
import { leaf } from "../core/service/text-tree.ts"
import { isNotHttp } from "./http-message.ts"
import { originRequest } from "./origin-request.ts"

const nothing: Bytes = "origin"

/** Whether an origin without a snapshot of its state may be asked this. */
export const isOriginRead = (operation: Bytes): boolean => {
  const request = originRequest(operation)
  return !isNotHttp(request) && (request.method === "GET" || request.method === "HEAD")
}

/** A service without a state of its own. */
export const originService = (hash: Hash): Service => ({
  execute: () => "",
  undo: () => undefined,
  isRead: isOriginRead,
  digest: () => leaf(hash, nothing).digest,
  snapshot: () => nothing,
  tree: () => leaf(hash, nothing),
  restore: (snapshot) => snapshot === nothing,
})
