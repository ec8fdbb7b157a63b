import { expect, test } from "vitest"
import type { Lane } from "../../src/core/prophecy/sketcher-state.ts"
import { calledInVain } from "../../src/net/called-in-vain.ts"
import { SketcherTester } from "../support/prophecy.ts"

const group = (...lost: ReadonlyArray<number>) => ({ n: 4, f: 1, lost: new Set(lost) })
const waiting = (): ReadonlyArray<Lane> =>
  new SketcherTester().write(1, "a").write(2, "b").state.lanes
const views = (lane: Lane | undefined, all: ReadonlyArray<number>): Lane => {
  if (lane === undefined) throw new Error("a lane")
  return { ...lane, client: { ...lane.client, views: all } }
}

test("a lane whose primary is gone calls in vain, another one does not", () => {
  expect(calledInVain(waiting(), [[0], [1]], group())).toEqual([])
  expect(calledInVain(waiting(), [[0], [1]], group(0))).toEqual([0])
  expect(calledInVain(waiting(), [[0], [0]], group(0, 1))).toEqual([0, 1])
})

test("so does one that has not heard of the view in which others were answered", () => {
  const [first, second] = waiting()
  const lanes = [views(first, [0, 0, 0, 0]), views(second, [0, 1, 1, 0])]
  expect(calledInVain(lanes, [[0], [1]], group())).toEqual([0])
  // One replica alone may say any view.
  const liar = [views(first, [0, 0, 0, 0]), views(second, [0, 9, 0, 0])]
  expect(calledInVain(liar, [[0], [0]], group())).toEqual([])
})

test("one that has asked everyone waits, and so does one that asks for nothing", () => {
  const all = new SketcherTester().write(1, "a").give({ _tag: "Retransmit", lane: 0 })
  expect(calledInVain(all.state.lanes, [[0]], group(0))).toEqual([])
})
