/**
 * The time that replicas agree on, as an operation of their service: `T` and milliseconds since
 * 1970. The primary proposes it with each batch (src/core/pbft/proposal.ts); a service that has a
 * clock sets it, and takes it from nowhere else.
 */
import type { Bytes, ClientId } from "./ids.ts"
import type { SignedRequest } from "./request.ts"

export const timeOperation = (ms: number): Bytes => `T${ms}`

/** The time that the operation sets, or undefined: it is another one. */
export const timeIn = (operation: Bytes): number | undefined => {
  const text = /^T(0|[1-9]\d{0,15})$/.exec(operation)?.[1]
  return text === undefined ? undefined : Number(text)
}

/**
 * The primary's proposal: what its clock says, or the next millisecond where that was proposed
 * already, by it or by a primary whose clock was ahead.
 */
export const timeProposal = (clock: ClientId, now: number, last: number): SignedRequest => {
  const timestamp = Math.max(now, last + 1)
  return { client: clock, timestamp, operation: timeOperation(timestamp), authenticator: "" }
}

/** Whether a proposed time is no more than `boundMs` before or after this replica's own clock. */
export const isNearTime = (
  { timestamp, operation }: Pick<SignedRequest, "timestamp" | "operation">,
  now: number,
  boundMs: number,
): boolean => operation === timeOperation(timestamp) && Math.abs(timestamp - now) <= boundMs
