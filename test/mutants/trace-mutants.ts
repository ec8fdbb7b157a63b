/** Mutants of what reads and replays traces: of a line only what must be known is parsed. */
import type { NetMutant } from "./net-run.ts"

const byCorruption = (check: string) => ({ check, where: "test/trace/corruption.test.ts" })

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
    find: "  if (expected === line.text) return\n",
    replace:
      '  if (expected.split(",\\"post\\"")[0] === line.text.split(",\\"post\\"")[0]) return\n',
    killedBy: byCorruption("flipped field"),
  },
  {
    name: "what a line says twice is looked at once",
    file: "src/trace-check/replay-line.ts",
    find: "firstDifference(JSON.parse(expected), line.whole)",
    replace: "firstDifference(JSON.parse(expected), { ...line.step, post: line.post })",
    killedBy: byCorruption("a second input in a line"),
  },
]
