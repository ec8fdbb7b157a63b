/**
 * Records what clients of a real sketcher see while replicas lie and lag, the primary is killed and
 * the sketcher is, and judges it:
 *
 *   npm run histories:live                       100 000 operations
 *   npm run histories:live -- --operations 5000  fewer
 *
 *   npm run histories:live -- --operations 20000 --traces   and replays the traces of all processes
 *
 * Further flags: --protocol zyzzyva, --seed N, --clients N, --photos N (all look at so many in a
 * round), --round-ms N, --out FOLDER (kept; default: a temporary one), --json.
 *
 * Exit codes: 0 delay-once and somewhere not linearizable, 4 not delay-once, or the traces are no
 * run of the model, 3 undecided, or everything was linearizable and so nothing was tried; 2 bad
 * input, 70 it could not be run.
 */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { parseArgs } from "node:util"
import { verdictText } from "../../src/trace-check/verdict.ts"
import { type LiveReport, liveRun } from "./live-run.ts"

const whole = (n: number): string => Math.round(n).toLocaleString("en-US")
const counts = (of: Readonly<Record<string, number>>): string =>
  Object.entries(of)
    .map(([name, n]) => `${name} ${whole(n)}`)
    .join(", ")

const codeOf = ({ judgement, linearity, replay }: LiveReport): number => {
  if (judgement.verdict === "violated") return 4
  // After a kill the last lines of a trace are missing, which the next file declares.
  if (replay !== undefined && replay._tag !== "Conforms" && replay._tag !== "Gap") return 4
  return judgement.verdict === "unknown" || linearity.notLinearizable === 0 ? 3 : 0
}

const words = {
  holds: "is delay-once",
  violated: "IS NOT DELAY-ONCE",
  unknown: "is undecided",
} as const

const linesOf = (report: LiveReport): ReadonlyArray<string> => {
  const { judgement, linearity } = report
  const { bad, against, why } = judgement.document
  return [
    `seed        ${report.seed}`,
    `load        ${whole(report.answered)} operations answered, ${whole(report.lost)} lost, ${whole(report.refused)} refused, in ${report.seconds.toFixed(0)} s`,
    `answers     ${counts(report.ways)}`,
    `faults      ${report.rounds} rounds: ${counts(report.blows)}; one replica in each: ${counts(report.lies)}`,
    `sketcher    ${report.sketcherStarts} starts`,
    `history     ${whole(judgement.operations)} operations on ${whole(judgement.objects)} keys: it ${words[judgement.verdict]}`,
    `            ${linearity.notLinearizable} of ${linearity.keys} keys are not linearizable` +
      (linearity.undecided === 0 ? "" : `, ${linearity.undecided} undecided`),
    ...(judgement.verdict === "violated"
      ? [`            ${JSON.stringify({ bad, against, why }, undefined, 2)}`]
      : []),
    ...(report.replay === undefined ? [] : [`traces      ${verdictText(report.replay)}`]),
    `            prophecy check-history ${report.history} --consistency delay-once`,
  ]
}

const flags = {
  operations: { type: "string", default: "100000" },
  seed: { type: "string", default: String(Math.floor(Math.random() * 1_000_000)) },
  clients: { type: "string" },
  photos: { type: "string" },
  "round-ms": { type: "string" },
  traces: { type: "boolean", default: false },
  protocol: { type: "string", default: "pbft" },
  out: { type: "string" },
  json: { type: "boolean", default: false },
} as const

const numberOf = (name: string, text: string): number => {
  const n = Number(text)
  if (!Number.isSafeInteger(n) || n < 0) throw new TypeError(`--${name}: a whole number`)
  return n
}

const main = async (): Promise<number> => {
  const { values } = parseArgs({ options: flags })
  const { clients, photos, out, json, protocol } = values
  if (protocol !== "pbft" && protocol !== "zyzzyva") {
    throw new TypeError("--protocol: pbft or zyzzyva")
  }
  const roundMs = values["round-ms"]
  const directory = out ?? mkdtempSync(join(tmpdir(), "prophecy-histories-"))
  const report = await liveRun({
    directory,
    operations: numberOf("operations", values.operations),
    seed: numberOf("seed", values.seed),
    ...(clients === undefined ? {} : { clients: numberOf("clients", clients) }),
    ...(photos === undefined ? {} : { photos: numberOf("photos", photos) }),
    ...(roundMs === undefined ? {} : { roundMs: numberOf("round-ms", roundMs) }),
    traced: values.traces,
    protocol,
    told: (line) => console.error(line),
  })
  const code = codeOf(report)
  if (json) console.log(JSON.stringify({ schema: "prophecy-live-histories/1", ...report }))
  else console.log(linesOf(report).join("\n"))
  // What is wrong is kept, to be looked at.
  const keep = out !== undefined || code !== 0
  if (!keep) rmSync(directory, { recursive: true, force: true, maxRetries: 5 })
  return code
}

process.exitCode = await main().catch((error: Error) => {
  console.error(error.stack)
  return error instanceof TypeError ? 2 : 70
})
