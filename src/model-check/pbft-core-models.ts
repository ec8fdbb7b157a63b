/**
 * The instances of the abstraction that are checked, by name: the constants of
 * spec/tla/MCPbftCore-<name>.cfg, what is asked of each, and what must come out.
 */
import type { World } from "./explore.ts"
import { type CoreConstants, coreWorld } from "./pbft-core-constants.ts"
import { type CoreInvariant, CoreJudge } from "./pbft-core-judge.ts"
import { CoreSpace } from "./pbft-core-space.ts"

export interface CoreModelSpec extends CoreConstants {
  readonly name: string
  /** What the instance is for, in one sentence. */
  readonly why: string
  readonly invariants: ReadonlyArray<CoreInvariant>
  /** Step properties that TLC checks besides: what one number sees of several. */
  readonly properties: ReadonlyArray<"FirstAlone" | "LastAlone">
  /** Whether states that differ only in the names of asked batches count as one, in both tools. */
  readonly reduced: boolean
  readonly expect: "holds" | { readonly violates: string }
  readonly reaches: ReadonlyArray<string>
  readonly unreachable: ReadonlyArray<string>
  /** As of PbftModelSpec; `bounded`: by the explorer alone, up to its limits. */
  readonly size: "test" | "large" | "nightly" | "explorer" | "bounded"
}

const everyInvariant: ReadonlyArray<CoreInvariant> = [
  "Agreement",
  "PreparedUnique",
  "CarryOver",
  "Validity",
  "AtMostOnce",
]

/** Four replicas, one Byzantine; two batches that clients asked for and one that nobody did. */
export const coreBase = {
  n: 4,
  f: 1,
  byzantine: [0],
  asked: ["a", "b"],
  invented: ["x"],
  maxView: 1,
  maxSeq: 1,
  prepareNeeds: 3,
  commitNeeds: 3,
  a1Needs: 3,
  a2Needs: 2,
  nullNeeds: 3,
  lacks: [],
  invariants: everyInvariant,
  properties: [],
  reduced: false,
  expect: "holds",
  reaches: [],
  unreachable: [],
  size: "test",
} as const satisfies Partial<CoreModelSpec>

const positions = [0, 1, 2, 3]
const told = (id: number): string => `Byzantine replica ${id}`

const always = ["ReachCommitted", "ReachCommittedLater", "ReachCommittedTwice", "ReachReassigned"]
const threeViewsReach = [...always, "ReachNullCommitted", "ReachSkippedView"]

const twoViews = positions.map(
  (id): CoreModelSpec => ({
    ...coreBase,
    name: `TwoViews${id}`,
    why: `One view change, one sequence number; ${told(id)}.`,
    byzantine: [id],
    reaches: [...always, ...(id === 0 ? ["ReachSplit", "ReachTurnedAwayByA2"] : [])],
  }),
)

const threeViews = positions.map(
  (id): CoreModelSpec => ({
    ...coreBase,
    name: `ThreeViews${id}`,
    why: `Two view changes, one sequence number; ${told(id)}.`,
    byzantine: [id],
    maxView: 2,
    reaches: [...threeViewsReach, ...(id === 0 ? ["ReachDifferentClaims"] : [])],
    size: "nightly",
  }),
)

const threeViewsReduced = positions.map(
  (id): CoreModelSpec => ({
    ...coreBase,
    name: `ThreeViewsReduced${id}`,
    why: `As ThreeViews${id}, the two batches taken for one another.`,
    byzantine: [id],
    maxView: 2,
    reduced: true,
    reaches: [...threeViewsReach, ...(id === 0 ? ["ReachDifferentClaims"] : [])],
    size: "large",
  }),
)

const twoNumbers = positions.map(
  (id): CoreModelSpec => ({
    ...coreBase,
    name: `TwoNumbers${id}`,
    why: `One view change, two sequence numbers; ${told(id)}.`,
    byzantine: [id],
    invented: [],
    maxSeq: 2,
    reduced: true,
    reaches: [...always, "ReachDecidedTwice", "AtMostOnce"],
    size: "nightly",
  }),
)

const threeViewsTwoNumbers = positions.map(
  (id): CoreModelSpec => ({
    ...coreBase,
    name: `ThreeViewsTwoNumbers${id}`,
    why: `Two view changes, two sequence numbers; ${told(id)}.`,
    byzantine: [id],
    invented: [],
    maxView: 2,
    maxSeq: 2,
    reduced: true,
    reaches: always,
    size: "bounded",
  }),
)

export const coreModels: ReadonlyArray<CoreModelSpec> = [
  ...twoViews,
  ...threeViews,
  ...threeViewsReduced,
  ...twoNumbers,
  ...threeViewsTwoNumbers,
]

/** The model, ready to be explored; `reduced` as the model says unless told otherwise. */
export const coreModelWorld = (spec: CoreModelSpec, reduced = spec.reduced): World => {
  const space = new CoreSpace(coreWorld(spec), reduced)
  return { space, judge: new CoreJudge(space, spec.invariants) }
}
