/** Inputs about what others executed that no action of the specification takes, guard by guard. */
import type { Committed } from "../../src/core/pbft/message.ts"
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

/** Replica 1 of four, which tells and believes. */
export const believing = (changed: Partial<Config> = {}): Config =>
  configOf(1, { tellCommitted: true, ...changed })

/** Another replica's word that it executed a batch. */
export const committed = (replica: number, seq: number, digest: string): Input => {
  const message: Committed = { _tag: "Committed", seq, digest, replica }
  return receive(message)
}

export const tell = (seq: number): Input => ({ _tag: "Tell", seq, replica: 3 })

const one = [signed(0, 1)]
const d1 = "0:1:a"

const guard = (
  handler: string,
  reason: string,
  [before, input]: readonly [ReadonlyArray<Input>, Input],
): Guard => ({ handler, reason, config: believing(), before, input })

// It has executed number 1 tentatively, and nothing for good.
const ahead = [receive(prePrepare(1, one)), receive(prepare(2, 1, d1)), executed(1, ["r1"])]

export const toldGuards: ReadonlyArray<Guard> = [
  {
    ...guard("recvCommitted", "BelievesNobody", [[], committed(2, 1, d1)]),
    config: configOf(1),
  },
  guard("recvCommitted", "FromSelf", [[], committed(1, 1, d1)]),
  guard("recvCommitted", "OutsideWatermarks", [[], committed(2, 0, d1)]),
  guard("recvCommitted", "OutsideWatermarks", [[], committed(2, 5, d1)]),
  guard("recvCommitted", "AlreadyExecuted", [
    [
      committed(0, 1, d1),
      committed(2, 1, d1),
      receive({ _tag: "Batch", batch: one }),
      executed(1, ["r1"]),
    ],
    committed(3, 1, d1),
  ]),
  guard("recvCommitted", "AlreadyCommitted", [committing(1, one), committed(2, 1, d1)]),
  guard("recvCommitted", "DuplicateClaim", [[committed(2, 1, d1)], committed(2, 1, d1)]),
  guard("recvCommitted", "DuplicateClaim", [[committed(2, 1, d1)], committed(2, 1, "other")]),
  guard("sendCommitted", "NotExecuted", [committing(1, one), tell(1)]),
  {
    ...guard("sendCommitted", "NotExecuted", [ahead, tell(1)]),
    config: believing({ maxTentative: 1 }),
  },
  {
    ...guard("sendCommitted", "NotExecuted", [
      [...committing(1, one), executed(1, ["r1"])],
      tell(1),
    ]),
    config: configOf(1),
  },
  guard("recvDecided", "UnwantedBatch", [
    [committed(2, 1, d1), receive(commit(0, 1, d1))],
    receive({ _tag: "Batch", batch: one }),
  ]),
]
