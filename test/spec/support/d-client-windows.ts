/** Recorded runs of D-Prophecy's clients, cut into windows, and what TLC says of them. */
import { expect } from "vitest"
import { makeAskTlc } from "../../../src/cli/trace-windows.ts"
import type { Selection } from "../../../src/trace-check/chain.ts"
import { checkTraces } from "../../../src/trace-check/check.ts"
import { DClientCapture, type DClientChain } from "../../../src/trace-check/d-client-chain.ts"
import { checkDClientChain } from "../../../src/trace-check/d-client-windows.ts"
import type { DClientEvent } from "../../../src/trace-check/event.ts"
import type { CheckedWindow } from "../../../src/trace-check/tlc-window.ts"
import { digestOf } from "../../support/prophecy.ts"
import { fileOf, record } from "../../trace/support/d-clients-run.ts"
import { digests } from "../../trace/support/digests.ts"
import { sourceOf } from "../../trace/support/sources.ts"

/** The chains of a run of so many random steps. */
export const capturedSteps = async (
  seed: number,
  steps: number,
  selection: Selection,
): Promise<ReadonlyArray<DClientChain>> => {
  const observer = new DClientCapture(selection)
  const source = sourceOf("d-clients-0.0.ndjson", fileOf(record(seed, steps).lines))
  const all = { ...digests, resultDigest: digestOf }
  const verdict = await checkTraces([source], { digests: all, observer })
  expect(verdict._tag).toBe("Conforms")
  return observer.chains()
}

const ask = makeAskTlc(new AbortController().signal)

export const followedSteps = async (
  chain: DClientChain,
  size: number,
): Promise<ReadonlyArray<CheckedWindow>> => {
  const windows: Array<CheckedWindow> = []
  for await (const window of checkDClientChain(chain, size, ask)) windows.push(window)
  return windows
}

export type Accept = (event: DClientEvent) => boolean

/** A run with such a step, that step changed: its number, and what TLC says. */
export const corruptedStep = async (
  accept: Accept,
  change: (event: DClientEvent) => DClientEvent,
) => {
  const [chain] = await capturedSteps(1, 200, { _tag: "Range", from: 1, to: 200 })
  const at = chain?.events.findIndex(accept) ?? -1
  if (chain === undefined || at < 0) throw new Error("the run has no such step")
  const events = chain.events.map((event, k) => (k === at ? change(event) : event))
  return { event: at + 1, outcome: await rejectedSteps({ ...chain, events }) }
}

export const rejectedSteps = async (chain: DClientChain) => {
  const { outcome } = (await followedSteps(chain, 1000)).at(-1) ?? {}
  if (outcome?._tag !== "Rejected") throw new Error(`not rejected: ${JSON.stringify(outcome)}`)
  return outcome
}
