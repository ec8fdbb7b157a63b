import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { initClient, stepClient } from "../../../src/core/pbft/client.ts"
import {
  fromFullClientProjection,
  fromFullProjection,
  fullClientProjection,
  fullProjection,
} from "../../../src/core/pbft/projection.ts"
import { step } from "../../../src/core/pbft/replica.ts"
import { init, type State } from "../../../src/core/pbft/state.ts"
import { authentic, clientConfigOf, configOf, records, reply } from "../../support/pbft.ts"
import { runs } from "../../support/runs.ts"
import { schedules, type Standing } from "../../support/schedule.ts"

describe("the projection of a replica", () => {
  it("holds all of its state: back from it and from JSON, it goes on as before", () => {
    const law = fc.property(fc.nat(1), schedules(60), fc.nat(60), (id, choices, cut) => {
      const config = configOf(id, { tellCommitted: true })
      let at: Standing = { config, state: init(config), written: [] }
      let twin: State | undefined
      choices.forEach((choice, k) => {
        const input = choice.input(at)
        const took = step(config, at.state, input)
        if (twin !== undefined) {
          const twinTook = step(config, twin, input)
          expect(twinTook.action).toBe(took.action)
          expect(twinTook.effects).toEqual(took.effects)
          twin = twinTook.state
        }
        at = { config, state: took.state, written: [...at.written, ...records(took.effects)] }
        const shown = fullProjection(at.state)
        if (k === cut) twin = fromFullProjection(config, JSON.parse(JSON.stringify(shown)))
        if (twin !== undefined) expect(fullProjection(twin)).toEqual(shown)
      })
    })
    fc.assert(law, runs(150))
  })
})

describe("the projection of a client", () => {
  it("holds all of its state", () => {
    const config = clientConfigOf(0)
    const inputs = [
      { _tag: "Submit", operation: "a" },
      { _tag: "Receive", message: authentic(reply(2, 1, "r")) },
      { _tag: "Timeout", waitedMs: 100 },
      { _tag: "Receive", message: authentic(reply(0, 1, "r")) },
    ] as const
    let state = initClient(config)
    for (const input of inputs) {
      expect(fromFullClientProjection(config, fullClientProjection(state))).toEqual(state)
      state = stepClient(config, state, input).state
    }
    expect(state.result).toBe("r")
    expect(fromFullClientProjection(config, fullClientProjection(state))).toEqual(state)
  })
})
