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
    find: `  if (!isFresh(config, state, m)) return ignore(state, "OldIncarnation")
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
    name: "a NEW-VIEW may show a VIEW-CHANGE from before a recovery",
    file: spec,
    find: String.raw`ValidNewView(m) /\ \A c \in m.changes : IsFresh(i, c)`,
    replace: "ValidNewView(m)",
    killedBy: seenBy("graph", after),
  },
]
