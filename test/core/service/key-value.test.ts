import { createHash } from "node:crypto"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { keyValueService } from "../../../src/core/service/key-value.ts"
import {
  decodeOperation,
  decodeResult,
  encodeOperation,
  encodeResult,
  type KeyValueOperation,
  type KeyValueResult,
} from "../../../src/core/service/key-value-operation.ts"
import { nullService } from "../../../src/core/service/null.ts"

const hash = (bytes: string): string => createHash("sha256").update(bytes, "latin1").digest("hex")

const bytes = fc.uint8Array({ maxLength: 12 }).map((b) => Buffer.from(b).toString("latin1"))
// Few keys, so that operations meet.
const key = fc.oneof(fc.constantFrom("", "a", "b", "\u00ff"), bytes)
const operation: fc.Arbitrary<KeyValueOperation> = fc.oneof(
  fc.record({ _tag: fc.constant("Get" as const), key }, { noNullPrototype: true }),
  fc.record({ _tag: fc.constant("Put" as const), key, value: bytes }, { noNullPrototype: true }),
  fc.record({ _tag: fc.constant("Delete" as const), key }, { noNullPrototype: true }),
  fc.record(
    {
      _tag: fc.constant("CompareAndSet" as const),
      key,
      expected: fc.option(bytes, { nil: undefined }),
      value: bytes,
    },
    { noNullPrototype: true },
  ),
)

/** What the operation does to a plain map. */
const model = (map: Map<string, string>, o: KeyValueOperation): KeyValueResult => {
  const present = map.get(o.key)
  const now: KeyValueResult =
    present === undefined ? { _tag: "Absent" } : { _tag: "Value", value: present }
  switch (o._tag) {
    case "Get":
      return now
    case "Delete":
      return map.delete(o.key) ? { _tag: "Done" } : { _tag: "Absent" }
    case "CompareAndSet":
      if (present !== o.expected) return now
      map.set(o.key, o.value)
      return { _tag: "Done" }
    case "Put":
      map.set(o.key, o.value)
      return { _tag: "Done" }
  }
}

describe("operations and results as bytes", () => {
  it("an operation is read back", () => {
    fc.assert(
      fc.property(operation, (o) => {
        expect(decodeOperation(encodeOperation(o))).toStrictEqual(o)
      }),
    )
  })

  it("a result is read back, and anything else is none", () => {
    const results: ReadonlyArray<KeyValueResult> = [
      { _tag: "Value", value: "" },
      { _tag: "Value", value: "S" },
      { _tag: "Absent" },
      { _tag: "Done" },
      { _tag: "BadOperation", why: "Empty" },
    ]
    for (const result of results) expect(decodeResult(encodeResult(result))).toStrictEqual(result)
    for (const other of ["", "X", "Nx", "Sx"]) expect(decodeResult(other)).toBeUndefined()
  })

  it.each([
    ["", "Empty"],
    ["x", "UnknownOperation"],
    ["P", "TruncatedKey"],
    ["P\0\0\0\u0005abcd", "TruncatedKey"],
    ["P\u00ff\u00ff\u00ff\u00ffabcd", "TruncatedKey"],
    ["C\0\0\0\u0001", "TruncatedKey"],
    ["C\0\0\0\u0001a", "NoExpectation"],
    ["C\0\0\0\u0001a?", "NoExpectation"],
    ["C\0\0\0\u0001a=\0\0\0\u0002b", "TruncatedExpectation"],
  ])("nonsense %j is answered with %s and changes nothing", (text, why) => {
    const service = keyValueService(hash)
    service.execute(encodeOperation({ _tag: "Put", key: "a", value: "1" }))
    const before = service.digest()
    expect(decodeResult(service.execute(text))).toStrictEqual({ _tag: "BadOperation", why })
    expect(service.digest()).toBe(before)
  })
})

describe("key-value service", () => {
  it("does what a map does", () => {
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 40 }), (all) => {
        const service = keyValueService(hash)
        const map = new Map<string, string>()
        for (const o of all) {
          expect(decodeResult(service.execute(encodeOperation(o)))).toStrictEqual(model(map, o))
        }
      }),
    )
  })

  // The table in key-value-operation.ts, byte by byte: other programs may speak it.
  it.each<readonly [string, ReadonlyArray<readonly [operation: string, result: string]>]>([
    [
      "get",
      [
        ["Gk", "N"],
        ["P\0\0\0\u0001kv", "S"],
        ["Gk", "Vv"],
        ["Gkv", "N"],
      ],
    ],
    [
      "put",
      [
        ["P\0\0\0\u0001k1", "S"],
        ["P\0\0\0\u0001k", "S"],
        ["Gk", "V"],
      ],
    ],
    [
      "delete",
      [
        ["Dk", "N"],
        ["P\0\0\0\u0001k1", "S"],
        ["Dk", "S"],
        ["Gk", "N"],
        ["Dk", "N"],
      ],
    ],
    [
      "compare-and-set where nothing is expected",
      [
        ["C\0\0\0\u0001k-1", "S"],
        ["C\0\0\0\u0001k-2", "V1"],
        ["Gk", "V1"],
      ],
    ],
    [
      "compare-and-set where a value is expected",
      [
        ["C\0\0\0\u0001k=\0\0\0\u000112", "N"],
        ["P\0\0\0\u0001k1", "S"],
        ["C\0\0\0\u0001k=\0\0\0\u000122", "V1"],
        ["C\0\0\0\u0001k=\0\0\0\u000112", "S"],
        ["Gk", "V2"],
      ],
    ],
  ])("answers %s as its table says", (_, exchanged) => {
    const service = keyValueService(hash)
    for (const [asked, answered] of exchanged) expect(service.execute(asked)).toBe(answered)
  })

  it("any bytes get an answer", () => {
    const service = keyValueService(hash)
    fc.assert(
      fc.property(bytes, (text) => {
        expect(decodeResult(service.execute(text))).toBeDefined()
      }),
      { numRuns: 1_000 },
    )
  })

  it("equal maps have equal digests whatever their history, different maps different ones", () => {
    fc.assert(
      fc.property(
        fc.array(operation, { maxLength: 30 }),
        fc.array(operation, { maxLength: 30 }),
        (first, second) => {
          const run = (all: ReadonlyArray<KeyValueOperation>) => {
            const service = keyValueService(hash)
            const map = new Map<string, string>()
            for (const o of all) {
              service.execute(encodeOperation(o))
              model(map, o)
              // Digests in between must not show either.
              if (o.key === "a") service.digest()
            }
            return { service, map }
          }
          const [a, b] = [run(first), run(second)]
          // The same entries put in another order.
          const again = keyValueService(hash)
          for (const [k, value] of [...a.map].reverse()) {
            again.execute(encodeOperation({ _tag: "Put", key: k, value }))
          }
          expect(again.digest()).toBe(a.service.digest())
          const text = (map: Map<string, string>) => JSON.stringify([...map].sort())
          expect(a.service.digest() === b.service.digest()).toBe(text(a.map) === text(b.map))
        },
      ),
    )
  })

  it("a snapshot gives the same service again", () => {
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 30 }), operation, (all, next) => {
        const service = keyValueService(hash)
        for (const o of all) service.execute(encodeOperation(o))
        const other = keyValueService(hash)
        other.execute(encodeOperation({ _tag: "Put", key: "to be forgotten", value: "x" }))
        expect(other.restore(service.snapshot())).toBe(true)
        expect(other.digest()).toBe(service.digest())
        expect(other.snapshot()).toBe(service.snapshot())
        expect(other.execute(encodeOperation(next))).toBe(service.execute(encodeOperation(next)))
        expect(other.digest()).toBe(service.digest())
      }),
    )
  })

  it("bytes that are no snapshot are refused and change nothing", () => {
    const service = keyValueService(hash)
    for (const k of ["a", "b", "c"]) {
      service.execute(encodeOperation({ _tag: "Put", key: k, value: `value of ${k}` }))
    }
    const [digest, snapshot] = [service.digest(), service.snapshot()]
    const entry = snapshot.length / 3
    for (let size = 1; size < snapshot.length; size++) {
      const cut = service.restore(snapshot.slice(0, size))
      expect(cut).toBe(size % entry === 0)
      if (cut) service.restore(snapshot)
    }
    // An entry twice, and entries in another order, are no snapshot either.
    expect(service.restore(snapshot + snapshot.slice(2 * entry))).toBe(false)
    expect(service.restore(snapshot.slice(entry) + snapshot.slice(0, entry))).toBe(false)
    expect(service.digest()).toBe(digest)
  })

  it("hashes only what was touched since the last digest", () => {
    const hashed: Array<string> = []
    const service = keyValueService((text) => {
      hashed.push(text)
      return hash(text)
    })
    for (let k = 0; k < 2_000; k++) {
      service.execute(encodeOperation({ _tag: "Put", key: `key ${k}`, value: "x".repeat(100) }))
    }
    service.digest()
    hashed.length = 0
    service.execute(encodeOperation({ _tag: "Put", key: "key 7", value: "y" }))
    service.execute(encodeOperation({ _tag: "Get", key: "key 8" }))
    service.digest()
    // One bucket, its group, and the list of all groups.
    expect(hashed).toHaveLength(3)
    expect(hashed[0]?.length).toBeLessThan(2_000)
  })
})

describe("null service", () => {
  it("answers nothing, and its state is how often it was asked", () => {
    const [service, other] = [nullService(hash), nullService(hash)]
    expect(["a", "", "b"].map(service.execute)).toStrictEqual(["", "", ""])
    expect(service.digest()).not.toBe(other.digest())
    expect(other.restore(service.snapshot())).toBe(true)
    expect(other.digest()).toBe(service.digest())
    for (const wrong of ["", "null", "null -1", "null 01", "null 9999999999999999", "null 3 "]) {
      expect(other.restore(wrong)).toBe(false)
    }
    expect(other.digest()).toBe(service.digest())
  })
})
