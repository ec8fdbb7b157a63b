/** Real TLC follows windows of runs with restarts, proposed times, big requests and lies. */
import { describe, expect, test } from "vitest"
import type { StepEvent } from "../../src/trace-check/event.ts"
import type { RunOptions } from "../trace/support/recorded-run.ts"
import { capture, followed, outcomes } from "./support/windows.ts"

const busy = {
  clients: 4,
  requests: 12,
  timeouts: 0.03,
  duplicates: 0.1,
  checkpointInterval: 5,
  logSize: 20,
}

/** A pre-prepare with a request whose authenticator failed. */
const isHeld = ({ input }: StepEvent): boolean =>
  input._tag === "ReceivePrePrepare" && input.verdicts.includes(false)

describe("TLC accepts", () => {
  test("restarts, whatever they lose", async () => {
    const restart = { replica: 0, at: 4, how: "clean" } as const
    const chains = await capture({ seed: 3, ...busy, restart }, { _tag: "Range", from: 1, to: 400 })
    const events = chains.flatMap((chain) => chain.events)
    expect(events.some(({ step }) => step.action === "Restart")).toBe(true)
    const windows = await followed(chains, 400)
    expect(windows.every(({ outcome }) => outcome._tag === "Accepted")).toBe(true)
    expect(windows.at(-1)?.to).toBe(events.length)
  })

  test("times that primaries propose, and that one backup does not accept", async () => {
    const verdict: RunOptions["verdict"] = (at, m, k) => at !== 2 || k > 0 || m.seq % 3 > 0
    const restart = { replica: 3, at: 6, how: "clean" } as const
    const chains = await capture(
      { seed: 6, ...busy, agreedTime: true, verdict, restart },
      { _tag: "Auto", size: 150, windows: 2 },
    )
    const windows = await followed(chains, 150)
    expect(chains.flatMap((chain) => chain.events).some(isHeld)).toBe(true)
    expect(windows.map(({ outcome }) => outcome._tag)).toEqual(Array(4).fill("Accepted"))
  })

  test("requests that pre-prepares only name, and that are asked for", async () => {
    const restart = { replica: 3, at: 6, how: "clean" } as const
    const chains = await capture(
      { seed: 8, ...busy, bigRequestBytes: 10, restart },
      { _tag: "Auto", size: 150, windows: 2 },
    )
    const windows = await followed(chains, 150)
    const actions = chains.flatMap((chain) => chain.events).map(({ step }) => step.action)
    expect(actions).toContain("RecvFetchPrePrepare")
    expect(windows.length).toBeGreaterThan(2)
    expect(windows.every(({ outcome }) => outcome._tag === "Accepted")).toBe(true)
  })

  test("what others executed, told to one from which the primary keeps batches", async () => {
    const byzantine: RunOptions["byzantine"] = (m, to) =>
      to === 3 && (m._tag === "PrePrepare" || m._tag === "Commit") && m.seq % 3 === 1 ? [] : [m]
    const fast = { fetchDecisions: true }
    const chains = await capture(
      { seed: 2, ...busy, fast, telling: 0.2, untraced: [0], byzantine },
      { _tag: "Range", from: 1, to: 600 },
    )
    const events = chains.flatMap((chain) => chain.events)
    const told = events.filter((e) => e._tag === "ReplicaStep" && e.replica === 3)
    const taken = new Set(told.map(({ step }) => step.action))
    for (const action of ["SendCommitted", "RecvCommitted", "RecvBatch", "Execute"]) {
      expect(taken).toContain(action)
    }
    const windows = await followed(chains, 300)
    expect(outcomes(windows)).toEqual(["1-300 init Accepted", "301-600 previous Accepted"])
  })

  test("what replicas without a trace say, true or not", async () => {
    const lies = { seed: 4, ...busy, untraced: [3] }
    const byzantine: RunOptions["byzantine"] = (m, to) =>
      to === 1 && "digest" in m && m._tag !== "PrePrepare" ? [{ ...m, digest: "beef" }] : [m]
    const backup = await capture({ ...lies, byzantine }, { _tag: "Range", from: 1, to: 300 })
    const primary = await capture(
      { ...lies, untraced: [0], verdict: (at, _m, k) => at !== 2 || k > 0 },
      { _tag: "Range", from: 101, to: 400 },
    )
    const failed = primary.flatMap((chain) => chain.events).some(isHeld)
    expect(failed).toBe(true)
    expect(outcomes(await followed([...backup, ...primary], 300))).toEqual([
      "1-300 init Accepted",
      "101-400 replayed Accepted",
    ])
  })
})
