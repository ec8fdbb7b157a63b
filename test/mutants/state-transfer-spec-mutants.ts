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
    name: "a replica goes back to a state that it has executed beyond",
    file,
    find: String.raw`c.seq > Settled(i).executed /\ c.seq % K = 0`,
    replace: String.raw`c.seq % K = 0`,
    killedBy: { check: "graph", where: "FetcherAlone" },
  },
  {
    name: "the state of another checkpoint is given",
    file,
    find: String.raw`/\ m.seq \in DOMAIN checkpoints[i] /\ OwnDigest(i, m.seq) = m.digest`,
    replace: String.raw`/\ m.seq \in DOMAIN checkpoints[i]`,
    killedBy: { check: "graph", where: "FetcherAlone" },
  },
]
