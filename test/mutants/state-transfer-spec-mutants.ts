/** Guards of state transfer in the specification, each taken away, and what must see it. */
import type { SpecMutant } from "./spec-run.ts"

const file = "spec/tla/Pbft.tla"

export const stateTransferSpecMutants: ReadonlyArray<SpecMutant> = [
  {
    name: "f replicas vouch for a state",
    file,
    find: String.raw`THEN Quorum - 1 ELSE F + 1`,
    replace: String.raw`THEN Quorum - 1 ELSE F`,
    killedBy: { check: "graph", where: "FetcherAlone" },
  },
  {
    name: "a state is taken whatever its digest",
    file,
    find: String.raw`IN /\ [seq |-> n, digest |-> d] \in Wanted(i)`,
    replace: String.raw`IN /\ \E c \in Wanted(i) : c.seq = n`,
    killedBy: { check: "graph", where: "FetcherAlone" },
  },
  {
    name: "votes above the window are lost when it moves",
    file,
    find: String.raw`[k \in CheckpointSeqs(h) \cup {k \in DOMAIN votes : k > h + L} |->`,
    replace: String.raw`[k \in CheckpointSeqs(h) |->`,
    killedBy: { check: "graph", where: "FetcherAlone" },
  },
  {
    name: "who took a state does not vouch for it",
    file,
    find: String.raw`ELSE Stabilise(i, n, cps, [checkpointVotes[i] EXCEPT ![n][i] = d])`,
    replace: String.raw`ELSE Stabilise(i, n, cps, checkpointVotes[i])`,
    killedBy: { check: "TypeOK", where: "FetcherAlone" },
  },
]
