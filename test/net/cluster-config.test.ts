import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { inspect } from "node:util"
import { Effect, Exit } from "effect"
import { afterAll, describe, expect, it } from "vitest"
import {
  type ClusterConfig,
  checkClusterConfig,
  configDefaults,
  freshClusterConfig,
} from "../../src/net/cluster-config.ts"
import type { ConfigError } from "../../src/net/config-error.ts"
import {
  loadClusterConfig,
  type Node,
  nodeName,
  writePrivateJson,
} from "../../src/net/config-file.ts"
import { endpointKeys, replicaKeys } from "../../src/net/keys.ts"
import { publicKeysOf, splitMasters } from "../../src/net/secrets.ts"

const root = mkdtempSync(join(tmpdir(), "prophecy-config-"))
afterAll(() => rmSync(root, { recursive: true }))

const ports = [7001, 7002, 7003, 7004]
const good = freshClusterConfig(ports)
const replica = (id: number): Node => ({ kind: "replica", id })
const endpoint = (id: number): Node => ({ kind: "endpoint", id })

const load = (file: string, node: Node): ClusterConfig | ConfigError =>
  Effect.runSync(
    Effect.match(loadClusterConfig(file, node), {
      onFailure: (error): ClusterConfig | ConfigError => error,
      onSuccess: (config) => config,
    }),
  )
const loaded = (file: string, node: Node): ClusterConfig => {
  const config = load(file, node)
  if ("_tag" in config) throw config
  return config
}
const write = (name: string, text: string): string => {
  const file = join(root, name)
  writeFileSync(file, text)
  return file
}
const messageOf = (file: string, node: Node = replica(0)): string => {
  const config = load(file, node)
  return "_tag" in config ? config.message : "loaded"
}
const issues = (changed: object): ReadonlyArray<string> =>
  checkClusterConfig({ ...good, ...changed }).map(
    ({ path, found, expected }) => `${path}: found ${found}, expected ${expected}`,
  )

describe("a configuration", () => {
  it("has defaults for what may be left out, and paths relative to its file", () => {
    const file = write(
      "cluster.json",
      JSON.stringify({ ...good, dataDirectory: "data", traceDirectory: "../traces" }),
    )
    const config = loaded(file, replica(3))
    expect(config).toMatchObject({
      file,
      checkpointInterval: 128,
      logSize: 256,
      endpoints: [{ from: 0, to: 63 }],
      limits: configDefaults.limits,
      dataDirectory: join(root, "data"),
      traceDirectory: join(root, "..", "traces"),
    })
  })

  it.each([
    [
      "schema",
      { schema: "prophecy-cluster/2" },
      /^schema: found "prophecy-cluster\/2", expected "prophecy-cluster\/1"$/,
    ],
    ["protocol", { protocol: "raft" }, /^protocol: found "raft", expected "pbft" \| "zyzzyva"$/],
    [
      "a port",
      { replicas: [{ host: "a", port: 70_000 }, ...good.replicas.slice(1)] },
      /^replicas\[0\]\.port: found 70000, expected a whole number from 0 to 65535$/,
    ],
    [
      "a host",
      { replicas: [{ port: 7001 }, ...good.replicas.slice(1)] },
      /^replicas\[0\]\.host: found nothing, expected this field$/,
    ],
    ["clients", { clients: 0 }, /^clients: found 0, expected a whole number from 1 to 1000000$/],
    [
      "an unknown field",
      { cilents: 3 },
      /^cilents: found an unknown field, expected no field of this name$/,
    ],
    [
      "a limit",
      { limits: { frameBytes: 1 } },
      /^limits\.frameBytes: found 1, expected a whole number from 4096/,
    ],
    [
      "service",
      { service: "sql" },
      /^service: found "sql", expected "key-value" \| "null" \| "album" \| "origin"$/,
    ],
  ] as const)(
    "a wrong %s is named with what was found and what is expected",
    (_, changed, text) => {
      const found = issues(changed)
      expect(found).toHaveLength(1)
      expect(found[0]).toMatch(text)
    },
  )

  it.each([
    [{ tentative: true }, /^tentative: found true, expected false with protocol zyzzyva$/],
    [{ sketches: true }, /^sketches: found true, expected false with protocol zyzzyva$/],
    [{ agreedTimeMs: 5 }, /^agreedTimeMs: found 5, expected 0 with protocol zyzzyva$/],
    [{ bigRequestBytes: 9 }, /^bigRequestBytes: found 9, expected 0 with protocol zyzzyva$/],
    [
      { logSize: 1024 },
      /^limits.operationBytes: found 131072, .* fit into the largest batch \(49152 bytes\)$/,
    ],
  ])("with Zyzzyva: %j", (changes, text) => {
    const found = checkClusterConfig({ ...good, protocol: "zyzzyva", ...changes })
    expect(found.map((i) => `${i.path}: found ${i.found}, expected ${i.expected}`)).toHaveLength(1)
    const [issue] = found
    expect(`${issue?.path}: found ${issue?.found}, expected ${issue?.expected}`).toMatch(text)
    expect(checkClusterConfig({ ...good, protocol: "zyzzyva" })).toStrictEqual([])
  })

  it("every wrong field is named at once", () => {
    expect(issues({ clients: 0, logSize: "big", service: 1 })).toHaveLength(3)
  })

  const replicas = (count: number) =>
    Array.from({ length: count }, (_, k) => ({ host: "h", port: 7000 + k }))
  const masters = (count: number) => ({
    masters: Array.from({ length: count }, () => "ab".repeat(32)),
  })

  it.each([
    [
      { replicas: replicas(3), secrets: masters(3) },
      /^replicas: found 3 replicas, expected 3f \+ 1 replicas, of which f may be faulty: 4, 7/,
    ],
    [{ replicas: replicas(1), secrets: masters(1) }, /^replicas: found 1 replicas/],
    [{ replicas: replicas(5), secrets: masters(5) }, /^replicas: found 5 replicas/],
    [
      { replicas: [...replicas(3), { host: "h", port: 7001 }] },
      "replicas[3].port: found 7001, expected another port: replica 1 has this address",
    ],
    [{ replicas: [...replicas(3), { host: "h", port: 0 }] }, /^replicas\[3\]\.port: found 0/],
    [
      { logSize: 300 },
      /^logSize: found 300, expected a multiple of checkpointInterval \(128\), at least twice/,
    ],
    [
      { checkpointInterval: 8, logSize: 8 },
      /^logSize: found 8, expected a multiple of checkpointInterval \(8\)/,
    ],
    [{ pipeline: 257 }, "pipeline: found 257, expected at most logSize (256)"],
    [
      { limits: { operationBytes: 16 * 1024 * 1024 } },
      /^limits\.operationBytes: found 16777216, expected a request to fit/,
    ],
    [
      { limits: { sendQueueBytes: 5000 } },
      /^limits\.sendQueueBytes: found 5000, expected room for two frames/,
    ],
    [
      {
        endpoints: [
          { from: 0, to: 9 },
          { from: 11, to: 63 },
        ],
      },
      "endpoints[1]: found 11 to 63, expected clients from 10 on, in order",
    ],
    [{ endpoints: [{ from: 0, to: 9 }] }, "endpoints: found clients up to 9, expected up to 63"],
    [{ secretsFile: "s.json" }, "secrets: found both, expected secrets or secretsFile"],
    [{ secrets: masters(3) }, "secrets.masters: found 3 secrets, expected 4, one a replica"],
    [
      { limits: { frameBytes: 65_536, operationBytes: 1_000 } },
      /^limits\.frameBytes: found 65536, expected room for what starts a new view with 4 replicas/,
    ],
  ] as const)("fields that do not fit together: %j", (changed, text) => {
    const found = issues(changed)
    expect(found).toHaveLength(1)
    if (typeof text === "string") expect(found[0]).toBe(text)
    else expect(found[0]).toMatch(text)
  })
})

describe("public keys", () => {
  const [first, second, ...others] = good.replicas
  const own = (first as { publicKey: string }).publicKey
  const without = { host: "127.0.0.1", port: 7001 }

  it("belong to the secrets that were made with them", () => {
    const keys = good.replicas.map(({ publicKey }) => publicKey)
    expect(keys).toStrictEqual(publicKeysOf(good.secrets?.masters ?? []))
    expect(new Set(keys).size).toBe(4)
    expect(issues({})).toStrictEqual([])
  })

  it("that are missing, as in an older file, are named with what to do", () => {
    const replicas = [without, second, ...others]
    expect(issues({ replicas })).toStrictEqual([
      `replicas[0].publicKey: found nothing, expected ${own} (replicas check each other's ` +
        "VIEW-CHANGEs with it); or write a new configuration with `prophecy init`",
    ])
    const { secrets: _, ...open } = good
    const found = checkClusterConfig({ ...open, replicas, secretsFile: "s.json" })
    expect(found).toHaveLength(1)
    expect(found[0]).toMatchObject({ path: "replicas[0].publicKey", found: "nothing" })
    expect(found[0]?.expected).toMatch(/^the public key that replica's secret gives .*init`$/)
  })

  it.each([
    ["no key", "xyz", /^replicas\[0\]\.publicKey: found "xyz", expected 64 lower-case hexa/],
    [
      "another secret's",
      "ab".repeat(32),
      new RegExp(
        `^replicas\\[0\\]\\.publicKey: found (ab)+, expected ${own}, which belongs to its`,
      ),
    ],
  ])("%s is refused", (_, publicKey, message) => {
    const found = issues({ replicas: [{ ...without, publicKey }, second, ...others] })
    expect(found).toHaveLength(1)
    expect(found[0]).toMatch(message)
  })

  it("two alike are refused, also where the secrets are elsewhere", () => {
    const { secrets: _, ...open } = good
    const replicas = [first, { ...second, publicKey: own }, ...others]
    const found = checkClusterConfig({ ...open, replicas, secretsFile: "s.json" })
    expect(found.map(({ path, expected }) => `${path}: ${expected}`)).toStrictEqual([
      "replicas[1].publicKey: another key: replica 0 has this one",
    ])
  })
})

describe("a file", () => {
  it("that is missing, a folder, or no JSON says so with its place, and quotes nothing", () => {
    expect(messageOf(join(root, "nowhere.json"))).toBe(
      `${root}/nowhere.json: cannot be read (there is no such file)`,
    )
    mkdirSync(join(root, "folder"))
    expect(messageOf(join(root, "folder"))).toMatch(/cannot be read \(EISDIR\)$/)
    const broken = write("broken.json", '{\n  "secrets": deadbeef\n}')
    expect(messageOf(broken)).toBe(
      `${broken}: the file: found text that is no JSON (line 2, column 14), expected JSON`,
    )
    expect(messageOf(write("empty.json", ""))).toMatch(/no JSON \(it ends too early\)/)
    expect(messageOf(write("array.json", "[]"))).toMatch(/array\.json: /)
  })

  it("does not have the node that was asked for", () => {
    const file = write("small.json", JSON.stringify(good))
    expect(messageOf(file, replica(4))).toMatch(
      /replicas: found 4 replicas, expected one with id 4/,
    )
    expect(messageOf(file, endpoint(1))).toMatch(
      /endpoints: found 1 endpoints, expected one with id 1/,
    )
    expect(messageOf(file, replica(Number.NaN))).not.toBe("loaded")
  })
})

describe("secrets", () => {
  const masters = good.secrets?.masters ?? []

  it("appear in no error and no printed configuration", () => {
    const [secret = ""] = masters
    const short = secret.slice(0, 20)
    const wrong = [
      { secrets: { masters: [short, ...masters.slice(1)] } },
      { secrets: { masters: secret } },
      { secrets: secret },
      { secrets: [secret] },
      { secrets: { masters: [[secret], ...masters.slice(1)] } },
      { secrets: { masters, more: secret } },
      { secret },
      { mastres: masters },
      { limits: { secret } },
      { replicas: good.replicas.map((r) => ({ ...r, key: secret })) },
    ]
    for (const changed of wrong) {
      const text = messageOf(write("wrong.json", JSON.stringify({ ...good, ...changed })))
      expect(text).not.toBe("loaded")
      expect(text).not.toContain(short)
    }
    const config = loaded(write("right.json", JSON.stringify(good)), replica(0))
    const bytes = Buffer.from(secret, "hex")
    const printed = JSON.stringify(config) + inspect(config, { depth: 20 }) + String(config.secrets)
    expect(printed).not.toContain(short)
    expect(printed).not.toContain(bytes.subarray(0, 6).join(", "))
    expect(printed).not.toContain(bytes.subarray(0, 6).join(","))
  })

  /** The cluster with a secrets file for each node. */
  const split = (): string => {
    const { secrets: _, ...rest } = good
    const endpoints = [
      { from: 0, to: 9 },
      { from: 10, to: 63 },
    ]
    for (const { node, secrets } of splitMasters(masters, 2)) {
      writePrivateJson(join(root, `${node}.json`), secrets)
    }
    return write("split.json", JSON.stringify({ ...rest, endpoints, secretsFile: "{node}.json" }))
  }

  it("in a file of its own give each node the same keys as all of them together", () => {
    const endpoints = [
      { from: 0, to: 9 },
      { from: 10, to: 63 },
    ]
    const whole = loaded(write("whole.json", JSON.stringify({ ...good, endpoints })), replica(0))
    const file = split()
    const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex")
    for (let id = 0; id < 4; id++) {
      const [own, all] = [replicaKeys(loaded(file, replica(id)), id), replicaKeys(whole, id)]
      for (let other = 0; other < 4; other++) {
        if (other !== id) expect(hex(own.pair(other))).toBe(hex(all.pair(other)))
      }
      expect(hex(own.endpoint(1))).toBe(hex(all.endpoint(1)))
    }
    for (const id of [0, 1]) {
      const [own, all] = [endpointKeys(loaded(file, endpoint(id)), id), endpointKeys(whole, id)]
      for (let r = 0; r < 4; r++) expect(hex(own.replica(r))).toBe(hex(all.replica(r)))
    }
  })

  it("a node's file holds nothing that two other nodes share", () => {
    const files = splitMasters(masters, 1)
    const of = (name: string): string => JSON.stringify(files.find(({ node }) => node === name))
    // What replicas 2 and 3 share is in the file of replica 2, and derived by replica 3.
    const two = files[2]?.secrets
    const shared = two !== undefined && "pairs" in two ? (two.pairs[0] ?? "") : ""
    expect(shared).toMatch(/^[0-9a-f]{64}$/)
    for (const name of ["replica-0", "replica-1", "endpoint-0"]) {
      expect(of(name)).not.toContain(shared)
      for (const id of [2, 3]) expect(of(name)).not.toContain(masters[id])
    }
  })

  it.each([
    [
      "another node's",
      (name: string) =>
        JSON.stringify(splitMasters(masters, 1).find((f) => f.node !== name)?.secrets),
      /found the secrets of replica \d, expected those of/,
    ],
    [
      "too few keys",
      () =>
        JSON.stringify({ schema: "prophecy-secrets/1", replica: 1, master: masters[1], pairs: [] }),
      /pairs: found 0 keys, expected 2/,
    ],
    [
      "another key than the public one",
      () =>
        JSON.stringify({
          schema: "prophecy-secrets/1",
          replica: 1,
          master: "ab".repeat(32),
          pairs: ["cd".repeat(32), "cd".repeat(32)],
        }),
      /master: found a secret that does not belong to the replica's public key, expected one with/,
    ],
    ["nonsense", () => "{}", /expected/],
    ["no JSON", () => "{", /no JSON/],
  ] as const)("a secrets file with %s is refused", (_, text, message) => {
    const file = split()
    writeFileSync(join(root, "replica-1.json"), text("replica-1"))
    expect(messageOf(file, replica(1))).toMatch(message)
    for (const secret of masters) expect(messageOf(file, replica(1))).not.toContain(secret)
  })

  it("a secrets file that is missing is named", () => {
    const file = split()
    rmSync(join(root, "endpoint-1.json"))
    expect(messageOf(file, endpoint(1))).toMatch(/endpoint-1\.json: cannot be read/)
  })

  it("are written for their owner only", () => {
    const file = join(root, "private.json")
    writePrivateJson(file, {})
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(() => writePrivateJson(file, {}, "wx")).toThrow(/EEXIST/)
    expect(nodeName(endpoint(2))).toBe("endpoint-2")
    expect(Exit.isFailure(Effect.runSyncExit(loadClusterConfig(file, replica(0))))).toBe(true)
  })
})
