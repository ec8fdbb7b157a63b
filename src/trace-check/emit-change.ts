/** What a view change says, as records of TLA+ (spec/tla/Pbft.tla, section "Messages"). */
import type { Decision } from "../core/pbft/decision.ts"
import type { Entry, NewView, Numbered, ViewChange } from "../core/pbft/message.ts"
import type { Symbols } from "./symbols.ts"
import { tlaSet } from "./tla-text.ts"

// The specification has sets where messages have lists in one order: a list in another order, which
// no correct replica sends and none accepts, gets an element that the specification refuses too.
const listed = (texts: ReadonlyArray<string>, inOrder: boolean, refused: string): string =>
  tlaSet(inOrder ? texts : [...texts, refused])

const ascending = <A>(list: ReadonlyArray<A>, isBefore: (a: A, b: A) => boolean): boolean =>
  list.every((a, k) => k === 0 || isBefore(list[k - 1] as A, a))

const bySeq = (a: { readonly seq: number }, b: { readonly seq: number }): boolean => a.seq < b.seq
const byPlace = (a: Entry, b: Entry): boolean =>
  a.seq < b.seq || (a.seq === b.seq && a.digest < b.digest)

const entryText = ({ seq, digest, view }: Entry, symbols: Symbols): string =>
  `[seq |-> ${seq}, digest |-> ${symbols.names.digest(digest)}, view |-> ${view}]`

/** P or Q. */
export const entriesText = (entries: ReadonlyArray<Entry>, symbols: Symbols): string =>
  tlaSet(entries.map((e) => entryText(e, symbols)))

const checkpointText = ({ seq, digest }: Numbered, symbols: Symbols): string =>
  `[seq |-> ${seq}, digest |-> ${symbols.names.checkpoint(digest)}]`

// No entry is of sequence number 0: it lies in no window.
const refusedEntry = "[seq |-> 0, digest |-> <<>>, view |-> 0]"
// Of no view; by the sender of the NEW-VIEW, who has no trace.
const refusedChange = (replica: number): string =>
  `[type |-> "ViewChange", view |-> 0, low |-> 0, checkpoints |-> {}, prepared |-> {}, ` +
  `prePrepared |-> {}, replica |-> ${replica}]`

const claims = (
  entries: ReadonlyArray<Entry>,
  isBefore: (a: Entry, b: Entry) => boolean,
  symbols: Symbols,
): string =>
  listed(
    entries.map((e) => entryText(e, symbols)),
    ascending(entries, isBefore),
    refusedEntry,
  )

const incarnationField = ({ replica, incarnation }: ViewChange, symbols: Symbols): string =>
  incarnation === undefined ? "" : `, incarnation |-> ${symbols.incarnation(replica, incarnation)}`

/** A VIEW-CHANGE by its name in the generated module. */
export const viewChangeText = (m: ViewChange, symbols: Symbols): string => {
  const ordered = ascending(m.checkpoints, bySeq)
  const prepared = ordered ? claims(m.prepared, bySeq, symbols) : listed([], false, refusedEntry)
  return symbols.names.named(
    "V",
    `[type |-> "ViewChange", view |-> ${m.view}, low |-> ${m.low}, ` +
      `checkpoints |-> ${tlaSet(m.checkpoints.map((c) => checkpointText(c, symbols)))}, ` +
      `prepared |-> ${prepared}, ` +
      `prePrepared |-> ${claims(m.prePrepared, byPlace, symbols)}, replica |-> ${m.replica}` +
      `${incarnationField(m, symbols)}]`,
  )
}

const decisionFields = ({ start, chosen }: Decision, symbols: Symbols): string => {
  const batches = chosen.map(
    ({ seq, digest }) => `[seq |-> ${seq}, digest |-> ${symbols.names.digest(digest)}]`,
  )
  const all = listed(batches, ascending(chosen, bySeq), "[seq |-> 0, digest |-> <<>>]")
  return `start |-> ${checkpointText(start, symbols)}, chosen |-> ${all}`
}

/** What the primary of a new view decided. */
export const decisionText = (decision: Decision, symbols: Symbols): string =>
  `[${decisionFields(decision, symbols)}]`

/** A NEW-VIEW by its name in the generated module. */
export const newViewText = (m: NewView, symbols: Symbols): string => {
  const changes = m.changes.map((c) => viewChangeText(c, symbols))
  const inOrder = ascending(m.changes, (a, b) => a.replica < b.replica)
  return symbols.names.named(
    "W",
    `[type |-> "NewView", view |-> ${m.view}, ` +
      `changes |-> ${listed(changes, inOrder, refusedChange(m.replica))}, ` +
      `${decisionFields(m, symbols)}, replica |-> ${m.replica}]`,
  )
}
