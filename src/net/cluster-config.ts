/** A cluster's configuration file: its schema, defaults, and the checks between fields. */
import { dirname, resolve } from "node:path"
import { Schema } from "effect"
import { groupOf } from "../core/quorum.ts"
import { type ConfigIssue, issuesOf } from "./config-error.ts"
import { newViewBytes } from "./change-codec.ts"
import { checkOrigins, originDefaults, type Origins, OriginsFile } from "./origin-config.ts"
import { checkZyzzyva, zyzzyvaBatchBytes, zyzzyvaDefaults } from "./zyzzyva-limits.ts"
import { freshMasters, fromMasters, MasterSecrets, publicKeysOf, type Secrets } from "./secrets.ts"

export const configSchema = "prophecy-cluster/1"

const whole = (minimum: number, maximum: number) =>
  Schema.Int.check(
    Schema.isBetween(
      { minimum, maximum },
      { expected: `a whole number from ${minimum} to ${maximum}` },
    ),
  )

const ReplicaFile = Schema.Struct({
  host: Schema.NonEmptyString,
  port: whole(0, 65_535),
  /** Whoever reads the replica's VIEW-CHANGE checks its signature with it (Ed25519). */
  publicKey: Schema.optionalKey(
    Schema.String.check(
      Schema.isPattern(/^[0-9a-f]{64}$/, {
        expected: "64 lower-case hexadecimal digits, a public key of Ed25519",
      }),
    ),
  ),
  /** The web server that the replica asks, with the service `origin`. */
  origin: Schema.optionalKey(Schema.NonEmptyString),
})
const EndpointFile = Schema.Struct({ from: whole(0, 1_000_000), to: whole(0, 1_000_000) })
const LimitsFile = Schema.Struct({
  /** The largest frame, in bytes: whoever announces a larger one is disconnected. */
  frameBytes: Schema.optionalKey(whole(4_096, 256 * 1024 * 1024)),
  /** The largest operation of a request, in bytes. */
  operationBytes: Schema.optionalKey(whole(0, 64 * 1024 * 1024)),
  /** Bytes that may wait for one slow peer; with more the connection is closed. */
  sendQueueBytes: Schema.optionalKey(whole(4_096, 2 ** 31 - 1)),
  /** Messages that may wait to be stepped; with more no socket is read. */
  receiveQueue: Schema.optionalKey(whole(1, 1_000_000)),
  /** Bytes of own messages below the log that are kept for replicas that were away. */
  historyBytes: Schema.optionalKey(whole(0, 2 ** 31 - 1)),
  /** Connections at a replica, and requests that may wait in a pool of clients. */
  connections: Schema.optionalKey(whole(1, 10_000)),
  waitingRequests: Schema.optionalKey(whole(0, 1_000_000)),
})

/** The file as JSON. Every field that may be left out has its default in `configDefaults`. */
export const ClusterConfigFile = Schema.Struct({
  schema: Schema.Literal(configSchema),
  /** How the replicas agree. */
  protocol: Schema.Literals(["pbft", "zyzzyva"]),
  /** Where each replica listens; its place in the list is its id. */
  replicas: Schema.Array(ReplicaFile),
  /** How many clients there are: ids `0 .. clients - 1`. */
  clients: whole(1, 1_000_000),
  /** Ranges of clients that connect together and share a secret; all clients when left out. */
  endpoints: Schema.optionalKey(Schema.Array(EndpointFile)),
  /** K: a checkpoint after each sequence number that it divides. */
  checkpointInterval: Schema.optionalKey(whole(1, 1_000_000)),
  /** L: how far the log reaches above the low watermark. */
  logSize: Schema.optionalKey(whole(2, 1_000_000)),
  /** The largest batch, in requests. */
  maxBatch: Schema.optionalKey(whole(1, 65_535)),
  /** W: how many batches the primary has under way before it waits. */
  pipeline: Schema.optionalKey(whole(1, 1_000_000)),
  /** A client without a result sends to every replica after this long, in milliseconds. */
  retransmitMs: Schema.optionalKey(whole(1, 3_600_000)),
  /**
   * A backup that waits so many milliseconds for the execution of a client's request gives up the
   * view; twice as long after each view given up since something was executed, 64 times at most. A
   * client tells all after `retransmitMs`: a mute primary costs the sum; a lost one, a quarter.
   */
  viewChangeMs: Schema.optionalKey(whole(1, 3_600_000)),
  /**
   * Operations that only read are answered without an order, by all replicas alike. Then writes
   * need a strong quorum of answers as well, so that no later read can miss them.
   */
  readOnly: Schema.optionalKey(Schema.Boolean),
  /** Batches are executed when they are prepared, and taken back where they do not stay. */
  tentative: Schema.optionalKey(Schema.Boolean),
  /** One replica answers with the result, the others with its digest: for large results. */
  digestReplies: Schema.optionalKey(Schema.Boolean),
  /** Zyzzyva: while a replica is gone, the others commit in the place of clients (ADR 25). */
  commitFirst: Schema.optionalKey(Schema.Boolean),
  /** Zyzzyva: while none is gone, answers are for their client alone, and unsigned (ADR 26). */
  preferredQuorums: Schema.optionalKey(Schema.Boolean),
  /** Zyzzyva: the last f replicas order, and do not execute (ADR 26). */
  separateExecution: Schema.optionalKey(Schema.Boolean),
  /**
   * Replicas keep sketches of what they read in order, for clients of D-Prophecy; all results then
   * carry their positions.
   */
  sketches: Schema.optionalKey(Schema.Boolean),
  /**
   * The primary proposes the time with each batch, and a backup takes it when it is no more than
   * this many milliseconds from its own clock, or f + 1 replicas have taken it; 0: no time is
   * agreed on. A service with a clock needs it: 10000 for `album`, otherwise 0.
   */
  agreedTimeMs: Schema.optionalKey(whole(0, 3_600_000)),
  /**
   * Each replica makes new keys for what is sent to it after this many milliseconds, and what was
   * authenticated under those before is refused soon after; 0: keys are those of the secrets.
   */
  keyRefreshMs: Schema.optionalKey(whole(0, 86_400_000)),
  /** A replica that asks to be taken back again is not heard for half of this. */
  recoveryPeriodMs: Schema.optionalKey(whole(0, 86_400_000)),
  /**
   * A client sends a request whose operation has so many bytes to every replica at once, and the
   * primary's pre-prepare only names it: for large operations. 0: none is so big.
   */
  bigRequestBytes: Schema.optionalKey(whole(0, 64 * 1024 * 1024)),
  /**
   * What is replicated. `album` and `origin` are for `prophecy sketcher`: their results carry their
   * positions. With `origin` each replica asks a web server of its own.
   */
  service: Schema.Literals(["key-value", "null", "album", "origin"]),
  origins: Schema.optionalKey(OriginsFile),
  /** All secrets, for a cluster that one person runs. Or: */
  secrets: Schema.optionalKey(MasterSecrets),
  /** A node's own secrets; `{node}` stands for `replica-2`, `endpoint-0`. Relative to this file. */
  secretsFile: Schema.optionalKey(Schema.NonEmptyString),
  /** Replica `i` keeps its log in `replica-i` below it. Relative to this file. */
  dataDirectory: Schema.NonEmptyString,
  /** Where traces go; no traces when left out. Relative to this file. */
  traceDirectory: Schema.optionalKey(Schema.NonEmptyString),
  limits: Schema.optionalKey(LimitsFile),
})
export type ClusterConfigFile = typeof ClusterConfigFile.Type

export interface Address {
  readonly host: string
  readonly port: number
}

export interface Replica extends Address {
  /** Of Ed25519, 64 digits of lower-case hexadecimal. */
  readonly publicKey: string
  /** The URL of its web server, with the service `origin`. */
  readonly origin: string | undefined
}

/** Clients `from .. to`, both included. */
export interface Endpoint {
  readonly from: number
  readonly to: number
}

export interface Limits {
  readonly frameBytes: number
  readonly operationBytes: number
  readonly sendQueueBytes: number
  readonly receiveQueue: number
  readonly historyBytes: number
  readonly connections: number
  readonly waitingRequests: number
}

/** A loaded and checked configuration. Printing it shows no secret. */
export interface ClusterConfig {
  /** The file it came from. */
  readonly file: string
  readonly protocol: ClusterConfigFile["protocol"]
  readonly replicas: ReadonlyArray<Replica>
  readonly clients: number
  readonly endpoints: ReadonlyArray<Endpoint>
  readonly checkpointInterval: number
  readonly logSize: number
  readonly maxBatch: number
  readonly pipeline: number
  readonly retransmitMs: number
  readonly viewChangeMs: number
  readonly readOnly: boolean
  readonly tentative: boolean
  readonly sketches: boolean
  readonly digestReplies: boolean
  readonly commitFirst: boolean
  readonly preferredQuorums: boolean
  readonly separateExecution: boolean
  readonly agreedTimeMs: number
  readonly recoveryPeriodMs: number
  readonly keyRefreshMs: number
  readonly bigRequestBytes: number
  readonly service: ClusterConfigFile["service"]
  readonly origins: Origins
  readonly secrets: Secrets
  readonly dataDirectory: string
  readonly traceDirectory: string | undefined
  readonly limits: Limits
}

export const configDefaults = {
  checkpointInterval: 128,
  logSize: 256,
  maxBatch: 128,
  pipeline: 4,
  retransmitMs: 1_000,
  viewChangeMs: 1_000,
  recoveryPeriodMs: 60_000,
  keyRefreshMs: 0,
  readOnly: false,
  tentative: false,
  sketches: false,
  digestReplies: false,
  commitFirst: false,
  preferredQuorums: false,
  separateExecution: false,
  bigRequestBytes: 0,
  limits: {
    frameBytes: 16 * 1024 * 1024,
    operationBytes: 128 * 1024,
    sendQueueBytes: 64 * 1024 * 1024,
    receiveQueue: 16_384,
    historyBytes: 64 * 1024 * 1024,
    connections: 256,
    waitingRequests: 16_384,
  },
} as const

/** Bytes of a request beside its operation, and of a pre-prepare beside its batch, at most. */
const requestOverhead = 32
const messageOverhead = 256

/** The largest batch in bytes that still fits into a frame, authenticators included. */
export const batchBytes = (
  config: Pick<ClusterConfig, "protocol" | "limits" | "logSize">,
): number =>
  config.protocol === "zyzzyva"
    ? zyzzyvaBatchBytes(config)
    : Math.floor(config.limits.frameBytes / 2)

const withDefaults = (file: ClusterConfigFile) => {
  const own = file.protocol === "zyzzyva" ? zyzzyvaDefaults : undefined
  return {
    ...configDefaults,
    endpoints: [{ from: 0, to: file.clients - 1 }],
    agreedTimeMs: own?.agreedTimeMs ?? (file.service === "album" ? 10_000 : 0),
    ...file,
    limits: { ...configDefaults.limits, ...own?.limits, ...file.limits },
    origins: { ...originDefaults, ...file.origins },
  }
}

/** What is wrong between the fields of a file whose single fields are right. */
const crossChecks = (file: ClusterConfigFile): ReadonlyArray<ConfigIssue> => {
  const c = withDefaults(file)
  const issues: Array<ConfigIssue> = []
  const expect = (holds: boolean, path: string, found: unknown, expected: string): void => {
    if (!holds) issues.push({ path, found: String(found), expected })
  }
  const n = c.replicas.length
  expect(
    n >= 4 && n % 3 === 1,
    "replicas",
    `${n} replicas`,
    "3f + 1 replicas, of which f may be faulty: 4, 7, 10 ...",
  )
  const places = new Map<string, number>()
  c.replicas.forEach(({ host, port }, id) => {
    const same = places.get(`${host}:${port}`)
    const path = `replicas[${id}].port`
    expect(port !== 0, path, port, "a port from 1 to 65535")
    expect(same === undefined, path, port, `another port: replica ${same} has this address`)
    places.set(`${host}:${port}`, id)
  })
  expect(
    c.logSize % c.checkpointInterval === 0 && c.logSize >= 2 * c.checkpointInterval,
    "logSize",
    c.logSize,
    `a multiple of checkpointInterval (${c.checkpointInterval}), at least twice as large`,
  )
  expect(c.pipeline <= c.logSize, "pipeline", c.pipeline, `at most logSize (${c.logSize})`)
  const operation = c.limits.operationBytes + requestOverhead + 16 * n + messageOverhead
  expect(
    operation <= batchBytes(c),
    "limits.operationBytes",
    c.limits.operationBytes,
    `a request to fit into the largest batch (${batchBytes(c)} bytes)`,
  )
  expect(
    c.limits.sendQueueBytes >= 2 * c.limits.frameBytes,
    "limits.sendQueueBytes",
    c.limits.sendQueueBytes,
    `room for two frames (${2 * c.limits.frameBytes})`,
  )
  let next = 0
  c.endpoints.forEach(({ from, to }, k) => {
    const ok = from === next && to >= from
    expect(ok, `endpoints[${k}]`, `${from} to ${to}`, `clients from ${next} on, in order`)
    next = to + 1
  })
  expect(next === c.clients, "endpoints", `clients up to ${next - 1}`, `up to ${c.clients - 1}`)
  const given = [file.secrets, file.secretsFile].filter((s) => s !== undefined).length
  expect(given === 1, "secrets", given === 0 ? "nothing" : "both", "secrets or secretsFile")
  const masters = file.secrets?.masters.length ?? n
  expect(masters === n, "secrets.masters", `${masters} secrets`, `${n}, one a replica`)
  const newView = newViewBytes({ n, logSize: c.logSize })
  expect(
    c.protocol !== "pbft" || newView <= c.limits.frameBytes,
    "limits.frameBytes",
    c.limits.frameBytes,
    `room for what starts a new view with ${n} replicas and a log of ${c.logSize}: ${newView}`,
  )
  issues.push(...checkOrigins(c, c.origins), ...checkZyzzyva(c))
  // Keys are by replica: only where the rest fits together.
  return issues.length > 0 ? issues : keyChecks(file)
}

const remedy = "; or write a new configuration with `prophecy init`"

/** Every replica has its own public key, the one that belongs to its secret where that is known. */
const keyChecks = ({ replicas, secrets }: ClusterConfigFile): ReadonlyArray<ConfigIssue> => {
  const own = secrets === undefined ? [] : publicKeysOf(secrets.masters)
  return replicas.flatMap(({ publicKey }, id) => {
    const path = `replicas[${id}].publicKey`
    const right = own[id]
    const same = replicas.findIndex((r) => r.publicKey === publicKey)
    if (publicKey === undefined) {
      const key = right === undefined ? "the public key that replica's secret gives" : right
      const expected = `${key} (replicas check each other's VIEW-CHANGEs with it)${remedy}`
      return [{ path, found: "nothing", expected }]
    }
    if (right !== undefined && right !== publicKey) {
      return [{ path, found: publicKey, expected: `${right}, which belongs to its secret` }]
    }
    if (same === id) return []
    return [{ path, found: publicKey, expected: `another key: replica ${same} has this one` }]
  })
}

/** What is wrong with a parsed file; empty when nothing is. */
export const checkClusterConfig = (json: unknown): ReadonlyArray<ConfigIssue> => {
  const issues = issuesOf(ClusterConfigFile, json)
  return issues.length > 0 ? issues : crossChecks(json as ClusterConfigFile)
}

/** The configuration that a checked file gives; `secrets` where the file only names another one. */
export const toClusterConfig = (
  file: string,
  content: ClusterConfigFile,
  secrets: Secrets,
): ClusterConfig => {
  const { schema: _, ...c } = withDefaults(content)
  const at = (path: string): string => resolve(dirname(file), path)
  return {
    ...c,
    file,
    replicas: c.replicas.map(({ host, port, publicKey = "", origin }) => ({
      host,
      port,
      publicKey,
      origin,
    })),
    secrets: content.secrets === undefined ? secrets : fromMasters(content.secrets.masters),
    dataDirectory: at(c.dataDirectory),
    traceDirectory: c.traceDirectory === undefined ? undefined : at(c.traceDirectory),
  }
}

/** A new file for replicas on this machine with fresh secrets: for `prophecy init` and tests. */
export const freshClusterConfig = (
  ports: ReadonlyArray<number>,
  changes: Partial<ClusterConfigFile> = {},
): ClusterConfigFile => {
  const secrets = changes.secrets ?? { masters: freshMasters(ports.length) }
  const keys = publicKeysOf(secrets.masters)
  return {
    schema: configSchema,
    protocol: "pbft",
    replicas: ports.map((port, id) => ({
      host: "127.0.0.1",
      port,
      publicKey: keys[id] as string,
    })),
    clients: 64,
    service: "key-value",
    dataDirectory: "data",
    ...changes,
    secrets,
  }
}

/** The number of Byzantine replicas that the cluster tolerates. */
export const toleratedFaults = (config: ClusterConfig): number => groupOf(config.replicas.length).f
