import { appendFileSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { run, scratch } from "./command.ts"

const mode = (path: string): number => statSync(path).mode & 0o777
const json = (path: string) => JSON.parse(readFileSync(path, "utf8"))

/** Every file below the folder, as text. */
const contents = (folder: string): Map<string, string> =>
  new Map(
    readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((name) => statSync(join(folder, name)).isFile())
      .sort()
      .map((name) => [name, readFileSync(join(folder, name), "utf8")]),
  )

describe("prophecy init", () => {
  it("writes a configuration that only its owner reads, with fresh secrets", async () => {
    const cwd = scratch()
    expect((await run(["init", "a"], { cwd })).code).toBe(0)
    expect((await run(["init", "b", "--replicas", "7"], { cwd })).code).toBe(0)
    const [a, b] = [json(join(cwd, "a/cluster.json")), json(join(cwd, "b/cluster.json"))]
    expect(mode(join(cwd, "a/cluster.json"))).toBe(0o600)
    expect([a.replicas.length, b.replicas.length]).toEqual([4, 7])
    const secrets = [...a.secrets.masters, ...b.secrets.masters]
    expect(new Set(secrets).size).toBe(11)
    for (const secret of secrets) expect(secret).toMatch(/^[0-9a-f]{64}$/)
  })

  it("run again keeps every byte, prints no secret, and says so", async () => {
    const cwd = scratch()
    const first = await run(["init"], { cwd })
    expect(first.stdout).toContain("wrote cluster.json (mode 0600)\nwrote spec/Cluster.tla\n")
    // What its owner has changed since stays as well.
    appendFileSync(join(cwd, "spec/Cluster.tla"), "mine\n")
    const before = contents(cwd)
    const second = await run(["init"], { cwd })
    expect([second.code, second.stderr]).toEqual([0, ""])
    expect(second.stdout).toMatch(
      /^kept cluster\.json, as it is\nkept spec\/Cluster\.tla, as it is\n/,
    )
    expect(second.stdout).not.toContain("wrote")
    expect(contents(cwd)).toEqual(before)
    const again = await run(["init", "--json", "--dry-run"], { cwd })
    const kept = ["cluster.json", "spec/Cluster.tla", "spec/Cluster.cfg"]
    expect(JSON.parse(again.stdout)).toMatchObject({ files: [], specification: [], kept })
    for (const secret of json(join(cwd, "cluster.json")).secrets.masters) {
      expect(first.stdout + first.stderr + second.stdout + again.stdout).not.toContain(secret)
    }
  })

  it("run again writes what has gone, but never another configuration's secrets", async () => {
    const cwd = scratch()
    const args = ["init", "--separate-secrets"]
    expect((await run(args, { cwd })).code).toBe(0)
    const before = contents(cwd)
    rmSync(join(cwd, "spec/Cluster.cfg"))
    // The secrets of a node move to its machine.
    rmSync(join(cwd, "secrets/replica-3.json"))
    const { code, stdout } = await run(args, { cwd })
    expect([code, stdout.match(/^wrote .*$/gm)]).toEqual([0, ["wrote spec/Cluster.cfg"]])
    before.delete("secrets/replica-3.json")
    expect(contents(cwd)).toEqual(before)
    rmSync(join(cwd, "cluster.json"))
    const without = await run(args, { cwd })
    expect([without.code, without.stdout]).toEqual([2, ""])
    expect(without.stderr).toContain("secrets/replica-0.json exists without its cluster.json")
  })

  it("refuses to keep a configuration that is not the one asked for", async () => {
    const cwd = scratch()
    await run(["init"], { cwd })
    const before = contents(cwd)
    for (const [args, reason] of [
      [["--replicas", "7"], "(replicas: 4 there, 7 asked for)"],
      [["--clients", "9"], "(clients: 64 there, 9 asked for)"],
      [["--port", "9000"], "(replica 0: 127.0.0.1:7400 there, 127.0.0.1:9000 asked for)"],
      [["--separate-secrets"], "(secrets: in the file there, in files of their own asked for)"],
    ] as const) {
      const { code, stdout, stderr } = await run(["init", ...args], { cwd })
      expect([code, stdout]).toEqual([2, ""])
      expect(stderr).toContain(`cluster.json exists and is another cluster's ${reason}. It is left`)
    }
    expect(contents(cwd)).toEqual(before)
    writeFileSync(join(cwd, "cluster.json"), '{"secret":')
    const broken = await run(["init"], { cwd })
    expect([broken.code, broken.stdout]).toEqual([2, ""])
    expect(broken.stderr).toContain("cluster.json exists and cannot be read (no JSON)")
    writeFileSync(join(cwd, "cluster.json"), "{}")
    expect((await run(["init"], { cwd })).stderr).toContain("exists, with ")
  })

  it("writes a first specification: TLC proves it, and refutes a smaller quorum", async () => {
    const cwd = scratch()
    await run(["init", "--replicas", "31"], { cwd })
    const good = await run(["tlc", "spec/Cluster.tla", "--quiet"], { cwd })
    expect(good.stdout).toMatch(/^exhaustive: no error in 253 distinct states /)
    expect(good.code).toBe(0)
    const path = join(cwd, "spec/Cluster.tla")
    const text = readFileSync(path, "utf8")
    writeFileSync(path, text.replace("Quorum == N - F", "Quorum == N - F - 1"))
    const bad = await run(["tlc", "spec/Cluster.tla", "--quiet"], { cwd })
    expect(bad.stdout).toMatch(/^violated: invariant Agreement after 20 steps/)
    expect(bad.code).toBe(12)
  })

  it("writes nothing in a dry run", async () => {
    const cwd = scratch()
    const { code, stdout } = await run(["init", "--dry-run"], { cwd })
    expect([code, readdirSync(cwd)]).toEqual([0, []])
    expect(stdout).toContain("would write cluster.json")
    expect(stdout).toContain("would write spec/Cluster.tla")
    expect(stdout).not.toMatch(/[0-9a-f]{64}/)
  })

  it("gives each node its own secrets where they are separate", async () => {
    const cwd = scratch()
    const { code, stdout } = await run(["init", "--separate-secrets", "--json"], {
      cwd,
    })
    expect(code).toBe(0)
    const document = JSON.parse(stdout)
    expect(document).toMatchObject({ schema: "prophecy-init/1", config: "cluster.json" })
    expect(document.files).toHaveLength(6)
    for (const file of document.files) expect(mode(join(cwd, file))).toBe(0o600)
    const config = json(join(cwd, "cluster.json"))
    expect(config.secretsFile).toBe("secrets/{node}.json")
    expect(config).not.toHaveProperty("secrets")
  })

  it("says why a folder cannot be written", async () => {
    const cwd = scratch()
    writeFileSync(join(cwd, "file"), "")
    const { code, stderr } = await run(["init", "file"], { cwd })
    expect(code).toBe(2)
    expect(stderr).toMatch(/^prophecy: file cannot be written: /)
  })
})

describe("prophecy replica", () => {
  it("names the field of its configuration that is wrong", async () => {
    const cwd = scratch()
    await run(["init"], { cwd })
    const config = json(join(cwd, "cluster.json"))
    writeFileSync(join(cwd, "bad.json"), JSON.stringify({ ...config, logSize: "many", extra: 1 }))
    const { code, stdout, stderr } = await run(["replica", "--config", "bad.json", "--id", "0"], {
      cwd,
    })
    expect([code, stdout]).toEqual([2, ""])
    expect(stderr).toMatch(/bad\.json: logSize: found "many", expected number/)
    expect(stderr).toMatch(/bad\.json: extra/)
  })

  it("says that there is no such file, or no such replica", async () => {
    const cwd = scratch()
    const absent = await run(["replica", "--config", "no.json", "--id", "0"], { cwd })
    expect(absent.code).toBe(2)
    expect(absent.stderr).toMatch(/no\.json: cannot be read \(there is no such file\)/)
    await run(["init"], { cwd })
    const fifth = await run(["replica", "--config", "cluster.json", "--id", "4"], { cwd })
    expect([fifth.code, fifth.stdout]).toEqual([2, ""])
    expect(fifth.stderr).toContain("found 4 replicas")
  })
})
