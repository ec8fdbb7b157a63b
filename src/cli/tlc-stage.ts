/** Has TLC follow the captured windows of a run, where Java and the TLA+ tools are at hand. */
import { Effect } from "effect"
import { findToolchain } from "../tla-tools/toolchain.ts"
import type { Chain } from "../trace-check/chain.ts"
import { type CheckedWindow, checkChain, windowText } from "../trace-check/tlc-window.ts"
import type { Progress } from "./progress.ts"
import type { TlcResult, TlcWindow } from "./start-findings.ts"
import { makeAskTlc } from "./trace-windows.ts"

/** Events in one run of TLC, and how many adjacent runs at each of two places of the run. */
export const windowSize = 300
export const windowsEach = 2

const toWindow = (checked: CheckedWindow): TlcWindow => {
  const { from, to, starts, distinctStates: states, outcome } = checked
  const _tag = outcome._tag
  const objection = _tag === "Accepted" ? undefined : windowText(checked)
  return { from, to, starts, states, outcome: _tag, objection }
}

const follow = async (
  chains: ReadonlyArray<Chain>,
  signal: AbortSignal,
  take: (window: TlcWindow) => void,
): Promise<void> => {
  const ask = makeAskTlc(signal)
  for (const chain of chains) {
    for await (const checked of checkChain(chain, windowSize, ask)) take(toWindow(checked))
  }
}

/** Why TLC cannot run, in words that say what to do; undefined when it can. */
const obstacle: Effect.Effect<string | undefined> = findToolchain(process.env).pipe(
  Effect.map(() => undefined),
  Effect.catch((error) => Effect.succeed(error.message)),
)

/** Checks the windows of the chains one after the other. */
export const tlcStage = Effect.fn("tlcStage")(function* (
  chains: ReadonlyArray<Chain>,
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
