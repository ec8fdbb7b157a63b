/** Keys that change (TOCS section 4.2): what no certificate may hold any more, and what stays. */
import { describe, expect, it } from "vitest"
import { step } from "../../../src/core/pbft/replica.ts"
import { durableRecords } from "../../../src/core/pbft/restart.ts"
import type { Input, Slot, State } from "../../../src/core/pbft/state.ts"
import * as Window from "../../../src/core/window.ts"
import { rekeyed, rekeying } from "../../support/key-guards.ts"
import {
  after,
  checkpoint,
  checkpointDigestAt2,
  checkpointing,
  commit,
  committing,
  prePrepare,
  prepare,
  receive,
  receiveHalf,
  signed,
} from "../../support/pbft.ts"
import { answerOf, recoverOf } from "../../support/recover-guards.ts"
import { recovering } from "../../support/rejoin-guards.ts"
import { committed } from "../../support/told-guards.ts"

const config = rekeying()
const batch = [signed(0, 1)]
const digest = config.batchDigest(batch)
const accepted = receive(prePrepare(1, batch))
const voters = (votes: ReadonlyArray<string>) => votes.flatMap((d, k) => (d === "" ? [] : [k]))
const at1 = (state: State): Slot => Window.get(state.log, 1)
const rekey = (before: ReadonlyArray<Input>, ...of: ReadonlyArray<number>): State =>
  after(config, [...before, ...of.map(rekeyed)])

describe("a key that is replaced", () => {
  it("takes a backup's votes with it, and those of nobody else", () => {
    const votes = [2, 3].flatMap((r) => [prepare(r, 1, "other"), commit(r, 1, "other")])
    const slot = at1(rekey([accepted, ...votes.map(receive)], 2))
    expect(slot.phase).toBe("prePrepared")
    expect(voters(slot.prepares)).toEqual([1, 3])
    expect(voters(slot.commits)).toEqual([3])
  })

  it("leaves what completed a certificate", () => {
    const prepared = at1(rekey([accepted, receive(prepare(2, 1, digest))], 2, 0))
    expect(prepared.phase).toBe("prepared")
    expect(voters(prepared.prepares)).toEqual([1, 2])
    const all = committing(1, batch)
    expect(at1(rekey(all, 0, 2, 3))).toEqual(at1(after(config, all)))
  })

  it("has the primary's pre-prepare heard again, and no other one taken meanwhile", () => {
    const waits = rekey([accepted], 0)
    expect(at1(waits).phase).toBe("voted")
    const helped = step(config, waits, receive(prepare(2, 1, digest)))
    expect(at1(helped.state).phase).toBe("voted")
    expect(helped.effects).toEqual([])
    const other = step(config, waits, receive(prePrepare(1, [signed(0, 2)])))
    expect(other.action).toBe("Ignore:AlreadyPrePrepared")
    const again = step(config, helped.state, accepted)
    expect(at1(again.state).phase).toBe("prepared")
    expect(again.effects.map((e) => e._tag)).toEqual(["Persist", "Broadcast"])
  })

  it("takes along what was only held of the primary", () => {
    const held = receiveHalf(prePrepare(1, batch), [0])
    const slot = at1(rekey([held, receive(prepare(3, 1, "other"))], 0))
    expect(slot.phase).toBe("empty")
    expect(slot.batch).toEqual([])
    expect(voters(slot.prepares)).toEqual([3])
  })

  it("leaves what its owner said durable, and a process that starts hears the primary again", () => {
    const state = after(config, [accepted])
    const { state: back } = step(config, state, {
      _tag: "Restart",
      durable: durableRecords(config, state),
    })
    expect(at1(back).phase).toBe("voted")
    expect(durableRecords(config, back)).toEqual(durableRecords(config, state))
  })

  it("takes votes for checkpoints with it, in the window and above", () => {
    const before = [
      ...checkpointing,
      receive(checkpoint(0, 2, checkpointDigestAt2)),
      receive(checkpoint(2, 8, "far")),
    ]
    expect(after(config, before).checkpointVotes.map(({ seq }) => seq)).toEqual([2, 4, 8])
    const left = rekey(before, 0, 2).checkpointVotes
    expect(left.map(({ seq, votes }) => [seq, voters(votes)])).toEqual([
      [2, [1]],
      [4, []],
    ])
  })

  it("takes one word of what was executed with it, and no more where f + 1 gave theirs", () => {
    const believing = rekeying({ tellCommitted: true })
    const one = after(believing, [committed(2, 1, digest), rekeyed(2)])
    expect(one.told.claims).toEqual([])
    const two = [committed(2, 1, digest), committed(3, 1, digest), rekeyed(2)]
    expect(after(believing, two).told.claims).toHaveLength(2)
  })

  it("takes the answer to a replica that is recovered with it", () => {
    const back = { ...recovering(1), newKeys: true }
    const state = after(back, [recoverOf(5), answerOf(0), rekeyed(0)])
    expect(state.recovery?.estimate?.told[0]).toBeUndefined()
    const bounded = after(back, [recoverOf(5), answerOf(0), answerOf(2)])
    expect(step(back, bounded, rekeyed(0)).state).toBe(bounded)
  })

  it("changes nothing where nothing was said under it", () => {
    const state = after(config, [accepted])
    const took = step(config, state, rekeyed(3))
    expect(took.action).toBe("ChangeKey")
    expect(took.state).toBe(state)
  })
})
