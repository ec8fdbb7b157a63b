/**
 * Verdicts of one replica on requests to be taken back: whether the replica in whose name one is
 * signed it, and whether it comes not too soon after another one (src/core/recovery-gate.ts).
 *
 * Outside the specification: how an authenticator is checked, and clocks. A request there has the
 * set of receivers at which its authenticator verifies.
 */
import type { ClientId, ReplicaId } from "../core/ids.ts"
import { type LetIn, mayReturn } from "../core/recovery-gate.ts"
import { recoveringReplica } from "../core/recovery-request.ts"
import type { Request } from "../core/request.ts"
import type { Verifier } from "./signature.ts"

interface Recovering {
  readonly n: number
  readonly recoverers: ClientId
  readonly recoveryPeriodMs: number
  readonly verifier: Pick<Verifier, "isRecovery">
}

export class RecoveryRequests {
  readonly #of: Recovering
  /** By replica, its last request that was let in. */
  readonly #letIn: Array<LetIn | undefined> = []

  constructor(of: Recovering) {
    this.#of = of
  }

  /** The replica that asks to be taken back in this name, if the name is for that. */
  replicaOf(client: ClientId): ReplicaId | undefined {
    const { n, recoverers } = this.#of
    return recoveringReplica({ recoverers, group: { n } }, client)
  }

  /** Whether the replica signed the request of this digest. */
  isSigned(replica: ReplicaId, digest: string, signature: string): boolean {
    return this.#of.verifier.isRecovery(replica, digest, signature)
  }

  /** Of a request to be taken back: that it does not come too soon after another one. */
  isDue({ client, timestamp: incarnation }: Pick<Request, "client" | "timestamp">): boolean {
    const replica = this.replicaOf(client)
    if (replica === undefined) return true
    const last = this.#letIn[replica]
    const now = { incarnation, at: performance.now() }
    if (!mayReturn(last, now, this.#of.recoveryPeriodMs)) return false
    if (last?.incarnation !== incarnation) this.#letIn[replica] = now
    return true
  }
}
