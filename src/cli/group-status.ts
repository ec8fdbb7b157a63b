/** What `GET /status` and `GET /healthz` say of a running group. */
import { Effect } from "effect"
import { groupOf } from "../core/quorum.ts"
import type { ReplicaStatus } from "../net/status.ts"
import type { Group, Replicas } from "./group.ts"

/** A replica that does not answer this question in time counts as down. */
const answerMs = 1_000

const statusOf = (group: Group, replica: number): Effect.Effect<ReplicaStatus | undefined> =>
  group.cluster.status(replica).pipe(
    Effect.timeout(answerMs),
    Effect.catch(() => Effect.succeed(undefined)),
  )

const replicaDocument = (group: Group, id: number, status: ReplicaStatus | undefined) => {
  const pid = group.cluster.pid(id) ?? null
  if (status === undefined) return { id, pid, up: false as const }
  const { view, active, primary, low, executed, missedCheckpoint } = status
  return { id, pid, up: true as const, view, active, primary, low, executed, missedCheckpoint }
}

const highest = (numbers: ReadonlyArray<number>): number => Math.max(0, ...numbers)

/** The last view that somebody takes part in; while nobody does, the last that somebody wants. */
const viewOf = (up: ReadonlyArray<{ readonly view: number; readonly active: boolean }>): number => {
  const active = up.filter((replica) => replica.active)
  return highest((active.length > 0 ? active : up).map(({ view }) => view))
}

/** Everything in one document; never fails: who does not answer is listed under `down`. */
export const groupStatus = Effect.fn("groupStatus")(function* (group: Group) {
  const ids = group.config.replicas.map((_, id) => id)
  const statuses = yield* Effect.forEach(ids, (id) => statusOf(group, id), {
    concurrency: "unbounded",
  })
  const replicas = ids.map((id) => replicaDocument(group, id, statuses[id]))
  const up = replicas.filter((replica) => replica.up)
  const { n, f, quorum } = groupOf(ids.length)
  const { busy, waiting, completed } = yield* group.pool.status
  const view = viewOf(up)
  const inView = up.filter((replica) => replica.active && replica.view === view)
  return {
    schema: "prophecy-group/1",
    protocol: group.config.protocol,
    n,
    f,
    quorum,
    view,
    /** Whether a quorum takes part in the view; false while it changes, or too many are down. */
    active: inView.length >= quorum,
    /** The replica that orders requests in the view; null while it is down or the view changes. */
    primary: inView.find(({ primary }) => primary)?.id ?? null,
    executed: highest(up.map(({ executed }) => executed)),
    /** The low watermark: the last checkpoint that a quorum agreed on. */
    low: highest(up.map(({ low }) => low)),
    down: replicas.filter((replica) => !replica.up).map(({ id }) => id),
    replicas,
    requests: { completed, underWay: busy, waiting },
  }
})

/** Why no request can be answered now; undefined while one can. */
export const unhealthy = (group: Replicas): string | undefined => {
  const running = group.cluster.running()
  const { n, quorum } = groupOf(group.config.replicas.length)
  if (running.length >= quorum) return undefined
  return `${running.length} of ${n} replicas run; ${quorum} are needed`
}
