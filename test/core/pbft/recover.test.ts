/** A replica that is recovered with its disk (TOCS section 5). */
import { describe, expect, it } from "vitest"
import { contradiction, stableQuery, toldBy } from "../../../src/core/pbft/recover.ts"
import { highAt, isMute, isOpen, recoveryRequest } from "../../../src/core/pbft/rejoin.ts"
import { step } from "../../../src/core/pbft/replica.ts"
import { durableRecords, restart } from "../../../src/core/pbft/restart.ts"
import { fromFullProjection, fullProjection } from "../../../src/core/pbft/projection.ts"
import type { NewView } from "../../../src/core/pbft/message.ts"
import type { DurableRecord, Input, State } from "../../../src/core/pbft/state.ts"
import * as Window from "../../../src/core/window.ts"
import {
  after,
  checkpoint,
  commit,
  committing,
  executed,
  lastStep,
  prePrepare,
  propose,
  receive,
  signed,
} from "../../support/pbft.ts"
import { answerOf, bounded, queryOf, recoverOf } from "../../support/recover-guards.ts"
import { asking, recovering } from "../../support/rejoin-guards.ts"

const config = recovering(1)
const { logSize } = config
const back = recoverOf(5)

const restarted = (state: State): State =>
  step(config, state, { _tag: "Restart", durable: durableRecords(config, state) }).state

/** What was agreed on before it was recovered is on its disk. */
const before = after(config, [...committing(1, [signed(0, 1)]), executed(1, ["r1"])])

/** The recovered replica takes part again, and its own request is executed under number 1. */
const takenBack: ReadonlyArray<Input> = [
  ...bounded,
  ...[0, 2, 3].map((r) => receive(commit(r, 1, config.batchDigest([asking(1, 5)])))),
  receive({ _tag: "Batch", batch: [asking(1, 5)] }),
  executed(1, ["taken back"]),
]

describe("a replica that is recovered with its disk", () => {
  it("goes on with what is on it, and asks the others how far they are", () => {
    const took = step(config, before, recoverOf(5, durableRecords(config, before)))
    expect(took.action).toBe("Recover")
    expect(took.state.log).toEqual(restarted(before).log)
    expect(took.effects).toEqual([
      { _tag: "Persist", record: { _tag: "Recovering", incarnation: 5 } },
      { _tag: "Broadcast", message: { _tag: "QueryStable", incarnation: 5, replica: 1 } },
    ])
    expect(isMute(took.state)).toBe(true)
    expect(stableQuery(config, took.state)).toMatchObject({ incarnation: 5 })
    expect(recoveryRequest(config, took.state)).toBeUndefined()
  })

  it("has not said what was written to enter a view that it did not enter", () => {
    const digest = config.batchDigest([signed(0, 1)])
    const newView = { _tag: "NewView", view: 2, chosen: [{ seq: 1, digest }] } as unknown as NewView
    const torn: ReadonlyArray<DurableRecord> = [
      { _tag: "NewViewTaken", newView },
      { _tag: "PrePrepared", view: 2, seq: 1, digest, batch: [signed(0, 1)] },
    ]
    const recovering: DurableRecord = { _tag: "Recovering", incarnation: 5 }
    const phaseAfter = (...more: ReadonlyArray<DurableRecord>): string => {
      const records: ReadonlyArray<DurableRecord> = [...torn, ...more]
      const { log } = restart(config, [...records, { _tag: "ViewEntered", view: 2 }]).state
      return Window.get(log, 1).phase
    }
    expect([phaseAfter(), phaseAfter(recovering)]).toEqual(["prePrepared", "empty"])
  })

  it("is told the last checkpoint and the last number prepared", () => {
    const prepared = committing(2, [signed(1, 1)]).slice(0, -2)
    const state = after(config, [
      ...committing(1, [signed(0, 1)]),
      executed(1, ["r1"]),
      ...prepared,
    ])
    expect(toldBy(state)).toEqual({ checkpoint: 0, prepared: 2 })
    const answered = step(config, state, queryOf(3))
    expect(answered.action).toBe("RecvQueryStable")
    expect(answered.effects).toEqual([
      {
        _tag: "SendToReplicas",
        replicas: [3],
        message: {
          _tag: "ReplyStable",
          recovering: 3,
          incarnation: 5,
          checkpoint: 0,
          prepared: 2,
          replica: 1,
        },
      },
    ])
  })

  it("knows its bound from a strong quorum, its own disk in it, and then asks to be taken back", () => {
    expect(isMute(after(config, [back, answerOf(0)]))).toBe(true)
    const took = lastStep(config, bounded)
    expect(took.action).toBe("RecvReplyStable")
    expect(took.state.recovery?.estimate?.bound).toBe(logSize)
    expect(isMute(took.state)).toBe(false)
    expect(took.effects).toMatchObject([
      { _tag: "Persist", record: { _tag: "RecoveryBound", seq: logSize } },
      { _tag: "SendToReplicas", message: { _tag: "Request", client: 3, timestamp: 5 } },
    ])
  })

  it("takes a checkpoint that f others have prepared, whatever a liar says", () => {
    const high = { checkpoint: 100, prepared: 100 }
    const lied = after(config, [back, answerOf(3, high), answerOf(0)])
    expect(lied.recovery?.estimate?.bound).toBeUndefined()
    expect(step(config, lied, answerOf(2)).state.recovery?.estimate?.bound).toBe(logSize)
  })

  it("takes a checkpoint that 2f others do not exceed: none of its own lies above", () => {
    const ahead = { checkpoint: 4, prepared: 5 }
    const state = after(config, [back, answerOf(3), answerOf(0, ahead), answerOf(2, ahead)])
    expect(state.recovery?.estimate?.bound).toBe(4 + logSize)
  })

  it("counts of each replica the least checkpoint and the highest number prepared", () => {
    const told = [back, answerOf(0, { checkpoint: 4, prepared: 4 }), answerOf(0, { prepared: 1 })]
    expect(after(config, told).recovery?.estimate?.told[0]).toEqual({ checkpoint: 0, prepared: 4 })
  })

  it("sends nothing above its bound before a checkpoint there is stable", () => {
    const bound = logSize
    const digest = config.checkpointDigest(2, "s", [])
    const state = { ...after(config, bounded), log: { ...after(config, bounded).log, low: 2 } }
    expect(highAt(state, 2)).toBe(bound)
    expect(isOpen(state, bound)).toBe(true)
    expect(isOpen(state, bound + 1)).toBe(false)
    expect(highAt(state, bound)).toBe(bound + logSize)
    const beyond = bound + 1
    for (const input of [
      receive(prePrepare(beyond, [signed(0, 1)])),
      receive(commit(2, beyond, digest)),
    ]) {
      expect(step(config, state, input).action).toBe("Ignore:OutsideWatermarks")
    }
  })

  it("is recovered at a full log above its request, and not below its bound", () => {
    const state = after(config, takenBack)
    expect(state.recovery?.point).toBe(logSize)
    const ahead = { checkpoint: 4, prepared: 5 }
    const far: ReadonlyArray<Input> = [back, answerOf(3), answerOf(0, ahead), answerOf(2, ahead)]
    const bounds = after(config, [...far, ...takenBack.slice(bounded.length)])
    expect(bounds.recovery?.point).toBe(4 + logSize)
  })

  it("has its bound and its point from its disk; what it was told comes again", () => {
    const state = after(config, takenBack)
    expect(restarted(state).recovery).toEqual(state.recovery)
    const asked = after(config, [back, answerOf(0)])
    expect(restarted(asked).recovery?.estimate).toEqual({
      bound: undefined,
      told: [undefined, undefined, undefined, undefined],
    })
  })

  it("is recovered anew, also while it is being recovered", () => {
    const state = after(config, [back, answerOf(0)])
    const again = step(config, state, recoverOf(6, durableRecords(config, state)))
    expect(again.state.recovery).toMatchObject({ incarnation: 6, point: undefined })
  })

  it("is in a trace as it is", () => {
    for (const inputs of [[back, answerOf(0)], bounded, takenBack]) {
      const state = after(config, inputs)
      const { recovery } = fromFullProjection(config, fullProjection(state))
      expect(recovery).toEqual(state.recovery)
    }
  })
})

describe("a disk that is in order by itself", () => {
  const { checkpointInterval } = config
  const two: ReadonlyArray<Input> = [
    ...committing(1, [signed(0, 1)]),
    executed(1, ["r1"]),
    ...committing(2, [signed(0, 2)]),
    executed(2, ["r2"], "s2"),
  ]
  const state = after(config, [...bounded, ...two])
  const vote = (replica: number, digest: string): Input =>
    receive(checkpoint(replica, checkpointInterval, digest))
  const shown = (from: State, input: Input): string | undefined =>
    contradiction(config, from, step(config, from, input).state)

  it("is contradicted by f + 1 others that have another state, not by one", () => {
    const one = step(config, state, vote(3, "other")).state
    expect(contradiction(config, state, one)).toBeUndefined()
    expect(shown(one, vote(2, "third"))).toBeUndefined()
    expect(shown(one, vote(2, "other"))).toContain("of another state than that of the others")
  })

  it("is not contradicted once the replica is recovered, nor where it is not being recovered", () => {
    const recovered = {
      ...state,
      recovery: { ...state.recovery, incarnation: 5, point: 0 },
    } as State
    const always = after(config, two)
    for (const from of [recovered, always]) {
      const one = step(config, from, vote(3, "other")).state
      expect(shown(one, vote(2, "other"))).toBeUndefined()
    }
  })

  it("is contradicted where its stable checkpoint is beyond all that the others have", () => {
    const back5 = after(config, [back, answerOf(0)])
    const beyond = { ...back5, log: { ...back5.log, low: 2 * logSize } }
    const next = step(config, back5, answerOf(2)).state
    expect(contradiction(config, back5, next)).toBeUndefined()
    const far = { ...next, log: beyond.log }
    expect(contradiction(config, back5, far)).toContain("later than any that the others have")
  })
})

describe("an idle log", () => {
  const idle = { nullRequests: true } as const

  it("goes on by null requests, where that is switched on", () => {
    const primary = recovering(0, idle)
    const took = step(primary, after(primary, []), propose(0))
    expect(took.effects).toMatchObject([
      { _tag: "Persist", record: { _tag: "PrePrepared", seq: 1, batch: [] } },
      { _tag: "Broadcast", message: { _tag: "PrePrepare", seq: 1, batch: [] } },
    ])
    expect(step(recovering(0), after(recovering(0), []), propose(0)).action).toBe(
      "Ignore:BadBatchSize",
    )
  })

  it("has null requests of its primary accepted and executed", () => {
    const inputs = [...committing(1, []), executed(1, [])]
    expect(after(recovering(1, idle), inputs).executed).toBe(1)
    expect(step(config, after(config, []), receive(prePrepare(1, []))).action).toBe(
      "Ignore:BadBatchSize",
    )
  })

  it("counts what is stable when a checkpoint is", () => {
    const of = recovering(1, idle)
    const two = [...committing(1, []), executed(1, []), ...committing(2, [])]
    const state = after(of, [...two, executed(2, [], "s2")])
    const digest = state.checkpoints.at(-1)?.digest ?? ""
    const stable = [0, 2].map((r) => receive(checkpoint(r, 2, digest)))
    expect(after(of, [...two, executed(2, [], "s2"), ...stable]).log.low).toBe(2)
  })
})
