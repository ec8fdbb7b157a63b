/**
 * Castro and Liskov, "Practical Byzantine Fault Tolerance", OSDI '99, sections 4.1 and 4.2,
 * sentence by sentence and in our words (4.3 is in pbft-osdi99-checkpoints.test.ts). What the text
 * asks of signatures is asked of the driver here: `step` takes only messages that it verified.
 */
import { describe, expect, it } from "vitest"
import { initClient, stepClient } from "../../src/core/pbft/client.ts"
import { step } from "../../src/core/pbft/replica.ts"
import * as Window from "../../src/core/window.ts"
import { Group } from "../support/group.ts"
import {
  after,
  authentic,
  broadcasts,
  clientConfigOf,
  commit,
  committing,
  configOf,
  executed,
  lastStep,
  prePrepare,
  prepare,
  propose,
  receive,
  replies,
  reply,
  request,
  signed,
} from "../support/pbft.ts"

const backup = configOf(1)
const primary = configOf(0)
const a1 = [signed(0, 1)]
const digest = "0:1:a"
const phase = (state: ReturnType<typeof after>, seq = 1): string => Window.get(state.log, seq).phase

describe("4.1 The client", () => {
  const config = clientConfigOf(0)
  const submitted = () =>
    stepClient(config, initClient(config), { _tag: "Submit", operation: "a" }).state
  const hear = (state: ReturnType<typeof submitted>, replica: number, result: string) =>
    stepClient(config, state, { _tag: "Receive", message: authentic(reply(replica, 1, result)) })

  it("asks the replica that it takes for the primary, with a timestamp", () => {
    const { effects } = stepClient(config, initClient(config), { _tag: "Submit", operation: "a" })
    expect(effects).toEqual([
      {
        _tag: "SendToReplicas",
        replicas: [0],
        message: { _tag: "Request", client: 0, timestamp: 1, operation: "a" },
      },
      { _tag: "SetTimer", timer: "retransmit", ms: config.retransmitMs },
    ])
  })

  it("gives later requests higher timestamps than earlier ones, also when it comes back", () => {
    const group = new Group()
    for (const operation of ["a", "b", "c"]) {
      group.submit(0, operation)
      group.settle()
    }
    expect(group.messages("Request").map((m) => m.timestamp)).toEqual([1, 2, 3])
    const again = clientConfigOf(0, { firstTimestamp: 7 })
    const { state } = stepClient(again, initClient(again), { _tag: "Submit", operation: "d" })
    expect(state.timestamp).toBe(8)
  })

  it("is answered by each replica directly: view, timestamp, its number and the result", () => {
    const took = lastStep(backup, [...committing(1, a1), executed(1, ["r"])])
    expect(replies(took.effects)).toEqual([
      { _tag: "Reply", view: 0, timestamp: 1, client: 0, replica: 1, result: "r" },
    ])
  })

  it("takes a result that f + 1 replicas gave, and none that f gave", () => {
    const first = hear(submitted(), 3, "r")
    expect(first.effects).toEqual([])
    expect(hear(first.state, 1, "r").effects).toEqual([
      { _tag: "CancelTimer", timer: "retransmit" },
      { _tag: "Complete", timestamp: 1, result: "r" },
    ])
  })

  it("counts a replica once, and different results apart", () => {
    const one = hear(submitted(), 3, "r").state
    expect(hear(one, 3, "r").action).toBe("Ignore:DuplicateReply")
    const other = hear(one, 2, "s")
    expect(other.effects).toEqual([])
    expect(hear(other.state, 1, "r").effects).toContainEqual({
      _tag: "Complete",
      timestamp: 1,
      result: "r",
    })
  })

  it("waits for one request at a time", () => {
    const took = stepClient(config, submitted(), { _tag: "Submit", operation: "b" })
    expect(took.action).toBe("Ignore:StillWaiting")
  })

  it("asks every replica when the result does not come in time", () => {
    const took = stepClient(config, submitted(), { _tag: "Timeout", waitedMs: 0 })
    expect(took.effects).toMatchObject([{ replicas: [0, 1, 2, 3] }, { _tag: "SetTimer" }])
  })

  it("gets the stored reply again for a request that was executed, and it runs no second time", () => {
    const state = after(backup, [...committing(1, a1), executed(1, ["r"])])
    const took = step(backup, state, receive(request(0, 1)))
    expect(took.state).toBe(state)
    expect(took.effects).toEqual([{ _tag: "SendToClient", client: 0, message: reply(1, 1, "r") }])
  })

  it("is heard by a backup too, which keeps the request and (our departure) does not relay it", () => {
    const took = lastStep(backup, [receive(request(0, 1))])
    expect(took.state.queue).toEqual([signed(0, 1)])
    expect(took.effects).toEqual([])
  })
})

describe("4.2 The primary", () => {
  it("gives a request the next sequence number, logs it, and tells all backups", () => {
    const inputs = [receive(request(0, 1)), propose(1), receive(request(1, 1)), propose(1)]
    const took = lastStep(primary, inputs)
    expect(broadcasts(took.effects)).toEqual([prePrepare(2, [signed(1, 1)])])
    expect(phase(took.state, 2)).toBe("prePrepared")
  })

  it("lets requests wait and sends several as one batch (TOCS 6.1), first come first served", () => {
    const took = lastStep(primary, [
      receive(request(1, 1, "b")),
      receive(request(0, 1)),
      propose(2),
    ])
    expect(broadcasts(took.effects)).toEqual([prePrepare(1, [signed(1, 1, "b"), signed(0, 1)])])
    expect(took.state.queue).toEqual([])
  })

  it("gives no sequence number above the high watermark", () => {
    const filled = [1, 2, 3, 4].flatMap((t) => [receive(request(0, t)), propose(1)])
    const inputs = [...filled, receive(request(0, 5)), propose(1)]
    expect(after(primary, inputs).seqno).toBe(4)
    expect(lastStep(primary, inputs).action).toBe("Ignore:WindowFull")
  })

  it("gives a request one sequence number only", () => {
    const again = lastStep(primary, [receive(request(0, 1)), propose(1), receive(request(0, 1))])
    expect(again.action).toBe("Ignore:AlreadyAssigned")
  })

  it("sends no prepare: its pre-prepare counts for it", () => {
    const took = lastStep(primary, [receive(request(0, 1)), propose(1)])
    expect(broadcasts(took.effects).map((m) => m._tag)).toEqual(["PrePrepare"])
    const state = after(primary, [receive(request(0, 1)), propose(1)])
    expect(step(primary, state, receive(prepare(0, 1, digest))).action).toBe(
      "Ignore:PrepareFromPrimary",
    )
  })
})

describe("4.2 A backup takes a pre-prepare", () => {
  it("of its view's primary, and then sends a prepare with the same view, number and digest", () => {
    const took = lastStep(backup, [receive(prePrepare(1, a1))])
    expect(broadcasts(took.effects)).toEqual([prepare(1, 1, digest)])
    expect(phase(took.state)).toBe("prePrepared")
  })

  it("of its own view only", () => {
    const took = lastStep(backup, [receive(prePrepare(1, a1, { view: 1 }))])
    expect(took.action).toBe("Ignore:WrongView")
  })

  it("once for a view and number: a second one with another digest changes nothing", () => {
    const first = after(backup, [receive(prePrepare(1, a1))])
    const second = step(backup, first, receive(prePrepare(1, [signed(1, 1)])))
    expect(second).toEqual({ state: first, effects: [], action: "Ignore:AlreadyPrePrepared" })
  })

  it("between the watermarks: the low one is outside, the high one inside", () => {
    const at = (seq: number) => lastStep(backup, [receive(prePrepare(seq, a1))]).action
    expect([0, 1, 4, 5, 2 ** 53 - 1].map(at)).toEqual([
      "Ignore:OutsideWatermarks",
      "RecvPrePrepare",
      "RecvPrePrepare",
      "Ignore:OutsideWatermarks",
      "Ignore:OutsideWatermarks",
    ])
  })

  it("and does nothing at all otherwise", () => {
    const state = after(backup, [])
    const took = step(backup, state, receive(prePrepare(5, a1)))
    expect(took.effects).toEqual([])
    expect(took.state).toBe(state)
  })
})

describe("4.2 A replica has prepared", () => {
  const told = (...votes: ReadonlyArray<ReturnType<typeof prepare>>) =>
    lastStep(backup, [receive(prePrepare(1, a1)), ...votes.map(receive)])

  it("with the pre-prepare and 2f matching prepares of backups, its own among them", () => {
    const took = told(prepare(3, 1, digest))
    expect(phase(took.state)).toBe("prepared")
    expect(broadcasts(took.effects)).toEqual([commit(1, 1, digest)])
  })

  it("at the primary with 2f prepares of others", () => {
    const start = [receive(request(0, 1)), propose(1), receive(prepare(1, 1, digest))]
    expect(phase(after(primary, start))).toBe("prePrepared")
    expect(phase(after(primary, [...start, receive(prepare(2, 1, digest))]))).toBe("prepared")
  })

  it("not with prepares that differ in digest, view or number, or that one replica repeats", () => {
    expect(phase(told(prepare(2, 1, "0:1:b"), prepare(3, 1, "0:1:b")).state)).toBe("prePrepared")
    expect(phase(told(prepare(2, 1, digest, 1)).state)).toBe("prePrepared")
    expect(phase(told(prepare(2, 2, digest)).state)).toBe("prePrepared")
    const seven = configOf(1, { group: { n: 7, f: 2, quorum: 5 } })
    const repeated = [2, 2, 2, 3, 3].map((r) => receive(prepare(r, 1, digest)))
    expect(phase(after(seven, [receive(prePrepare(1, a1)), ...repeated]))).toBe("prePrepared")
  })

  it("not with prepares alone, and then as soon as the pre-prepare comes", () => {
    const before = [2, 3].map((r) => receive(prepare(r, 1, digest)))
    expect(phase(after(backup, before))).toBe("empty")
    const took = lastStep(backup, [...before, receive(prePrepare(1, a1))])
    expect(broadcasts(took.effects).map((m) => m._tag)).toEqual(["Prepare", "Commit"])
  })

  it("one batch at most for a view and number, in the whole group, whoever the primary tells what", () => {
    const group = new Group()
    group.silent.add(0)
    const tell = (batch: ReturnType<typeof signed>[], to: ReadonlyArray<number>) =>
      group.forge(
        prePrepare(
          1,
          batch.map((r) => ({ ...r, authenticator: "0,1,2,3" })),
        ),
        to,
      )
    tell([signed(0, 1)], [1, 2])
    tell([signed(1, 1)], [3])
    group.settle()
    const prepared = group.replicas.filter(({ state }) => phase(state) === "prepared")
    expect(prepared.map(({ state }) => Window.get(state.log, 1).digest)).toEqual([digest, digest])
    expect(phase(group.replicas[3]?.state as never)).toBe("prePrepared")
  })
})

describe("4.2 A replica commits and executes", () => {
  it("with 2f + 1 matching commits, its own among them, once it has prepared", () => {
    const inputs = committing(1, a1)
    expect(phase(after(backup, inputs.slice(0, -1)))).toBe("prepared")
    expect(phase(after(backup, inputs))).toBe("committed")
  })

  it("not with commits for another digest", () => {
    const inputs = [...committing(1, a1).slice(0, -1), receive(commit(2, 1, "0:1:b"))]
    expect(phase(after(backup, inputs))).toBe("prepared")
  })

  it("keeps commits that come before it has prepared, and counts them then", () => {
    const early = [0, 2, 3].map((r) => receive(commit(r, 1, digest)))
    expect(phase(after(backup, early))).toBe("empty")
    const inputs = [...early, receive(prePrepare(1, a1)), receive(prepare(2, 1, digest))]
    expect(phase(after(backup, inputs))).toBe("committed")
  })

  it("takes a commit of its view, between the watermarks, and no other", () => {
    const at = (m: ReturnType<typeof commit>) => lastStep(backup, [receive(m)]).action
    expect([1, 4].map((seq) => at(commit(2, seq, "d")))).toEqual(["RecvCommit", "RecvCommit"])
    expect(at(commit(2, 5, "d"))).toBe("Ignore:OutsideWatermarks")
    expect(at(commit(2, 1, "d", 1))).toBe("Ignore:WrongView")
  })

  it("executes when all lower numbers are executed, in whatever order they commit", () => {
    const second = [signed(1, 1, "b")]
    const late = lastStep(backup, committing(2, second))
    expect(phase(late.state, 2)).toBe("committed")
    expect(late.effects.filter((e) => e._tag === "Execute")).toEqual([])
    const inputs = [...committing(2, second), ...committing(1, a1)]
    expect(lastStep(backup, inputs).effects).toContainEqual({
      _tag: "Execute",
      seq: 1,
      requests: [{ client: 0, timestamp: 1, operation: "a" }],
      checkpoint: false,
      undoable: false,
    })
    const next = lastStep(backup, [...inputs, executed(1, ["r1"])])
    expect(next.effects).toContainEqual({
      _tag: "Execute",
      seq: 2,
      requests: [{ client: 1, timestamp: 1, operation: "b" }],
      checkpoint: true,
      undoable: false,
    })
  })

  it("asks its service for one number once, also when the next one commits meanwhile", () => {
    const inputs = [...committing(1, a1), ...committing(2, [signed(1, 1)])]
    const asked = inputs.map((_, k) =>
      lastStep(backup, inputs.slice(0, k + 1)).effects.filter((e) => e._tag === "Execute"),
    )
    expect(asked.flat().map((e) => e.seq)).toEqual([1])
  })

  it("skips a request with a timestamp that is not above the last executed one", () => {
    const inputs = [
      ...committing(1, [signed(0, 2)]),
      executed(1, ["r"]),
      ...committing(2, [signed(0, 2), signed(0, 1)]),
    ]
    const took = lastStep(backup, inputs)
    expect(took.effects).toContainEqual({
      _tag: "Execute",
      seq: 2,
      requests: [],
      checkpoint: true,
      undoable: false,
    })
    const next = lastStep(backup, [...inputs, executed(2, [], "s")])
    expect(replies(next.effects)).toEqual([])
  })

  it("executes once what a batch holds twice, in the order of the batch", () => {
    const inputs = committing(1, [signed(0, 1), signed(0, 1, "b")])
    expect(lastStep(backup, inputs).effects).toContainEqual({
      _tag: "Execute",
      seq: 1,
      requests: [{ client: 0, timestamp: 1, operation: "a" }],
      checkpoint: false,
      undoable: false,
    })
  })

  it("so that every correct replica executes the same in the same order, and clients agree", () => {
    const group = new Group()
    group.submit(0, "a")
    group.submit(1, "b")
    group.settle()
    group.submit(0, "c")
    group.settle()
    const [first, ...rest] = group.histories()
    expect(first).toEqual(["0:1:a", "1:1:b", "0:2:c"])
    for (const history of rest) expect(history).toEqual(first)
    expect(group.clients.map((c) => c.result)).toEqual(["c@3", "b@2"])
  })

  it("also when one replica hears nothing, and when one backup is silent", () => {
    const deaf = new Group()
    deaf.submit(0)
    deaf.settle((_, to) => to === 3)
    expect(deaf.clients[0]?.result).toBe("a@1")
    expect(deaf.histories()[3]).toEqual([])
    const silent = new Group()
    silent.silent.add(2)
    silent.submit(0)
    silent.settle()
    expect(silent.clients[0]?.result).toBe("a@1")
  })

  it("but not when two of four are silent", () => {
    const group = new Group()
    group.silent.add(2).add(3)
    group.submit(0)
    group.settle()
    expect(group.clients[0]?.result).toBeUndefined()
    expect(group.histories()).toEqual([[], [], [], []])
  })
})
