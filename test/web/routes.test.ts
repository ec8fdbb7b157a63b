import { describe, expect, it } from "vitest"
import { decodeRequest, type Header, type HttpRequest } from "../../src/web/http-message.ts"
import { defaultRules, normaliser } from "../../src/web/normalise.ts"
import { classifier, defaultRoutes } from "../../src/web/routes.ts"
import { leftOut, varyOf, VaryTable } from "../../src/web/vary.ts"

const ask = (over: Partial<HttpRequest> = {}): HttpRequest => ({
  method: "GET",
  authority: "album.test",
  target: "/album/a?page=2",
  headers: [],
  body: "",
  ...over,
})
const usual = classifier(defaultRoutes)
const keyOf = (headers: ReadonlyArray<Header>): string => usual(ask({ headers })).key

describe("which requests are reads", () => {
  it.each([
    ["GET", "read"],
    ["HEAD", "read"],
    ["POST", "write"],
    ["PUT", "write"],
    ["DELETE", "write"],
    ["OPTIONS", "write"],
  ])("%s is a %s unless a route says otherwise", (method, kind) => {
    const classified = usual(ask({ method }))
    expect(classified.kind).toBe(kind)
    expect(classified.key === "").toBe(kind === "write")
  })

  it("the first route that fits holds, by path, by the start of a path, and by method", () => {
    const classify = classifier({
      ...defaultRoutes,
      routes: [
        { path: "/search", methods: ["POST"], kind: "read" },
        { path: "/count*", kind: "write" },
        { path: "/countries", kind: "read" },
      ],
    })
    const kindOf = (method: string, target: string) => classify(ask({ method, target })).kind
    expect(kindOf("POST", "/search")).toBe("read")
    expect(kindOf("POST", "/search/more")).toBe("write")
    expect(kindOf("GET", "/counter?x=1")).toBe("write")
    expect(kindOf("GET", "/countries")).toBe("write")
    expect(kindOf("GET", "/")).toBe("read")
  })
})

describe("the key of a sketch", () => {
  it("tells methods, authorities and targets apart", () => {
    const keys = [
      ask(),
      ask({ method: "HEAD" }),
      ask({ authority: "other.test" }),
      ask({ target: "/album/a?page=3" }),
    ].map((r) => usual(r).key)
    expect(new Set(keys).size).toBe(4)
  })

  it("holds who asks: user A's page can never answer user B", () => {
    const keys = [
      keyOf([]),
      keyOf([["cookie", "user=alice"]]),
      keyOf([["cookie", "user=bob"]]),
      keyOf([["authorization", "Bearer 1"]]),
      keyOf([["x-user", "alice"]]),
      keyOf([["accept-language", "de"]]),
      keyOf([["x-anything", "1"]]),
    ]
    expect(new Set(keys).size).toBe(keys.length)
  })

  it("leaves out what is on the list, and the replicas do not see it either", () => {
    const headers: ReadonlyArray<Header> = [
      ["cache-control", "no-cache"],
      ["cookie", "user=alice"],
      ["referer", "/elsewhere"],
    ]
    const { key, operation } = usual(ask({ headers }))
    expect(key).toBe(keyOf([["cookie", "user=alice"]]))
    expect(decodeRequest(operation)).toMatchObject({ headers: [["cookie", "user=alice"]] })
  })

  it("is narrowed by a route only, and for reads only", () => {
    const routes = [{ path: "/static/*", keyHeaders: ["Accept-Encoding"] }]
    const classify = classifier({ ...defaultRoutes, routes })
    const headers: ReadonlyArray<Header> = [
      ["accept-encoding", "gzip"],
      ["cookie", "user=alice"],
    ]
    const read = classify(ask({ target: "/static/a.css", headers }))
    expect(decodeRequest(read.key)).toMatchObject({ headers: [["accept-encoding", "gzip"]] })
    const write = classify(ask({ method: "PUT", target: "/static/a.css", headers }))
    expect(decodeRequest(write.operation)).toMatchObject({ headers })
  })

  it.each([
    [[["cache-control", "no-cache"]], true],
    [[["cache-control", "max-age=0"]], true],
    [[["cache-control", "private, no-store"]], true],
    [[["pragma", "no-cache"]], true],
    [[["cache-control", "max-age=60"]], false],
    [[], false],
  ] as ReadonlyArray<readonly [ReadonlyArray<Header>, boolean]>)(
    "%j asks for a fresh answer: %s",
    (headers, fresh) => {
      expect(usual(ask({ headers })).fresh).toBe(fresh)
    },
  )
})

describe("Vary", () => {
  const headers: ReadonlyArray<Header> = [["vary", "Accept-Encoding, , Cookie"]]
  const response = { status: 200, headers, body: "" }

  it("names fields that the executed request lacked and the client sent", () => {
    expect([...varyOf(response)]).toStrictEqual(["accept-encoding", "cookie"])
    const asked = ask({ headers: [["cookie", "user=alice"]] })
    expect(leftOut(asked, ask(), response)).toStrictEqual(["cookie"])
    expect(leftOut(asked, asked, response)).toStrictEqual([])
    expect(leftOut(ask(), ask(), response)).toStrictEqual([])
  })

  it("widens the key of its path, and of no other", () => {
    const table = new VaryTable(10)
    const routes = [{ path: "/*", keyHeaders: [] }]
    const classify = classifier({ ...defaultRoutes, routes })
    const asked = ask({ headers: [["cookie", "user=alice"]] })
    table.note(asked, varyOf(response))
    const wide = classify(asked, table.of(ask({ target: "/album/a" })))
    expect(decodeRequest(wide.key)).toMatchObject({ headers: [["cookie", "user=alice"]] })
    const other = classify(asked, table.of(ask({ target: "/album/b" })))
    expect(decodeRequest(other.key)).toMatchObject({ headers: [] })
  })

  it("is remembered for so many paths", () => {
    const table = new VaryTable(2)
    for (const target of ["/1", "/2", "/1", "/3"]) table.note(ask({ target }), ["cookie"])
    expect(["/1", "/2", "/3"].map((target) => table.of(ask({ target })).size)).toStrictEqual([
      1, 0, 1,
    ])
  })
})

describe("what is never deterministic", () => {
  const normalise = normaliser({
    ...defaultRules,
    body: [{ path: "^/page", find: "nonce=[0-9a-f]+", replace: "nonce=" }],
  })
  const at = (second: string, node: string) =>
    normalise(ask({ target: "/page" }), {
      status: 200,
      headers: [
        ["date", `Sat, 28 Nov 2026 10:00:0${second} GMT`],
        ["set-cookie", `SERVERID=${node}; path=/`],
        ["set-cookie", "theme=dark"],
        ["content-length", "17"],
        ["content-type", "text/html"],
      ],
      body: `<a?nonce=${node}${node}${node}>`,
    })

  it("is left out, so that answers of one state are equal", () => {
    expect(at("1", "abcde")).toStrictEqual(at("2", "12345"))
    expect(at("1", "abcde")).toStrictEqual({
      status: 200,
      headers: [
        ["content-length", "10"],
        ["content-type", "text/html"],
        ["set-cookie", "theme=dark"],
      ],
      body: "<a?nonce=>",
    })
  })

  it("what a rule does not name stays: other paths, other fields, the status", () => {
    const body = "<a?nonce=1>"
    const response = { status: 404, headers: [["etag", "1"]], body } as const
    expect(normalise(ask({ target: "/other" }), response)).toStrictEqual(response)
  })
})
