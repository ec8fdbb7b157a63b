/** Values that primaries propose which no action of the specification takes, guard by guard. */
import type { Read, Request } from "../../src/core/pbft/message.ts"
import type { Config, Input } from "../../src/core/pbft/state.ts"
import type { SignedRequest } from "../../src/core/request.ts"
import type { Guard } from "./change-guards.ts"
import { configOf, prePrepare, propose, receive, request, signed } from "./pbft.ts"

/** The last of three clients is the one that proposals are of. */
export const clocked = (id: number, changed: Partial<Config> = {}): Config =>
  configOf(id, { clients: 3, clock: 2, ...changed })

export const proposal = (value: number): SignedRequest => signed(2, value, `T${value}`)

export const proposing = (count: number, value: number): Input => ({
  _tag: "Propose",
  count,
  proposal: proposal(value),
})

const inItsName: Request = { _tag: "Request", ...signed(2, 1, "T1") }
const readInItsName: Read = { _tag: "Read", ...signed(2, 1, "r") }
const primary = clocked(0)
const backup = clocked(1)
const one = signed(0, 1)
const queued = [receive(request(0, 1)), receive(request(1, 1))]

const guard = (
  handler: string,
  reason: string,
  config: Config,
  [before, input]: readonly [ReadonlyArray<Input>, Input],
): Guard => ({ handler, reason, config, before, input })

export const proposalGuards: ReadonlyArray<Guard> = [
  guard("recvRequest", "UnknownClient", backup, [[], receive(inItsName)]),
  guard("recvRead", "UnknownClient", clocked(1, { readOnly: true }), [[], receive(readInItsName)]),
  guard("sendPrePrepare", "BadProposal", primary, [queued, propose(1)]),
  guard("sendPrePrepare", "BadProposal", configOf(0), [queued, proposing(1, 5)]),
  guard("sendPrePrepare", "OldProposal", primary, [[...queued, proposing(1, 5)], proposing(1, 5)]),
  guard("recvPrePrepare", "BadProposal", backup, [[], receive(prePrepare(1, [signed(1, 1), one]))]),
  guard("recvPrePrepare", "BadBatchSize", backup, [[], receive(prePrepare(1, [one]))]),
  guard("recvPrePrepare", "BadBatchSize", backup, [
    [],
    receive(prePrepare(1, [proposal(5), one, signed(0, 2), signed(1, 1)])),
  ]),
  guard("recvPrePrepare", "UnknownClient", backup, [
    [],
    receive(prePrepare(1, [proposal(5), proposal(6)])),
  ]),
]
