/** Replicas and messages of Zyzzyva for tests: digests are readable text, for themselves. */
import type { Bytes, ClientId, Digest, ReplicaId } from "../../src/core/ids.ts"
import { groupOf } from "../../src/core/quorum.ts"
import type { Request, SignedRequest } from "../../src/core/request.ts"
import type { ClientConfig } from "../../src/core/zyzzyva/client.ts"
import type {
  Authentic,
  Certificate,
  Message,
  ReplicaMessage,
  ShownCertificate,
  Signer,
  Stable,
  State as StateMessage,
  ViewChange,
} from "../../src/core/zyzzyva/message.ts"
import { step } from "../../src/core/zyzzyva/replica.ts"
import { type Config, type Input, init, type State } from "../../src/core/zyzzyva/state.ts"
import { deepFreeze } from "./deep-freeze.ts"

const batchDigest = (batch: ReadonlyArray<Request>): Digest =>
  batch.length === 0
    ? "null"
    : batch.map((r) => `${r.client}:${r.timestamp}:${r.operation}`).join("+")

/** Replica `id` of four with a small window, checkpoints at 2, 4, ..., two clients. */
export const configOf = (id: ReplicaId, changed: Partial<Config> = {}): Config => ({
  group: groupOf(4),
  needs: { fast: 4, commit: 3, change: 3, vote: 2 },
  id,
  clients: 2,
  checkpointInterval: 2,
  logSize: 4,
  maxBatch: 2,
  rule: "corrected",
  confirmViews: false,
  canFetch: true,
  readOnly: false,
  commitFirst: false,
  preferredQuorums: false,
  witness: false,
  vouchOrders: false,
  batchDigest,
  historyDigest: (before, batch) => (before === "" ? batch : `${before} ${batch}`),
  checkpointDigest: (history, service, table) =>
    `${history}|${service}|${table.map((e) => `${e.timestamp}=${e.result}`).join(",")}`,
  resultDigest: (result) => `digest of ${result}`,
  sign: (m) => `${m._tag} signed by ${id}`,
  ...changed,
})

export const clientConfigOf = (id: ClientId): ClientConfig => ({
  group: groupOf(4),
  needs: { fast: 4, commit: 3, change: 3, vote: 2 },
  id,
  firstTimestamp: 0,
  commitMs: 5,
  retransmitMs: 100,
  maxRetransmitMs: 1000,
  preferredQuorums: false,
  resultDigest: (result) => `digest of ${result}`,
})

export const authentic = <M extends Message>(message: M): Authentic<M> => message as Authentic<M>

export const receive = (
  message: Exclude<ReplicaMessage, { readonly _tag: "OrderReq" }>,
): Input => ({ _tag: "Receive", message: authentic(message) })

export const signed = (client: ClientId, timestamp: number, operation = "a"): SignedRequest => ({
  client,
  timestamp,
  operation,
  authenticator: "",
})

export const request = (client: ClientId, timestamp: number, operation = "a"): Input =>
  receive({ _tag: "Request", ...signed(client, timestamp, operation) })

/** The digest of a batch of one request. */
export const digestOf = (client: ClientId, timestamp: number, operation = "a"): Digest =>
  batchDigest([signed(client, timestamp, operation)])

interface Ordered {
  readonly view?: number
  readonly history?: Digest
  readonly verdict?: boolean
}

/** The order of one request as number `seq`, after those before it in `history`. */
export const order = (
  seq: number,
  batch: ReadonlyArray<SignedRequest>,
  before: Digest,
  { view = 0, history, verdict = true }: Ordered = {},
): Input => {
  const digest = batchDigest(batch)
  const leads = history ?? (before === "" ? digest : `${before} ${digest}`)
  const place = { view, seq, history: leads, digest, batch, signature: "by the primary" }
  return {
    _tag: "ReceiveOrderReq",
    message: authentic({ _tag: "OrderReq", ...place }),
    verdicts: batch.map(() => verdict),
  }
}

export const propose = (count: number): Input => ({ _tag: "Propose", count })

export const executed = (seq: number, results: ReadonlyArray<Bytes>, service = ""): Input => ({
  _tag: "Executed",
  seq,
  results,
  service,
})

export const signersOf = (...who: ReadonlyArray<ReplicaId>): ReadonlyArray<Signer> =>
  who.map((replica) => ({ replica, signature: `signed by ${replica}` }))

export const commit = (client: ClientId, certificate: Certificate): Input =>
  receive({ _tag: "Commit", client, certificate })

export const certificate = (
  seq: number,
  history: Digest,
  who: ReadonlyArray<ReplicaId> = [0, 2, 3],
  view = 0,
): Certificate => ({ view, seq, history, signers: signersOf(...who) })

export const accusation = (replica: ReplicaId, view = 0): Input =>
  receive({ _tag: "Accusation", view, replica, signature: "" })

/** A VIEW-CHANGE of a replica that took no order. */
export const change = (
  replica: ReplicaId,
  view: number,
  changed: Partial<ViewChange> = {},
): ViewChange => ({
  _tag: "ViewChange",
  view,
  stable: init(configOf(0)).stable,
  orders: [],
  certificates: [],
  accusers: signersOf(2, 3),
  replica,
  signature: "",
  ...changed,
})

/** The state of a checkpoint at number 2, after two requests of client 0. */
export const fetched = (
  changed: Partial<Stable> = {},
  other: Partial<StateMessage> = {},
): Input => {
  const history = `${digestOf(0, 1)} ${digestOf(0, 2)}`
  const entry = { timestamp: 2, result: "r2", seq: 2, history }
  const table = [entry, { timestamp: 0, result: "", seq: 0, history: "" }]
  const digest = `${history}|s2|2=r2,0=`
  const stable = { view: 0, seq: 2, digest, signers: signersOf(0, 2, 3), ...changed }
  return receive({ _tag: "State", stable, history, service: "s2", table, ...other })
}

export const newView = (view: number, who: ReadonlyArray<ReplicaId>): Input => {
  const changes = who.map((replica) => change(replica, view))
  return receive({ _tag: "NewView", view, changes, signature: "" })
}

/** A certificate as a VIEW-CHANGE shows it, of one batch. */
export const shown = (
  history: Digest,
  changed: Partial<ShownCertificate> = {},
): ShownCertificate => ({
  ...certificate(1, history),
  before: "",
  batches: [{ digest: history, batch: [] }],
  ...changed,
})

/** The state after these inputs, none of which may be ignored; states and inputs are frozen. */
export const after = (config: Config, inputs: ReadonlyArray<Input>): State =>
  inputs.reduce(
    (state, input) => {
      const took = step(config, state, deepFreeze(input))
      if (took.action.startsWith("Ignore")) throw new Error(`${input._tag}: ${took.action}`)
      return deepFreeze(took.state)
    },
    deepFreeze(init(config)),
  )
