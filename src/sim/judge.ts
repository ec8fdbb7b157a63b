/** What a replica's own clock says of requests: inputs of its machine, as in src/net. */
import { isNearTime } from "../core/agreed-time.ts"
import type { ClientId } from "../core/ids.ts"
import type { Config } from "../core/pbft/state.ts"
import { type LetIn, mayReturn } from "../core/recovery-gate.ts"
import type { SignedRequest } from "../core/request.ts"

/** Whether a proposed time is near the clock, and a request to be taken back not too soon. */
export const judge = (
  { clock }: Pick<Config, "clock">,
  limits: { readonly agreedTimeMs: number; readonly recoveryPeriodMs: number },
  localMs: () => number,
): ((request: SignedRequest) => boolean) => {
  const letIn = new Map<ClientId, LetIn>()
  return (request) => {
    const { client, timestamp: incarnation } = request
    if (client === clock) return isNearTime(request, localMs(), limits.agreedTimeMs)
    const last = letIn.get(client)
    const now = { incarnation, at: localMs() }
    if (!mayReturn(last, now, limits.recoveryPeriodMs)) return false
    if (last?.incarnation !== incarnation) letIn.set(client, now)
    return true
  }
}
