/**
 * NEW-VIEWs of Byzantine primaries: Pbft.tla's `Forged`. Whose VIEW-CHANGEs such a primary shows is
 * its choice; it cannot write one in another's name, and may decide what they do not allow.
 */
import { type Decision, decisions } from "../core/pbft/decision.ts"
import type { ViewChange } from "../core/pbft/message.ts"
import { type Envelope, everyone } from "../sim/world.ts"
import { choose } from "./choose.ts"
import type { SentMessage } from "./model.ts"
import type { PbftConstants } from "./pbft-process.ts"
import { nullDigest } from "./pbft-text.ts"

const unjustified: Decision = { start: { seq: 0, digest: nullDigest }, chosen: [] }

type Change = Envelope & { readonly message: ViewChange }

const changesIn = (known: ReadonlyArray<SentMessage>, view: number): ReadonlyArray<Change> =>
  known
    .map((m) => m.value as Envelope)
    .filter((e): e is Change => e.message._tag === "ViewChange" && e.message.view === view)
    .sort((a, b) => a.message.replica - b.message.replica)

/** What Byzantine primaries can make of `known` messages. */
export const forgedNewViews = (
  c: PbftConstants,
  known: ReadonlyArray<SentMessage>,
): ReadonlyArray<Envelope> => {
  const group = { n: c.n, f: c.f, quorum: c.quorum }
  const config = { group, logSize: c.logSize, nullDigest }
  const envelopes: Array<Envelope> = []
  for (let view = 1; view <= c.maxView; view++) {
    const replica = view % c.n
    if (!c.byzantine.includes(replica)) continue
    for (const shown of choose(changesIn(known, view), c.quorum)) {
      const changes = shown.map((e) => e.message)
      // What of it may arrive only later, it shows only then.
      const since = shown.find((e) => e.since !== undefined)?.since
      if (new Set(changes.map((m) => m.replica)).size < c.quorum) continue
      for (const decision of [...decisions(config, changes), unjustified]) {
        const message = {
          _tag: "NewView" as const,
          view,
          changes,
          ...decision,
          replica,
          signature: "",
        }
        const timed = since === undefined ? {} : { since }
        envelopes.push({ message, to: undefined, auth: everyone(c.n), ...timed })
      }
    }
  }
  return envelopes
}
