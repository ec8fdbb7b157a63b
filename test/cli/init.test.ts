import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { main, run, scratch } from "./command.ts"

const mode = (path: string): number => statSync(path).mode & 0o777
const json = (path: string) => JSON.parse(readFileSync(path, "utf8"))

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

  it("never replaces one, and prints no secret", async () => {
    const cwd = scratch()
    const first = await run(["init"], { cwd })
    const before = readFileSync(join(cwd, "cluster.json"), "utf8")
    const second = await run(["init"], { cwd, program: main })
    expect([second.code, second.stdout]).toEqual([2, ""])
    expect(second.stderr).toMatch(/cluster\.json exists and is left as it is/)
    expect(readFileSync(join(cwd, "cluster.json"), "utf8")).toBe(before)
    for (const secret of JSON.parse(before).secrets.masters) {
      expect(first.stdout + first.stderr + second.stderr).not.toContain(secret)
    }
  })

  it("writes nothing in a dry run", async () => {
    const cwd = scratch()
    const { code, stdout } = await run(["init", "--dry-run"], { cwd })
    expect([code, readdirSync(cwd)]).toEqual([0, []])
    expect(stdout).toContain("would write cluster.json")
    expect(stdout).not.toMatch(/[0-9a-f]{64}/)
  })

  it("gives each node its own secrets where they are separate", async () => {
    const cwd = scratch()
    const { code, stdout } = await run(["init", "--separate-secrets", "--json"], {
      cwd,
      program: main,
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
