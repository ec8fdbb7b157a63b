/**
 * What a key holder has signed of views, so that it signs no two different VIEW-CHANGEs or
 * NEW-VIEWs for one view, and none of a lower view than before, as a counter in hardware would see
 * to. A replica that was recovered starts over, as its next incarnation: what a liar had signed for
 * a view far ahead does not bind it.
 *
 * Outside the specification: see key-holder.ts. A correct replica says one thing of a view there
 * (`NoEquivocation`).
 */
import type { ReplicaId } from "../core/ids.ts"
import type { CodecLimits } from "./batch-codec.ts"
import { readNewView, readViewChange } from "./change-codec.ts"
import { bytesDigest } from "./digests.ts"
import { Reader } from "./reader.ts"

export type Purpose = "viewChange" | "newView"

/** The last that was signed: of which incarnation and view, and which bytes. */
export interface Said {
  readonly incarnation: number
  readonly view: number
  readonly digest: string
}

export type SaidViews = { readonly [P in Purpose]?: Said }

interface About {
  readonly id: ReplicaId
  readonly limits: CodecLimits
  /** The last incarnation for which the holder signed a request to be taken back. */
  readonly incarnation: number
}

/** What a body says, behind the head that is signed with it; or why it says nothing. */
export const saidBy = (purpose: Purpose, body: Buffer, about: About): Said | string => {
  // It ends where the signature would begin: one of no bytes.
  const reader = new Reader(Buffer.concat([body, Buffer.of(0)]))
  const read = purpose === "viewChange" ? readViewChange : readNewView
  const m = read(reader, about.limits)
  reader.end()
  if (reader.failed) return reader.error().message
  if (m.replica !== about.id) return `it is replica ${m.replica}'s`
  const { incarnation = 0 } = m._tag === "ViewChange" ? m : about
  if (incarnation > about.incarnation) return `incarnation ${incarnation} has not been signed for`
  return { incarnation, view: m.view, digest: bytesDigest(body.toString("latin1")) }
}

/** Why the next may not be signed after the last; undefined when it may. */
export const forbidden = (last: Said | undefined, next: Said): string | undefined => {
  if (last === undefined || next.incarnation > last.incarnation) return undefined
  if (next.incarnation < last.incarnation) return `incarnation ${last.incarnation} has begun`
  if (next.view < last.view) return `view ${last.view} was signed for`
  const differs = next.view === last.view && next.digest !== last.digest
  return differs ? `another one for view ${last.view} was signed` : undefined
}
