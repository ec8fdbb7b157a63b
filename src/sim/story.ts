/** What happens in a run, for people: a line for each thing that happens. */
import type { ClientInput } from "../core/pbft/client.ts"
import type { Input } from "../core/pbft/state.ts"
import type { ClientStepped, ReplicaStepped } from "./host.ts"
import { type Named, nameOf } from "./message-name.ts"
import { operationText } from "./operation.ts"
import { clientName, type NodeName, replicaName } from "./scenario.ts"

export interface StoryLine {
  /** Microseconds of virtual time. */
  readonly at: number
  /** A node, `net` or `fault`. */
  readonly node: string
  readonly what: string
}

const short = (digest: string): string => (digest.length > 12 ? digest.slice(0, 8) : digest)

interface Digested {
  readonly digest: string
  readonly batch: ReadonlyArray<unknown>
}

/** A message with whom it is from and the beginning of its digest. */
export const messageText = (message: Named): string => {
  const { digest: of, batch } = message as Named & Partial<Digested>
  const digest = message._tag !== "Reply" && of !== undefined ? ` ${short(of)}` : ""
  const size = batch === undefined || digest === "" ? "" : ` (${batch.length})`
  return `${nameOf(message)}${digest}${size}`
}

const inputText = (input: Input): string => {
  switch (input._tag) {
    case "Receive":
    case "ReceivePrePrepare": {
      const { message } = input
      if (message._tag === "Batch" || message._tag === "State") return messageText(message)
      const from = "client" in message ? clientName(message.client) : replicaName(message.replica)
      return `${messageText(message)} from ${from}`
    }
    case "Propose":
      return `${input.count} of the queue`
    case "Executed":
      return `n${input.seq}, ${input.results.length} requests`
    case "ReadDone":
      return `request ${input.timestamp} of ${clientName(input.client)}`
    case "Timeout":
      return `gives up view ${input.view}`
    case "Decide":
      return `${input.decision.chosen.length} batches from checkpoint ${input.decision.start.seq}`
    case "Enter":
      return "has all that the view starts from"
    case "Fetch":
      return `the state at n${input.checkpoint.seq} ${short(input.checkpoint.digest)}`
    case "Tell":
      return `${replicaName(input.replica)} that n${input.seq} is executed`
    case "ChangeKey":
      return `that of ${replicaName(input.replica)}`
    case "Restart":
      return `with ${input.durable.length} records`
    case "Recover":
      return `with ${input.durable.length} records, as incarnation ${input.incarnation}`
    case "Rejoin":
      return `with an empty disk, as incarnation ${input.incarnation}`
  }
}

const clientInputText = (input: ClientInput): string => {
  switch (input._tag) {
    case "Submit":
      return operationText(input.operation)
    case "Timeout":
      return "sends to all"
    case "Receive":
      return `${nameOf(input.message)} from ${replicaName(input.message.replica)}`
  }
}

/** What a step sends. */
export const sentText = (effects: ReadonlyArray<{ readonly _tag: string }>): string => {
  const sent = effects.flatMap((e) =>
    "message" in e ? [`${e._tag} ${nameOf(e.message as Named)}`] : [],
  )
  return sent.length === 0 ? "" : ` -> ${sent.join(", ")}`
}

/** The action, what it was taken for, and what it sends. */
export const replicaStory = ({ input, step }: ReplicaStepped): string =>
  `${step.action.padEnd(16)} ${inputText(input)}${sentText(step.effects)}`

export const clientStory = ({ input, step }: ClientStepped): string => {
  const complete = step.effects.find((e) => e._tag === "Complete")
  const result = complete === undefined ? "" : ` = ${JSON.stringify(complete.result)}`
  return `${step.action.padEnd(16)} ${clientInputText(input)}${result}`
}

/** One line of text, with the time in milliseconds. */
export const storyText = ({ at, node, what }: StoryLine): string =>
  `${(at / 1000).toFixed(3).padStart(11)} ${node.padEnd(6)} ${what}`

/** A message that the network did not deliver as usual. */
export const networkStory = (
  { from, to, name }: { readonly from: NodeName; readonly to: NodeName; readonly name: string },
  delays: ReadonlyArray<number>,
): string | undefined => {
  if (delays.length === 0) return `${name} from ${from} to ${to} is lost`
  return delays.length > 1 ? `${name} from ${from} to ${to} is duplicated` : undefined
}
