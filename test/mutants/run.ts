/**
 * The mutants of the code and of the specification, and what kills each:
 *
 *   node test/mutants/run.ts            all of them
 *   node test/mutants/run.ts --code     those of src/core, by the explorer and by tests
 *   node test/mutants/run.ts --spec     those of spec/tla, by TLC
 *   node test/mutants/run.ts --json     one JSON document (schema prophecy.mutants/1)
 *   node test/mutants/run.ts WORD...    only those whose name holds one of the words
 *
 * Exit code 0 when each is killed by the check that it names, 4 when one is not.
 */
import { inParallel } from "./child.ts"
import { codeMutants } from "./code-mutants.ts"
import { codeBaseline, runCodeMutant } from "./code-run.ts"
import type { Mutation, Outcome } from "./mutation.ts"
import { specMutants } from "./spec-mutants.ts"
import { killsByTlc, runSpecMutant, shortRuns } from "./spec-run.ts"

const width = 2
const flags = ["--code", "--spec", "--json"]

const args = process.argv.slice(2)
const has = (flag: string): boolean => args.includes(flag)
const words = args.filter((a) => !a.startsWith("--"))

const say = (line: string): void => console.error(line)

const chosen = <M extends Mutation>(mutants: ReadonlyArray<M>): ReadonlyArray<M> =>
  words.length === 0 ? mutants : mutants.filter((m) => words.some((w) => m.name.includes(w)))

const cells = (o: Outcome): ReadonlyArray<string> => [
  o.file.startsWith("spec/") ? "spec" : "code",
  o.name,
  o.problem === undefined ? o.killedBy.check : o.problem.toUpperCase(),
  o.killedBy.where,
  o.seconds.toFixed(1),
]

const row = ([kind, name, check, where, seconds]: ReadonlyArray<string>): string =>
  [kind, name?.padEnd(72), check?.padEnd(34), where?.padEnd(20), seconds?.padStart(7)].join("  ")

/** A mutant whose run breaks is not killed: it says why. */
const attempt = async <M extends Mutation & Pick<Outcome, "killedBy">>(
  mutant: M,
  run: (mutant: M) => Promise<Outcome>,
): Promise<Outcome> => {
  const { name, file, killedBy } = mutant
  const outcome = await run(mutant).catch(
    (error: Error): Outcome => ({
      name,
      file,
      killedBy,
      kills: [],
      seconds: 0,
      problem: error.message,
    }),
  )
  if (outcome.problem !== undefined) say(`${name}: ${outcome.problem}`)
  else say(`${name}: killed`)
  return outcome
}

const runCode = async (): Promise<ReadonlyArray<Outcome>> => {
  const mutants = chosen(codeMutants)
  if (mutants.length === 0) return []
  say("the code as it is, by every check that is to kill a mutant")
  const baseline = await codeBaseline(mutants.map((m) => m.killedBy))
  return inParallel(mutants, width, (m) => attempt(m, (one) => runCodeMutant(one, baseline)))
}

const runSpec = async (): Promise<ReadonlyArray<Outcome>> => {
  const mutants = chosen(specMutants)
  if (mutants.length === 0) return []
  const toolchain = await shortRuns()
  say("the specification as it is, by every model that is to kill a mutant")
  await inParallel([...new Set(mutants.map((m) => m.killedBy.where))], width, async (model) => {
    const [kill] = await killsByTlc(undefined, model, toolchain)
    if (kill !== undefined) throw new Error(`${model} fails without any mutation: ${kill.why}`)
  })
  return inParallel(mutants, width, (m) => attempt(m, (one) => runSpecMutant(one, toolchain)))
}

const unknown = args.find((a) => a.startsWith("--") && !flags.includes(a))
if (unknown !== undefined) {
  say(`${unknown} is unknown: node test/mutants/run.ts [--code | --spec] [--json] [WORD...]`)
  process.exitCode = 2
} else {
  const code = has("--spec") && !has("--code") ? [] : await runCode()
  const spec = has("--code") && !has("--spec") ? [] : await runSpec()
  const outcomes = [...code, ...spec]
  const failed = outcomes.filter((o) => o.problem !== undefined).length
  const passed = outcomes.length - failed
  if (has("--json")) {
    const document = { schema: "prophecy.mutants/1", mutants: outcomes, passed, failed }
    console.log(JSON.stringify(document, undefined, 2))
  } else {
    console.log(row(["", "mutant", "killed by", "where", "seconds"]))
    for (const outcome of outcomes) console.log(row(cells(outcome)))
    console.log(`${passed} passed, ${failed} failed`)
  }
  if (outcomes.length === 0) say("no mutant chosen")
  process.exitCode = failed === 0 && passed > 0 ? 0 : 4
}
