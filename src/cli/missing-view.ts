/** Which quorum a view change waits for: VIEW-CHANGEs, the NEW-VIEW, or what it starts with. */
import type { ReplicaId, View } from "../core/ids.ts"
import type { Config, State } from "../core/pbft/state.ts"
import { changesForView, missingBatches } from "../core/pbft/view-change.ts"
import { primaryOf } from "../core/quorum.ts"
import { everyone, lacking, type Need } from "./waiting.ts"

/** Names the view that a state moves to, in what is kept of when it did. */
export const changeKey = ({ view }: State): string => `view/${view}`

/** What a replica that takes part in no view waits for. */
export const viewNeed = (config: Config, state: State): ReadonlyArray<Need> => {
  const { group, id } = config
  const { view, newView } = state
  const base = { stageKey: changeKey(state), seq: undefined, view }
  const has = changesForView(config, state).map(({ replica }) => replica)
  if (newView !== undefined) {
    const batches = missingBatches(config, state, newView).length
    const stage =
      batches === 0
        ? `has the NEW-VIEW of view ${view} and not yet its checkpoint ${newView.start.seq}`
        : `has the NEW-VIEW of view ${view} and not all batches that it chose`
    const message = batches === 0 ? "CHECKPOINT" : "BATCH"
    const others = everyone(group).filter((r) => r !== id)
    const lacks = batches === 0 ? [] : others.map((replica) => ({ replica, why: "" }))
    return [{ ...base, stage, message, needs: Math.max(1, batches), has: [], lacks }]
  }
  const stage = `changes to view ${view}`
  const changes = { message: "VIEW-CHANGE", needs: group.quorum, has, lacks: lacking(group, has) }
  const primary = primaryOf(group, view)
  if (primary === id || has.length < group.quorum) return [{ ...base, stage, ...changes }]
  const lacks = [{ replica: primary, why: "" }]
  return [{ ...base, stage, message: "NEW-VIEW", needs: 1, has: [], lacks }]
}

/** Why a replica in `state` is silent in a change to `view`. */
export const viewSilence = (
  message: string,
  view: View,
  replica: ReplicaId,
  state: State,
): string => {
  const where = state.active ? `it is in view ${state.view}` : `it changes to view ${state.view}`
  if (message === "BATCH") return where
  const sent =
    message === "NEW-VIEW"
      ? state.newView?.view === view
      : state.viewChanges.some((m) => m.replica === replica && m.view === view)
  if (sent) return "it sent it, and it did not arrive"
  const got = state.viewChanges.filter((m) => m.view === state.view).length
  return message === "NEW-VIEW" && state.view === view ? `${where}, with ${got} VIEW-CHANGE` : where
}
