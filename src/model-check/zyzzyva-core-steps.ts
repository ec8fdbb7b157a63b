/**
 * The steps of a replica in the abstraction of Zyzzyva by the numbers of action and argument, and
 * the renamings of logs.
 */
import { permutations, renames } from "./renamed-rows.ts"
import type { ZyzzyvaWorld } from "./zyzzyva-core-constants.ts"
import { noLog } from "./zyzzyva-core-logs.ts"
import {
  acknowledge,
  acknowledgeLate,
  adopt,
  confirm,
  forgetChoice,
  leave,
  order,
  orderedHere,
  type ZyzzyvaReplica,
} from "./zyzzyva-core-replica.ts"

/** The actions in the order of their numbers; the last is what another replica's step does. */
export const zyzzyvaActions = [
  "Order",
  "Acknowledge",
  "AcknowledgeLate",
  "ChangeView",
  "NewView",
  "Confirm",
  "Forget",
] as const
export type ZyzzyvaAction = (typeof zyzzyvaActions)[number]

/** By renaming, by log: the log with the batches of each number renamed by themselves. */
export const logRenamings = (w: ZyzzyvaWorld): ReadonlyArray<ReadonlyArray<number>> => {
  const each = w.asked.map((batches) => permutations([...batches.keys()]))
  const all = each.reduce<ReadonlyArray<ReadonlyArray<ReadonlyArray<number>>>>(
    (some, at) => some.flatMap((renaming) => at.map((to) => [...renaming, to])),
    [[]],
  )
  const logs = [...Array(w.logs.size).keys()]
  return all
    .map((to) => logs.map((log) => w.logs.of(w.logs.items(log).map((b, seq) => to[seq]?.[b] ?? b))))
    .filter(renames)
}

/** The replica after a step, and the step in words. */
export const takeStep = (
  w: ZyzzyvaWorld,
  r: ZyzzyvaReplica,
  action: ZyzzyvaAction,
  argument: number,
): readonly [ZyzzyvaReplica, string] => {
  const length = argument % (w.maxSeq + 1)
  const left = Math.floor(argument / (w.maxSeq + 1))
  const certified = (view: number): string =>
    `view ${view} ${w.logs.told(w.logs.first(r.log[view] ?? noLog, length))}`
  switch (action) {
    case "Order": {
      const seq = w.logs.length(orderedHere(r))
      return [order(w, r, argument), `view ${r.view} seq ${seq + 1} ${w.logs.name(seq, argument)}`]
    }
    case "Acknowledge":
      return [acknowledge(r, length), certified(r.view)]
    case "AcknowledgeLate":
      return [acknowledgeLate(r, left, length), certified(left)]
    case "ChangeView":
      return [leave(w, r), `to view ${r.view + 1}`]
    case "NewView":
      return [adopt(w, r, argument), `view ${r.view}: ${w.logs.told(argument)}`]
    case "Confirm":
      return [confirm(r), `view ${r.view}`]
    case "Forget":
      return [forgetChoice(r, argument), ""]
  }
}
