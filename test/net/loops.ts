/** Replica loops without sockets and disks: messages are handed over, commits end when told. */
import type {
  DirectMessage,
  Message,
  PrePrepare,
  Reply,
  Request,
} from "../../src/core/pbft/message.ts"
import type { DurableRecord, Input } from "../../src/core/pbft/state.ts"
import type { SignedRequest } from "../../src/core/request.ts"
import { batchDigest } from "../../src/net/digests.ts"
import { limitsOf, replicaCoreConfig } from "../../src/net/core-config.ts"
import { makeExecutor, makeService } from "../../src/net/executor.ts"
import { type PbftKinds, pbftProtocol } from "../../src/net/pbft-protocol.ts"
import type { Progress } from "../../src/net/progress.ts"
import { ReplicaLoop } from "../../src/net/runtime.ts"
import type { ReplicaStore } from "../../src/net/store.ts"
import type { StoreError } from "../../src/net/store-error.ts"
import { fetchedInMemory } from "../../src/net/fetched-nodes.ts"
import { StateExchange } from "../../src/net/state-exchange.ts"
import type { FetchedNodes } from "../../src/net/node-download.ts"
import type { StateChunk } from "../../src/net/state-wire.ts"
import { noTracer, type Tracer } from "../../src/net/tracer.ts"
import { configOf } from "./nodes.ts"

export const config = configOf()

/** What a loop sent, in order; `flush` marks the end of a write. */
export type Sent =
  | { readonly to: "all" | number; readonly message: DirectMessage | Request }
  | { readonly client: number; readonly message: Reply }
  | { readonly progress: Progress }
  | { readonly receiver: number; readonly chunk: StateChunk }
  | "flush"

export interface FakeStore extends ReplicaStore<DurableRecord> {
  /** All records that were appended, durable or not. */
  readonly appended: Array<DurableRecord>
  readonly compacted: Array<ReadonlyArray<DurableRecord>>
  readonly snapshots: Array<number>
  /** Ends the commit that is under way. */
  readonly finish: (error?: StoreError) => void
  readonly isCommitting: () => boolean
  /** From now on every commit ends by itself at once. */
  readonly automatic: () => void
}

export const fakeStore = (logBytes = 0): FakeStore => {
  const appended: Array<DurableRecord> = []
  const compacted: Array<ReadonlyArray<DurableRecord>> = []
  const snapshots: Array<number> = []
  const state = { pending: false, automatic: false }
  let done: ((error: StoreError | null) => void) | undefined
  const finish = (error?: StoreError): void => {
    const call = done
    done = undefined
    call?.(error ?? null)
  }
  return {
    appended,
    compacted,
    snapshots,
    finish,
    isCommitting: () => done !== undefined,
    automatic: () => {
      state.automatic = true
      finish()
    },
    append: (record) => {
      appended.push(record)
      state.pending = true
    },
    pending: () => state.pending,
    commit: (call) => {
      state.pending = false
      done = call
      if (state.automatic) queueMicrotask(() => finish())
    },
    saveSnapshot: (seq) => {
      snapshots.push(seq)
    },
    logBytes: () => logBytes,
    compact: (records) => {
      compacted.push(records)
      state.pending = false
    },
    status: () => ({ logBytes, groups: 0, compactions: compacted.length, snapshots: 0 }),
    close: () => undefined,
  }
}

export interface FakeLoop {
  readonly loop: ReplicaLoop<PbftKinds>
  readonly store: FakeStore
  readonly sent: Array<Sent>
  readonly missed: Array<number>
  readonly caughtUp: () => number
  readonly fatal: Array<unknown>
  readonly paused: () => ReadonlyArray<string>
  /** The views that it left or entered: `left 1`, `entered 1`. */
  readonly views: ReadonlyArray<string>
}

export interface FakeOptions {
  readonly store?: FakeStore
  readonly tracer?: Tracer<PbftKinds>
  readonly receiveQueue?: number
  readonly compactBytes?: number
  readonly earlyBytes?: number
  readonly historyBytes?: number
  readonly queuedBytes?: (replica: number) => number
  readonly isConnected?: (replica: number) => boolean
  readonly viewChangeMs?: number
  readonly service?: "null" | "key-value"
  readonly fetched?: FetchedNodes
  /** Whether keys change. */
  readonly newKeys?: boolean
}

export const fakeLoop = (id: number, options: FakeOptions = {}): FakeLoop => {
  const sent: Array<Sent> = []
  const missed: Array<number> = []
  const fatal: Array<unknown> = []
  const paused: Array<string> = []
  const views: Array<string> = []
  let caughtUp = 0
  const store = options.store ?? fakeStore()
  const core = { ...replicaCoreConfig(config, id), newKeys: options.newKeys }
  const executor = makeExecutor(makeService(options.service ?? "null"))
  const loop = new ReplicaLoop<PbftKinds>({
    protocol: pbftProtocol(core),
    proposals: { pipeline: config.pipeline, batchBytes: 1_000_000 },
    peers: {
      broadcast: (message) => sent.push({ to: "all", message: message as DirectMessage }),
      toReplica: (to, message) => sent.push({ to, message: message as DirectMessage | Request }),
      sendChunk: (to, chunk) => sent.push({ receiver: to, chunk }),
      toClient: (client, message) => sent.push({ client, message }),
      tellProgress: (progress) => sent.push({ progress }),
      flush: () => sent.push("flush"),
      isConnected: options.isConnected ?? (() => true),
      isLost: () => false,
      queuedBytes: options.queuedBytes ?? (() => 0),
      pause: () => paused.push("pause"),
      resume: () => paused.push("resume"),
    },
    store,
    executor,
    states: (hands) =>
      new StateExchange({
        config: core,
        limits: limitsOf(config),
        executor,
        fetched: options.fetched ?? fetchedInMemory(),
        ...hands,
      }),
    tracer: options.tracer ?? noTracer,
    viewChangeMs: options.viewChangeMs ?? 1_000_000,
    onView: (view, active) => void views.push(`${active ? "entered" : "left"} ${view}`),
    receiveQueue: options.receiveQueue ?? 1_000,
    earlyBytes: options.earlyBytes ?? 100_000,
    historyBytes: options.historyBytes ?? 0,
    compactBytes: options.compactBytes ?? 1_000_000,
    onMissedCheckpoint: (seq) => missed.push(seq),
    onCaughtUp: () => caughtUp++,
    onFatal: (cause) => fatal.push(cause),
  })
  return { loop, store, sent, missed, caughtUp: () => caughtUp, fatal, paused: () => paused, views }
}

export const request = (client: number, timestamp: number, operation = "op"): SignedRequest => ({
  client,
  timestamp,
  operation,
  authenticator: "a".repeat(64),
})

/** A message as an input: the tests stand for the authenticator. */
export const received = (message: Exclude<Message, Reply>): Input =>
  (message._tag === "PrePrepare"
    ? { _tag: "ReceivePrePrepare", message, verdicts: message.batch.map(() => true) }
    : { _tag: "Receive", message }) as Input

/** The pre-prepare of one request for `seq`, by replica 0. */
export const prePrepare = (seq: number): PrePrepare => {
  const batch = [request(seq % 8, seq)]
  return { _tag: "PrePrepare", view: 0, seq, digest: batchDigest(batch), batch, replica: 0 }
}
/** A vote for `prePrepare(seq)`, as an input. */
export const vote = (_tag: "Prepare" | "Commit", seq: number, replica: number) =>
  received({ _tag, view: 0, seq, digest: prePrepare(seq).digest, replica })

/** Lets every loop take its turns. */
export const turns = async (count = 3): Promise<void> => {
  for (let k = 0; k < count; k++) await new Promise((resolve) => setImmediate(resolve))
}

/** The sequence number of a message, or its view, or what it has of a digest. */
const numberOf = (message: DirectMessage | Request): number | string => {
  if ("seq" in message) return message.seq
  if ("view" in message) return message.view
  if (message._tag === "Request") return message.timestamp
  if ("incarnation" in message) return message.incarnation
  return message._tag === "Batch" ? batchDigest(message.batch) : message.digest
}

/** Of a replica in view 0. */
export const at = (low: number, executed: number): Progress => ({
  view: 0,
  active: true,
  newView: true,
  low,
  executed,
})

/** The messages among what was sent, as words: `Prepare 3 to all`. */
export const words = (sent: ReadonlyArray<Sent>): ReadonlyArray<string> =>
  sent.flatMap((s) => {
    if (s === "flush" || "progress" in s || "chunk" in s) return []
    if ("client" in s) return [`Reply ${s.message.timestamp} to client ${s.client}`]
    return [`${s.message._tag} ${numberOf(s.message)} to ${s.to}`]
  })

/**
 * Four loops whose broadcasts reach each other; `cut` ones neither send nor receive, and kinds of
 * messages that replica 3 is to `miss` never reach it, though no connection breaks: all of a kind,
 * or those of one sender, as in `0 Commit`.
 */
export const group = (options: FakeOptions = {}) => {
  const loops = [0, 1, 2, 3].map((id) => fakeLoop(id, { ...options, store: fakeStore(2_000_000) }))
  for (const { store } of loops) store.automatic()
  const cut = new Set<number>()
  const missing = new Set<string>()
  const delivered = loops.map(() => 0)
  /** Hands over what was sent since the last call; whether there was anything. */
  const deliver = (): boolean => {
    let some = false
    loops.forEach(({ sent }, from) => {
      for (
        ;
        (delivered[from] as number) < sent.length;
        delivered[from] = (delivered[from] as number) + 1
      ) {
        const s = sent[delivered[from] as number] as Sent
        if (s === "flush" || "client" in s || cut.has(from)) continue
        if ("progress" in s) {
          loops.forEach(({ loop }, to) => {
            if (to !== from && !cut.has(to)) loop.progress(from, s.progress)
          })
          continue
        }
        some = true
        if ("chunk" in s) {
          if (!cut.has(s.receiver)) loops[s.receiver]?.loop.chunk(from, s.chunk)
          continue
        }
        loops.forEach(({ loop }, to) => {
          if (to === from || cut.has(to) || (s.to !== "all" && s.to !== to)) return
          const { _tag } = s.message
          if (to === 3 && (missing.has(_tag) || missing.has(`${from} ${_tag}`))) return
          loop.offer(received(s.message))
        })
      }
    })
    return some
  }
  const settle = async (): Promise<void> => {
    for (let quiet = 0; quiet < 3; quiet++) {
      await turns()
      if (deliver()) quiet = -1
    }
  }
  const ask = async (timestamp: number, client = 0): Promise<void> => {
    loops[0]?.loop.offer(received({ _tag: "Request", ...request(client, timestamp) }))
    await settle()
  }
  return { loops, cut, missing, settle, ask }
}
