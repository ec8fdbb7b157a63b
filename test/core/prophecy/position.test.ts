import fc from "fast-check"
import { describe, expect, it } from "vitest"
import {
  decodePlaced,
  encodePlaced,
  isBefore,
  latest,
  nowhere,
} from "../../../src/core/prophecy/position.ts"
import { runs } from "../../support/runs.ts"

const natural = fc.nat({ max: Number.MAX_SAFE_INTEGER })
const somewhere = fc.record({ seq: natural.filter((n) => n > 0 && n < 1e15), place: fc.nat() })

describe("a position", () => {
  it("goes with its result, whatever the result looks like", () => {
    fc.assert(
      fc.property(somewhere, fc.string(), (position, result) => {
        expect(decodePlaced(encodePlaced({ position, result }))).toEqual({ position, result })
      }),
      runs(200),
    )
  })

  it.each(["", "plain", ":", "1:r", "1.:r", ".0:r", "0.0:r", "01.0:r", "1.00:r", "-1.0:r", "1.0"])(
    "is nowhere for a result that has none: %j",
    (result) => {
      expect(decodePlaced(result)).toEqual({ position: nowhere, result })
    },
  )

  it("is ordered by sequence number, and in a batch by place", () => {
    const inOrder = [
      nowhere,
      { seq: 1, place: 0 },
      { seq: 1, place: 1 },
      { seq: 2, place: 0 },
      { seq: 10, place: 0 },
    ]
    inOrder.forEach((one, k) =>
      inOrder.forEach((other, j) => {
        expect(isBefore(one, other)).toBe(k < j)
        expect(latest(one, other)).toEqual(inOrder[Math.max(k, j)])
      }),
    )
  })
})
