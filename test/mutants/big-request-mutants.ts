/** Guards of big requests, each taken away, in code and specification. */
import type { CodeMutant } from "./code-run.ts"
import type { SpecMutant } from "./spec-run.ts"

const file = "src/core/pbft/big-requests.ts"
const spec = "spec/tla/Pbft.tla"
const graphOf = (where: string) => ({ check: "graph", where })

export const bigRequestMutants: ReadonlyArray<CodeMutant> = [
  {
    name: "named requests are not held against the digest",
    file,
    find: "whole.length === batch.length && config.batchDigest(whole) === digest",
    replace: "whole.length === batch.length",
    killedBy: graphOf("NamedAlone"),
  },
  {
    name: "a batch is taken without the requests that are missing",
    file,
    find: "whole.length === batch.length && config.batchDigest(whole) === digest",
    replace: "whole.length > 0",
    killedBy: graphOf("NamedAlone"),
  },
  {
    name: "whoever is asked gives a pre-prepare",
    file,
    find: `if (primaryOf(config.group, state.view) !== config.id) return ignore(state, "NotPrimary")`,
    replace: "",
    killedBy: graphOf("NamedAlone"),
  },
  {
    name: "a primary gives as its own what its view started with",
    file,
    find: `if (isChosen(state, m.seq)) return ignore(state, "OfNewView")`,
    replace: "",
    killedBy: { check: "NoEquivocation", where: "GiverAlone" },
  },
  {
    name: "a primary gives an empty pre-prepare",
    file,
    find: `if (!isOwn(slot)) return ignore(state, "NotPrePrepared")`,
    replace: "",
    killedBy: { check: "SentIsDurable", where: "GiverAlone" },
  },
]

export const bigRequestSpecMutants: ReadonlyArray<SpecMutant> = [
  {
    name: "named requests are not held against the digest",
    file: spec,
    find: String.raw`(\A k \in named : at(k) # {}) /\ Digest(batch) = m.digest`,
    replace: String.raw`(\A k \in named : at(k) # {})`,
    killedBy: graphOf("NamedAlone"),
  },
  {
    name: "whoever is asked gives a pre-prepare",
    file: spec,
    find: String.raw`/\ m.view = view[i] /\ active[i] /\ i = Primary(view[i])
  /\ m.seq \in Window(low[i])
  /\ slot[i][m.seq].phase \in {"prePrepared"`,
    replace: String.raw`/\ m.view = view[i] /\ active[i]
  /\ m.seq \in Window(low[i])
  /\ slot[i][m.seq].phase \in {"prePrepared"`,
    killedBy: { check: "TypeOK", where: "NamedAlone" },
  },
  {
    name: "a primary gives as its own what its view started with",
    file: spec,
    find: String.raw`/\ ~IsChosen(i, m.seq)
  /\ msgs'`,
    replace: String.raw`/\ msgs'`,
    killedBy: { check: "NoEquivocation", where: "GiverAlone" },
  },
]
