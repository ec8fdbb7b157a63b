/** What others executed is believed when f + 1 say so, and is no vote (spec/tla/Pbft.tla, told). */
import { describe, expect, it } from "vitest"
import { leavingP, leavingQ } from "../../../src/core/pbft/certificates.ts"
import { executedAlike, takenForCommitted, tellsAgree } from "../../../src/core/pbft/invariants.ts"
import type { PeerMessage } from "../../../src/core/pbft/message.ts"
import { isMute } from "../../../src/core/pbft/rejoin.ts"
import { step } from "../../../src/core/pbft/replica.ts"
import { neededBatches } from "../../../src/core/pbft/resend.ts"
import { durableRecords } from "../../../src/core/pbft/restart.ts"
import type { Input, State } from "../../../src/core/pbft/state.ts"
import { toTell } from "../../../src/core/pbft/telling.ts"
import { committedAt } from "../../../src/core/pbft/told.ts"
import * as Window from "../../../src/core/window.ts"
import {
  after,
  broadcasts,
  committing,
  executed,
  lastStep,
  prePrepare,
  prepare,
  receive,
  replies,
  request,
  signed,
} from "../../support/pbft.ts"
import { rejoining } from "../../support/rejoin-guards.ts"
import { believing, committed, tell } from "../../support/told-guards.ts"

const config = believing()
const one = [signed(0, 1)]
const d1 = "0:1:a"
const other = [signed(1, 1, "b")]
const otherDigest = "1:1:b"
const batch = (content = one): Input => receive({ _tag: "Batch", batch: content })
const leave: Input = { _tag: "Timeout", view: 0 }
const told = (digest: string, seq = 1): ReadonlyArray<Input> => [
  committed(0, seq, digest),
  committed(2, seq, digest),
]
const ran = executed(1, ["r1"])

describe("what others executed", () => {
  it("is asked for and executed when f + 1 say so, and not by fewer", () => {
    const first = lastStep(config, [committed(0, 1, d1)])
    expect([first.action, first.effects]).toEqual(["RecvCommitted", []])
    const second = lastStep(config, told(d1))
    expect(broadcasts(second.effects)).toEqual([{ _tag: "FetchBatch", digest: d1, replica: 1 }])
    const given = lastStep(config, [...told(d1), batch()])
    expect(given.effects).toMatchObject([{ _tag: "Execute", seq: 1, requests: [{ client: 0 }] }])
    const done = lastStep(config, [...told(d1), batch(), ran])
    expect(done.action).toBe("Execute")
    expect(replies(done.effects)).toMatchObject([{ client: 0, timestamp: 1, result: "r1" }])
    expect(done.state.told).toEqual({ own: [{ seq: 1, digest: d1 }], claims: [], batches: [] })
  })

  it("counts each replica once, for one number and one batch", () => {
    for (const inputs of [
      [committed(0, 1, d1), committed(0, 1, d1)],
      [committed(0, 1, d1), committed(2, 1, otherDigest)],
      [committed(0, 1, d1), committed(2, 2, d1)],
      [committed(0, 1, d1), committed(0, 2, d1)],
    ]) {
      const state = after(config, [...inputs, batch(), batch(other)])
      expect([1, 2].map((seq) => committedAt(config, state, seq))).toEqual([undefined, undefined])
    }
  })

  it("needs no asking where the batch was pre-prepared, which stays a vote as it was", () => {
    const last = lastStep(config, [receive(prePrepare(1, one)), ...told(d1)])
    expect(broadcasts(last.effects)).toEqual([])
    expect(last.effects).toMatchObject([{ _tag: "Execute", seq: 1 }])
    expect(Window.get(last.state.log, 1)).toMatchObject({ phase: "prePrepared", digest: d1 })
  })

  it("is no vote: nothing of it is in the log, in P or in Q, or on the disk", () => {
    const state = after(config, [...told(d1), batch(), ran])
    expect(Window.occupied(state.log)).toEqual([])
    expect([leavingP(state), leavingQ(state), durableRecords(config, state)]).toEqual([[], [], []])
  })

  it("may be another batch than the one that this replica voted for, and has said", () => {
    const inputs = [receive(prePrepare(1, one)), ...told(otherDigest), batch(other), ran]
    const state = after(config, inputs)
    expect(state.executed).toBe(1)
    expect(Window.get(state.log, 1)).toMatchObject({ phase: "prePrepared", digest: d1 })
    expect(leavingQ(state).map((e) => e.digest)).toEqual([d1])
    expect(takenForCommitted(config, state)).toEqual([{ seq: 1, digest: otherDigest }])
  })

  it("is executed while the replica takes part in no view, up to a stable checkpoint", () => {
    const inputs = [
      leave,
      ...told(d1),
      batch(),
      ran,
      ...told("0:2:a", 2),
      batch([signed(0, 2)]),
      executed(2, ["r2"], "s2"),
    ]
    const last = lastStep(config, inputs)
    expect([last.state.active, last.state.executed]).toEqual([false, 2])
    const [own] = broadcasts(last.effects)
    expect(own).toMatchObject({ _tag: "Checkpoint", seq: 2 })
    const digest = own?._tag === "Checkpoint" ? own.digest : ""
    const votes = [0, 2].map((replica) => receive({ _tag: "Checkpoint", seq: 2, digest, replica }))
    const stable = after(config, [...inputs, ...votes])
    expect([stable.log.low, stable.told.own]).toEqual([2, []])
  })

  it("that is the null request needs no batch", () => {
    const last = lastStep(config, told(config.batchDigest([])))
    expect(last.effects).toEqual([
      { _tag: "Execute", seq: 1, requests: [], checkpoint: false, undoable: false },
    ])
  })

  it("is asked for again while the batch is missing, in a view and out of it", () => {
    for (const inputs of [told(d1), [leave, ...told(d1)]]) {
      const state = after(config, inputs)
      expect(neededBatches(config, state)).toEqual([{ _tag: "FetchBatch", digest: d1, replica: 1 }])
      expect(neededBatches(config, after(config, [...inputs, batch()]))).toEqual([])
    }
  })

  it("is forgotten by a restart, like all that others said", () => {
    const state = after(config, [...told(d1), batch(), ran])
    const restarted = step(config, state, {
      _tag: "Restart",
      durable: durableRecords(config, state),
    })
    expect(restarted.state.told).toEqual({ own: [], claims: [], batches: [] })
    expect(restarted.state.executed).toBe(0)
  })

  it("is executed by a replica that lost its disk and is still silent", () => {
    const lost = believing({ clients: 6, recoverers: 2 })
    const state = after(lost, [rejoining(5), ...told(d1), batch(), ran])
    expect([isMute(state), state.executed]).toEqual([true, 1])
  })
})

describe("what a replica executed tentatively", () => {
  const hasty = believing({ maxTentative: 1 })
  const prepared = [receive(prePrepare(1, one)), receive(prepare(2, 1, d1))]

  it("is settled when others executed it", () => {
    const last = lastStep(hasty, [...prepared, ran, ...told(d1), executed(1, [])])
    expect([last.action, last.state.undo]).toEqual(["Settle", undefined])
    expect(last.state.told.own).toEqual([{ seq: 1, digest: d1 }])
  })

  it("stands until the view is left when others executed something else", () => {
    const inputs = [...prepared, ran, ...told(otherDigest), batch(other)]
    expect(lastStep(hasty, inputs).effects).toEqual([])
    expect(after(hasty, inputs).undo).toBeDefined()
    const left = lastStep(hasty, [...inputs, leave])
    expect(left.effects.map((e) => e._tag)).toEqual(["Undo", "Persist", "Broadcast", "Execute"])
    const done = lastStep(hasty, [...inputs, leave, executed(1, ["other"])])
    expect(replies(done.effects)).toMatchObject([{ client: 1, result: "other" }])
  })

  it("is not asked of the service for another batch while it may be under way", () => {
    const waits = after(hasty, [...prepared, ...told(otherDigest), batch(other)])
    expect(committedAt(hasty, waits, 1)).toBeUndefined()
  })
})

describe("telling", () => {
  const done = [...committing(1, one), ran]

  it("goes to the one replica that stays behind, of numbers that were executed for good", () => {
    const last = lastStep(config, [...done, tell(1)])
    expect(last.effects).toEqual([
      {
        _tag: "SendToReplicas",
        replicas: [3],
        message: { _tag: "Committed", seq: 1, digest: d1, replica: 1 },
      },
    ])
  })

  it("starts after what the other one executed, and goes on for so many numbers", () => {
    const more = [...done, ...committing(2, [signed(0, 2)]), executed(2, ["r2"], "s2")]
    const state = after(config, [...more, ...committing(3, [signed(0, 3)]), executed(3, ["r3"])])
    const seqs = (executedSeq: number, most: number): ReadonlyArray<Input> =>
      toTell(config, state, { replica: 3, executed: executedSeq, most })
    expect(seqs(0, 2)).toEqual([tell(1), tell(2)])
    expect(seqs(1, 9)).toEqual([tell(2), tell(3)])
    expect(seqs(3, 9)).toEqual([])
    expect(toTell(config, state, { replica: 1, executed: 0, most: 9 })).toEqual([])
  })

  it("is not done where the configuration says so", () => {
    const silent = after({ ...config, tellCommitted: false }, done)
    expect(silent.told.own).toEqual([])
  })
})

describe("the invariants of it", () => {
  const say = (replica: number, digest: string): PeerMessage => ({
    _tag: "Committed",
    seq: 1,
    digest,
    replica,
  })
  const mine: State = after(config, [...committing(1, one), ran])
  const others: State = after(config, [...told(otherDigest), batch(other), ran])

  it("TellsAgree", () => {
    expect(tellsAgree([say(0, d1), say(1, d1)])).toBeNull()
    expect(tellsAgree([say(0, d1), say(1, otherDigest)])).toBe("two batches are told of at 1")
  })

  it("ExecutedAlike", () => {
    expect(executedAlike(mine, mine)).toBeNull()
    expect(executedAlike(others, mine)).toMatch(/sequence number 1/)
    expect(executedAlike(others, after(config, committing(1, one)))).toMatch(/sequence number 1/)
    expect(executedAlike(mine, after(config, [receive(request(0, 1))]))).toBeNull()
  })
})
