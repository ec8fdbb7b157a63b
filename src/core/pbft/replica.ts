/** The replica: one input, one action of spec/tla/Pbft.tla. Dispatch only. */
import type { Machine } from "../machine.ts"
import type { ReplicaAction } from "./action.ts"
import { recvCheckpoint } from "./checkpointing.ts"
import { execute } from "./execution.ts"
import {
  recvCommit,
  recvPrepare,
  recvPrePrepare,
  recvRequest,
  sendPrePrepare,
} from "./normal-case.ts"
import { restart } from "./restart.ts"
import { type Config, type Effect, type Input, init, type PbftStep, type State } from "./state.ts"

const receive = (
  config: Config,
  state: State,
  m: Extract<Input, { readonly _tag: "Receive" }>["message"],
): PbftStep => {
  switch (m._tag) {
    case "Request":
      return recvRequest(config, state, m)
    case "Prepare":
      return recvPrepare(config, state, m)
    case "Commit":
      return recvCommit(config, state, m)
    case "Checkpoint":
      return recvCheckpoint(config, state, m)
  }
}

/** One input, one action. Deterministic, total, and without any effect of its own. */
export const step = (config: Config, state: State, input: Input): PbftStep => {
  switch (input._tag) {
    case "Receive":
      return receive(config, state, input.message)
    case "ReceivePrePrepare":
      return recvPrePrepare(config, state, input.message, input.verdicts)
    case "Propose":
      return sendPrePrepare(config, state, input.count)
    case "Executed":
      return execute(config, state, input)
    case "Restart":
      return restart(config, input.durable)
  }
}

export const replica: Machine<Config, State, Input, Effect, ReplicaAction> = { init, step }
