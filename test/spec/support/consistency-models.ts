/** TLC on the small models of consistency, or on a copy of the specification with a mutation. */
import { Effect } from "effect"
import type { Value } from "../../../src/tla-tools/value.ts"
import { toTla } from "../../../src/tla-tools/value-text.ts"
import { runTlc, type TlcOutcome } from "../../../src/tla-tools/tlc.ts"
import { Toolchain } from "../../../src/tla-tools/toolchain.ts"
import { shortRuns } from "../../mutants/spec-run.ts"

/** TLC's outcome for a configuration of the module whose name it begins with. */
export const checked = async (config: string, folder = "spec/tla"): Promise<TlcOutcome> => {
  const toolchain = await shortRuns()
  const spec = `${folder}/${config.split("-")[0]}.tla`
  const run = runTlc({ spec, config: `${folder}/${config}.cfg`, workers: 1, heap: "1g" })
  return Effect.runPromise(run.pipe(Effect.provideService(Toolchain, toolchain)))
}

/** The invariant that is broken, and the history that breaks it. */
export const brokenBy = async (config: string, folder?: string) => {
  const { verdict } = await checked(config, folder)
  if (verdict._tag !== "violated") throw new Error(`${config}: ${verdict._tag}`)
  const [violation] = verdict.violations
  const history = violation?.trace.states.at(-1)?.variables.get("history")
  return { name: violation?.name, history: toTla(history as Value) }
}

/** How many states it has; throws when TLC found anything wrong, or did not come to the end. */
export const holdsIn = async (config: string): Promise<number> => {
  const { verdict, report } = await checked(config)
  if (verdict._tag !== "exhaustive") throw new Error(`${config}: ${verdict._tag}`)
  return report.statistics?.distinct ?? 0
}
