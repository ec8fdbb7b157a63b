/** What a replica that is recovered with its disk, and who answers it, must not do. */
import type { ReplyStable } from "../../src/core/pbft/message.ts"
import type { Config, DurableRecord, Input } from "../../src/core/pbft/state.ts"
import type { Guard } from "./change-guards.ts"
import { configOf, prePrepare, receive, signed } from "./pbft.ts"
import { asking, recovering, rejoining } from "./rejoin-guards.ts"

/** It starts with an empty disk, to be recovered as this incarnation. */
export const recoverOf = (
  incarnation: number,
  durable: Extract<Input, { readonly _tag: "Recover" }>["durable"] = [],
): Input => ({ _tag: "Recover", incarnation, durable })

/** A replica's answer to replica 1 as incarnation 5. */
export const answerOf = (replica: number, changed: Partial<ReplyStable> = {}): Input =>
  receive({
    _tag: "ReplyStable",
    recovering: 1,
    incarnation: 5,
    checkpoint: 0,
    prepared: 0,
    replica,
    ...changed,
  })

export const queryOf = (replica: number, incarnation = 5): Input =>
  receive({ _tag: "QueryStable", incarnation, replica })

const backup = recovering(1)
const back = recoverOf(5)
/** Enough answers: the bound is known. */
export const bounded: ReadonlyArray<Input> = [back, answerOf(0), answerOf(2)]

/** Says that the replica was taken back as an incarnation. */
export const falseCheckpoint = (timestamp: number): DurableRecord => ({
  _tag: "CheckpointTaken",
  seq: backup.checkpointInterval,
  digest: "of a false state",
  service: "a false state",
  table: Array.from({ length: backup.clients }, (_, client) => client).map((client) => ({
    timestamp: client === asking(1, 1).client ? timestamp : 0,
    result: client === asking(1, 1).client ? "taken back" : "",
  })),
})

const guard = (
  handler: string,
  reason: string,
  config: Config,
  [before, input]: readonly [ReadonlyArray<Input>, Input],
): Guard => ({ handler, reason, config, before, input })

export const recoverGuards: ReadonlyArray<Guard> = [
  guard("recover", "NobodyIsTakenBack", configOf(1), [[], back]),
  guard("recover", "OldIncarnation", backup, [
    [],
    recoverOf(5, [{ _tag: "Recovering", incarnation: 5 }]),
  ]),
  guard("recover", "TakenBackBefore", backup, [[], recoverOf(5, [falseCheckpoint(5)])]),
  guard("recover", "DiskLost", backup, [[], recoverOf(6, [{ _tag: "Rejoined", incarnation: 5 }])]),
  guard("recvQueryStable", "FromSelf", backup, [[], queryOf(1)]),
  guard("recvQueryStable", "Mute", backup, [[rejoining(5)], queryOf(2)]),
  guard("recvReplyStable", "FromSelf", backup, [[back], answerOf(1)]),
  guard("recvReplyStable", "ForAnother", backup, [[back], answerOf(2, { recovering: 3 })]),
  guard("recvReplyStable", "NotRecovering", backup, [[], answerOf(2)]),
  guard("recvReplyStable", "NotRecovering", backup, [[rejoining(5)], answerOf(2)]),
  guard("recvReplyStable", "HasBound", backup, [bounded, answerOf(3)]),
  guard("recvReplyStable", "OldIncarnation", backup, [[back], answerOf(2, { incarnation: 4 })]),
  guard("recvReplyStable", "NotACheckpoint", backup, [[back], answerOf(2, { checkpoint: 1 })]),
  guard("recvReplyStable", "NothingNew", backup, [[back, answerOf(2)], answerOf(2)]),
  guard("recvPrePrepare", "Mute", backup, [[back], receive(prePrepare(1, [signed(0, 1)]))]),
]
