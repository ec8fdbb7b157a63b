/**
 * Why a read waits for what its replica has ordered (ADR 25): a write is complete as all four
 * replicas answered it; two of them restart, from a checkpoint before the write, and a liar has
 * forgotten it. What the three say of a later read is equal, and rightly committed.
 */
import { describe, expect, it } from "vitest"
import type { ClientInput } from "../../src/core/zyzzyva/client.ts"
import { step } from "../../src/core/zyzzyva/replica.ts"
import { durableRecords } from "../../src/core/zyzzyva/restart.ts"
import type { Config, Input } from "../../src/core/zyzzyva/state.ts"
import { readResponse, runClient, submitRead } from "../support/zyzzyva-client.ts"
import { after, configOf, digestOf, executed, order, receive, signed } from "../support/zyzzyva.ts"

const write = [order(1, [signed(0, 1)], ""), executed(1, ["done"])]
const read: Input = receive({ _tag: "Read", ...signed(0, 2) })
const done = (result: string): Input => ({ _tag: "ReadDone", client: 0, timestamp: 2, result })

/** A backup that answered the write and has restarted: the read comes before it executes again. */
const restarted = (config: Config) => {
  const durable = durableRecords(config, after(config, write))
  const { state } = step(config, after(config, []), { _tag: "Restart", durable })
  return step(config, state, read)
}
const asks = { _tag: "ReadState", client: 0, timestamp: 2 }
const forgotten = { seq: 0, history: "", result: "nothing", committed: true } as const
const nothingWas = (replica: number): ClientInput => readResponse(replica, forgotten)

describe("a read after two of those that answered a write have restarted", () => {
  it("misses the write where reads are hasty", () => {
    for (const id of [1, 2]) {
      const config = configOf(id, { readOnly: true, hastyReads: true })
      const { state, effects } = restarted(config)
      expect(effects).toMatchObject([asks])
      const said = step(config, state, done("nothing")).effects
      expect(said).toMatchObject([{ message: { ...forgotten, replica: id } }])
    }
    // The liar 0 says the same: 2f + 1 answers that are equal and committed.
    const { took } = runClient([submitRead, nothingWas(0), nothingWas(1)], nothingWas(2))
    expect(took.state).toMatchObject({ operation: undefined, result: "nothing" })
  })

  it("has it where they wait for what they ordered, and a liar alone is not believed", () => {
    const config = configOf(1, { readOnly: true })
    const waiting = restarted(config)
    expect(waiting.effects).toEqual([])
    const ran = step(config, waiting.state, executed(1, ["done"]))
    expect(ran.effects).toContainEqual(expect.objectContaining(asks))
    const said = step(config, ran.state, done("the write")).effects
    const message = { seq: 1, history: digestOf(0, 1), result: "the write" }
    expect(said).toMatchObject([{ message }])
    const others = [1, 2].map((replica) => readResponse(replica, { ...message, seq: 1 }))
    const { took } = runClient([submitRead, nothingWas(0), ...others], readResponse(3, message))
    expect(took.state.operation).not.toBeUndefined()
  })
})
