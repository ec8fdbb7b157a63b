/** Recorded runs of Zyzzyva, as chains that TLC is to follow. */
import { zyzzyvaDigests } from "../../../src/net/zyzzyva-config.ts"
import {
  Capture,
  isZyzzyvaChain,
  type Selection,
  type ZyzzyvaChain,
} from "../../../src/trace-check/chain.ts"
import { checkTraces } from "../../../src/trace-check/check.ts"
import type { ReplicaEvent } from "../../../src/trace-check/zyzzyva-event.ts"
import { digests } from "../../trace/support/digests.ts"
import { sourcesOf } from "../../trace/support/sources.ts"

type Files = ReadonlyMap<string, ReadonlyArray<string>>

export const captureZyzzyva = async (
  files: Files,
  selection: Selection,
): Promise<ReadonlyArray<ZyzzyvaChain>> => {
  const observer = new Capture(selection)
  const all = { ...digests, zyzzyva: zyzzyvaDigests }
  const verdict = await checkTraces(sourcesOf(files), { digests: all, observer })
  if (verdict._tag === "Rejected") throw new Error(JSON.stringify(verdict.finding))
  return observer.chains().filter(isZyzzyvaChain)
}

/** The whole run, in one chain. */
export const wholeChain = async (files: Files): Promise<ZyzzyvaChain> => {
  const [chain] = await captureZyzzyva(files, { _tag: "Range", from: 1, to: 100_000 })
  if (chain === undefined) throw new Error("the run has events")
  return chain
}

/** The chain with the first event of a replica that fits changed, and the number of that event. */
export const withChanged = (
  chain: ZyzzyvaChain,
  fits: (event: ReplicaEvent) => boolean,
  change: (event: ReplicaEvent) => ReplicaEvent,
): { readonly chain: ZyzzyvaChain; readonly event: number } => {
  const at = chain.events.findIndex((e) => e._tag === "ReplicaStep" && fits(e))
  if (at < 0) throw new Error("the chain has no such event")
  const events = chain.events.map((e, k) => (k === at ? change(e as ReplicaEvent) : e))
  return { chain: { ...chain, events }, event: chain.from + at }
}
