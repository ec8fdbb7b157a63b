/**
 * Guards of what is believed of others' executions, each taken away or weakened, in the code and in
 * the specification.
 */
import type { CodeMutant } from "./code-run.ts"
import type { SpecMutant } from "./spec-run.ts"

const told = "src/core/pbft/told.ts"
const telling = "src/core/pbft/telling.ts"
const spec = "spec/tla/Pbft.tla"
const alone = "ToldAlone"
const ahead = "ToldAhead"
const graphOf = (where: string) => ({ check: "graph", where })

export const toldMutants: ReadonlyArray<CodeMutant> = [
  {
    name: "f others are believed",
    file: told,
    find: "said(c.digest) >= weakQuorum(group)",
    replace: "said(c.digest) >= group.f",
    killedBy: graphOf(alone),
  },
  {
    name: "what one replica says twice counts twice",
    file: telling,
    find: `  if (told.claims.some((c) => c.seq === seq && c.replica === replica)) {
    return ignore(state, "DuplicateClaim")
  }
`,
    replace: "",
    killedBy: { check: "TypeOK", where: alone },
  },
  {
    name: "what is said of another number counts",
    file: told,
    find: "claims.filter((c) => c.seq === seq)",
    replace: "claims",
    killedBy: graphOf(alone),
  },
  {
    name: "what others executed is a commit",
    file: telling,
    find: "const next = { ...state, told: { ...told, claims } }",
    replace: `const before = Window.get(state.log, seq)
  const commits = before.commits.with(replica, digest)
  const log = Window.set(state.log, seq, { ...before, commits })
  const next = { ...state, log, told: { ...told, claims } }`,
    killedBy: { check: "TypeOK", where: alone },
  },
  {
    name: "what others executed is taken along as prepared",
    file: "src/core/pbft/certificates.ts",
    find: "  return [...before, ...now].sort(byPlace)\n}\n\n/** Q:",
    replace: `  const own = state.told.own.filter((c) => now.every((x) => x.seq !== c.seq))
  const executed = own.map((c) => ({ ...c, view: state.view }))
  return [...before, ...now, ...executed].sort(byPlace)
}

/** Q:`,
    killedBy: graphOf(alone),
  },
  {
    name: "in place of what others executed the batch of the log is executed",
    file: told,
    find: "slot.digest === content.digest ? { digest",
    replace: `slot.digest !== "" ? { digest`,
    killedBy: graphOf(alone),
  },
  {
    name: "what may be executed tentatively gives way to what others executed",
    file: told,
    find: `  if (config.maxTentative > 0 && phase === "prepared" && own !== digest) return undefined
`,
    replace: "",
    killedBy: { check: "ReachWaitsToLeave is never reached", where: ahead },
  },
  {
    name: "what others executed is not looked for when a view is left",
    file: "src/core/pbft/view-change.ts",
    find: `      { _tag: "Broadcast", message: viewChange },
      ...executeHead(config, state, next),
`,
    replace: `      { _tag: "Broadcast", message: viewChange },
`,
    killedBy: { check: "Execute asked exactly once", where: ahead },
  },
  {
    name: "what others say of numbers that were executed is kept",
    file: told,
    find: "told.claims.filter((c) => c.seq > settled)",
    replace: "told.claims.filter(() => true)",
    killedBy: { check: "TypeOK", where: alone },
  },
  {
    name: "what others executed is not executed where a view is entered with it",
    file: "src/core/pbft/enter-view.ts",
    find: "...entered.effects, ...head] }",
    replace: "...entered.effects, ...head.slice(1)] }",
    killedBy: {
      check: "executes what others executed as soon as the view's log holds it",
      where: "enter-view.test.ts",
    },
  },
]

export const toldSpecMutants: ReadonlyArray<SpecMutant> = [
  {
    name: "f others are believed",
    file: spec,
    find: String.raw`Cardinality({c \in claims : c.seq = n /\ c.digest = d}) >= F + 1}`,
    replace: String.raw`Cardinality({c \in claims : c.seq = n /\ c.digest = d}) >= F}`,
    killedBy: { check: "SettledSupport", where: "HiddenCommit" },
  },
  {
    name: "what is said of another number counts",
    file: spec,
    find: String.raw`Cardinality({c \in claims : c.seq = n /\ c.digest = d}) >= F + 1}`,
    replace: String.raw`Cardinality({c \in claims : c.digest = d}) >= F + 1}`,
    killedBy: { check: "SettledSupport", where: "HiddenCommit" },
  },
  {
    name: "a second word of a replica counts",
    file: spec,
    find: String.raw`
  /\ \A c \in told[i].claims : ~(c.seq = m.seq /\ c.replica = m.replica)`,
    replace: "",
    killedBy: { check: "TypeOK", where: alone },
  },
  {
    name: "in place of what others executed the batch of the log is executed",
    file: spec,
    find: String.raw`LET batch == IF Digest(slot[i][n].batch) = d THEN`,
    replace: String.raw`LET batch == IF slot[i][n].phase # "empty" THEN`,
    killedBy: { check: "ExecutionPrefix", where: "HiddenCommit" },
  },
  {
    name: "what others executed is taken along as prepared",
    file: spec,
    find: String.raw`  now \cup {e \in pset[i] : \A x \in now : x.seq # e.seq}
`,
    replace: String.raw`  now \cup {e \in pset[i] : \A x \in now : x.seq # e.seq}
      \cup {[seq |-> c.seq, digest |-> c.digest, view |-> view[i]] : c \in told[i].own}
`,
    killedBy: graphOf(alone),
  },
  {
    name: "what may be executed tentatively gives way to what others executed",
    file: spec,
    find: String.raw`ELSE IF MaxTentative > 0 /\ s.phase = "prepared" THEN known \cap {Digest(s.batch)}
`,
    replace: "",
    killedBy: graphOf(ahead),
  },
]
