/** With which log a new view begins: the stories by which rules for it were found wrong. */
import { describe, expect, it } from "vitest"
import type { LastOrder, ShownCertificate } from "../../../src/core/zyzzyva/message.ts"
import { newLog } from "../../../src/core/zyzzyva/new-log.ts"
import type { Config } from "../../../src/core/zyzzyva/state.ts"
import { change, configOf, signersOf } from "../../support/zyzzyva.ts"

const historyOf = (...digests: ReadonlyArray<string>): string => digests.join(" ")

/** The last orders of a log that was ordered in `view`. */
const orders = (view: number, ...digests: ReadonlyArray<string>): ReadonlyArray<LastOrder> =>
  digests.map((digest, k) => ({
    view,
    seq: k + 1,
    history: historyOf(...digests.slice(0, k + 1)),
    digest,
    batch: [],
  }))

const certificate = (view: number, ...digests: ReadonlyArray<string>): ShownCertificate => ({
  view,
  seq: digests.length,
  history: historyOf(...digests),
  signers: signersOf(0, 1, 2),
  before: "",
  batches: digests.map((digest) => ({ digest, batch: [] })),
})

interface Told {
  readonly orders?: ReadonlyArray<LastOrder>
  readonly certificates?: ReadonlyArray<ShownCertificate>
}

const logOf = (
  rule: Config["rule"],
  told: Readonly<Record<number, Told>>,
): ReadonlyArray<string> => {
  const changes = Object.entries(told).map(([id, claim]) => change(Number(id), 3, claim))
  return newLog(configOf(1, { rule }), changes).chosen.map((c) => c.digest)
}

describe("the log of a new view, by our rule", () => {
  const firstStory = {
    0: { certificates: [certificate(0, "a")] },
    2: { orders: orders(1, "b") },
    3: { orders: orders(1, "b") },
  }
  const secondStory = {
    0: {},
    2: { certificates: [certificate(0, "a", "c")], orders: orders(0, "a", "c") },
    3: { certificates: [certificate(1, "b")], orders: orders(1, "b", "d") },
  }

  it("is what equal answers completed in view 1, not a certificate of view 0 (violation 1)", () => {
    expect(logOf("corrected", firstStory)).toEqual(["b"])
    expect(logOf("published", firstStory)).toEqual(["a"])
  })

  it("is what was acknowledged in view 1, not the longer certificate (violation 2)", () => {
    expect(logOf("corrected", secondStory)[0]).toBe("b")
    expect(logOf("published", secondStory)).toEqual(["a", "c"])
  })

  it("keeps the end of an acknowledged log where a later certificate covers a part of it", () => {
    const told = {
      0: { certificates: [certificate(0, "y")], orders: orders(0, "y", "z") },
      2: { certificates: [certificate(0, "y", "z")], orders: orders(0, "y", "z") },
      3: {
        certificates: [certificate(1, "y"), certificate(0, "y", "z")],
        orders: orders(1, "y", "z"),
      },
    }
    expect(logOf("corrected", told)).toEqual(["y", "z"])
  })

  it("follows the certificate where as many orders are of its own view", () => {
    const told = {
      0: { orders: orders(0, "b") },
      2: { certificates: [certificate(0, "a")], orders: orders(0, "a") },
      3: { orders: orders(0, "b") },
    }
    expect(logOf("corrected", told)).toEqual(["a"])
  })

  it("has what f + 1 ordered where nobody has a certificate, and nothing for less", () => {
    const two = { 0: { orders: orders(0, "b") }, 2: { orders: orders(0, "b") }, 3: {} }
    expect(logOf("corrected", two)).toEqual(["b"])
    const one = { 0: { orders: orders(0, "b") }, 2: { orders: orders(0, "a") }, 3: {} }
    expect(logOf("corrected", one)).toEqual([])
  })

  it("fills a number that is open below a chosen one with null", () => {
    const second = orders(0, "x", "b").slice(1)
    const told = { 0: { orders: second }, 2: { orders: second }, 3: {} }
    expect(logOf("corrected", told)).toEqual(["null", "b"])
  })
})
