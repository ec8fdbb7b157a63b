/** What an instance of the abstraction of Zyzzyva to be checked is. */
import type { ZyzzyvaConstants } from "./zyzzyva-core-constants.ts"
import type { ZyzzyvaInvariant } from "./zyzzyva-core-judge.ts"

export interface ZyzzyvaModelSpec extends ZyzzyvaConstants {
  readonly name: string
  /** What the instance is for, in one sentence. */
  readonly why: string
  readonly invariants: ReadonlyArray<ZyzzyvaInvariant>
  /** As of CoreModelSpec. */
  readonly byTlc: "graph" | "counts"
  /** Whether states that differ only in the names of batches count as one, in both tools. */
  readonly reduced: boolean
  readonly expect: "holds" | { readonly violates: string }
  readonly reaches: ReadonlyArray<string>
  readonly unreachable: ReadonlyArray<string>
  readonly size: "test" | "large" | "nightly" | "explorer" | "bounded" | "mutant"
}

/** Four replicas, one Byzantine; one sequence number, two batches; the corrected rule. */
export const zyzzyvaBase = {
  n: 4,
  f: 1,
  byzantine: [0],
  asked: [["a", "b"]],
  maxView: 1,
  viewChange: "corrected",
  fastNeeds: 4,
  commitNeeds: 3,
  localNeeds: 3,
  changeNeeds: 3,
  voteNeeds: 2,
  also: [],
  lacks: [],
  inLayers: true,
  invariants: ["Agreement", "CertificatesAgree", "CarryOver"],
  reduced: true,
  byTlc: "graph",
  expect: "holds",
  reaches: [],
  unreachable: [],
  size: "test",
} as const satisfies Partial<ZyzzyvaModelSpec>
