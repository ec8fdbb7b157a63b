/** The replica: one input, one action of spec/tla/Pbft.tla. Dispatch only. */
import type { Machine } from "../machine.ts"
import type { ReplicaAction } from "./action.ts"
import { recvFetchPrePrepare } from "./big-requests.ts"
import { changeKey } from "./change-key.ts"
import { recvCheckpoint } from "./checkpointing.ts"
import { enterView, recvBatch, recvFetchBatch } from "./enter-view.ts"
import { executedBatch } from "./execution.ts"
import {
  recvCommit,
  recvPrepare,
  recvPrePrepare,
  recvRequest,
  sendPrePrepare,
} from "./normal-case.ts"
import { answerRead, recvRead } from "./reads.ts"
import { recover, recvQueryStable, recvReplyStable } from "./recover.ts"
import { rejoin } from "./rejoin.ts"
import { restart } from "./restart.ts"
import { recvFetchState, recvState, sendFetchState } from "./state-transfer.ts"
import { type Config, type Effect, type Input, init, type PbftStep, type State } from "./state.ts"
import { recvCommitted, sendCommitted } from "./telling.ts"
import { recvNewView, recvViewChange, sendNewView, timeout } from "./view-change.ts"

const receive = (
  config: Config,
  state: State,
  m: Extract<Input, { readonly _tag: "Receive" }>["message"],
): PbftStep => {
  switch (m._tag) {
    case "Request":
      return recvRequest(config, state, m)
    case "Read":
      return recvRead(config, state, m)
    case "FetchPrePrepare":
      return recvFetchPrePrepare(config, state, m)
    case "Prepare":
      return recvPrepare(config, state, m)
    case "Commit":
      return recvCommit(config, state, m)
    case "Checkpoint":
      return recvCheckpoint(config, state, m)
    case "ViewChange":
      return recvViewChange(config, state, m)
    case "NewView":
      return recvNewView(config, state, m)
    case "FetchBatch":
      return recvFetchBatch(config, state, m)
    case "Batch":
      return recvBatch(config, state, m)
    case "FetchState":
      return recvFetchState(config, state, m)
    case "State":
      return recvState(config, state, m)
    case "Committed":
      return recvCommitted(config, state, m)
    case "QueryStable":
      return recvQueryStable(config, state, m)
    case "ReplyStable":
      return recvReplyStable(config, state, m)
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
      return sendPrePrepare(config, state, input)
    case "Executed":
      return executedBatch(config, state, input)
    case "ReadDone":
      return answerRead(config, state, input)
    case "Timeout":
      return timeout(config, state, input.view)
    case "Decide":
      return sendNewView(config, state, input.decision)
    case "Enter":
      return enterView(config, state)
    case "Fetch":
      return sendFetchState(config, state, input.checkpoint)
    case "Tell":
      return sendCommitted(config, state, input)
    case "ChangeKey":
      return changeKey(config, state, input.replica)
    case "Restart":
      return restart(config, input.durable)
    case "Rejoin":
      return rejoin(config, state, input.incarnation)
    case "Recover":
      return recover(config, state, input)
  }
}

export const replica: Machine<Config, State, Input, Effect, ReplicaAction> = { init, step }
