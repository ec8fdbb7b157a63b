/** What happens in a run of Zyzzyva, for people. */
import type { ClientInput, ClientStep } from "../core/zyzzyva/client.ts"
import type { Input } from "../core/zyzzyva/state.ts"
import { nameOf } from "./message-name.ts"
import { operationText } from "./operation.ts"
import { clientName, replicaName } from "./scenario.ts"
import { messageText, sentText } from "./story.ts"
import type { ZyzzyvaStepped } from "./zyzzyva-replica-node.ts"

const senderOf = (message: object): string => {
  if ("replica" in message) return ` from ${replicaName(Number(message.replica))}`
  return "client" in message ? ` from ${clientName(Number(message.client))}` : ""
}

const inputText = (input: Input): string => {
  switch (input._tag) {
    case "Receive":
    case "ReceiveOrderReq":
      return `${messageText(input.message)}${senderOf(input.message)}`
    case "Propose":
      return `${input.count} of the queue`
    case "Executed":
      return `n${input.seq}, ${input.results.length} requests`
    case "ReadDone":
      return `the read ${input.timestamp} of ${clientName(input.client)}`
    case "Timeout":
      return `accuses the primary of view ${input.view}`
    case "Begin":
      return "has enough VIEW-CHANGEs"
    case "Enter":
      return "has the state that the view starts from"
    case "Fetch":
      return "asks for a later state"
    case "Restart":
      return `with ${input.durable.length} records`
    case "Rejoin":
      return `with an empty disk, as incarnation ${input.incarnation}`
  }
}

const clientInputText = (input: ClientInput): string => {
  switch (input._tag) {
    case "Submit":
      return operationText(input.operation)
    case "Timeout":
      return "has waited enough"
    case "Receive":
      return `${nameOf(input.message)} from ${replicaName(input.message.replica)}`
  }
}

/** The action, what it was taken for, and what it sends. */
export const zyzzyvaReplicaStory = ({ input, step }: ZyzzyvaStepped): string =>
  `${step.action.padEnd(16)} ${inputText(input)}${sentText(step.effects)}`

export const zyzzyvaClientStory = (input: ClientInput, step: ClientStep): string => {
  const complete = step.effects.find((e) => e._tag === "Complete")
  const result = complete === undefined ? "" : ` = ${JSON.stringify(complete.result)}`
  return `${step.action.padEnd(22)} ${clientInputText(input)}${sentText(step.effects)}${result}`
}
