/** Reads and writes the files of a configuration: the cluster's, and a node's secrets. */
import { chmodSync, readFileSync, writeFileSync } from "node:fs"
import { dirname, resolve } from "node:path"
import { Effect } from "effect"
import {
  type ClusterConfig,
  type ClusterConfigFile,
  checkClusterConfig,
  toClusterConfig,
} from "./cluster-config.ts"
import { type ConfigError, ConfigInvalid, ConfigUnreadable, issuesOf } from "./config-error.ts"
import { fromSecretsFile, publicKeysOf, type Secrets, SecretsFile } from "./secrets.ts"

/** Whose secrets are wanted, when the configuration has them in files of their own. */
export type Node =
  /** `held`: a key holder has its secrets, and they are not read. */
  | { readonly kind: "replica"; readonly id: number; readonly held?: boolean }
  | { readonly kind: "endpoint"; readonly id: number }

export const nodeName = (node: Node): string => `${node.kind}-${node.id}`

const readJson = (file: string): Effect.Effect<unknown, ConfigError> =>
  Effect.gen(function* () {
    const text = yield* Effect.try({
      try: () => readFileSync(file, "utf8"),
      catch: (cause) => {
        const { code } = cause as NodeJS.ErrnoException
        const reason = code === "ENOENT" ? "there is no such file" : (code ?? "unknown reason")
        return new ConfigUnreadable({ file, reason })
      },
    })
    return yield* Effect.try({
      try: () => JSON.parse(text) as unknown,
      catch: () => {
        const found = `text that is no JSON (${jsonPlace(text)})`
        return new ConfigInvalid({ file, issues: [{ path: "", found, expected: "JSON" }] })
      },
    })
  })

/** Whether what is wrong lies within the first `size` characters, and is not only their end. */
const isWrongWithin = (text: string, size: number): boolean => {
  try {
    JSON.parse(text.slice(0, size))
    return false
  } catch (cause) {
    const message = String(cause)
    const at = /position (\d+)/.exec(message)?.[1]
    return at === undefined ? !message.includes("Unexpected end") : Number(at) < size
  }
}

// V8's messages quote the text around the place, which may be a secret, and not all of them tell
// the place: it is where a prefix of the text goes wrong first.
const jsonPlace = (text: string): string => {
  if (!isWrongWithin(text, text.length)) return "it ends too early"
  let right = 0
  let wrong = text.length
  while (wrong - right > 1) {
    const middle = (right + wrong) >> 1
    if (isWrongWithin(text, middle)) wrong = middle
    else right = middle
  }
  const before = text.slice(0, right).split("\n")
  return `line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}`
}

const readSecrets = (
  file: string,
  node: Node,
  replicas: ClusterConfigFile["replicas"],
): Effect.Effect<Secrets, ConfigError> =>
  Effect.gen(function* () {
    const json = yield* readJson(file)
    const invalid = (path: string, found: string, expected: string) =>
      new ConfigInvalid({ file, issues: [{ path, found, expected }] })
    const issues = issuesOf(SecretsFile, json)
    if (issues.length > 0) return yield* new ConfigInvalid({ file, issues })
    const content = json as SecretsFile
    const id = "replica" in content ? content.replica : content.endpoint
    const kind = "replica" in content ? "replica" : "endpoint"
    if (kind !== node.kind || id !== node.id) {
      return yield* invalid(
        kind,
        `the secrets of ${kind} ${id}`,
        `those of ${node.kind} ${node.id}`,
      )
    }
    const keys = "replica" in content ? content.pairs : content.replicas
    const n = replicas.length
    const expected = "replica" in content ? n - 1 - id : n
    if (keys.length !== expected) {
      const field = "replica" in content ? "pairs" : "replicas"
      return yield* invalid(field, `${keys.length} keys`, `${expected}`)
    }
    const [publicKey = ""] = "replica" in content ? publicKeysOf([content.master]) : []
    if ("replica" in content && publicKey !== replicas[id]?.publicKey) {
      const found = "a secret that does not belong to the replica's public key"
      return yield* invalid("master", found, `one with replicas[${id}].publicKey ${publicKey}`)
    }
    return fromSecretsFile(content)
  })

/** The file's configuration with the secrets that `node` may know. */
export const loadClusterConfig = (
  path: string,
  node: Node,
): Effect.Effect<ClusterConfig, ConfigError> =>
  Effect.gen(function* () {
    const file = resolve(path)
    const json = yield* readJson(file)
    const issues = checkClusterConfig(json)
    if (issues.length > 0) return yield* new ConfigInvalid({ file, issues })
    const content = json as ClusterConfigFile
    const nodes =
      node.kind === "replica" ? content.replicas.length : (content.endpoints?.length ?? 1)
    if (!Number.isInteger(node.id) || node.id < 0 || node.id >= nodes) {
      const found = `${nodes} ${node.kind}s`
      const path = node.kind === "replica" ? "replicas" : "endpoints"
      const expected = `one with id ${node.id}, which was asked for`
      return yield* new ConfigInvalid({ file, issues: [{ path, found, expected }] })
    }
    const none: Secrets = { _tag: "Masters", masters: [] }
    const held = node.kind === "replica" && node.held === true
    if (content.secretsFile === undefined || held) return toClusterConfig(file, content, none)
    const name = content.secretsFile.replaceAll("{node}", nodeName(node))
    const secretsFile = resolve(dirname(file), name)
    const secrets = yield* readSecrets(secretsFile, node, content.replicas)
    return toClusterConfig(file, content, secrets)
  })

/** Writes a file that only its owner may read. `flag: "wx"` refuses to replace one. */
export const writePrivateJson = (file: string, content: unknown, flag: "w" | "wx" = "w"): void => {
  writeFileSync(file, `${JSON.stringify(content, undefined, 2)}\n`, { mode: 0o600, flag })
  chmodSync(file, 0o600)
}
