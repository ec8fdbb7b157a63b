/**
 * A replica behind a sketcher: PBFT's (core/pbft/replica.ts), and two things more. Its results say
 * where in the agreed order they were executed, and it answers fast reads from the state that it
 * has; spec/tla/Prophecy.tla, section "The group". PBFT itself knows nothing of either.
 */
import type { Seq } from "../ids.ts"
import type { Step } from "../machine.ts"
import type { ReplicaAction } from "../pbft/action.ts"
import type { Authentic } from "../pbft/message.ts"
import { step } from "../pbft/replica.ts"
import type { Config, Effect, Input, State } from "../pbft/state.ts"
import type { ProphecyReplicaAction } from "./action.ts"
import type { FastRead } from "./message.ts"
import { encodePlaced } from "./position.ts"

export type ReplicaInput =
  | Input
  | { readonly _tag: "FastRead"; readonly message: Authentic<FastRead> }

/**
 * Have the service read, now or later, and send a FAST-REPLY with the result. The service refuses
 * an operation that would change its state.
 */
export interface AnswerRead {
  readonly _tag: "AnswerRead"
  readonly message: FastRead
}

export type ReplicaEffect = Effect | AnswerRead
export type ReplicaStep = Step<State, ReplicaEffect, ReplicaAction | ProphecyReplicaAction>

/**
 * RecvFastRead (NSDI '10 section 3). A replica answers alone, whatever it has executed so far: the
 * sketcher finds out whether that is current, or true.
 */
export const recvFastRead = <S>(
  state: S,
  message: Authentic<FastRead>,
): Step<S, AnswerRead, ProphecyReplicaAction> => ({
  state,
  effects: [{ _tag: "AnswerRead", message }],
  action: "RecvFastRead",
})

/** The results of a batch, each with its position in front. */
export const placedResults = (seq: Seq, results: ReadonlyArray<string>): ReadonlyArray<string> =>
  results.map((result, place) => encodePlaced({ position: { seq, place }, result }))

/** One input, one action of Pbft.tla, or RecvFastRead. */
export const stepReplica = (config: Config, state: State, input: ReplicaInput): ReplicaStep => {
  switch (input._tag) {
    case "FastRead":
      return recvFastRead(state, input.message)
    case "Executed":
      return step(config, state, { ...input, results: placedResults(input.seq, input.results) })
    default:
      return step(config, state, input)
  }
}
