/** Puts mutants of the disk to crashes: of a store alone, and of whole groups of processes. */
import { join } from "node:path"
import type { CrashReport } from "../crash/rounds.ts"
import { runNode } from "./child.ts"
import { runTest } from "./code-run.ts"
import { withCopy } from "./copy.ts"
import { type Kill, type Killer, type Mutation, type Outcome, problemOf } from "./mutation.ts"

export interface NetMutant extends Mutation {
  readonly killedBy: Killer
}

/** `where` of a mutant that a run of processes kills. */
const crashRun = "crash run"
const sources = [
  "src",
  "test/crash",
  "test/net",
  "test/support",
  "test/trace",
  "test/web",
  "ci/repository.ts",
]
const rounds = 3
/** The longest time that a sync takes: whoever does not wait for it has answered long before. */
const syncMs = 1_500
const limitMs = 600_000

const killsOf = (report: CrashReport): ReadonlyArray<Kill> => {
  const { lost, stuck, verdict } = report
  const kill = (check: string, why: string): Kill => ({ check, where: crashRun, why })
  const [first] = lost
  return [
    ...(first === undefined
      ? []
      : [kill("Acknowledged", `${first.acknowledged} was acknowledged, then ${first.answer}`)]),
    ...(stuck === null ? [] : [kill("Answers", stuck)]),
    ...("finding" in verdict ? [kill(verdict.finding.rule, verdict.finding.message)] : []),
  ]
}

const crash = async (root: string): Promise<ReadonlyArray<Kill>> => {
  const script = join(root, "test", "crash", "run.ts")
  const args = ["--json", "--sync-ms", String(syncMs), "--rounds", String(rounds)]
  const { stdout, stderr } = await runNode([script, ...args, "--out", root], root, limitMs)
  if (stdout === "") throw new Error(`the crash run says nothing: ${stderr}`)
  return (JSON.parse(stdout) as { reports: ReadonlyArray<CrashReport> }).reports.flatMap(killsOf)
}

const killsBy = (killer: Killer, mutation: Mutation | undefined): Promise<ReadonlyArray<Kill>> =>
  withCopy(sources, mutation, (root) =>
    killer.where === crashRun ? crash(root) : runTest(root, killer),
  )

/** Every check that is to kill a mutant, on the code as it is; throws where one does not pass. */
export const netBaseline = async (killers: ReadonlyArray<Killer>): Promise<void> => {
  const checks = new Map(killers.map((k) => [k.where === crashRun ? crashRun : k.check, k]))
  for (const killer of checks.values()) {
    const [kill] = await killsBy(killer, undefined)
    if (kill !== undefined) {
      throw new Error(`${kill.check} fails without any mutation: ${kill.why}`)
    }
  }
}

/** Puts a mutant to its killer. */
export const runNetMutant = async (mutant: NetMutant): Promise<Outcome> => {
  const { name, file, killedBy } = mutant
  const startedAt = performance.now()
  const kills = await killsBy(killedBy, mutant)
  const seconds = (performance.now() - startedAt) / 1000
  return { name, file, killedBy, kills, seconds, problem: problemOf(killedBy, kills) }
}
