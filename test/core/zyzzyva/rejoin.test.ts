/** A replica of Zyzzyva that lost its disk (docs/adr/0028-zyzzyva-lost-disk.md). */
import { describe, expect, it } from "vitest"
import type { ViewChange } from "../../../src/core/zyzzyva/message.ts"
import {
  isMute,
  nullRequest,
  recoveryRequest,
  recoversFrom,
} from "../../../src/core/zyzzyva/rejoin.ts"
import { step } from "../../../src/core/zyzzyva/replica.ts"
import { durableRecords } from "../../../src/core/zyzzyva/restart.ts"
import type { Input, State } from "../../../src/core/zyzzyva/state.ts"
import { viewTimer } from "../../../src/core/zyzzyva/timer.ts"
import { canBegin, canEnter } from "../../../src/core/zyzzyva/view-change.ts"
import {
  accusation,
  after,
  certificate,
  change,
  commit,
  digestOf,
  executed,
  order,
  propose,
  receive,
  request,
  shown,
  signed,
} from "../../support/zyzzyva.ts"
import { asking, recovering, rejoining, stateWith } from "../../support/zyzzyva-rejoin.ts"

const config = recovering(1)
const own = { replica: 1, incarnation: 5, at: 1 }
const timeout: Input = { _tag: "Timeout", view: 0 }

const restarted = (state: State): State =>
  step(config, state, { _tag: "Restart", durable: durableRecords(config, state) }).state

const newViewBy = (...changes: ReadonlyArray<ViewChange>): Input =>
  receive({ _tag: "NewView", view: 2, changes, signature: "" })

describe("a replica of Zyzzyva that lost its disk", () => {
  it("starts with nothing, writes down as what it came back, and asks to be taken back", () => {
    const before = after(config, [order(1, [signed(0, 1)], ""), executed(1, ["r"])])
    const took = step(config, before, rejoining(5))
    expect(took.action).toBe("Rejoin")
    expect(took.state).toMatchObject({ view: 0, executed: 0, stage: "changing", incarnation: 5 })
    expect(took.effects).toMatchObject([
      { _tag: "Persist", record: { _tag: "Rejoined", incarnation: 5 } },
      {
        _tag: "SendToReplicas",
        replicas: [0, 2, 3],
        message: { _tag: "Request", client: 3, timestamp: 5, operation: "recover" },
      },
    ])
    expect(isMute(config, took.state)).toBe(true)
  })

  it("takes no order, acknowledges nothing and accuses nobody, and no timer runs", () => {
    const lost = after(config, [rejoining(5), request(0, 1)])
    const d = digestOf(0, 1)
    const inputs: ReadonlyArray<readonly [Input, string]> = [
      [order(1, [signed(0, 1)], ""), "NotActive"],
      [commit(0, certificate(1, d)), "NotActive"],
      [timeout, "Mute"],
      [accusation(2), "Mute"],
      [receive(change(2, 1)), "Mute"],
    ]
    for (const [input, why] of inputs) {
      expect(step(config, lost, input).action).toBe(`Ignore:${why}`)
    }
    expect(viewTimer(config, lost)).toBeUndefined()
  })

  it("takes part from a stable checkpoint on that is a log above the one before its request", () => {
    const early = after(config, [rejoining(5), stateWith(2, own)])
    expect([isMute(config, early), early.stage, early.log.low]).toEqual([true, "changing", 2])
    expect(recoversFrom(config, early)).toBe(4)
    const back = after(config, [rejoining(5), stateWith(4, own)])
    expect([isMute(config, back), back.stage]).toEqual([false, "active"])
    const at = (seq: number) =>
      recoversFrom(config, after(config, [rejoining(5), stateWith(8, { ...own, at: seq })]))
    expect([at(2), at(3), at(4)]).toEqual([4, 6, 6])
  })

  it("follows a NEW-VIEW, and enters the view when it takes part", () => {
    const begun = newViewBy(change(0, 2), change(2, 2), change(3, 2))
    const silent = after(config, [rejoining(5), begun])
    expect([silent.view, silent.stage, canEnter(config, silent)]).toEqual([2, "changing", false])
    const back = after(config, [rejoining(5), begun, stateWith(4, own)])
    expect([back.stage, canEnter(config, back)]).toEqual(["changing", true])
  })

  it("is not taken back by the request of an earlier incarnation", () => {
    const state = after(config, [rejoining(6), stateWith(8, own)])
    expect(isMute(config, state)).toBe(true)
    expect(recoveryRequest(config, state)?.timestamp).toBe(6)
    expect(recoversFrom(config, state)).toBeUndefined()
  })

  it("asks no more when its request is in a stable checkpoint", () => {
    const early = after(config, [rejoining(5), stateWith(2, own)])
    expect(recoveryRequest(config, early)).toBeUndefined()
    expect(recoveryRequest(config, after(config, []))).toBeUndefined()
  })

  it("is what it was after a restart: silent, or not", () => {
    const asked = after(config, [rejoining(5)])
    expect(restarted(asked)).toEqual(asked)
    const early = after(config, [rejoining(5), stateWith(2, own)])
    expect(restarted(early)).toMatchObject({ stage: "changing", incarnation: 5, executed: 2 })
    const back = after(config, [rejoining(5), stateWith(4, own)])
    expect(restarted(back)).toMatchObject({ stage: "active", incarnation: 5, executed: 4 })
  })

  it("says in its VIEW-CHANGEs as what it came back", () => {
    const left = step(
      config,
      after(config, [rejoining(5), stateWith(4, own), timeout]),
      accusation(2),
    )
    expect(left.effects).toContainEqual(
      expect.objectContaining({
        message: expect.objectContaining({ _tag: "ViewChange", incarnation: 5 }),
      }),
    )
  })
})

describe("another replica", () => {
  const theirs = asking(3, 5)
  const r = digestOf(5, 5, "recover")
  const knows: ReadonlyArray<Input> = [order(1, [theirs], ""), executed(1, ["taken back"])]
  const again = (m: ViewChange): ViewChange => ({ ...m, incarnation: 5 })

  it("goes by no VIEW-CHANGE from before a recovery that it has executed", () => {
    const old = [receive(change(3, 1)), receive(change(2, 1))]
    // It had it before it executed the request: it is the primary of view 1.
    expect(canBegin(config, after(config, old))).toBe(true)
    const state = after(config, [...knows, ...old.slice(1)])
    expect(step(config, state, old[0] as Input).action).toBe("Ignore:OldIncarnation")
    expect(
      canBegin(config, after(config, [...knows, ...old.slice(1), receive(again(change(3, 1)))])),
    ).toBe(true)
  })

  it("takes a later VIEW-CHANGE for one that counts no more", () => {
    const held = { ...after(config, [receive(change(2, 1)), receive(change(3, 1))]) }
    const state = { ...held, table: after(config, knows).table }
    const took = step(config, state, receive(again(change(3, 1))))
    expect(took.action).toBe("RecvViewChange")
    expect(canBegin(config, state)).toBe(false)
    expect(canBegin(config, took.state)).toBe(true)
  })

  it("enters no view that begins by one from before a recovery that is in its log", () => {
    const certain = change(0, 2, {
      certificates: [shown(r, { batches: [{ digest: r, batch: [theirs] }] })],
    })
    const by = (last: ViewChange) => after(config, [newViewBy(certain, change(2, 2), last)])
    expect(canEnter(config, by(change(3, 2)))).toBe(false)
    expect(canEnter(config, by(again(change(3, 2))))).toBe(true)
  })

  it("nor where the recovery is in the state that the view starts from", () => {
    const state = stateWith(2, { replica: 3, incarnation: 5, at: 2 })
    const stable =
      state._tag === "Receive" && state.message._tag === "State" ? state.message.stable : undefined
    const late = change(0, 2, stable === undefined ? {} : { stable })
    const by = (last: ViewChange) => after(config, [newViewBy(late, change(2, 2), last), state])
    expect(canEnter(config, by(change(3, 2)))).toBe(false)
    expect(canEnter(config, by(again(change(3, 2))))).toBe(true)
  })

  it("but one that began before the recovery, also with a later state", () => {
    const began = newViewBy(change(0, 2), change(2, 2), change(3, 2))
    const later = after(config, [began, stateWith(2, { replica: 3, incarnation: 5, at: 2 })])
    expect(canEnter(config, later)).toBe(true)
  })
})

describe("a log that somebody waits for", () => {
  const primary = recovering(0)
  const theirs = asking(3, 5)
  const asked: ReadonlyArray<Input> = [
    receive({ _tag: "Request", ...theirs }),
    propose(1),
    executed(1, ["taken back"]),
  ]

  it("goes on by null requests of the primary, one after the other, as far as that", () => {
    let state = after(primary, asked)
    const orders: Array<number> = []
    for (let input = nullRequest(primary, state); input; input = nullRequest(primary, state)) {
      state = step(primary, state, input).state
      const seq = state.executed + 1
      orders.push(seq)
      expect(nullRequest(primary, state)).toBeUndefined()
      state = step(primary, state, executed(seq, [], "s")).state
    }
    expect(orders).toEqual([2, 3, 4])
    expect(nullRequest(primary, after(primary, []))).toBeUndefined()
  })

  it("gives way to requests", () => {
    expect(nullRequest(primary, after(primary, [...asked, request(0, 1)]))).toBeUndefined()
  })

  it("is waited for by backups, who take the null request", () => {
    const waits = after(config, [order(1, [theirs], ""), executed(1, ["taken back"])])
    expect(viewTimer(config, waits)?.key).toContain("number 2 of an idle log")
    expect(step(config, waits, order(2, [], digestOf(5, 5, "recover"))).action).toBe("RecvOrderReq")
    const plain = after(config, [order(1, [signed(0, 1)], ""), executed(1, ["r"])])
    expect(viewTimer(config, plain)).toBeUndefined()
  })
})
