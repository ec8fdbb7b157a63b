/** Real TLC follows a recorded run of Zyzzyva; trace-zyzzyva-more.test.ts has the rest. */
import { describe, expect, test } from "vitest"
import { ordinaryRun } from "../trace/support/zyzzyva-run.ts"
import { followed, outcomes, rejection } from "./support/windows.ts"
import { wholeChain } from "./support/zyzzyva-windows.ts"

describe("TLC", () => {
  test("accepts a run with certificates, checkpoints and a view change", async () => {
    const windows = await followed([await wholeChain(ordinaryRun().files())], 65)
    expect(outcomes(windows)).toEqual(["1-65 init Accepted", "66-128 previous Accepted"])
  })

  test("rejects a message that nobody sent", async () => {
    const whole = await wholeChain(ordinaryRun().files())
    const outcome = await rejection({ ...whole, events: whole.events.slice(1) })
    expect(outcome).toMatchObject({ event: 1, field: "the message was not sent" })
  })
})
