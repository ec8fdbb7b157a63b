/**
 * The models of Prophecy. Their names, constants and universes are those of MCProphecy.tla;
 * `npm run models` writes a .cfg for each, and both tools explore the same.
 */
import { int, seq, type Text } from "./canonical.ts"
import {
  type Asked,
  pageText,
  type ProphecyConstants,
  type ProphecyMessage,
} from "./prophecy-process.ts"

const at = (sketcher: number, kind: "read" | "write", op: string): Asked => ({
  kind,
  op,
  at: sketcher,
  fresh: false,
})
const read = (op: string): Asked => at(0, "read", op)
const write = (op: string): Asked => at(0, "write", op)
const fresh = (op: string): Asked => ({ ...read(op), fresh: true })

/** What clients ask for, by its name in MCProphecy.tla. */
export const prophecyAskings = {
  ReadsTwice: [[read("x"), read("x")]],
  ReadsThrice: [[read("x"), read("x"), read("x")]],
  WritesBetween: [[read("x"), write("share"), read("x")]],
  ReadsFresh: [[read("x"), write("share"), fresh("x"), read("x")]],
  ThreePages: [[read("x"), read("y"), read("z"), read("x")]],
  SharesAndUndoes: [[read("x"), write("share"), fresh("x"), write("undo"), read("x")]],
  OneWrites: [[write("share")], [read("x"), read("x")]],
  BothRead: [[read("x"), read("x")], [read("x")]],
  BothReadAndWrite: [
    [write("share"), read("x")],
    [read("x"), read("x")],
  ],
  ReadsAndWrites: [
    [write("share"), write("undo")],
    [read("x"), read("y"), read("x")],
  ],
  LateRead: [[read("x")], [write("share"), read("x"), read("x")]],
  LateReadOfThree: [[read("x")], [read("x"), read("y"), read("z"), read("x")]],
  // The first one's read may be of a sketcher that has stopped since.
  RestartsBetween: [[read("x")], [write("share"), write("undo"), read("x")]],
  ReadsAgain: [[read("x")], [read("x"), read("x")]],
  Hops: [[read("x"), write("share"), at(1, "read", "x"), read("x")]],
  Owned: [[read("x"), at(1, "read", "y"), write("share"), read("x"), at(1, "read", "y")]],
} as const satisfies Record<string, ReadonlyArray<ReadonlyArray<Asked>>>
export type ProphecyAsking = keyof typeof prophecyAskings

const fastReplies = (
  ids: ReadonlyArray<number>,
  results: ReadonlyArray<Text>,
): ReadonlyArray<ProphecyMessage> =>
  ids.flatMap((id) =>
    results.map((result) => ({ type: "FastReply" as const, sketcher: 0, id, replica: 3, result })),
  )

/** What Byzantine replica 3 may say besides the truth, by its name in MCProphecy.tla. */
export const prophecyUniverses = {
  NothingInjected: [],
  // Pages that are, that were, and that nobody wrote; the last has the first one's short digest.
  AnyPage: fastReplies([2, 3, 4], [pageText("x", 0), pageText("x", 1), pageText("x", 8)]),
  OldPage: fastReplies([3, 4, 5, 7], [pageText("x", 0)]),
  // Results that nobody computed, from a position that nothing has.
  ForgedReplies: [0, 1].flatMap((client) =>
    [1, 2].map((timestamp) => ({
      type: "Reply" as const,
      client,
      timestamp,
      replica: 3,
      position: { seq: 9, place: 0 },
      result: pageText("x", 8),
    })),
  ),
} as const satisfies Record<string, ReadonlyArray<ProphecyMessage>>
export type ProphecyUniverse = keyof typeof prophecyUniverses

export const prophecyDigests = {
  FullDigest: (result: Text): string => result,
  TruncatedDigest: (result: Text): string => seq([int(Number(/(\d+)>>$/.exec(result)?.[1]) % 8)]),
} as const satisfies Record<string, (result: Text) => string>

/** One instance; TLC's part is beside the tests where it is `large`. */
export interface ProphecyModelSpec {
  readonly protocol: "prophecy"
  readonly name: string
  /** What the instance is for, in one sentence. */
  readonly why: string
  readonly sketchers: number
  readonly asks: ProphecyAsking
  readonly sessions: ReadonlyArray<number>
  readonly sketches: boolean
  readonly generation: number
  readonly lanes: number
  readonly maxStrikes: number
  readonly canTimeout: ReadonlyArray<number>
  readonly canRetransmit: ReadonlyArray<number>
  readonly canRestart: ReadonlyArray<number>
  readonly canGiveUp: ReadonlyArray<number>
  readonly injected: ProphecyUniverse
  readonly digest: keyof typeof prophecyDigests
  readonly invariants: ReadonlyArray<string>
  readonly byTlc: "all" | "graph" | "nothing"
  readonly expect: "holds" | { readonly violates: string }
  readonly reaches: ReadonlyArray<string>
  readonly unreachable: ReadonlyArray<string>
  readonly size: "test" | "large" | "nightly"
}

const everyInvariant = ["TypeOK", "Genuine", "SketchesGenuine", "Once", "SessionOK", "LanesBounded"]

/** Four replicas, the last one Byzantine; models say what differs. */
export const prophecyBase = {
  protocol: "prophecy",
  sketchers: 1,
  asks: "OneWrites",
  sessions: [],
  sketches: true,
  generation: 2,
  lanes: 1,
  maxStrikes: 0,
  canTimeout: [],
  canRetransmit: [],
  canRestart: [],
  canGiveUp: [],
  injected: "NothingInjected",
  digest: "FullDigest",
  invariants: everyInvariant,
  byTlc: "all",
  expect: "holds",
  reaches: [],
  unreachable: [],
  size: "test",
} as const satisfies Partial<ProphecyModelSpec>

export const constantsOfProphecy = (spec: ProphecyModelSpec): ProphecyConstants => ({
  n: 4,
  f: 1,
  byzantine: [3],
  sketchers: spec.sketchers,
  clientOps: prophecyAskings[spec.asks],
  sessions: spec.sessions,
  sketches: spec.sketches,
  generation: spec.generation,
  lanes: spec.lanes,
  maxStrikes: spec.maxStrikes,
  canTimeout: spec.canTimeout,
  canRetransmit: spec.canRetransmit,
  canRestart: spec.canRestart,
  canGiveUp: spec.canGiveUp,
  injected: prophecyUniverses[spec.injected],
  digest: prophecyDigests[spec.digest],
})

export const prophecyModels: ReadonlyArray<ProphecyModelSpec> = [
  {
    ...prophecyBase,
    name: "Repeated",
    why: "A client reads twice: the second read is one replica's, and executes nothing elsewhere.",
    asks: "ReadsTwice",
    reaches: ["ReachFast", "ReachAllAnswered"],
    unreachable: ["ReachStale", "ReachMismatch"],
  },
  {
    ...prophecyBase,
    name: "Transition",
    why: "A write between the reads: the second is stale, or sees it and is read anew.",
    reaches: ["ReachStale", "ReachMismatch", "ReachSecondInBatch", "ReachQueued"],
    size: "large",
  },
  {
    ...prophecyBase,
    name: "Proxied",
    why: "Without sketches: proxied PBFT, every read is replicated.",
    sketches: false,
    reaches: ["ReachQueued", "ReachAllAnswered"],
    unreachable: ["ReachFast", "ReachStale", "SketchesGenuine"],
    size: "large",
  },
  {
    ...prophecyBase,
    name: "Session",
    why: "A client with a session reads what it wrote, and nothing older than what it saw.",
    asks: "WritesBetween",
    sessions: [0],
    reaches: ["ReachAllAnswered", "SessionOK"],
    unreachable: ["ReachStale", "ReachFast"],
    size: "large",
  },
  {
    ...prophecyBase,
    name: "NoSession",
    why: "As Session, without one: the client may miss its own write.",
    asks: "WritesBetween",
    reaches: ["ReachStale"],
    size: "large",
  },
  {
    ...prophecyBase,
    name: "Fresh",
    why: "A read that asks for no sketch sees every write before it; so does the next one.",
    asks: "ReadsFresh",
    reaches: ["ReachFast", "Once"],
    unreachable: ["ReachStale"],
    size: "large",
  },
  {
    ...prophecyBase,
    name: "ValueComesBack",
    why: "A page is as it was before: its sketch and what a lagging replica says are equal again.",
    asks: "SharesAndUndoes",
    reaches: ["ReachFast", "ReachStale", "ReachMismatch"],
    size: "large",
  },
  {
    ...prophecyBase,
    name: "Dropped",
    why: "More pages than sketches: a dropped page is replicated again.",
    asks: "ThreePages",
    generation: 1,
    reaches: ["ReachDropped", "ReachAllAnswered"],
    unreachable: ["ReachFast"],
    size: "large",
  },
  {
    ...prophecyBase,
    name: "AnyPageLie",
    why: "The drawn replica says what it likes, and is not drawn any more for a while.",
    asks: "ReadsThrice",
    injected: "AnyPage",
    maxStrikes: 1,
    reaches: ["ReachOut", "ReachMismatch", "SketcherReadmit"],
    unreachable: ["ReachStale"],
    size: "large",
  },
  {
    ...prophecyBase,
    name: "Silent",
    why: "The drawn replica says nothing in time, and is not drawn any more for a while.",
    asks: "ReadsTwice",
    maxStrikes: 1,
    canTimeout: [0],
    reaches: ["ReachOut", "SketcherReadmit", "SketcherFastTimeout"],
    unreachable: ["ReachMismatch"],
    size: "large",
  },
  {
    ...prophecyBase,
    name: "ForgedReply",
    why: "A Byzantine replica answers first, with a result of its own from a position of its own.",
    injected: "ForgedReplies",
    lanes: 2,
    asks: "ReadsTwice",
    canRetransmit: [0],
    reaches: ["ReachFast", "SketcherRetransmit"],
    size: "large",
  },
  {
    ...prophecyBase,
    name: "Stops",
    why: "The sketcher stops at any moment and comes back with an empty table.",
    asks: "ReadsAgain",
    canRestart: [0],
    reaches: ["ReachGone", "ReachFastAfterRestart"],
    size: "large",
  },
  {
    ...prophecyBase,
    name: "GivesUp",
    why: "A client waits no longer, whatever its call waits for: the next call takes the lane.",
    asks: "ReadsAgain",
    canGiveUp: [0],
    reaches: ["ReachGone", "ReachQueued", "ReachFastAfterRestart"],
    size: "large",
  },
  {
    ...prophecyBase,
    name: "ReadsUnderWay",
    why: "Results of two reads of a page come back in any order.",
    asks: "ReadsAgain",
    lanes: 2,
    reaches: ["ReachTwoOrdered", "ReachFast", "Once"],
    size: "large",
  },
  {
    ...prophecyBase,
    name: "OwnedPages",
    why: "Two sketchers, each page with one of them: what either says of its pages holds.",
    asks: "Owned",
    sketchers: 2,
    reaches: ["ReachFast", "ReachStale", "ReachAllAnswered"],
    size: "large",
  },
  {
    ...prophecyBase,
    name: "TwoUnderWay",
    why: "Results of two reads of a page come back in any order, with a write between them.",
    asks: "LateRead",
    lanes: 2,
    reaches: ["ReachTwoOrdered", "ReachStale", "Once"],
    size: "nightly",
  },
  {
    ...prophecyBase,
    name: "TransitionOfTwo",
    why: "As Transition, with two operations under way.",
    lanes: 2,
    reaches: ["ReachTwoOrdered", "ReachStale"],
    size: "large",
  },
  {
    ...prophecyBase,
    name: "BothReadAndWrite",
    why: "Two clients that both read, one of them after its own write.",
    asks: "BothReadAndWrite",
    lanes: 2,
    byTlc: "nothing",
    size: "nightly",
  },
  {
    ...prophecyBase,
    name: "TwoSketchersOnePage",
    why: "Must fail: two sketchers that each have sketches of one page.",
    asks: "Hops",
    sketchers: 2,
    expect: { violates: "Once" },
  },
  {
    ...prophecyBase,
    name: "TruncatedDigests",
    why: "Must fail: the digest of a result is cut short, and a liar finds another result with it.",
    asks: "ReadsTwice",
    injected: "AnyPage",
    digest: "TruncatedDigest",
    expect: { violates: "Genuine" },
  },
]
