import { execFile } from "node:child_process"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { join } from "node:path"
import { promisify } from "node:util"
import { afterEach, describe, expect, it } from "vitest"
import { changedPlaces, piecesOf, type Study } from "../../bench/page-changes.ts"

const run = promisify(execFile)
const program = join(import.meta.dirname, "..", "..", "bench", "changes.ts")

const closers: Array<() => void> = []
afterEach(() => {
  for (const close of closers.splice(0)) close()
})

const text = Array.from({ length: 400 }, (_, k) => `paragraph ${k * 7919} of the page\n`).join("")
const at = (k: number, what: string): string => text.slice(0, k) + what + text.slice(k)

describe("what changed in a page", () => {
  it("is told by pieces that are cut where the text says so, so that they move with it", () => {
    const pieces = piecesOf(text)
    expect(pieces.join("")).toBe(text)
    expect(pieces.length).toBeGreaterThan(50)
    const moved = new Set(piecesOf(`something before it ${text}`))
    expect(pieces.filter((piece) => !moved.has(piece)).length).toBeLessThan(3)
  })

  it("is counted by place", () => {
    expect(changedPlaces(text, text)).toBe(0)
    expect(changedPlaces(text, at(5_000, "NEWS"))).toBe(1)
    expect(
      changedPlaces(text, `${at(2_000, "NEWS").slice(0, 9_000)}MORE${text.slice(9_000)}`),
    ).toBe(2)
  })
})

describe("node bench/changes.ts", () => {
  it("says how many answers changed, as they came and as replicas compare them", async () => {
    const counts = { steady: 0, news: 0 }
    const server = createServer((request, response) => {
      response.setHeader("x-request-id", String(Math.random()))
      if (request.url === "/steady") {
        counts.steady++
        response.end("the same")
      } else if (request.url === "/news") response.end(at(3_000, `edition ${counts.news++ >> 1}`))
      else response.destroy()
    })
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
    closers.push(() => {
      server.closeAllConnections()
      server.close()
    })
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const pages = ["/steady", "/news", "/none"].map((path) => url + path)
    const flags = ["--times", "5", "--every", "0", "--json"]
    const { stdout } = await run(process.execPath, [program, ...pages, ...flags])
    const { studies } = JSON.parse(stdout) as { studies: ReadonlyArray<Study> }
    expect(studies).toMatchObject([
      { pairs: 4, failed: 0, rawChanges: 4, changes: 0, bodyChanges: 0 },
      { pairs: 4, failed: 0, rawChanges: 4, changes: 2, bodyChanges: 2, onePlace: 2 },
      { pairs: 0, failed: 5, rawChanges: 0, changes: 0 },
    ])
    expect(studies[0]?.fields["x-request-id"]).toBe(4)
    expect(counts.steady).toBe(5)
  })

  it.each([
    [[], 2, "name the URLs"],
    [["ftp://x"], 2, "an http or https URL"],
    [["http://127.0.0.1:1", "--times", "1"], 2, "--times 1: a whole number from 2"],
    [["http://127.0.0.1:1", "--times", "2", "--every", "0"], 3, "ECONNREFUSED"],
  ])("%j ends with %i", async (args, code, says) => {
    const ended = run(process.execPath, [program, ...args])
    await expect(ended).rejects.toMatchObject({ code, stderr: expect.stringContaining(says) })
  })
})
