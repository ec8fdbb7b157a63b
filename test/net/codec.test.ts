import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import type * as Messages from "../../src/core/pbft/message.ts"
import type { DurableRecord } from "../../src/core/pbft/state.ts"
import { isSigned } from "../../src/core/request.ts"
import { BadMessage } from "../../src/net/bad-message.ts"
import type { CodecLimits } from "../../src/net/batch-codec.ts"
import { writeUnsignedViewChange } from "../../src/net/change-codec.ts"
import {
  decodeMessage,
  encodeMessage,
  kind,
  readMessage,
  type WireMessage,
} from "../../src/net/codec.ts"
import { fastKind } from "../../src/net/fast-codec.ts"
import { progressKind } from "../../src/net/progress.ts"
import {
  batchDigest,
  digestOfBatchBytes,
  digestOfRequestBytes,
  requestDigest,
} from "../../src/net/digests.ts"
import { Reader } from "../../src/net/reader.ts"
import { readRecord, writeRecord } from "../../src/net/record-codec.ts"
import { keyKind } from "../../src/net/rekeying.ts"
import { sketchKind } from "../../src/net/sketch-codec.ts"
import { chunkKind } from "../../src/net/state-wire.ts"
import { Writer } from "../../src/net/writer.ts"
import { zyzzyvaKind } from "../../src/net/zyzzyva-codec.ts"
import { runs } from "../support/runs.ts"
import { digestOf, limits, messages, records } from "./wire.ts"

const anyMessage = fc.oneof(...Object.values(messages))

const decode = (bytes: Buffer, under = limits) => decodeMessage(new Reader(bytes), under)
const decodeRecord = (bytes: Buffer): DurableRecord | BadMessage => {
  const reader = new Reader(bytes)
  const record = readRecord(reader, limits)
  reader.end()
  return reader.failed ? reader.error() : record
}
const encodeRecord = (record: DurableRecord): Buffer => {
  const writer = new Writer(8)
  writeRecord(writer, record)
  return Buffer.from(writer.written())
}

/** Cuts, lengthens, and changes bytes of a valid encoding. */
const damaged = (valid: fc.Arbitrary<Buffer>): fc.Arbitrary<Buffer> =>
  fc
    .tuple(
      valid,
      fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }),
      fc.constantFrom(0, 0, 0, 0, -1, -7, -20, 1, 8),
    )
    .map(([bytes, changes, extra]) => {
      const size = Math.max(0, bytes.length + extra)
      const result = Buffer.alloc(size)
      bytes.copy(result, 0, 0, size)
      for (const [at, value] of changes) if (size > 0) result[at % size] = value
      return result
    })

describe("messages", () => {
  for (const [tag, arbitrary] of Object.entries(messages)) {
    it(`${tag}: decoding gives back what was encoded`, () => {
      fc.assert(
        fc.property(arbitrary, (m) => {
          const decoded = decode(encodeMessage(m))
          expect(decoded).not.toBeInstanceOf(BadMessage)
          expect(decoded.message).toStrictEqual(m)
        }),
        runs(200),
      )
    })
  }

  it("no two of those that one connection carries begin alike", () => {
    const others = [chunkKind, fastKind, keyKind, sketchKind].flatMap((k) => Object.values(k))
    for (const kinds of [kind, zyzzyvaKind]) {
      const all = [...Object.values(kinds), progressKind, ...others]
      expect(all.filter((first, k) => all.indexOf(first) !== k)).toEqual([])
    }
  })

  it("several follow each other in one run of bytes", () => {
    fc.assert(
      fc.property(fc.array(anyMessage, { maxLength: 6 }), (all) => {
        const reader = new Reader(Buffer.concat(all.map(encodeMessage)))
        const found: Array<unknown> = []
        while (reader.left > 0) {
          const next = readMessage(reader, limits)
          if (next instanceof BadMessage) throw next
          found.push(next.message)
        }
        expect(found).toStrictEqual(all)
      }),
      runs(100),
    )
  })

  it("random bytes never throw, and what is accepted encodes to the same bytes", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 300 }),
        fc.constantFrom(0, 1, 3, 4, 5, 6, 7, 8, 9, 10, 11),
        (b, kind) => {
          const bytes = Buffer.from(b)
          if (bytes.length > 0) bytes[0] = kind
          const decoded = decode(bytes)
          if (decoded instanceof BadMessage) {
            expect(decoded.offset).toBeLessThanOrEqual(bytes.length)
            expect(decoded.reason).not.toBe("")
          } else expect(encodeMessage(decoded.message)).toStrictEqual(bytes)
        },
      ),
      runs(1_000),
    )
  })

  it("damaged messages never throw, and what is accepted encodes to the same bytes", () => {
    let accepted = 0
    let refused = 0
    fc.assert(
      fc.property(damaged(anyMessage.map(encodeMessage)), (bytes) => {
        const decoded = decode(bytes)
        if (decoded instanceof BadMessage) refused++
        else {
          accepted++
          expect(encodeMessage(decoded.message)).toStrictEqual(bytes)
        }
      }),
      runs(1_000),
    )
    // Both outcomes occur, or the property says nothing.
    expect(accepted).toBeGreaterThan(100)
    expect(refused).toBeGreaterThan(100)
  })
})

describe("limits", () => {
  const request = {
    client: 1,
    timestamp: 2,
    operation: "x".repeat(100),
    authenticator: "y".repeat(64),
  }
  const prePrepare: Messages.PrePrepare = {
    _tag: "PrePrepare",
    view: 0,
    seq: 1,
    digest: digestOf(""),
    batch: [request, request],
    replica: 0,
  }
  const reasonOf = (bytes: Buffer, under: CodecLimits): string => {
    const decoded = decode(bytes, under)
    return decoded instanceof BadMessage ? decoded.reason : "accepted"
  }

  it.each([
    ["operation", /operation of 100 bytes, at most 99/, { operation: 99 }],
    ["authenticator", /authenticator of 64 bytes, at most 63/, { authenticator: 63 }],
    ["batch", /a batch of 2 requests, at most 1/, { batch: 1 }],
  ] as const)("%s", (_, reason, changed) => {
    const bytes = encodeMessage(prePrepare)
    expect(reasonOf(bytes, limits)).toBe("accepted")
    expect(reasonOf(bytes, { ...limits, ...changed })).toMatch(reason)
  })

  it("result", () => {
    const bytes = encodeMessage({
      _tag: "Reply",
      view: 0,
      client: 0,
      timestamp: 1,
      replica: 0,
      result: "abc",
    })
    expect(reasonOf(bytes, { ...limits, result: 3 })).toBe("accepted")
    expect(reasonOf(bytes, { ...limits, result: 2 })).toMatch(/result of 3 bytes, at most 2/)
  })

  it("a batch of 65535 requests is not believed without their bytes", () => {
    const bytes = encodeMessage({ ...prePrepare, batch: [] })
    bytes.writeUInt16BE(65_535, bytes.length - 2)
    expect(reasonOf(bytes, limits)).toMatch(/65535 requests need \d+ bytes, 0 are left/)
  })

  it("numbers above 2^53 - 1 are refused at their place", () => {
    const bytes = encodeMessage({
      _tag: "Prepare",
      view: 0,
      seq: 1,
      digest: digestOf(""),
      replica: 0,
    })
    bytes.writeBigUInt64BE(2n ** 53n - 1n, 9)
    expect(reasonOf(bytes, limits)).toBe("accepted")
    bytes.writeBigUInt64BE(2n ** 53n, 9)
    const decoded = decode(bytes)
    expect(decoded).toMatchObject({ _tag: "BadMessage", offset: 9 })
  })

  it("a message of no known kind, and nothing at all", () => {
    expect(decode(Buffer.from([99]))).toMatchObject({
      offset: 0,
      reason: "99 is no kind of message",
    })
    expect(decode(Buffer.alloc(0))).toMatchObject({ offset: 0, reason: "there is nothing" })
  })
})

describe("a change of views", () => {
  const replica = 1
  const at = (seq: number, view: number) => ({ seq, digest: digestOf(String(seq)), view })
  const viewChange: Messages.ViewChange = {
    _tag: "ViewChange",
    view: 3,
    low: 0,
    checkpoints: [{ seq: 0, digest: digestOf("start") }],
    prepared: [at(1, 2), at(2, 0)],
    prePrepared: [at(1, 2), at(2, 0), at(3, 2)],
    replica,
    signature: "s".repeat(64),
  }
  const newView: Messages.NewView = {
    _tag: "NewView",
    view: 3,
    changes: [0, 1, 2].map((r) => ({ ...viewChange, replica: r })),
    start: { seq: 0, digest: digestOf("start") },
    chosen: [1, 2].map((seq) => ({ seq, digest: digestOf(String(seq)) })),
    replica: 3,
    signature: "s".repeat(64),
  }
  const reasonOf = (m: WireMessage, under: Partial<CodecLimits> = {}): string => {
    const decoded = decode(encodeMessage(m), { ...limits, ...under })
    return decoded instanceof BadMessage ? decoded.reason : "accepted"
  }

  it("is accepted in its one order, whatever its views", () => {
    expect(reasonOf(viewChange)).toBe("accepted")
    expect(reasonOf(newView)).toBe("accepted")
    expect(reasonOf({ ...viewChange, signature: "" })).toBe("accepted")
  })

  const [one, two] = [at(1, 2), at(2, 0)]
  const [c0, c1] = newView.changes as [Messages.ViewChange, Messages.ViewChange]
  it.each<[string, WireMessage, RegExp]>([
    ["P", { ...viewChange, prepared: [two, one] }, /^prepared entries out of order$/],
    ["P", { ...viewChange, prepared: [one, one] }, /^prepared entries out of order$/],
    ["Q", { ...viewChange, prePrepared: [two, one] }, /^pre-prepared entries out of order$/],
    ["C", { ...viewChange, checkpoints: [two, one] }, /^checkpoints out of order$/],
    ["V", { ...newView, changes: [c1, c0] }, /^VIEW-CHANGEs out of order$/],
    ["V", { ...newView, changes: [c0, c0] }, /^VIEW-CHANGEs out of order$/],
    ["X", { ...newView, chosen: [two, one] }, /^chosen batches out of order$/],
    ["a signature", { ...viewChange, signature: "s".repeat(63) }, /of 63 bytes, it has 64$/],
  ])("%s in another form is refused", (_, message, reason) => {
    expect(reasonOf(message)).toMatch(reason)
  })

  it.each<[string, Partial<CodecLimits>, RegExp]>([
    ["log", { log: 1 }, /^2 prepared entries, at most 1 are allowed$/],
    ["group", { replicas: 2 }, /^3 VIEW-CHANGEs, at most 2 are allowed$/],
  ])("is no longer than a %s allows", (_, under, reason) => {
    expect(reasonOf(newView, under)).toMatch(reason)
  })

  it("four billion entries are not believed without their bytes", () => {
    const bytes = encodeMessage({ ...viewChange, checkpoints: [], prepared: [], prePrepared: [] })
    bytes.writeUInt32BE(0xffff_ffff, 17)
    const found = decode(bytes, { ...limits, log: 2 ** 33 })
    expect(String(found instanceof BadMessage ? found.reason : "accepted")).toMatch(
      /^4294967295 checkpoints need \d+ bytes, \d+ are left$/,
    )
  })

  it("what is signed is all of it but the signature", () => {
    const bytesOf = (m: Messages.ViewChange): string => {
      const writer = new Writer()
      writeUnsignedViewChange(writer, m)
      return writer.written().toString("latin1")
    }
    const own = bytesOf(viewChange)
    expect(bytesOf({ ...viewChange, signature: "" })).toBe(own)
    const changed: ReadonlyArray<Partial<Messages.ViewChange>> = [
      { view: 4 },
      { low: 1 },
      { checkpoints: [] },
      { prepared: [one] },
      { prePrepared: [one] },
      { replica: 2 },
    ]
    for (const fields of changed) expect(bytesOf({ ...viewChange, ...fields })).not.toBe(own)
  })
})

describe("digests", () => {
  it("are the same over received bytes and over values", () => {
    fc.assert(
      fc.property(messages.PrePrepare as fc.Arbitrary<Messages.PrePrepare>, (given) => {
        const batch = given.batch.filter(isSigned)
        const bytes = encodeMessage({ ...given, batch })
        const decoded = decode(bytes)
        if (decoded instanceof BadMessage || !("parts" in decoded)) throw decoded
        const { from, to, starts } = decoded.parts
        expect(digestOfBatchBytes(bytes, from, to)).toBe(batchDigest(batch))
        batch.forEach((request, k) => {
          const digest = digestOfRequestBytes(bytes, starts[k] as number, starts[k + 1] ?? to)
          expect(digest).toBe(requestDigest(request))
        })
      }),
      runs(200),
    )
  })

  it("of a request depends on client, timestamp and operation, not on the authenticator", () => {
    const request = { client: 1, timestamp: 2, operation: "op", authenticator: "a" }
    const own = batchDigest([request])
    expect(batchDigest([{ ...request, authenticator: "b" } as typeof request])).toBe(own)
    for (const changed of [{ client: 3 }, { timestamp: 3 }, { operation: "OP" }]) {
      expect(batchDigest([{ ...request, ...changed }])).not.toBe(own)
    }
    expect(batchDigest([request, request])).not.toBe(own)
  })
})

describe("durable records", () => {
  it("decoding gives back what was encoded", () => {
    fc.assert(
      fc.property(records, (record) => {
        expect(decodeRecord(encodeRecord(record))).toStrictEqual(record)
      }),
      runs(400),
    )
  })

  it("damaged records never throw, and what is accepted encodes to the same bytes", () => {
    fc.assert(
      fc.property(damaged(records.map(encodeRecord)), (bytes) => {
        const record = decodeRecord(bytes)
        if (!(record instanceof BadMessage)) expect(encodeRecord(record)).toStrictEqual(bytes)
      }),
      runs(1_000),
    )
  })
})
