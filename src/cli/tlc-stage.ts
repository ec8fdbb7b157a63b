/** Has TLC follow the captured windows of a run, where Java and the TLA+ tools are at hand. */
import { Effect } from "effect"
import { findToolchain } from "../tla-tools/toolchain.ts"
import type { AnyChain } from "../trace-check/chain.ts"
import { checkChain } from "../trace-check/chain-windows.ts"
import type { SketcherChain } from "../trace-check/sketcher-chain.ts"
import { checkSketcherChain } from "../trace-check/sketcher-windows.ts"
import { type CheckedWindow, windowText } from "../trace-check/tlc-window.ts"
import type { Progress } from "./progress.ts"
import type { TlcResult, TlcWindow } from "./start-findings.ts"
import { makeAskTlc } from "./trace-windows.ts"

/** Events in one run of TLC, and how many adjacent runs at each of two places of the run. */
export const windowSize = 300
export const windowsEach = 2

/** What is to be followed: in the protocol's specification, and in Prophecy.tla. */
export interface Chains {
  readonly run: ReadonlyArray<AnyChain>
  readonly sketchers: ReadonlyArray<SketcherChain>
}

const toWindow = (checked: CheckedWindow): TlcWindow => {
  const { specification, of, from, to, starts, distinctStates: states, outcome } = checked
  const _tag = outcome._tag
  const objection = _tag === "Accepted" ? undefined : windowText(checked)
  return { specification, of, from, to, starts, states, outcome: _tag, objection }
}

const follow = async (
  { run, sketchers }: Chains,
  signal: AbortSignal,
  take: (window: TlcWindow) => void,
): Promise<void> => {
  const ask = makeAskTlc(signal)
  for (const chain of run) {
    for await (const checked of checkChain(chain, windowSize, ask)) take(toWindow(checked))
  }
  for (const chain of sketchers) {
    for await (const checked of checkSketcherChain(chain, windowSize, ask)) take(toWindow(checked))
  }
}

/** Why TLC cannot run, in words that say what to do; undefined when it can. */
const obstacle: Effect.Effect<string | undefined> = findToolchain(process.env).pipe(
  Effect.map(() => undefined),
  Effect.catch((error) => Effect.succeed(error.message)),
)

/** Checks the windows of the chains one after the other. */
export const tlcStage = Effect.fn("tlcStage")(function* (
  chains: Chains,
  progress: Progress,
): Effect.fn.Return<TlcResult> {
  const startedAt = performance.now()
  const windows: Array<TlcWindow> = []
  const reason = yield* progress.during("TLA+ tools", () => "looking for them", obstacle)
  if (reason !== undefined) return { _tag: "Unavailable", reason }
  const detail = (): string => `${windows.length} windows of ${windowSize} events followed`
  const all = Effect.promise((signal) => follow(chains, signal, (w) => void windows.push(w)))
  yield* progress.during("TLC", detail, all)
  return { _tag: "Ran", windows, elapsedMs: performance.now() - startedAt }
})
