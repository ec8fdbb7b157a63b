import { existsSync, readdirSync } from "node:fs"
import { delimiter, join } from "node:path"
import { spawn, spawnSync } from "node:child_process"
import { describe, expect, it } from "vitest"
import { isAlive, launcher, run, scratch, start } from "./command.ts"

/** A Node on PATH that is older than the product needs; undefined where there is none. */
const olderNode = (process.env.PATH ?? "")
  .split(delimiter)
  .map((folder) => join(folder, "node"))
  .filter((path) => existsSync(path))
  .find((path) => {
    const major = Number(/^v(\d+)/.exec(spawnSync(path, ["--version"]).stdout.toString())?.[1])
    return major >= 18 && major < 24
  })

describe("bin/prophecy.js", () => {
  it("starts the command, and keeps compiled code in the user's cache", async () => {
    const cache = scratch()
    const env = { ...process.env, XDG_CACHE_HOME: cache, NODE_V8_COVERAGE: undefined }
    const { code, stdout } = await run(["--version"], { program: launcher, env })
    expect([code, stdout.trim()]).toEqual([0, expect.stringMatching(/^\d+\.\d+\.\d+$/)])
    expect(readdirSync(join(cache, "prophecy"))).toEqual(["node"])
  })

  it.runIf(olderNode !== undefined)("hands over to Node 24 from an older one", async () => {
    const options = { program: launcher, node: olderNode ?? "" }
    const { code, stdout } = await run(["doctor", "--json"], { ...options, cwd: scratch() })
    expect(code).toBe(0)
    expect(JSON.parse(stdout).findings[0].found).toMatch(/^v24\./)
    const refused = await run(["strat"], options)
    expect([refused.code, refused.stdout]).toEqual([2, ""])
  })

  it.runIf(olderNode !== undefined)("passes signals on, and the exit code back", async () => {
    const cwd = scratch()
    await run(["init"], { cwd })
    const args = ["replica", "--config", "cluster.json", "--id", "0"]
    const replica = start(args, { program: launcher, node: olderNode ?? "", cwd })
    await expect.poll(() => replica.stdout(), { timeout: 60_000 }).toContain('"ready"')
    replica.child.kill("SIGTERM")
    const { code, stdout } = await replica.ended
    expect(code).toBe(143)
    expect(stdout).toContain('"stopped"')
  })

  it("ends with the npm that started it", async () => {
    const cwd = scratch()
    await run(["init"], { cwd })
    const env = { ...process.env, npm_lifecycle_event: "start" }
    const shell = '"$0" "$1" replica --config cluster.json --id 0 & echo "pid $!"; wait'
    const args = ["-c", shell, process.execPath, launcher]
    const npm = spawn("sh", args, { cwd, env, stdio: ["ignore", "pipe", "ignore"] })
    let stdout = ""
    npm.stdout.on("data", (chunk: Buffer) => void (stdout += chunk.toString()))
    await expect.poll(() => stdout, { timeout: 60_000 }).toContain('"ready"')
    const pid = Number(/^pid (\d+)/m.exec(stdout)?.[1])
    npm.kill("SIGTERM")
    await expect.poll(() => isAlive(pid), { timeout: 60_000 }).toBe(false)
    expect(stdout).toContain('"stopped"')
  })
})
