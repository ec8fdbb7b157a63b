/** The first input of a replica's process that starts again. */
import { restart } from "../core/pbft/restart.ts"
import type { Config, DurableRecord, Input } from "../core/pbft/state.ts"
import { canRecover } from "./pbft-standing.ts"
import type { Back } from "./protocol.ts"

/**
 * With what the disk holds, without it, or to be recovered with it: as this incarnation. Undefined
 * where there is nothing to start from.
 */
export const startInput = (
  config: Config,
  durable: ReadonlyArray<DurableRecord>,
  back: Back,
  incarnation: number,
): Input | undefined => {
  if (back === "wiped") return { _tag: "Rejoin", incarnation }
  if (back === "recovered" && canRecover(restart(config, durable).state)) {
    return { _tag: "Recover", incarnation, durable }
  }
  return durable.length > 0 ? { _tag: "Restart", durable } : undefined
}
