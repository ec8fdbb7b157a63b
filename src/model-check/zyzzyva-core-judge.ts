/**
 * The properties of spec/tla/ZyzzyvaCore.tla over what each view completed and certified, and the
 * states of MCZyzzyvaCore.tla that must be reachable.
 */
import type { Broken, StateJudge } from "./state-space.ts"
import type { ZyzzyvaWorld } from "./zyzzyva-core-constants.ts"
import type { ViewFacts } from "./zyzzyva-core-facts.ts"
import { noLog } from "./zyzzyva-core-logs.ts"
import { entered, type ZyzzyvaReplica } from "./zyzzyva-core-replica.ts"
import type { ZyzzyvaSpace } from "./zyzzyva-core-space.ts"

/** A state, as properties see it. */
interface Seen {
  readonly world: ZyzzyvaWorld
  readonly replicas: ReadonlyArray<ZyzzyvaReplica>
  /** By view. */
  readonly facts: ReadonlyArray<ViewFacts>
}

type Holds = (seen: Seen) => string | null

const logsIn = (w: ZyzzyvaWorld, bits: number): ReadonlyArray<number> =>
  w.logs.heard.filter((h) => (bits & (1 << h)) !== 0)

export const compatible = (w: ZyzzyvaWorld, h: number, g: number): boolean =>
  w.logs.extends(h, g) || w.logs.extends(g, h)

const complete = (facts: ViewFacts): number => facts.fast | facts.slow

const anyComplete = ({ facts }: Seen): number => facts.reduce((all, f) => all | complete(f), 0)

/** Two of the logs that contradict each other. */
const contradicting = (
  w: ZyzzyvaWorld,
  some: number,
  others: number,
): readonly [number, number] | undefined => {
  for (const h of logsIn(w, some)) {
    const g = logsIn(w, others).find((x) => !compatible(w, h, x))
    if (g !== undefined) return [h, g]
  }
  return undefined
}

const both = (w: ZyzzyvaWorld, [h, g]: readonly [number, number]): string =>
  `${w.logs.told(h)} and ${w.logs.told(g)}`

const agreement: Holds = (seen) => {
  const { world: w } = seen
  const found = contradicting(w, anyComplete(seen), anyComplete(seen))
  return found === undefined ? null : `${both(w, found)} are both complete`
}

const certificatesAgree: Holds = ({ world: w, facts }) => {
  for (const [view, { certified }] of facts.entries()) {
    const found = contradicting(w, certified, certified)
    if (found !== undefined) return `view ${view}: ${both(w, found)} are both certified`
  }
  return null
}

/** Of histories that `which` completed in a view: one that a later view does not start from. */
const carriedOver =
  (which: (facts: ViewFacts) => number, most = Infinity): Holds =>
  ({ world: w, replicas, facts }) => {
    for (const [view, f] of facts.entries()) {
      for (const h of logsIn(w, which(f)).filter((log) => w.logs.length(log) <= most)) {
        for (const r of replicas) {
          const later = r.log.findIndex((g, u) => u > view && g !== noLog && !w.logs.extends(g, h))
          if (later < 0) continue
          const lost = `${w.logs.told(h)} was complete in view ${view}`
          const now = w.logs.told(r.log[later] ?? noLog)
          return `${lost}, and in view ${later} replica ${r.id} has ${now}`
        }
      }
    }
    return null
  }

/** The invariants by name; TypeOK has no counterpart here. */
export const zyzzyvaInvariants = {
  Agreement: agreement,
  CertificatesAgree: certificatesAgree,
  CarryOver: carriedOver(complete),
  AnsweredCarriesOver: carriedOver((f) => f.fast),
  AcknowledgedCarriesOver: carriedOver((f) => f.slow),
  FirstCarriesOver: carriedOver((f) => f.slow, 1),
} as const satisfies Record<string, Holds>
export type ZyzzyvaInvariant = keyof typeof zyzzyvaInvariants

type Met = (seen: Seen) => boolean

const several = (bits: number): boolean => (bits & (bits - 1)) !== 0

/** What must be reachable, and the antecedents of the invariants, by name. */
const witnesses: Readonly<Record<string, Met>> = {
  ReachFast: ({ facts }) => facts.some((f) => (f.fast & ~f.slow) !== 0),
  ReachSlow: ({ facts }) => facts.some((f) => (f.slow & ~f.fast) !== 0),
  ReachCompleteLater: ({ facts }) => facts.some((f, view) => view > 0 && complete(f) !== 0),
  ReachCompleteTwice: ({ facts: [first, ...later] }) =>
    first !== undefined && later.some((f) => (complete(f) & complete(first)) !== 0),
  ReachHiddenCertificate: ({ facts, replicas }) =>
    facts.some((f, view) => f.certified !== 0 && replicas.every((r) => r.acked[view] === 0)),
  ReachRolledBack: ({ world: w, replicas }) =>
    replicas.some((r) => {
      const logs = r.log.filter((log) => log !== noLog)
      return logs.some((h) => logs.some((g) => !compatible(w, h, g)))
    }),
  ReachSplit: ({ world: w, replicas, facts }) =>
    facts.some((_, view) => {
      const logs = replicas.filter((r) => entered(r, view)).map((r) => r.log[view] ?? noLog)
      return logs.some((h) => logs.some((g) => !compatible(w, h, g)))
    }),
  ReachFilledGap: ({ world: w, replicas }) =>
    replicas.some((r) =>
      r.log.some(
        (log) => log !== noLog && w.logs.items(log).some((b, seq) => b === w.logs.nullAt(seq)),
      ),
    ),
  Agreement: (seen) => several(anyComplete(seen)),
  CertificatesAgree: ({ facts }) => facts.some((f) => several(f.certified)),
  CarryOver: ({ replicas, facts }) =>
    facts.some(
      (f, view) =>
        complete(f) !== 0 && replicas.some((r) => r.log.some((g, u) => u > view && g !== noLog)),
    ),
}

export class ZyzzyvaJudge implements StateJudge {
  readonly antecedents = new Set<string>()
  readonly witnessed = new Set<string>()
  readonly #space: ZyzzyvaSpace
  readonly #invariants: ReadonlyArray<readonly [ZyzzyvaInvariant, Holds]>
  readonly #unmet = new Map(Object.entries(witnesses))

  constructor(space: ZyzzyvaSpace, invariants: ReadonlyArray<ZyzzyvaInvariant>) {
    this.#space = space
    this.#invariants = invariants.map((name) => [name, zyzzyvaInvariants[name]])
  }

  firstBroken(row: Int32Array): Broken | null {
    const space = this.#space
    const seen: Seen = {
      world: space.world,
      replicas: Array.from({ length: space.width }, (_, k) => space.replica(row, k)),
      facts: Array.from({ length: space.world.maxView + 1 }, (_, v) => space.facts(row, v)),
    }
    for (const [name, met] of this.#unmet) {
      if (!met(seen)) continue
      this.witnessed.add(name)
      this.#unmet.delete(name)
    }
    for (const [property, holds] of this.#invariants) {
      const why = holds(seen)
      if (why !== null) return { property, why }
    }
    return null
  }
}
