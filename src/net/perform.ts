/**
 * What the effects of a step mean to the loop of a replica, in their order.
 *
 * Outside the specification: who interprets an effect. What an effect means there is in
 * spec/correspondence.json.
 */
import type { Executor } from "./executor.ts"
import type { Send } from "./outgoing.ts"
import type { Kinds, LoopEffect, LoopInputs } from "./protocol.ts"

export interface Hands<K extends Kinds> {
  readonly executor: Executor
  readonly answered: LoopInputs<K>["answered"]
  readonly persist: (record: K["Record"]) => void
  readonly send: (send: Send<K>) => void
  readonly restore: () => void
}

/** Does what the effects say; gives the service's answers. */
export const perform = <K extends Kinds>(
  { executor, answered, persist, send, restore }: Hands<K>,
  effects: ReadonlyArray<LoopEffect<K>>,
): ReadonlyArray<K["Input"]> => {
  const answers: Array<K["Input"]> = []
  for (const effect of effects) {
    switch (effect._tag) {
      case "Persist":
        persist(effect.record)
        break
      case "Broadcast":
      case "SendToClient":
      case "SendToReplicas":
        send(effect)
        break
      case "Restore":
        restore()
        break
      case "Execute":
        answers.push(answered(executor.execute(effect)))
        break
      case "Undo":
        executor.undo()
        break
      case "ReadState":
        answers.push(answered(executor.readState(effect)))
        break
    }
  }
  return answers
}
