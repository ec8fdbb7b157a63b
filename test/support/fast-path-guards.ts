/**
 * Inputs before the end of agreement, and without one, that no action of the specification takes,
 * guard by guard.
 */
import type { Read } from "../../src/core/pbft/message.ts"
import type { Config, Input } from "../../src/core/pbft/state.ts"
import type { Guard } from "./change-guards.ts"
import {
  commit,
  committing,
  configOf,
  executed,
  prePrepare,
  prepare,
  receive,
  signed,
} from "./pbft.ts"

const reader = configOf(1, { readOnly: true })
const hasty = configOf(1, { readOnly: true, maxTentative: 1 })
const one = [signed(0, 1)]
const d1 = "0:1:a"

const read = (client: number, timestamp: number): Input => {
  const message: Read = { _tag: "Read", ...signed(client, timestamp, "read") }
  return receive(message)
}
const done = (client: number, timestamp: number): Input => ({
  _tag: "ReadDone",
  client,
  timestamp,
  result: "r",
})
const prepared = [receive(prePrepare(1, one)), receive(prepare(2, 1, d1))]

const guard = (
  handler: string,
  reason: string,
  config: Config,
  [before, input]: readonly [ReadonlyArray<Input>, Input],
): Guard => ({ handler, reason, config, before, input })

export const fastPathGuards: ReadonlyArray<Guard> = [
  guard("recvRead", "NoReads", configOf(1), [[], read(0, 1)]),
  guard("recvRead", "UnknownClient", reader, [[], read(2, 1)]),
  guard("recvRead", "OldTimestamp", reader, [
    [...committing(1, one), executed(1, ["r1"])],
    read(0, 1),
  ]),
  guard("recvRead", "AlreadyWaiting", reader, [[read(0, 2)], read(0, 2)]),
  guard("recvRead", "AlreadyWaiting", reader, [[read(0, 2)], read(0, 1)]),
  guard("answerRead", "NoSuchRead", reader, [[read(0, 1)], done(0, 2)]),
  guard("answerRead", "NoSuchRead", reader, [[read(0, 1)], done(1, 1)]),
  guard("answerRead", "NotSettled", hasty, [
    [read(1, 1), ...prepared, executed(1, ["r1"])],
    done(1, 1),
  ]),
  guard("executedBatch", "NotNextToExecute", hasty, [
    [...prepared, executed(1, ["r1"])],
    executed(1, []),
  ]),
  guard("executedBatch", "NotNextToExecute", hasty, [
    [
      ...prepared,
      executed(1, ["r1"]),
      receive(prePrepare(2, [signed(0, 2)])),
      receive(prepare(2, 2, "0:2:a")),
    ],
    executed(2, ["r2"]),
  ]),
  guard("executedBatch", "WrongResultCount", hasty, [prepared, executed(1, [])]),
  guard("recvDecided", "UnwantedBatch", configOf(1, { fetchDecisions: true }), [
    [receive(commit(0, 1, d1)), receive(commit(2, 1, d1))],
    receive({ _tag: "Batch", batch: one }),
  ]),
  guard("recvDecided", "UnwantedBatch", configOf(1), [
    [receive(commit(0, 1, d1)), receive(commit(2, 1, d1)), receive(commit(3, 1, d1))],
    receive({ _tag: "Batch", batch: one }),
  ]),
]
