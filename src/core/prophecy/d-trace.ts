/**
 * The lines of a trace of D-Prophecy's clients as text, without the line break;
 * docs/trace-format.md. What can be computed from a line is not written into it.
 *
 * Outside the specification: nothing; it tells what happened and decides nothing.
 */
import type { ClientId } from "../ids.ts"
import { replyText } from "../pbft/trace.ts"
import { clientChanges } from "../pbft/trace-changes.ts"
import type { DCall, DClientInput, DClientState, DClientStep } from "./d-client.ts"
import { fullDClientProjection, statedIn } from "./d-projection.ts"

const quote: (text: string) => string = JSON.stringify

/** Step number `at.n` of the process, taken by the client `at.client`. */
export const dClientLine = (
  at: { readonly n: number; readonly client: ClientId },
  before: DClientState,
  step: DClientStep,
  input: DClientInput,
): string =>
  `{"n":${at.n},"client":${at.client},"action":"${step.action}",` +
  `"in":${inputText(input)},"post":${changes(before, step.state)}}`

/** In place of `dropped` lines, the last of them for step `n`: the states after it. */
export const dClientsDropLine = (
  n: number,
  dropped: number,
  clients: ReadonlyMap<ClientId, DClientState>,
): string => {
  const state = [...clients]
    .sort(([a], [b]) => a - b)
    .map(([client, own]) => ({ client, ...fullDClientProjection(own) }))
  return JSON.stringify({ n, dropped, state })
}

const inputText = (input: DClientInput): string => {
  switch (input._tag) {
    case "Read": {
      const { id, operation, executor } = input
      return JSON.stringify({ type: "Read", id, operation, executor })
    }
    case "Write":
      return JSON.stringify({ type: "Write", id: input.id, operation: input.operation })
    case "SketchReply": {
      const { client, id, replica, digest, seq, place, result } = input.message
      // (A statement without a result has no such field.)
      return JSON.stringify({
        type: "SketchReply",
        client,
        id,
        replica,
        digest,
        seq,
        place,
        result,
      })
    }
    case "SketchTimeout":
      return `{"type":"SketchTimeout","id":${input.id}}`
    case "Reply":
      return replyText(input.message)
    case "Retransmit":
      return `{"type":"Retransmit"}`
  }
}

// Of a result its digest: the result is in the line that brought it.
const callText = (call: DCall): string => {
  const { id, stage, executor, result } = call
  const sketches = statedIn(call)
  const known = result === undefined ? "" : `,"result":${quote(result.digest)}`
  const heard =
    stage === "asked" ? `,"executor":${executor},"sketches":${JSON.stringify(sketches)}` : ""
  return `{"id":${id},"stage":"${stage}"${heard}${known}}`
}

const changes = (before: DClientState, after: DClientState): string => {
  if (before === after) return "{}"
  const { call } = after
  const calls =
    before.call === call ? "" : `,"call":${call === undefined ? "null" : callText(call)}`
  const own =
    before.client === after.client
      ? ""
      : `,"ordering":${clientChanges(before.client, after.client)}`
  return `{${(calls + own).slice(1)}}`
}
