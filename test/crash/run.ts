/**
 * Kills replicas that are processes with -9 in the middle of a load, again and again, and looks
 * for what was acknowledged and is gone:
 *
 *   node test/crash/run.ts                     all replicas at once, in 20 rounds
 *   node test/crash/run.ts --victims primary   the primary alone
 *   node test/crash/run.ts --victims one       any one of them
 *   node test/crash/run.ts --sync-ms 20        over disks that forget what was not synced, tear
 *                                              the last record, and take so long for a sync
 *
 * Further flags: --protocol zyzzyva, --rounds N, --runs N (each with a group of its own), --seed N,
 * --replicas N, --writers N, --checkpoint-interval N, --json, --out FOLDER (kept; default: a
 * temporary one).
 *
 * Exit codes: 0 good, 12 something acknowledged was lost or a replica did not start again, 13 the
 * group did not answer any more, 4 the traces do not conform, 2 bad input.
 */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { parseArgs } from "node:util"
import { exitCodeOf, verdictText } from "../../src/trace-check/verdict.ts"
import { type CrashOptions, type CrashReport, crashRun } from "./rounds.ts"

const quantile = (sorted: ReadonlyArray<number>, q: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? 0

const whole = (n: number): string => Math.round(n).toLocaleString("en-US")

const codeOf = ({ lost, stuck, refused, verdict }: CrashReport): number => {
  if (lost.length > 0 || refused !== null) return 12
  if (stuck !== null) return 13
  const code = exitCodeOf(verdict)
  // After a kill the last lines of a trace are missing, which the next file declares.
  return code === 3 ? 0 : code
}

const linesOf = (reports: ReadonlyArray<CrashReport>): ReadonlyArray<string> => {
  const sum = (of: (report: CrashReport) => number): string =>
    whole(reports.reduce((all, report) => all + of(report), 0))
  const pauses = reports.flatMap((r) => r.rounds.map(({ pauseMs }) => pauseMs))
  const sorted = pauses.toSorted((a, b) => a - b)
  const verdicts = new Map<string, number>()
  for (const { verdict } of reports) {
    verdicts.set(verdict._tag, (verdicts.get(verdict._tag) ?? 0) + 1)
  }
  const wrong = reports.filter((report) => codeOf(report) !== 0)
  return [
    `kills         ${sum((r) => r.kills)} in ${sum((r) => r.rounds.length)} rounds of ${reports.length} runs`,
    `acknowledged  ${sum((r) => r.acknowledged)} changes, ${sum((r) => r.reads)} reads`,
    `lost          ${sum((r) => r.lost.length)}`,
    `pause         p50 ${whole(quantile(sorted, 0.5))} ms, p99 ${whole(quantile(sorted, 0.99))} ms, ` +
      `max ${whole(sorted.at(-1) ?? 0)} ms without an answer`,
    `left behind   ${sum((r) => r.missed)} replicas, for which ${sum((r) => Number(r.endedEarly))} runs ended early`,
    `traces        ${[...verdicts].map(([tag, n]) => `${tag} ${n}`).join(", ")}`,
    ...wrong.flatMap(({ lost, stuck, refused, verdict }) => [
      ...lost.map(
        (l) =>
          `lost          writer ${l.writer}: ${l.acknowledged} was acknowledged, then ${l.answer}`,
      ),
      ...(refused === null ? [] : [`refused       ${refused}`]),
      ...(stuck === null ? [] : [`stuck         ${stuck}`]),
      ...(exitCodeOf(verdict) === 4 || exitCodeOf(verdict) === 2 ? [verdictText(verdict)] : []),
    ]),
  ]
}

const flags = {
  rounds: { type: "string", default: "20" },
  runs: { type: "string", default: "1" },
  seed: { type: "string", default: "1" },
  victims: { type: "string", default: "all" },
  protocol: { type: "string", default: "pbft" },
  replicas: { type: "string", default: "4" },
  writers: { type: "string", default: "6" },
  "sync-ms": { type: "string" },
  "checkpoint-interval": { type: "string" },
  out: { type: "string" },
  json: { type: "boolean", default: false },
} as const

const main = async (): Promise<number> => {
  const { values } = parseArgs({ options: flags })
  const { victims, json, protocol } = values
  const interval = values["checkpoint-interval"]
  if (victims !== "all" && victims !== "primary" && victims !== "one") {
    throw new TypeError("--victims: all, primary or one")
  }
  if (protocol !== "pbft" && protocol !== "zyzzyva") {
    throw new TypeError("--protocol: pbft or zyzzyva")
  }
  const directory = values.out ?? mkdtempSync(join(tmpdir(), "prophecy-crash-"))
  mkdirSync(directory, { recursive: true })
  const options = (k: number): CrashOptions => ({
    directory,
    rounds: Number(values.rounds),
    seed: Number(values.seed) + k,
    victims,
    replicas: Number(values.replicas),
    writers: Number(values.writers),
    ...(values["sync-ms"] === undefined ? {} : { syncMs: Number(values["sync-ms"]) }),
    changes: {
      protocol,
      ...(interval === undefined
        ? {}
        : { checkpointInterval: Number(interval), logSize: 2 * Number(interval) }),
    },
    told: ({ round, acknowledged, pauseMs }) =>
      console.error(
        `run ${k + 1}, round ${round}: ${acknowledged} acknowledged, pause ${whole(pauseMs)} ms`,
      ),
  })
  const reports: Array<CrashReport> = []
  for (let k = 0; k < Number(values.runs); k++) reports.push(await crashRun(options(k)))
  if (values.out === undefined) rmSync(directory, { recursive: true, force: true, maxRetries: 5 })
  const code = Math.max(0, ...reports.map(codeOf))
  if (json) console.log(JSON.stringify({ schema: "prophecy-crashes/1", reports }, undefined, 2))
  else console.log([...linesOf(reports), code === 0 ? "nothing was lost" : "FAILED"].join("\n"))
  return code
}

process.exitCode = await main().catch((error: Error) => {
  console.error(error.message)
  return error instanceof TypeError ? 2 : 70
})
