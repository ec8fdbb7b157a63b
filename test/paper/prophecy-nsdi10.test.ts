/**
 * Sen, Lloyd and Freedman, "Prophecy: Using History for High-Throughput Fault Tolerance", NSDI '10,
 * sentence by sentence and in our words, as far as its abstract and the talk go.
 */
import { describe, expect, it } from "vitest"
import { rotation } from "../../src/core/prophecy/sketcher.ts"
import { SketcherTester } from "../support/prophecy.ts"

const sketched = (part = {}) => new SketcherTester(part).read(1, "page").replicated(0, "old", 5)
const asksGroup = (s: SketcherTester): boolean => s.effects.some((e) => e._tag === "SendToReplicas")
const asksOne = (s: SketcherTester): boolean => s.effects.some((e) => e._tag === "SendFastRead")

describe("The sketcher", () => {
  it("keeps of a response a digest, not the response", () => {
    const { table } = new SketcherTester().read(1, "page").replicated(0, "response", 5).state
    expect(JSON.stringify(table)).toContain("#response")
    expect(JSON.stringify(table)).not.toContain('"response"')
  })

  it("has a read that repeats executed by one replica, and by no other", () => {
    const s = sketched().read(2, "page", { replica: 2 })
    expect(s.effects.filter((e) => e._tag === "SendFastRead")).toMatchObject([{ replica: 2 }])
    expect(asksGroup(s)).toBe(false)
  })

  it("sends a read that it has no history of through the group", () => {
    const s = sketched().read(2, "another page")
    expect([asksGroup(s), asksOne(s)]).toEqual([true, false])
  })

  it("sends a write through the group", () => {
    const s = sketched().write(2, "upload")
    expect([asksGroup(s), asksOne(s)]).toEqual([true, false])
  })

  it("may draw any replica, the primary too: reads are spread over all of them", () => {
    const s = sketched()
    expect(rotation(s.config, s.state)).toEqual([0, 1, 2, 3])
    const drawn = [0, 1, 2, 3].map((replica) => sketched().read(2, "page", { replica }).effects[0])
    expect(drawn.map((e) => (e?._tag === "SendFastRead" ? e.replica : -1))).toEqual([0, 1, 2, 3])
  })

  it("stands where its clients would: they send requests, and know of no replicas", () => {
    const s = sketched().read(2, "page", { replica: 1 }).fastReply(2, 1, "old")
    expect(s.responses()).toMatchObject([{ id: 2, result: "old" }])
  })
})

describe("A transition", () => {
  it("costs one failed fast read, and the new response is history for the next", () => {
    const s = sketched().read(2, "page", { replica: 1 }).fastReply(2, 1, "new")
    expect([s.responses(), asksGroup(s)]).toEqual([[], true])
    s.replicated(0, "new", 9)
    expect(s.responses()).toMatchObject([{ id: 2, path: "replicated", result: "new" }])
    s.read(3, "page", { replica: 2 }).fastReply(3, 2, "new")
    expect(s.responses()).toMatchObject([{ id: 3, path: "fast", result: "new" }])
  })

  it("can be hidden by a replica that is faulty or behind, with the old response only", () => {
    const s = sketched().read(2, "page", { replica: 3 }).fastReply(2, 3, "old")
    expect(s.responses()).toMatchObject([{ path: "fast", result: "old" }])
    const lie = sketched().read(2, "page", { replica: 3 }).fastReply(2, 3, "made up")
    expect(lie.responses()).toEqual([])
  })

  it("is hidden no more once a read has seen it: the old response is never told again", () => {
    const s = sketched().read(2, "page", { replica: 1 }).fastReply(2, 1, "new")
    s.replicated(0, "new", 9).read(3, "page", { replica: 3 }).fastReply(3, 3, "old")
    expect(s.responses()).toEqual([])
  })
})

describe("Proxied PBFT", () => {
  it("is the sketcher without history: every read goes through the group", () => {
    const s = sketched({ sketches: false }).read(2, "page")
    expect([asksGroup(s), asksOne(s)]).toEqual([true, false])
  })
})

describe("Fail-stop", () => {
  it("a sketcher that comes back has no history, and needs none", () => {
    const s = sketched().give({ _tag: "Restart", firstTimestamp: 1 }).read(2, "page")
    expect([asksGroup(s), asksOne(s)]).toEqual([true, false])
  })
})
