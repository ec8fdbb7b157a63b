import { afterEach, expect, test, vi } from "vitest"
import { isAnimated } from "../../src/cli/progress.ts"

afterEach(() => {
  vi.unstubAllEnvs()
  vi.restoreAllMocks()
})

test.each([
  [true, "xterm", true],
  [true, "dumb", false],
  [false, "xterm", false],
] as const)("a line is written over on a terminal that can: %s, %s", (isTTY, term, expected) => {
  const before = process.stderr.isTTY
  vi.stubEnv("TERM", term)
  process.stderr.isTTY = isTTY
  const found = isAnimated()
  process.stderr.isTTY = before
  expect(found).toBe(expected)
})
