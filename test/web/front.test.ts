import { request as httpRequest } from "node:http"
import { connect } from "node:net"
import { afterEach, describe, expect, it } from "vitest"
import { AlbumStore } from "../../src/web/album-store.ts"
import { answerAlbumRequest } from "../../src/web/album.ts"
import { NoAnswer, TooBusy, TooLong } from "../../src/web/front-errors.ts"
import { type Backend, type Front, type FrontOptions, openFront } from "../../src/web/front.ts"
import {
  decodeRequest,
  encodeResponse,
  type Header,
  headerOf,
  type HttpRequest,
  type HttpResponse,
  isNotHttp,
} from "../../src/web/http-message.ts"
import { type Classified, defaultRoutes } from "../../src/web/routes.ts"

const executed = (asked: Classified): HttpRequest => {
  const request = decodeRequest(asked.operation)
  if (isNotHttp(request)) throw new Error(request.why)
  return request
}

/** Answers by a function of the executed request, and keeps what it was asked. */
const answering = (
  of: (request: HttpRequest) => HttpResponse,
): Backend & { readonly asked: Array<Classified> } => {
  const asked: Array<Classified> = []
  return {
    asked,
    ask: async (classified) => {
      asked.push(classified)
      return { response: encodeResponse(of(executed(classified))), how: "replicated; reason=test" }
    },
  }
}

const album = (): Backend & { readonly asked: Array<Classified> } => {
  const store = new AlbumStore()
  return answering((request) => answerAlbumRequest(store, request))
}

let front: Front | undefined
afterEach(async () => {
  await front?.close()
  front = undefined
})

const open = async (backend: Backend, options: Partial<FrontOptions> = {}): Promise<number> => {
  front = await openFront({ backend, routes: defaultRoutes, port: 0, ...options })
  return front.port
}

interface Got {
  readonly status: number
  readonly headers: NodeJS.Dict<string | ReadonlyArray<string>>
  readonly body: string
}

const ask = (
  port: number,
  method: string,
  path: string,
  of: { readonly headers?: Record<string, string>; readonly body?: string } = {},
): Promise<Got> =>
  new Promise((resolve, reject) => {
    const sent = httpRequest(
      { host: "127.0.0.1", port, method, path, headers: { "x-user": "alice", ...of.headers } },
      (response) => {
        const chunks: Array<Buffer> = []
        response.on("data", (chunk: Buffer) => chunks.push(chunk))
        response.on("end", () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: Buffer.concat(chunks).toString("latin1"),
          }),
        )
      },
    )
    sent.on("error", reject)
    sent.end(of.body === undefined ? undefined : Buffer.from(of.body, "latin1"))
  })

/** Sends bytes as they are and gives everything that comes until the other side closes. */
const raw = (port: number, text: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(text, "latin1"))
    let got = ""
    socket.on("data", (chunk) => {
      got += chunk.toString("latin1")
    })
    socket.on("error", reject)
    socket.on("close", () => resolve(got))
  })

describe("the front end", () => {
  it("serves the album to a client that knows nothing of replicas", async () => {
    const port = await open(album())
    const photo = Buffer.from(Array.from({ length: 256 }, (_, k) => k)).toString("latin1")
    expect(await ask(port, "PUT", "/album/trip")).toMatchObject({ status: 201 })
    const type = { "content-type": "image/png" }
    const put = await ask(port, "PUT", "/album/trip/photo/sea", { body: photo, headers: type })
    expect(put).toMatchObject({ status: 201 })
    const got = await ask(port, "GET", "/album/trip/photo/sea")
    expect(got).toMatchObject({ status: 200, body: photo })
    expect(got.headers).toMatchObject({
      "content-type": "image/png",
      "content-length": "256",
      prophecy: "replicated; reason=test",
      date: expect.stringMatching(/GMT$/),
    })
    const head = await ask(port, "HEAD", "/album/trip/photo/sea")
    expect(head).toMatchObject({ status: 200, body: "" })
    expect(head.headers["content-length"]).toBe("256")
    const etag = String(got.headers["etag"])
    const same = await ask(port, "GET", "/album/trip/photo/sea", {
      headers: { "if-none-match": etag },
    })
    expect(same).toMatchObject({ status: 304, body: "" })
  })

  it("answers requests of one connection in their order, also when they come at once", async () => {
    const backend: Backend = {
      ask: async (classified) => {
        const { target } = executed(classified)
        await new Promise((resolve) => setTimeout(resolve, target === "/1" ? 30 : 0))
        return { response: encodeResponse({ status: 200, headers: [], body: target }), how: "x" }
      },
    }
    const port = await open(backend)
    const all = ["/1", "/2", "/3"].map((target, k) => {
      const last = k === 2 ? "connection: close\r\n" : ""
      return `GET ${target} HTTP/1.1\r\nhost: a\r\n${last}\r\n`
    })
    const got = await raw(port, all.join(""))
    expect([...got.matchAll(/\r\n\r\n(\/\d)/g)].map(([, body]) => body)).toStrictEqual([
      "/1",
      "/2",
      "/3",
    ])
  })

  it("takes bodies in chunks, and targets in absolute form", async () => {
    const backend = answering(({ authority, target, body }) => ({
      status: 200,
      headers: [],
      body: `${authority}|${target}|${body}`,
    }))
    const port = await open(backend)
    const got = await raw(
      port,
      "POST http://Album.Test:8080/a?b HTTP/1.1\r\nhost: album.test:8080\r\n" +
        "connection: close\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
    )
    expect(got).toContain("album.test:8080|/a?b|abcde")
  })

  it("asks again with a wider key when the answer depended on a field left out", async () => {
    const backend = answering((request) => ({
      status: 200,
      headers: [["vary", "x-user"]],
      body: headerOf(request, "x-user") ?? "nobody",
    }))
    const port = await open(backend, {
      routes: { ...defaultRoutes, routes: [{ path: "/*", keyHeaders: [] }] },
    })
    for (const user of ["alice", "bob", "alice"]) {
      const got = await ask(port, "GET", "/", { headers: { "x-user": user } })
      expect(got.body).toBe(user)
    }
    // Once too narrow, then wide from the start.
    expect(backend.asked).toHaveLength(4)
    expect(new Set(backend.asked.map((a) => a.key)).size).toBe(3)
  })
})

describe("requests and responses that repeat earlier ones to the letter", () => {
  it("are told apart by their bodies, and by what their fields say", async () => {
    const backend = answering((request) => ({
      status: 200,
      headers: [["x-said", headerOf(request, "x-say") ?? "nothing"]],
      body: request.method === "GET" ? `${backend.asked.length}` : request.body,
    }))
    const port = await open(backend)
    for (const body of ["one", "two", "one"]) {
      expect((await ask(port, "PUT", "/", { body })).body).toBe(body)
    }
    for (const say of ["a", "b", "a"]) {
      const got = await ask(port, "GET", "/", { headers: { "x-say": say } })
      expect(got.headers["x-said"]).toBe(say)
      expect(got.body).toBe(`${backend.asked.length}`)
    }
    expect(new Set(backend.asked.slice(3).map(({ key }) => key)).size).toBe(2)
  })

  it("may be as long as they like, and as many", async () => {
    const long = "x".repeat(8_000)
    const port = await open(
      answering(({ target }) => ({ status: 200, headers: [["x-long", long]], body: target })),
    )
    for (const target of ["/a", `/${long}`, "/a", `/${long}`]) {
      const got = await ask(port, "GET", target)
      expect(got).toMatchObject({ body: target, headers: { "x-long": long } })
    }
  })
})

describe("the front end says what is wrong:", () => {
  const fields: ReadonlyArray<Header> = [["x-a", "a\r\nset-cookie: b"]]
  interface Case {
    readonly name: string
    readonly ask: Backend["ask"]
    readonly status: number
    readonly error: string
    readonly limit?: number
  }
  const failing =
    (cause: Error): Backend["ask"] =>
    () =>
      Promise.reject(cause)
  const giving =
    (response: string): Backend["ask"] =>
    () =>
      Promise.resolve({ response, how: "x" })
  const cases: ReadonlyArray<Case> = [
    {
      name: "no answer",
      ask: failing(new NoAnswer({ afterMs: 50 })),
      status: 504,
      error: "NoAnswer",
      limit: 50,
    },
    { name: "too busy", ask: failing(new TooBusy()), status: 503, error: "TooBusy" },
    {
      name: "too long",
      ask: failing(new TooLong({ bytes: 9, limit: 8 })),
      status: 413,
      error: "TooLong",
      limit: 8,
    },
    { name: "a fault here", ask: failing(new Error("secret")), status: 500, error: "Internal" },
    { name: "no HTTP", ask: giving("nonsense"), status: 502, error: "NotAResponse" },
    {
      name: "a smuggled field",
      ask: giving(encodeResponse({ status: 200, headers: fields, body: "" })),
      status: 502,
      error: "NotAResponse",
    },
  ]
  it.each(cases)("$name", async ({ ask: answer, status, error, limit }) => {
    const lines: Array<string> = []
    const port = await open({ ask: answer }, { log: (line) => lines.push(line) })
    const got = await ask(port, "GET", "/")
    expect(got.status).toBe(status)
    const document = JSON.parse(got.body) as Record<string, unknown>
    expect(document).toMatchObject({ error, ...(limit === undefined ? {} : { limit }) })
    expect(got.body).not.toContain("secret")
    expect(got.headers["prophecy"]).toBe("failed")
    expect(lines.length).toBe(status === 500 ? 1 : 0)
  })

  it("a body over the limit, announced or not; nothing of it reaches the group", async () => {
    const backend = album()
    const port = await open(backend, { limits: { bodyBytes: 10 } })
    const announced = await ask(port, "PUT", "/album/a", { body: "12345678901" })
    const chunked = await ask(port, "PUT", "/album/a", {
      body: "12345678901",
      headers: { "transfer-encoding": "chunked" },
    })
    for (const got of [announced, chunked]) {
      expect(got).toMatchObject({ status: 413, headers: { connection: "close" } })
      expect(JSON.parse(got.body)).toMatchObject({ error: "BodyTooLarge", limit: 10 })
    }
    expect(backend.asked).toHaveLength(0)
    expect(await ask(port, "PUT", "/album/a", { body: "1234567890" })).toMatchObject({
      status: 201,
    })
  })

  it("fields over the limit, a target that is no path, a request that is none", async () => {
    const backend = album()
    const port = await open(backend, { limits: { headerBytes: 1_000 } })
    const long = `GET / HTTP/1.1\r\nhost: a\r\nx-a: ${"a".repeat(2_000)}\r\n\r\n`
    expect(await raw(port, long)).toMatch(/^HTTP\/1.1 431 /)
    const star = "OPTIONS * HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n"
    expect(await raw(port, star)).toMatch(/^HTTP\/1.1 400 [^]*BadRequest/)
    expect(await raw(port, "nonsense\r\n\r\n")).toMatch(/^HTTP\/1.1 400 /)
    const both =
      "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n"
    expect(await raw(port, both)).toMatch(/^HTTP\/1.1 400 /)
    expect(backend.asked).toHaveLength(0)
  })

  it("a client that never finishes its request is cut off, and the others are served", async () => {
    const port = await open(album(), { limits: { requestMs: 200 } })
    const slow = raw(port, "PUT /album/a HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\n\r\n123")
    expect(await ask(port, "PUT", "/album/b")).toMatchObject({ status: 201 })
    expect(await slow).toMatch(/^HTTP\/1.1 408 /)
  })
})

describe("closing the front end", () => {
  it("answers what is under way, and takes nothing new", async () => {
    let release = (): void => undefined
    const waiting = new Promise<void>((resolve) => {
      release = resolve
    })
    const response = encodeResponse({ status: 200, headers: [], body: "late" })
    const port = await open({ ask: () => waiting.then(() => ({ response, how: "x" })) })
    const got = ask(port, "GET", "/")
    await new Promise((resolve) => setTimeout(resolve, 50))
    const closed = front?.close()
    front = undefined
    // A busy machine may have the connection made and reset, where a quiet one refuses it.
    await expect(ask(port, "GET", "/")).rejects.toThrow(/ECONNREFUSED|ECONNRESET/)
    release()
    expect(await got).toMatchObject({ status: 200, body: "late" })
    await closed
  })
})

describe("behind a front end that deals out pages", () => {
  it("files a read under the term of its page, and tells no replica of it", async () => {
    const backend = album()
    const port = await open(backend)
    for (const term of ["1", "2", undefined]) {
      const headers = {
        "x-user": "alice",
        ...(term === undefined ? {} : { "prophecy-term": term }),
      }
      await fetch(`http://127.0.0.1:${port}/album/trip`, { headers })
    }
    await fetch(`http://127.0.0.1:${port}/album/trip`, {
      method: "PUT",
      headers: { "x-user": "alice", "prophecy-term": "3" },
    })
    const [first, second, none, write] = backend.asked
    expect(new Set([first?.key, second?.key, none?.key]).size).toBe(3)
    expect(new Set([first?.operation, second?.operation, none?.operation]).size).toBe(1)
    expect(write?.key).toBe("")
  })
})
