/** Guards and rules of the view change, each taken away or weakened, and the check that sees it. */
import type { CodeMutant } from "./code-run.ts"

const decision = "src/core/pbft/decision.ts"
const viewChange = "src/core/pbft/view-change.ts"
const enterView = "src/core/pbft/enter-view.ts"
const certificates = "src/core/pbft/certificates.ts"
const restart = "src/core/pbft/restart.ts"
const normalCase = "src/core/pbft/normal-case.ts"

const seenBy = (check: string, where: string) => ({ check, where })
const graphOf = (where: string) => ({ check: "graph", where })

const decisions: ReadonlyArray<CodeMutant> = [
  {
    name: "the decision takes a P entry that nobody supports (no Q)",
    file: decision,
    find: "if (isLatest(config, changes, e) && isSupported(config, changes, e))",
    replace: "if (isLatest(config, changes, e))",
    killedBy: graphOf("DeciderAlone"),
  },
  {
    name: "f replicas support a P entry",
    file: decision,
    find: "(x) => isAt(e.seq, e.digest)(x) && x.view >= e.view)) >=\n  weakQuorum(group)",
    replace: "(x) => isAt(e.seq, e.digest)(x) && x.view >= e.view)) >=\n  group.f",
    killedBy: graphOf("DeciderAlone"),
  },
  {
    name: "support from an earlier view counts",
    file: decision,
    find: "isAt(e.seq, e.digest)(x) && x.view >= e.view",
    replace: "isAt(e.seq, e.digest)(x)",
    killedBy: graphOf("DeciderAlone"),
  },
  {
    name: "the highest view is ignored",
    file: decision,
    find: "x.view < e.view || (x.view === e.view && x.digest === e.digest)",
    replace: "x.view !== e.view || x.digest === e.digest",
    killedBy: graphOf("DeciderAlone"),
  },
  {
    name: "2f messages say that nothing later was prepared",
    file: decision,
    find: ") >= group.quorum\n\n/** A2",
    replace: ") >= group.quorum - 1\n\n/** A2",
    killedBy: graphOf("DeciderAlone"),
  },
  {
    name: "the null request is chosen from 2f messages",
    file: decision,
    find: "m.prepared.every((e) => e.seq !== seq)) >= group.quorum",
    replace: "m.prepared.every((e) => e.seq !== seq)) >= group.quorum - 1",
    killedBy: graphOf("DeciderAlone"),
  },
  {
    name: "the null request is chosen although something is justified",
    file: decision,
    find: "if (justified.size > 0) return [...justified]",
    replace: "",
    killedBy: seenBy("CanDecide", "ViewChange"),
  },
  {
    name: "a view starts from a checkpoint that f replicas hold",
    file: decision,
    find: "holders < weakQuorum(group)",
    replace: "holders < group.f",
    killedBy: graphOf("DeciderAlone"),
  },
  {
    name: "a view starts from a checkpoint above which others still need something",
    file: decision,
    find: "if (below < group.quorum || holders",
    replace: "if (holders",
    killedBy: graphOf("DeciderAlone"),
  },
  {
    name: "a NEW-VIEW's decision is not checked",
    file: decision,
    find: "m.changes.every((c) => c.view === m.view && isValidViewChange(config.logSize, c)) &&\n  decisions(config, m.changes).some((d) => sameDecision(d, m))",
    replace: "m.changes.every((c) => c.view === m.view && isValidViewChange(config.logSize, c))",
    killedBy: seenBy("ReachSkippedView is never reached", "ForgedNewView"),
  },
  {
    name: "a VIEW-CHANGE of a view may speak of that view",
    file: decision,
    find: "e.view < m.view && e.seq > m.low",
    replace: "e.view <= m.view && e.seq > m.low",
    killedBy: graphOf("ChangerAlone"),
  },
  {
    name: "a VIEW-CHANGE may speak of numbers outside its window",
    file: decision,
    find: " && e.seq <= m.low + logSize,",
    replace: ",",
    killedBy: graphOf("ChangerAlone"),
  },
  {
    name: "a VIEW-CHANGE may claim two batches at a number",
    file: decision,
    find: "ascending(m.prepared.map((e) => e.seq)) &&",
    replace: "",
    killedBy: graphOf("ChangerAlone"),
  },
  {
    name: "a VIEW-CHANGE may show a checkpoint outside its window",
    file: decision,
    find: " && c.seq <= m.low + logSize) &&",
    replace: ") &&",
    killedBy: graphOf("ChangerAlone"),
  },
]

const changes: ReadonlyArray<CodeMutant> = [
  {
    name: "f replicas that are ahead take a replica along",
    file: viewChange,
    find: "ahead.length < weakQuorum(config.group)",
    replace: "ahead.length < config.group.f",
    killedBy: graphOf("SkippedViews"),
  },
  {
    name: "a replica joins the last of the views ahead",
    file: viewChange,
    find: "view: Math.min(...ahead.map((x) => x.view))",
    replace: "view: Math.max(...ahead.map((x) => x.view))",
    killedBy: graphOf("SkippedViews"),
  },
  {
    name: "an older VIEW-CHANGE replaces a newer one",
    file: viewChange,
    find: "mine.view >= m.view && fresh(mine)",
    replace: "mine.view === m.view && fresh(mine)",
    killedBy: graphOf("SkippedViews"),
  },
  {
    name: "a VIEW-CHANGE is not checked",
    file: viewChange,
    find: `if (!isValidViewChange(config.logSize, m)) return ignore(state, "BadViewChange")`,
    replace: "",
    killedBy: graphOf("ChangerAlone"),
  },
  {
    name: "a backup decides for the primary",
    file: viewChange,
    find: "state.newView === undefined && primaryOf(config.group, state.view) === config.id",
    replace: "state.newView === undefined",
    killedBy: graphOf("SkippedViews"),
  },
  {
    name: "a primary decides twice",
    file: viewChange,
    find: "!state.active && state.newView === undefined &&",
    replace: "!state.active &&",
    killedBy: seenBy("NoEquivocation", "ChangerAlone"),
  },
  {
    name: "a NEW-VIEW of another replica is taken",
    file: viewChange,
    find: `if (m.replica !== primaryOf(config.group, m.view)) return ignore(state, "NotFromPrimary")`,
    replace: "",
    killedBy: graphOf("ChangerAlone"),
  },
  {
    name: "a second NEW-VIEW is taken",
    file: viewChange,
    find: `if (here && (state.active || state.newView !== undefined)) return ignore(state, "HasNewView")`,
    replace: "",
    killedBy: graphOf("ChangerAlone"),
  },
  {
    name: "a NEW-VIEW of an older view is taken",
    file: viewChange,
    find: "if (m.view === 0 || m.view < state.view)",
    replace: "if (m.view === 0)",
    killedBy: graphOf("SkippedViews"),
  },
  {
    name: "a bad NEW-VIEW is ignored in place of its primary being left",
    file: viewChange,
    find: "if (!here) return",
    replace: "return",
    killedBy: seenBy("ReachSkippedView is never reached", "ForgedNewView"),
  },
  {
    name: "votes of the old view stay in the log",
    file: viewChange,
    find: "log: Window.make(emptySlot(config.group.n), config.logSize, state.log.low),",
    replace: "log: state.log,",
    killedBy: seenBy("TypeOK", "ViewChange"),
  },
]

const sets: ReadonlyArray<CodeMutant> = [
  {
    name: "P forgets what was prepared before",
    file: certificates,
    find: "const before = state.pset.filter((e) => now.every((x) => x.seq !== e.seq))",
    replace: "const before: ReadonlyArray<Entry> = []",
    killedBy: seenBy("SentIsDurable", "ChangerAlone"),
  },
  {
    name: "P forgets what was committed",
    file: certificates,
    find: `entriesAt(state, ["prepared", "committed"])`,
    replace: `entriesAt(state, ["prepared"])`,
    killedBy: seenBy("SentIsDurable", "ViewChange"),
  },
  {
    name: "Q holds only what was prepared",
    file: certificates,
    find: `entriesAt(state, ["prePrepared", "voted", "prepared", "committed"])`,
    replace: `entriesAt(state, ["prepared", "committed"])`,
    killedBy: seenBy("SentIsDurable", "ViewChange"),
  },
  {
    name: "a replica that changes views votes in the next one",
    file: normalCase,
    find: `  if (!state.active) return ignore(state, "NotActive")
  if (m.replica === config.id) return ignore(state, "FromSelf")`,
    replace: `  if (m.replica === config.id) return ignore(state, "FromSelf")`,
    killedBy: seenBy("TypeOK", "ChangerAlone"),
  },
  {
    name: "a replica that changes views takes pre-prepares",
    file: normalCase,
    find: `  if (!state.active) return ignore(state, "NotActive")
  if (m.replica !== primaryOf(config.group, state.view)) return ignore(state, "NotFromPrimary")`,
    replace: `  if (m.replica !== primaryOf(config.group, state.view)) return ignore(state, "NotFromPrimary")`,
    killedBy: seenBy("TypeOK", "ChangerAlone"),
  },
]

const entering: ReadonlyArray<CodeMutant> = [
  {
    name: "a view is entered without a batch that it starts with",
    file: enterView,
    find: "return missingBatches(config, state, newView).every((digest) => have.has(digest))",
    replace: "return have.size >= 0",
    killedBy: seenBy("the projection is injective", "ChangerAlone"),
  },
  {
    name: "a view is entered without the checkpoint that it starts from",
    file: enterView,
    find: "if (active || newView === undefined || !holdsStart(state, newView)) return false",
    replace: "if (active || newView === undefined) return false",
    killedBy: seenBy("TypeOK", "DeciderAlone"),
  },
  {
    name: "any batch is kept while a view is entered",
    file: enterView,
    find: `if (!missingBatches(config, state, state.newView).includes(digest)) {
    return ignore(state, "UnwantedBatch")
  }`,
    replace: "",
    killedBy: graphOf("ChangerAlone"),
  },
  {
    name: "a backup enters without its votes",
    file: enterView,
    find: "for (const seq of backup ? Window.occupied(log) : [])",
    replace: "for (const seq of [] as ReadonlyArray<number>)",
    killedBy: graphOf("ChangerAlone"),
  },
  {
    name: "the new primary proposes again what the view starts with",
    file: enterView,
    find: "return { ...state, seqno, queue, assigned: assignedIn(state) }",
    replace: "return { ...state, seqno: state.log.low, queue, assigned: assignedIn(state) }",
    killedBy: graphOf("ViewChange"),
  },
  {
    name: "a restart forgets P and Q",
    file: restart,
    find: "    ...setsOf(config, disk),\n",
    replace: "",
    killedBy: seenBy("SentIsDurable", "ChangerAlone"),
  },
  {
    name: "a restart forgets the own VIEW-CHANGE",
    file: restart,
    find: "viewChanges: viewChange === undefined ? [] : [viewChange],",
    replace: "viewChanges: [],",
    killedBy: graphOf("ViewChangeRestart"),
  },
  {
    name: "a restart forgets the NEW-VIEW",
    file: restart,
    find: "    newView,\n    recovery,\n    heard,\n    seqno",
    replace: "    newView: undefined,\n    recovery,\n    heard,\n    seqno",
    killedBy: seenBy("TypeOK", "ViewChangeRestart"),
  },
  {
    name: "a restart goes back to view 0",
    file: restart,
    find: "    view,\n    active,\n",
    replace: "    active,\n",
    killedBy: seenBy("TypeOK", "ViewChangeRestart"),
  },
]

export const viewChangeMutants: ReadonlyArray<CodeMutant> = [
  ...decisions,
  ...changes,
  ...sets,
  ...entering,
]
