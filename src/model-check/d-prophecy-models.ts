/**
 * The models of D-Prophecy. Their names, constants and universes are those of MCDProphecy.tla;
 * `npm run models` writes a .cfg for each, and both tools explore the same.
 */
import { nowhere } from "../core/prophecy/position.ts"
import type { Sketch } from "../core/prophecy/sketch-table.ts"
import type { DAsked, DMessage, DProphecyConstants } from "./d-prophecy-process.ts"
import { type Entry, pageText, positionAt } from "./prophecy-process.ts"

const read = (op: string): DAsked => ({ kind: "read", op })
const write = (op: string): DAsked => ({ kind: "write", op })

/** What clients ask for, by its name in MCDProphecy.tla. */
export const dAskings = {
  ReadsOnce: [[read("x")]],
  ReadsTwice: [[read("x"), read("x")]],
  WritesThenReads: [[write("share"), read("x")]],
  OneWrites: [[read("x")], [write("share")]],
  TwoRead: [[read("x")], [read("x")]],
} as const satisfies Record<string, ReadonlyArray<ReadonlyArray<DAsked>>>

const before = (...ops: ReadonlyArray<string>): ReadonlyArray<Entry> =>
  ops.map((op, k) => ({ client: 9, timestamp: k + 1, op }))

/** What was agreed on, executed and answered before, by the names in MCDProphecy.tla. */
const starts = {
  NothingBefore: {
    log: before(),
    applied: [0, 0, 0],
    appliedName: "AllApplied",
    latest: nowhere,
    latestName: "NothingAnswered",
  },
  ReadBefore: {
    log: before("x"),
    applied: [1, 1, 1],
    appliedName: "AllApplied",
    latest: positionAt(1),
    latestName: "FirstAnswered",
  },
  WrittenSince: {
    log: before("x", "share"),
    applied: [2, 1, 1],
    appliedName: "OneWrote",
    latest: positionAt(1),
    latestName: "FirstAnswered",
  },
  ComesBack: {
    log: before("x", "share", "x", "undo", "x"),
    applied: [5, 3, 1],
    appliedName: "OneAhead",
    latest: positionAt(3),
    latestName: "ThirdAnswered",
  },
} as const

const sketch = (value: number, k: number): Sketch => ({
  digest: pageText("x", value),
  position: positionAt(k),
})
const none: Sketch = { digest: "", position: nowhere }

const lies = (
  sketches: ReadonlyArray<Sketch>,
  results: ReadonlyArray<string | undefined>,
): ReadonlyArray<DMessage> =>
  [1, 2].flatMap((id) =>
    sketches.flatMap((stated) =>
      results.map((result) => ({
        type: "SketchReply" as const,
        client: 0,
        id,
        replica: 3,
        sketch: stated,
        result,
      })),
    ),
  )

/** What Byzantine replica 3 says besides the truth, by its name in MCDProphecy.tla. */
const universes = {
  NothingInjected: [],
  AnySketch: lies([none, sketch(0, 1), sketch(1, 3), sketch(0, 5)], [undefined]),
  AnyPage: lies(
    [none, sketch(0, 1), sketch(8, 1)],
    [undefined, pageText("x", 0), pageText("x", 8)],
  ),
} as const satisfies Record<string, ReadonlyArray<DMessage>>

/** One instance; TLC's part is beside the tests where it is `large`. */
export interface DProphecyModelSpec {
  readonly protocol: "d-prophecy"
  readonly name: string
  /** What the instance is for, in one sentence. */
  readonly why: string
  readonly asks: keyof typeof dAskings
  readonly start: keyof typeof starts
  readonly executors: ReadonlyArray<number>
  readonly canTimeout: ReadonlyArray<number>
  readonly injected: keyof typeof universes
  /** How many replicas must answer an ordered operation alike; the rules of the code: 3. */
  readonly orderedReplies: number
  /** The rules that are left out: TLC alone checks such a model. */
  readonly without: ReadonlyArray<"ComparesPositions" | "ExecutorBySketch">
  readonly invariants: ReadonlyArray<string>
  readonly byTlc: "all" | "graph"
  readonly expect: "holds" | { readonly violates: string }
  readonly reaches: ReadonlyArray<string>
  readonly unreachable: ReadonlyArray<string>
  readonly size: "test" | "large" | "nightly"
}

/** Four replicas, the last one Byzantine; models say what differs. */
const base = {
  protocol: "d-prophecy",
  asks: "ReadsOnce",
  start: "ReadBefore",
  executors: [0, 3],
  canTimeout: [],
  injected: "NothingInjected",
  orderedReplies: 3,
  without: [],
  invariants: ["TypeOK", "Genuine", "Once"],
  byTlc: "all",
  expect: "holds",
  reaches: [],
  unreachable: [],
  size: "large",
} as const satisfies Partial<DProphecyModelSpec>

export const startOf = ({ start }: DProphecyModelSpec) => starts[start]

export const constantsOfDProphecy = (spec: DProphecyModelSpec): DProphecyConstants => {
  const { log, applied, latest } = starts[spec.start]
  return {
    n: 4,
    f: 1,
    byzantine: [3],
    clientOps: dAskings[spec.asks],
    executors: spec.executors,
    canTimeout: spec.canTimeout,
    startLog: log,
    startApplied: applied,
    startLatest: latest,
    injected: universes[spec.injected],
  }
}

/** Models that TLC and the explorer compare. */
export const dProphecyModels: ReadonlyArray<DProphecyModelSpec> = [
  {
    ...base,
    name: "Repeated",
    why: "All have one sketch: the executor's result is the answer, and nobody else executes.",
    executors: [0],
    reaches: ["ReachFast", "ReachAllAnswered"],
    unreachable: ["ReachStale", "ReachOrderedRead"],
    size: "test",
  },
  {
    ...base,
    name: "FirstRead",
    why: "Nobody has a sketch: the read is ordered.",
    start: "NothingBefore",
    executors: [0],
    reaches: ["ReachOrderedRead", "ReachAllAnswered"],
    unreachable: ["ReachFast"],
  },
  {
    ...base,
    name: "AnyPageLie",
    why: "A Byzantine executor says what it likes, of the page and of its sketch.",
    injected: "AnyPage",
    canTimeout: [0],
    reaches: ["ReachFast", "ReachOrderedRead", "ClientSketchTimeout"],
  },
  {
    ...base,
    name: "Transition",
    why: "A write before the read: stale, or seen by too many.",
    asks: "WritesThenReads",
    executors: [0],
    injected: "AnySketch",
    reaches: ["ReachStale", "ReachOrderedRead", "ClientWrite"],
  },
  {
    ...base,
    name: "OneWrites",
    why: "A write while the page is read.",
    asks: "OneWrites",
    executors: [0],
    reaches: ["ReachFast", "ReachOrderedRead", "ClientWrite"],
  },
  {
    ...base,
    name: "ComesBack",
    size: "nightly",
    why: "A page is as it was before: one replica ahead, one behind, one that states anything.",
    asks: "ReadsTwice",
    start: "ComesBack",
    executors: [0],
    injected: "AnySketch",
    reaches: ["ReachFast", "ReachOrderedRead", "Once"],
  },
  {
    ...base,
    name: "TwoRead",
    why: "Two reads of a page that somebody has written, each stale or ordered.",
    asks: "TwoRead",
    start: "WrittenSince",
    executors: [1],
    reaches: ["ReachFast", "ReachStale", "ReachOrderedRead"],
    size: "nightly",
  },
]

/** For the refinement alone: larger still. */
const watchedAlone = [
  {
    ...base,
    name: "LaggingExecutor",
    why: "As ComesBack, where the replica that lags may be drawn as well.",
    asks: "ReadsTwice",
    start: "ComesBack",
    executors: [0, 2],
    injected: "AnySketch",
    size: "nightly",
  },
] as const satisfies ReadonlyArray<DProphecyModelSpec>

const broken = {
  ...base,
  asks: "ReadsTwice",
  start: "ComesBack",
  injected: "AnySketch",
  invariants: ["Once"],
  expect: { violates: "Once" },
} as const satisfies Partial<DProphecyModelSpec>

/** Models that lack a rule: TLC alone checks them, and each must fail. */
export const brokenDProphecyModels: ReadonlyArray<DProphecyModelSpec> = [
  {
    ...broken,
    name: "DigestsAlone",
    why: "Must fail: sketches with one digest count as one, whatever their positions.",
    executors: [0, 2],
    without: ["ComparesPositions"],
  },
  {
    ...broken,
    name: "ExecutorByResult",
    why: "Must fail: the executor counts by its result, whatever its own sketch.",
    executors: [0, 2],
    without: ["ExecutorBySketch"],
  },
  {
    ...broken,
    name: "FewOrderedReplies",
    why: "Must fail: f + 1 answers to an ordered read, so that too few have its sketch.",
    asks: "ReadsTwice",
    start: "WrittenSince",
    executors: [1],
    canTimeout: [0],
    orderedReplies: 2,
  },
]

/** A model that must refine DelayOnce, or lacks a rule and must not. */
export interface DProphecyRefinement {
  readonly model: DProphecyModelSpec
  readonly expect: "refines" | "fails"
}

/**
 * The models by which TLC and the explorer check that what clients see is delay-once:
 * spec/tla/RefineDProphecy-<name>.cfg is generated from them.
 */
export const dProphecyRefinements: ReadonlyArray<DProphecyRefinement> = [
  ...[...dProphecyModels, ...watchedAlone].map((model) => ({ model, expect: "refines" as const })),
  ...brokenDProphecyModels.map((model) => ({ model, expect: "fails" as const })),
]
