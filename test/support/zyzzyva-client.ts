/** Zyzzyva's client in tests, and what it turns away. */
import {
  type ClientConfig,
  type ClientInput,
  type ClientState,
  type ClientStep,
  clientCommit,
  initClient,
  stepClient,
} from "../../src/core/zyzzyva/client.ts"
import type { LocalCommit, ReadResponse, SpecResponse } from "../../src/core/zyzzyva/message.ts"
import { deepFreeze } from "./deep-freeze.ts"
import { authentic, clientConfigOf, digestOf } from "./zyzzyva.ts"

export const submit: ClientInput = { _tag: "Submit", operation: "a" }
export const waited: ClientInput = { _tag: "Timeout", waitedMs: 0 }

export const response = (replica: number, changed: Partial<SpecResponse> = {}): ClientInput => {
  const place = { view: 0, seq: 1, history: digestOf(0, 1), signature: `by ${replica}` }
  const about = { client: 0, timestamp: 1, result: "r", replica, order: "by the primary" }
  const message = authentic({ _tag: "SpecResponse" as const, ...place, ...about, ...changed })
  return { _tag: "Receive", message }
}

export const submitRead: ClientInput = { _tag: "Submit", operation: "a", readOnly: true }

export const readResponse = (replica: number, changed: Partial<ReadResponse> = {}): ClientInput => {
  const place = { view: 0, seq: 1, history: digestOf(0, 1) }
  const about = { client: 0, timestamp: 1, result: "r", replica }
  const message = authentic({ _tag: "ReadResponse" as const, ...place, ...about, ...changed })
  return { _tag: "Receive", message }
}

export const localCommit = (replica: number, changed: Partial<LocalCommit> = {}): ClientInput => {
  const place = { view: 0, seq: 1, history: digestOf(0, 1), client: 0, replica }
  const message = authentic({ _tag: "LocalCommit" as const, ...place, ...changed })
  return { _tag: "Receive", message }
}

export const answers = [submit, response(0), response(1), response(2)]
export const hasShown = [...answers, waited]

export interface ClientGuard {
  readonly handler: string
  readonly reason: string
  readonly before: ReadonlyArray<ClientInput>
  /** `commit`: straight to the handler, as a timeout goes there only with something to show. */
  readonly input: ClientInput | "commit"
  readonly own: Partial<ClientConfig>
}

const guard = (
  handler: string,
  reason: string,
  before: ReadonlyArray<ClientInput>,
  input: ClientGuard["input"],
): ClientGuard => ({ handler, reason, before, input, own: {} })

export const clientGuards: ReadonlyArray<ClientGuard> = [
  guard("clientSubmit", "StillWaiting", [submit], submit),
  guard("counted", "ForAnotherClient", [submit], response(0, { client: 1 })),
  guard("counted", "NothingAwaited", [], response(0, { timestamp: 0 })),
  guard("counted", "WrongTimestamp", [submit], response(0, { timestamp: 2 })),
  guard("counted", "OldResponse", [submit, response(0)], response(0)),
  guard("clientRecvSpecResponse", "AnotherKind", [submitRead], response(0)),
  {
    handler: "clientRecvSpecResponse",
    reason: "UnaskedDigest",
    before: [submit],
    input: response(0, { result: "d", digest: true }),
    own: { wholeOnly: true },
  },
  guard("clientRecvReadResponse", "AnotherKind", [submit], readResponse(0)),
  guard("clientCommit", "NothingAwaited", [], "commit"),
  guard("clientCommit", "NothingToShow", [submit], "commit"),
  guard("clientCommit", "NothingToShow", hasShown, "commit"),
  guard("clientTimeout", "NothingAwaited", [], waited),
  guard("clientRecvLocalCommit", "ForAnotherClient", hasShown, localCommit(0, { client: 1 })),
  guard("clientRecvLocalCommit", "NothingAwaited", [], localCommit(0)),
  guard("clientRecvLocalCommit", "NotShown", answers, localCommit(0)),
  guard("clientRecvLocalCommit", "NotShown", hasShown, localCommit(0, { view: 1 })),
  guard("clientRecvLocalCommit", "NotShown", hasShown, localCommit(0, { seq: 2 })),
  guard("clientRecvLocalCommit", "NotShown", hasShown, localCommit(0, { history: "x" })),
  guard(
    "clientRecvLocalCommit",
    "DuplicateLocalCommit",
    [...hasShown, localCommit(0)],
    localCommit(0),
  ),
]

/** The client's state after `before`, and what the last input does to it. */
export const runClient = (
  before: ReadonlyArray<ClientInput>,
  input: ClientGuard["input"],
  own: Partial<ClientConfig> = {},
): { readonly state: ClientState; readonly took: ClientStep } => {
  const config = { ...clientConfigOf(0), ...own }
  const state = before.reduce(
    (s, i) => deepFreeze(stepClient(config, s, deepFreeze(i)).state),
    deepFreeze(initClient(config)),
  )
  const took = input === "commit" ? clientCommit(config, state) : stepClient(config, state, input)
  return { state, took }
}
