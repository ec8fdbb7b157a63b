import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import {
  decodeRequest,
  decodeResponse,
  encodeRequest,
  encodeResponse,
  type Header,
  type HttpRequest,
  type HttpResponse,
  isNotHttp,
  sortHeaders,
} from "../../src/web/http-message.ts"

const bytes = fc
  .uint8Array({ maxLength: 200 })
  .map((array) => Buffer.from(array).toString("latin1"))
const textOf = (letters: string, min = 1): fc.Arbitrary<string> =>
  fc
    .array(fc.constantFrom(...letters), { minLength: min, maxLength: 20 })
    .map((all) => all.join(""))
const headers = fc
  .array(fc.tuple(textOf("abc-xyz09"), textOf("aZ0 ;,=\u00e4\t", 0)) as fc.Arbitrary<Header>, {
    maxLength: 6,
  })
  .map(sortHeaders)
const plain = { noNullPrototype: true } as const
const request: fc.Arbitrary<HttpRequest> = fc.record(
  {
    method: textOf("GETPU"),
    authority: textOf("abc.:80", 0),
    target: textOf("/ab?%&=").map((t) => `/${t}`),
    headers,
    body: bytes,
  },
  plain,
)
const response: fc.Arbitrary<HttpResponse> = fc.record(
  {
    status: fc.integer({ min: 100, max: 599 }),
    headers,
    body: bytes,
  },
  plain,
)

describe("HTTP messages as bytes", () => {
  it("decoding gives back what was encoded", () => {
    fc.assert(
      fc.property(request, response, (q, r) => {
        expect(decodeRequest(encodeRequest(q))).toStrictEqual(q)
        expect(decodeResponse(encodeResponse(r))).toStrictEqual(r)
      }),
    )
  })

  it("any bytes are a message or a reason, and a message has one encoding", () => {
    const garbage = fc.oneof(
      bytes,
      fc.tuple(fc.constantFrom("Q", "R200"), bytes).map(([start, rest]) => start + rest),
      fc.tuple(request.map(encodeRequest), fc.nat(), fc.nat(255)).map(([text, at, code]) => {
        const k = at % text.length
        return text.slice(0, k) + String.fromCharCode(code) + text.slice(k + 1)
      }),
      fc.tuple(response.map(encodeResponse), fc.nat()).map(([t, at]) => t.slice(0, at % t.length)),
    )
    fc.assert(
      fc.property(garbage, (text) => {
        const q = decodeRequest(text)
        const r = decodeResponse(text)
        if (isNotHttp(q)) expect(q.why).not.toBe("")
        else expect(encodeRequest(q)).toBe(text)
        if (isNotHttp(r)) expect(r.why).not.toBe("")
        else expect(encodeResponse(r)).toBe(text)
      }),
      { numRuns: 500 },
    )
  })

  it.each([
    ["a line break in a value", [["x-a", "1\r\nset-cookie: stolen=1"]], "no header field"],
    ["a NUL in a value", [["x-a", "1\0"]], "no header field"],
    ["a capital letter in a name", [["X-A", "1"]], "no header field"],
    ["an empty name", [["", "1"]], "no header field"],
    [
      "names out of order",
      [
        ["b", "1"],
        ["a", "1"],
      ],
      "out of order",
    ],
  ] as ReadonlyArray<readonly [string, ReadonlyArray<Header>, string]>)(
    "%s is refused",
    (_, bad, why) => {
      const decoded = decodeResponse(encodeResponse({ status: 200, headers: bad, body: "" }))
      expect(decoded).toMatchObject({ _tag: "NotHttp", why: expect.stringContaining(why) })
    },
  )

  it("a count of fields that the bytes cannot hold is refused at once", () => {
    expect(decodeResponse("R200\u00ff\u00ff\u00ff\u00ff")).toMatchObject({ _tag: "NotHttp" })
  })
})
