/**
 * Whether what clients see of Prophecy and D-Prophecy is delay-once, by TLC: the models that must
 * refine DelayOnce, counted and compared with spec/refinement-counts.json.
 *
 *   node ci/delay-once.ts large nightly     these sizes or names, such as RefineProphecy/Complete
 *   node ci/delay-once.ts all --golden      and write the counts down
 */
import { readFileSync, writeFileSync } from "node:fs"
import { Effect } from "effect"
import { countDelayOnce, type DelayOnceCounts, delayOnceModels } from "../src/cli/delay-once.ts"
import { Toolchain } from "../src/tla-tools/toolchain.ts"

const path = "spec/refinement-counts.json"

const row = (cells: ReadonlyArray<string | number>): string =>
  cells.map((c, k) => (k === 0 ? String(c).padEnd(32) : String(c).padStart(11))).join(" ")

type Known = Readonly<Record<string, DelayOnceCounts>>

const readKnown = (): Known => JSON.parse(readFileSync(path, "utf8")) as Known

/** In the order of the models; read again, since this may have taken hours. */
const write = (counted: Known): void => {
  const all = { ...readKnown(), ...counted }
  const kept = delayOnceModels.flatMap(({ name }) => {
    const counts = all[name]
    return counts === undefined ? [] : [[name, counts] as const]
  })
  writeFileSync(path, `${JSON.stringify(Object.fromEntries(kept), undefined, 2)}\n`)
}

const main = Effect.fn("delayOnce")(function* (args: ReadonlyArray<string>) {
  const words = args.filter((a) => !a.startsWith("--"))
  const chosen = delayOnceModels.filter(
    ({ name, size }) => words.includes("all") || words.includes(size) || words.includes(name),
  )
  if (chosen.length === 0) {
    const names = delayOnceModels.map(({ name }) => name).join(", ")
    console.error(`no model chosen: name sizes (test, large, nightly), all, or of ${names}`)
    return 2
  }
  const known = readKnown()
  const counted: Record<string, DelayOnceCounts> = {}
  const update = args.includes("--golden")
  console.log(row(["model", "states", "generated", "depth", "seconds", "verdict"]))
  let failed = 0
  for (const model of chosen) {
    const startedAt = performance.now()
    const counts = yield* countDelayOnce(model)
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
    const { states, generated, depth, verdict } = counts
    const isKnown = JSON.stringify(known[model.name]) === JSON.stringify(counts)
    const good = verdict === "exhaustive" && (update || isKnown)
    if (!good) failed++
    const outcome = good ? "refines" : verdict === "exhaustive" ? "OTHER COUNTS" : verdict
    console.log(row([model.name, states, generated, depth, seconds, outcome]))
    if (!good) console.log(`    ${path} has ${JSON.stringify(known[model.name])}`)
    counted[model.name] = counts
  }
  if (update && failed === 0) write(counted)
  console.log(`${chosen.length - failed} passed, ${failed} failed`)
  return failed === 0 ? 0 : 4
})

process.exitCode = await Effect.runPromise(
  main(process.argv.slice(2)).pipe(Effect.provide(Toolchain.layer)),
)
