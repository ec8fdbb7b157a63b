/**
 * The properties of spec/tla/PbftCore.tla over the masks of what the correct replicas said, and
 * the states of MCPbftCore.tla that must be reachable.
 */
import { atLeast, type CoreWorld, levelOf, several } from "./pbft-core-constants.ts"
import type { CoreSpace } from "./pbft-core-space.ts"
import type { Broken, StateJudge } from "./state-space.ts"

/** What the invariants see of a state, as bits: most states share it with others. */
interface Seen {
  /** What some correct replica accepted. */
  readonly anyAccepted: number
  /** What some correct replica prepared. */
  readonly anyPrepared: number
  readonly committed: number
}

type Holds = (w: CoreWorld, seen: Seen) => string | null

const bitsAt = (w: CoreWorld, mask: number, view: number, seq: number): number =>
  (mask >> w.shift(view, seq)) & w.anyBatch

/** By seq from 0: the batches decided there in some view, as bits. */
const decided = (w: CoreWorld, committed: number): ReadonlyArray<number> =>
  Array.from({ length: w.maxSeq }, (_, seq) => {
    let bits = 0
    for (let view = 0; view <= w.maxView; view++) bits |= bitsAt(w, committed, view, seq)
    return bits
  })

const named = (w: CoreWorld, bits: number): string =>
  w.batches.filter((_, b) => (bits & (1 << b)) !== 0).join(" and ")

/** Calls `each` for every view and seq; the first answer that is not null. */
const inSlots = (
  w: CoreWorld,
  each: (view: number, seq: number) => string | null,
): string | null => {
  for (let view = 0; view <= w.maxView; view++) {
    for (let seq = 0; seq < w.maxSeq; seq++) {
      const found = each(view, seq)
      if (found !== null) return found
    }
  }
  return null
}

const agreement: Holds = (w, { committed }) => {
  if (committed === 0) return null
  const seq = decided(w, committed).findIndex(several)
  if (seq < 0) return null
  return `seq ${seq + 1}: ${named(w, decided(w, committed)[seq] ?? 0)} are committed`
}

const preparedUnique: Holds = (w, { anyPrepared }) =>
  inSlots(w, (view, seq) => {
    const bits = bitsAt(w, anyPrepared, view, seq)
    return several(bits) ? `view ${view} seq ${seq + 1}: ${named(w, bits)} are prepared` : null
  })

const carryOver: Holds = (w, { committed, anyAccepted }) => {
  if (committed === 0) return null
  for (let seq = 0; seq < w.maxSeq; seq++) {
    let before = 0
    for (let view = 0; view <= w.maxView; view++) {
      const bits = bitsAt(w, anyAccepted, view, seq)
      if (before !== 0 && bits !== 0 && several(bits | before)) {
        const lost = `${named(w, before)} was committed before view ${view}`
        return `seq ${seq + 1}: ${lost}, where ${named(w, bits)} is accepted`
      }
      before |= bitsAt(w, committed, view, seq)
    }
  }
  return null
}

const validity: Holds = (w, { anyAccepted }) =>
  w.invented.length === 0
    ? null
    : inSlots(w, (view, seq) => {
        const asked = (1 << w.asked.length) - 1
        const bits = bitsAt(w, anyAccepted, view, seq) & ~asked & ~(1 << w.nullBatch)
        return bits === 0 ? null : `view ${view} seq ${seq + 1}: nobody asked for ${named(w, bits)}`
      })

/** Every way in which a prefix of the numbers was decided, as batches by seq. */
const histories = (w: CoreWorld, committed: number): ReadonlyArray<ReadonlyArray<number>> => {
  const all: Array<ReadonlyArray<number>> = []
  const longer = (history: ReadonlyArray<number>): void => {
    const bits = decided(w, committed)[history.length] ?? 0
    for (let b = 0; b <= w.nullBatch; b++) {
      if ((bits & (1 << b)) === 0) continue
      all.push([...history, b])
      longer([...history, b])
    }
  }
  longer([])
  return all
}

const atMostOnce: Holds = (w, { committed }) => {
  if (committed === 0 || w.maxSeq === 1 || !decided(w, committed).some(several)) return null
  const first = new Map<number, number>()
  for (const history of histories(w, committed)) {
    for (const [seq, b] of history.entries()) {
      if (b === w.nullBatch || history.indexOf(b) !== seq) continue
      const other = first.get(b)
      if (other !== undefined && other !== seq) {
        return `${w.batches[b]} takes effect at seq ${other + 1} and at seq ${seq + 1}`
      }
      first.set(b, seq)
    }
  }
  return null
}

/** A value that is decided under two numbers; 0 for none. */
const decidedTwice = (w: CoreWorld, committed: number): number => {
  const all = decided(w, committed)
  const values = (1 << w.nullBatch) - 1
  return atLeast(all, 2) & values
}

const decidedOnce: Holds = (w, { committed }) => {
  if (committed === 0) return null
  const twice = decidedTwice(w, committed)
  return twice === 0 ? null : `${named(w, twice)} is decided under two numbers`
}

/** The invariants by name; TypeOK has no counterpart, since masks hold nothing else. */
export const coreInvariants = {
  Agreement: agreement,
  PreparedUnique: preparedUnique,
  CarryOver: carryOver,
  Validity: validity,
  AtMostOnce: atMostOnce,
  DecidedOnce: decidedOnce,
} as const satisfies Record<string, Holds>
export type CoreInvariant = keyof typeof coreInvariants

type Met = (w: CoreWorld, seen: Seen) => boolean
type MetByRow = (w: CoreWorld, row: Int32Array, space: CoreSpace) => boolean

const someSlot = (w: CoreWorld, met: (view: number, seq: number) => boolean): boolean =>
  inSlots(w, (view, seq) => (met(view, seq) ? "" : null)) !== null

const earlier = (w: CoreWorld, mask: number, view: number, seq: number): number => {
  let bits = 0
  for (let u = 0; u < view; u++) bits |= bitsAt(w, mask, u, seq)
  return bits
}

const differentClaims: MetByRow = (w, row, space) =>
  someSlot(w, (view, seq) => {
    const size = w.batches.length
    const claimed = w.correct.map((_, k) => space.replica(row, k).changed[view]?.p[seq] ?? -1)
    return new Set(claimed.filter((p) => p >= 0).map((p) => p % size)).size > 1
  })

const skippedView: MetByRow = (w, row, space) =>
  w.correct.some((_, k) => {
    const r = space.replica(row, k)
    return r.active && r.view > 1 && r.changed[r.view - 1] === undefined
  })

/** Witnesses that only a whole state shows; the first two need a view between two others. */
const witnessesByRow: Readonly<Record<string, MetByRow>> = {
  ReachSkippedView: skippedView,
  ReachDifferentClaims: differentClaims,
  ReachTurnedAwayByA2: (w, row, space) =>
    someSlot(w, (v, n) => space.choosable(row, v, n).turnedAway),
  PreparedUnique: (w, row, space) => {
    let [once, twice] = [0, 0]
    for (const k of w.correct.keys()) {
      twice |= once & space.prepared(row, k)
      once |= space.prepared(row, k)
    }
    return twice !== 0
  },
}

/** What must be reachable, and the antecedents of the invariants, by name. */
const coreWitnesses: Readonly<Record<string, Met>> = {
  ReachCommitted: (w, s) => someSlot(w, (v, n) => v === 0 && bitsAt(w, s.committed, v, n) !== 0),
  ReachCommittedLater: (w, s) =>
    someSlot(w, (v, n) => v > 0 && (bitsAt(w, s.committed, v, n) & ((1 << w.nullBatch) - 1)) !== 0),
  ReachCommittedTwice: (w, s) =>
    someSlot(
      w,
      (v, n) => v > 0 && (bitsAt(w, s.committed, v, n) & bitsAt(w, s.committed, 0, n)) !== 0,
    ),
  ReachNullCommitted: (w, s) =>
    someSlot(w, (v, n) => (bitsAt(w, s.committed, v, n) & (1 << w.nullBatch)) !== 0),
  ReachReassigned: (w, s) =>
    someSlot(w, (v, n) => {
      const values = bitsAt(w, s.committed, v, n) & ((1 << w.nullBatch) - 1)
      return v > 0 && (values & ~earlier(w, s.anyAccepted, v, n)) !== 0
    }),
  ReachSplit: (w, s) => someSlot(w, (v, n) => several(bitsAt(w, s.anyAccepted, v, n))),
  ReachSplitNewView: (w, s) =>
    someSlot(w, (v, n) => v > 0 && several(bitsAt(w, s.anyAccepted, v, n))),
  ReachDecidedTwice: (w, s) => decidedTwice(w, s.committed) !== 0,
  Agreement: (_, s) => s.committed !== 0,
  CarryOver: (w, s) =>
    someSlot(
      w,
      (v, n) => bitsAt(w, s.anyAccepted, v, n) !== 0 && earlier(w, s.committed, v, n) !== 0,
    ),
  Validity: (_, s) => s.anyAccepted !== 0,
  AtMostOnce: (w, { committed }) =>
    histories(w, committed).some((h) =>
      h.some((b, seq) => b !== w.nullBatch && h.indexOf(b) !== seq),
    ),
}

export class CoreJudge implements StateJudge {
  readonly antecedents = new Set<string>()
  readonly witnessed = new Set<string>()
  readonly #space: CoreSpace
  readonly #invariants: ReadonlyArray<readonly [CoreInvariant, Holds]>
  readonly #unmet = new Map(Object.entries(coreWitnesses))
  readonly #unmetByRow: Map<string, MetByRow>
  /** By committed, by anyPrepared, by anyAccepted: what such states break. */
  readonly #known = new Map<number, Map<number, Map<number, Broken | null>>>()

  constructor(space: CoreSpace, invariants: ReadonlyArray<CoreInvariant>) {
    this.#space = space
    this.#invariants = invariants.map((name) => [name, coreInvariants[name]])
    const possible = Object.entries(witnessesByRow).filter(
      ([, met]) => space.world.maxView > 1 || (met !== skippedView && met !== differentClaims),
    )
    this.#unmetByRow = new Map(possible)
  }

  firstBroken(row: Int32Array): Broken | null {
    const { world } = this.#space
    for (const [name, met] of this.#unmetByRow) {
      if (!met(world, row, this.#space)) continue
      this.witnessed.add(name)
      this.#unmetByRow.delete(name)
    }
    // Levels of at least one, two, three, four replicas, as in `atLeast`.
    let [one, two, three, four, anyAccepted] = [0, 0, 0, 0, 0]
    for (let k = 0; k < row.length; k++) {
      const bits = this.#space.prepared(row, k)
      four |= three & bits
      three |= two & bits
      two |= one & bits
      one |= bits
      anyAccepted |= this.#space.accepted(row, k)
    }
    const committed = levelOf([one, two, three, four], world.commitNeeds - world.byzantine.length)
    return this.#judged({ anyAccepted, anyPrepared: one, committed })
  }

  #judged(seen: Seen): Broken | null {
    const { committed, anyPrepared, anyAccepted } = seen
    const ofCommitted = this.#known.get(committed) ?? new Map<number, Map<number, Broken | null>>()
    const ofPrepared = ofCommitted.get(anyPrepared) ?? new Map<number, Broken | null>()
    const known = ofPrepared.get(anyAccepted)
    if (known !== undefined) return known
    const judged = this.#judge(seen)
    ofPrepared.set(anyAccepted, judged)
    ofCommitted.set(anyPrepared, ofPrepared)
    this.#known.set(committed, ofCommitted)
    return judged
  }

  #judge(seen: Seen): Broken | null {
    const { world } = this.#space
    for (const [name, met] of this.#unmet) {
      if (!met(world, seen)) continue
      this.witnessed.add(name)
      this.#unmet.delete(name)
    }
    for (const [property, holds] of this.#invariants) {
      const why = holds(world, seen)
      if (why !== null) return { property, why }
    }
    return null
  }
}
