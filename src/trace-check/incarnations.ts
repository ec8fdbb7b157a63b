/** As what replicas came back after they lost their disks, wherever a chain mentions it. */
import type { ReplicaId } from "../core/ids.ts"
import type { ViewChange } from "../core/pbft/message.ts"
import type { Input, State } from "../core/pbft/state.ts"

type Mention = readonly [replica: ReplicaId, incarnation: number]

const ofChanges = (changes: ReadonlyArray<ViewChange>): ReadonlyArray<Mention> =>
  changes.flatMap(({ replica, incarnation }) =>
    incarnation === undefined ? [] : [[replica, incarnation] as const],
  )

/** What a replica's state mentions: its own, and those of VIEW-CHANGEs. */
export const incarnationsIn = (replica: ReplicaId, state: State): ReadonlyArray<Mention> => {
  const { recovery, heard, viewChanges, newView } = state
  const own: ReadonlyArray<Mention> = recovery ? [[replica, recovery.incarnation]] : []
  const asked = heard.map((h) => [h.replica, h.incarnation] as const)
  return [...own, ...asked, ...ofChanges([...viewChanges, ...(newView?.changes ?? [])])]
}

/** What an input mentions. */
export const incarnationsOf = (replica: ReplicaId, input: Input): ReadonlyArray<Mention> => {
  if (input._tag === "Rejoin" || input._tag === "Recover") return [[replica, input.incarnation]]
  if (input._tag !== "Receive") return []
  const m = input.message
  if (m._tag === "ViewChange") return ofChanges([m])
  if (m._tag === "QueryStable") return [[m.replica, m.incarnation]]
  if (m._tag === "ReplyStable") return [[m.recovering, m.incarnation]]
  return m._tag === "NewView" ? ofChanges(m.changes) : []
}
