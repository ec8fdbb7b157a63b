/** What a replica that lost its disk must not do, each allowed, in code and specification. */
import type { CodeMutant } from "./code-run.ts"
import type { SpecMutant } from "./spec-run.ts"

const normalCase = "src/core/pbft/normal-case.ts"
const viewChange = "src/core/pbft/view-change.ts"
const rejoin = "src/core/pbft/rejoin.ts"
const spec = "spec/tla/Pbft.tla"
const alone = "RejoinerAlone"
const after = "ChangerAfterRecovery"
const seenBy = (check: string, where: string) => ({ check, where })

export const rejoinMutants: ReadonlyArray<CodeMutant> = [
  {
    name: "who lost its disk votes at once",
    file: normalCase,
    find: `if (isMute(state)) return ignore(state, "Mute")
  if (!isOpen`,
    replace: "if (!isOpen",
    killedBy: seenBy("NoEquivocation", alone),
  },
  {
    name: "who lost its disk votes again a checkpoint too early",
    file: rejoin,
    find: "Math.max(checkpoint + config.logSize,",
    replace: "Math.max(checkpoint + config.logSize - config.checkpointInterval,",
    killedBy: seenBy("graph", alone),
  },
  {
    name: "who lost its disk votes for what a new view starts with",
    file: "src/core/pbft/enter-view.ts",
    find: "isMute(state) ? [] : newView.chosen",
    replace: "newView.chosen",
    killedBy: seenBy("graph", alone),
  },
  {
    name: "who lost its disk leaves a view by its timer",
    file: viewChange,
    find: `  if (isMute(state)) return ignore(state, "Mute")
`,
    replace: "",
    killedBy: seenBy("NoEquivocation", alone),
  },
  {
    name: "who lost its disk joins those who leave a view",
    file: viewChange,
    find: " || isMute(state)) {",
    replace: ") {",
    killedBy: seenBy("NoEquivocation", alone),
  },
  {
    name: "the request of an earlier incarnation takes a replica back",
    file: rejoin,
    find: "if (ClientTable.get(table, client).timestamp < recovery.incarnation) return recovery",
    replace: "",
    killedBy: seenBy(
      "is not taken back by the request of an earlier incarnation",
      "rejoin.test.ts",
    ),
  },
  {
    name: "a VIEW-CHANGE from before a recovery counts",
    file: viewChange,
    find: `  if (!fresh(m)) return ignore(state, "OldIncarnation")
`,
    replace: "",
    killedBy: seenBy("graph", after),
  },
  {
    name: "a primary goes by a VIEW-CHANGE that it had before a recovery",
    file: viewChange,
    find: "m.view === state.view && isFresh(config, state, m)",
    replace: "m.view === state.view",
    killedBy: seenBy("graph", after),
  },
  {
    name: "a NEW-VIEW may show a VIEW-CHANGE from before a recovery",
    file: viewChange,
    find: "const fresh = m.changes.every((x) => isFresh(config, state, x))",
    replace: "const fresh = true",
    killedBy: seenBy("graph", after),
  },
  {
    name: "a VIEW-CHANGE does not say as what its sender came back",
    file: viewChange,
    find: `    ...incarnationOf(state),
`,
    replace: "",
    killedBy: seenBy(
      "says in its VIEW-CHANGEs as what it came back, once it votes",
      "rejoin.test.ts",
    ),
  },
]

/** What a liar said before it was recovered, which somebody else can use later. */
export const inTurnMutants: ReadonlyArray<CodeMutant> = [
  {
    name: "only who executed a recovery minds what was said before it",
    file: rejoin,
    find: "const known = config.keepVotes === true ? executedIncarnation : lastHeard",
    replace: "const known = executedIncarnation",
    killedBy: seenBy("ExecutionPrefix", "LiarsInTurn"),
  },
  {
    name: "a request to be taken back tells nothing before it is executed",
    file: normalCase,
    find: "state: { ...waiting, heard: withHeard(state.heard, heard) }",
    replace: "state: waiting",
    killedBy: seenBy("graph", "LiarsInTurn"),
  },
  {
    name: "a VIEW-CHANGE for a high view outlives its sender's recovery",
    file: viewChange,
    find: "mine.view >= m.view && fresh(mine)",
    replace: "mine.view >= m.view",
    killedBy: seenBy("graph", after),
  },
  {
    name: "a replica joins a view that was named before a recovery",
    file: viewChange,
    find: "x.view > state.view && fresh(x)",
    replace: "x.view > state.view",
    killedBy: seenBy("graph", "LiarsInTurn"),
  },
  {
    name: "what was heard of recoveries is forgotten by a restart",
    file: "src/core/pbft/restart.ts",
    find: "disk.heard = withHeard(disk.heard, r)",
    replace: "disk.heard = []",
    killedBy: seenBy(
      "is remembered through a restart, and not by who is recovered later itself",
      "rejoin.test.ts",
    ),
  },
  {
    name: "who is recovered believes what its disk says that it heard",
    file: "src/core/pbft/restart.ts",
    find: `if (r._tag === "Rejoined" || r._tag === "Recovering") disk.heard = []`,
    replace: "",
    killedBy: seenBy(
      "is remembered through a restart, and not by who is recovered later itself",
      "rejoin.test.ts",
    ),
  },
  {
    name: "who lags is not told again that a replica was taken back",
    file: rejoin,
    find: "recovery.point !== undefined && low >= recovery.point",
    replace: "recovery.point !== undefined",
    killedBy: seenBy(
      "is said again to who has not gone on since, until it is below its log",
      "rejoin.test.ts",
    ),
  },
  {
    name: "a false disk says that its replica was taken back already",
    file: "src/core/pbft/recover.ts",
    find: "ClientTable.get(c.table, client).timestamp >= incarnation",
    replace: "ClientTable.get(c.table, client).timestamp > incarnation",
    killedBy: seenBy("NothingFalse", "RecoveredLiar"),
  },
]

export const rejoinSpecMutants: ReadonlyArray<SpecMutant> = [
  {
    name: "who lost its disk votes at once",
    file: spec,
    find: String.raw`m.view = view[i] /\ active[i] /\ ~IsMute(i)`,
    replace: String.raw`m.view = view[i] /\ active[i]`,
    killedBy: seenBy("NoEquivocation", alone),
  },
  {
    name: "a VIEW-CHANGE from before a recovery counts",
    file: spec,
    find: String.raw`ValidViewChange(m) /\ IsFresh(i, m)`,
    replace: "ValidViewChange(m)",
    killedBy: seenBy("graph", after),
  },
  {
    name: "only who executed a recovery minds what was said before it",
    file: spec,
    find: "IF KeepVotes THEN Executed(i, m.replica) ELSE LastHeard(i, m.replica)",
    replace: "Executed(i, m.replica)",
    killedBy: seenBy("ExecutionPrefix", "LiarsInTurn"),
  },
  {
    name: "a false disk says that its replica was taken back already",
    file: spec,
    find: "checkpoints[i][n].table[Recoverer(i)].timestamp < k",
    replace: "checkpoints[i][n].table[Recoverer(i)].timestamp <= k",
    killedBy: seenBy("NothingFalse", "RecoveredLiar"),
  },
  {
    name: "a NEW-VIEW may show a VIEW-CHANGE from before a recovery",
    file: spec,
    find: String.raw`ValidNewView(m) /\ \A c \in m.changes : IsFresh(i, c)`,
    replace: "ValidNewView(m)",
    killedBy: seenBy("graph", after),
  },
]
