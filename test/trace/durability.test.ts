/** What must still be there after steps of a replica that nobody saw. */
import { expect, it } from "vitest"
import type { Recovery, State } from "../../src/core/pbft/state.ts"
import { noEstimate } from "../../src/core/pbft/state.ts"
import { lostDisk, lostDurable } from "../../src/trace-check/durability.ts"
import { after, configOf } from "../support/pbft.ts"

const config = configOf(1)
const first = after(config, [])
const inLaterView: State = { ...first, view: 3 }
const back = (recovery: Recovery, from = inLaterView) => {
  const now: State = { ...first, recovery }
  return [lostDisk(from, now), lostDurable(1, from, now)?.field]
}

it("is nothing of a disk that was lost unseen, which its next start says; else all of it", () => {
  expect(lostDurable(1, inLaterView, first)?.field).toBe("view")
  expect(back({ incarnation: 1, point: undefined })).toEqual([true, undefined])
  // Recovered with its disk, and lost no later than what was seen.
  const estimate = noEstimate(config.group)
  expect(back({ incarnation: 1, point: undefined, estimate })).toEqual([false, "view"])
  const before: State = { ...inLaterView, recovery: { incarnation: 1, point: undefined } }
  expect(back({ incarnation: 1, point: undefined }, before)).toEqual([false, "view"])
})
