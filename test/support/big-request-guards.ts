/** Who asks for pre-prepares in full that nobody gives, guard by guard. */
import type { FetchPrePrepare } from "../../src/core/pbft/message.ts"
import type { Config, Input } from "../../src/core/pbft/state.ts"
import { chosen, claiming, type Guard, start, viewChange } from "./change-guards.ts"
import { configOf, propose, receive, request, signed } from "./pbft.ts"

/** Operations of four characters are big. */
export const big = (id: number, changed: Partial<Config> = {}): Config =>
  configOf(id, { bigRequestBytes: 4, ...changed })

export const asking = (changed: Partial<FetchPrePrepare> = {}): Input =>
  receive({ _tag: "FetchPrePrepare", view: 0, seq: 1, replica: 2, ...changed })

const primary = big(0)
const proposed = [receive(request(0, 1, "aaaa")), propose(1)]

// Replica 1 becomes the primary of view 1, which starts with a batch.
const left: Input = { _tag: "Timeout", view: 0 }
const inactive = [left, receive(viewChange(0, 1, claiming)), receive(viewChange(2, 1, claiming))]
const entered: ReadonlyArray<Input> = [
  ...inactive,
  { _tag: "Decide", decision: { start, chosen } },
  receive({ _tag: "Batch", batch: [signed(0, 1)] }),
  { _tag: "Enter" },
]

const guard = (
  reason: string,
  config: Config,
  [before, input]: readonly [ReadonlyArray<Input>, Input],
): Guard => ({ handler: "recvFetchPrePrepare", reason, config, before, input })

export const bigRequestGuards: ReadonlyArray<Guard> = [
  guard("FromSelf", primary, [proposed, asking({ replica: 0 })]),
  guard("WrongView", primary, [proposed, asking({ view: 1 })]),
  guard("NotActive", big(1), [inactive, asking({ view: 1 })]),
  guard("NotPrimary", big(1), [[], asking()]),
  guard("OutsideWatermarks", primary, [proposed, asking({ seq: 5 })]),
  guard("NotPrePrepared", primary, [proposed, asking({ seq: 2 })]),
  guard("OfNewView", big(1), [entered, asking({ view: 1 })]),
]
