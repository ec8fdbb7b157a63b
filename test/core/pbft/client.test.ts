import { isDeepStrictEqual } from "node:util"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { InvariantBroken } from "../../../src/core/assert.ts"
import { isIgnored } from "../../../src/core/machine.ts"
import {
  type ClientInput,
  type ClientState,
  type ClientStep,
  client,
} from "../../../src/core/pbft/client.ts"
import { groupOf } from "../../../src/core/quorum.ts"
import { deepFreeze } from "../../support/deep-freeze.ts"
import { authentic, clientConfigOf, reply } from "../../support/pbft.ts"
import { runs } from "../../support/runs.ts"

const config = clientConfigOf(0, { group: groupOf(7), replyQuorum: 3 })

const input: fc.Arbitrary<(state: ClientState) => ClientInput> = fc.oneof(
  { weight: 2, arbitrary: fc.constant(() => ({ _tag: "Submit" as const, operation: "a" })) },
  { weight: 1, arbitrary: fc.constant(() => ({ _tag: "Timeout" as const, waitedMs: 100 })) },
  {
    weight: 9,
    arbitrary: fc
      .record({ replica: fc.nat(6), late: fc.nat(6), result: fc.constantFrom("r", "r", "r", "s") })
      .map(({ replica, late, result }) => (state: ClientState) => ({
        _tag: "Receive" as const,
        message: authentic(reply(replica, state.timestamp - (late === 0 ? 1 : 0), result)),
      })),
  },
)

interface Taken {
  readonly before: ClientState
  readonly input: ClientInput
  readonly step: ClientStep
}

const everySchedule = (see: (taken: Taken) => void): void => {
  const law = fc.property(fc.array(input, { maxLength: 60, size: "max" }), (choices) => {
    let before: ClientState = deepFreeze(client.init(config))
    for (const choice of choices) {
      const chosen = deepFreeze(choice(before))
      const step = deepFreeze(client.step(config, before, chosen))
      see({ before, input: chosen, step })
      before = step.state
    }
  })
  fc.assert(law, runs(200))
}

describe("whatever a client is told, and in whatever order", () => {
  it("the same state and input give the same step, and an ignored one changes nothing", () => {
    everySchedule(({ before, input: told, step }) => {
      expect(isDeepStrictEqual(client.step(config, before, told), step)).toBe(true)
      if (isIgnored(step.action)) expect(step).toMatchObject({ state: before, effects: [] })
    })
  })

  it("nothing is left of the answers once nothing is awaited", () => {
    everySchedule(({ step: { state } }) => {
      if (state.operation !== undefined) return
      expect(state.replies).toEqual(new Array(7).fill(undefined))
      expect(state.toAll).toBe(false)
    })
  })

  it("completes at the reply that makes f + 1 equal ones, and at no other", () => {
    everySchedule(({ before, input: told, step }) => {
      const completed = step.effects.filter((e) => e._tag === "Complete")
      const matching =
        told._tag === "Receive" && before.operation !== undefined && !isIgnored(step.action)
          ? before.replies.filter((r) => r?.result === told.message.result).length + 1
          : 0
      expect(completed).toHaveLength(matching === config.group.f + 1 ? 1 : 0)
      expect(step.state.operation === undefined).toBe(
        completed.length > 0 || (before.operation === undefined && told._tag !== "Submit"),
      )
    })
  })

  it("its timestamps grow by one a request", () => {
    everySchedule(({ before, step }) => {
      const grown = step.action === "ClientSubmit" ? 1 : 0
      expect(step.state.timestamp).toBe(before.timestamp + grown)
    })
  })
})

describe("a client", () => {
  it("starts above the timestamp that it is told, and stops before they run out", () => {
    const late = clientConfigOf(0, { firstTimestamp: Number.MAX_SAFE_INTEGER })
    const submit: ClientInput = { _tag: "Submit", operation: "a" }
    expect(() => client.step(late, client.init(late), submit)).toThrow(InvariantBroken)
  })

  it("keeps its very state when its timer fires again", () => {
    const submitted = client.step(config, client.init(config), { _tag: "Submit", operation: "a" })
    const first = client.step(config, submitted.state, { _tag: "Timeout", waitedMs: 0 })
    const second = client.step(config, first.state, { _tag: "Timeout", waitedMs: 0 })
    expect(first.state.toAll).toBe(true)
    expect(second.state).toBe(first.state)
    expect(second.effects).toEqual(first.effects)
  })

  it("waits twice as long each time in vain, up to a limit, and as at first for its next request", () => {
    const waits = (input: ClientInput, state: ClientState): [number | undefined, ClientState] => {
      const { effects, state: next } = client.step(config, state, input)
      return [effects.find((e) => e._tag === "SetTimer")?.ms, next]
    }
    const submit: ClientInput = { _tag: "Submit", operation: "a" }
    let [ms, state] = waits(submit, client.init(config))
    const all: Array<number | undefined> = [ms]
    for (let k = 0; k < 3; k++) {
      ;[ms, state] = waits({ _tag: "Timeout", waitedMs: ms ?? 0 }, state)
      all.push(ms)
    }
    expect(all).toEqual([100, 200, 400, 400])
    for (const replica of [0, 1, 2]) {
      const message = authentic(reply(replica, 1, "r"))
      state = client.step(config, state, { _tag: "Receive", message }).state
    }
    expect(state.operation).toBeUndefined()
    expect(waits(submit, state)[0]).toBe(100)
  })
})
