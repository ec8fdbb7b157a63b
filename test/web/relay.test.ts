/** The front end before several sketchers, with servers that say what they are asked. */
import { createServer, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import { describe, expect, it, onTestFinished } from "vitest"
import { groupOfTarget, openRelay } from "../../src/web/relay.ts"
import { Ring } from "../../src/web/ring.ts"

interface Heard {
  readonly name: string
  readonly url: string
  readonly term: string
  readonly body: string
  readonly fields: ReadonlyArray<string>
}

const listen = (server: Server): Promise<string> =>
  new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      onTestFinished(() => {
        server.closeAllConnections()
        server.close()
      })
      resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
    })
  })

/** A server that answers with what it heard, or cuts the connection when it is asked for `/cut`. */
const sketcher = (name: string): Promise<string> =>
  listen(
    createServer((request, response) => {
      let body = ""
      request.setEncoding("utf8").on("data", (text: string) => void (body += text))
      request.on("end", () => {
        if (request.url?.includes("cut") === true) return void response.destroy()
        const term = String(request.headers["prophecy-term"])
        const fields = request.rawHeaders.filter((_, k) => k % 2 === 0).map((f) => f.toLowerCase())
        response.setHeader("prophecy", "replicated; reason=fresh")
        return void response.end(JSON.stringify({ name, url: request.url, term, body, fields }))
      })
    }),
  )

const open = async (rings: ReadonlyMap<string, Ring>): Promise<string> => {
  const status = (): unknown => ({ groups: [...rings.keys()] })
  const relay = await openRelay({ rings, objectSegments: 2, port: 0, status, log: () => undefined })
  onTestFinished(() => relay.close())
  return `http://127.0.0.1:${relay.port}`
}

/** An address where nobody listens. */
const deadUrl = async (): Promise<string> => {
  const server = createServer()
  const url = await listen(server)
  await new Promise<void>((resolve) => server.close(() => resolve()))
  return url
}

const ask = async (url: string, init: RequestInit = {}): Promise<Heard> =>
  (await (await fetch(url, init)).json()) as Heard

describe("a front end before sketchers", () => {
  it("passes requests and answers on as they come, with the term of the page", async () => {
    const url = await open(
      new Map([["g", new Ring([{ name: "a", url: await sketcher("a") }], [])]]),
    )
    const headers = { "x-user": "alice", "prophecy-term": "99" }
    const response = await fetch(`${url}/album/trip?q=1`, { method: "PUT", body: "hello", headers })
    expect(response.headers.get("prophecy")).toBe("replicated; reason=fresh")
    const heard = (await response.json()) as Heard
    expect(heard).toMatchObject({ name: "a", url: "/album/trip?q=1", term: "0", body: "hello" })
    expect(heard.fields).toContain("x-user")
    expect(await ask(`${url}/_prophecy/front`)).toEqual({ groups: ["g"] })
  })

  it("asks one sketcher for one page, and one group for all pages of an object", async () => {
    const ring = async (...names: ReadonlyArray<string>): Promise<Ring> =>
      new Ring(
        await Promise.all(names.map(async (name) => ({ name, url: await sketcher(name) }))),
        [],
      )
    const rings = new Map([
      ["g", await ring("a", "b")],
      ["h", await ring("c", "d")],
    ])
    const url = await open(rings)
    const groups = new Set<string>()
    for (let k = 0; k < 8; k++) {
      const object = `/album/${k}`
      const names = new Set<string>()
      for (const rest of ["", "/photo/1", "/photo/2", "/photo/3", "/photo/4", "?page=2"]) {
        const { name } = await ask(`${url}${object}${rest}`)
        expect((await ask(`${url}${object}${rest}`)).name).toBe(name)
        names.add("ab".includes(name) ? "g" : "h")
      }
      expect(names.size).toBe(1)
      expect([...names][0]).toBe(groupOfTarget(object, ["g", "h"], 2))
      for (const group of names) groups.add(group)
    }
    expect(groups.size).toBe(2)
  })

  it("has a standby follow one that does not listen: it gets the whole request", async () => {
    const standby = await sketcher("standby")
    const ring = new Ring([{ name: "a", url: await deadUrl() }], [standby])
    const url = await open(new Map([["g", ring]]))
    const body = "x".repeat(100_000)
    const heard = await ask(`${url}/album/trip`, { method: "PUT", body })
    expect([heard.name, heard.term, heard.body === body]).toEqual(["standby", "1", true])
  })

  it("says so when nobody follows, and when an answer was cut off", async () => {
    const dead = await open(new Map([["g", new Ring([{ name: "a", url: await deadUrl() }], [])]]))
    const gone = await fetch(`${dead}/x`)
    expect([gone.status, await gone.json()]).toEqual([
      502,
      expect.objectContaining({ error: "SketcherGone" }),
    ])
    const url = await open(
      new Map([["g", new Ring([{ name: "a", url: await sketcher("a") }], [])]]),
    )
    const cut = await fetch(`${url}/cut`)
    expect([cut.status, await cut.json()]).toEqual([
      502,
      expect.objectContaining({ message: expect.stringMatching(/takes effect is unknown/) }),
    ])
  })
})
