/**
 * A client's authenticator in a simulation: the replicas at which it verifies, and what it was
 * made for. So it can be kept and replayed, but not moved to another request.
 */
import type { Bytes, ReplicaId } from "../core/ids.ts"
import type { Request, SignedRequest } from "../core/request.ts"

const content = ({ client, timestamp, operation }: Request): string =>
  `${client} ${timestamp} ${operation}`

export const authenticatorFor = (request: Request, at: ReadonlyArray<ReplicaId>): Bytes =>
  `${at.join(",")};${content(request)}`

/** Whether the request's authenticator verifies at this replica. */
export const verifies = (request: SignedRequest, replica: ReplicaId): boolean => {
  const { authenticator } = request
  const end = authenticator.indexOf(";")
  if (end < 0 || authenticator.slice(end + 1) !== content(request)) return false
  return authenticator.slice(0, end).split(",").includes(String(replica))
}
