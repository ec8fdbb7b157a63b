/** Castro and Liskov, OSDI '99, section 4.3 (garbage collection), in our words. */
import { describe, expect, it } from "vitest"
import { wantedStates } from "../../src/core/pbft/state-transfer.ts"
import { step } from "../../src/core/pbft/replica.ts"
import * as Window from "../../src/core/window.ts"
import { Group } from "../support/group.ts"
import {
  after,
  broadcasts,
  checkpoint,
  checkpointDigestAt2,
  checkpointing,
  configOf,
  executed,
  lastStep,
  prePrepare,
  prepare,
  receive,
  records,
  signed,
} from "../support/pbft.ts"

const backup = configOf(1)

describe("4.3 Checkpoints", () => {
  const others = [0, 2, 3].map((r) => receive(checkpoint(r, 2, checkpointDigestAt2)))

  it("are taken after every K-th number and told to all, with the number and the digest", () => {
    const took = lastStep(backup, checkpointing)
    expect(broadcasts(took.effects)).toEqual([checkpoint(1, 2, checkpointDigestAt2)])
    const first = lastStep(backup, checkpointing.slice(0, 5))
    expect(broadcasts(first.effects)).toEqual([])
  })

  it("cover the replies too: replicas with other last replies have another digest", () => {
    const other = [...checkpointing.slice(0, -1), executed(2, ["other"], "s2")]
    const [told] = broadcasts(lastStep(backup, other).effects)
    expect(told).toMatchObject({ _tag: "Checkpoint", seq: 2 })
    expect(told).not.toEqual(checkpoint(1, 2, checkpointDigestAt2))
  })

  it("are stable with 2f + 1 equal votes, the own one among them", () => {
    const one = after(backup, [...checkpointing, ...others.slice(0, 1)])
    expect(one.log.low).toBe(0)
    const took = lastStep(backup, [...checkpointing, ...others.slice(0, 2)])
    expect(took.state.log.low).toBe(2)
    expect(records(took.effects)).toEqual([{ _tag: "CheckpointStable", seq: 2 }])
  })

  it("are not stable without the own one, however many others vouch", () => {
    expect(after(backup, others).log.low).toBe(0)
    const took = lastStep(backup, [...others, ...checkpointing])
    expect(took.state.log.low).toBe(2)
  })

  it("that f + 1 took and this replica did not reach may be fetched", () => {
    const wanted = (inputs: ReturnType<typeof receive>[]) =>
      wantedStates(backup, after(backup, inputs)).map((c) => c.seq)
    expect(wanted(others.slice(0, 1))).toEqual([])
    expect(wanted(others.slice(0, 2))).toEqual([2])
    expect(wanted([...others.slice(0, 1), receive(checkpoint(3, 2, "other"))])).toEqual([])
    expect(wanted([...others, ...checkpointing])).toEqual([])
    const wrong = [0, 2].map((r) => receive(checkpoint(r, 2, "other")))
    expect(wanted([...wrong, ...checkpointing])).toEqual([])
  })

  it("are not stable by votes for another digest", () => {
    const wrong = [0, 2, 3].map((r) => receive(checkpoint(r, 2, "other")))
    expect(after(backup, [...checkpointing, ...wrong]).log.low).toBe(0)
  })

  it("once stable, drop all messages up to their number and every older checkpoint", () => {
    const beyond = [receive(prePrepare(3, [signed(1, 1)])), receive(checkpoint(3, 4, "d"))]
    const state = after(backup, [...checkpointing, ...beyond, ...others.slice(0, 2)])
    expect(Window.occupied(state.log)).toEqual([3])
    expect(state.checkpoints.map((c) => c.seq)).toEqual([2])
    expect(state.checkpointVotes.map((v) => v.seq)).toEqual([4, 6])
    expect(state.checkpointVotes[0]?.votes).toEqual(["", "", "", "d"])
  })

  it("move both watermarks: what was too high is inside then, what was inside is too low", () => {
    const state = after(backup, [...checkpointing, ...others.slice(0, 2)])
    const at = (seq: number) => step(backup, state, receive(prepare(3, seq, "d"))).action
    expect([2, 3, 6, 7].map(at)).toEqual([
      "Ignore:OutsideWatermarks",
      "RecvPrepare",
      "RecvPrepare",
      "Ignore:OutsideWatermarks",
    ])
  })

  it("let the primary go on past its first window", () => {
    const group = new Group()
    for (const operation of ["a", "b", "c", "d", "e", "f", "g"]) {
      group.submit(0, operation)
      group.settle()
    }
    expect(group.clients[0]?.result).toBe("g@7")
    expect(group.replicas.map(({ state }) => state.log.low)).toEqual([6, 6, 6, 6])
  })
})
