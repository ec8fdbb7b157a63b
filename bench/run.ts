/**
 * `node bench/run.ts`: null operations a second with four replicas and their clients on this
 * machine, everything included: authentication, durable logs, and with traces their writing.
 */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect } from "effect"
import { configDefaults } from "../src/net/cluster-config.ts"
import { readArguments } from "./arguments.ts"
import { commit, machine } from "./machine.ts"
import { type Measurement, measure, type Setting } from "./measure.ts"
import { readProfiles } from "./profile.ts"
import { details, profileText, table } from "./report.ts"

const usage = `node bench/run.ts [--clients 1,10,100] [--payload 0,4096] [--traces off,on]
  [--seconds 5] [--warmup 2] [--pipeline W] [--batch N] [--json] [--profile]

One line for each combination. --json prints one document (schema prophecy-bench/1) instead;
--profile also says which functions had the replicas' time.`

const options = {
  clients: { type: "string", default: "1,10,100" },
  payload: { type: "string", default: "0,4096" },
  traces: { type: "string", default: "off,on" },
  seconds: { type: "string", default: "5" },
  warmup: { type: "string", default: "2" },
  pipeline: { type: "string", default: String(configDefaults.pipeline) },
  batch: { type: "string", default: String(configDefaults.maxBatch) },
  json: { type: "boolean", default: false },
  profile: { type: "boolean", default: false },
  help: { type: "boolean", default: false },
} as const

const { given, refuse } = readArguments(usage, options)

const numbers = (name: string, text: string, least: number): ReadonlyArray<number> => {
  const all = text.split(",").map((word) => (/^\d+$/.test(word) ? Number(word) : Number.NaN))
  return all.every((n) => n >= least) ? all : refuse(`--${name} ${text}: numbers from ${least}`)
}

const one = (name: string, text: string, least: number): number =>
  numbers(name, text, least)[0] ?? refuse(`--${name}: a number is missing`)

const switches = (text: string): ReadonlyArray<boolean> =>
  text.split(",").map((word) => {
    if (word !== "on" && word !== "off") return refuse(`--traces ${text}: on, off or both`)
    return word === "on"
  })

const settings: ReadonlyArray<Setting> = switches(given.traces).flatMap((traces) =>
  numbers("payload", given.payload, 0).flatMap((payload) =>
    numbers("clients", given.clients, 1).map((clients) => ({
      clients,
      payload,
      traces,
      seconds: one("seconds", given.seconds, 1),
      warmupSeconds: one("warmup", given.warmup, 0),
      pipeline: one("pipeline", given.pipeline, 1),
      maxBatch: one("batch", given.batch, 1),
    })),
  ),
)

const profileLines = 25

const measured = async (setting: Setting): Promise<Measurement> => {
  if (!given.profile) return Effect.runPromise(measure(setting))
  const profiles = mkdtempSync(join(tmpdir(), "prophecy-profile-"))
  try {
    const measurement = await Effect.runPromise(measure({ ...setting, profiles }))
    process.stderr.write(`${profileText(readProfiles(profiles), profileLines)}\n\n`)
    return measurement
  } finally {
    rmSync(profiles, { recursive: true, force: true })
  }
}

const about = machine()
const results: Array<Measurement> = []
for (const [k, setting] of settings.entries()) {
  const { clients, payload, traces } = setting
  const name = `${clients} clients, ${payload} bytes, traces ${traces ? "on" : "off"}`
  const measurement = await measured(setting)
  results.push(measurement)
  process.stderr.write(`${k + 1} of ${settings.length}: ${name}\n${details(measurement)}\n`)
}

if (given.json) {
  const document = { schema: "prophecy-bench/1", machine: about, commit: commit(), results }
  process.stdout.write(`${JSON.stringify(document, undefined, 2)}\n`)
} else {
  const { cpu, cores, memoryGiB, node, loadBefore } = about
  process.stdout.write(
    `4 replicas and their clients on ${cores} cores (${cpu}, ${memoryGiB} GiB), node ${node}, ` +
      `load before ${loadBefore}, commit ${commit() ?? "unknown"}\n\n${table(results)}\n`,
  )
}
process.exit(0)
