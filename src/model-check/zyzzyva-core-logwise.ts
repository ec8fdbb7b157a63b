/**
 * The published view change of spec/tla/ZyzzyvaCore.tla and its printed correction, Velma: whole
 * logs, from the log and the certificate in each VIEW-CHANGE.
 */
import type { ZyzzyvaWorld } from "./zyzzyva-core-constants.ts"
import { emptyLog, noLog } from "./zyzzyva-core-logs.ts"
import { certificates, type Past, type Quorum } from "./zyzzyva-core-past.ts"
import { entered, type ZyzzyvaReplica } from "./zyzzyva-core-replica.ts"

/** What one VIEW-CHANGE says. */
export interface Report {
  /** The sender; -1 for a Byzantine one. */
  readonly sender: number
  readonly log: number
  /** The view in which the log was ordered. */
  readonly view: number
  /** The certificate's log, empty for none, */
  readonly cert: number
  /** and its view, -1 for none. */
  readonly of: number
}

const views = (below: number): ReadonlyArray<number> => Array.from({ length: below }, (_, u) => u)

export const reportOf = (w: ZyzzyvaWorld, r: ZyzzyvaReplica, below: number): Report => {
  const view = views(below).findLast((u) => entered(r, u)) ?? 0
  const of = views(below).findLast(
    (u) => (r.acked[u] ?? 0) > 0 && (u === view || !w.added("SinceLastViewChange")),
  )
  const cert = of === undefined ? emptyLog : w.logs.first(r.log[of] ?? noLog, r.acked[of] ?? 0)
  return { sender: r.id, log: r.log[view] ?? noLog, view, cert, of: of ?? -1 }
}

/** Whether a Byzantine replica can show that the primary of `view` signed the orders of `log`. */
const isSigned = ({ world: w, replicas }: Past, view: number, log: number): boolean => {
  const primary = replicas.find((r) => r.id === w.primary(view))
  if (primary === undefined) return true
  if (!w.logs.extends(primary.log[view] ?? noLog, log)) return false
  return (
    !w.added("ClaimsExtendBase") ||
    view === 0 ||
    w.logs.extends(log, primary.chosen[view] ?? emptyLog)
  )
}

/** Everything that a Byzantine replica may report. */
export const liesOf = (past: Past): ReadonlyArray<Report> => {
  const { world: w, view } = past
  const certs = [{ view: -1, log: emptyLog }, ...certificates(past)]
  const strict = w.added("SinceLastViewChange")
  return views(view).flatMap((u) =>
    Array.from({ length: w.logs.size }, (_, log) => log)
      .filter((log) => isSigned(past, u, log))
      .flatMap((log) =>
        certs
          .filter((c) => !strict || ((c.view < 0 || c.view === u) && w.logs.extends(log, c.log)))
          .map((c) => ({ sender: -1, log, view: u, cert: c.log, of: c.view })),
      ),
  )
}

const holding = (
  w: ZyzzyvaWorld,
  all: ReadonlyArray<Report>,
  prefix: number,
  view: number,
): number => all.filter((p) => p.view >= view && w.logs.extends(p.log, prefix)).length

const allLogs = (w: ZyzzyvaWorld): ReadonlyArray<number> => [...Array(w.logs.size).keys()]

const longestOf = (w: ZyzzyvaWorld, logs: ReadonlyArray<number>): ReadonlyArray<number> => {
  const most = Math.max(...logs.map(w.logs.length))
  return logs.filter((log) => w.logs.length(log) === most)
}

/** The longest certificate; what f + 1 logs add to it; null up to the longest log seen. */
const publishedBases = (w: ZyzzyvaWorld, all: ReadonlyArray<Report>): ReadonlyArray<number> => {
  const longest = Math.max(...all.map((p) => w.logs.length(p.cert)))
  const long = all.filter((p) => w.logs.length(p.cert) === longest)
  const latest = Math.max(...long.map((p) => p.of))
  const first = long.filter((p) => !w.added("TiesToLaterView") || p.of === latest)
  const most = Math.max(longest, ...all.map((p) => w.logs.length(p.log)))
  const filled = (log: number): number => {
    const items = [...w.logs.items(log)]
    while (items.length < most) items.push(w.logs.nullAt(items.length))
    return w.logs.of(items)
  }
  return first.flatMap(({ cert }) => {
    const more = allLogs(w).filter(
      (x) => w.logs.extends(x, cert) && (x === cert || holding(w, all, x, 0) >= w.voteNeeds),
    )
    return longestOf(w, more).map(filled)
  })
}

/** With "CertificateCoversBase": at least the log with which 2f + 1 began the view. */
const covered = ({ world: w, replicas }: Past, view: number, log: number): number => {
  if (!w.added("CertificateCoversBase")) return log
  const base = allLogs(w).find(
    (b) =>
      w.logs.extends(b, log) &&
      replicas.filter((r) => r.confirmed[view] === b).length + w.liars >= 2 * w.f + 1,
  )
  return base ?? log
}

interface Track {
  /** The highest view that some log has, -1 for none. */
  readonly view: number
  /** The logs that have it and no extension of which has. */
  readonly ends: ReadonlyArray<number>
}

const trackOf = (w: ZyzzyvaWorld, viewOf: (log: number) => number): Track => {
  const some = allLogs(w).filter((log) => log !== emptyLog)
  const view = Math.max(...some.map(viewOf))
  const having = view < 0 ? [] : some.filter((log) => viewOf(log) === view)
  const ends = having.filter((g) => !having.some((x) => x !== g && w.logs.extends(x, g)))
  return { view, ends }
}

/** Clauses 1 to 5, with the slip of the fourth mended; none where no log is safe. */
const velmaBases = (past: Past, all: ReadonlyArray<Report>): ReadonlyArray<number> => {
  const { world: w, view } = past
  const fast = trackOf(w, (g) =>
    Math.max(-1, ...views(view).filter((u) => holding(w, all, g, u) >= w.voteNeeds)),
  )
  const certs = all
    .filter((p) => p.of >= 0)
    .map((p) => ({ ...p, cert: covered(past, p.of, p.cert) }))
  const slow = trackOf(w, (g) =>
    Math.max(-1, ...certs.filter((p) => w.logs.extends(p.cert, g)).map((p) => p.of)),
  )
  if (fast.view < 0 && slow.view < 0) return [emptyLog]
  if (fast.view < slow.view) return slow.ends
  if (slow.view < fast.view) return fast.ends
  return [
    ...slow.ends.filter((g) => fast.ends.every((x) => w.logs.extends(g, x))),
    ...fast.ends.filter((g) => slow.ends.every((x) => w.logs.extends(g, x))),
  ]
}

/** Tells every log that the quorum allows, with what its messages say. */
export const logwiseBases = (
  past: Past,
  { senders, liars }: Quorum,
  found: (base: number, reports: ReadonlyArray<Report>) => void,
): void => {
  const { world: w, view } = past
  const told = senders.map((r) => reportOf(w, r, view))
  const lies = liesOf(past)
  const judge = (all: ReadonlyArray<Report>): void => {
    if (all.length < senders.length + liars) {
      for (const lie of lies) judge([...all, lie])
      return
    }
    const bases = w.viewChange === "published" ? publishedBases(w, all) : velmaBases(past, all)
    for (const base of bases) found(base, all)
  }
  judge(told)
}
