/** Runs the specs of this folder by the real TLC, with configurations written for each test. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { Effect } from "effect"
import { afterAll, vi } from "vitest"
import type { TlcRun } from "../../src/tla-tools/run-plan.ts"
import { runTlc, type TlcOutcome } from "../../src/tla-tools/tlc.ts"
import { Toolchain } from "../../src/tla-tools/toolchain.ts"

// A JVM's start takes seconds on a busy machine; no test asserts a time.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

export const work = mkdtempSync(join(tmpdir(), "prophecy-specs-"))
afterAll(() => rmSync(work, { recursive: true, force: true }))

export const specPath = (name: string): string =>
  fileURLToPath(new URL(`specs/${name}`, import.meta.url))

let written = 0
export const writeConfig = (text: string): string => {
  const path = join(work, `${written++}.cfg`)
  writeFileSync(path, text)
  return path
}
/** A configuration of Ring.tla: its constants, and what to check. */
export const ringConfig = (checks: string, specification = "Spec"): string =>
  writeConfig(
    `SPECIFICATION ${specification}\nCONSTANTS Node = {n1, n2} Laps = 2\n` +
      `CHECK_DEADLOCK FALSE\n${checks}\n`,
  )

export const run = (options: TlcRun): Promise<TlcOutcome> =>
  Effect.runPromise(runTlc({ short: true, ...options }).pipe(Effect.provide(Toolchain.layer)))
