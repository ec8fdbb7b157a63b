/** A replica of D-Prophecy: PBFT's, with sketches of the reads that it has executed in order. */
import { describe, expect, it } from "vitest"
import { durableRecords } from "../../../src/core/pbft/restart.ts"
import type { Authentic } from "../../../src/core/pbft/message.ts"
import type { Input } from "../../../src/core/pbft/state.ts"
import type { SketchRead } from "../../../src/core/prophecy/d-message.ts"
import {
  type DReplicaInput,
  type DReplicaState,
  initDReplica,
  stepDReplica,
} from "../../../src/core/prophecy/d-replica.ts"
import { deepFreeze } from "../../support/deep-freeze.ts"
import { checkpoint, committing, configOf, executed, receive, signed } from "../../support/pbft.ts"

const config = { pbft: configOf(1), generation: 4 }
const give = (state: DReplicaState, input: DReplicaInput) =>
  stepDReplica(config, deepFreeze(state), input)
const after = (state: DReplicaState, inputs: ReadonlyArray<Input>): DReplicaState =>
  inputs.reduce((s, input) => give(s, input as DReplicaInput).state, state)

const message = (executor: number) =>
  ({ _tag: "SketchRead", client: 0, id: 7, operation: "q", executor }) as Authentic<SketchRead>
const stated = (state: DReplicaState, executor = 0) =>
  give(state, { _tag: "SketchRead", message: message(executor), key: "q" })
const execution = (
  seq: number,
  sketched: ReadonlyArray<{ key: string; digest: string } | undefined>,
) =>
  ({
    ...executed(
      seq,
      sketched.map(() => "r"),
    ),
    sketched,
  }) as DReplicaInput

const batch = [signed(0, 1, "w"), signed(1, 1, "q")]
const committed = after(initDReplica(config), committing(1, batch))
const ran = give(committed, execution(1, [undefined, { key: "q", digest: "#r" }])).state

describe("RecvSketchRead", () => {
  it("states that there is no sketch, until the read was executed in order", () => {
    expect(stated(committed).effects).toMatchObject([{ sketch: { digest: "" } }])
    expect(stated(ran).effects).toEqual([
      {
        _tag: "AnswerSketch",
        message: message(0),
        sketch: { digest: "#r", position: { seq: 1, place: 1 } },
        isExecutor: false,
      },
    ])
    expect(stated(ran).action).toBe("RecvSketchRead")
  })

  it("has the service read where this replica is the executor", () => {
    expect(stated(ran, 1).effects).toMatchObject([{ isExecutor: true }])
  })

  it("states nothing after a restart, until what it may have executed is executed again", () => {
    const durable = durableRecords(config.pbft, ran.pbft)
    const back = give(ran, { _tag: "Restart", durable }).state
    expect(back.silentBelow).toBe(1)
    expect(stated(back).effects).toMatchObject([{ sketch: { digest: "" } }])
    const again = give(
      after(back, committing(1, batch)),
      execution(1, [undefined, { key: "q", digest: "#r" }]),
    ).state
    expect(stated(again).effects).toMatchObject([{ sketch: { digest: "#r" } }])
  })

  it("states nothing from before a state that it fetched: others executed what came between", () => {
    const table = [0, 1].map(() => ({ timestamp: 2, result: "r" }))
    const digest = config.pbft.checkpointDigest(2, "s", table)
    const vouched = [0, 2].map((r) => receive(checkpoint(r, 2, digest)))
    const state = receive({ _tag: "State", seq: 2, service: "s", table })
    expect(stated(after(ran, vouched)).effects).toMatchObject([{ sketch: { digest: "#r" } }])
    const fetched = after(ran, [...vouched, state])
    expect(fetched.pbft.executed).toBe(2)
    expect(stated(fetched).effects).toMatchObject([{ sketch: { digest: "" } }])
  })

  it("leaves the sketches alone when an execution is not taken", () => {
    const late = give(ran, execution(1, [undefined, { key: "q", digest: "#other" }]))
    expect(late.state).toBe(ran)
  })
})
