/** Puts mutants of the disk to crashes: of a store alone, and of whole groups of processes. */
import { join } from "node:path"
import type { CrashReport } from "../crash/rounds.ts"
import { runNode } from "./child.ts"
import { checksByFile, runTests } from "./code-run.ts"
import { withCopy } from "./copy.ts"
import { type Kill, type Killer, type Mutation, type Outcome, problemOf } from "./mutation.ts"

export interface NetMutant extends Mutation {
  readonly killedBy: Killer
}

/** `where` of a mutant that a run of processes kills, by their protocol. */
const crashRuns: Readonly<Record<string, "pbft" | "zyzzyva">> = {
  "crash run": "pbft",
  "crash run of Zyzzyva": "zyzzyva",
}
const sources = [
  "src",
  "test/crash",
  "test/net",
  "test/scenarios",
  "test/sim",
  "test/support",
  "test/trace",
  "test/web",
  "ci/repository.ts",
]
const rounds = 3
/** The longest time that a sync takes: whoever does not wait for it has answered long before. */
const syncMs = 1_500
const limitMs = 600_000

const isDamage = (refused: string): boolean => refused.includes("StoreError")

const killsOf = (where: string, report: CrashReport): ReadonlyArray<Kill> => {
  const { lost, stuck, refused, verdict } = report
  const kill = (check: string, why: string): Kill => ({ check, where, why })
  const [first] = lost
  return [
    ...(first === undefined
      ? []
      : [kill("Durable", `${first.acknowledged} was acknowledged, then ${first.answer}`)]),
    // A store sees some of what it lost by itself: a hole in the middle of its log.
    ...(refused === null ? [] : [kill(isDamage(refused) ? "Durable" : "Starts", refused)]),
    ...(stuck === null ? [] : [kill("Answers", stuck)]),
    // What a killed process told and forgot shows in the others' traces.
    ...("finding" in verdict ? [kill("Durable", verdict.finding.message)] : []),
  ]
}

const crash = async (root: string, where: string): Promise<ReadonlyArray<Kill>> => {
  const script = join(root, "test", "crash", "run.ts")
  const protocol = crashRuns[where] ?? "pbft"
  const given = ["--sync-ms", String(syncMs), "--rounds", String(rounds), "--protocol", protocol]
  const args = ["--json", ...given]
  const { stdout, stderr } = await runNode([script, ...args, "--out", root], root, limitMs)
  if (stdout === "") throw new Error(`the crash run says nothing: ${stderr}`)
  return (JSON.parse(stdout) as { reports: ReadonlyArray<CrashReport> }).reports.flatMap((report) =>
    killsOf(where, report),
  )
}

const killsBy = (
  where: string,
  checks: ReadonlyArray<string>,
  mutation: Mutation | undefined,
): Promise<ReadonlyArray<Kill>> =>
  withCopy(sources, mutation, (root) =>
    where in crashRuns ? crash(root, where) : runTests(root, where, checks),
  )

/** Every check that is to kill a mutant, on the code as it is; throws where one does not pass. */
export const netBaseline = async (killers: ReadonlyArray<Killer>): Promise<void> => {
  for (const [where, checks] of checksByFile(killers)) {
    const [kill] = await killsBy(where, checks, undefined)
    if (kill !== undefined) {
      throw new Error(`${kill.check} of ${where} fails without any mutation: ${kill.why}`)
    }
  }
}

/** Puts a mutant to its killer. */
export const runNetMutant = async (mutant: NetMutant): Promise<Outcome> => {
  const { name, file, killedBy } = mutant
  const startedAt = performance.now()
  const kills = await killsBy(killedBy.where, [killedBy.check], mutant)
  const seconds = (performance.now() - startedAt) / 1000
  return { name, file, killedBy, kills, seconds, problem: problemOf(killedBy, kills) }
}
