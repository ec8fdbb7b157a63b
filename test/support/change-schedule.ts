/** What a replica may be told of view changes, drawn against its state: most of it fits. */
import { decisions } from "../../src/core/pbft/decision.ts"
import type { Entry, NewView, ViewChange } from "../../src/core/pbft/message.ts"
import type { Config, Input, State } from "../../src/core/pbft/state.ts"
import { pendingChange } from "../../src/core/pbft/timer.ts"
import { decisionConfig, missingBatches } from "../../src/core/pbft/view-change.ts"
import { primaryOf } from "../../src/core/quorum.ts"
import { batchDigest, receive, signed } from "./pbft.ts"

/** A VIEW-CHANGE of another replica that started as this one did; `which` says what it claims. */
export const viewChangeOf = (
  state: State,
  replica: number,
  view: number,
  which: number,
): ViewChange => {
  const [start] = state.checkpoints
  // What others pre-prepared may be what this replica never heard of.
  const other = { seq: state.log.low + 1, digest: batchDigest([signed(1, 9, "o")]), view: 0 }
  const own = which % 3 === 0 ? [] : which % 3 === 2 ? [other] : state.qset
  const claims: ReadonlyArray<Entry> = own
    .filter((e) => e.view < view)
    .map(({ seq, digest, view: v }) => ({ seq, digest, view: v }))
  const seqs = new Set<number>()
  const prepared = claims.filter((e) => !seqs.has(e.seq) && seqs.add(e.seq))
  return {
    _tag: "ViewChange",
    view,
    low: state.log.low,
    checkpoints: start === undefined ? [] : [{ seq: start.seq, digest: start.digest }],
    prepared,
    prePrepared: claims,
    replica,
    signature: "",
  }
}

/** The NEW-VIEW of the primary of the state's view, from what others may have said. */
export const newViewOf = (config: Config, state: State, which: number): NewView | undefined => {
  const { view } = state
  const replica = primaryOf(config.group, view)
  const own = state.viewChanges.find((m) => m.replica === config.id && m.view === view)
  const changes = [0, 1, 2, 3].flatMap((r): ReadonlyArray<ViewChange> => {
    if (r !== config.id) return [viewChangeOf(state, r, view, which + r)]
    return own === undefined ? [] : [own]
  })
  const [decision] = decisions(decisionConfig(config), changes)
  if (decision === undefined) return undefined
  return { _tag: "NewView", view, changes, ...decision, replica, signature: "" }
}

/** What takes a replica on that is not active, as correct others would. */
export const helpToChange = (config: Config, state: State, which: number): ReadonlyArray<Input> => {
  const { view } = state
  const inputs: Array<Input> = []
  const own = pendingChange(config, state)
  if (own !== undefined) inputs.push(own)
  for (const replica of [0, 1, 2, 3]) {
    if (replica === config.id) continue
    inputs.push(receive(viewChangeOf(state, replica, view, which + replica)))
  }
  if (state.newView !== undefined) {
    const [digest] = missingBatches(config, state, state.newView)
    const batch = digest === undefined ? [] : batchOf(digest)
    if (batch.length > 0) inputs.push(receive({ _tag: "Batch", batch }))
    return inputs
  }
  const newView =
    primaryOf(config.group, view) === config.id ? undefined : newViewOf(config, state, which)
  if (newView !== undefined) inputs.push(receive(newView))
  return inputs
}

// A digest stands for itself: the batch is in it.
const batchOf = (digest: string) =>
  digest.split(" ").flatMap((part) => {
    const [client, timestamp, operation] = part.split(":")
    if (operation === undefined) return []
    return [{ client: Number(client), timestamp: Number(timestamp), operation, authenticator: "" }]
  })

/** Any of the rest: other views, other claims, batches that nobody asked for. */
export const anyChange = (config: Config, state: State, which: number, more: number): Input => {
  const replica = which % 4
  const view = state.view + (more % 3)
  switch (more % 6) {
    case 0:
      return { _tag: "Timeout", view: state.view }
    case 1:
      return receive({
        _tag: "FetchBatch",
        digest: state.qset[0]?.digest ?? batchDigest([]),
        replica,
      })
    case 2:
      return receive({ _tag: "Batch", batch: batchOf(state.qset[0]?.digest ?? "0:1:a") })
    case 3: {
      const newView = newViewOf(config, state, which)
      return newView === undefined
        ? { _tag: "Enter" }
        : receive({ ...newView, chosen: which % 2 === 0 ? [] : newView.chosen })
    }
    default:
      return receive(viewChangeOf(state, replica, view, which))
  }
}
