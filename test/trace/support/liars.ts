/** What a Byzantine replica sends in a view change instead of what a correct one would. */
import type { NewView, PeerMessage, ViewChange } from "../../../src/core/pbft/message.ts"

type Liar = (m: PeerMessage, to: number) => ReadonlyArray<PeerMessage>

/** Says nothing at all. */
export const silent: Liar = () => []

const newViews =
  (lie: (m: NewView, to: number) => NewView): Liar =>
  (m, to) =>
    m._tag === "NewView" ? [lie(m, to)] : [m]

/** Tells replica 2 to start with nothing. */
export const twoNewViews = newViews((m, to) => (to === 2 ? { ...m, chosen: [] } : m))

/** Shows a VIEW-CHANGE of replica 2 that replica 2 never wrote. */
export const forgedInside = newViews((m) => ({
  ...m,
  changes: m.changes.map((c) => (c.replica === 2 ? { ...c, prePrepared: [] } : c)),
}))

/** Shows the VIEW-CHANGEs in another order than the one. */
export const disordered = newViews((m) => ({ ...m, changes: m.changes.toReversed() }))

const viewChanges =
  (lie: (m: ViewChange, to: number) => ViewChange): Liar =>
  (m, to) =>
    m._tag === "ViewChange" ? [lie(m, to)] : [m]

/** Tells replica 2 that it has prepared nothing. */
export const twoViewChanges = viewChanges((m, to) =>
  to === 2 ? { ...m, prepared: [], prePrepared: [] } : m,
)

/** Claims to have prepared a batch that nobody knows. */
export const inventedBatch = viewChanges((m) => {
  const entry = { seq: m.low + 1, digest: "f".repeat(64), view: m.view - 1 }
  return { ...m, prepared: [entry], prePrepared: [entry] }
})
