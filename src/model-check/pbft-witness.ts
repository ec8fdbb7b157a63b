/** A witness of one replica, of every replica, or of a message. */
import type { Message } from "../core/pbft/message.ts"
import type { State } from "../core/pbft/state.ts"
import type { Witness } from "./model.ts"
import { asProcess, messageOf } from "./pbft-properties.ts"

export const someReplica = (name: string, holds: (state: State) => boolean): Witness => ({
  name,
  scope: "some",
  holds: (process) => {
    const p = asProcess(process)
    return p.role === "replica" && holds(p.at.state)
  },
})

export const everyReplica = (name: string, holds: (state: State) => boolean): Witness => ({
  name,
  scope: "every",
  holds: (process) => {
    const p = asProcess(process)
    return p.role !== "replica" || holds(p.at.state)
  },
})

export const someMessage = (name: string, holds: (m: Message) => boolean): Witness => ({
  name,
  scope: "message",
  holds: (m) => holds(messageOf(m)),
})
