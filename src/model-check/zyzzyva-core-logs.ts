/**
 * Logs of spec/tla/ZyzzyvaCore.tla as small integers: every sequence of batches, the empty one
 * first and each after its prefixes. A batch is its place among those asked for at its sequence
 * number; the last place is null.
 */
import { seq, str, type Text } from "./canonical.ts"

/** In place of a log: there is none. */
export const noLog = -1
/** The empty log. */
export const emptyLog = 0

export interface LogTable {
  readonly size: number
  /** Batches by sequence number (from 0). */
  readonly items: (log: number) => ReadonlyArray<number>
  readonly length: (log: number) => number
  /** Its first `length` batches. */
  readonly first: (log: number, length: number) => number
  readonly append: (log: number, batch: number) => number
  /** Whether `log` extends `prefix` or equals it; never where `log` is none. */
  readonly extends: (log: number, prefix: number) => boolean
  readonly of: (items: ReadonlyArray<number>) => number
  /** The number of the null batch at `seq` (from 0): the last one there. */
  readonly nullAt: (seq: number) => number
  /** The logs that some client hears of: neither empty nor ending with null. */
  readonly heard: ReadonlyArray<number>
  readonly name: (seq: number, batch: number) => string
  /** Its batches, in parentheses; a log without any by a name. */
  readonly told: (log: number) => string
  readonly text: (log: number) => Text
}

export const logTable = (asked: ReadonlyArray<ReadonlyArray<string>>): LogTable => {
  const all: Array<ReadonlyArray<number>> = [[]]
  for (const at of all) {
    const here = asked[at.length]
    if (here !== undefined) for (let b = 0; b <= here.length; b++) all.push([...at, b])
  }
  const ids = new Map(all.map((items, id) => [items.join(), id]))
  const of = (items: ReadonlyArray<number>): number => ids.get(items.join()) ?? noLog
  const items = (log: number): ReadonlyArray<number> => all[log] ?? []
  const firsts = all.map((log) => log.map((_, k) => of(log.slice(0, k))).concat(of(log)))
  const nullAt = (seqAt: number): number => asked[seqAt]?.length ?? 0
  const name = (seqAt: number, b: number): string => asked[seqAt]?.[b] ?? "null"
  const heard = [...all.keys()].filter((log) => {
    const last = items(log).length - 1
    return last >= 0 && items(log)[last] !== nullAt(last)
  })
  return {
    size: all.length,
    items,
    length: (log) => items(log).length,
    first: (log, length) => firsts[log]?.[length] ?? noLog,
    append: (log, b) => of([...items(log), b]),
    extends: (log, prefix) => log >= 0 && firsts[log]?.[items(prefix).length] === prefix,
    of,
    nullAt,
    heard,
    name,
    told: (log) =>
      log === emptyLog
        ? "(nothing)"
        : `(${items(log)
            .map((b, k) => name(k, b))
            .join(" ")})`,
    text: (log) => seq(log < 0 ? [str("none")] : items(log).map((b, k) => str(name(k, b)))),
  }
}
