/** What a replica that is recovered with its disk must not do, each allowed; and null requests. */
import type { CodeMutant } from "./code-run.ts"
import type { SpecMutant } from "./spec-run.ts"

const recover = "src/core/pbft/recover.ts"
const rejoin = "src/core/pbft/rejoin.ts"
const spec = "spec/tla/Pbft.tla"
const alone = "RecovererAlone"
const seenBy = (check: string, where: string) => ({ check, where })

export const recoverMutants: ReadonlyArray<CodeMutant> = [
  {
    name: "who is recovered takes part above its bound",
    file: rejoin,
    find: "bound !== undefined && low < bound ? bound",
    replace: "bound === low ? bound",
    killedBy: seenBy("RecoveryBound", alone),
  },
  {
    name: "who is recovered keeps below its bound for ever",
    file: rejoin,
    find: "bound !== undefined && low < bound ? bound",
    replace: "bound !== undefined ? bound",
    killedBy: seenBy("ReachBeyondBound is never reached", alone),
  },
  {
    name: "who is recovered has said what it wrote to enter a view which it did not enter",
    file: "src/core/pbft/restart.ts",
    find: "    forgetUnentered(disk)\n    disk.recovery",
    replace: "    disk.recovery",
    killedBy: seenBy(
      "has not said what was written to enter a view that it did not enter",
      "recover.test.ts",
    ),
  },
  {
    name: "a recovered primary proposes again what its NEW-VIEW chose",
    file: "src/core/pbft/enter-view.ts",
    find: "Math.max(state.log.low, ...newView.chosen.map((c) => c.seq))",
    replace: "isMute(state) ? state.log.low : Math.max(0, ...newView.chosen.map((c) => c.seq))",
    killedBy: seenBy("NoEquivocation", "RecovererPrimary"),
  },
  {
    name: "a recovered primary proposes again what its NEW-VIEW chose, when it has restarted",
    file: "src/core/pbft/restart.ts",
    find: "Math.max(low, ...(disk.newView?.chosen ?? []).map((c) => c.seq))",
    replace: "low",
    killedBy: seenBy("NoEquivocation", "RecovererPrimary"),
  },
  {
    name: "who is recovered takes part before it knows its bound",
    file: rejoin,
    find: "if (recovery.estimate !== undefined) return recovery.estimate.bound === undefined",
    replace: "if (recovery.estimate !== undefined) return false",
    killedBy: seenBy(
      "knows its bound from a strong quorum, its own disk in it, and then asks to be taken back",
      "recover.test.ts",
    ),
  },
  {
    name: "a liar's checkpoint is built on that nobody has prepared",
    file: recover,
    find: "below.length >= quorum - 1 && above.length >= f",
    replace: "below.length >= quorum - 1",
    killedBy: seenBy("EstimateHonest", "Recovers"),
  },
  {
    name: "a checkpoint is built on that f + 1 others exceed",
    file: recover,
    find: "below.length >= quorum - 1 && above.length >= f",
    replace: "below.length >= f && above.length >= f",
    killedBy: seenBy("ReachToldTwice is never reached", alone),
  },
  {
    name: "of each replica only the last answer counts",
    file: recover,
    find: "Math.min(m.checkpoint, old?.checkpoint ?? m.checkpoint)",
    replace: "m.checkpoint",
    killedBy: seenBy("graph", alone),
  },
  {
    name: "an answer to an earlier question counts",
    file: recover,
    find: `  if (m.incarnation !== recovery.incarnation) return ignore(state, "OldIncarnation")
`,
    replace: "",
    killedBy: seenBy("graph", alone),
  },
  {
    name: "an answer to another replica counts",
    file: recover,
    find: `  if (m.recovering !== config.id) return ignore(state, "ForAnother")
`,
    replace: "",
    killedBy: seenBy("graph", alone),
  },
  {
    name: "who is recovered is so as soon as its request is old enough, whatever its bound",
    file: rejoin,
    find: "Math.max(checkpoint + config.logSize, estimate?.bound ?? 0)",
    replace: "checkpoint + config.logSize",
    killedBy: seenBy(
      "is recovered at a full log above its request, and not below its bound",
      "recover.test.ts",
    ),
  },
  {
    name: "a new view that starts above the bound is entered",
    file: "src/core/pbft/enter-view.ts",
    find: "if (!isMute(state) && chosen.some((c) => c.seq > high)) return false",
    replace: "",
    killedBy: seenBy("RecoveryBound", "RecovererRestarts"),
  },
  {
    name: "a chosen batch that is held by another number is not asked for",
    file: "src/core/pbft/view-change.ts",
    find: "e.seq === c.seq && e.digest === c.digest",
    replace: "e.digest === c.digest",
    killedBy: seenBy(
      "asks for a chosen batch that it holds by a number which the view leaves behind",
      "enter-view.test.ts",
    ),
  },
  {
    name: "null requests are taken where they are switched off",
    file: "src/core/pbft/normal-case.ts",
    find: "m.batch.length === 0 && config.nullRequests === true",
    replace: "m.batch.length === 0",
    killedBy: seenBy("has null requests of its primary accepted and executed", "recover.test.ts"),
  },
]

const idle = "src/core/pbft/idle-goals.ts"
const standstill = "src/core/pbft/standstill.ts"
const waits = "waits for the log to go on for a replica that is on its way back, number by number"
const committedElsewhere = "waits for what f + 1 others committed to, and for no word of one"
const highest =
  "goes by the highest number told for a request to be taken back, no further than a log"
const held = "waits for what it has prepared and cannot execute, and for no proposal alone"

export const idleMutants: ReadonlyArray<CodeMutant> = [
  {
    name: "a backup does not wait for an idle log to go on",
    file: idle,
    find: "=== config.id || !isAwaited(state, goals)) return undefined",
    replace: "=== config.id || isAwaited(state, goals)) return undefined",
    killedBy: seenBy(waits, "idle-goals.test.ts"),
  },
  {
    name: "a backup does not wait for what it has prepared",
    file: "src/core/pbft/timer.ts",
    find: "return isHeldUp(config, state, next) ? number : undefined",
    replace: "return undefined",
    killedBy: seenBy(held, "idle-goals.test.ts"),
  },
  {
    name: "a backup waits for what was proposed to it alone",
    file: "src/core/pbft/timer.ts",
    find: 'if (phase === "prepared" || phase === "committed") return true',
    replace: 'if (phase !== "empty") return true',
    killedBy: seenBy(held, "idle-goals.test.ts"),
  },
  {
    name: "a backup does not wait for what its view started with",
    file: "src/core/pbft/timer.ts",
    find: "newView?.chosen.some((c) => c.seq === next) === true",
    replace: "newView?.chosen.some((c) => c.seq === next + 1) === true",
    killedBy: seenBy(
      "waits for what its view started with, and for no other number",
      "idle-goals.test.ts",
    ),
  },
  {
    name: "a backup does not wait for what f + 1 others committed to",
    file: "src/core/pbft/timer.ts",
    find: "Votes.count(commits, d) > group.f)",
    replace: "Votes.count(commits, d) > 2 * group.f)",
    killedBy: seenBy(committedElsewhere, "idle-goals.test.ts"),
  },
  {
    name: "a backup waits for what a liar alone committed to",
    file: "src/core/pbft/timer.ts",
    find: "Votes.count(commits, d) > group.f)",
    replace: "Votes.count(commits, d) >= group.f)",
    killedBy: seenBy(committedElsewhere, "idle-goals.test.ts"),
  },
  {
    name: "f liars have a view given up by standing still",
    file: standstill,
    find: "still[weakQuorum(config.group) - 1]",
    replace: "still[config.group.f - 1]",
    killedBy: seenBy(
      "waits for f + 1 others that stand still below it, and not for f, who may lie",
      "standstill.test.ts",
    ),
  },
  {
    name: "who is a moment late has a view given up",
    file: standstill,
    find: "const stillReports = 3",
    replace: "const stillReports = 0",
    killedBy: seenBy("does not wait for those that are a moment late", "standstill.test.ts"),
  },
  {
    name: "who is to fetch a state has a view given up",
    file: standstill,
    find: "reports >= stillReports && executed >= log.low",
    replace: "reports >= stillReports && log.low >= 0",
    killedBy: seenBy(
      "does not wait for who may fetch the state of its stable checkpoint",
      "standstill.test.ts",
    ),
  },
  {
    name: "what a peer said while it was as far counts as standing still",
    file: "src/core/stand.ts",
    find: "before?.executed === executed && executed < settled",
    replace: "before?.executed === executed",
    killedBy: seenBy(
      "does not count what it said while it was as far: this replica may just have gone on",
      "standstill.test.ts",
    ),
  },
  {
    name: "a replica has the log go on for as long as it likes",
    file: idle,
    find: "const last = known?.last ?? state",
    replace: "const last = state",
    killedBy: seenBy(highest, "idle-goals.test.ts"),
  },
  {
    name: "a number that was told for the request before stands for this one",
    file: idle,
    find: "if (known !== undefined && seq <= known.seq) return goals",
    replace: "if (known !== undefined) return goals",
    killedBy: seenBy(highest, "idle-goals.test.ts"),
  },
]

export const recoverSpecMutants: ReadonlyArray<SpecMutant> = [
  {
    name: "a recovered primary proposes again what its NEW-VIEW chose",
    file: spec,
    find: String.raw`Max({base} \cup {c.seq : c \in m.chosen}) ELSE 0]`,
    replace: String.raw`Max({base} \cup {c.seq : c \in chosen}) ELSE 0]`,
    killedBy: seenBy("NoEquivocation", "RecovererPrimary"),
  },
  {
    name: "who is recovered takes part above its bound",
    file: spec,
    find: String.raw`Open(i) == low[i] + 1 .. High(i)`,
    replace: String.raw`Open(i) == Window(low[i])`,
    killedBy: seenBy("RecoveryBound", alone),
  },
  {
    name: "a liar's checkpoint is built on that nobody has prepared",
    file: spec,
    find: String.raw`/\ Cardinality(above(x.checkpoint, j)) >= F}`,
    replace: "}",
    killedBy: seenBy("graph", alone),
  },
  {
    name: "an answer to another replica counts",
    file: spec,
    find: String.raw`m.replica # i /\ m.recovering = i`,
    replace: "m.replica # i",
    killedBy: seenBy("graph", alone),
  },
]
