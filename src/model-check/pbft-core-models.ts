/**
 * The instances of the abstraction that are checked, by name: the constants of
 * spec/tla/MCPbftCore-<name>.cfg, what is asked of each, and what must come out.
 */
import type { World } from "./explore.ts"
import { brokenCoreModels } from "./pbft-core-broken-models.ts"
import { coreWorld } from "./pbft-core-constants.ts"
import { CoreJudge } from "./pbft-core-judge.ts"
import { coreBase, type CoreModelSpec } from "./pbft-core-model-spec.ts"
import { CoreSpace } from "./pbft-core-space.ts"

export { coreBase, type CoreModelSpec } from "./pbft-core-model-spec.ts"

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
    size: "nightly",
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
    // 8 million states each, of which TLC records no graph.
    byTlc: id <= 1 ? "counts" : "graph",
    size: "nightly",
  }),
)

const fourViews = positions.map(
  (id): CoreModelSpec => ({
    ...coreBase,
    name: `FourViews${id}`,
    why: `Three view changes, one sequence number; ${told(id)}.`,
    byzantine: [id],
    maxView: 3,
    reduced: true,
    reaches: threeViewsReach,
    size: "explorer",
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

/** TLC checks each of its steps against the module with one number, of either number. */
const eitherNumberAlone: CoreModelSpec = {
  ...coreBase,
  name: "EitherNumberAlone",
  why: "What one number sees of two is a behaviour with that number alone; one batch asked for.",
  byzantine: [3],
  asked: ["a"],
  invented: [],
  maxSeq: 2,
  properties: ["FirstAlone", "LastAlone"],
  reaches: always,
  size: "nightly",
}

export const coreModels: ReadonlyArray<CoreModelSpec> = [
  ...twoViews,
  ...threeViews,
  ...threeViewsReduced,
  ...twoNumbers,
  ...fourViews,
  ...threeViewsTwoNumbers,
  eitherNumberAlone,
  ...brokenCoreModels,
]

/** The model, ready to be explored; `reduced` as the model says unless told otherwise. */
export const coreModelWorld = (spec: CoreModelSpec, reduced = spec.reduced): World => {
  const space = new CoreSpace(coreWorld(spec), reduced)
  return { space, judge: new CoreJudge(space, spec.invariants) }
}
