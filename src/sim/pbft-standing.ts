/** How far a replica of PBFT is: for whoever watches, and as it tells the others. */
import type { ReplicaId } from "../core/ids.ts"
import { awaitedBy } from "../core/pbft/idle-goals.ts"
import { isMute, lastHeard } from "../core/pbft/rejoin.ts"
import { type Config, type State, settledState } from "../core/pbft/state.ts"
import type { Progress } from "./progress.ts"
import type { Standing } from "./protocol.ts"

// It lost its disk or is recovered, and is not back yet.
const isReturning = ({ recovery, log }: State): boolean =>
  recovery !== undefined && (recovery.point === undefined || log.low < recovery.point)

export const standingOf = (config: Config, up: boolean, state: State): Standing => {
  const { view, active, executed, log } = settledState(state)
  const { id, group } = config
  const known = Array.from({ length: group.n }, (_, replica) => replica).filter(
    (replica) => lastHeard(config, state, replica) > 0,
  )
  return { id, up, view, active, executed, low: log.low, returning: isReturning(state), known }
}

export const progressOf = (replica: ReplicaId, state: State): Progress => {
  const { view, active, newView: has, log, executed } = settledState(state)
  const newView = active || has !== undefined
  const awaited = awaitedBy(state)
  return { _tag: "Progress", view, active, newView, low: log.low, executed, awaited, replica }
}

/** Whether it can be recovered: not as long as what it promised before is lost. */
export const canRecover = (state: State): boolean =>
  state.recovery === undefined || state.recovery.estimate !== undefined || !isMute(state)
