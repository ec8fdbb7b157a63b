/**
 * TOCS 2002, section 5.1: replies before the end of agreement, reads without an order, digest
 * replies. RecvRead, AnswerRead, ExecuteTentatively and Settle of the specification.
 */
import { describe, expect, it } from "vitest"
import { initClient, stepClient } from "../../src/core/pbft/client.ts"
import type { Read, Reply } from "../../src/core/pbft/message.ts"
import { step } from "../../src/core/pbft/replica.ts"
import { durableRecords } from "../../src/core/pbft/restart.ts"
import type { Input, State } from "../../src/core/pbft/state.ts"
import { groupOf } from "../../src/core/quorum.ts"
import {
  after,
  authentic,
  batchDigest,
  broadcasts,
  clientConfigOf,
  commit,
  committing,
  configOf,
  executed,
  lastStep,
  prePrepare,
  prepare,
  receive,
  replies,
  reply,
  request,
  signed,
} from "../support/pbft.ts"

const a1 = [signed(0, 1)]
const d1 = batchDigest(a1)
const hasty = configOf(1, { readOnly: true, maxTentative: 1 })
const preparing = [receive(prePrepare(1, a1)), receive(prepare(2, 1, d1))]
const commits = [receive(commit(0, 1, d1)), receive(commit(2, 1, d1))]
const read = (client: number, timestamp: number): Input => {
  const message: Read = { _tag: "Read", ...signed(client, timestamp, "read") }
  return receive(message)
}
const readDone: Input = { _tag: "ReadDone", client: 1, timestamp: 1, result: "r" }

const tags = (effects: ReadonlyArray<{ readonly _tag: string }>) => effects.map((e) => e._tag)

describe("5.1 tentative execution", () => {
  it("asks for the execution of a prepared batch, and answers as tentative", () => {
    const prepared = lastStep(hasty, preparing)
    expect(prepared.effects).toContainEqual({
      _tag: "Execute",
      seq: 1,
      requests: [{ client: 0, timestamp: 1, operation: "a" }],
      checkpoint: false,
      undoable: true,
    })
    const ran = lastStep(hasty, [...preparing, executed(1, ["r1"])])
    expect(ran.action).toBe("ExecuteTentatively")
    expect(replies(ran.effects)).toMatchObject([{ result: "r1", tentative: true }])
  })

  it("has a request that comes again wait for its agreement, so that its timer runs", () => {
    const asked = receive(request(0, 1))
    const ran = after(hasty, [...preparing, executed(1, ["r1"]), asked])
    expect(ran.queue).toMatchObject([{ client: 0, timestamp: 1 }])
    expect(after(hasty, [...preparing, executed(1, ["r1"]), asked, asked]).queue).toHaveLength(1)
    const settled = [...preparing, executed(1, ["r1"]), asked, ...commits, executed(1, [])]
    expect(after(hasty, settled).queue).toEqual([])
    expect(after(hasty, [...settled, asked]).queue).toEqual([])
  })

  it("executes nothing on top of what is not committed", () => {
    const a2 = [signed(0, 2)]
    const second = [receive(prePrepare(2, a2)), receive(prepare(2, 2, batchDigest(a2)))]
    const prepared = lastStep(hasty, [...preparing, executed(1, ["r1"]), ...second])
    expect(tags(prepared.effects)).not.toContain("Execute")
  })

  it("settles when the batch is committed: then it takes the checkpoint and goes on", () => {
    const everyOne = configOf(1, { readOnly: true, maxTentative: 1, checkpointInterval: 1 })
    const before = [...preparing, executed(1, ["r1"])]
    expect(broadcasts(lastStep(everyOne, before).effects)).toEqual([])
    const committed = lastStep(everyOne, [...before, ...commits])
    expect(committed.effects).toContainEqual({
      _tag: "Execute",
      seq: 1,
      requests: [],
      checkpoint: true,
      undoable: false,
    })
    const settled = lastStep(everyOne, [...before, ...commits, executed(1, [], "s1")])
    expect(settled.action).toBe("Settle")
    expect(broadcasts(settled.effects)).toMatchObject([{ _tag: "Checkpoint", seq: 1 }])
    expect(settled.state.undo).toBeUndefined()
  })

  it("is undone when the view is left; the request still waits", () => {
    const waiting = [receive(request(0, 1)), ...preparing, executed(1, ["r1"])]
    expect(after(hasty, waiting).queue).toHaveLength(1)
    const left = lastStep(hasty, [...waiting, { _tag: "Timeout", view: 0 }])
    expect(left.effects[0]).toEqual({ _tag: "Undo" })
    const { executed: last, table, queue } = left.state
    expect([last, queue.length, table.chunks[0]?.[0]?.timestamp]).toEqual([0, 1, 0])
  })

  it("a repeated request gets the stored reply, as tentative until the batch is committed", () => {
    const before = [...preparing, executed(1, ["r1"])]
    const again = receive(request(0, 1))
    expect(replies(lastStep(hasty, [...before, again]).effects)[0]?.tentative).toBe(true)
    const settled = [...before, ...commits, executed(1, [])]
    expect(replies(lastStep(hasty, [...settled, again]).effects)[0]?.tentative).toBeUndefined()
  })
})

describe("5.1 read-only operations", () => {
  it("are executed at once on a committed state, and answered when the service has read", () => {
    const asked = lastStep(hasty, [read(1, 1)])
    expect(asked.action).toBe("RecvRead")
    const effect = { _tag: "ReadState", client: 1, timestamp: 1, operation: "read" }
    expect(asked.effects).toEqual([effect])
    const answered = lastStep(hasty, [read(1, 1), readDone])
    expect(answered.action).toBe("AnswerRead")
    expect(replies(answered.effects)).toMatchObject([{ result: "r", readOnly: true }])
  })

  it("wait while the state is tentative, and are read before anything else is executed", () => {
    const waiting = [...preparing, executed(1, ["r1"]), read(1, 1)]
    expect(lastStep(hasty, waiting).effects).toEqual([])
    const a2 = [signed(0, 2)]
    const second = [receive(prePrepare(2, a2)), receive(prepare(2, 2, batchDigest(a2)))]
    const settled = lastStep(hasty, [...waiting, ...second, ...commits, executed(1, [])])
    expect(tags(settled.effects)).toEqual(["ReadState", "Execute"])
    const published = { ...hasty, hastyReads: true }
    const undone = lastStep(published, [...waiting, { _tag: "Timeout", view: 0 }])
    expect(tags(undone.effects).slice(0, 2)).toEqual(["Undo", "ReadState"])
  })

  it("wait beyond the paper for what was prepared, though it is taken back or forgotten", () => {
    const left: Input = { _tag: "Timeout", view: 0 }
    const undone = after(hasty, [...preparing, executed(1, ["r1"]), read(1, 1), left])
    expect(undone.reads).toMatchObject([{ client: 1, after: 1 }])
    expect(step(hasty, undone, readDone).action).toBe("Ignore:NotSettled")
    const ran = after(hasty, [...preparing, executed(1, ["r1"]), ...commits, executed(1, [])])
    const durable = durableRecords(hasty, ran)
    const again = step(hasty, step(hasty, ran, { _tag: "Restart", durable }).state, read(1, 1))
    expect([again.action, again.effects]).toEqual(["RecvRead", []])
    const committed = [receive(commit(0, 1, d1)), receive(commit(2, 1, d1)), executed(1, ["r1"])]
    const tagsOf = committed.reduce<{ readonly state: State; readonly seen: string }>(
      ({ state }, input) => {
        const took = step(hasty, state, input)
        return { state: took.state, seen: tags(took.effects).join() }
      },
      { state: again.state, seen: "" },
    )
    expect(tagsOf.seen).toContain("ReadState")
  })

  it("that change the state are refused by the service, and not answered", () => {
    const refused = lastStep(hasty, [read(1, 1), { ...readDone, result: undefined } as Input])
    expect(refused.action).toBe("AnswerRead")
    expect(refused.effects).toEqual([])
    expect(refused.state.reads).toEqual([])
  })
})

const client = clientConfigOf(0, { group: groupOf(4), replyQuorum: 3 })

/** The result that a client accepts after these answers to its request; undefined: none yet. */
const accepted = (
  answers: ReadonlyArray<Reply>,
  how: { readonly readOnly?: true; readonly replyQuorum?: number } = {},
): string | undefined => {
  const { readOnly, replyQuorum = 3 } = how
  const config = { ...client, replyQuorum }
  const submit = { _tag: "Submit" as const, operation: "a", ...(readOnly && { readOnly }) }
  const asked = stepClient(config, initClient(config), submit).state
  return answers.reduce(
    (state, m) => stepClient(config, state, { _tag: "Receive", message: authentic(m) }).state,
    asked,
  ).result
}

describe("5.1 what a client accepts", () => {
  const plain = (replica: number) => reply(replica, 1, "r")
  const tentative = (replica: number, view = 0) => reply(replica, 1, "r", { tentative: true, view })
  const digest = (replica: number) => reply(replica, 1, client.resultDigest("r"), { digest: true })
  const reading = (replica: number) => reply(replica, 1, "r", { readOnly: true })

  it("2f + 1 tentative answers of one view, or with committed ones among them", () => {
    expect(accepted([tentative(0), tentative(1)], { replyQuorum: 2 })).toBeUndefined()
    expect(accepted([tentative(0), tentative(1), tentative(2)])).toBe("r")
    expect(accepted([tentative(0), tentative(1, 1), tentative(2)])).toBeUndefined()
    expect(accepted([tentative(0), plain(1), tentative(2)])).toBe("r")
    expect(accepted([tentative(0), plain(1), plain(2)], { replyQuorum: 2 })).toBe("r")
  })

  it("a committed answer in place of a tentative one of the same replica, once", () => {
    expect(accepted([tentative(0), plain(0), plain(1)], { replyQuorum: 2 })).toBe("r")
    expect(accepted([tentative(0), plain(0), tentative(0)], { replyQuorum: 2 })).toBeUndefined()
  })

  it("one whole result, and digests of it", () => {
    expect(accepted([digest(0), digest(1), digest(2)])).toBeUndefined()
    expect(accepted([digest(0), digest(1), plain(2)])).toBe("r")
    expect(accepted([plain(2), digest(0), digest(1)])).toBe("r")
    const other = reply(2, 1, "other")
    expect(accepted([digest(0), digest(1), other, plain(3)])).toBe("r")
  })

  it("a strong quorum of answers to a read, whatever writes need", () => {
    const few = { readOnly: true, replyQuorum: 2 } as const
    expect(accepted([reading(0), reading(1)], few)).toBeUndefined()
    expect(accepted([reading(0), reading(1), reading(3)], few)).toBe("r")
  })
})

describe("5.1 digest replies", () => {
  it("the replica that is asked answers in full, the others by digest", () => {
    const replyOf = (replier: number) => {
      const batch = [{ ...signed(0, 1), replier }]
      return replies(lastStep(configOf(1), [...committing(1, batch), executed(1, ["r1"])]).effects)
    }
    expect(replyOf(1)).toMatchObject([{ result: "r1" }])
    expect(replyOf(1)[0]?.digest).toBeUndefined()
    expect(replyOf(2)).toMatchObject([{ result: configOf(1).resultDigest("r1"), digest: true }])
  })

  it("a request that comes again is answered in full", () => {
    const batch = [{ ...signed(0, 1), replier: 2 }]
    const again = [...committing(1, batch), executed(1, ["r1"]), receive(request(0, 1))]
    expect(replies(lastStep(configOf(1), again).effects)).toMatchObject([{ result: "r1" }])
  })
})

describe("a decision that the primary did not tell (Berger, Reiser and Bessani, SRDS 2021)", () => {
  const curious = configOf(1, { fetchDecisions: true })
  const heard = [0, 2, 3].map((replica) => receive(commit(replica, 1, d1)))

  it("is asked for when 2f + 1 replicas commit to it, and executed without a vote", () => {
    expect(broadcasts(lastStep(curious, heard).effects)).toEqual([
      { _tag: "FetchBatch", digest: d1, replica: 1 },
    ])
    const taken = lastStep(curious, [...heard, receive({ _tag: "Batch", batch: a1 })])
    expect(taken.action).toBe("RecvBatch")
    expect(tags(taken.effects)).toEqual(["Execute"])
    const left = lastStep(curious, [
      ...heard,
      receive({ _tag: "Batch", batch: a1 }),
      executed(1, ["r1"]),
      { _tag: "Timeout", view: 0 },
    ])
    expect([left.state.pset, left.state.qset]).toEqual([[], []])
  })
})
