/**
 * Who comes back in a model of PBFT: without its disk, or with it to be recovered; and who lied
 * until then (Pbft.tla, `FalseDisks`). A liar starts with what its disk holds, and does nothing.
 */
import { restart } from "../core/pbft/restart.ts"
import type { Config } from "../core/pbft/state.ts"
import { type Moved, recoverReplica, rejoinReplica, startReplica } from "../sim/world.ts"
import { modelService, type PbftConstants, type Replica } from "./pbft-process.ts"

export interface Comeback {
  readonly moved: Moved<Replica>
  readonly what: string
}

/** What a replica starts with. */
export const firstOf = (c: PbftConstants, config: Config): Replica => {
  const start = startReplica(config, modelService)
  const disk = c.falseDisks.find((d) => d.replica === config.id)
  if (disk === undefined) return start
  const { state } = restart(config, disk.records)
  const value = disk.snapshots.at(-1)?.value ?? start.value
  return { ...start, state, value, snapshots: [...start.snapshots, ...disk.snapshots] }
}

/** Whether it follows the protocol: who lied does from its recovery on. */
export const isFollowing = (c: PbftConstants, config: Config, { state }: Replica): boolean =>
  state.recovery !== undefined || c.falseDisks.every((d) => d.replica !== config.id)

/** In what ways it may come back. */
export const comebacks = (
  c: PbftConstants,
  config: Config,
  at: Replica,
): ReadonlyArray<Comeback> => {
  const last = at.state.recovery?.incarnation ?? 0
  const later = (all: PbftConstants["rejoins"]): ReadonlyArray<number> =>
    all.filter(([replica, as]) => replica === config.id && as > last).map(([, as]) => as)
  return [
    ...later(c.rejoins).map((as) => {
      const moved = rejoinReplica(config, modelService, at, as)
      return { moved, what: "without its disk" }
    }),
    ...later(c.recoveries).map((as) => ({
      moved: recoverReplica(config, at, as),
      what: "with its disk",
    })),
  ]
}
