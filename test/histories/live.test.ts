/** Small live runs; `npm run histories:live` and ci/nightly.sh have long ones. */
import { cpSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, describe, expect, it } from "vitest"
import { repositoryRoot } from "../../ci/repository.ts"
import { withCopy } from "../mutants/copy.ts"
import { liveRun } from "./live-run.ts"

const root = mkdtempSync(join(tmpdir(), "prophecy-live-"))
afterAll(() => rmSync(root, { recursive: true, force: true, maxRetries: 5 }))
const directory = (): string => mkdtempSync(join(root, "run-"))
const seed = Math.floor(Math.random() * 1_000_000)

describe("what clients of a sketcher see while replicas lie and processes are killed", () => {
  it("is delay-once, and somewhere not linearizable", async () => {
    const report = await liveRun({ directory: directory(), operations: 2_000, seed })
    console.log(`seed ${seed}: ${JSON.stringify({ ...report.ways, ...report.linearity })}`)
    expect(report.judgement).toMatchObject({ verdict: "holds", code: 0 })
    expect(report.judgement.operations).toBeGreaterThanOrEqual(report.answered)
    expect(report.ways["fast"]).toBeGreaterThan(0)
    expect(report.linearity.notLinearizable).toBeGreaterThan(0)
    expect(report.linearity.undecided).toBe(0)
  })

  it("is not, when the sketcher fills its table from one replica's answer", async () => {
    const mistake = {
      name: "the table is filled from a single replica's answer",
      file: "src/core/prophecy/sketcher.ts",
      find: "    return { ...begin(config, { state, effects }, { ...call, position: nowhere }), action }\n",
      replace:
        "    const { id, key, position } = call\n" +
        "    const sketch = { digest, position: { ...position, place: position.place + 1 } }\n" +
        "    const table = install(state.table, key, sketch, config.generation)\n" +
        '    const told = { _tag: "Respond", id, path: "fast", position, result: message.result } as const\n' +
        "    return { state: withoutCall({ ...state, table }, id), effects: [...effects, told], action }\n",
    }
    await withCopy(["src"], mistake, async (copy) => {
      cpSync(join(repositoryRoot, "package.json"), join(copy, "package.json"))
      const sketcherMain = join(copy, "src", "cli", "main.ts")
      const options = { directory: directory(), operations: 800, seed, sketcherMain }
      const { judgement } = await liveRun(options)
      expect(judgement).toMatchObject({ verdict: "violated", code: 4 })
    })
  })
})
