/** What can be drawn: counterexamples of both checkers, and stretches of a recorded run. */
import type { Violation } from "../model-check/explore.ts"
import type { Counterexample } from "../tla-tools/counterexample.ts"
import { type Difference, differenceText, differentStates } from "../tla-tools/difference.ts"
import type { AnyChain } from "../trace-check/chain.ts"
import type { Diagram, DiagramEvent } from "./diagram.ts"

// The words in which a model tells a step end in the sender, or name the client.
const senderIn = (told: string): string | undefined => {
  const replica = / from (\d+)$/.exec(told)?.[1]
  if (replica !== undefined) return `replica ${replica}`
  const client = /^Request .*\(client (\d+),/.exec(told)?.[1]
  return client === undefined ? undefined : `client ${client}`
}

/** The shortest way to a violation; when a message was sent is not known there. */
export const violationDiagram = (violation: Violation): Diagram => ({
  title: `${violation.property} does not hold: ${violation.why}`,
  first: 1,
  events: violation.path.map(({ process, action, told }) => {
    const from = senderIn(told)
    return { lane: process, label: action, detail: told, from: from === process ? undefined : from }
  }),
})

// `slot[2][1].phase` belongs to 2. What is there but once, as a set of messages, to nobody.
const ownerIn = ({ path }: Difference): string | undefined => /^\w+\[([^\]]+)\]/.exec(path)?.[1]

/**
 * A counterexample of TLC: which process took a step follows from the functions that changed, all
 * at one argument; steps that change none, or several, are in the lane `shared`.
 */
export const counterexampleDiagram = (trace: Counterexample, title: string): Diagram => {
  const events = trace.states.slice(1).map((state, k): DiagramEvent => {
    const before = trace.states[k]?.variables ?? new Map()
    const differences = differentStates(before, state.variables)
    const owners = new Set(differences.map(ownerIn).filter((owner) => owner !== undefined))
    const lane = owners.size === 1 ? `process ${[...owners][0]}` : "shared"
    return { lane, label: state.action, detail: differences.map(differenceText).join("; ") }
  })
  return { title, first: 2, events }
}

const named = ["_tag", "view", "seq", "digest", "client", "timestamp", "replica"] as const

type Fields = Readonly<Record<string, unknown>>

// What tells one message from another; the text of a batch or of a result is not needed for it.
const messageKey = (message: Fields): string => JSON.stringify(named.map((name) => message[name]))

const messageText = (message: Fields): string =>
  named
    .flatMap((name) => {
      const value = message[name]
      if (value === undefined || name === "replica") return []
      if (name === "_tag") return [String(value)]
      return [name === "digest" ? String(value).slice(0, 8) : `${name} ${value}`]
    })
    .join(" ")

type Stepped = AnyChain["events"][number]

const received = ({ input }: Stepped): Fields | undefined =>
  "message" in input ? (input.message as unknown as Fields) : undefined

// A batch that was fetched is known by its digest, whoever sends it.
const senderOf = (message: Fields): string | undefined => {
  if (message["_tag"] === "Request") return `client ${message["client"]}`
  return message["replica"] === undefined ? undefined : `replica ${message["replica"]}`
}

const sentBy = ({ step }: Stepped): ReadonlyArray<Fields> =>
  (step.effects as unknown as ReadonlyArray<Fields>).flatMap(({ message }) =>
    message === undefined ? [] : [message as Fields],
  )

const laneOf = (event: Stepped): string =>
  event._tag === "ReplicaStep" ? `replica ${event.replica}` : `client ${event.client}`

/** A stretch of a recorded run, each message from the step that sent it. */
export const chainDiagram = ({ header, from, ...chain }: AnyChain): Diagram => {
  const events: ReadonlyArray<Stepped> = chain.events
  const sent = new Map<string, number>()
  const drawn = events.map((event, k): DiagramEvent => {
    const message = received(event)
    for (const one of sentBy(event)) {
      const key = messageKey(one)
      if (!sent.has(key)) sent.set(key, k)
    }
    const base = { lane: laneOf(event), label: event.step.action }
    if (message === undefined) return { ...base, detail: event.input._tag }
    const sentAt = sent.get(messageKey(message))
    return { ...base, detail: messageText(message), from: senderOf(message), sentAt }
  })
  return { title: `run ${header.run}, events from ${from}`, first: from, events: drawn }
}
