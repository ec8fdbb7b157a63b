/** Inputs of the transfer of states that no action of the specification takes, guard by guard. */
import type { Config, Input } from "../../src/core/pbft/state.ts"
import type { Guard } from "./change-guards.ts"
import { checkpoint, configOf, receive } from "./pbft.ts"

const backup = configOf(1)
const table = [0, 1].map(() => ({ timestamp: 0, result: "" }))
const digestAt = (seq: number): string => backup.checkpointDigest(seq, "s", table)

const guard = (
  handler: string,
  reason: string,
  before: ReadonlyArray<Input>,
  input: Input,
): Guard => ({ handler, reason, config: backup, before, input })

const of = (config: Config, g: Guard): Guard => ({ ...g, config })

const vouched = [0, 2].map((r) => receive(checkpoint(r, 2, digestAt(2))))
const state = (seq: number, entries = table): Input =>
  receive({ _tag: "State", seq, service: "s", table: entries })
const fetchOf = (seq: number): Input => ({
  _tag: "Fetch",
  checkpoint: { seq, digest: digestAt(seq) },
})
const fetchState = (replica: number, digest: string): Input =>
  receive({ _tag: "FetchState", seq: 0, digest, replica })
const without = configOf(1, { canFetch: false })

export const stateGuards: ReadonlyArray<Guard> = [
  of(without, guard("noteAbove", "OutsideWatermarks", [], receive(checkpoint(0, 6, "d")))),
  guard("noteAbove", "NotACheckpoint", [], receive(checkpoint(0, 7, "d"))),
  guard(
    "noteAbove",
    "OldCheckpoint",
    [receive(checkpoint(0, 8, "d"))],
    receive(checkpoint(0, 6, "d")),
  ),
  guard(
    "noteAbove",
    "OldCheckpoint",
    [receive(checkpoint(0, 8, "d"))],
    receive(checkpoint(0, 8, "other")),
  ),
  of(without, guard("sendFetchState", "FetchesNothing", vouched, fetchOf(2))),
  guard("sendFetchState", "UnwantedState", [], fetchOf(2)),
  guard("sendFetchState", "UnwantedState", vouched.slice(0, 1), fetchOf(2)),
  guard(
    "recvFetchState",
    "FromSelf",
    [],
    fetchState(1, backup.checkpointDigest(0, "genesis", table)),
  ),
  guard("recvFetchState", "UnknownCheckpoint", [], fetchState(2, "other")),
  guard("recvState", "WrongTableSize", vouched, state(2, table.slice(1))),
  guard("recvState", "UnwantedState", vouched.slice(0, 1), state(2)),
  guard("recvState", "UnwantedState", vouched, state(4)),
  guard("recvState", "UnwantedState", [...vouched, state(2)], state(2)),
]
