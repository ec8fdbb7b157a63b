import { describe, expect, it } from "vitest"
import {
  agreement,
  agreementApplies,
  checkpointAgreement,
  checkpointAgreementApplies,
  committedSeqs,
  noEquivocation,
  preparedUnique,
  preparedUniqueApplies,
  sentIsDurable,
  supportsCommit,
  typeOK,
  watermarks,
} from "../../../src/core/pbft/invariants.ts"
import type { State } from "../../../src/core/pbft/state.ts"
import * as Window from "../../../src/core/window.ts"
import {
  after,
  batchDigest,
  checkpoint,
  checkpointing,
  commit,
  committing,
  configOf,
  prePrepare,
  prepare,
  receive,
  signed,
} from "../../support/pbft.ts"

const config = configOf(1)
const a = [signed(0, 1, "a")]
const b = [signed(0, 1, "b")]
const prepared = (batch: typeof a): State => after(config, committing(1, batch).slice(0, 2))
const committed = (batch: typeof a): State => after(config, committing(1, batch))
const start = after(config, [])

// Each invariant: what holds, what breaks it, and when it says anything at all.
describe("each invariant holds where it should and is broken where it should be", () => {
  it("Agreement", () => {
    expect(agreement(committed(a), committed(a))).toBeNull()
    expect(agreement(committed(a), prepared(b))).toBeNull()
    expect(agreement(committed(a), committed(b))).toBe("sequence number 1: 0:1:a and 0:1:b")
    expect(agreementApplies(committed(a), committed(b))).toBe(true)
    expect(agreementApplies(committed(a), prepared(a))).toBe(false)
  })

  it("PreparedUnique, in one view", () => {
    expect(preparedUnique(prepared(a), committed(a))).toBeNull()
    expect(preparedUnique(prepared(a), prepared(b))).toMatch(/sequence number 1/)
    expect(preparedUnique(prepared(a), { ...prepared(b), view: 1 })).toBeNull()
    expect(preparedUniqueApplies(prepared(a), prepared(b))).toBe(true)
    expect(preparedUniqueApplies(prepared(a), start)).toBe(false)
    expect(preparedUniqueApplies(prepared(a), { ...prepared(a), view: 1 })).toBe(false)
  })

  it("CommitSupport: who supports what a replica committed", () => {
    expect(committedSeqs(committed(a))).toEqual([1])
    expect(committedSeqs(prepared(a))).toEqual([])
    expect(supportsCommit(committed(a), committed(a), 1)).toBe(true)
    expect(supportsCommit(committed(a), prepared(a), 1)).toBe(true)
    expect(supportsCommit(committed(a), prepared(b), 1)).toBe(false)
    expect(supportsCommit(committed(a), start, 1)).toBe(false)
    const beyond: State = { ...start, log: Window.advance(start.log, 2) }
    expect(supportsCommit(committed(a), beyond, 1)).toBe(true)
  })

  it("CheckpointAgreement", () => {
    const one = after(config, checkpointing)
    const other: State = {
      ...one,
      checkpoints: one.checkpoints.map((c) => ({ ...c, digest: `${c.digest}!` })),
    }
    expect(checkpointAgreement(one, one)).toBeNull()
    expect(checkpointAgreement(one, other)).toBe("checkpoints at 0 differ")
    expect(checkpointAgreementApplies(one, one)).toBe(true)
    expect(checkpointAgreementApplies(one, start)).toBe(false)
  })

  it("Watermarks", () => {
    expect(watermarks(start, [prepare(1, 4, "d"), checkpoint(1, 4, "d")])).toBeNull()
    expect(watermarks(start, [prepare(1, 5, "d")])).toBe("Prepare for 5 sent above 4")
  })

  it("SentIsDurable, message by message", () => {
    const digest = batchDigest(a)
    const said = [prepare(1, 1, digest), commit(1, 1, digest)]
    expect(sentIsDurable(prepared(a), said)).toBeNull()
    expect(sentIsDurable(after(config, [receive(prePrepare(1, a))]), said)).toBe(
      "Commit for 1 was sent, but is not durable",
    )
    expect(sentIsDurable(start, said)).toMatch(/^Prepare for 1 /)
    expect(sentIsDurable(prepared(b), said)).toMatch(/Prepare for 1/)
    expect(sentIsDurable(start, [checkpoint(1, 2, "d")])).toMatch(/^Checkpoint for 2 /)
    expect(sentIsDurable({ ...start, log: Window.advance(start.log, 2) }, said)).toBeNull()
  })

  it("NoEquivocation", () => {
    expect(noEquivocation([prepare(1, 1, "d"), commit(1, 1, "e"), prepare(1, 1, "d")])).toBeNull()
    expect(noEquivocation([prepare(1, 1, "d"), prepare(1, 1, "e")])).toBe(
      "two different Prepare for 1 in view 0",
    )
  })

  it("TypeOK, field by field", () => {
    const good = after(config, checkpointing)
    expect(typeOK(config, good)).toBeNull()
    const slot = Window.get(good.log, 1)
    const bad: ReadonlyArray<readonly [State, string]> = [
      [{ ...good, seqno: 5 }, "seqno above"],
      [{ ...good, queue: [signed(0, 9), signed(0, 10)] }, "two waiting"],
      [{ ...good, executed: 5 }, "executed outside"],
      [{ ...good, executed: -1 }, "executed outside"],
      [{ ...good, log: Window.advance(good.log, 1) }, "no checkpoint number"],
      [{ ...good, checkpoints: good.checkpoints.slice(1) }, "stable checkpoint"],
      [
        { ...good, log: Window.set(good.log, 1, { ...slot, batch: [] }) },
        "null request in slot 1 of view 0",
      ],
      [{ ...good, log: Window.set(good.log, 1, { ...slot, digest: "" }) }, "digest of slot 1"],
      [{ ...good, table: after(configOf(1, { clients: 3 }), []).table }, "client table"],
    ]
    for (const [state, what] of bad) expect(typeOK(config, state)).toContain(what)
  })
})
