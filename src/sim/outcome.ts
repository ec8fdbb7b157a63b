/** What came out of a run. */
import type { View } from "../core/ids.ts"
import type { NetworkCounts } from "./network.ts"
import type { Violation } from "./ledger.ts"
import { operationText } from "./operation.ts"
import type { Monitor, Standing } from "./protocol.ts"
import { type Fate, replicaName, type Scenario } from "./scenario.ts"

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
  /** The same by who took them: `r3 EnterView`. */
  readonly actionsBy: Readonly<Record<string, number>>
  /** Of each correct replica that runs at the end, the view that it takes part in; null: none. */
  readonly views: Readonly<Record<string, View | null>>
  /** By sequence number the operations that took effect there. */
  readonly executions: Readonly<Record<string, ReadonlyArray<string>>>
  readonly faults: FaultCounts
  readonly network: NetworkCounts
  /** What the noise did, for a scenario that says it instead of drawing it. */
  readonly noise: ReadonlyArray<Fate>
}

export const viewsOf = (replicas: ReadonlyArray<Standing>): Outcome["views"] =>
  Object.fromEntries(
    replicas.flatMap(({ id, up, view, active }) =>
      up ? [[replicaName(id), active ? view : null]] : [],
    ),
  )

export const executed = ({ executions }: Pick<Monitor, "executions">): Outcome["executions"] =>
  Object.fromEntries(
    [...executions]
      .sort(([a], [b]) => a - b)
      .map(([seq, { requests }]) => [seq, requests.map((r) => operationText(r.operation))]),
  )

/** What is wrong during the whole run: each behaviour of a replica, each clock that is off. */
export const standingFaults = ({ byzantine, clocks }: Scenario): ReadonlyArray<string> => [
  ...byzantine.flatMap(({ behaviours }) => behaviours.map(({ _tag }) => `Byzantine ${_tag}`)),
  ...clocks.filter(({ rate }) => rate !== 1).map(() => "Clock"),
]
