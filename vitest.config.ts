import { defineConfig } from "vitest/config"
import { BaseSequencer, type TestSpecification } from "vitest/node"
import { isolatedIn, modelFolders, processFolders } from "./ci/test-folders.ts"

// Tests that run TLC or explore large models, and those that run replicas as processes: each group
// has the machine for itself, so that a busy JVM does not make a running cluster time out. Commands
// that run no cluster go with the first.
const commands = [
  "check",
  "check-history",
  "command-line",
  "diagram",
  "explain",
  "init",
  "replay",
  "simulate",
].map((name) => `test/cli/${name}.test.ts`)
const inFolders = (names: ReadonlyArray<string>): Array<string> => names.map(isolatedIn)
const models = [...inFolders(modelFolders), ...commands]
// Those that keep the code busiest: counting lines makes them take twice as long, and what they run
// is counted by smaller tests too, so `npm test` runs them first, uncounted.
const explorations = [
  "consistency/small-histories",
  "model/core",
  "model/refinement",
  "model/search",
  "model/zyzzyva-schedules",
  "mutants/mutation",
  "sim/simulation",
  "spec/equality",
  "spec/prophecy",
  "trace/check",
  "trace/corruption",
  "trace/projection",
  "trace/view-change",
].map((name) => `test/${name}.test.ts`)
const processes = inFolders(processFolders)

// CI runs the mutants beside the tests (npm run mutants), and MUTANTS=1 brings these files in.
const mutants = ["code", "spec", "swarm"].map((kind) => `test/mutants/${kind}-mutants.test.ts`)
// What keeps TLC, the explorer or a group of processes busy for long (npm run test:slow).
const slow = [
  "bench/bench",
  "bench/changes",
  "bench/web",
  "ci/package",
  "cli/d-client",
  "cli/d-client-traces",
  "cli/album-page",
  "cli/check-differs",
  "cli/init",
  "cli/serve-origin",
  "cli/simulate",
  "crash/crash",
  "histories/live",
  "histories/scale-out",
  "histories/two-groups",
  "model/lacking",
  "model/reduction",
  "model/zyzzyva-refinement",
  "net/change-interrupted",
  "net/d-clients",
  "net/fast-paths",
  "net/healthy-group",
  "net/hidden-commits",
  "net/key-refresh-load",
  "net/lost-disk",
  "net/origin-order",
  "net/origin-service",
  "net/proactive-recovery",
  "net/recovery-trace",
  "net/start-not-held",
  "net/store-crash",
  "net/streaming",
  "net/supervisor",
  "net/zyzzyva-lost-disk",
  "net/zyzzyva-vouched",
  "spec/broken",
  "spec/core",
  "spec/d-client-windows",
  "spec/d-prophecy-broken",
  "spec/d-prophecy-refinement",
  "spec/delay-once",
  "spec/element-difference",
  "spec/equality-longer",
  "spec/partition",
  "spec/refinement",
  "spec/sketcher-changes",
  "spec/sketcher-windows",
  "spec/sketcher-zyzzyva",
  "spec/trace-features",
  "spec/trace-windows",
  "spec/trace-zyzzyva-more",
  "spec/zyzzyva",
  "tla-tools/command",
].map((name) => `test/${name}.test.ts`)
// What takes it still longer (ci/nightly.sh).
const nightly = [
  "delay-once-broken",
  "liveness",
  "prophecy-refinement",
  "trace-view-change",
  "zyzzyva-core",
  "zyzzyva-liveness",
  "zyzzyva-refinement",
].map((name) => `test/spec/${name}.test.ts`)
const left = [...(process.env["MUTANTS"] === undefined ? mutants : []), ...slow, ...nightly]

// What keeps one core busy longest begins first, or the other core waits for it in the end.
const longest = ["spec/equality", "cli/check", "tla-tools/tlc", "cli/replay"]
const place = ({ moduleId }: TestSpecification): number => {
  const at = longest.findIndex((name) => moduleId.endsWith(`test/${name}.test.ts`))
  return at < 0 ? longest.length : at
}
class LongestFirst extends BaseSequencer {
  override async sort(files: Array<TestSpecification>): Promise<Array<TestSpecification>> {
    return (await super.sort(files)).toSorted((a, b) => place(a) - place(b))
  }
}

// The files of "quick" and of "explorations" share their threads, which saves half of their time:
// they keep nothing in module state that a later file could see. The others do.
export default defineConfig({
  test: {
    pool: "threads",
    sequence: { sequencer: LongestFirst },
    // Node runs the sources itself: the lines that V8 counts are then the lines of the files.
    experimental: { viteModuleRunner: false },
    projects: [
      {
        extends: true,
        test: {
          name: "explorations",
          isolate: false,
          include: explorations,
          exclude: left,
          maxWorkers: 2,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: "quick",
          isolate: false,
          include: ["test/**/*.test.ts"],
          exclude: [...explorations, ...models, ...processes, ...left],
          maxWorkers: 2,
          testTimeout: 120_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: "models",
          include: models,
          exclude: [...explorations, ...left],
          maxWorkers: 2,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: "processes",
          include: processes,
          exclude: [...commands, ...left],
          maxWorkers: 2,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 2 },
        },
      },
      {
        extends: true,
        test: {
          name: "slow",
          include: slow,
          maxWorkers: 2,
          testTimeout: 600_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 3 },
        },
      },
      {
        extends: true,
        test: {
          name: "nightly",
          include: nightly,
          maxWorkers: 2,
          testTimeout: 600_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 4 },
        },
      },
    ],
  },
})
