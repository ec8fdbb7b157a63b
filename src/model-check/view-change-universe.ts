/**
 * The universes of spec/tla/MCPbft.tla that are about view changes, under the same names. Claims of
 * Byzantine replicas about what they prepared are free; whose VIEW-CHANGE one is, is not.
 */
import type { Digest, ReplicaId } from "../core/ids.ts"
import type { Entry, Message, Numbered, ViewChange } from "../core/pbft/message.ts"
import { type Envelope, everyone } from "../sim/world.ts"
import * as Build from "./byzantine-messages.ts"
import { modelDigests } from "./pbft-text.ts"

type Entries = ReadonlyArray<Entry>

export const entry = (seq: number, digest: Digest, view: number): Entry => ({ seq, digest, view })

/** The checkpoint before anything, where the replicas know `clients` clients. */
const genesisOf = (clients: number): Numbered => {
  const table = Array.from({ length: clients }, () => ({ timestamp: 0, result: "" }))
  return { seq: 0, digest: modelDigests.checkpointDigest(0, "<<>>", table) }
}
const genesis = genesisOf(2)

export const viewChange = (
  replica: ReplicaId,
  view: number,
  [prepared, prePrepared]: readonly [Entries, Entries],
  checkpoints: ReadonlyArray<Numbered> = [genesis],
): ViewChange => ({
  _tag: "ViewChange",
  view,
  low: 0,
  checkpoints,
  prepared,
  prePrepared,
  replica,
  signature: "",
})

const newView = (
  replica: ReplicaId,
  view: number,
  changes: ReadonlyArray<ViewChange>,
  chosen: ReadonlyArray<Numbered>,
): Message => ({ _tag: "NewView", view, changes, start: genesis, chosen, replica, signature: "" })

export const fromAll = (n: number, messages: ReadonlyArray<Message>): ReadonlyArray<Envelope> =>
  messages.map((message) => ({ message, to: undefined, auth: everyone(n) }))

const gap = (n: number): ReadonlyArray<Envelope> =>
  Build.prePrepares(0, [[0], [2]], [Build.batchB(everyone(n))], [everyone(n)])

const falseClaim = (n: number): ReadonlyArray<Envelope> => {
  const claim = [entry(1, Build.digestX, 0)]
  return fromAll(n, [viewChange(3, 1, [claim, claim])])
}

const twoStories = (n: number): ReadonlyArray<Envelope> => {
  const claim = [entry(1, Build.digestB, 0)]
  return [
    ...Build.prePrepares(0, [[0], [1]], [Build.batchA(everyone(n))], [[1, 2]]),
    ...Build.prePrepares(0, [[0], [1]], [Build.batchB(everyone(n))], [[3]]),
    ...Build.votes(["Commit"], 0, [[0], [1], [Build.digestA]], [everyone(n)]),
    ...fromAll(n, [viewChange(0, 1, [claim, claim])]),
  ]
}

const storiesToAll = (n: number): ReadonlyArray<Envelope> => {
  const claim = [entry(1, Build.digestB, 0)]
  const batches = [Build.batchA(everyone(n)), Build.batchB(everyone(n))]
  return [
    ...Build.prePrepares(0, [[0], [1]], batches, [everyone(n)]),
    ...Build.votes(["Commit"], 0, [[0], [1], [Build.digestA, Build.digestB]], [everyone(n)]),
    ...fromAll(n, [viewChange(0, 1, [claim, claim])]),
  ]
}

const storiesAndMore = (n: number): ReadonlyArray<Envelope> => [
  ...twoStories(n),
  ...Build.prePrepares(0, [[0], [2]], [Build.batchC(everyone(n))], [everyone(n)]),
]

const halfTold = (n: number): ReadonlyArray<Envelope> =>
  Build.prePrepares(0, [[0], [1]], [Build.batchB(everyone(n))], [[1, 2]])

const halfStable = (n: number): ReadonlyArray<Envelope> => [
  ...halfTold(n),
  ...Build.votes(["Commit"], 0, [[0], [1], [Build.digestB]], [[1, 2]]),
  ...Build.checkpointVotes(0, [1], [[1]], Build.checkpointB),
]

const badViewChanges = (): ReadonlyArray<ViewChange> => [
  viewChange(0, 1, [[entry(1, Build.digestB, 1)], []]),
  viewChange(0, 1, [[], [entry(1, Build.digestB, 1)]]),
  viewChange(0, 1, [[entry(3, Build.digestB, 0)], []]),
  viewChange(0, 1, [[entry(0, Build.digestB, 0)], []]),
  viewChange(0, 1, [[entry(1, Build.digestA, 0), entry(1, Build.digestB, 0)], []]),
  viewChange(0, 0, [[], []]),
  viewChange(0, 1, [[], []], [{ seq: 3, digest: genesis.digest }]),
  viewChange(0, 1, [[], []], [genesis, { seq: 0, digest: Build.checkpointB }]),
]

const forChanger = (n: number): ReadonlyArray<Envelope> => {
  const b = [entry(1, Build.digestB, 0)]
  const chosen = [{ seq: 1, digest: Build.digestB }]
  const silent = viewChange(0, 2, [[], []])
  const others = [viewChange(2, 2, [b, b]), viewChange(3, 2, [b, b])]
  const said = [silent, ...others]
  const earlier = [viewChange(0, 1, [[], []]), viewChange(2, 1, [b, b]), viewChange(3, 1, [b, b])]
  return [
    ...fromAll(n, [
      ...earlier,
      ...said,
      ...badViewChanges(),
      newView(2, 2, said, chosen),
      newView(3, 2, said, chosen),
      newView(2, 2, others, chosen),
      newView(2, 2, earlier, chosen),
      newView(0, 0, [], []),
      { _tag: "Batch", batch: Build.batchB([]) },
      { _tag: "Batch", batch: Build.batchA([]) },
      { _tag: "FetchBatch", digest: Build.digestB, replica: 2 },
      { _tag: "FetchBatch", digest: Build.digestB, replica: 3 },
    ]),
    ...Build.prePrepares(2, [[2], [1]], [Build.batchA(everyone(n))], [everyone(n)]),
    ...Build.prePrepares(0, [[0], [2]], [Build.batchA(everyone(n))], [everyone(n)]),
    ...Build.votes(["Prepare"], 2, [[0], [2], [Build.digestA]], [everyone(n)]),
    ...Build.votes(["Prepare", "Commit"], 3, [[1, 2], [1], [Build.digestB]], [everyone(n)]),
  ]
}

const forDecider = (n: number): ReadonlyArray<Envelope> => {
  const a = [entry(1, Build.digestA, 0)]
  const b = [entry(1, Build.digestB, 1)]
  const later = { seq: 2, digest: Build.checkpointB }
  return fromAll(n, [
    viewChange(0, 2, [a, a]),
    viewChange(0, 2, [[], []]),
    viewChange(1, 2, [b, b]),
    viewChange(1, 2, [a, [...a, ...b]]),
    viewChange(1, 2, [[entry(2, Build.digestB, 1)], []]),
    viewChange(3, 2, [[], b]),
    viewChange(3, 2, [[], []]),
    viewChange(3, 2, [b, [...a, ...b]]),
    viewChange(1, 2, [b, [entry(1, Build.digestB, 0)]]),
    viewChange(3, 2, [[], [entry(1, Build.digestB, 0)]]),
    { ...viewChange(3, 2, [[], []], [later]), low: 2 },
    viewChange(0, 2, [[], []], [genesis, later]),
    { _tag: "Batch", batch: Build.batchA([]) },
    { _tag: "Batch", batch: Build.batchB([]) },
  ])
}

const highClaim = (n: number): ReadonlyArray<Envelope> => {
  const claim = [entry(1, Build.digestB, 1)]
  return [
    ...Build.prePrepares(0, [[0], [1]], [Build.batchA(everyone(n))], [everyone(n)]),
    ...Build.votes(["Commit"], 0, [[0], [1], [Build.digestA]], [everyone(n)]),
    ...fromAll(n, [viewChange(0, 2, [claim, claim]), { _tag: "Batch", batch: Build.batchB([]) }]),
  ]
}

export const viewChangeUniverses = {
  ForDecider: forDecider,
  HighClaim: highClaim,
  Gap: gap,
  FalseClaim: falseClaim,
  TwoStories: twoStories,
  StoriesToAll: storiesToAll,
  StoriesAndMore: storiesAndMore,
  HalfTold: halfTold,
  HalfStable: halfStable,
  ForChanger: forChanger,
} as const
