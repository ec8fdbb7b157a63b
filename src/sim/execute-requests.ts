/** Executes what is ordered: the service is asked, but for what takes a replica back. */
import type { Bytes } from "../core/ids.ts"
import { recoveringReplica, recoverResult } from "../core/pbft/rejoin.ts"
import type { Config } from "../core/pbft/state.ts"
import type { Request } from "../core/request.ts"
import type { Service } from "../core/service/service.ts"

/** The results, and how many operations that are no reads the service was asked for. */
export const executeRequests = (
  config: Config,
  service: Service,
  requests: ReadonlyArray<Request>,
): { readonly results: ReadonlyArray<Bytes>; readonly changes: number } => {
  const isAsked = ({ client }: Request): boolean => recoveringReplica(config, client) === undefined
  return {
    results: requests.map((r) => (isAsked(r) ? service.execute(r.operation) : recoverResult)),
    changes: requests.filter((r) => isAsked(r) && !service.isRead(r.operation)).length,
  }
}
