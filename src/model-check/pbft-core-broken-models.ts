/**
 * The abstraction with one of its rules broken, each with the invariant that must break: what the
 * rule is for. The Byzantine replica is at the position where the shortest way there is shortest.
 */
import type { CoreConstants } from "./pbft-core-constants.ts"
import type { CoreInvariant } from "./pbft-core-judge.ts"
import { coreBase, type CoreModelSpec } from "./pbft-core-model-spec.ts"

interface BrokenRule {
  readonly name: string
  readonly what: string
  readonly changes: Partial<CoreConstants>
  readonly byzantine: number
  readonly maxView: number
  readonly violates: CoreInvariant
}

const broken = ({
  name,
  what,
  changes,
  byzantine,
  maxView,
  violates,
}: BrokenRule): CoreModelSpec => ({
  ...coreBase,
  ...changes,
  name,
  why: `Must fail: ${what}.`,
  byzantine: [byzantine],
  maxView,
  reduced: true,
  invariants: [violates],
  expect: { violates },
  size: "mutant",
})

export const brokenCoreModels: ReadonlyArray<CoreModelSpec> = [
  broken({
    name: "VotesForAnyBatch",
    what: "votes are counted without comparing batches",
    changes: { lacks: ["VotesAreForABatch"] },
    byzantine: 0,
    maxView: 0,
    violates: "PreparedUnique",
  }),
  broken({
    name: "PreparedBy2f",
    what: "2f replicas make a prepared certificate",
    changes: { prepareNeeds: 2 },
    byzantine: 0,
    maxView: 0,
    violates: "PreparedUnique",
  }),
  broken({
    name: "CommittedBy2f",
    what: "2f replicas make a committed certificate",
    changes: { commitNeeds: 2 },
    byzantine: 2,
    maxView: 1,
    violates: "Agreement",
  }),
  broken({
    name: "EveryQuorum2f",
    what: "2f replicas make a certificate",
    changes: { prepareNeeds: 2, commitNeeds: 2 },
    byzantine: 0,
    maxView: 0,
    violates: "Agreement",
  }),
  broken({
    name: "ThreeReplicas",
    what: "n = 3f, with certificates of n - f",
    changes: { n: 3, prepareNeeds: 2, commitNeeds: 2, a1Needs: 2, nullNeeds: 2 },
    byzantine: 0,
    maxView: 0,
    violates: "Agreement",
  }),
  broken({
    name: "TwoPrePrepares",
    what: "a replica takes a second pre-prepare for a number",
    changes: { lacks: ["OnePrePrepare"] },
    byzantine: 1,
    maxView: 0,
    violates: "Agreement",
  }),
  broken({
    name: "AcceptsBeforeNewView",
    what: "a replica takes pre-prepares of a view whose NEW-VIEW it has not seen",
    changes: { lacks: ["WaitsForNewView"] },
    byzantine: 2,
    maxView: 1,
    violates: "Agreement",
  }),
  broken({
    name: "PreparesInOldViews",
    what: "a replica goes on in a view that it left",
    changes: { lacks: ["StopsInOldViews"] },
    byzantine: 2,
    maxView: 1,
    violates: "Agreement",
  }),
  broken({
    name: "POfLastViewOnly",
    what: "P forgets what was prepared before the view just left",
    changes: { lacks: ["PKeepsOlderViews"] },
    byzantine: 3,
    maxView: 2,
    violates: "Agreement",
  }),
  broken({
    name: "PLostBySkipping",
    what: "P is lost when the view just left never began",
    changes: { lacks: ["PSurvivesSkipping"] },
    byzantine: 3,
    maxView: 2,
    violates: "Agreement",
  }),
  broken({
    name: "PIsTheFirst",
    what: "P holds the earliest prepared view in place of the latest",
    changes: { lacks: ["PIsTheLast"] },
    byzantine: 3,
    maxView: 2,
    violates: "Agreement",
  }),
  broken({
    name: "WithoutQ",
    what: "condition A2, and with it Q, is dropped",
    changes: { a2Needs: 0 },
    byzantine: 3,
    maxView: 2,
    violates: "Agreement",
  }),
  broken({
    name: "WithoutQInvents",
    what: "condition A2 is dropped: a lone liar's batch is chosen",
    changes: { a2Needs: 0 },
    byzantine: 3,
    maxView: 1,
    violates: "Validity",
  }),
  broken({
    name: "A2NeedsF",
    what: "condition A2 is content with f messages",
    changes: { a2Needs: 1 },
    byzantine: 3,
    maxView: 2,
    violates: "Agreement",
  }),
  broken({
    name: "A2AnyView",
    what: "condition A2 is content with a batch accepted in an earlier view",
    changes: { lacks: ["A2ComparesViews"] },
    byzantine: 0,
    maxView: 2,
    violates: "Agreement",
  }),
  broken({
    name: "A1AnyView",
    what: "condition A1 ignores that an entry is of a later view",
    changes: { lacks: ["A1ComparesViews"] },
    byzantine: 3,
    maxView: 2,
    violates: "Agreement",
  }),
  broken({
    name: "A1AnyBatch",
    what: "condition A1 ignores another batch in the same view",
    changes: { lacks: ["A1ComparesBatches"] },
    byzantine: 0,
    maxView: 1,
    violates: "Agreement",
  }),
  broken({
    name: "A1Needs2f",
    what: "condition A1 is content with 2f messages",
    changes: { a1Needs: 2 },
    byzantine: 0,
    maxView: 1,
    violates: "CarryOver",
  }),
  broken({
    name: "NullTooEarly",
    what: "null is chosen from 2f messages without a P entry",
    changes: { nullNeeds: 2 },
    byzantine: 2,
    maxView: 1,
    violates: "Agreement",
  }),
  broken({
    name: "NewViewOf2f",
    what: "the decision procedure runs on 2f messages",
    changes: { a1Needs: 2, nullNeeds: 2 },
    byzantine: 2,
    maxView: 1,
    violates: "Agreement",
  }),
  broken({
    name: "OpenUnchecked",
    what: "a number is left open though somebody prepared there",
    changes: { lacks: ["OpenIsChecked"] },
    byzantine: 2,
    maxView: 1,
    violates: "Agreement",
  }),
  broken({
    name: "ChoiceUnchecked",
    what: "a backup takes whatever choices a NEW-VIEW names",
    changes: { lacks: ["ChoiceIsChecked"] },
    byzantine: 1,
    maxView: 1,
    violates: "Agreement",
  }),
  broken({
    name: "TakesEffectTwice",
    what: "where agreement breaks, a batch takes effect under two numbers",
    changes: { maxSeq: 2, invented: [], prepareNeeds: 2, commitNeeds: 2 },
    byzantine: 0,
    maxView: 0,
    violates: "AtMostOnce",
  }),
  broken({
    name: "DecidedTwice",
    what: "nothing but skipping at execution keeps a batch from taking effect twice",
    changes: { maxSeq: 2, invented: [] },
    byzantine: 0,
    maxView: 0,
    violates: "DecidedOnce",
  }),
]
