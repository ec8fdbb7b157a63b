/** The replica: one input, one action of spec/tla/Zyzzyva.tla. Dispatch only. */
import type { Machine } from "../machine.ts"
import { recvAccusation, recvPom, timeout } from "./accusation.ts"
import type { ReplicaAction } from "./action.ts"
import { recvFillHole, recvOrderReq, recvRequest, sendOrderReq } from "./agreement.ts"
import { recvCheckpoint, recvSpecHeader } from "./checkpointing.ts"
import { recvCommit } from "./commit.ts"
import { execute } from "./execution.ts"
import { answerRead, recvRead } from "./reads.ts"
import { rejoin } from "./rejoin.ts"
import { restart } from "./restart.ts"
import { recvFetchState, recvState, sendFetchState } from "./state-transfer.ts"
import {
  type Config,
  type Effect,
  type Input,
  init,
  type State,
  type ZyzzyvaStep,
} from "./state.ts"
import {
  enterView,
  recvNewView,
  recvViewChange,
  recvViewConfirm,
  sendNewView,
} from "./view-change.ts"

const receive = (
  config: Config,
  state: State,
  m: Extract<Input, { readonly _tag: "Receive" }>["message"],
): ZyzzyvaStep => {
  switch (m._tag) {
    case "Request":
      return recvRequest(config, state, m)
    case "Read":
      return recvRead(config, state, m)
    case "SpecHeader":
      return recvSpecHeader(config, state, m)
    case "Commit":
      return recvCommit(config, state, m)
    case "FillHole":
      return recvFillHole(config, state, m)
    case "Pom":
      return recvPom(config, state, m)
    case "Accusation":
      return recvAccusation(config, state, m)
    case "Checkpoint":
      return recvCheckpoint(config, state, m)
    case "FetchState":
      return recvFetchState(config, state, m)
    case "State":
      return recvState(config, state, m)
    case "ViewChange":
      return recvViewChange(config, state, m)
    case "NewView":
      return recvNewView(config, state, m)
    case "ViewConfirm":
      return recvViewConfirm(config, state, m)
  }
}

/** One input, one action. Deterministic, total, and without any effect of its own. */
export const step = (config: Config, state: State, input: Input): ZyzzyvaStep => {
  switch (input._tag) {
    case "Receive":
      return receive(config, state, input.message)
    case "ReceiveOrderReq":
      return recvOrderReq(config, state, input.message, input.verdicts)
    case "Propose":
      return sendOrderReq(config, state, input.count)
    case "Executed":
      return execute(config, state, input)
    case "ReadDone":
      return answerRead(config, state, input)
    case "Timeout":
      return timeout(config, state, input.view)
    case "Begin":
      return sendNewView(config, state)
    case "Enter":
      return enterView(config, state)
    case "Fetch":
      return sendFetchState(config, state)
    case "Restart":
      return restart(config, input.durable)
    case "Rejoin":
      return rejoin(config, state, input.incarnation)
  }
}

export const replica: Machine<Config, State, Input, Effect, ReplicaAction> = { init, step }
