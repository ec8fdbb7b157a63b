/**
 * Measures web servers side by side on this machine, each under the same load of wrk. One Apache
 * alone, nginx as a plain proxy before it, four replicas each with an Apache of its own behind a
 * sketcher without sketches (proxied PBFT), and Prophecy with so many transitions: that many of a
 * hundred fast reads get another answer than the one that was sketched, as after a change of the
 * page, and are replicated.
 */
import { accessSync, constants, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { delimiter, join } from "node:path"
import { Effect } from "effect"
import { ApacheMissing, findApache } from "../src/web/apache.ts"
import { readArguments } from "./arguments.ts"
import { commit, machine } from "./machine.ts"
import { readProfiles } from "./profile.ts"
import { profileText } from "./report.ts"
import { compareWeb, type WebMeasurement } from "./web-compare.ts"
import { webDetails, webTable } from "./web-report.ts"

const usage = `node bench/web.ts [--connections 100] [--seconds 10] [--warmup 3] [--pages 1000]
  [--page-bytes 1024] [--transitions 0,5,15,50,100] [--json] [--profile]

--profile tells where sketchers and replicas spend their time.`

const options = {
  connections: { type: "string", default: "100" },
  seconds: { type: "string", default: "10" },
  warmup: { type: "string", default: "3" },
  pages: { type: "string", default: "1000" },
  "page-bytes": { type: "string", default: "1024" },
  transitions: { type: "string", default: "0,5,15,50,100" },
  json: { type: "boolean", default: false },
  profile: { type: "boolean", default: false },
  help: { type: "boolean", default: false },
} as const

const { given, refuse, whole } = readArguments(usage, options)

const isProgram = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** A program on PATH, or where Debian keeps those of the administrator. */
const found = (name: string): string => {
  const folders = [...(process.env["PATH"] ?? "").split(delimiter), "/usr/sbin"]
  const path = folders.map((folder) => join(folder, name)).find(isProgram)
  return path ?? refuse(`${name} was not found. Debian: apt-get install ${name}`)
}

const apacheHere = () => {
  const apache = findApache(process.env)
  return apache instanceof ApacheMissing ? refuse(apache.message) : apache
}

const most = 10_000
const setting = {
  connections: whole("connections", given.connections, 1, 1_000),
  seconds: whole("seconds", given.seconds, 1, 600),
  warmupSeconds: whole("warmup", given.warmup, 0, 600),
  pages: whole("pages", given.pages, 1, most),
  pageBytes: whole("page-bytes", given["page-bytes"], 32, 1_000_000),
  transitions: given.transitions.split(",").map((text) => whole("transitions", text, 0, 100)),
}
const programs = { apache: apacheHere(), nginx: found("nginx"), wrk: found("wrk") }

const about = machine()
const profiles = given.profile ? mkdtempSync(join(tmpdir(), "prophecy-profile-")) : undefined
const tell = (m: WebMeasurement): void => void process.stderr.write(`${webDetails(m)}\n`)
const measuring = { ...setting, ...(profiles === undefined ? {} : { profiles }) }
const results = await Effect.runPromise(compareWeb(programs, measuring, tell))
if (profiles !== undefined) {
  for (const kind of ["sketchers", "replicas"]) {
    const hot = readProfiles(join(profiles, kind))
    process.stderr.write(`${kind}:\n${profileText(hot, 30)}\n\n`)
  }
  rmSync(profiles, { recursive: true, force: true })
}

if (given.json) {
  const document = { schema: "prophecy-bench-web/1", machine: about, commit: commit(), setting }
  process.stdout.write(`${JSON.stringify({ ...document, results }, undefined, 2)}\n`)
} else {
  const { cpu, cores, memoryGiB, node, loadBefore } = about
  const { connections, pageBytes, pages } = setting
  process.stdout.write(
    `${connections} connections, ${pages} pages of ${pageBytes} bytes; ${cores} cores (${cpu}, ` +
      `${memoryGiB} GiB), node ${node}, load before ${loadBefore}, commit ${commit() ?? "unknown"}` +
      `\n\n${webTable(results)}\n`,
  )
}
process.exit(results.some(({ errors }) => errors > 0) ? 4 : 0)
