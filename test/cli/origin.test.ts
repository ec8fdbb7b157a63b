import { chmodSync, mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { ApacheMissing, findApache } from "../../src/web/apache.ts"
import { isAlive, pressCtrlC, run, scratch, start } from "./command.ts"

const apache = findApache(process.env)
if (apache instanceof ApacheMissing) console.error(`\nNOT TESTED: Apache. ${apache.message}\n`)

const site = (): string => {
  const cwd = scratch()
  chmodSync(cwd, 0o755)
  mkdirSync(join(cwd, "site"))
  writeFileSync(join(cwd, "site", "index.html"), "<h1>home</h1>")
  return cwd
}

describe("prophecy origin apache", () => {
  it.skipIf(apache instanceof ApacheMissing)(
    "serves a folder from several processes until Ctrl-C",
    async () => {
      const cwd = site()
      const args = ["origin", "apache", "--root", "site", "--replicas", "2", "--json"]
      const started = start(args, { cwd })
      while (started.stdout().split("\n").length < 3 && started.child.exitCode === null) {
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
      const origins = started
        .stdout()
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as { replica: number; url: string; pid: number })
      expect(origins).toMatchObject([
        { schema: "prophecy-origin/1", replica: 0 },
        { schema: "prophecy-origin/1", replica: 1 },
      ])
      const answers = await Promise.all(origins.map(({ url }) => fetch(url)))
      expect(await Promise.all(answers.map((a) => a.text()))).toStrictEqual([
        "<h1>home</h1>",
        "<h1>home</h1>",
      ])
      expect(answers[0]?.headers.get("etag")).toBe(answers[1]?.headers.get("etag"))
      pressCtrlC(started)
      expect((await started.ended).code).toBe(130)
      expect(origins.map(({ pid }) => isAlive(pid))).toStrictEqual([false, false])
    },
  )

  it("without Apache says what to do", async () => {
    const cwd = site()
    const env = { ...process.env, PROPHECY_APACHE: join(cwd, "none") }
    const ended = await run(["origin", "apache", "--root", "site"], { cwd, env })
    expect(ended.code).toBe(2)
    expect(ended.stderr).toMatch(/Apache httpd was not found.*apt-get install apache2/)
  })
})
