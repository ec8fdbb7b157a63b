/** The canonical text of a state of spec/tla/PbftCore.tla. */
import { bool, func, int, record, seq, set, str, type Text } from "./canonical.ts"
import type { CoreWorld } from "./pbft-core-constants.ts"
import type { CoreReplica, ViewChange } from "./pbft-core-replica.ts"

/** A replica's part of each variable; of `chosen` by view, where it is the primary. */
export interface CoreTexts {
  readonly view: Text
  readonly active: Text
  readonly changed: Text
  readonly accepted: ReadonlyArray<Text>
  readonly prepared: ReadonlyArray<Text>
  readonly chosen: ReadonlyArray<Text | undefined>
}

// The (view, seq, batch) of each bit, seq counted from 1 and the batch by its name.
const places = (w: CoreWorld, mask: number): ReadonlyArray<readonly [number, number, Text]> => {
  const found: Array<readonly [number, number, Text]> = []
  const size = w.batches.length
  for (let rest = mask; rest !== 0; rest &= rest - 1) {
    const at = 31 - Math.clz32(rest & -rest)
    const slot = Math.floor(at / size)
    const name = str(w.batches[at % size] ?? "")
    found.push([Math.floor(slot / w.maxSeq), (slot % w.maxSeq) + 1, name])
  }
  return found
}

const entryText = (w: CoreWorld, p: number): Text => {
  const size = w.batches.length
  const batch = str(p < 0 ? "none" : (w.batches[p % size] ?? ""))
  return record({ batch, view: int(p < 0 ? 0 : Math.floor(p / size)) })
}

const changeText = (w: CoreWorld, c: ViewChange | undefined): Text =>
  record({
    p: seq(c === undefined ? [] : c.p.map((p) => entryText(w, p))),
    q: set(places(w, c?.q ?? 0).map(([view, n, b]) => seq([int(n), b, int(view)]))),
  })

export const coreTexts = (w: CoreWorld, r: CoreReplica): CoreTexts => {
  const said = (mask: number): ReadonlyArray<Text> =>
    places(w, mask).map(([view, n, b]) => seq([int(r.id), int(view), int(n), b]))
  return {
    view: int(r.view),
    active: bool(r.active),
    changed: func(
      r.changed.map((_, v) => v),
      r.changed.map((c) => changeText(w, c)),
    ),
    accepted: said(r.accepted),
    prepared: said(r.prepared),
    chosen: r.chosen.map((x) => x && seq(x.map((pick) => str(w.batches[pick] ?? "open")))),
  }
}

export const coreStateText = (w: CoreWorld, parts: ReadonlyArray<CoreTexts>): Text => {
  const views = Array.from({ length: w.maxView + 1 }, (_, v) => v)
  const chosen = views.map((v) => parts.map((p) => p.chosen[v]).find((x) => x !== undefined))
  const byReplica = (text: (part: CoreTexts) => Text): Text => func(w.correct, parts.map(text))
  return record({
    view: byReplica((p) => p.view),
    active: byReplica((p) => p.active),
    changed: byReplica((p) => p.changed),
    accepted: set(parts.flatMap((p) => p.accepted)),
    prepared: set(parts.flatMap((p) => p.prepared)),
    chosen: func(
      views,
      chosen.map((x) => x ?? seq([])),
    ),
  })
}
