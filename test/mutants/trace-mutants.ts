/**
 * Mutants of what reads, replays and judges traces, and of what makes them: of a line only what
 * must be known is parsed.
 */
import type { NetMutant } from "./net-run.ts"

const byDurability = (check: string) => ({ check, where: "test/trace/durability.test.ts" })
const byShrinking = {
  check: "what has not come about at the end keeps its whole calm phase: any time may be too short",
  where: "test/sim/shrink.test.ts",
}
const byCorruption = (check: string) => ({ check, where: "test/trace/corruption.test.ts" })
const byReplayLine = (check: string) => ({ check, where: "test/trace/replay-line.test.ts" })
const byKilled = (check: string) => ({ check, where: "test/trace/killed.test.ts" })

export const traceMutants: ReadonlyArray<NetMutant> = [
  {
    name: "the beginning of a line that is cut counts as a line",
    file: "src/trace-check/read.ts",
    find: "raw.cut ? undefined : stepStart(raw.text)",
    replace: "stepStart(raw.text)",
    killedBy: byCorruption("cut in the last bracket"),
  },
  {
    name: "what a line says was changed is never looked at",
    file: "src/trace-check/replay-line.ts",
    find: "  if (expected === line.text) {\n",
    replace: '  if (expected.split(",\\"post\\"")[0] === line.text.split(",\\"post\\"")[0]) {\n',
    killedBy: byCorruption("flipped field"),
  },
  {
    name: "what a line says twice is looked at once",
    file: "src/trace-check/replay-line.ts",
    find: "firstDifference(ownData(at, expected), found)",
    replace: "firstDifference(ownData(at, expected), { ...line.step, post: line.post })",
    killedBy: byCorruption("a second input in a line"),
  },
  {
    name: "a line that is no JSON is good when the model would write it",
    file: "src/trace-check/replay-line.ts",
    find: "void line.whole\n",
    replace: "void line\n",
    killedBy: byReplayLine("that the model would write, but is no JSON, is not one: NaN"),
  },
  {
    name: "what the model comes to is taken for JSON whatever it is",
    file: "src/trace-check/replay-line.ts",
    find: "    return JSON.parse(expected)\n",
    replace: '    return JSON.parse(expected.replaceAll(/NaN|Infinity|undefined/g, "0"))\n',
    killedBy: byReplayLine("for which the model comes to no JSON is impossible: NaN"),
  },
  {
    name: "a file that ends before its header does is left out by itself",
    file: "src/trace-check/open-run.ts",
    find: "if (!killed || !isUnbegun(cause)) throw cause",
    replace: "if (killed === undefined || !isUnbegun(cause)) throw cause",
    killedBy: byKilled("as soon as it started leaves a file that says nothing: it is left out"),
  },
  {
    name: "a file that is no trace is left out with those of killed processes",
    file: "src/trace-check/open-run.ts",
    find: '["Empty", "Truncated"].includes(cause.finding.rule)',
    replace: "cause.finding.line === 1",
    killedBy: byKilled("is no reason to leave out what is no trace"),
  },
  {
    name: "nothing is said of a file that is left out",
    file: "src/trace-check/check.ts",
    find: "if (unbegun.length === 0) return verdict",
    replace: "if (unbegun.length >= 0) return verdict",
    killedBy: byKilled("as soon as it started leaves a file that says nothing: it is left out"),
  },
  {
    name: "a process that runs may have lost its disk",
    file: "src/trace-check/durability.ts",
    find: "  starts &&\n  recovery !== undefined",
    replace: "  recovery !== undefined",
    killedBy: byDurability(
      "is all of it where no start was unseen: a process that runs does not lose its disk",
    ),
  },
  {
    name: "who lost its disk may take part again before its promises are left behind",
    file: "src/trace-check/durability.ts",
    find: "lostDisk(gap) ? lostSilence(gap) :",
    replace: "lostDisk(gap) ? (void lostSilence, undefined) :",
    killedBy: byDurability(
      "is that who lost its disk is silent as far as it may have promised something",
    ),
  },
  {
    name: "a replica may forget from where on it counts as back",
    file: "src/trace-check/durability.ts",
    find: "  lostRecovery(gap) ??",
    replace: "  lostRecovery({ ...gap, before: { ...gap.before, recovery: undefined } }) ??",
    killedBy: byDurability("is as what it came back, and from where on it counts as back"),
  },
  {
    name: "whose last steps nobody saw has never sent what others wait for",
    file: "src/trace-check/merge.ts",
    find: "w.missing.isSent() || (isOpen && w.missing.sender === trace.key)",
    replace: "w.missing.isSent()",
    killedBy: {
      check: "are not told that it was never sent by one whose last steps nobody saw",
      where: "test/trace/merge.test.ts",
    },
  },
]

/** What makes runs of the simulator, and failing ones smaller. */
export const simMutants: ReadonlyArray<NetMutant> = [
  {
    name: "who lost its disk is recovered with a new one that is still empty",
    file: "src/sim/replica-node.ts",
    find: 'const back = isEmpty ? "wiped" : asked',
    replace: 'const back = isEmpty && asked === "disk" ? "wiped" : asked',
    killedBy: {
      check: "comes back as without a disk where its new disk was still empty",
      where: "test/sim/recoveries.test.ts",
    },
  },
  {
    name: "a scenario gets smaller by a shorter calm phase",
    file: "src/sim/shrink.ts",
    find: "ms + scenario.endMs - scenario.calmAtMs",
    replace: "ms + Math.min(20_000, scenario.endMs - scenario.calmAtMs)",
    killedBy: byShrinking,
  },
  {
    name: "a scenario ends when the run did, though what it lacks might have come about",
    file: "src/sim/shrink.ts",
    find: "failed === undefined ? [] : [endingAt(failed)]",
    replace: "[endingAt(failed ?? 0)]",
    killedBy: byShrinking,
  },
]
