/**
 * A replica answers a sketcher's FAST-READ: from the state that it has, whatever that is.
 *
 * Outside the specification: how the service reads. There a replica answers from a prefix of the
 * agreed log.
 */
import type { Bytes } from "../core/ids.ts"
import type { Authentic } from "../core/pbft/message.ts"
import type { FastRead } from "../core/prophecy/message.ts"
import { decodePlaced } from "../core/prophecy/position.ts"
import { recvFastRead } from "../core/prophecy/replica.ts"
import type { Counts } from "./counts.ts"
import type { Executor } from "./executor.ts"
import type { Misbehaviour } from "./misbehave.ts"

export interface FastReader {
  /** Gives the result, now or later; undefined for an operation that is no read. */
  readonly read: (operation: Bytes, done: (result: Bytes | undefined) => void) => void
  readonly actions: Counts
  readonly events: Counts
  readonly misbehaviour: Misbehaviour
}

/** The executor, of which a replica that answers badly hears what was executed in its turn. */
export const overheard = (executor: Executor, misbehaviour: Misbehaviour): Executor => ({
  ...executor,
  execute: (effect) => {
    const executed = executor.execute(effect)
    effect.requests.forEach(({ operation }, k) =>
      misbehaviour.executed(operation, decodePlaced(executed.results[k] ?? "").result),
    )
    return executed
  },
})

/**
 * Has the service read. An operation that is no read gets no answer: whoever asks for a change this
 * way asks the group when its timer fires. (The step itself changes nothing, so any state does.)
 */
export const answerFastRead = (
  { read, actions, events, misbehaviour }: FastReader,
  message: FastRead,
  answer: (result: Bytes) => void,
): void => {
  const { effects, action } = recvFastRead(undefined, message as Authentic<FastRead>)
  actions.add(action)
  for (const effect of effects) {
    const { operation } = effect.message
    read(operation, (result) => {
      if (result === undefined) events.add("FastReadRefused")
      const said = result === undefined ? undefined : misbehaviour.answer(operation, result)
      if (said !== undefined) answer(said)
    })
  }
}
