/**
 * One correct replica of spec/tla/ZyzzyvaCore.tla: its part of each variable, and what each action
 * does to it. Views are places in the arrays; sequence numbers count from 1, as lengths of logs.
 */
import type { ZyzzyvaWorld } from "./zyzzyva-core-constants.ts"
import { emptyLog, noLog } from "./zyzzyva-core-logs.ts"

export interface ZyzzyvaReplica {
  readonly id: number
  readonly view: number
  /** By view: what it ordered there; `noLog` where it did not enter. */
  readonly log: ReadonlyArray<number>
  /** By view: how much of it it acknowledged as certified, */
  readonly acked: ReadonlyArray<number>
  /** and how much after it had left (lengths as bits: a broken rule). */
  readonly late: ReadonlyArray<number>
  /** By view: the log of its VIEW-CONFIRM, `noLog` for none. */
  readonly confirmed: ReadonlyArray<number>
  /** By view: whether it waits there for VIEW-CONFIRMs. */
  readonly silent: ReadonlyArray<boolean>
  /** By view: the log of its NEW-VIEW as the primary, `noLog` for none. */
  readonly chosen: ReadonlyArray<number>
}

export const startZyzzyva = (w: ZyzzyvaWorld, id: number): ZyzzyvaReplica => {
  const all = <A>(value: A): ReadonlyArray<A> => Array.from({ length: w.maxView + 1 }, () => value)
  return {
    id,
    view: 0,
    log: all(noLog).with(0, emptyLog),
    acked: all(0),
    late: all(0),
    confirmed: all(noLog),
    silent: all(false),
    chosen: all(noLog),
  }
}

/** Distinct replicas have distinct keys. */
export const zyzzyvaKey = (r: ZyzzyvaReplica): string =>
  [r.view, r.log, r.acked, r.late, r.confirmed, r.silent.map(Number), r.chosen].join(" ")

export const entered = (r: ZyzzyvaReplica, view: number): boolean => r.log[view] !== noLog

export const isActive = (r: ZyzzyvaReplica): boolean =>
  entered(r, r.view) && r.silent[r.view] === false

/** What it ordered in `view` and answered for; `noLog` where it answered nothing. */
export const answered = (r: ZyzzyvaReplica, view: number): number =>
  r.silent[view] === true ? noLog : (r.log[view] ?? noLog)

/** What it has ordered in its view; one that does not wait for its NEW-VIEW starts from nothing. */
export const orderedHere = (r: ZyzzyvaReplica): number =>
  entered(r, r.view) ? (r.log[r.view] ?? emptyLog) : emptyLog

export const mayOrder = (w: ZyzzyvaWorld, r: ZyzzyvaReplica): boolean =>
  w.logs.length(orderedHere(r)) < w.maxSeq && (isActive(r) || !w.rule("WaitsForNewView"))

export const order = (w: ZyzzyvaWorld, r: ZyzzyvaReplica, batch: number): ZyzzyvaReplica => ({
  ...r,
  log: r.log.with(r.view, w.logs.append(orderedHere(r), batch)),
})

export const acknowledge = (r: ZyzzyvaReplica, length: number): ZyzzyvaReplica => ({
  ...r,
  acked: r.acked.with(r.view, length),
})

export const acknowledgeLate = (
  r: ZyzzyvaReplica,
  view: number,
  length: number,
): ZyzzyvaReplica => ({ ...r, late: r.late.with(view, (r.late[view] ?? 0) | (1 << length)) })

/** How much of its log of `view` it acknowledged, late or not. */
export const acknowledged = (r: ZyzzyvaReplica, view: number): number => {
  const late = r.late[view] ?? 0
  return Math.max(r.acked[view] ?? 0, late === 0 ? 0 : 31 - Math.clz32(late))
}

/** It leaves its view for the next. Of the view it forgets what nobody will ask. */
export const leave = (w: ZyzzyvaWorld, r: ZyzzyvaReplica): ZyzzyvaReplica => ({
  ...r,
  view: r.view + 1,
  log: w.slotwise && r.log[r.view] === emptyLog ? r.log.with(r.view, noLog) : r.log,
})

/** Its NEW-VIEW of `view` is forgotten: nobody will ask for it. */
export const forgetChoice = (r: ZyzzyvaReplica, view: number): ZyzzyvaReplica => ({
  ...r,
  chosen: r.chosen.with(view, noLog),
})

export const adopt = (w: ZyzzyvaWorld, r: ZyzzyvaReplica, base: number): ZyzzyvaReplica => {
  const { view } = r
  const waits = !w.slotwise
  const tells = waits || !w.rule("AdoptionIsAVote")
  return {
    ...r,
    log: r.log.with(view, base),
    chosen: w.primary(view) === r.id ? r.chosen.with(view, base) : r.chosen,
    confirmed: tells ? r.confirmed.with(view, base) : r.confirmed,
    silent: waits ? r.silent.with(view, true) : r.silent,
  }
}

export const confirm = (r: ZyzzyvaReplica): ZyzzyvaReplica => ({
  ...r,
  silent: r.silent.with(r.view, false),
})

/** The replica with each log called `to(log)` everywhere. */
export const withLogs = (r: ZyzzyvaReplica, to: (log: number) => number): ZyzzyvaReplica => ({
  ...r,
  log: r.log.map(to),
  confirmed: r.confirmed.map(to),
  chosen: r.chosen.map(to),
})
