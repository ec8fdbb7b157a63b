/**
 * A client's authenticator in a simulation: the replicas at which it verifies, and what it was
 * made for. So it can be kept and replayed, but not moved to another request.
 */
import type { Bytes, ReplicaId } from "../core/ids.ts"
import type { Request, SignedRequest } from "../core/request.ts"

/** A request that is to be ordered, or to be read only. */
interface Tagged extends Request {
  readonly _tag?: string
}

const content = ({ client, timestamp, operation, _tag }: Tagged): string =>
  `${_tag === "Read" ? "read " : ""}${client} ${timestamp} ${operation}`

export const authenticatorFor = (request: Tagged, at: ReadonlyArray<ReplicaId>): Bytes =>
  `${at.join(",")};${content(request)}`

/** Whether the request's authenticator verifies at this replica. */
export const verifies = (request: SignedRequest & Tagged, replica: ReplicaId): boolean => {
  const { authenticator } = request
  const end = authenticator.indexOf(";")
  if (end < 0 || authenticator.slice(end + 1) !== content(request)) return false
  return authenticator.slice(0, end).split(",").includes(String(replica))
}
