import { defineConfig } from "vitest/config"

// Tests that run TLC or explore large models, and those that run replicas as processes: each group
// has the machine for itself, so that a busy JVM does not make a running cluster time out. Commands
// that run no cluster go with the first.
const commands = ["check", "command-line", "diagram", "explain", "init", "replay", "simulate"].map(
  (name) => `test/cli/${name}.test.ts`,
)
const models = [
  "test/spec/**/*.test.ts",
  "test/model/**/*.test.ts",
  "test/tla-tools/**/*.test.ts",
  ...commands,
]
const processes = ["net", "cli", "bench", "crash"].map((name) => `test/${name}/**/*.test.ts`)

// CI runs the mutants beside the tests (npm run mutants), and MUTANTS=1 brings these files in.
const mutants = ["code", "spec", "swarm"].map((kind) => `test/mutants/${kind}-mutants.test.ts`)
// So with what keeps TLC busy for a minute each (npm run test:slow, with SLOW=1).
const slow = [
  "core",
  "delay-once-broken",
  "element-difference",
  "liveness",
  "trace-view-change",
].map((name) => `test/spec/${name}.test.ts`)
const left = [
  ...(process.env["MUTANTS"] === undefined ? mutants : []),
  ...(process.env["SLOW"] === undefined ? slow : []),
]

export default defineConfig({
  test: {
    pool: "threads",
    // Node runs the sources itself: the lines that V8 counts are then the lines of the files.
    experimental: { viteModuleRunner: false },
    projects: [
      {
        extends: true,
        test: {
          name: "quick",
          include: ["test/**/*.test.ts"],
          exclude: [...models, ...processes, ...left],
          maxWorkers: 2,
          testTimeout: 30_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: "models",
          include: models,
          exclude: left,
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
          exclude: commands,
          maxWorkers: 1,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
})
