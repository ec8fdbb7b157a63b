import { describe, expect, it } from "vitest"
import {
  fingerprint,
  type Hello,
  readHello,
  sessionKeys,
  writeHello,
} from "../../src/net/handshake.ts"
import { checkChallenge, checkProof, writeChallenge, writeProof } from "../../src/net/handshake.ts"
import { writeRefusal } from "../../src/net/handshake.ts"
import { FrameOpener, FrameReader, FrameSealer } from "../../src/net/frames.ts"
import { configOf } from "./nodes.ts"

const secret = new Uint8Array(32).fill(7)
const config = configOf()
const hello: Hello = {
  kind: "replica",
  id: 2,
  to: 1,
  firstClient: 0,
  lastClient: 0,
  fingerprint: fingerprint(config),
  nonce: "n".repeat(16),
}

/** Both directions of a fresh connection with these nonces. */
const session = (mine: string, theirs: string) => {
  const first = writeHello({ ...hello, nonce: mine.repeat(16) })
  const challenge = writeChallenge(secret, first, theirs.repeat(16))
  expect(checkChallenge(secret, first, challenge)).toBeUndefined()
  expect(checkProof(secret, first, challenge, writeProof(secret, first, challenge))).toBeUndefined()
  const [a, b] = [
    sessionKeys(secret, first, challenge, true),
    sessionKeys(secret, first, challenge, false),
  ]
  return {
    there: { sealer: new FrameSealer(a.send), opener: new FrameOpener(b.receive) },
    back: { sealer: new FrameSealer(b.send), opener: new FrameOpener(a.receive) },
  }
}

const seal = (sealer: FrameSealer, text: string): Buffer => {
  sealer.writer.reserve(text.length)
  sealer.writer.text(text)
  return sealer.seal()
}
const open = (opener: FrameOpener, frame: Buffer): string => {
  const payload = opener.open(frame, 4, frame.length)
  return "_tag" in payload
    ? payload._tag
    : payload.bytes.toString("latin1", payload.from, payload.to)
}

describe("handshake", () => {
  it("a hello is read back; one of another version is refused, anything else is no hello", () => {
    const bytes = writeHello(hello)
    expect(readHello(bytes)).toStrictEqual(hello)
    const newer = Buffer.from(bytes)
    newer[4] = 255
    expect(readHello(newer)).toBe(1)
    expect(readHello(bytes.subarray(1))).toMatchObject({ _tag: "BadFrame" })
    expect(readHello(Buffer.from("GET / HTTP/1.1\r\n"))).toMatchObject({ reason: "no hello" })
    for (let size = 0; size < bytes.length; size++) {
      expect(readHello(bytes.subarray(0, size))).toMatchObject({ _tag: "BadFrame" })
    }
  })

  it("neither side accepts the other without the secret", () => {
    const first = writeHello(hello)
    const wrong = new Uint8Array(32).fill(8)
    const challenge = writeChallenge(secret, first, "m".repeat(16))
    expect(checkChallenge(wrong, first, challenge)).toMatchObject({ _tag: "BadMac" })
    const proof = writeProof(wrong, first, challenge)
    expect(checkProof(secret, first, challenge, proof)).toMatchObject({ _tag: "BadMac" })
  })

  it("a proof or challenge of another handshake is worth nothing", () => {
    const [first, later] = [writeHello(hello), writeHello({ ...hello, nonce: "o".repeat(16) })]
    const challenge = writeChallenge(secret, first, "m".repeat(16))
    const again = writeChallenge(secret, first, "p".repeat(16))
    expect(checkChallenge(secret, later, challenge)).toMatchObject({ _tag: "BadMac" })
    const proof = writeProof(secret, first, challenge)
    expect(checkProof(secret, first, again, proof)).toMatchObject({ _tag: "BadMac" })
    // Nor is a challenge sent back as a proof.
    const mirrored = challenge.subarray(challenge.length - 16)
    expect(checkProof(secret, first, challenge, mirrored)).toMatchObject({ _tag: "BadMac" })
  })

  it("a refusal says why", () => {
    expect(checkChallenge(secret, writeHello(hello), writeRefusal(2))).toMatchObject({
      _tag: "Refused",
      reason: "the configurations of the two sides differ",
    })
    expect(checkChallenge(secret, writeHello(hello), writeRefusal(77))).toMatchObject({
      _tag: "BadFrame",
    })
  })

  it("the fingerprint depends on what members must agree on, and not on addresses", () => {
    const own = fingerprint(config)
    const replicas = config.replicas.map((r, k) => ({ ...r, host: "10.0.0.1", port: k + 1 }))
    expect(fingerprint({ ...config, replicas })).toBe(own)
    for (const changed of [{ clients: 9 }, { maxBatch: 3 }, { service: "key-value" as const }]) {
      expect(fingerprint({ ...configOf(changed), replicas })).not.toBe(own)
    }
    expect(fingerprint({ ...config, replicas: configOf().replicas })).not.toBe(own)
  })
})

describe("frames of a session", () => {
  it("open in order, in both directions, empty ones too", () => {
    const { there, back } = session("a", "b")
    for (const text of ["one", "", "three".repeat(30_000)]) {
      expect(open(there.opener, seal(there.sealer, text))).toBe(text)
      expect(open(back.opener, seal(back.sealer, text))).toBe(text)
    }
  })

  it("a repeated, skipped, swapped or mirrored frame does not verify", () => {
    const repeated = session("a", "b")
    const one = seal(repeated.there.sealer, "one")
    expect(open(repeated.there.opener, one)).toBe("one")
    expect(open(repeated.there.opener, one)).toBe("BadMac")

    const skipped = session("a", "b")
    seal(skipped.there.sealer, "lost")
    expect(open(skipped.there.opener, seal(skipped.there.sealer, "next"))).toBe("BadMac")

    const mirrored = session("a", "b")
    expect(open(mirrored.back.opener, seal(mirrored.there.sealer, "echo"))).toBe("BadMac")
  })

  it("a frame of another connection of the same two nodes does not verify", () => {
    const [old, fresh, halfFresh] = [session("a", "b"), session("a", "c"), session("d", "b")]
    const frame = seal(old.there.sealer, "again")
    expect(open(fresh.there.opener, frame)).toBe("BadMac")
    expect(open(halfFresh.there.opener, frame)).toBe("BadMac")
    expect(open(session("a", "b").there.opener, frame)).toBe("again")
  })

  it("every changed byte of payload or MAC is noticed; a frame without room for a MAC too", () => {
    const frame = seal(session("a", "b").there.sealer, "payload")
    for (let at = 4; at < frame.length; at++) {
      const changed = Buffer.from(frame)
      changed[at] = (changed[at] as number) ^ 1
      expect(open(session("a", "b").there.opener, changed)).toBe("BadMac")
    }
    expect(open(session("a", "b").there.opener, frame.subarray(0, 19))).toBe("BadFrame")
  })
})

describe("the stream", () => {
  const frames = (limit: number, chunks: ReadonlyArray<Buffer>) => {
    const reader = new FrameReader(limit)
    const found: Array<string> = []
    for (const chunk of chunks) {
      const fault = reader.push(chunk, (bytes, from, to) => {
        found.push(bytes.toString("latin1", from, to))
        return true
      })
      if (fault !== null) return [...found, fault.reason]
    }
    return found
  }
  const framed = (text: string): Buffer => {
    const bytes = Buffer.alloc(4 + text.length)
    bytes.writeUInt32BE(text.length)
    bytes.write(text, 4, "latin1")
    return bytes
  }

  it("is cut into the same frames wherever the chunks end", () => {
    const texts = ["", "a", "bc".repeat(50), "", "d".repeat(300)]
    const bytes = Buffer.concat(texts.map(framed))
    for (let size = 1; size <= bytes.length; size++) {
      const chunks: Array<Buffer> = []
      for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.subarray(at, at + size))
      expect(frames(300, chunks)).toStrictEqual(texts)
    }
  })

  it("a frame above the limit is refused when its length arrives, even in pieces", () => {
    const bytes = framed("x".repeat(301))
    const reason = "301 bytes announced, at most 300 are allowed"
    expect(frames(300, [bytes.subarray(0, 4)])).toStrictEqual([reason])
    expect(frames(300, [bytes.subarray(0, 2), bytes.subarray(2, 4)])).toStrictEqual([reason])
    expect(frames(300, [framed("ok"), bytes])).toStrictEqual(["ok", reason])
  })

  it("nothing is read on when the taker says so", () => {
    const reader = new FrameReader(10)
    let taken = 0
    reader.push(Buffer.concat([framed("a"), framed("b")]), () => {
      taken++
      return false
    })
    expect(taken).toBe(1)
  })
})
