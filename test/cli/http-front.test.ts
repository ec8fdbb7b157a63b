import { connect } from "node:net"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import {
  type HttpFront,
  largestValue,
  longestKey,
  NoAnswer,
  openHttpFront,
  TooBusy,
  TooLong,
} from "../../src/cli/http-front.ts"
import { storeInMemory } from "./store-in-memory.ts"

/** Keys with these names fail. */
const failing = async (key: string): Promise<void> => {
  if (key === "slow") throw new NoAnswer({ afterMs: 1500 })
  if (key === "busy") throw new TooBusy()
  if (key === "long") throw new TooLong({ limit: 99 })
  if (key === "broken") throw new Error("it broke")
}

let front: HttpFront
let unhealthy: string | undefined
beforeEach(async () => {
  unhealthy = undefined
  front = await openHttpFront({
    store: storeInMemory(failing),
    status: async () => ({ schema: "test/1", view: 0 }),
    unhealthy: () => unhealthy,
    port: 0,
  })
})
afterEach(() => front.close())

const at = (path: string): string => `http://127.0.0.1:${front.port}${path}`
const ask = async (method: string, path: string, body?: string | Uint8Array<ArrayBuffer>) => {
  const response = await fetch(at(path), { method, ...(body === undefined ? {} : { body }) })
  return { response, status: response.status, text: await response.text() }
}
const failure = async (method: string, path: string, body?: string) => {
  const { status, text, response } = await ask(method, path, body)
  expect(response.headers.get("content-type")).toBe("application/json")
  return { status, ...(JSON.parse(text) as Record<string, unknown>) }
}

describe("values", () => {
  it("are written, read, replaced and removed byte for byte", async () => {
    expect((await ask("GET", "/kv/a")).status).toBe(404)
    const bytes = Uint8Array.from({ length: 256 }, (_, byte) => byte)
    expect((await ask("PUT", "/kv/a", bytes)).status).toBe(204)
    const got = await fetch(at("/kv/a"))
    expect([got.status, got.headers.get("content-type")]).toEqual([200, "application/octet-stream"])
    expect(new Uint8Array(await got.arrayBuffer())).toEqual(bytes)
    expect((await ask("PUT", "/kv/a", "two")).status).toBe(204)
    expect((await ask("GET", "/kv/a")).text).toBe("two")
    const head = await ask("HEAD", "/kv/a")
    expect([head.status, head.text, head.response.headers.get("content-length")]).toEqual([
      200,
      "",
      "3",
    ])
    expect((await ask("DELETE", "/kv/a")).status).toBe(204)
    expect((await ask("DELETE", "/kv/a")).status).toBe(404)
    expect((await ask("GET", "/kv/a")).status).toBe(404)
  })

  it("may be empty, and as large as the limit", async () => {
    await ask("PUT", "/kv/empty", "")
    const empty = await ask("GET", "/kv/empty")
    expect([empty.status, empty.text]).toEqual([200, ""])
    await ask("PUT", "/kv/full", "x".repeat(largestValue))
    expect((await ask("GET", "/kv/full")).text).toHaveLength(largestValue)
  })

  it("have keys in percent-encoded UTF-8, slashes included", async () => {
    await ask("PUT", "/kv/%E2%82%AC%2F1", "euro")
    expect((await ask("GET", "/kv/%E2%82%AC/1?x=1")).text).toBe("euro")
    const longest = "k".repeat(longestKey)
    expect((await ask("PUT", `/kv/${longest}`, "v")).status).toBe(204)
  })
})

describe("refusals name cause and limit", () => {
  it.each([
    ["GET", "/kv/", 400, { error: "BadKey", limit: longestKey }],
    ["GET", "/kv/%ff", 400, { error: "BadKey" }],
    ["GET", `/kv/${"k".repeat(longestKey + 1)}`, 414, { error: "KeyTooLong", limit: longestKey }],
    ["POST", "/kv/a", 405, { error: "MethodNotAllowed" }],
    ["PUT", "/status", 405, { error: "MethodNotAllowed" }],
    ["GET", "/elsewhere", 404, { error: "NoSuchPath" }],
    ["GET", "/kv/slow", 504, { error: "NoAnswer", limit: 1500 }],
    ["GET", "/kv/busy", 503, { error: "TooBusy" }],
    ["GET", "/kv/long", 413, { error: "TooLong", limit: 99 }],
    ["GET", "/kv/broken", 500, { error: "Internal", message: "it broke" }],
  ])("%s %s is %i", async (method, path, status, expected) => {
    expect(await failure(method, path)).toMatchObject({
      status,
      ...expected,
      message: expect.stringMatching(/\w/),
    })
  })

  it("refuses a value above the limit, announced or not, and goes on", async () => {
    const announced = await failure("PUT", "/kv/a", "x".repeat(largestValue + 1))
    expect(announced).toMatchObject({ status: 413, error: "ValueTooLarge", limit: largestValue })
    const chunk = new Uint8Array(largestValue / 2 + 1)
    const body = new ReadableStream({
      start: (stream) => {
        stream.enqueue(chunk)
        stream.enqueue(chunk)
        stream.close()
      },
    })
    const streamed = await fetch(at("/kv/a"), { method: "PUT", body, duplex: "half" })
    expect(streamed.status).toBe(413)
    await streamed.text()
    expect((await ask("GET", "/kv/a")).status).toBe(404)
  })

  it("answers what is no HTTP with 400", async () => {
    const text = await new Promise<string>((resolve) => {
      const socket = connect(front.port, "127.0.0.1", () => socket.write("nonsense\r\n\r\n"))
      let read = ""
      socket.on("data", (chunk) => void (read += chunk.toString()))
      socket.on("close", () => resolve(read))
    })
    expect(text).toMatch(/^HTTP\/1\.1 400 /)
  })
})

describe("the service's own pages", () => {
  it("prints the status", async () => {
    const { status, text } = await ask("GET", "/status")
    expect([status, JSON.parse(text)]).toEqual([200, { schema: "test/1", view: 0 }])
  })

  it("is healthy, or says why not", async () => {
    const healthy = await ask("GET", "/healthz")
    expect([healthy.status, JSON.parse(healthy.text)]).toEqual([200, { healthy: true }])
    unhealthy = "too few replicas"
    const ill = await ask("GET", "/healthz")
    expect(ill.status).toBe(503)
    expect(JSON.parse(ill.text)).toEqual({ healthy: false, why: "too few replicas" })
  })

  it("uses one connection for many requests", async () => {
    const lines: ReadonlyArray<string> = await new Promise((resolve) => {
      let read = ""
      const request = "GET /healthz HTTP/1.1\r\nhost: a\r\n\r\n"
      const socket = connect(front.port, "127.0.0.1", () => socket.write(request + request))
      socket.on("data", (chunk) => {
        read += chunk.toString()
        const found = read.match(/HTTP\/1\.1 200 OK/g) ?? []
        if (found.length === 2) socket.end()
        if (found.length === 2) resolve(found)
      })
    })
    expect(lines).toHaveLength(2)
  })

  it("refuses connections once closed", async () => {
    await front.close()
    await expect(ask("GET", "/healthz")).rejects.toThrow("fetch failed")
  })
})
