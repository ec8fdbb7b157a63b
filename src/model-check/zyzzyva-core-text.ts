/** The canonical text of a state of spec/tla/ZyzzyvaCore.tla. */
import { func, int, record, seq, set, type Text } from "./canonical.ts"
import type { ZyzzyvaWorld } from "./zyzzyva-core-constants.ts"
import { noLog } from "./zyzzyva-core-logs.ts"
import type { ZyzzyvaReplica } from "./zyzzyva-core-replica.ts"

/** A replica's part of each variable; of `chosen` by view, where it is the primary. */
export interface ZyzzyvaTexts {
  readonly view: Text
  readonly log: Text
  readonly acked: Text
  readonly late: ReadonlyArray<Text>
  readonly confirms: ReadonlyArray<Text>
  readonly silent: ReadonlyArray<Text>
  readonly chosen: ReadonlyArray<Text | undefined>
}

export const zyzzyvaTexts = (w: ZyzzyvaWorld, r: ZyzzyvaReplica): ZyzzyvaTexts => {
  const views = [...r.log.keys()]
  const lengths = Array.from({ length: w.maxSeq }, (_, k) => k + 1)
  const at = (view: number, ...more: ReadonlyArray<Text>): Text =>
    seq([int(r.id), int(view), ...more])
  return {
    view: int(r.view),
    log: func(views, r.log.map(w.logs.text)),
    acked: func(views, r.acked.map(int)),
    late: views.flatMap((v) =>
      lengths.filter((n) => ((r.late[v] ?? 0) & (1 << n)) !== 0).map((n) => at(v, int(n))),
    ),
    confirms: views
      .filter((v) => r.confirmed[v] !== noLog)
      .map((v) => at(v, w.logs.text(r.confirmed[v] ?? noLog))),
    silent: views.filter((v) => r.silent[v] === true).map((v) => at(v)),
    chosen: r.chosen.map((log) => (log === noLog ? undefined : w.logs.text(log))),
  }
}

export const zyzzyvaStateText = (w: ZyzzyvaWorld, parts: ReadonlyArray<ZyzzyvaTexts>): Text => {
  const views = Array.from({ length: w.maxView + 1 }, (_, v) => v)
  const chosen = views.map((v) => parts.map((p) => p.chosen[v]).find((x) => x !== undefined))
  const byReplica = (text: (part: ZyzzyvaTexts) => Text): Text => func(w.correct, parts.map(text))
  return record({
    view: byReplica((p) => p.view),
    log: byReplica((p) => p.log),
    acked: byReplica((p) => p.acked),
    late: set(parts.flatMap((p) => p.late)),
    confirms: set(parts.flatMap((p) => p.confirms)),
    silent: set(parts.flatMap((p) => p.silent)),
    chosen: func(
      views,
      chosen.map((x) => x ?? w.logs.text(noLog)),
    ),
  })
}
