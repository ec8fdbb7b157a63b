import { chmodSync, mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { ApacheMissing, findApache } from "../../src/web/apache.ts"
import { isAlive, pressCtrlC, run, scratch, start } from "./command.ts"

const apache = findApache(process.env)
if (apache instanceof ApacheMissing) {
  console.error(`\nNOT TESTED: prophecy start --service origin. ${apache.message}\n`)
}

interface Announced {
  readonly url: string
  readonly origins: ReadonlyArray<{ readonly url: string; readonly pid: number }>
}

const origin = ["start", "--serve", "--service", "origin"]

describe("prophecy start --serve --service origin", () => {
  it.skipIf(apache instanceof ApacheMissing)(
    "serves a folder by an Apache for each replica, and goes on without one of them",
    async () => {
      const cwd = scratch()
      chmodSync(cwd, 0o755)
      mkdirSync(join(cwd, "site"))
      writeFileSync(join(cwd, "site", "index.html"), "<h1>home</h1>")
      const started = start([...origin, "--root", "site", "--port", "0", "--json"], { cwd })
      while (!started.stdout().endsWith("}\n") && started.child.exitCode === null) {
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
      const { url, origins } = JSON.parse(started.stdout()) as Announced
      const look = async () => {
        const response = await fetch(url)
        expect(await response.text()).toBe("<h1>home</h1>")
        return response.headers.get("prophecy")
      }
      expect(await look()).toBe("replicated; reason=no-sketch")
      expect(await look()).toMatch(/^fast; replica=\d$/)
      process.kill(origins[1]?.pid ?? 0)
      for (let k = 0; k < 8; k++) await look()
      pressCtrlC(started)
      const { code, stderr } = await started.ended
      expect(code).toBe(130)
      expect(stderr).toContain("the origin of replica 1: Apache ended with")
      expect(origins.filter(({ pid }) => isAlive(pid))).toEqual([])
    },
  )

  it.each([
    [["start", "--service", "origin"], "--service origin goes with --serve"],
    [origin, "--service origin needs --root FOLDER"],
    [
      [...origin, "--origin", "http://127.0.0.1:1"],
      "1 given, needed is one for each of 4 replicas",
    ],
    [["start", "--serve", "--root", "."], "--root and --origin go with --service origin"],
    [
      [...origin, ...[1, 2, 3, 4].flatMap((k) => ["--origin", `ftp://127.0.0.1:${k}`])],
      "replicas[0].origin: found ftp://127.0.0.1:1, expected the http or https URL",
    ],
  ])("%j is refused with the reason", async (args, text) => {
    const ended = await run(args, { cwd: scratch() })
    expect(ended.code).toBe(2)
    expect(ended.stderr).toContain(text)
  })
})
