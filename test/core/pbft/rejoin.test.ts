/** A replica that lost its disk (TOCS section 5, for one that has nothing left). */
import { describe, expect, it } from "vitest"
import { isMute, recoveryRequest, requestFor } from "../../../src/core/pbft/rejoin.ts"
import { fromFullProjection, fullProjection } from "../../../src/core/pbft/projection.ts"
import { step } from "../../../src/core/pbft/replica.ts"
import { isProposer } from "../../../src/core/pbft/proposal.ts"
import { durableRecords } from "../../../src/core/pbft/restart.ts"
import type { Input, State } from "../../../src/core/pbft/state.ts"
import { viewTimer } from "../../../src/core/pbft/timer.ts"
import {
  after,
  broadcasts,
  commit,
  executed,
  lastStep,
  prePrepare,
  receive,
  request,
  signed,
} from "../../support/pbft.ts"
import { asking, recovering, rejoining, viewChangeOf } from "../../support/rejoin-guards.ts"

const config = recovering(1)
const { checkpointInterval, logSize } = config
const batch = [asking(1, 5)]
const digest = config.batchDigest(batch)

/** The others commit to its request, which it fetches. */
const decided: ReadonlyArray<Input> = [
  ...[0, 2, 3].map((r) => receive(commit(r, 1, digest))),
  receive({ _tag: "Batch", batch }),
  executed(1, ["taken back"]),
]

const restarted = (state: State): State =>
  step(config, state, { _tag: "Restart", durable: durableRecords(config, state) }).state

describe("a request to be taken back", () => {
  const heard = receive({ _tag: "Request", ...asking(3, 5) })

  it("says that nothing which its replica said before counts, long before it is executed", () => {
    const took = lastStep(config, [heard])
    expect(took.state.heard).toEqual([{ replica: 3, incarnation: 5 }])
    expect(took.effects).toEqual([
      { _tag: "Persist", record: { _tag: "Heard", replica: 3, incarnation: 5 } },
    ])
    const { action } = step(config, took.state, receive(viewChangeOf(3, 9, 4)))
    expect(action).toBe("Ignore:OldIncarnation")
    const later = step(config, took.state, receive(viewChangeOf(3, 1, 5)))
    expect(later.action).toBe("RecvViewChange")
  })

  it("is remembered through a restart, and not by who is recovered later itself", () => {
    const state = after(config, [heard])
    expect(restarted(state).heard).toEqual(state.heard)
    const durable = durableRecords(config, state)
    expect(step(config, state, { _tag: "Recover", incarnation: 6, durable }).state.heard).toEqual(
      [],
    )
    expect(step(config, state, rejoining(6)).state.heard).toEqual([])
    const gone = [...durable, { _tag: "Rejoined", incarnation: 6 } as const]
    expect(step(config, state, { _tag: "Restart", durable: gone }).state.heard).toEqual([])
  })

  it("of an earlier incarnation than was heard of tells nothing, nor does the own one", () => {
    const again = receive({ _tag: "Request", ...asking(3, 4) })
    const state = restarted(after(config, [heard]))
    expect(step(config, state, again).state.heard).toEqual(state.heard)
    expect(step(config, state, receive({ _tag: "Request", ...asking(1, 4) })).state.heard).toEqual(
      state.heard,
    )
  })

  it("lets later VIEW-CHANGEs in, whatever view its replica named before", () => {
    const state = after(config, [receive(viewChangeOf(3, 9)), heard])
    const took = step(config, state, receive(viewChangeOf(3, 1, 5)))
    expect(took.action).toBe("RecvViewChange")
    expect(took.state.viewChanges).toMatchObject([{ replica: 3, view: 1 }])
  })

  it("has the replica join nobody because of what was said before", () => {
    const inputs = [receive(viewChangeOf(3, 9)), heard, receive(viewChangeOf(2, 9))]
    expect(after(config, inputs).view).toBe(0)
    expect(after(config, inputs.toSpliced(1, 1)).view).toBe(9)
  })

  it("is said again to who has not gone on since, until it is below its log", () => {
    const point = logSize
    const state = after(config, [rejoining(5), ...decided])
    expect(recoveryRequest(config, state)).toBeUndefined()
    expect(requestFor(config, state, point - 1)?.timestamp).toBe(5)
    expect(requestFor(config, state, point)).toBeUndefined()
    expect(requestFor(config, after(config, []), 0)).toBeUndefined()
  })

  it("is in a trace as it was heard", () => {
    const state = after(config, [heard])
    const shown = fullProjection(state)
    expect(shown.heard).toEqual([{ replica: 3, incarnation: 5 }])
    expect(fullProjection(fromFullProjection(config, shown))).toEqual(shown)
  })
})

describe("a replica that lost its disk", () => {
  it("starts with nothing, writes down as what it came back, and asks to be taken back", () => {
    const took = step(config, after(config, [receive(prePrepare(1, [signed(0, 1)]))]), rejoining(5))
    expect(took.action).toBe("Rejoin")
    expect(took.state.log.low).toBe(0)
    expect(took.effects).toMatchObject([
      { _tag: "Persist", record: { _tag: "Rejoined", incarnation: 5 } },
      {
        _tag: "SendToReplicas",
        replicas: [0, 2, 3],
        message: { _tag: "Request", client: 3, timestamp: 5, operation: "recover" },
      },
    ])
    expect(isMute(took.state)).toBe(true)
    expect(viewTimer(config, after(config, [rejoining(5), receive(request(0, 1))]))).toBeUndefined()
  })

  it("proposes nothing as the primary, so that its driver does not try for ever", () => {
    const primary = recovering(0)
    const asked = [receive(request(0, 1))]
    const propose: Input = { _tag: "Propose", count: 1 }
    const healthy = after(primary, asked)
    expect([isProposer(primary, healthy), step(primary, healthy, propose).action]).toEqual([
      true,
      "SendPrePrepare",
    ])
    const mute = after(primary, [rejoining(5), ...asked])
    expect([isProposer(primary, mute), step(primary, mute, propose).action]).toEqual([
      false,
      "Ignore:Mute",
    ])
  })

  it("executes what the others commit to, and so learns from where on it votes", () => {
    const state = after(config, [rejoining(5), ...decided])
    expect(state.executed).toBe(1)
    expect(state.recovery).toEqual({ incarnation: 5, point: logSize })
    expect(recoveryRequest(config, state)).toBeUndefined()
    expect(isMute(state)).toBe(true)
    const last = lastStep(config, [rejoining(5), ...decided])
    expect(last.effects[0]).toEqual({
      _tag: "Persist",
      record: { _tag: "RecoveryPoint", seq: logSize },
    })
  })

  it("rounds down to the checkpoint before: its votes reach a full log above that", () => {
    const at = checkpointInterval + 1
    const others = Array.from({ length: checkpointInterval }, (_, k) => [signed(0, k + 1)])
    const inputs = [...others, batch].flatMap((b, k) => [
      ...[0, 2, 3].map((r) => receive(commit(r, k + 1, config.batchDigest(b)))),
      receive({ _tag: "Batch", batch: b }),
      executed(k + 1, ["r"], (k + 1) % checkpointInterval === 0 ? "s" : ""),
    ])
    const state = after(config, [rejoining(5), ...inputs])
    expect(state.executed).toBe(at)
    expect(state.recovery?.point).toBe(checkpointInterval + logSize)
  })

  it("is not taken back by the request of an earlier incarnation", () => {
    const state = after(config, [rejoining(6), ...decided])
    expect(state.executed).toBe(1)
    expect(state.recovery).toEqual({ incarnation: 6, point: undefined })
    expect(recoveryRequest(config, state)?.timestamp).toBe(6)
  })

  it("has both from its disk after a restart", () => {
    const asked = after(config, [rejoining(5)])
    expect(restarted(asked).recovery).toEqual({ incarnation: 5, point: undefined })
    const placed = after(config, [rejoining(5), ...decided])
    expect(restarted(placed).recovery).toEqual({ incarnation: 5, point: logSize })
  })

  it("does not join those who leave a view, nor vote for what a new view starts with", () => {
    const ahead = [2, 3].map((r) => receive(viewChangeOf(r, 1)))
    const state = after(config, [rejoining(5), ...ahead])
    expect([state.view, state.active]).toEqual([0, true])
    expect(broadcasts(lastStep(config, [rejoining(5), ...ahead]).effects)).toEqual([])
  })

  it("says in its VIEW-CHANGEs as what it came back, once it votes", () => {
    const asked = after(config, [rejoining(5)])
    const votes = { ...asked, recovery: { incarnation: 5, point: 0 } }
    const took = step(config, votes, { _tag: "Timeout", view: 0 })
    expect(broadcasts(took.effects)).toMatchObject([{ _tag: "ViewChange", incarnation: 5 }])
  })
})
