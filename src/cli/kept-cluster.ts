/** A configuration that is there already: kept, unless it is not the one that is asked for. */
import { existsSync, readFileSync } from "node:fs"
import { Effect } from "effect"
import { type ClusterConfigFile, checkClusterConfig } from "../net/cluster-config.ts"
import { ExitCode, Refused } from "./ended.ts"

const leftAlone =
  "It is left as it is: its secrets may be in use. To start over, remove it and the cluster's data, or name another folder."

const refuse = (text: string): Effect.Effect<never, Refused> =>
  Effect.fail(new Refused({ code: ExitCode.BadInput, text: `${text}. ${leftAlone}` }))

const read = (path: string): unknown => {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as unknown
  } catch (cause) {
    // The parser's message quotes the text, which may be a secret.
    return cause instanceof SyntaxError ? "no JSON" : String(cause)
  }
}

const asked = (config: ClusterConfigFile): Readonly<Record<string, unknown>> => ({
  replicas: config.replicas.length,
  clients: config.clients,
  service: config.service,
  sketches: config.sketches === true,
  "replica 0": `${config.replicas[0]?.host}:${config.replicas[0]?.port}`,
  secrets: config.secrets === undefined ? "in files of their own" : "in the file",
})

/**
 * Whether the configuration at `path` is there and as `wanted`, whatever its secrets: what init
 * would write again is not written. One that is unreadable or of another cluster is refused.
 */
export const isKept = (
  path: string,
  wanted: ClusterConfigFile,
): Effect.Effect<boolean, Refused> => {
  if (!existsSync(path)) return Effect.succeed(false)
  const found = read(path)
  if (typeof found === "string") return refuse(`${path} exists and cannot be read (${found})`)
  const issue = checkClusterConfig(found)[0]
  if (issue !== undefined) {
    return refuse(`${path} exists, with ${issue.path}: ${issue.found}, not ${issue.expected}`)
  }
  const [here, there] = [asked(found as ClusterConfigFile), asked(wanted)]
  const different = Object.keys(there)
    .filter((name) => here[name] !== there[name])
    .map((name) => `${name}: ${here[name]} there, ${there[name]} asked for`)
  return different.length === 0
    ? Effect.succeed(true)
    : refuse(`${path} exists and is another cluster's (${different.join("; ")})`)
}
