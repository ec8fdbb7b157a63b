/** Who stays behind though it was helped: to be told what was executed (catch-up.ts). */
import { describe, expect, it } from "vitest"
import { init } from "../../src/core/pbft/state.ts"
import { CatchUp } from "../../src/net/catch-up.ts"
import { replicaCoreConfig } from "../../src/net/core-config.ts"
import { History } from "../../src/net/history.ts"
import { pbftProtocol } from "../../src/net/pbft-protocol.ts"
import { at, config, group } from "./loops.ts"

const core = replicaCoreConfig(config, 0)

const catchingUp = () => {
  const protocol = pbftProtocol(core)
  const sender = { toReplica: () => undefined, queuedBytes: () => 0 }
  return new CatchUp(protocol, sender, new History(protocol.repetition, 0))
}

const executed = (seq: number) => ({ ...init(core), executed: seq })
const state = executed(5)
const to3 = { replica: 3, executed: 2, most: 32 }

describe("a peer that does not move", () => {
  it("is to be told when own messages of its view have not helped it three times", () => {
    const catchUp = catchingUp()
    for (let report = 0; report < 3; report++) {
      catchUp.progress(state, 3, at(0, 2))
      expect(catchUp.stuck(state)).toEqual([])
    }
    catchUp.progress(state, 3, at(0, 2))
    expect(catchUp.stuck(state)).toEqual([to3])
  })

  it("is to be told sooner where it takes part in no view, or in another one", () => {
    for (const elsewhere of [{ active: false }, { view: 1 }]) {
      const catchUp = catchingUp()
      const told = { ...at(0, 2), ...elsewhere }
      catchUp.progress(state, 3, told)
      expect(catchUp.stuck(state)).toEqual([])
      catchUp.progress(state, 3, told)
      expect(catchUp.stuck(state)).toEqual([to3])
    }
  })

  it("is not to be told what it has executed, nor after it has moved or was gone", () => {
    const catchUp = catchingUp()
    for (let report = 0; report < 4; report++) catchUp.progress(state, 3, at(0, 2))
    expect(catchUp.stuck(executed(2))).toEqual([])
    catchUp.progress(state, 3, at(0, 3))
    expect(catchUp.stuck(state)).toEqual([])
    for (let report = 0; report < 3; report++) catchUp.progress(state, 3, at(0, 3))
    expect(catchUp.stuck(state)).toEqual([{ ...to3, executed: 3 }])
    catchUp.forget(3)
    expect(catchUp.stuck(state)).toEqual([])
  })
})

describe("a backup from which the primary hides its batches and its COMMITs", () => {
  it("is told by the others what they executed, and goes on", async () => {
    const { loops, missing, settle, ask } = group()
    for (const kind of ["PrePrepare", "Commit", "Batch", "Committed"]) missing.add(`0 ${kind}`)
    for (const timestamp of [1, 2, 3]) await ask(timestamp)
    const [, , , hidden] = loops
    expect(loops.map(({ loop }) => loop.state.executed)).toEqual([3, 3, 3, 0])
    for (let tick = 0; tick < 8 && hidden?.loop.state.executed !== 3; tick++) {
      for (const { loop } of loops) loop.tick()
      await settle()
    }
    expect(hidden?.loop.state.executed).toBe(3)
    expect(hidden?.loop.actions.get("RecvCommitted")).toBeGreaterThan(0)
    expect(hidden?.loop.state.view).toBe(0)
  })

  it("stays behind where nobody tells it", async () => {
    const { loops, missing, settle, ask } = group()
    for (const kind of ["0 PrePrepare", "0 Commit", "Committed"]) missing.add(kind)
    for (const timestamp of [1, 2, 3]) await ask(timestamp)
    for (let tick = 0; tick < 8; tick++) {
      for (const { loop } of loops) loop.tick()
      await settle()
    }
    expect(loops.map(({ loop }) => loop.state.executed)).toEqual([3, 3, 3, 0])
  })
})
