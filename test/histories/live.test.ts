/** Small live runs; `npm run histories:live` and ci/nightly.sh have long ones. */
import { cpSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, describe, expect, it } from "vitest"
import { repositoryRoot } from "../../ci/repository.ts"
import { withCopy } from "../mutants/copy.ts"
import { blows } from "./faults.ts"
import { liveRun } from "./live-run.ts"

const root = mkdtempSync(join(tmpdir(), "prophecy-live-"))
afterAll(() => rmSync(root, { recursive: true, force: true, maxRetries: 5 }))
const directory = (): string => mkdtempSync(join(root, "run-"))
/** Each kind of blow falls once. */
const rounds = { rounds: blows.length, roundMs: 700 }
const seed = Math.floor(Math.random() * 1_000_000)

describe("what clients of a sketcher see while replicas lie and processes are killed", () => {
  it("is delay-once, and somewhere not linearizable", async () => {
    const options = { directory: directory(), operations: 1_500, seed, traced: true, ...rounds }
    const report = await liveRun(options)
    console.log(`seed ${seed}: ${JSON.stringify({ ...report.ways, ...report.linearity })}`)
    expect(report.judgement).toMatchObject({ verdict: "holds", code: 0 })
    expect(report.judgement.operations).toBeGreaterThanOrEqual(report.answered)
    expect(report.ways["fast"]).toBeGreaterThan(0)
    expect(report.linearity.notLinearizable).toBeGreaterThan(0)
    expect(report.linearity.undecided).toBe(0)
    // And all that the processes did is a run of the model, but for what a kill left unwritten.
    expect(report.replay).toMatchObject({ _tag: "Gap", statistics: { untraced: [] } })
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
      const options = { directory: directory(), operations: 800, seed, sketcherMain, traced: true }
      const { judgement, replay } = await liveRun(options)
      // The replay knows it at the first step that the true sketcher does not take.
      expect(replay).toMatchObject({ _tag: "Rejected", finding: { rule: "Replay" } })
      expect(judgement).toMatchObject({ verdict: "violated", code: 4 })
    })
  })
})
