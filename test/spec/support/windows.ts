/** Recorded runs, cut into windows, and what TLC says of them. */
import { expect } from "vitest"
import { makeAskTlc } from "../../../src/cli/trace-windows.ts"
import {
  type AnyChain,
  Capture,
  type Chain,
  pbftChains,
  type Selection,
} from "../../../src/trace-check/chain.ts"
import { checkTraces } from "../../../src/trace-check/check.ts"
import type { ReplicaEvent, StepEvent } from "../../../src/trace-check/event.ts"
import { checkChain } from "../../../src/trace-check/chain-windows.ts"
import type { AskTlc, CheckedWindow } from "../../../src/trace-check/tlc-window.ts"
import { digests } from "../../trace/support/digests.ts"
import { type RunOptions, recordRun } from "../../trace/support/recorded-run.ts"
import { sourcesOf } from "../../trace/support/sources.ts"

export type Options = Omit<RunOptions, "write">

export const capture = async (
  options: Options,
  selection: Selection,
): Promise<ReadonlyArray<Chain>> => {
  const observer = new Capture(selection)
  const verdict = await checkTraces(sourcesOf(recordRun(options)), { digests, observer })
  expect(verdict._tag).not.toBe("Rejected")
  return pbftChains(observer.chains())
}

export const followed = async (
  chains: ReadonlyArray<AnyChain>,
  size: number,
  /** Changes the text of each window before TLC reads it. */
  edit: (module: string) => string = (module) => module,
): Promise<ReadonlyArray<CheckedWindow>> => {
  const windows: Array<CheckedWindow> = []
  const tlc = makeAskTlc(new AbortController().signal)
  const ask: AskTlc = (module, options) => tlc(edit(module), options)
  for (const chain of chains) {
    for await (const window of checkChain(chain, size, ask)) windows.push(window)
  }
  return windows
}

export const outcomes = (windows: ReadonlyArray<CheckedWindow>): ReadonlyArray<string> =>
  windows.map(({ from, to, starts, distinctStates, outcome }) => {
    // One state an event, the first one, and the one after the comparison at the end.
    expect(distinctStates).toBe(to - from + 3)
    return `${from}-${to} ${starts} ${outcome._tag}`
  })

export const isReplica = (event: StepEvent): event is ReplicaEvent => event._tag === "ReplicaStep"

/** The place of the first event of a kind, from `from` on. */
export const placeOf = (
  chain: Chain,
  accept: (event: ReplicaEvent) => boolean,
  from = 0,
): number => {
  const at = chain.events.findIndex((e, k) => k >= from && isReplica(e) && accept(e))
  if (at < 0) throw new Error("the chain has no such event")
  return at
}

export const withEvent = (
  chain: Chain,
  at: number,
  change: (event: ReplicaEvent) => ReplicaEvent,
): Chain => ({
  ...chain,
  events: chain.events.map((e, k) => (k === at && isReplica(e) ? change(e) : e)),
})

export const rejection = async (chain: AnyChain) => {
  const windows = await followed([chain], 1000)
  const { outcome } = windows.at(-1) ?? {}
  if (outcome?._tag !== "Rejected") throw new Error(`not rejected: ${JSON.stringify(windows)}`)
  return outcome
}
