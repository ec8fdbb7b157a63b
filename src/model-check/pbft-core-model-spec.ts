/** What an instance of the abstraction to be checked is. */
import type { CoreConstants } from "./pbft-core-constants.ts"
import type { CoreInvariant } from "./pbft-core-judge.ts"

export interface CoreModelSpec extends CoreConstants {
  readonly name: string
  /** What the instance is for, in one sentence. */
  readonly why: string
  readonly invariants: ReadonlyArray<CoreInvariant>
  /** Step properties that TLC checks besides: what one number sees of several. */
  readonly properties: ReadonlyArray<"FirstAlone" | "LastAlone">
  /**
   * `graph`: TLC records its graph, and both are compared whole. `counts`: TLC records nothing,
   * which takes a third of the time; verdict, states, successors and depth are compared.
   */
  readonly byTlc: "graph" | "counts"
  /** Whether states that differ only in the names of asked batches count as one, in both tools. */
  readonly reduced: boolean
  readonly expect: "holds" | { readonly violates: string }
  readonly reaches: ReadonlyArray<string>
  readonly unreachable: ReadonlyArray<string>
  /**
   * As of PbftModelSpec; `bounded`: by the explorer alone, up to its limits; `mutant`: must fail,
   * by both tools beside the tests.
   */
  readonly size: "test" | "large" | "nightly" | "explorer" | "bounded" | "mutant"
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
  byTlc: "graph",
  expect: "holds",
  reaches: [],
  unreachable: [],
  size: "test",
} as const satisfies Partial<CoreModelSpec>
