/** Guards and rules of the specification's view change, taken away or weakened, put to TLC. */
import type { SpecMutant } from "./spec-run.ts"

const file = "spec/tla/Pbft.tla"

const decisions: ReadonlyArray<SpecMutant> = [
  {
    name: "the decision takes a P entry that nobody supports (no Q)",
    file,
    find: String.raw`A1(S, n, e) /\ A2(S, n, e)}}`,
    replace: "A1(S, n, e)}}",
    killedBy: { check: "graph", where: "DeciderAlone" },
  },
  {
    name: "f replicas support a P entry",
    file,
    find: String.raw`x.seq = n /\ x.digest = e.digest /\ x.view >= e.view}) >= F + 1`,
    replace: String.raw`x.seq = n /\ x.digest = e.digest /\ x.view >= e.view}) >= F`,
    killedBy: { check: "graph", where: "DeciderAlone" },
  },
  {
    name: "the highest view is ignored",
    file,
    find: String.raw`x.view < e.view \/ (x.view = e.view /\ x.digest = e.digest)}) >= Quorum`,
    replace: String.raw`x.view # e.view \/ x.digest = e.digest}) >= Quorum`,
    killedBy: { check: "graph", where: "DeciderAlone" },
  },
  {
    name: "the null request is chosen from 2f messages",
    file,
    find: String.raw`\A e \in m.prepared : e.seq # n}) >= Quorum`,
    replace: String.raw`\A e \in m.prepared : e.seq # n}) >= Quorum - 1`,
    killedBy: { check: "graph", where: "DeciderAlone" },
  },
  {
    name: "a view starts from a checkpoint that f replicas hold",
    file,
    find: String.raw`Cardinality({m \in S : c \in m.checkpoints}) >= F + 1}`,
    replace: String.raw`Cardinality({m \in S : c \in m.checkpoints}) >= F}`,
    killedBy: { check: "graph", where: "DeciderAlone" },
  },
  {
    name: "a NEW-VIEW's decision is not checked",
    file,
    find: String.raw`  /\ [start |-> m.start, chosen |-> m.chosen] \in Decisions(m.changes)`,
    replace: "",
    killedBy: { check: "graph", where: "ForgedNewView" },
  },
  {
    name: "a NEW-VIEW may show one replica's VIEW-CHANGEs twice, or of another view",
    file,
    find: String.raw`  /\ \A c \in m.changes : c.view = m.view /\ ValidViewChange(c)
`,
    replace: "",
    killedBy: { check: "graph", where: "ChangerAlone" },
  },
  {
    name: "a VIEW-CHANGE may speak of its own view",
    file,
    find: String.raw`e.view < m.view /\ e.seq \in Window(m.low)`,
    replace: String.raw`e.seq \in Window(m.low)`,
    killedBy: { check: "graph", where: "ChangerAlone" },
  },
]

const changes: ReadonlyArray<SpecMutant> = [
  {
    name: "f replicas that are ahead take a replica along",
    file,
    find: "IN IF Cardinality(ahead) >= F + 1",
    replace: "IN IF Cardinality(ahead) >= F",
    killedBy: { check: "graph", where: "SkippedViews" },
  },
  {
    name: "a replica joins the last of the views ahead",
    file,
    find: String.raw`\A x \in ahead : v <= x.view, changes)`,
    replace: String.raw`\A x \in ahead : v >= x.view, changes)`,
    killedBy: { check: "graph", where: "SkippedViews" },
  },
  {
    name: "a primary decides twice",
    file,
    find: String.raw`/\ i = Primary(view[i]) /\ ~active[i] /\ newView[i] = {}`,
    replace: String.raw`/\ i = Primary(view[i]) /\ ~active[i]`,
    killedBy: { check: "NoEquivocation", where: "ChangerAlone" },
  },
  {
    name: "votes of the old view stay in the log",
    file,
    find: String.raw`/\ slot' = [slot EXCEPT ![i] = [n \in Window(low[i]) |-> EmptySlot]]
  /\ pset'`,
    replace: String.raw`/\ UNCHANGED slot
  /\ pset'`,
    killedBy: { check: "TypeOK", where: "ChangerAlone" },
  },
  {
    name: "P forgets what was prepared before",
    file,
    find: String.raw`now \cup {e \in pset[i] : \A x \in now : x.seq # e.seq}`,
    replace: "now",
    killedBy: { check: "SentIsDurable", where: "ChangerAlone" },
  },
  {
    name: "Q holds only what was prepared",
    file,
    find: String.raw`LET now == EntriesAt(i, {"prePrepared", "voted", "prepared", "committed"}) IN`,
    replace: String.raw`LET now == EntriesAt(i, {"prepared", "committed"}) IN`,
    killedBy: { check: "SentIsDurable", where: "ChangerAlone" },
  },
  {
    name: "a view is entered without a batch that it starts with",
    file,
    find: String.raw`     /\ Missing(i, m, qset[i]) \subseteq fetched[i]
`,
    replace: "",
    killedBy: { check: "graph", where: "ChangerAlone" },
  },
  {
    name: "a restart forgets the own VIEW-CHANGE",
    file,
    find: String.raw`{m \in viewChanges[i] : m.replica = i}]`,
    replace: "{}]",
    killedBy: { check: "graph", where: "ViewChangeRestart" },
  },
]

export const viewChangeSpecMutants: ReadonlyArray<SpecMutant> = [...decisions, ...changes]
