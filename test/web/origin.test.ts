import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { createServer, type RequestListener, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import {
  ApacheFailed,
  ApacheMissing,
  findApache,
  freePort,
  startApache,
} from "../../src/web/apache.ts"
import {
  decodeResponse,
  encodeRequest,
  type HttpRequest,
  headerOf,
  type HttpResponse,
  isNotHttp,
} from "../../src/web/http-message.ts"
import { defaultRules, normaliser } from "../../src/web/normalise.ts"
import { type OriginClient, type OriginClientOptions, openOrigin } from "../../src/web/origin.ts"

let closers: Array<() => unknown> = []
afterEach(async () => {
  for (const close of closers.reverse()) await close()
  closers = []
})

const client = (url: string, over: Partial<OriginClientOptions> = {}) => {
  const normalise = normaliser(defaultRules)
  const made = openOrigin({
    url: new URL(url),
    normalise,
    timeoutMs: 5_000,
    bodyBytes: 10_000,
    pipelining: 1,
    ...over,
  })
  closers.push(made.close)
  return made
}

const served = async (listener: RequestListener): Promise<string> => {
  const server: Server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  closers.push(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const ask = async (
  origin: OriginClient,
  over: Partial<HttpRequest> = {},
): Promise<HttpResponse> => {
  const operation = encodeRequest({
    method: "GET",
    authority: "site.test",
    target: "/",
    headers: [],
    body: "",
    ...over,
  })
  const response = decodeResponse((await origin.execute(operation)).response)
  if (isNotHttp(response)) throw new Error(response.why)
  return response
}

describe("an origin by URL", () => {
  it("is asked what the client asked, and its answer is normalised", async () => {
    const url = await served((request, response) => {
      response.setHeader("x-request-id", String(Math.random()))
      response.end(
        `${request.method} ${request.url} ${request.headers.host} ${request.headers.cookie}`,
      )
    })
    const origin = client(`${url}/base/`)
    const asked = { target: "/a?b", headers: [["cookie", "user=a"]] } as const
    const got = await ask(origin, asked)
    expect(got.body).toBe("GET /base/a?b site.test user=a")
    expect(got.headers.map(([name]) => name)).toStrictEqual(["content-length"])
    expect(await ask(origin, asked)).toStrictEqual(got)
  })

  it.each(["POST", "PUT", "DELETE", "PATCH"])("refuses %s and says why", async (method) => {
    const requests: Array<string> = []
    const url = await served((request, response) => {
      requests.push(request.method ?? "")
      response.end()
    })
    const got = await ask(client(url), { method })
    expect(got.status).toBe(501)
    expect(JSON.parse(got.body)).toMatchObject({ error: "ReadOnlyOrigin" })
    expect(requests).toStrictEqual([])
  })

  it.each([1, 8])(
    "that failed many times answers again, %d questions a connection",
    async (p) => {
      let broken = true
      const url = await served((request, response) => {
        if (request.url === "/long") return response.end("x".repeat(101))
        return broken ? request.socket.destroy() : response.end(request.url)
      })
      const origin = client(url, { pipelining: p, bodyBytes: 100 })
      // More than there are places: 32 connections, each with so many questions.
      const many = Array.from({ length: 33 * p }, (_, k) => (k % 2 === 0 ? "/cut" : "/long"))
      const failed = await Promise.all(many.map((target) => ask(origin, { target })))
      expect([...new Set(failed.map(({ status }) => status))]).toStrictEqual([502])
      broken = false
      const targets = Array.from({ length: 2 * p }, (_, k) => `/page/${k}`)
      const got = await Promise.all(targets.map((target) => ask(origin, { target })))
      expect(got.map(({ body }) => body)).toStrictEqual(targets)
    },
    30_000,
  )

  it("that is slow with one page is not with those that were asked together with it", async () => {
    const slow = Promise.withResolvers<void>()
    const url = await served((request, response) => {
      const answer = (): void => void response.end(request.url)
      if (request.url === "/slow") void slow.promise.then(answer)
      else answer()
    })
    const origin = client(url, { pipelining: 8, timeoutMs: 30_000 })
    const last = ask(origin, { target: "/slow" })
    const targets = Array.from({ length: 20 }, (_, k) => `/page/${k}`)
    const got = await Promise.all(targets.map((target) => ask(origin, { target })))
    expect(got.map(({ body }) => body)).toStrictEqual(targets)
    slow.resolve()
    expect((await last).body).toBe("/slow")
    // And what is behind it is answered once more, to nobody.
    expect((await ask(origin, { target: "/after" })).body).toBe("/after")
  })

  it("answers without a body are told apart from the others on a connection", async () => {
    const connections = new Set<unknown>()
    const url = await served((request, response) => {
      connections.add(request.socket)
      const [, status = "200", k = ""] = request.url?.split("/") ?? []
      response.writeHead(Number(status), status === "200" ? { "content-length": k.length } : {})
      response.end(status === "200" && request.method === "GET" ? k : undefined)
    })
    const origin = client(url, { pipelining: 8 })
    const kinds = [
      ["GET", 200],
      ["HEAD", 200],
      ["GET", 204],
      ["GET", 200],
      ["GET", 304],
      ["HEAD", 304],
      ["GET", 200],
    ] as const
    const asked = Array.from({ length: 8 }, () => kinds).flat()
    const got = await Promise.all(
      asked.map(([method, status], k) => ask(origin, { method, target: `/${status}/${k}` })),
    )
    const expected = asked.map(([method, status], k) => ({
      status,
      body: method === "GET" && status === 200 ? String(k) : "",
    }))
    expect(got.map(({ status, body }) => ({ status, body }))).toStrictEqual(expected)
    expect(connections.size).toBeLessThan(asked.length)
  })

  it("that breaks a connection is asked again for all that were on it", async () => {
    let asked = 0
    const url = await served((request, response) => {
      asked++
      if (asked === 3) request.socket.destroy()
      else response.end(request.url)
    })
    const origin = client(url, { pipelining: 8 })
    const targets = Array.from({ length: 8 }, (_, k) => `/page/${k}`)
    const got = await Promise.all(targets.map((target) => ask(origin, { target })))
    expect(got.map(({ body }) => body)).toStrictEqual(targets)
  })

  it("that is gone, mute, cut off or too long gives one answer everywhere", async () => {
    const gone = await freePort()
    const mute = await served(() => undefined)
    const cut = await served((_, response) => {
      response.writeHead(200, { "content-length": 100 })
      response.write("x", () => response.destroy())
    })
    const long = await served((_, response) => response.end("x".repeat(101)))
    const errors = []
    for (const url of [`http://127.0.0.1:${gone}`, mute, cut, long]) {
      const got = await ask(client(url, { timeoutMs: 100, bodyBytes: 100 }))
      expect(got.status).toBe(502)
      errors.push((JSON.parse(got.body) as { error: string }).error)
    }
    expect(errors).toStrictEqual(["NoOrigin", "NoOrigin", "NoOrigin", "OriginTooLarge"])
  })

  it("answers nonsense with 400", async () => {
    const { response, isOrigins } = await client("http://127.0.0.1:1").execute("nonsense")
    expect(decodeResponse(response)).toMatchObject({ status: 400 })
    expect(isOrigins).toBe(false)
  })
})

const apache = findApache(process.env)
if (apache instanceof ApacheMissing) {
  console.error(`\nNOT TESTED: origins of Apache. ${apache.message}\n`)
}

describe.skipIf(apache instanceof ApacheMissing)("Apache as origins", () => {
  let root = ""
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "apache-origin-"))
    closers.push(() => rmSync(root, { recursive: true, force: true }))
    chmodSync(root, 0o755)
    mkdirSync(join(root, "site", "more"), { recursive: true })
    writeFileSync(join(root, "site", "index.html"), "<h1>home</h1>")
    writeFileSync(join(root, "site", "more", "a.css"), "b{}")
  })

  const start = async (name: string) => {
    if (apache instanceof ApacheMissing) throw apache
    const port = await freePort()
    const options = { apache, folder: join(root, name), port, root: join(root, "site") }
    const origin = await startApache(options)
    closers.push(origin.stop)
    return origin
  }

  it("two give equal answers, tags and times included, until a file differs", async () => {
    const [one, two] = [await start("0"), await start("1")]
    const [a, b] = [client(one.url), client(two.url)]
    for (const target of ["/", "/more/a.css", "/none"]) {
      for (const method of ["GET", "HEAD"]) {
        const got = await ask(a, { target, method })
        expect(got.status).toBe(target === "/none" ? 404 : 200)
        expect(got.body === "").toBe(method === "HEAD")
        expect(await ask(b, { target, method })).toStrictEqual(got)
      }
    }
    const page = await ask(a)
    expect(page).toMatchObject({ status: 200, body: "<h1>home</h1>" })
    const etag = headerOf(page, "etag") ?? ""
    const same = { headers: [["if-none-match", etag]] } as const
    expect(await ask(a, same)).toMatchObject({ status: 304 })
    writeFileSync(join(two.documents, "index.html"), "<h1>news</h1>")
    expect(await ask(b, same)).toMatchObject({ status: 200, body: "<h1>news</h1>" })
    expect(await ask(a)).toStrictEqual(page)
  })

  it.skipIf(process.getuid?.() !== 0)(
    "says which folder Apache's own user cannot enter",
    async () => {
      chmodSync(root, 0o700)
      await expect(start("0")).rejects.toThrow(`${root} is closed to other users`)
    },
  )

  it("that cannot start says what Apache said", async () => {
    if (apache instanceof ApacheMissing) throw apache
    const taken = await start("0")
    const options = { apache, folder: join(root, "1"), port: taken.port, root: join(root, "site") }
    // The port answers, since somebody else has it: only the process's end tells.
    const second = await startApache(options).then(
      (origin) => origin.ended,
      (error: unknown) => error,
    )
    expect(second).toBeInstanceOf(ApacheFailed)
    expect((second as ApacheFailed).message).toContain("could not bind to address")
    const nothing = startApache({ ...options, root: join(root, "none") })
    await expect(nothing).rejects.toThrow("is no folder")
  })
})

describe("Apache", () => {
  it("missing, the error says where it was looked for and what to do", () => {
    const found = findApache({ PROPHECY_APACHE: "/nowhere/httpd" })
    expect(found).toBeInstanceOf(ApacheMissing)
    expect((found as ApacheMissing).message).toMatch(/\/nowhere\/httpd.*apt-get install apache2/)
  })
})
