/**
 * The lines of a trace of PBFT as text, without the line break; docs/trace-format.md. A line holds
 * the whole input of a step (without authenticators: for a batch the places of the requests whose
 * authenticator failed) and what the step changed. It is written for every step of a running
 * replica, so the frequent parts are put together by hand.
 *
 * Outside the specification: nothing; it tells what happened and decides nothing.
 */
import type { ClientId } from "../ids.ts"
import type { NamedRequest } from "../request.ts"
import { type TraceHeader, traceSchema } from "../trace-event.ts"
import { newViewData, numberedData, viewChangeData } from "./change-data.ts"
import type { ClientInput, ClientState, ClientStep } from "./client.ts"
import type { Decision } from "./decision.ts"
import type { Reply } from "./message.ts"
import { fullClientProjection, fullProjection, type RequestData } from "./projection.ts"
import type { DurableRecord, Input, PbftStep, State } from "./state.ts"
import { clientChanges, replicaChanges } from "./trace-changes.ts"

const quote: (text: string) => string = JSON.stringify

/** The first line of a trace. */
export const header = (h: TraceHeader): string => JSON.stringify({ schema: traceSchema, ...h })

/** Step number `n` (from 1) of a replica: it took `input` in the state `before`. */
export const replicaLine = (
  n: number,
  before: State,
  step: Pick<PbftStep, "state"> & { readonly action: string },
  input: Input,
): string => {
  // A restart starts from the disk and not from the state before: all of the state is shown.
  const post =
    input._tag === "Restart" || input._tag === "Rejoin" || input._tag === "Recover"
      ? JSON.stringify(fullProjection(step.state))
      : replicaChanges(before, step.state)
  return `{"n":${n},"action":"${step.action}","in":${inputText(input)},"post":${post}}`
}

/** Step number `at.n` of the process, taken by the client `at.client`. */
export const clientLine = (
  at: { readonly n: number; readonly client: ClientId },
  before: ClientState,
  step: Pick<ClientStep, "state"> & { readonly action: string },
  input: ClientInput,
): string =>
  `{"n":${at.n},"client":${at.client},"action":"${step.action}",` +
  `"in":${clientInputText(input)},"post":${clientChanges(before, step.state)}}`

/** In place of `dropped` lines, the last of them for step `n`: the state after it. */
export const dropLine = (n: number, dropped: number, state: State): string =>
  JSON.stringify({ n, dropped, state: fullProjection(state) })

/** The same for a process of clients: all of their states. */
export const clientsDropLine = (
  n: number,
  dropped: number,
  clients: ReadonlyMap<ClientId, ClientState>,
): string => {
  const state = [...clients]
    .sort(([a], [b]) => a - b)
    .map(([client, s]) => ({ client, ...fullClientProjection(s) }))
  return JSON.stringify({ n, dropped, state })
}

/** The last line: `n` steps were taken, the last `dropped` of them have no line. */
export const endLine = (n: number, dropped: number): string => `{"end":${n},"dropped":${dropped}}`

const requestText = (r: RequestData): string => {
  const { client, timestamp, operation, replier } = r
  const named = replier === undefined ? "" : `,"replier":${replier}`
  return `{"client":${client},"timestamp":${timestamp},"operation":${quote(operation)}${named}}`
}

const batchText = (batch: ReadonlyArray<RequestData | NamedRequest>): string => {
  let text = ""
  for (const r of batch) text += text === "" ? itemText(r) : `,${itemText(r)}`
  return `[${text}]`
}

const itemText = (r: RequestData | NamedRequest): string =>
  "operation" in r ? requestText(r) : `{"client":${r.client},"timestamp":${r.timestamp}}`

const failedText = (verdicts: ReadonlyArray<boolean>, size: number): string => {
  const failed: Array<number> = []
  for (let k = 0; k < size; k++) if (verdicts[k] !== true) failed.push(k)
  return `[${failed.join(",")}]`
}

const voteText = (m: {
  readonly _tag: "Prepare" | "Commit"
  readonly view: number
  readonly seq: number
  readonly digest: string
  readonly replica: number
}): string =>
  `{"type":"${m._tag}","view":${m.view},"seq":${m.seq},"digest":${quote(m.digest)},` +
  `"replica":${m.replica}}`

const messageText = (m: Extract<Input, { readonly _tag: "Receive" }>["message"]): string => {
  switch (m._tag) {
    case "Prepare":
    case "Commit":
      return voteText(m)
    case "Request":
    case "Read":
      return `{"type":"${m._tag}",${requestText(m).slice(1)}`
    case "Checkpoint":
    case "Committed":
      return (
        `{"type":"${m._tag}","seq":${m.seq},"digest":${quote(m.digest)},` +
        `"replica":${m.replica}}`
      )
    case "ViewChange":
      return JSON.stringify({ type: "ViewChange", ...viewChangeData(m) })
    case "NewView":
      return JSON.stringify({ type: "NewView", ...newViewData(m) })
    case "FetchPrePrepare": {
      const { view, seq, replica } = m
      return JSON.stringify({ type: "FetchPrePrepare", view, seq, replica })
    }
    case "FetchBatch":
      return `{"type":"FetchBatch","digest":${quote(m.digest)},"replica":${m.replica}}`
    case "Batch":
      return `{"type":"Batch","batch":${batchText(m.batch)}}`
    case "FetchState": {
      const { seq, digest, replica } = m
      return JSON.stringify({ type: "FetchState", seq, digest, replica })
    }
    case "State": {
      const { seq, service, table } = m
      return JSON.stringify({ type: "State", seq, service, table })
    }
    case "QueryStable": {
      const { incarnation, replica } = m
      return JSON.stringify({ type: "QueryStable", incarnation, replica })
    }
    case "ReplyStable": {
      const { recovering, incarnation, checkpoint, prepared, replica } = m
      const told = { recovering, incarnation, checkpoint, prepared, replica }
      return JSON.stringify({ type: "ReplyStable", ...told })
    }
  }
}

const durableText = (r: DurableRecord): string => {
  switch (r._tag) {
    case "PrePrepared": {
      const { view, seq, digest, batch } = r
      return (
        `{"type":"PrePrepared","view":${view},"seq":${seq},"digest":${quote(digest)},` +
        `"batch":${batchText(batch)}}`
      )
    }
    case "ViewLeft":
      return JSON.stringify({ type: "ViewLeft", viewChange: viewChangeData(r.viewChange) })
    case "NewViewTaken":
      return JSON.stringify({ type: "NewViewTaken", newView: newViewData(r.newView) })
    default: {
      const { _tag, ...fields } = r
      return JSON.stringify({ type: _tag, ...fields })
    }
  }
}

const decisionText = ({ start, chosen }: Decision): string =>
  `"start":${JSON.stringify(numberedData(start))},` +
  `"chosen":${JSON.stringify(chosen.map(numberedData))}`

const inputText = (input: Input): string => {
  switch (input._tag) {
    case "Receive":
      return messageText(input.message)
    case "ReceivePrePrepare": {
      const { view, seq, digest, batch, replica } = input.message
      return (
        `{"type":"PrePrepare","view":${view},"seq":${seq},"digest":${quote(digest)},` +
        `"batch":${batchText(batch)},"replica":${replica},` +
        `"failed":${failedText(input.verdicts, batch.length)}}`
      )
    }
    case "Propose": {
      const { count, proposal } = input
      const own = proposal === undefined ? "" : `,"proposal":${requestText(proposal)}`
      return `{"type":"Propose","count":${count}${own}}`
    }
    case "Executed":
      return (
        `{"type":"Executed","seq":${input.seq},"results":${JSON.stringify(input.results)},` +
        `"service":${quote(input.service)}}`
      )
    case "ReadDone": {
      const { client, timestamp, result } = input
      return (
        `{"type":"ReadDone","client":${client},"timestamp":${timestamp},` +
        `"result":${result === undefined ? null : quote(result)}}`
      )
    }
    case "Timeout":
      return `{"type":"Timeout","view":${input.view}}`
    case "Decide":
      return `{"type":"Decide",${decisionText(input.decision)}}`
    case "Enter":
      return `{"type":"Enter"}`
    case "Fetch":
      return JSON.stringify({ type: "Fetch", ...numberedData(input.checkpoint) })
    case "Restart":
      return `{"type":"Restart","durable":[${input.durable.map(durableText).join(",")}]}`
    case "Tell":
      return JSON.stringify({ type: "Tell", seq: input.seq, replica: input.replica })
    case "ChangeKey":
      return JSON.stringify({ type: "ChangeKey", replica: input.replica })
    case "Rejoin":
      return JSON.stringify({ type: "Rejoin", incarnation: input.incarnation })
    case "Recover": {
      const durable = input.durable.map(durableText).join(",")
      return `{"type":"Recover","incarnation":${input.incarnation},"durable":[${durable}]}`
    }
  }
}

const marksText = ({ digest, tentative, readOnly }: ReplyMarks): string =>
  (digest === undefined ? "" : `,"digest":true`) +
  (tentative === undefined ? "" : `,"tentative":true`) +
  (readOnly === undefined ? "" : `,"readOnly":true`)

type ReplyMarks = Pick<Reply, "digest" | "tentative" | "readOnly">

/** A reply as an input, whoever the client is. */
export const replyText = (message: Reply): string => {
  const { view, client, timestamp, replica, result, ...marks } = message
  return (
    `{"type":"Reply","view":${view},"client":${client},"timestamp":${timestamp},` +
    `"replica":${replica},"result":${quote(result)}${marksText(marks)}}`
  )
}

const clientInputText = (input: ClientInput): string => {
  switch (input._tag) {
    case "Submit": {
      const { operation, readOnly, replier } = input
      const read = readOnly === undefined ? "" : `,"readOnly":true`
      const named = replier === undefined ? "" : `,"replier":${replier}`
      return `{"type":"Submit","operation":${quote(operation)}${read}${named}}`
    }
    case "Timeout":
      // How long it waited decides nothing but how long it waits next.
      return `{"type":"Timeout"}`
    case "Receive":
      return replyText(input.message)
  }
}
