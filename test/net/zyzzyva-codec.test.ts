import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import type { Message } from "../../src/core/zyzzyva/message.ts"
import type { DurableRecord } from "../../src/core/zyzzyva/state.ts"
import { BadMessage } from "../../src/net/bad-message.ts"
import { Reader } from "../../src/net/reader.ts"
import { Writer } from "../../src/net/writer.ts"
import { readZyzzyvaMessage, writeZyzzyvaMessage } from "../../src/net/zyzzyva-codec.ts"
import { zyzzyvaRecordSession } from "../../src/net/zyzzyva-record-codec.ts"
import { limits } from "./wire.ts"
import { digestOf, messages, onWire, records, signatureOf } from "./zyzzyva-wire.ts"

const encoded = (...all: ReadonlyArray<Message>): Buffer => {
  const writer = new Writer(16)
  for (const m of all) writeZyzzyvaMessage(writer, m)
  return Buffer.from(writer.written())
}

const decoded = (bytes: Buffer): ReadonlyArray<Message> | BadMessage => {
  const reader = new Reader(bytes)
  const all: Array<Message> = []
  while (reader.left > 0) {
    const next = readZyzzyvaMessage(reader, limits)
    if (next instanceof BadMessage) return next
    all.push(next.message)
  }
  return all
}

const written = (all: ReadonlyArray<DurableRecord>): Buffer => {
  const session = zyzzyvaRecordSession()
  const writer = new Writer(16)
  for (const record of all) session.write(writer, record)
  return Buffer.from(writer.written())
}

const read = (bytes: Buffer): ReadonlyArray<DurableRecord> | BadMessage => {
  const session = zyzzyvaRecordSession()
  const reader = new Reader(bytes)
  const all: Array<DurableRecord> = []
  while (reader.left > 0) {
    const next = session.read(reader, limits)
    if (next instanceof BadMessage) return next
    all.push(next)
  }
  return all
}

/** Bytes with one of them changed, or an end cut off. */
const damaged = (bytes: fc.Arbitrary<Buffer>): fc.Arbitrary<Buffer> =>
  fc
    .tuple(bytes, fc.nat(), fc.integer({ min: 1, max: 255 }), fc.boolean())
    .map(([b, at, by, cut]) => {
      if (b.length === 0) return b
      const place = at % b.length
      if (cut) return b.subarray(0, place)
      const copy = Buffer.from(b)
      copy[place] = (copy[place] as number) ^ by
      return copy
    })

const request = (client: number, operation: string) => ({
  client,
  timestamp: 1,
  operation,
  authenticator: "",
})

describe("messages of Zyzzyva as bytes", () => {
  it("come back as they were, several in a row", () => {
    fc.assert(
      fc.property(fc.array(messages, { minLength: 1, maxLength: 3 }), (all) => {
        expect(decoded(encoded(...all))).toStrictEqual(all)
      }),
    )
  })

  it("what is accepted encodes to the same bytes again, and nothing ever throws", () => {
    const bytes = fc.oneof(
      damaged(messages.map((m) => encoded(m))),
      fc.uint8Array({ maxLength: 300 }).map((b) => Buffer.from(b)),
    )
    fc.assert(
      fc.property(bytes, (b) => {
        const all = decoded(b)
        if (!(all instanceof BadMessage)) expect(encoded(...all)).toStrictEqual(b)
      }),
    )
  })

  it("a batch that several speak of in a change of views stands once", () => {
    const batch = [request(1, "x".repeat(5_000))]
    const order = { view: 1, seq: 1, history: "h", digest: "", batch }
    const shown = { ...order, signers: [], before: "", batches: [{ digest: "", batch }] }
    const change = {
      _tag: "ViewChange",
      view: 2,
      stable: { view: 0, seq: 0, digest: "", signers: [] },
      orders: [order],
      certificates: [shown],
      accusers: [],
      signature: "",
    } as const
    const changes = [0, 1, 2].map((replica) => ({ ...change, replica }))
    const message = onWire({ _tag: "NewView", view: 2, changes, signature: "" }) as Message
    const bytes = encoded(message)
    expect(bytes.length).toBeLessThan(2 * 5_000)
    const [back] = decoded(bytes) as ReadonlyArray<Message>
    expect(back?._tag === "NewView" && back.changes[2]?.orders[0]?.batch).toStrictEqual(batch)
  })

  it.each([
    ["signers that repeat", [2, 2]],
    ["signers in another order", [3, 2]],
  ])("%s are refused", (_, replicas) => {
    const signers = replicas.map((replica) => ({ replica, signature: signatureOf("s") }))
    const certificate = { view: 0, seq: 1, history: digestOf("h"), signers }
    const found = decoded(encoded({ _tag: "Commit", client: 1, certificate }))
    expect(found).toMatchObject({ reason: "signers out of order" })
  })
})

describe("records of Zyzzyva on disk", () => {
  it("come back as they were", () => {
    fc.assert(
      fc.property(fc.array(records, { maxLength: 5 }), (all) => {
        expect(read(written(all))).toStrictEqual(all)
      }),
    )
  })

  it("bytes that are none are a typed error", () => {
    fc.assert(
      fc.property(damaged(fc.array(records, { maxLength: 4 }).map(written)), (bytes) => {
        const all = read(bytes)
        if (!(all instanceof BadMessage)) expect(Array.isArray(all)).toBe(true)
      }),
    )
  })

  it("a certificate names the batches that the log has, and bears the others", () => {
    const batch = [request(1, "x".repeat(5_000))]
    const slot = onWire({ view: 0, digest: "", history: "h", batch })
    const ordered: DurableRecord = { _tag: "Ordered", seq: 1, slot: { ...slot, order: undefined } }
    const shown = { view: 0, seq: 1, history: "h", signers: [], before: "" }
    const certificate = onWire({ ...shown, batches: [{ digest: "", batch }] })
    const certified: DurableRecord = { _tag: "Certified", certificate }
    expect(written([certified]).length).toBeGreaterThan(5_000)
    const size = written([ordered, certified]).length - written([ordered]).length
    expect(size).toBeLessThan(200)
    expect(read(written([ordered, certified]))).toStrictEqual([ordered, certified])
    const lone = written([ordered, certified]).subarray(written([ordered]).length)
    expect(read(lone)).toMatchObject({ reason: "a batch that no record before has" })
  })
})
