/** Inputs about keys that change which no action of the specification takes, guard by guard. */
import type { Config, Input } from "../../src/core/pbft/state.ts"
import type { Guard } from "./change-guards.ts"
import { configOf, prePrepare, receive, signed } from "./pbft.ts"

/** Replica 1 of four, whose keys change. */
export const rekeying = (changed: Partial<Config> = {}): Config =>
  configOf(1, { newKeys: true, ...changed })

/** It hears a replica under a new key from here on. */
export const rekeyed = (replica: number): Input => ({ _tag: "ChangeKey", replica })

export const keyGuards: ReadonlyArray<Guard> = [
  {
    handler: "changeKey",
    reason: "KeysStay",
    config: configOf(1),
    before: [],
    input: rekeyed(0),
  },
  {
    handler: "changeKey",
    reason: "FromSelf",
    config: rekeying(),
    before: [],
    input: rekeyed(1),
  },
  {
    handler: "recvPrePrepare",
    reason: "AlreadyPrePrepared",
    config: rekeying(),
    before: [receive(prePrepare(1, [signed(0, 1)])), rekeyed(0)],
    input: receive(prePrepare(1, [signed(0, 2)])),
  },
]
