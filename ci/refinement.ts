/**
 * Whether PBFT refines its abstraction: each step of the code, and of the specification, is a step
 * of the abstraction under the mapping, or two, or none.
 *
 *   node ci/refinement.ts large nightly     these sizes or names
 *   node ci/refinement.ts all --no-tlc      by the explorer alone
 */
import { Effect } from "effect"
import { exploreRefinement, refinementProblems, tlcRefinement } from "../src/cli/refinement.ts"
import { type RefinementSpec, refinements } from "../src/model-check/refinement-models.ts"
import { Toolchain } from "../src/tla-tools/toolchain.ts"

const limits = {
  states: Number.MAX_SAFE_INTEGER,
  depth: Number.MAX_SAFE_INTEGER,
  bytes: 6 * 2 ** 30,
}

const row = (cells: ReadonlyArray<string | number>): string =>
  cells.map((c, k) => (k === 0 ? String(c).padEnd(20) : String(c).padStart(11))).join(" ")

const checkOne = Effect.fn("checkOne")(function* (spec: RefinementSpec, withTlc: boolean) {
  const ours = exploreRefinement(spec, limits)
  const theirs =
    withTlc && spec.by === "both"
      ? yield* tlcRefinement(spec, { specFolder: "spec/tla", heap: "3g" })
      : undefined
  const wrong = refinementProblems(ours, theirs)
  const { states, generated } = ours.exploration
  const times = [ours.seconds.toFixed(1), theirs?.seconds.toFixed(1) ?? "-"]
  const good = theirs === undefined ? "refines" : "both refine"
  const verdict = wrong.length === 0 ? good : "FAILS"
  const steps = [ours.moved, ours.movedTwice]
  console.log(
    row([spec.model.name, states, generated, ours.coreStates, ...steps, ...times, verdict]),
  )
  for (const line of wrong) console.log(`    ${line}`)
  return wrong.length === 0
})

const main = Effect.fn("refinement")(function* (args: ReadonlyArray<string>) {
  const words = args.filter((a) => !a.startsWith("--"))
  const chosen = refinements.filter(
    ({ model, size }) =>
      words.includes("all") || words.includes(size) || words.includes(model.name),
  )
  if (chosen.length === 0) {
    const names = refinements.map(({ model }) => model.name).join(", ")
    console.error(`no model chosen: name sizes (test, large, nightly), all, or of ${names}`)
    return 2
  }
  const heads = ["generated", "core", "one step", "two", "code s", "TLC s", "verdict"]
  console.log(row(["model", "states", ...heads]))
  let failed = 0
  for (const spec of chosen) if (!(yield* checkOne(spec, !args.includes("--no-tlc")))) failed++
  console.log(`${chosen.length - failed} passed, ${failed} failed`)
  return failed === 0 ? 0 : 4
})

process.exitCode = await Effect.runPromise(
  main(process.argv.slice(2)).pipe(Effect.provide(Toolchain.layer)),
)
