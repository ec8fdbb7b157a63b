/** Each guard of the sketcher, and what each input makes it ask for. */
import { describe, expect, it } from "vitest"
import { rotation } from "../../../src/core/prophecy/sketcher.ts"
import { highestTimestamp } from "../../../src/core/prophecy/to-group.ts"
import { SketcherTester } from "../../support/prophecy.ts"

const position = (seq: number, place = 0) => ({ seq, place })
const sketched = (part = {}) => new SketcherTester(part).read(1, "q").replicated(0, "old", 5)

describe("SketcherRecvRead", () => {
  it("replicates a read that it has no sketch of", () => {
    const s = new SketcherTester().read(1, "q", { replica: 2 })
    expect(s.action).toBe("SketcherRecvRead")
    expect(s.effects).toEqual([
      {
        _tag: "SendToReplicas",
        replicas: [0],
        message: { _tag: "Request", client: 0, timestamp: 1, operation: "q" },
      },
      { _tag: "SetTimer", timer: "retransmit 0", ms: 200 },
    ])
  })

  it("has the drawn replica answer one that it has a sketch of, and nobody else", () => {
    const s = sketched().read(2, "q", { replica: 3 })
    expect(s.effects).toEqual([
      {
        _tag: "SendFastRead",
        replica: 3,
        message: { _tag: "FastRead", sketcher: 0, id: 2, operation: "q" },
      },
      { _tag: "SetTimer", timer: "fast 2", ms: 50 },
    ])
    expect(s.state.lanes.every((lane) => lane.call === undefined)).toBe(true)
  })

  it("replicates one whose client wants it fresh, or has seen a later state", () => {
    const isReplicated = (s: SketcherTester) => s.effects[0]?._tag === "SendToReplicas"
    expect(isReplicated(sketched().read(2, "q", { fresh: true }))).toBe(true)
    expect(isReplicated(sketched().read(2, "q", { after: position(5, 1) }))).toBe(true)
    expect(isReplicated(sketched().read(2, "q", { after: position(5) }))).toBe(false)
  })

  it("keeps sketches by key: another user's read of the same operation has its own (I5)", () => {
    const s = sketched()
    s.give({
      _tag: "Read",
      id: 2,
      key: "q of another user",
      operation: "q",
      fresh: false,
      after: position(0),
      replica: 0,
    })
    expect(s.effects[0]?._tag).toBe("SendToReplicas")
  })

  it("refuses a number that is under way", () => {
    const s = new SketcherTester().read(1, "q")
    const { state } = s
    expect(s.read(1, "q").action).toBe("Ignore:DuplicateCall")
    expect(s.write(1, "w").action).toBe("Ignore:DuplicateCall")
    expect(s.state).toBe(state)
  })
})

describe("SketcherRecvWrite", () => {
  it("goes through the group and touches no sketch", () => {
    const s = sketched()
    const { table } = s.state
    s.write(2, "w").replicated(0, "done", 6)
    expect(s.responses()).toEqual([
      { _tag: "Respond", id: 2, path: "replicated", position: position(6), result: "done" },
    ])
    expect(s.state.table).toBe(table)
  })

  it("waits when all lanes are taken, and goes on in order of arrival", () => {
    const s = new SketcherTester({ lanes: 1 }).write(1, "a").write(2, "b").read(3, "q")
    expect(s.state.queue).toEqual([2, 3])
    s.replicated(0, "done", 1)
    expect(s.state.queue).toEqual([3])
    expect(s.effects.at(-2)).toMatchObject({ message: { timestamp: 2, operation: "b" } })
  })
})

describe("SketcherRecvFastReply", () => {
  it("gives the client what the sketch says, from the position of the sketch", () => {
    const s = sketched().read(2, "q", { replica: 3 }).fastReply(2, 3, "old")
    expect(s.effects).toEqual([
      { _tag: "CancelTimer", timer: "fast 2" },
      { _tag: "Respond", id: 2, path: "fast", position: position(5), result: "old" },
    ])
    expect(s.state.calls).toEqual([])
  })

  it("replicates the read when the answer is another one, and changes no sketch (I3, I4)", () => {
    const s = sketched()
    const { table } = s.state
    s.read(2, "q", { replica: 3 }).fastReply(2, 3, "garbage")
    expect(s.responses()).toEqual([])
    expect(s.effects.map((e) => e._tag)).toEqual(["CancelTimer", "SendToReplicas", "SetTimer"])
    expect(s.state.table).toBe(table)
  })

  it("compares with the sketch that the read was issued with (I2)", () => {
    const s = sketched().read(2, "q", { replica: 3 }).read(3, "q", { fresh: true })
    s.replicated(0, "new", 9).fastReply(2, 3, "old")
    expect(s.responses()).toMatchObject([{ id: 2, path: "fast", result: "old" }])
    expect(s.read(4, "q", { replica: 3 }).fastReply(4, 3, "old").responses()).toEqual([])
  })

  it("takes nothing from a replica that was not drawn, twice, late, or of another sketcher", () => {
    const s = sketched().read(2, "q", { replica: 3 })
    expect(s.fastReply(2, 1, "old").action).toBe("Ignore:NotDrawn")
    expect(s.fastReply(2, 3, "old", 1).action).toBe("Ignore:ForAnotherSketcher")
    expect(s.fastReply(7, 3, "old").action).toBe("Ignore:NothingAwaited")
    s.give({ _tag: "FastTimeout", id: 2 })
    expect(s.fastReply(2, 3, "old").action).toBe("Ignore:NothingAwaited")
  })
})

describe("SketcherFastTimeout", () => {
  it("replicates the read", () => {
    const s = sketched().read(2, "q", { replica: 3 }).give({ _tag: "FastTimeout", id: 2 })
    expect(s.action).toBe("SketcherFastTimeout")
    expect(s.effects[0]?._tag).toBe("SendToReplicas")
    expect(s.give({ _tag: "FastTimeout", id: 2 }).action).toBe("Ignore:NothingAwaited")
    expect(s.give({ _tag: "FastTimeout", id: 7 }).action).toBe("Ignore:NothingAwaited")
  })
})

describe("SketcherRecvReply", () => {
  it("takes what f + 1 replicas answer alike, position and all", () => {
    const s = new SketcherTester().read(1, "q").reply(0, 3, "lie", position(5))
    expect(s.responses()).toEqual([])
    expect(s.reply(0, 0, "old", position(4)).responses()).toEqual([])
    expect(s.reply(0, 1, "old", position(5)).responses()).toEqual([])
    expect(s.reply(0, 2, "old", position(5)).responses()).toMatchObject([{ result: "old" }])
  })

  it("files the result of a read, and the next one is fast", () => {
    expect(sketched().read(2, "q").effects[0]?._tag).toBe("SendFastRead")
  })

  it("files nothing from a replica that does not say where it executed", () => {
    const s = new SketcherTester().read(1, "q")
    const { timestamp } = s.state.lanes[0]?.client ?? { timestamp: 0 }
    for (const replica of [1, 2]) {
      const of = { view: 0, client: 0, timestamp, replica }
      const message = { _tag: "Reply", ...of, result: "plain" } as never
      s.give({ _tag: "Reply", message, digest: "#plain" })
    }
    expect(s.responses()).toMatchObject([{ result: "plain", position: position(0) }])
    expect(s.read(2, "q").effects[0]?._tag).toBe("SendToReplicas")
  })

  it("ignores what is for no lane, and what a lane ignores", () => {
    const s = new SketcherTester().read(1, "q")
    expect(s.reply(7, 1, "r", position(1)).action).toBe("Ignore:ForAnotherSketcher")
    expect(s.reply(1, 1, "r", position(1)).action).toBe("Ignore:NothingAwaited")
    s.reply(0, 1, "r", position(1))
    expect(s.reply(0, 1, "r", position(1)).action).toBe("Ignore:DuplicateReply")
  })

  it("files nothing without sketches: proxied PBFT", () => {
    const s = sketched({ sketches: false })
    expect(s.read(2, "q").effects[0]?._tag).toBe("SendToReplicas")
  })
})

describe("strikes", () => {
  const lied = (s: SketcherTester, id: number) =>
    s
      .read(id, "q", { replica: 3 })
      .fastReply(id, 3, "lie")
      .replicated(0, "old", id + 5)

  it("are for an answer that the group then contradicts with the sketch's own (I7)", () => {
    const s = lied(sketched(), 2)
    expect(s.state.strikes).toEqual([0, 0, 0, 1])
  })

  it("are not for a replica that was ahead of the sketch", () => {
    const s = sketched().read(2, "q", { replica: 3 }).fastReply(2, 3, "new")
    expect(s.replicated(0, "new", 7).state.strikes).toEqual([0, 0, 0, 0])
  })

  it("are for silence too", () => {
    const s = sketched().read(2, "q", { replica: 3 }).give({ _tag: "FastTimeout", id: 2 })
    expect(s.state.strikes).toEqual([0, 0, 0, 1])
  })

  it("take a replica out of the rotation until the driver readmits it", () => {
    const s = lied(lied(sketched(), 2), 3)
    expect(s.effects).toContainEqual({ _tag: "SetTimer", timer: "readmit 3", ms: 1000 })
    expect(rotation(s.config, s.state)).toEqual([0, 1, 2])
    expect(s.read(4, "q", { replica: 3 }).effects[0]?._tag).toBe("SendToReplicas")
    s.give({ _tag: "Readmit", replica: 3 })
    expect(s.action).toBe("SketcherReadmit")
    expect(rotation(s.config, s.state)).toEqual([0, 1, 2, 3])
    expect(s.give({ _tag: "Readmit", replica: 3 }).action).toBe("Ignore:NotOut")
  })

  it("are not counted where they are not wanted, and draw no replica that there is not", () => {
    const s = lied(sketched({ maxStrikes: 0 }), 2)
    expect(s.state.strikes).toEqual([0, 0, 0, 0])
    expect(rotation(s.config, s.state)).toEqual([0, 1, 2, 3])
    expect(sketched().read(2, "q", { replica: 4 }).effects[0]?._tag).toBe("SendToReplicas")
  })
})

describe("SketcherRetransmit", () => {
  it("asks every replica", () => {
    const s = new SketcherTester().read(1, "q").give({ _tag: "Retransmit", lane: 0 })
    expect(s.action).toBe("SketcherRetransmit")
    expect(s.effects[0]).toMatchObject({ _tag: "SendToReplicas", replicas: [0, 1, 2, 3] })
    expect(s.give({ _tag: "Retransmit", lane: 1 }).action).toBe("Ignore:NothingAwaited")
    expect(s.give({ _tag: "Retransmit", lane: 9 }).action).toBe("Ignore:NothingAwaited")
  })
})

describe("SketcherGiveUp", () => {
  const giveUp = (s: SketcherTester, id: number) => s.give({ _tag: "GiveUp", id })

  it("frees the lane for the next call, with a timestamp that was never used", () => {
    const s = new SketcherTester({ lanes: 1 }).read(1, "q").write(2, "w")
    giveUp(s, 1)
    expect(s.action).toBe("SketcherGiveUp")
    expect(s.effects).toMatchObject([
      { _tag: "CancelTimer", timer: "retransmit 0" },
      { _tag: "SendToReplicas", message: { timestamp: 2, operation: "w" } },
      { _tag: "SetTimer", timer: "retransmit 0" },
    ])
    expect(s.state.calls.map(({ id, stage }) => [id, stage])).toEqual([[2, "ordered"]])
    expect(giveUp(s, 1).action).toBe("Ignore:NothingAwaited")
  })

  it("takes no answer to what was given up, and sketches nothing", () => {
    const s = new SketcherTester().read(1, "q").reply(0, 1, "a", position(3))
    giveUp(s, 1).reply(0, 1, "a", position(3)).reply(0, 2, "a", position(3))
    expect(s.action).toBe("Ignore:NothingAwaited")
    expect(s.read(2, "q").effects[0]?._tag).toBe("SendToReplicas")
  })

  it("forgets what earlier answers said of the lane's next call, but not the primary", () => {
    const s = new SketcherTester().read(1, "q")
    for (const replica of [1, 2]) {
      const of = { view: 1, client: 0, timestamp: 1, replica }
      const message = { _tag: "Reply", ...of, result: `1.0:${replica}` } as never
      s.give({ _tag: "Reply", message, digest: `#${replica}` })
    }
    giveUp(s, 1).read(2, "q")
    expect(s.effects[0]).toMatchObject({ replicas: [1] })
    expect(s.reply(0, 1, "a", position(5)).responses()).toEqual([])
    expect(s.reply(0, 2, "a", position(5)).responses()).toHaveLength(1)
  })

  it("lets go of a call that waits for a lane, or for its drawn replica", () => {
    const s = sketched({ lanes: 1 }).write(2, "w").write(3, "w").read(4, "q", { replica: 1 })
    expect(giveUp(s, 3).effects).toEqual([])
    expect(s.state.queue).toEqual([])
    expect(giveUp(s, 4).effects).toEqual([{ _tag: "CancelTimer", timer: "fast 4" }])
    expect(s.state.calls.map(({ id }) => id)).toEqual([2])
    expect(s.fastReply(4, 1, "old").action).toBe("Ignore:NothingAwaited")
  })
})

describe("a sketcher that needs 2f + 1 answers", () => {
  it("takes no fewer", () => {
    const s = new SketcherTester({ replyQuorum: 3 }).read(1, "q").replicated(0, "a", 5)
    expect(s.responses()).toEqual([])
    expect(s.reply(0, 3, "a", position(5)).responses()).toHaveLength(1)
  })
})

describe("SketcherRestart", () => {
  it("comes back with an empty table and timestamps that were never used", () => {
    const s = sketched().write(2, "w").read(3, "q", { replica: 1 })
    s.give({ _tag: "Restart", firstTimestamp: highestTimestamp(s.state) })
    expect(s.action).toBe("SketcherRestart")
    expect(s.state.calls).toEqual([])
    expect(s.read(4, "q").effects[0]).toMatchObject({ message: { timestamp: 3 } })
  })

  it("takes no answer to what it asked before", () => {
    const s = sketched().read(2, "q", { fresh: true })
    const before = s.state.lanes[0]?.client.timestamp ?? 0
    s.give({ _tag: "Restart", firstTimestamp: before }).read(3, "q")
    const of = { view: 0, client: 0, timestamp: before, replica: 1 }
    const message = { _tag: "Reply", ...of, result: "1.0:stale" } as never
    s.give({ _tag: "Reply", message, digest: "#stale" })
    expect(s.action).toBe("Ignore:WrongTimestamp")
  })
})
