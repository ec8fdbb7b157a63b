/** The lanes of a sketcher before Zyzzyva: which answers are the group's, and fill the table. */
import { describe, expect, it } from "vitest"
import { type LaneMessage, resultOf } from "../../../src/core/prophecy/lane-client.ts"
import { decodePlaced, encodePlaced } from "../../../src/core/prophecy/position.ts"
import {
  fromFullSketcherProjection,
  fullSketcherProjection,
} from "../../../src/core/prophecy/projection.ts"
import { sketchOf } from "../../../src/core/prophecy/sketch-table.ts"
import type { SketcherState } from "../../../src/core/prophecy/sketcher-state.ts"
import { sketcherLine } from "../../../src/core/prophecy/trace.ts"
import { SketcherTraceInput, sketcherInputOf } from "../../../src/core/prophecy/trace-event.ts"
import { misfit } from "../../../src/core/trace-event.ts"
import { digestOf, SketcherTester } from "../../support/prophecy.ts"

const before = (): SketcherTester => new SketcherTester({ protocol: "zyzzyva", commitMs: 10 })

/** What a replica says of the request of lane 0: executed as number 5 of some history. */
const answer = (replica: number, result: string, history = "h5", timestamp = 1): LaneMessage => {
  const placed = encodePlaced({ position: { seq: 5, place: 0 }, result })
  const place = { view: 0, seq: 5, history, signature: `${replica}` }
  const of = { client: 0, timestamp, result: placed, replica }
  return { _tag: "SpecResponse", ...place, ...of } as never
}
const acknowledged = (replica: number): LaneMessage =>
  ({ _tag: "LocalCommit", view: 0, seq: 5, history: "h5", client: 0, replica }) as never

const hear = (s: SketcherTester, ...messages: ReadonlyArray<LaneMessage>): SketcherTester => {
  for (const message of messages) {
    const result = resultOf(s.state.lanes[0]?.client, message)
    s.give({ _tag: "Reply", message, digest: digestOf(decodePlaced(result).result) })
  }
  return s
}

const responses = (s: SketcherTester) => s.effects.filter(({ _tag }) => _tag === "Respond")

/** A read with the answers of three. */
const three = (s = before().read(1, "q")): SketcherTester =>
  hear(s, ...[0, 1, 2].map((r) => answer(r, "v")))

describe("a sketcher before Zyzzyva", () => {
  it("tells and sketches what all answer alike", () => {
    const s = hear(three(), answer(3, "v"))
    const position = { seq: 5, place: 0 }
    const told = { id: 1, path: "replicated", position, result: "v" }
    expect(responses(s)).toEqual([{ _tag: "Respond", ...told }])
    expect(sketchOf(s.state.table, "q")).toEqual({ digest: digestOf("v"), position })
  })

  it("tells nothing of what three answer: it shows their certificate to all", () => {
    const s = three()
    expect([responses(s), sketchOf(s.state.table, "q")]).toEqual([[], undefined])
    expect(s.effects).toEqual([{ _tag: "SetTimer", timer: "retransmit 0", ms: 10 }])
    s.give({ _tag: "Retransmit", lane: 0 })
    const signers = [0, 1, 2].map((replica) => ({ replica, signature: `${replica}` }))
    const certificate = { view: 0, seq: 5, history: "h5", signers }
    expect(s.effects[0]).toEqual({
      _tag: "SendToReplicas",
      replicas: [0, 1, 2, 3],
      message: { _tag: "Commit", client: 0, certificate },
    })
  })

  it("tells and sketches it when as many acknowledge the certificate, and not before", () => {
    const s = three().give({ _tag: "Retransmit", lane: 0 })
    hear(s, acknowledged(0), acknowledged(2))
    expect([responses(s), sketchOf(s.state.table, "q")]).toEqual([[], undefined])
    hear(s, acknowledged(3))
    expect(responses(s)).toMatchObject([{ id: 1, path: "replicated", result: "v" }])
    expect(sketchOf(s.state.table, "q")?.digest).toBe(digestOf("v"))
  })

  it("counts no answer of another history, or with another place, as one of them", () => {
    const other = hear(three(), answer(3, "v", "g5"))
    expect(responses(other)).toEqual([])
    const placed = encodePlaced({ position: { seq: 6, place: 0 }, result: "v" })
    const moved = hear(three(), { ...answer(3, "v"), result: placed } as LaneMessage)
    expect(responses(moved)).toEqual([])
  })

  it("lets through of one replica's answers the one that is sketched alone", () => {
    const s = hear(three(), answer(3, "v"))
    // What a replica has executed speculatively may be anything.
    const lie = { _tag: "FastReply", sketcher: 0, id: 2, replica: 3, result: "w" } as never
    s.read(2, "q", { replica: 3 }).give({ _tag: "FastReply", message: lie, digest: digestOf("w") })
    expect(responses(s)).toEqual([])
    expect(s.state.lanes[0]?.call).toBe(2)
    expect(sketchOf(s.state.table, "q")?.digest).toBe(digestOf("v"))
  })

  it("asks every replica when nothing comes, and uses no timestamp again", () => {
    const s = before().read(1, "q").give({ _tag: "Retransmit", lane: 0 })
    expect(s.effects[0]).toMatchObject({ replicas: [0, 1, 2, 3], message: { _tag: "Request" } })
    s.give({ _tag: "GiveUp", id: 1 }).read(2, "q")
    expect(s.effects[0]).toMatchObject({ message: { client: 0, timestamp: 2 } })
  })

  it("writes down what it hears, and reads it and its whole state back", () => {
    const s = three().give({ _tag: "Retransmit", lane: 0 })
    for (const message of [acknowledged(1), answer(3, "v")]) {
      const was: SketcherState = s.state
      const { config } = s
      const digest = digestOf(decodePlaced(resultOf(was.lanes[0]?.client, message)).result)
      const input = { _tag: "Reply", message, digest } as const
      s.give(input)
      const line = JSON.parse(sketcherLine(1, was, { ...s, state: s.state } as never, input)) as {
        readonly in: typeof SketcherTraceInput.Type
      }
      expect(misfit(SketcherTraceInput)(line.in)).toBeUndefined()
      const read = sketcherInputOf(line.in, { config, before: was, digestOf })
      expect(read).toMatchObject({ _tag: "Reply", digest, message: { _tag: message._tag } })
      const data = fullSketcherProjection(s.state)
      const back = fromFullSketcherProjection(config, data)
      expect(fullSketcherProjection(back)).toEqual(data)
    }
  })
})
