import { createHash } from "node:crypto"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import * as Messages from "../../src/core/pbft/message.ts"
import type { DurableRecord } from "../../src/core/pbft/state.ts"
import { SignedRequest } from "../../src/core/request.ts"
import { BadMessage } from "../../src/net/bad-message.ts"
import type { CodecLimits } from "../../src/net/batch-codec.ts"
import { decodeMessage, encodeMessage, readMessage } from "../../src/net/codec.ts"
import {
  batchDigest,
  digestOfBatchBytes,
  digestOfRequestBytes,
  requestDigest,
} from "../../src/net/digests.ts"
import { Reader } from "../../src/net/reader.ts"
import { readRecord, writeRecord } from "../../src/net/record-codec.ts"
import { Writer } from "../../src/net/writer.ts"
import { fromSchema } from "../support/bridge.ts"

const limits: CodecLimits = {
  operation: 100_000,
  authenticator: 65_535,
  batch: 65_535,
  result: 100_000,
  clients: 1_000,
}

const digestOf = (text: string): string => createHash("sha256").update(text).digest("hex")

// On the wire a digest is a SHA-256.
const onWire = <M extends Messages.Message>(m: M): M =>
  "digest" in m ? { ...m, digest: digestOf(m.digest) } : m

const messages: Record<Messages.Message["_tag"], fc.Arbitrary<Messages.Message>> = {
  Request: fromSchema(Messages.Request),
  PrePrepare: fromSchema(Messages.PrePrepare).map(onWire),
  Prepare: fromSchema(Messages.Prepare).map(onWire),
  Commit: fromSchema(Messages.Commit).map(onWire),
  Checkpoint: fromSchema(Messages.Checkpoint).map(onWire),
  Reply: fromSchema(Messages.Reply),
}
const anyMessage = fc.oneof(...Object.values(messages))

const natural = fc.maxSafeNat()
const digest = fc.string().map(digestOf)
const bytesText = fc.uint8Array({ maxLength: 40 }).map((b) => Buffer.from(b).toString("latin1"))
const batch = fc.array(fromSchema(SignedRequest), { maxLength: 5 })
const plain = { noNullPrototype: true }
const entry = fc.record({ timestamp: natural, result: bytesText }, plain)
const records: fc.Arbitrary<DurableRecord> = fc.oneof(
  fc.record(
    { _tag: fc.constant("PrePrepared" as const), view: natural, seq: natural, digest, batch },
    plain,
  ),
  fc.record({ _tag: fc.constant("Prepared" as const), view: natural, seq: natural, digest }, plain),
  fc.record(
    {
      _tag: fc.constant("CheckpointTaken" as const),
      seq: natural,
      digest,
      table: fc.array(entry, { maxLength: 20 }),
    },
    plain,
  ),
  fc.record({ _tag: fc.constant("CheckpointStable" as const), seq: natural }, plain),
)

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
        { numRuns: 200 },
      )
    })
  }

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
      { numRuns: 100 },
    )
  })

  it("random bytes never throw, and what is accepted encodes to the same bytes", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 300 }),
        fc.constantFrom(0, 1, 3, 4, 5, 6, 7),
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
      { numRuns: 3_000 },
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
      { numRuns: 3_000 },
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

describe("digests", () => {
  it("are the same over received bytes and over values", () => {
    fc.assert(
      fc.property(messages.PrePrepare as fc.Arbitrary<Messages.PrePrepare>, (m) => {
        const bytes = encodeMessage(m)
        const decoded = decode(bytes)
        if (decoded instanceof BadMessage || !("parts" in decoded)) throw decoded
        const { from, to, starts } = decoded.parts
        expect(digestOfBatchBytes(bytes, from, to)).toBe(batchDigest(m.batch))
        m.batch.forEach((request, k) => {
          const digest = digestOfRequestBytes(bytes, starts[k] as number, starts[k + 1] ?? to)
          expect(digest).toBe(requestDigest(request))
        })
      }),
      { numRuns: 200 },
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
      { numRuns: 400 },
    )
  })

  it("damaged records never throw, and what is accepted encodes to the same bytes", () => {
    fc.assert(
      fc.property(damaged(records.map(encodeRecord)), (bytes) => {
        const record = decodeRecord(bytes)
        if (!(record instanceof BadMessage)) expect(encodeRecord(record)).toStrictEqual(bytes)
      }),
      { numRuns: 2_000 },
    )
  })
})
