/** Real TLC follows a sketcher's steps in Prophecy.tla, and says at which it cannot. */
import { describe, expect, test } from "vitest"
import { emitSketcherChain } from "../../src/trace-check/emit-sketcher.ts"
import type { SketcherEvent } from "../../src/trace-check/event.ts"
import { follows } from "../../src/trace-check/own-windows.ts"
import type { SketcherChain } from "../../src/trace-check/sketcher-chain.ts"
import { fileOf, headerOf, record } from "../trace/support/sketcher-run.ts"
import {
  captured,
  chainOf,
  followed,
  outcomes,
  placeOf,
  rejection,
  run,
  takes,
} from "./support/sketcher-windows.ts"

describe("TLC accepts", () => {
  test("adjacent windows from Init on, and later ones", async () => {
    const chains = await captured([run(1, 400, false)], { _tag: "Auto", size: 60, windows: 2 })
    expect(chains).toHaveLength(2)
    const windows = [
      ...(await followed(chains[0] as SketcherChain, 60)),
      ...(await followed(chains[1] as SketcherChain, 60)),
    ]
    expect(outcomes(windows)).toEqual([
      "1-60 init Accepted",
      "61-120 previous Accepted",
      "240-299 replayed Accepted",
      "300-359 previous Accepted",
    ])
  })
})

describe("TLC rejects", () => {
  test("a step that is not enabled there, with the conjunct that fails", async () => {
    const chain = await chainOf()
    const reply = placeOf(chain, takes("SketcherRecvReply"))
    const events = [...chain.events]
    events.splice(reply + 1, 0, events[reply] as SketcherEvent)
    const outcome = await rejection({ ...chain, events })
    expect(outcome).toMatchObject({ event: reply + 2, action: "SketcherRecvReply" })
    expect(outcome.conjunct).toMatchObject({
      place: expect.stringMatching(/^Prophecy\.tla:\d+:\d+$/),
    })
  })
})

describe("windows", () => {
  test("never span a new start of the sketcher, and share the state between them", async () => {
    const { lines } = record(4, 40, { firstTimestamp: 1000 })
    const later = fileOf(lines, lines.length, headerOf(1, 1000))
    const chains = await captured([run(3, 40), later], { _tag: "Range", from: 1, to: 80 })
    expect(chains.map(({ from, fromInit, events }) => [from, fromInit, events.length])).toEqual([
      [1, true, 40],
      [41, true, 40],
    ])
    const [first, second, third] = emitSketcherChain(chains[0] as SketcherChain, 15)
    if (first === undefined || second === undefined || third === undefined) throw new Error("three")
    expect([follows(first, second), follows(second, third), follows(first, third)]).toEqual([
      true,
      true,
      false,
    ])
    const changed = { ...second, startText: { ...second.startText, Messages: "{}" } }
    expect(follows(first, changed)).toBe(false)
  })
})
