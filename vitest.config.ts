import { defineConfig } from "vitest/config"

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    pool: "threads",
    maxWorkers: 2,
    // Node runs the sources itself: the lines that V8 counts are then the lines of the files.
    experimental: { viteModuleRunner: false },
  },
})
