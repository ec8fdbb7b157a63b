/** Large results by chunks: what is released is always the beginning of what was sketched. */
import { hash } from "node:crypto"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import {
  type Chunk,
  chunkCount,
  chunkedDigest,
  chunksOf,
  readChunk,
  startReading,
} from "../../../src/core/prophecy/chunks.ts"
import { runs } from "../../support/runs.ts"

const size = 4
const bytesDigest = (text: string): string => hash("sha256", text, "hex")
const digestOf = (result: string): string => chunkedDigest(bytesDigest, result, size)

interface Sent extends Chunk {
  readonly bytes: string
}

const sentOf = (result: string): ReadonlyArray<Sent> => {
  const chunks = chunksOf(result, size)
  return chunks.map((bytes, index) => {
    const isLast = index === chunks.length - 1
    return { index, isLast, digest: bytesDigest(bytes), bytes }
  })
}

/** What a reader of `sketched` gives out of these chunks, and what it says last. */
const read = (sketched: string, chunks: ReadonlyArray<Sent>) => {
  let reading = startReading(digestOf(sketched))
  let released = ""
  for (const chunk of chunks) {
    const took = readChunk(reading, chunk)
    reading = took.reading
    if (took.verdict === "other" || took.verdict === "broken") {
      return { released, end: took.verdict }
    }
    released += chunk.bytes
    if (took.verdict === "complete") return { released, end: took.verdict }
  }
  return { released, end: "open" }
}

const text = fc.string({ unit: fc.constantFrom("a", "b"), maxLength: 5 * size })

describe("the digest of a result", () => {
  it("of one chunk is the chunk's, and of more the chunks' in their order", () => {
    expect(digestOf("abcd")).toBe(bytesDigest("abcd"))
    expect(digestOf("")).toBe(bytesDigest(""))
    expect(digestOf("abcde")).toBe(bytesDigest("abcd") + bytesDigest("e"))
    expect([digestOf(""), digestOf("abcd"), digestOf("abcde")].map(chunkCount)).toEqual([1, 1, 2])
  })

  it("is equal for equal results alone", () => {
    const law = fc.property(text, text, (a, b) => (a === b) === (digestOf(a) === digestOf(b)))
    fc.assert(law, runs(300))
  })
})

describe("a result that comes in chunks", () => {
  it("is given out whole if it is what was sketched, and else up to the first other chunk", () => {
    const law = fc.property(text, text, (sketched, said) => {
      const { released, end } = read(sketched, sentOf(said))
      const [right, got] = [chunksOf(sketched, size), chunksOf(said, size)]
      const wrong = right.findIndex(
        (chunk, k) => chunk !== got[k] || (k === right.length - 1) !== (k === got.length - 1),
      )
      expect(released).toBe(wrong < 0 ? sketched : right.slice(0, wrong).join(""))
      expect(end).toBe(wrong < 0 ? "complete" : wrong === 0 ? "other" : "broken")
    })
    fc.assert(law, runs(500))
  })

  it("never gives out what was not sketched, whatever a liar sends in whatever order", () => {
    const liar = fc.array(
      fc.record({
        index: fc.nat(4),
        isLast: fc.boolean(),
        bytes: fc.string({ unit: fc.constantFrom("a", "b"), maxLength: size }),
      }),
    )
    const law = fc.property(text, liar, (sketched, chunks) => {
      const sent = chunks.map((c) => ({ ...c, digest: bytesDigest(c.bytes) }))
      const { released, end } = read(sketched, sent)
      expect(sketched.startsWith(released)).toBe(true)
      if (end === "complete") expect(released).toBe(sketched)
    })
    fc.assert(law, runs(500))
  })

  it("that is cut, goes on too long or comes in another order is not complete", () => {
    const [first, second] = sentOf("aaaabbbb") as [Sent, Sent]
    expect(read("aaaabbbb", [{ ...first, isLast: true }])).toEqual({ released: "", end: "other" })
    expect(read("aaaabbbb", [first, { ...second, isLast: false }])).toEqual({
      released: "aaaa",
      end: "broken",
    })
    expect(read("aaaabbbb", [first])).toEqual({ released: "aaaa", end: "open" })
    expect(read("aaaabbbb", [first, first]).end).toBe("broken")
    expect(read("aaaabbbb", [second]).end).toBe("other")
    expect(read("aaaabbbb", [{ ...second, index: 0, isLast: false }]).end).toBe("other")
  })

  it("without a sketch is another one", () => {
    expect(readChunk(startReading(""), { index: 0, isLast: true, digest: "" }).verdict).toBe(
      "other",
    )
  })
})
