/**
 * The mutants of the code and of the specification, and what kills each:
 *
 *   node test/mutants/run.ts            all of them
 *   node test/mutants/run.ts --code     those of src/core, by the explorer and by tests
 *   node test/mutants/run.ts --spec     those of spec/tla, by TLC
 *   node test/mutants/run.ts --swarm    those that simulated runs must find, and in how many seeds
 *   node test/mutants/run.ts --net      those of the disk, by stores and processes that crash
 *   node test/mutants/run.ts --nightly  also those of spec/tla whose models are for nights, which
 *                                       a run with a WORD brings too
 *   node test/mutants/run.ts --json     one JSON document (schema prophecy-mutants/1)
 *   node test/mutants/run.ts WORD...    only those whose name holds one of the words
 *
 * Exit code 0 when each is killed by the check that it names, 4 when one is not, 2 for bad words.
 */
import { codeMutants } from "./code-mutants.ts"
import { codeBaseline, type CodeMutant, runCodeMutant } from "./code-run.ts"
import { inParallel } from "./in-parallel.ts"
import type { Mutation, Outcome } from "./mutation.ts"
import { netMutants } from "./net-mutants.ts"
import { netBaseline, type NetMutant, runNetMutant } from "./net-run.ts"
import { specMutants } from "./spec-mutants.ts"
import { swarmMutants } from "./swarm-mutants.ts"
import { runSwarmMutant, swarmBaseline } from "./swarm-run.ts"
import { killsByTlc, runSpecMutant, shortRuns, sizeOf, type SpecMutant } from "./spec-run.ts"

const width = 2
const kinds = ["--code", "--spec", "--swarm", "--net"] as const
const flags: ReadonlyArray<string> = [...kinds, "--nightly", "--json"]
const usage = `node test/mutants/run.ts [${kinds.join(" | ")}] [--nightly] [--json] [WORD...]`

const say = (line: string): void => console.error(line)

const clip = (text: string, width: number): string =>
  (text.length > width ? `${text.slice(0, width - 3)}...` : text).padEnd(width)

const row = (cells: readonly [string, string, string, string, string]): string =>
  [
    clip(cells[0], 4),
    clip(cells[1], 72),
    clip(cells[2], 34),
    clip(cells[3], 31),
    cells[4].padStart(7),
  ].join("  ")

const rowOf = (o: Outcome): string =>
  row([
    o.file.startsWith("spec/") ? "spec" : "code",
    o.name,
    o.problem === undefined ? o.killedBy.check : "NOT KILLED",
    o.killedBy.where,
    o.seconds.toFixed(1),
  ])

/** A mutant whose run breaks is not killed: it says why. */
const attempt = async <M extends Mutation & Pick<Outcome, "killedBy">>(
  mutant: M,
  run: (mutant: M) => Promise<Outcome>,
): Promise<Outcome> => {
  const { name, file, killedBy } = mutant
  const broken = ({ message }: Error): Outcome => {
    return { name, file, killedBy, kills: [], seconds: 0, problem: message }
  }
  const outcome = await run(mutant).catch(broken)
  say(`${name}: ${outcome.problem ?? "killed"}`)
  return outcome
}

const runCode = async (mutants: ReadonlyArray<CodeMutant>): Promise<ReadonlyArray<Outcome>> => {
  if (mutants.length === 0) return []
  say("the code as it is, by every check that is to kill a mutant")
  const baseline = await codeBaseline(mutants.map((m) => m.killedBy))
  return inParallel(mutants, width, (m) => attempt(m, (one) => runCodeMutant(one, baseline)))
}

const runSpec = async (mutants: ReadonlyArray<SpecMutant>): Promise<ReadonlyArray<Outcome>> => {
  if (mutants.length === 0) return []
  const toolchain = await shortRuns()
  say("the specification as it is, by every model that is to kill a mutant")
  await inParallel([...new Set(mutants.map((m) => m.killedBy.where))], width, async (model) => {
    const [kill] = await killsByTlc(undefined, model, toolchain)
    if (kill !== undefined) throw new Error(`${model} fails without any mutation: ${kill.why}`)
  })
  return inParallel(mutants, width, (m) => attempt(m, (one) => runSpecMutant(one, toolchain)))
}

const runSwarm = async (mutants: ReadonlyArray<Mutation>): Promise<ReadonlyArray<Outcome>> => {
  if (mutants.length === 0) return []
  say("simulated runs of the code as it is")
  await swarmBaseline()
  const unseen = { check: "the swarm", where: "simulated runs" }
  return inParallel(mutants, width, (m) => attempt({ ...m, killedBy: unseen }, runSwarmMutant))
}

const runNet = async (mutants: ReadonlyArray<NetMutant>): Promise<ReadonlyArray<Outcome>> => {
  if (mutants.length === 0) return []
  say("stores and processes that crash, with the code as it is")
  await netBaseline(mutants.map((m) => m.killedBy))
  // One after the other: a group of processes keeps the machine busy.
  return inParallel(mutants, 1, (m) => attempt(m, runNetMutant))
}

const print = (outcomes: ReadonlyArray<Outcome>, json: boolean): number => {
  const failed = outcomes.filter((o) => o.problem !== undefined).length
  const passed = outcomes.length - failed
  if (json) {
    const document = { schema: "prophecy-mutants/1", mutants: outcomes, passed, failed }
    console.log(JSON.stringify(document, undefined, 2))
  } else {
    console.log(row(["", "mutant", "killed by", "where", "seconds"]))
    for (const outcome of outcomes) console.log(rowOf(outcome))
    console.log(`${passed} passed, ${failed} failed`)
  }
  return failed === 0 ? 0 : 4
}

const main = async (args: ReadonlyArray<string>): Promise<number> => {
  if (args.includes("--help")) {
    console.log(usage)
    return 0
  }
  const unknown = args.find((a) => a.startsWith("--") && !flags.includes(a))
  const words = args.filter((a) => !a.startsWith("--"))
  const only: ReadonlyArray<string> = kinds.filter((kind) => args.includes(kind))
  const chosen = <M extends Mutation>(flag: (typeof kinds)[number], mutants: ReadonlyArray<M>) =>
    only.length > 0 && !only.includes(flag)
      ? []
      : mutants.filter((m) => words.length === 0 || words.some((w) => m.name.includes(w)))
  const code = chosen("--code", codeMutants)
  const due = (m: SpecMutant): boolean =>
    args.includes("--nightly") || words.length > 0 || sizeOf(m.killedBy.where).size !== "nightly"
  const spec = chosen("--spec", specMutants).filter(due)
  const swarm = chosen("--swarm", swarmMutants)
  const net = chosen("--net", netMutants)
  if (unknown !== undefined || code.length + spec.length + swarm.length + net.length === 0) {
    say(
      `${unknown === undefined ? "no mutant has such a name" : `${unknown} is unknown`}: ${usage}`,
    )
    return 2
  }
  const outcomes = [
    ...(await runCode(code)),
    ...(await runSpec(spec)),
    ...(await runSwarm(swarm)),
    ...(await runNet(net)),
  ]
  return print(outcomes, args.includes("--json"))
}

process.exitCode = await main(process.argv.slice(2)).catch((error: Error) => {
  say(error.message)
  return 4
})
