/**
 * Mutants that break the refinement: the same rule taken out of the code and out of the
 * specification, seen by the explorer and by TLC as a step that the abstraction does not have.
 */
import type { CodeMutant } from "./code-run.ts"
import type { SpecMutant } from "./spec-run.ts"

const spec = "spec/tla/Pbft.tla"

const astrayIn = (model: string) => ({ check: "RefinesCore", where: `RefinePbft/${model}` })

export const refinementMutants: ReadonlyArray<CodeMutant> = [
  {
    name: "the abstraction: 2f replicas make a prepared certificate",
    file: "src/core/pbft/normal-case.ts",
    find: "Votes.count(slot.prepares, slot.digest) < config.group.quorum - 1",
    replace: "Votes.count(slot.prepares, slot.digest) < config.group.quorum - 2",
    killedBy: astrayIn("HalfTold"),
  },
  {
    name: "the abstraction: a new view starts with nothing",
    file: "src/core/pbft/decision.ts",
    find: "if (seq <= high) top = Math.max(top, seq)",
    replace: "if (seq < top) top = Math.max(top, high)",
    killedBy: astrayIn("HalfTold"),
  },
  {
    name: "the abstraction: a replica takes part in a view before it has begun",
    file: "src/core/pbft/view-change.ts",
    find: "  active: false,",
    replace: "  active: true,",
    killedBy: astrayIn("HalfTold"),
  },
  {
    name: "the abstraction: P holds only what was committed",
    file: "src/core/pbft/certificates.ts",
    find: 'entriesAt(state, ["prepared", "committed"])',
    replace: 'entriesAt(state, ["committed"])',
    killedBy: { check: "TrueClaims", where: "RefinePbft/HalfTold" },
  },
]

export const refinementSpecMutants: ReadonlyArray<SpecMutant> = [
  {
    name: "the abstraction: 2f replicas make a prepared certificate",
    file: spec,
    find: String.raw`Votes(s1.prepares, d) >= Quorum - 1`,
    replace: String.raw`Votes(s1.prepares, d) >= Quorum - 2`,
    killedBy: astrayIn("HalfTold"),
  },
  {
    name: "the abstraction: a new view starts with nothing",
    file: spec,
    find: String.raw`{e \in UNION {m.prepared : m \in S} :
                                                e.seq \in Window(h)}})`,
    replace: "{}})",
    killedBy: astrayIn("HalfTold"),
  },
  {
    name: "the abstraction: a replica takes part in a view before it has begun",
    file: spec,
    find: String.raw`active' = [active EXCEPT ![i] = FALSE]`,
    replace: String.raw`active' = [active EXCEPT ![i] = TRUE]`,
    killedBy: astrayIn("HalfTold"),
  },
  {
    name: "the abstraction: P holds only what was committed",
    file: spec,
    find: String.raw`LET now == EntriesAt(i, {"prepared", "committed"}) IN
  now \cup {e \in pset[i]`,
    replace: String.raw`LET now == EntriesAt(i, {"committed"}) IN
  now \cup {e \in pset[i]`,
    killedBy: { check: "TrueClaims", where: "RefinePbft/HalfTold" },
  },
]
