/** States of replicas that lost their disks that must be reachable in a model of Zyzzyva. */
import { newLog } from "../core/zyzzyva/new-log.ts"
import { isMute, isOutdone } from "../core/zyzzyva/rejoin.ts"
import type { Config, State } from "../core/zyzzyva/state.ts"
import type { Witness } from "./model.ts"
import { someReplica } from "./zyzzyva-witnesses.ts"

// The view that it waits to enter begins by what was said before a recovery, and it knows that.
const waitsForOutdone = (config: Config, { stage, newView, checkpoints, log }: State): boolean => {
  const [stable] = checkpoints
  if (stage !== "changing" || newView === undefined || stable === undefined) return false
  const begins = newLog(config, newView.changes)
  if (begins.start.seq > log.low) return false
  return newView.changes.some((m) => isOutdone(config, begins, stable.table, m))
}

/** `configOf`: of a replica of the model. */
export const zyzzyvaRejoinWitnesses = (
  configOf: (id: number) => Config,
): ReadonlyArray<Witness> => [
  someReplica("ReachMute", (s, id) => isMute(configOf(id), s)),
  someReplica("ReachFetchesMute", (s, id) => isMute(configOf(id), s) && s.log.low > 0),
  someReplica("ReachTakenBack", (s, id) => s.incarnation > 0 && !isMute(configOf(id), s)),
  someReplica(
    "ReachAnswersAgain",
    (s, id) => s.incarnation > 0 && !isMute(configOf(id), s) && s.executed > s.log.low,
  ),
  someReplica("ReachOutdone", (s, id) => waitsForOutdone(configOf(id), s)),
]
