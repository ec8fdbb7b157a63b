/**
 * The constants of spec/tla/PbftCore.tla and how its parts are numbered here: batches from 0 (those
 * asked for, then the invented ones, then null), and each (view, seq, batch) as one bit of a mask.
 */
import { assert } from "../core/assert.ts"

/** The rules that a model may leave out, by the names of PbftCore.tla, and what each demands. */
export const coreRules = {
  WaitsForNewView: "a replica takes no pre-prepare between VIEW-CHANGE and NEW-VIEW",
  OnePrePrepare: "a replica takes one pre-prepare for a sequence number and view",
  VotesAreForABatch: "votes count for the batch that they name",
  StopsInOldViews: "a replica says nothing more in a view that it left",
  PKeepsOlderViews: "P keeps what was prepared before the view just left",
  PSurvivesSkipping: "P is kept when the view just left never began",
  PIsTheLast: "P holds what was prepared in the latest view",
  A1ComparesViews: "condition A1: an entry of a later view speaks against",
  A1ComparesBatches: "condition A1: another batch in the same view speaks against",
  A2ComparesViews: "condition A2: accepted in that view or a later one",
  ChoiceIsChecked: "a backup checks the choices of a NEW-VIEW",
  OpenIsChecked: "a number is left open only where null could be chosen",
} as const
export type CoreRule = keyof typeof coreRules

export interface CoreConstants {
  readonly n: number
  readonly f: number
  readonly byzantine: ReadonlyArray<number>
  /** Names of the batches that clients asked for: interchangeable. */
  readonly asked: ReadonlyArray<string>
  /** Names of the batches that nobody asked for. */
  readonly invented: ReadonlyArray<string>
  readonly maxView: number
  readonly maxSeq: number
  readonly prepareNeeds: number
  readonly commitNeeds: number
  readonly a1Needs: number
  readonly a2Needs: number
  readonly nullNeeds: number
  readonly lacks: ReadonlyArray<CoreRule>
}

/** The constants with what follows from them. */
export interface CoreWorld extends CoreConstants {
  readonly correct: ReadonlyArray<number>
  readonly batches: ReadonlyArray<string>
  /** The number of the null batch, the last one. */
  readonly nullBatch: number
  /** The number that stands for "open" among the picks of a NEW-VIEW. */
  readonly open: number
  readonly primary: (view: number) => number
  readonly rule: (name: CoreRule) => boolean
  /** The place of the first batch of (view, seq) in a mask; seq counts from 0 here. */
  readonly shift: (view: number, seq: number) => number
  /** All batches, as bits from 0. */
  readonly anyBatch: number
}

/** Refuses what does not fit into masks of 31 bits and rows of at most 4 replicas. */
export const coreWorld = (c: CoreConstants): CoreWorld => {
  const batches = [...c.asked, ...c.invented, "null"]
  const correct = Array.from({ length: c.n }, (_, i) => i).filter((i) => !c.byzantine.includes(i))
  const bits = (c.maxView + 1) * c.maxSeq * batches.length
  assert(bits <= 31, "views x sequence numbers x batches fit into 31 bits")
  assert(correct.length <= 4, "at most 4 correct replicas")
  const lacks = new Set<CoreRule>(c.lacks)
  return {
    ...c,
    correct,
    batches,
    nullBatch: batches.length - 1,
    open: batches.length,
    primary: (view) => view % c.n,
    rule: (name) => !lacks.has(name),
    shift: (view, seq) => (view * c.maxSeq + seq) * batches.length,
    anyBatch: (1 << batches.length) - 1,
  }
}

/** The bits that are set in at least `needs` of the masks (of at most 4). */
export const atLeast = (masks: ReadonlyArray<number>, needs: number): number => {
  let [one, two, three, four] = [0, 0, 0, 0]
  for (const m of masks) {
    four |= three & m
    three |= two & m
    two |= one & m
    one |= m
  }
  return levelOf([one, two, three, four], needs)
}

/** Of the bits set in at least 1, 2, 3, 4 masks: those set in at least `needs`. */
export const levelOf = (levels: ReadonlyArray<number>, needs: number): number =>
  needs <= 0 ? -1 : (levels[needs - 1] ?? 0)

/** Whether more than one bit is set. */
export const several = (mask: number): boolean => (mask & (mask - 1)) !== 0
