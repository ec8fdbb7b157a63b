/**
 * The album as a person meets it: `prophecy start --serve`, by curl's means and in
 * a real browser (Debian's Chromium, or the one that PROPHECY_CHROMIUM names).
 */
import { existsSync } from "node:fs"
import { delimiter, join } from "node:path"
import { chromium, type Page } from "playwright-core"
import { describe, expect, it, onTestFinished } from "vitest"
import { isAlive, pressCtrlC, run, scratch, type Started, start } from "./command.ts"

const browserPath = (): string | undefined => {
  const named = process.env["PROPHECY_CHROMIUM"]
  const folders = (process.env["PATH"] ?? "").split(delimiter)
  const paths = named === undefined ? folders.map((f) => join(f, "chromium")) : [named]
  return paths.find((path) => existsSync(path))
}
const browser = browserPath()
if (browser === undefined) {
  console.error(
    "\nNOT TESTED: the page. There is no Chromium (Debian: apt-get install chromium).\n",
  )
}

interface Serving extends Started {
  readonly url: string
}

const serve = async (cwd: string): Promise<Serving> => {
  const args = ["start", "--serve", "--port", "0", "--json", "--out", "run"]
  const started = start(args, { cwd })
  onTestFinished(() => void started.child.kill("SIGKILL"))
  await expect.poll(started.stdout, { timeout: 60_000 }).toMatch(/\}\n$/)
  const { url, service } = JSON.parse(started.stdout()) as { url: string; service: string }
  expect(service).toBe("album")
  return { ...started, url }
}

const open = async (url: string): Promise<Page> => {
  const started = await chromium.launch({
    executablePath: browser ?? "",
    args: ["--no-sandbox", "--disable-gpu"],
  })
  onTestFinished(() => started.close())
  const page = await started.newPage()
  page.setDefaultTimeout(60_000)
  await page.goto(url)
  return page
}

const text = (page: Page, selector: string) => (): Promise<string> => page.innerText(selector)
const patient = { timeout: 60_000 }

describe("prophecy start --serve", () => {
  it("answers any client of HTTP, says how, ends cleanly, and its traces conform", async () => {
    const cwd = scratch()
    const { url, ended, ...started } = await serve(cwd)
    const ask = (method: string, path: string, headers: Record<string, string> = {}) =>
      fetch(url + path, { method, headers: { "x-user": "alice", ...headers } })
    expect((await ask("PUT", "/album/trip")).status).toBe(201)
    const hows: Array<string | null> = []
    for (let k = 0; k < 2; k++) {
      const got = await ask("GET", "/album/trip")
      expect(await got.json()).toMatchObject({ name: "trip", photos: [] })
      hows.push(got.headers.get("prophecy"))
    }
    expect(hows[0]).toBe("replicated; reason=no-sketch")
    expect(hows[1]).toMatch(/^fast; replica=[0-3]$/)
    const fresh = await ask("GET", "/album/trip", { "cache-control": "no-cache" })
    expect(fresh.headers.get("prophecy")).toBe("replicated; reason=fresh")
    const place = fresh.headers.get("prophecy-position") ?? ""
    const later = await ask("GET", "/album/trip", { "prophecy-after": place })
    expect(later.headers.get("prophecy")).toMatch(/^fast/)
    expect((await ask("GET", "/album/trip", { "prophecy-after": "soon" })).status).toBe(400)
    const state = (await (await fetch(`${url}/_prophecy/state`)).json()) as {
      replicas: ReadonlyArray<{ pid: number }>
    }
    pressCtrlC({ ...started, ended })
    expect((await ended).code).toBe(130)
    expect(state.replicas.map(({ pid }) => isAlive(pid))).toStrictEqual([
      false,
      false,
      false,
      false,
    ])
    const replayed = await run(["replay", "--quiet", "run/traces"], { cwd })
    expect(replayed).toMatchObject({ code: 0, stderr: "" })
  })

  it.skipIf(browser === undefined)(
    "has a page: photos, access, a liar, a killed primary, the story",
    async () => {
      const { url } = await serve(scratch())
      const page = await open(url)
      const errors: Array<string> = []
      page.on("pageerror", (error) => errors.push(error.message))
      await page.click("#create")
      await expect.poll(text(page, "#message"), patient).toMatch(/^200 (fast|all)/)
      await page.click("#draw")
      await expect.poll(() => page.locator("#photos img").count(), patient).toBe(1)
      await page.fill("#access", "bob")
      await page.click("#allow")
      await expect.poll(text(page, "#message"), patient).toMatch(/^204 /)
      await page.selectOption("#user", "carol")
      await page.click("#look")
      await expect.poll(text(page, "#message"), patient).toMatch(/^403 .*does not let you look/)
      expect(await page.locator("#photos img").count()).toBe(0)
      await page.selectOption("#user", "bob")
      await page.click("#look")
      await expect.poll(() => page.locator("#photos img").count(), patient).toBe(1)

      // Who looks again sees what one replica says: the browser asks for no fresh answer by itself.
      const recent = (): Promise<string> => page.innerText("#recent")
      for (let k = 0; k < 3; k++) {
        await page.click("#look")
        await expect.poll(text(page, "#message"), patient).toMatch(/^200 (fast|all)/)
      }
      await expect
        .poll(recent, patient)
        .toMatch(/bob\s+GET \/album\/holiday\s+200\s+fast\s*replica [0-3] alone/)
      const fresh = /a fresh answer was asked for/
      expect(await recent()).not.toMatch(fresh)
      await page.check("#fresh")
      await page.click("#look")
      await expect.poll(recent, patient).toMatch(fresh)
      await page.uncheck("#fresh")
      expect(await page.innerText("#ways")).toMatch(/nobody had asked this before\s+[1-9]/)

      await page.selectOption('select[aria-label="how replica 1 answers reads"]', "garbage")
      // One of four may lie: another one is refused.
      await page.selectOption('select[aria-label="how replica 2 answers reads"]', "old")
      await expect.poll(text(page, "#message"), patient).toMatch(/1 of 4 may lie.*replica 1/)
      await page.click("#story")
      await expect
        .poll(text(page, "#told"), patient)
        .toMatch(/Bob never saw the photo[^]*Bob saw the photo: leaked/)

      await page.click("#kill")
      await expect.poll(text(page, "#replicas"), patient).toMatch(/gone/)
      await page.selectOption("#user", "alice")
      await page.click("#draw")
      await expect.poll(() => page.locator("#photos img").count(), patient).toBe(2)
      await expect.poll(text(page, "#view"), patient).toMatch(/^view [1-9]\d*, active$/)
      await expect.poll(text(page, "#counts"), patient).toMatch(/\d+ fast, \d+ replicated/)
      expect(await page.locator("#recent tbody tr").count()).toBeGreaterThan(10)
      expect(errors).toStrictEqual([])
    },
  )
})
