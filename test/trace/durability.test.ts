/** What must still be there after steps of a replica that nobody saw. */
import { expect, it } from "vitest"
import type { Recovery, State } from "../../src/core/pbft/state.ts"
import { noEstimate } from "../../src/core/pbft/state.ts"
import { lostDisk, lostDurable } from "../../src/trace-check/durability.ts"
import { after, configOf } from "../support/pbft.ts"

const config = configOf(1)
const first = after(config, [])
const inLaterView: State = { ...first, view: 3 }
const unseen = (before: State, now: State, starts = true) => {
  const gap = { before, after: now, starts }
  return [lostDisk(gap), lostDurable(1, gap)?.field]
}
const back = (recovery: Recovery, from = inLaterView, starts = true) =>
  unseen(from, { ...first, recovery }, starts)

it("is nothing of a disk that was lost unseen, which its next start says; else all of it", () => {
  expect(unseen(inLaterView, first)).toEqual([false, "view"])
  expect(back({ incarnation: 1, point: undefined })).toEqual([true, undefined])
  // Recovered with its disk, and lost no later than what was seen.
  const estimate = noEstimate(config.group)
  expect(back({ incarnation: 1, point: undefined, estimate })).toEqual([false, "view"])
  const before: State = { ...inLaterView, recovery: { incarnation: 1, point: undefined } }
  expect(back({ incarnation: 1, point: undefined }, before)).toEqual([false, "view"])
})

it("is all of it where no start was unseen: a process that runs does not lose its disk", () => {
  const lost = [false, "recovery.incarnation"]
  expect(back({ incarnation: 1, point: undefined }, inLaterView, false)).toEqual(lost)
  expect(unseen(first, { ...first, executed: 1 }, false)).toEqual([false, undefined])
})

it("is that who lost its disk is silent as far as it may have promised something", () => {
  const { logSize } = config
  const from: State = { ...inLaterView, log: { ...first.log, low: 2 } }
  expect(back({ incarnation: 1, point: 2 + logSize }, from)).toEqual([true, undefined])
  expect(back({ incarnation: 1, point: logSize }, from)).toEqual([true, "recovery.point"])
})

it("is as what it came back, and from where on it counts as back", () => {
  const was = (point: number | undefined): State => ({
    ...first,
    recovery: { incarnation: 2, point },
  })
  expect(unseen(was(undefined), first)).toEqual([false, "recovery.incarnation"])
  expect(back({ incarnation: 1, point: undefined }, was(undefined))[1]).toBe("recovery.incarnation")
  expect(back({ incarnation: 2, point: 8 }, was(undefined))).toEqual([false, undefined])
  expect(back({ incarnation: 2, point: 8 }, was(8))).toEqual([false, undefined])
  expect(back({ incarnation: 2, point: 4 }, was(8))).toEqual([false, "recovery.point"])
  expect(back({ incarnation: 2, point: undefined }, was(8))).toEqual([false, "recovery.point"])
})
