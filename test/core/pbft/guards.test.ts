import { describe, expect, it } from "vitest"
import { listFiles, readText, repositoryRoot } from "../../../ci/repository.ts"
import { field, list, nameOf, nodesOf, parse, stringOf } from "../../../ci/syntax.ts"
import {
  type ClientConfig,
  type ClientInput,
  initClient,
  stepClient,
} from "../../../src/core/pbft/client.ts"
import { step } from "../../../src/core/pbft/replica.ts"
import type { Config, Input } from "../../../src/core/pbft/state.ts"
import { stateGuards } from "../../support/state-guards.ts"
import { changeGuards, type Guard } from "../../support/change-guards.ts"
import { bigRequestGuards } from "../../support/big-request-guards.ts"
import { fastPathGuards } from "../../support/fast-path-guards.ts"
import { keyGuards } from "../../support/key-guards.ts"
import { proposalGuards } from "../../support/proposal-guards.ts"
import { recoverGuards } from "../../support/recover-guards.ts"
import { rejoinGuards } from "../../support/rejoin-guards.ts"
import { toldGuards } from "../../support/told-guards.ts"
import { deepFreeze } from "../../support/deep-freeze.ts"
import {
  after,
  authentic,
  checkpoint,
  checkpointDigestAt2,
  checkpointing,
  clientConfigOf,
  commit,
  committing,
  configOf,
  executed,
  prePrepare,
  prepare,
  propose,
  receive,
  receiveHalf,
  reply,
  request,
  signed,
} from "../../support/pbft.ts"

const primary = configOf(0)
const backup = configOf(1)
const one = [signed(0, 1)]
const two = [signed(0, 2)]
const d1 = "0:1:a"
const accepted = receive(prePrepare(1, one))
const stable = [
  ...checkpointing,
  receive(checkpoint(0, 2, checkpointDigestAt2)),
  receive(checkpoint(2, 2, checkpointDigestAt2)),
]
const queued = [receive(request(0, 1)), receive(request(1, 1))]

const guard = (
  handler: string,
  reason: string,
  config: Config,
  [before, input]: readonly [ReadonlyArray<Input>, Input],
): Guard => ({ handler, reason, config, before, input })

const executedOnce = [...committing(1, one), executed(1, ["r1"])]

const requests: ReadonlyArray<Guard> = [
  guard("recvRequest", "UnknownClient", backup, [[], receive(request(2, 1))]),
  guard("recvRequest", "UnknownClient", backup, [[], receive(request(-1, 1))]),
  guard("recvRequest", "OldTimestamp", backup, [
    [...committing(1, two), executed(1, ["r"])],
    receive(request(0, 1)),
  ]),
  guard("recvRequest", "AlreadyQueued", backup, [queued, receive(request(0, 1, "other"))]),
  guard("recvRequest", "AlreadyQueued", backup, [[receive(request(0, 3))], receive(request(0, 2))]),
  guard("recvRequest", "AlreadyAssigned", primary, [
    [receive(request(0, 1)), propose(1)],
    receive(request(0, 1)),
  ]),
]

const full = [1, 2, 3, 4].flatMap((t) => [receive(request(0, t)), propose(1)])
const proposals: ReadonlyArray<Guard> = [
  guard("sendPrePrepare", "NotPrimary", backup, [queued, propose(1)]),
  guard("sendPrePrepare", "BadBatchSize", primary, [queued, propose(0)]),
  guard("sendPrePrepare", "BadBatchSize", primary, [queued, propose(3)]),
  guard("sendPrePrepare", "QueueTooShort", primary, [queued.slice(1), propose(2)]),
  guard("sendPrePrepare", "WindowFull", primary, [[...full, receive(request(0, 5))], propose(1)]),
]

const prePrepares: ReadonlyArray<Guard> = [
  guard("recvPrePrepare", "WrongView", backup, [[], receive(prePrepare(1, one, { view: 1 }))]),
  guard("recvPrePrepare", "NotFromPrimary", backup, [
    [],
    receive(prePrepare(1, one, { replica: 2 })),
  ]),
  guard("recvPrePrepare", "FromSelf", primary, [[], accepted]),
  guard("recvPrePrepare", "OutsideWatermarks", backup, [[], receive(prePrepare(0, one))]),
  guard("recvPrePrepare", "OutsideWatermarks", backup, [[], receive(prePrepare(5, one))]),
  guard("recvPrePrepare", "OutsideWatermarks", backup, [stable, receive(prePrepare(2, one))]),
  guard("recvPrePrepare", "AlreadyPrePrepared", backup, [[accepted], accepted]),
  guard("recvPrePrepare", "AlreadyPrePrepared", backup, [
    [receiveHalf(prePrepare(1, one), [0])],
    accepted,
  ]),
  guard("recvPrePrepare", "AlreadyPrePrepared", backup, [[accepted], receive(prePrepare(1, two))]),
  guard("recvPrePrepare", "BadBatchSize", backup, [[], receive(prePrepare(1, []))]),
  guard("recvPrePrepare", "BadBatchSize", backup, [
    [],
    receive(prePrepare(1, [signed(0, 1), signed(1, 1), signed(0, 2)])),
  ]),
  guard("recvPrePrepare", "UnknownClient", backup, [
    [],
    receive(prePrepare(1, [signed(0, 1), signed(2, 1)])),
  ]),
]

const prepares: ReadonlyArray<Guard> = [
  guard("recvPrepare", "WrongView", backup, [[], receive(prepare(2, 1, d1, 1))]),
  guard("recvPrepare", "PrepareFromPrimary", backup, [[], receive(prepare(0, 1, d1))]),
  guard("recvPrepare", "FromSelf", backup, [[], receive(prepare(1, 1, d1))]),
  guard("recvPrepare", "OutsideWatermarks", backup, [[], receive(prepare(2, 0, d1))]),
  guard("recvPrepare", "OutsideWatermarks", backup, [[], receive(prepare(2, 5, d1))]),
  guard("recvPrepare", "AlreadyPrepared", backup, [
    [accepted, receive(prepare(2, 1, d1))],
    receive(prepare(3, 1, d1)),
  ]),
  guard("recvPrepare", "AlreadyPrepared", backup, [committing(1, one), receive(prepare(3, 1, d1))]),
  guard("recvPrepare", "DuplicatePrepare", backup, [
    [receive(prepare(2, 1, d1))],
    receive(prepare(2, 1, "other")),
  ]),
]

const commits: ReadonlyArray<Guard> = [
  guard("recvCommit", "WrongView", backup, [[], receive(commit(2, 1, d1, 1))]),
  guard("recvCommit", "FromSelf", backup, [[], receive(commit(1, 1, d1))]),
  guard("recvCommit", "OutsideWatermarks", backup, [[], receive(commit(2, 0, d1))]),
  guard("recvCommit", "OutsideWatermarks", backup, [[], receive(commit(2, 5, d1))]),
  guard("recvCommit", "AlreadyCommitted", backup, [committing(1, one), receive(commit(3, 1, d1))]),
  guard("recvCommit", "DuplicateCommit", backup, [
    [receive(commit(2, 1, d1))],
    receive(commit(2, 1, "other")),
  ]),
]

const executions: ReadonlyArray<Guard> = [
  guard("executedBatch", "NotNextToExecute", backup, [[accepted], executed(1, ["r1"])]),
  guard("executedBatch", "NotNextToExecute", backup, [committing(2, one), executed(2, ["r1"])]),
  guard("executedBatch", "NotNextToExecute", backup, [committing(1, one), executed(2, ["r1"])]),
  guard("executedBatch", "NotNextToExecute", backup, [executedOnce, executed(1, ["r1"])]),
  guard("executedBatch", "WrongResultCount", backup, [committing(1, one), executed(1, [])]),
  guard("executedBatch", "WrongResultCount", backup, [committing(1, one), executed(1, ["r", "r"])]),
]

const checkpoints: ReadonlyArray<Guard> = [
  guard("recvCheckpoint", "FromSelf", backup, [[], receive(checkpoint(1, 2, "d"))]),
  guard("recvCheckpoint", "OutsideWatermarks", backup, [[], receive(checkpoint(2, 0, "d"))]),
  guard("recvCheckpoint", "OutsideWatermarks", backup, [stable, receive(checkpoint(3, 2, "d"))]),
  guard("recvCheckpoint", "NotACheckpoint", backup, [[], receive(checkpoint(2, 3, "d"))]),
  guard("recvCheckpoint", "DuplicateCheckpoint", backup, [
    [receive(checkpoint(2, 2, "d"))],
    receive(checkpoint(2, 2, "other")),
  ]),
]

const replicaGuards = [
  ...requests,
  ...proposals,
  ...prePrepares,
  ...prepares,
  ...commits,
  ...executions,
  ...checkpoints,
  ...changeGuards,
  ...fastPathGuards,
  ...proposalGuards,
  ...rejoinGuards,
  ...toldGuards,
  ...recoverGuards,
  ...bigRequestGuards,
  ...keyGuards,
  ...stateGuards,
]

const submit: ClientInput = { _tag: "Submit", operation: "a" }
const timeout: ClientInput = { _tag: "Timeout", waitedMs: 0 }
const answered = (message: ReturnType<typeof reply>): ClientInput => ({
  _tag: "Receive",
  message: authentic(message),
})

interface ClientGuard {
  readonly handler: string
  readonly reason: string
  readonly config?: Partial<ClientConfig>
  readonly before: ReadonlyArray<ClientInput>
  readonly input: ClientInput
}

const clientGuards: ReadonlyArray<ClientGuard> = [
  { handler: "clientSubmit", reason: "StillWaiting", before: [submit], input: submit },
  { handler: "clientTimeout", reason: "NothingAwaited", before: [], input: timeout },
  {
    handler: "clientRecvReply",
    reason: "ForAnotherClient",
    before: [submit],
    input: answered(reply(0, 1, "r", { client: 1 })),
  },
  {
    handler: "clientRecvReply",
    reason: "NothingAwaited",
    before: [],
    input: answered(reply(0, 0, "r")),
  },
  {
    handler: "clientRecvReply",
    reason: "WrongTimestamp",
    before: [submit],
    input: answered(reply(0, 2, "r")),
  },
  {
    handler: "clientRecvReply",
    reason: "DuplicateReply",
    before: [submit, answered(reply(0, 1, "r"))],
    input: answered(reply(0, 1, "other")),
  },
  {
    handler: "clientRecvReply",
    reason: "AnotherKind",
    before: [submit],
    input: answered(reply(0, 1, "r", { readOnly: true })),
  },
  {
    handler: "clientRecvReply",
    reason: "AnotherKind",
    before: [{ ...submit, readOnly: true }],
    input: answered(reply(0, 1, "r")),
  },
  {
    handler: "clientRecvReply",
    reason: "UnaskedDigest",
    config: { wholeOnly: true },
    before: [submit],
    input: answered(reply(0, 1, "d", { digest: true })),
  },
]

/** `handler Reason` of every `ignore(state, "Reason")` in the sources. */
const guardsInSources = (): ReadonlySet<string> => {
  const found = new Set<string>()
  for (const path of listFiles(repositoryRoot, ["src/core/pbft"], true)) {
    if (!path.endsWith(".ts")) continue
    for (const statement of list(parse(path, readText(repositoryRoot, path)).program, "body")) {
      const [declarator] = nodesOf(statement, "VariableDeclarator")
      for (const call of nodesOf(statement, "CallExpression")) {
        if (nameOf(field(call, "callee")) !== "ignore" || declarator === undefined) continue
        const reason = stringOf(list(call, "arguments")[1])
        found.add(`${nameOf(field(declarator, "id"))} ${reason}`)
      }
    }
  }
  return found
}

describe("an input that no action of the specification takes", () => {
  it.each(replicaGuards)("$handler ignores: $reason", ({ reason, config, before, input }) => {
    const state = after(config, before)
    const took = step(config, state, deepFreeze(input))
    expect(took.action).toBe(`Ignore:${reason}`)
    expect(took.state).toBe(state)
    expect(took.effects).toEqual([])
  })

  it.each(clientGuards)("$handler ignores: $reason", ({ reason, before, input, ...own }) => {
    const config = { ...clientConfigOf(0), ...own.config }
    const state = before.reduce(
      (s, i) => deepFreeze(stepClient(config, s, i).state),
      deepFreeze(initClient(config)),
    )
    const took = stepClient(config, state, deepFreeze(input))
    expect(took.action).toBe(`Ignore:${reason}`)
    expect(took.state).toBe(state)
    expect(took.effects).toEqual([])
  })

  it("has a test here for every guard in the sources, and no other", () => {
    const tested = new Set(
      [...replicaGuards, ...clientGuards].map((g) => `${g.handler} ${g.reason}`),
    )
    const written = guardsInSources()
    expect([...tested].sort()).toEqual([...written].sort())
    expect(written.size).toBeGreaterThan(25)
  })
})
