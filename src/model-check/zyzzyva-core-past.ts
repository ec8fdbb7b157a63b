/** What a view change is decided from: what replicas did in the views below, and certificates. */
import type { ZyzzyvaWorld } from "./zyzzyva-core-constants.ts"
import type { ZyzzyvaReplica } from "./zyzzyva-core-replica.ts"

export interface Past {
  readonly world: ZyzzyvaWorld
  /** The view that is to start. */
  readonly view: number
  readonly replicas: ReadonlyArray<ZyzzyvaReplica>
  /** By view below: the logs for which somebody can make a certificate, as bits. */
  readonly certified: ReadonlyArray<number>
}

/** A certificate that exists, or one that is made up where nobody asks for proof. */
export interface Certificate {
  readonly view: number
  readonly log: number
}

/** VIEW-CHANGEs of correct replicas, and how many of Byzantine ones come with them. */
export interface Quorum {
  readonly senders: ReadonlyArray<ZyzzyvaReplica>
  readonly liars: number
}

const subsets = <A>(items: ReadonlyArray<A>): ReadonlyArray<ReadonlyArray<A>> =>
  items.reduce<ReadonlyArray<ReadonlyArray<A>>>(
    (all, item) => [...all, ...all.map((some) => [...some, item])],
    [[]],
  )

/** Every set of VIEW-CHANGEs on which the NEW-VIEW may stand. */
export const quorums = ({ world, view, replicas }: Past): ReadonlyArray<Quorum> =>
  subsets(replicas.filter((r) => r.view >= view))
    .map((senders) => ({ senders, liars: world.changeNeeds - senders.length }))
    .filter(({ liars }) => liars >= 0 && liars <= world.liars)

/** What distinguishes one replica's part of a past from others. */
export const pastKey = (r: ZyzzyvaReplica, view: number): string =>
  [
    Math.min(r.view, view),
    r.log.slice(0, view),
    r.acked.slice(0, view),
    r.confirmed.slice(0, view),
    r.silent.slice(0, view).map(Number),
    r.chosen.slice(0, view),
  ].join(" ")

/** Every certificate of a view below, the latest views last. */
export const certificates = ({ world, view, certified }: Past): ReadonlyArray<Certificate> =>
  Array.from({ length: view }, (_, u) =>
    world.logs.heard
      .filter((h) => ((certified[u] ?? 0) & (1 << h)) !== 0)
      .map((log) => ({ view: u, log })),
  ).flat()
