/**
 * The lines of a trace of Zyzzyva as text, without the line break; docs/trace-format.md. A line
 * holds the whole input of a step, without authenticators and signatures, and what the step
 * changed.
 *
 * Outside the specification: nothing; it tells what happened and decides nothing.
 */
import type { ClientId } from "../ids.ts"
import { marksOf } from "../request.ts"
import { traceSchema, type ZyzzyvaHeader } from "../trace-event.ts"
import type { ClientInput, ClientState } from "./client.ts"
import type { Message } from "./message.ts"
import { fullClientProjection, fullProjection } from "./projection.ts"
import type { DurableRecord, Input, State } from "./state.ts"
import { clientChanges, replicaChanges } from "./trace-changes.ts"
import {
  batchData,
  certificateData,
  newViewData,
  requestData,
  shownData,
  stableData,
  viewChangeData,
} from "./trace-data.ts"

/** The first line of a trace. */
export const header = (h: ZyzzyvaHeader): string => JSON.stringify({ schema: traceSchema, ...h })

interface Taken<S> {
  readonly state: S
  readonly action: string
}

/** Step number `n` (from 1) of a replica: it took `input` in the state `before`. */
export const replicaLine = (n: number, before: State, step: Taken<State>, input: Input): string => {
  // A restart starts from the disk, or with none, not from the state before: all of it is shown.
  const post =
    input._tag === "Restart" || input._tag === "Rejoin"
      ? JSON.stringify(fullProjection(step.state))
      : replicaChanges(before, step.state)
  return `{"n":${n},"action":"${step.action}","in":${JSON.stringify(inputData(input))},"post":${post}}`
}

/** Step number `at.n` of the process, taken by the client `at.client`. */
export const clientLine = (
  at: { readonly n: number; readonly client: ClientId },
  before: ClientState,
  step: Taken<ClientState>,
  input: ClientInput,
): string =>
  `{"n":${at.n},"client":${at.client},"action":"${step.action}",` +
  `"in":${JSON.stringify(clientInputData(input))},"post":${clientChanges(before, step.state)}}`

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

/** A message as data, under its name. */
export const messageData = (m: Message): Readonly<Record<string, unknown>> => {
  const type = m._tag
  switch (m._tag) {
    case "Request":
      return { type, ...requestData(m) }
    case "OrderReq": {
      const { view, seq, history, digest, batch } = m
      return { type, view, seq, history, digest, batch: batchData(batch) }
    }
    case "SpecResponse": {
      const { view, seq, history, order, client, timestamp, result, replica } = m
      const ordered = order !== undefined
      const marks = {
        ...(m.digest === true ? { digest: true } : {}),
        ...(m.committed === true ? { committed: true } : {}),
        ...(m.clientOnly === true ? { clientOnly: true } : {}),
        ...(m.witness === true ? { witness: true } : {}),
      }
      return { type, view, seq, history, ordered, client, timestamp, result, ...marks, replica }
    }
    case "Commit":
      return { type, client: m.client, certificate: certificateData(m.certificate) }
    case "Pom":
      return { type, orders: m.orders.map(({ view, seq, history }) => ({ view, seq, history })) }
    case "ViewChange":
      return { type, ...viewChangeData(m) }
    case "NewView":
      return { type, ...newViewData(m) }
    case "State": {
      const { stable, history, service, table } = m
      return { type, stable: stableData(stable), history, service, table }
    }
    case "Read":
      return { type, ...requestData(m) }
    case "ReadResponse":
    case "LocalCommit":
    case "FillHole":
    case "FetchState":
    case "ViewConfirm": {
      const { _tag, ...fields } = m
      return { type, ...fields }
    }
    case "SpecHeader":
    case "Accusation":
    case "Checkpoint": {
      const { _tag, signature: _, ...fields } = m
      return { type, ...fields }
    }
  }
}

const recordData = (r: DurableRecord): Readonly<Record<string, unknown>> => {
  const type = r._tag
  switch (r._tag) {
    case "Ordered": {
      const { view, digest, history, batch, order } = r.slot
      const ordered = order !== undefined
      return { type, seq: r.seq, view, digest, history, batch: batchData(batch), ordered }
    }
    case "Certified":
      return { type, ...shownData(r.certificate) }
    case "CheckpointStable":
      return { type, ...stableData(r.stable) }
    case "ViewLeft":
      return { type, viewChange: viewChangeData(r.viewChange) }
    case "NewViewTaken":
      return { type, newView: newViewData(r.newView) }
    case "CheckpointTaken":
    case "ViewEntered":
    case "ViewConfirmed":
    case "Rejoined": {
      const { _tag, ...fields } = r
      return { type, ...fields }
    }
  }
}

const failed = (verdicts: ReadonlyArray<boolean>): ReadonlyArray<number> =>
  verdicts.flatMap((good, k) => (good ? [] : [k]))

const inputData = (input: Input): Readonly<Record<string, unknown>> => {
  switch (input._tag) {
    case "Receive":
      return messageData(input.message)
    case "ReceiveOrderReq":
      return { ...messageData(input.message), failed: failed(input.verdicts) }
    case "Restart":
      return { type: "Restart", durable: input.durable.map(recordData) }
    case "ReadDone": {
      const { _tag, result = null, ...fields } = input
      return { type: _tag, ...fields, result }
    }
    case "Propose":
    case "Executed":
    case "Timeout":
    case "Begin":
    case "Fetch":
    case "Rejoin":
    case "Enter": {
      const { _tag: type, ...fields } = input
      return { type, ...fields }
    }
  }
}

type Submit = Extract<ClientInput, { readonly _tag: "Submit" }>

const submitData = (input: Submit): Readonly<Record<string, unknown>> => {
  const reads = input.readOnly === true ? { readOnly: true } : {}
  return { operation: input.operation, ...reads, ...marksOf(input) }
}

const clientInputData = (input: ClientInput): Readonly<Record<string, unknown>> => {
  switch (input._tag) {
    case "Submit":
      return { type: "Submit", ...submitData(input) }
    case "Timeout":
      // How long it waited decides nothing but how long it waits next.
      return { type: "Timeout" }
    case "Receive":
      return messageData(input.message)
  }
}
