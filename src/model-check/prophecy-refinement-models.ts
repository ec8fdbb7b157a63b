/**
 * The models by which TLC checks that Prophecy refines DelayOnce, and those that leave out one rule
 * and must not: spec/tla/RefineProphecy-<name>.cfg is generated from them.
 */
import { type ProphecyModelSpec, prophecyBase } from "./prophecy-models.ts"

/** What a model that TLC alone checks has beside the constants of the explorer's. */
export interface TlcOnly {
  readonly readOnly: boolean
  readonly writeReplies: number
  readonly readReplies: number
  /** The rules that are left out, by name. */
  readonly lacks: ReadonlyArray<string>
  readonly byzantine: ReadonlyArray<number>
}

/** Reads are ordered, f + 1 answers are enough, and no rule is left out: as in the code. */
export const asInCode: TlcOnly = {
  readOnly: false,
  writeReplies: 2,
  readReplies: 3,
  lacks: [],
  byzantine: [3],
}

export interface ProphecyRefinement {
  readonly name: string
  readonly why: string
  readonly model: Pick<
    ProphecyModelSpec,
    "asks" | "lanes" | "generation" | "canRestart" | "canTimeout" | "injected" | "sketchers"
  > &
    Pick<ProphecyModelSpec, "digest" | "canGiveUp">
  readonly only: TlcOnly
  /** `refines`, or a rule is missing and something must be violated. */
  readonly expect: "refines" | "fails"
  /** `nightly`: it takes TLC many minutes or hours (ci/nightly.sh refinements). */
  readonly size: "test" | "large" | "nightly"
}

type Part = Partial<Omit<ProphecyRefinement, "model" | "only">> & {
  readonly name: string
  readonly why: string
  readonly model?: Partial<ProphecyRefinement["model"]>
  readonly only?: Partial<TlcOnly>
}

const made = ({ name, why, model, only, expect, size }: Part): ProphecyRefinement => {
  const { asks, lanes, generation, canRestart, canGiveUp, canTimeout, injected } = prophecyBase
  const { sketchers, digest } = prophecyBase
  const where = { asks, lanes, generation, sketchers, digest }
  const base = { ...where, canRestart, canGiveUp, canTimeout, injected }
  return {
    name,
    why,
    model: { ...base, ...model },
    only: { ...asInCode, ...only },
    expect: expect ?? "refines",
    size: size ?? "large",
  }
}

const readOnly = { readOnly: true, writeReplies: 3, readReplies: 3 }

export const prophecyRefinements: ReadonlyArray<ProphecyRefinement> = [
  made({
    name: "Complete",
    why: "Two clients, two requests, two writes, two operations under way, any replica lagging.",
    model: { asks: "ReadsAndWrites", lanes: 2 },
    size: "nightly",
  }),
  made({
    name: "CompleteLies",
    why: "As Complete, where the liar answers fast reads with a page that was, or nobody in time.",
    model: { asks: "ReadsAndWrites", lanes: 2, injected: "OldPage", canTimeout: [0] },
    size: "nightly",
  }),
  made({
    name: "Transition",
    why: "A write between two reads.",
    size: "test",
  }),
  made({
    name: "LateRead",
    why: "Two reads of a page under way, with a write between them.",
    model: { asks: "LateRead", lanes: 2 },
  }),
  made({
    name: "Stops",
    why: "The sketcher stops at any moment.",
    model: { asks: "LateRead", canRestart: [0] },
  }),
  made({
    name: "GivesUp",
    why: "Clients wait no longer; what they asked for may take effect all the same.",
    model: { canGiveUp: [0] },
  }),
  made({
    name: "ReadOnly",
    why: "Replicated reads without a position: 2f + 1 answers to everything.",
    model: { asks: "ReadsFresh" },
    only: readOnly,
  }),
  made({
    name: "ReadOnlyOfTwo",
    why: "As ReadOnly, with two clients and one replicated read of a page at a time.",
    model: { asks: "OneWrites", lanes: 2 },
    only: readOnly,
  }),
  made({
    name: "ReadOnlyNoLiar",
    why: "As ReadOnlyOfTwo, where all replicas are correct, and any of them lag.",
    model: { asks: "OneWrites", lanes: 2 },
    only: { ...readOnly, byzantine: [] },
  }),
  made({
    name: "OutOfOrder",
    why: "Must fail: sketches follow the order in which results come back.",
    model: { asks: "LateRead", lanes: 2 },
    only: { lacks: ["NewestWins"] },
    expect: "fails",
  }),
  made({
    name: "OneReplicaFills",
    why: "Must fail: the answer of one replica becomes a sketch.",
    model: { asks: "BothRead", lanes: 2, injected: "AnyPage" },
    only: { lacks: ["QuorumFills"] },
    expect: "fails",
  }),
  made({
    name: "NoFloor",
    why: "Must fail: sketches are dropped and leave no floor.",
    model: { asks: "LateReadOfThree", lanes: 2, generation: 1 },
    only: { lacks: ["KeepsFloor"] },
    expect: "fails",
  }),
  made({
    name: "FewReplies",
    why: "Must fail: f + 1 answers, to writes and to reads that take no position.",
    model: { asks: "WritesBetween" },
    only: { readOnly: true, writeReplies: 2, readReplies: 2 },
    expect: "fails",
  }),
  made({
    name: "FewWriteReplies",
    why: "Must fail: 2f + 1 answers to reads that take no position, but f + 1 to writes.",
    model: { asks: "ReadsFresh" },
    only: { readOnly: true, writeReplies: 2, readReplies: 3 },
    expect: "fails",
  }),
  made({
    name: "ReadsAtOnce",
    why: "Must fail: two reads of a page under way that take no position.",
    // No liar is needed, and without one TLC finds it soon.
    model: { asks: "LateRead", lanes: 2 },
    only: { ...readOnly, byzantine: [], lacks: ["OneReadAtATime"] },
    expect: "fails",
  }),
  made({
    name: "OldTimestamps",
    why: "Must fail: a sketcher that comes back uses timestamps again.",
    model: { asks: "RestartsBetween", canRestart: [0] },
    only: { lacks: ["NewTimestamps"] },
    expect: "fails",
  }),
  made({
    name: "TwoSketchers",
    why: "Must fail: two sketchers that each have sketches of one page.",
    model: { asks: "Hops", sketchers: 2 },
    expect: "fails",
  }),
  made({
    name: "Truncated",
    why: "Must fail: digests are cut short.",
    model: { asks: "ReadsTwice", injected: "AnyPage", digest: "TruncatedDigest" },
    expect: "fails",
  }),
]
