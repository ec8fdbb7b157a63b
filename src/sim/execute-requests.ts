/** What the service is asked for: to execute what is ordered, and to read. */
import type { ReadDone, ReadState } from "../core/effect.ts"
import type { Bytes } from "../core/ids.ts"
import { recoveringReplica, recoverResult } from "../core/recovery-request.ts"
import type { Request } from "../core/request.ts"
import type { Service } from "../core/service/service.ts"

/** The service reads, if it takes the operation for a read. */
export const readBy = (service: Service, { client, timestamp, operation }: ReadState): ReadDone => {
  const result = service.isRead(operation) ? service.execute(operation) : undefined
  return { _tag: "ReadDone", client, timestamp, result }
}

/**
 * The results, and how many operations that are no reads the service was asked for; not for what
 * takes a replica back.
 */
export const executeRequests = (
  config: Parameters<typeof recoveringReplica>[0],
  service: Service,
  requests: ReadonlyArray<Request>,
): { readonly results: ReadonlyArray<Bytes>; readonly changes: number } => {
  const isAsked = ({ client }: Request): boolean => recoveringReplica(config, client) === undefined
  return {
    results: requests.map((r) => (isAsked(r) ? service.execute(r.operation) : recoverResult)),
    changes: requests.filter((r) => isAsked(r) && !service.isRead(r.operation)).length,
  }
}
