/** Recorded runs of a sketcher, cut into windows, and what TLC says of them. */
import { expect } from "vitest"
import { makeAskTlc } from "../../../src/cli/trace-windows.ts"
import { zyzzyvaDigests } from "../../../src/net/zyzzyva-config.ts"
import type { Selection } from "../../../src/trace-check/chain.ts"
import { checkTraces } from "../../../src/trace-check/check.ts"
import type { SketcherEvent } from "../../../src/trace-check/event.ts"
import { SketcherCapture, type SketcherChain } from "../../../src/trace-check/sketcher-chain.ts"
import { checkSketcherChain } from "../../../src/trace-check/sketcher-windows.ts"
import { type CheckedWindow, windowText } from "../../../src/trace-check/tlc-window.ts"
import { digestOf } from "../../support/prophecy.ts"
import { digests } from "../../trace/support/digests.ts"
import { fileOf, record } from "../../trace/support/sketcher-run.ts"
import { sourceOf } from "../../trace/support/sources.ts"

export const captured = async (
  files: ReadonlyArray<string>,
  selection: Selection,
): Promise<ReadonlyArray<SketcherChain>> => {
  const observer = new SketcherCapture(selection)
  const verdict = await checkTraces(
    files.map((text, k) => sourceOf(`sketcher-0.${k}.ndjson`, text)),
    { digests: { ...digests, zyzzyva: zyzzyvaDigests, resultDigest: digestOf }, observer },
  )
  expect(verdict._tag).not.toBe("Rejected")
  return observer.chains()
}

const ask = makeAskTlc(new AbortController().signal)

export const followed = async (
  chain: SketcherChain,
  size: number,
): Promise<ReadonlyArray<CheckedWindow>> => {
  const windows: Array<CheckedWindow> = []
  for await (const window of checkSketcherChain(chain, size, ask)) windows.push(window)
  return windows
}

export const outcomes = (windows: ReadonlyArray<CheckedWindow>): ReadonlyArray<string> =>
  windows.map((window) => {
    const { from, to, starts, distinctStates, outcome } = window
    if (outcome._tag === "Accepted") expect(distinctStates).toBe(to - from + 3)
    return outcome._tag === "Accepted" ? `${from}-${to} ${starts} Accepted` : windowText(window)
  })

export const run = (seed: number, steps: number, sessions = true): string =>
  fileOf(record(seed, steps, { sessions }).lines)

export const chainOf = async (seed = 1, steps = 200): Promise<SketcherChain> => {
  const [chain] = await captured([run(seed, steps)], { _tag: "Range", from: 1, to: steps })
  if (chain === undefined) throw new Error("the run has steps")
  return chain
}

export type Accept = (event: SketcherEvent) => boolean

export const placeOf = (chain: SketcherChain, accept: Accept): number => {
  const at = chain.events.findIndex(accept)
  if (at < 0) throw new Error("the chain has no such step")
  return at
}

export const names =
  (field: string): Accept =>
  ({ said }) =>
    field in (said.post as object)

export const takes =
  (action: string): Accept =>
  ({ step }) =>
    step.action === action

/** A run that has such a step. */
const chainWith = async (accept: Accept): Promise<SketcherChain> => {
  for (let seed = 1; seed < 20; seed++) {
    const chain = await chainOf(seed)
    if (chain.events.some(accept)) return chain
  }
  throw new Error("no run has such a step")
}

/** A chain with one step changed: its number, and what TLC says. */
export const corrupted = async (
  accept: Accept,
  change: (event: SketcherEvent) => SketcherEvent,
) => {
  const chain = await chainWith(accept)
  const at = placeOf(chain, accept)
  const events = chain.events.map((event, k) => (k === at ? change(event) : event))
  return { event: at + 1, outcome: await rejection({ ...chain, events }) }
}

export const withPost =
  (changes: object) =>
  (event: SketcherEvent): SketcherEvent => ({
    ...event,
    said: { post: { ...(event.said.post as object), ...changes } },
  })

export const rejection = async (chain: SketcherChain) => {
  const windows = await followed(chain, 1000)
  const { outcome } = windows.at(-1) ?? {}
  if (outcome?._tag !== "Rejected") throw new Error(`not rejected: ${JSON.stringify(windows)}`)
  return outcome
}
