/**
 * How often web pages change: fetches each URL again and again, and says how many of the answers
 * differed from the one before, as they came and as replicas would compare them. That share is the
 * share of reads that Prophecy replicates when each page is read so often.
 */
import { Agent, request as ask } from "undici"
import type { Header, HttpRequest, HttpResponse } from "../src/web/http-message.ts"
import { sortHeaders } from "../src/web/http-message.ts"
import { readArguments } from "./arguments.ts"
import { type Study, studyOf } from "./page-changes.ts"

const usage = `node bench/changes.ts URL... [--times 30] [--every 20] [--json]

--every is in seconds. Exit codes: 0, 2 for bad flags, 3 when no URL answered twice.`

const options = {
  times: { type: "string", default: "30" },
  every: { type: "string", default: "20" },
  json: { type: "boolean", default: false },
  help: { type: "boolean", default: false },
} as const

const { given, positionals, refuse, whole } = readArguments(usage, options, { positionals: true })
if (positionals.length === 0) refuse("name the URLs to fetch: node bench/changes.ts URL...")
const urls = positionals.map((text) => {
  const url = URL.parse(text)
  const isHttp = url?.protocol === "http:" || url?.protocol === "https:"
  return url !== null && isHttp ? url : refuse(`${text}: an http or https URL`)
})
const times = whole("times", given.times, 2)
const everyMs = whole("every", given.every, 0) * 1_000

const timeoutMs = 20_000
const dispatcher = new Agent({ headersTimeout: timeoutMs, bodyTimeout: timeoutMs })

const requestOf = (url: URL): HttpRequest => ({
  method: "GET",
  authority: url.host,
  target: `${url.pathname}${url.search}`,
  headers: [],
  body: "",
})

const fetched = async (url: URL): Promise<HttpResponse | undefined> => {
  try {
    const { statusCode: status, headers, body } = await ask(url, { dispatcher })
    const fields = Object.entries(headers).flatMap(([name, value]): ReadonlyArray<Header> => {
      return [value ?? ""].flat().map((v) => [name, v] as const)
    })
    const bytes = Buffer.from(await body.arrayBuffer())
    return { status, headers: sortHeaders(fields), body: bytes.toString("latin1") }
  } catch (cause) {
    process.stderr.write(`${url.href}: ${cause instanceof Error ? cause.message : cause}\n`)
    return undefined
  }
}

const answers = urls.map((): Array<HttpResponse | undefined> => [])
for (let k = 0; k < times; k++) {
  if (k > 0) await new Promise((resolve) => setTimeout(resolve, everyMs))
  const round = await Promise.all(urls.map(fetched))
  for (const [at, answer] of round.entries()) answers[at]?.push(answer)
}
await dispatcher.close()

const studies = urls.map((url, k) => studyOf(url.href, requestOf(url), answers[k] ?? []))

const percent = (part: number, whole: number): string =>
  whole === 0 ? "-" : `${((100 * part) / whole).toFixed(1)} %`

const lineOf = ({ url, pairs, failed, rawChanges, changes, bodyChanges, onePlace }: Study) =>
  [
    `${url}: ${pairs} answers compared, ${failed} failed`,
    `  changed as they came    ${percent(rawChanges, pairs)}`,
    `  as replicas compare     ${percent(changes, pairs)}`,
    `  bodies                  ${percent(bodyChanges, pairs)}, of these in one place ${percent(onePlace, bodyChanges)}`,
  ].join("\n")

const fieldsOf = ({ fields }: Study): string =>
  Object.entries(fields)
    .sort(([, a], [, b]) => b - a)
    .map(([name, count]) => `${name} ${count}`)
    .join(", ")

if (given.json) {
  const document = { schema: "prophecy-changes/1", times, everyMs, studies }
  process.stdout.write(`${JSON.stringify(document, undefined, 2)}\n`)
} else {
  for (const study of studies) {
    process.stdout.write(
      `${lineOf(study)}\n  fields that changed      ${fieldsOf(study) || "none"}\n`,
    )
  }
}
process.exit(studies.every(({ pairs }) => pairs === 0) ? 3 : 0)
