/** What came out of a run. */
import type { NetworkCounts } from "./network.ts"
import type { Violation } from "./ledger.ts"
import type { Fate } from "./scenario.ts"

/** How often which fault was injected, by its name. */
export type FaultCounts = Readonly<Record<string, number>>

export interface Outcome {
  /** The first property that broke; null when none did. */
  readonly violation: (Violation & { readonly atMs: number }) | null
  /** Requests of correct clients: asked for by the scenario, and with a result. */
  readonly requests: number
  readonly completed: number
  /** Why they need not all complete; null when they must. */
  readonly excused: string | null
  readonly virtualMs: number
  /** Things that happened in virtual time. */
  readonly events: number
  /** How often correct replicas and clients took each action, ignored inputs under their reason. */
  readonly actions: Readonly<Record<string, number>>
  readonly faults: FaultCounts
  readonly network: NetworkCounts
  /** What the noise did, for a scenario that says it instead of drawing it. */
  readonly noise: ReadonlyArray<Fate>
}
