/** What a replica that lost its disk, or others about it, must not do, guard by guard. */
import type { Read, ViewChange } from "../../src/core/pbft/message.ts"
import { recoverOperation } from "../../src/core/recovery-request.ts"
import type { Config, Input } from "../../src/core/pbft/state.ts"
import type { SignedRequest } from "../../src/core/request.ts"
import type { Guard } from "./change-guards.ts"
import {
  committing,
  configOf,
  executed,
  prePrepare,
  propose,
  receive,
  request,
  signed,
} from "./pbft.ts"

/** Of six clients the last four are those in whose names the replicas ask to be taken back. */
export const recovering = (id: number, changed: Partial<Config> = {}): Config =>
  configOf(id, { clients: 6, recoverers: 2, fetchDecisions: true, ...changed })

/** The request of a replica to be taken back as this incarnation. */
export const asking = (replica: number, incarnation: number): SignedRequest =>
  signed(2 + replica, incarnation, recoverOperation)

export const rejoining = (incarnation: number): Input => ({ _tag: "Rejoin", incarnation })

export const viewChangeOf = (replica: number, view: number, incarnation?: number): ViewChange => ({
  _tag: "ViewChange",
  view,
  low: 0,
  checkpoints: [],
  prepared: [],
  prePrepared: [],
  replica,
  ...(incarnation === undefined ? {} : { incarnation }),
  signature: "",
})

/** The request is committed and executed under number 1. */
export const takenBack = (replica: number, incarnation: number): ReadonlyArray<Input> => [
  ...committing(1, [asking(replica, incarnation)]),
  executed(1, ["taken back"]),
]

const backup = recovering(1)
const lost = rejoining(5)
const reading: Read = { _tag: "Read", ...signed(0, 1, "read") }

const guard = (
  handler: string,
  reason: string,
  config: Config,
  [before, input]: readonly [ReadonlyArray<Input>, Input],
): Guard => ({ handler, reason, config, before, input })

export const rejoinGuards: ReadonlyArray<Guard> = [
  guard("sendPrePrepare", "Mute", recovering(0), [[lost, receive(request(0, 1))], propose(1)]),
  guard("recvPrePrepare", "Mute", backup, [[lost], receive(prePrepare(1, [signed(0, 1)]))]),
  guard("recvRead", "Mute", recovering(1, { readOnly: true }), [[lost], receive(reading)]),
  guard("timeout", "Mute", backup, [[lost], { _tag: "Timeout", view: 0 }]),
  guard("recvViewChange", "OldIncarnation", backup, [
    takenBack(3, 5),
    receive(viewChangeOf(3, 1, 4)),
  ]),
  guard("recvViewChange", "OldIncarnation", backup, [takenBack(3, 5), receive(viewChangeOf(3, 1))]),
  guard("recvViewChange", "OldIncarnation", backup, [
    [receive({ _tag: "Request", ...asking(3, 5) })],
    receive(viewChangeOf(3, 1, 4)),
  ]),
  guard("rejoin", "NobodyIsTakenBack", configOf(1), [[], lost]),
  guard("rejoin", "OldIncarnation", backup, [[lost], lost]),
]
