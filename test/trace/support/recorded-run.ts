/**
 * A run of real replicas and clients in one process, in an order drawn from a seed, that records
 * a trace of each: what a running cluster writes, without network and clock.
 */
import type { ClientId, ReplicaId, Seq } from "../../../src/core/ids.ts"
import {
  type ClientConfig,
  type ClientInput,
  type ClientState,
  initClient,
  stepClient,
} from "../../../src/core/pbft/client.ts"
import { pendingExecution } from "../../../src/core/pbft/execution.ts"
import type {
  Authentic,
  PeerMessage,
  Read,
  Reply,
  Request,
} from "../../../src/core/pbft/message.ts"
import { proposeInput } from "../../../src/core/pbft/proposal.ts"
import { step } from "../../../src/core/pbft/replica.ts"
import { durableRecords } from "../../../src/core/pbft/restart.ts"
import { isReadable } from "../../../src/core/pbft/reads.ts"
import { type Config, type Input, init, type State } from "../../../src/core/pbft/state.ts"
import type { WaitingRead } from "../../../src/core/waiting-reads.ts"
import { changeMessages, checkpointsAbove, messagesAt } from "../../../src/core/pbft/resend.ts"
import { pendingChange, viewTimer } from "../../../src/core/pbft/timer.ts"
import { clientLine, clientsDropLine, dropLine, replicaLine } from "../../../src/core/pbft/trace.ts"
import { pendingDecisions } from "../../../src/core/pbft/view-change.ts"
import { groupOf, primaryOf } from "../../../src/core/quorum.ts"
import type { TraceHeader } from "../../../src/core/trace-event.ts"
import * as Window from "../../../src/core/window.ts"
import { digests, textDigest } from "./digests.ts"
import { randomFrom } from "./random.ts"
import { Recorder } from "./recorder.ts"
import type { FastPaths, RunOptions } from "./run-options.ts"
import { tellingOf, tellInput } from "./telling.ts"

export type { RunOptions } from "./run-options.ts"

const patience = 8

const noFastPaths: FastPaths = {
  replyQuorum: 2,
  readOnly: false,
  maxTentative: 0,
  fetchDecisions: false,
  digestReplies: false,
}

interface Service {
  count: number
  hash: string
}

interface ReplicaProcess {
  readonly config: Config
  state: State
  service: Service
  /** The service's state before what was executed tentatively. */
  before?: Service | undefined
  snapshots: Map<Seq, Service>
  inbox: Array<Input>
  file: Recorder | undefined
}

interface ClientProcess {
  readonly config: ClientConfig
  state: ClientState
  inbox: Array<Authentic<Reply>>
  left: number
  /** Timeouts left for this request: nothing is sent again, so it may never be answered. */
  patience: number
}

const authentic = <M>(m: M): Authentic<M> => m as Authentic<M>

export class RecordedRun {
  readonly #options: RunOptions
  readonly #random: () => number
  readonly #head: Omit<TraceHeader, "node" | "incarnation">
  readonly #replicas: Array<ReplicaProcess>
  readonly #clients: Array<ClientProcess>
  readonly #clientFile: Recorder
  #restarted = false
  #timersLeft: number
  #resendsLeft = 0
  /** Steps recorded by all files. */
  steps = 0

  constructor(options: RunOptions) {
    this.#options = options
    this.#random = randomFrom(options.seed)
    this.#timersLeft = options.viewTimeouts?.many ?? 0
    if (options.viewTimeouts !== undefined) this.#resendsLeft = 40
    const { n = 4, clients = 2, requests = 3, firstTimestamp = 0 } = options
    const { checkpointInterval = 2, logSize = 4, maxBatch = 2 } = options
    const fast = { ...noFastPaths, replyQuorum: groupOf(n).f + 1, ...options.fast }
    const group = { ...groupOf(n), ...(options.quorum && { quorum: options.quorum }) }
    const { replyQuorum, readOnly, maxTentative, fetchDecisions } = fast
    const big = options.bigRequestBytes ? { bigRequestBytes: options.bigRequestBytes } : {}
    const features = { readOnly, maxTentative, fetchDecisions, ...tellingOf(options), ...big }
    const known = options.agreedTime ? { clients: clients + 1, clock: clients } : { clients }
    this.#head = {
      run: options.run ?? `run-${options.seed}`,
      protocol: "pbft",
      ...group,
      checkpointInterval,
      logSize,
      maxBatch,
      replyQuorum: fast.replyQuorum,
      ...features,
      ...known,
      spec: options.spec ?? textDigest("spec"),
      startedAt: "2026-01-01T00:00:00.000Z",
    }
    const shape = {
      group,
      clock: undefined,
      ...known,
      checkpointInterval,
      logSize,
      maxBatch,
      canFetch: true,
      ...features,
    }
    const config = { ...shape, ...digests }
    const { resultDigest } = digests
    this.#replicas = Array.from({ length: n }, (_, id) => this.#startReplica({ ...config, id }))
    this.#clients = Array.from({ length: clients }, (_, id) => {
      const timers = { retransmitMs: 100, maxRetransmitMs: 800 }
      const answers = { replyQuorum, resultDigest, ...big }
      const client: ClientConfig = { group, id, firstTimestamp, ...timers, ...answers }
      return { config: client, state: initClient(client), inbox: [], left: requests, patience }
    })
    const node = { kind: "clients" as const, from: 0, to: clients - 1, firstTimestamp }
    this.#clientFile = new Recorder(
      "clients.ndjson",
      { ...this.#head, node, incarnation: 0 },
      options,
    )
  }

  /** Runs until every request has its result and nothing is under way. */
  run(): this {
    while (this.#turn()) {}
    for (const { file } of this.#replicas) file?.end()
    this.#clientFile.end()
    return this
  }

  #startReplica(config: Config): ReplicaProcess {
    const service = { count: 0, hash: "" }
    const traced = this.#options.untraced?.includes(config.id) !== true
    const node = { kind: "replica" as const, id: config.id }
    const name = `replica-${config.id}.ndjson`
    return {
      config,
      state: init(config),
      service,
      snapshots: new Map([[0, service]]),
      inbox: [],
      file: traced
        ? new Recorder(name, { ...this.#head, node, incarnation: 0 }, this.#options)
        : undefined,
    }
  }

  #turn(): boolean {
    const busy: Array<() => void> = []
    for (const r of this.#replicas) this.#choicesOf(r, busy)
    for (const c of this.#clients) {
      const { operation } = c.state
      if (c.inbox.length > 0) busy.push(() => this.#stepClient(c, this.#take(c.inbox)))
      if (operation === undefined && c.left > 0) busy.push(() => this.#submit(c))
      const { timeouts = 0 } = this.#options
      const waits = operation !== undefined && c.patience > 0
      if (waits && this.#random() < timeouts) busy.push(() => this.#timeout(c))
    }
    if (busy.length === 0) return this.#later()
    busy[Math.floor(this.#random() * busy.length)]?.()
    return true
  }

  // Nothing is under way, and somebody waits: time passes, clients and replicas lose patience.
  #later(): boolean {
    const waiting = this.#clients.filter((c) => c.state.operation !== undefined)
    if (waiting.length === 0 || this.#resendsLeft === 0) return false
    this.#resendsLeft--
    for (const c of waiting) this.#timeout(c)
    for (const r of this.#replicas) this.#resend(r)
    for (const r of this.#replicas) if (viewTimer(r.config, r.state) !== undefined) this.#fire(r)
    return true
  }

  #resend(r: ReplicaProcess): void {
    const { config, state } = r
    for (const m of changeMessages(config, state)) this.#broadcast(r, m)
    if (state.active && state.newView?.replica === config.id) this.#broadcast(r, state.newView)
    for (const m of checkpointsAbove(config, state, 0)) this.#broadcast(r, m)
    for (const seq of Window.occupied(state.log)) {
      for (const m of messagesAt(config, state, seq)) this.#broadcast(r, m)
    }
  }

  #fire(r: ReplicaProcess): void {
    if (this.#timersLeft === 0) return
    this.#timersLeft--
    // Now and then one that was set for an earlier view.
    const late = r.state.view > 0 && this.#random() < 0.1
    this.#stepReplica(r, { _tag: "Timeout", view: r.state.view - (late ? 1 : 0) })
  }

  #changeChoices(r: ReplicaProcess, busy: Array<() => void>): void {
    const { state, config } = r
    const change = pendingChange(config, state)
    const decisions = pendingDecisions(config, state)
    const decision = decisions[Math.floor(this.#random() * decisions.length)]
    if (decision !== undefined) busy.push(() => this.#stepReplica(r, { _tag: "Decide", decision }))
    else if (change !== undefined) busy.push(() => this.#stepReplica(r, change))
    const { chance } = this.#options.viewTimeouts ?? { chance: 0 }
    if (this.#random() < chance) busy.push(() => this.#fire(r))
  }

  #choicesOf(r: ReplicaProcess, busy: Array<() => void>): void {
    const { state, config } = r
    if (r.inbox.length > 0) busy.push(() => this.#stepReplica(r, this.#take(r.inbox) as Input))
    if (pendingExecution(config, state) !== undefined) busy.push(() => this.#execute(r))
    const read = state.reads.find((r) => isReadable(state, r))
    if (read !== undefined) busy.push(() => this.#read(r, read))
    const room = Window.covers(state.log, state.seqno + 1)
    const primary = state.active && primaryOf(config.group, state.view) === config.id
    if (primary && state.queue.length > 0 && room) {
      const count = 1 + Math.floor(this.#random() * Math.min(config.maxBatch, state.queue.length))
      busy.push(() => this.#stepReplica(r, proposeInput(config, state, count, this.steps)))
    }
    const told = tellInput(state, this.#options, this.#random)
    if (told) busy.push(() => this.#stepReplica(r, told))
    const restart = this.#options.restart
    if (this.#options.viewTimeouts !== undefined) this.#changeChoices(r, busy)
    const due = state.executed >= (restart?.at ?? 0) && !(restart?.changing && state.active)
    if (restart?.replica === config.id && !this.#restarted && due) {
      busy.push(() => this.#restart(r, restart.how))
    }
  }

  // A random message; now and then it stays where it is, and comes again.
  #take<A>(inbox: Array<A>): A {
    const at = Math.floor(this.#random() * inbox.length)
    const taken = inbox[at] as A
    if (this.#random() < (this.#options.duplicates ?? 0)) return taken
    const last = inbox.pop() as A
    if (at < inbox.length) inbox[at] = last
    return taken
  }

  #timeout(c: ClientProcess): void {
    c.patience--
    this.#stepClient(c, { _tag: "Timeout", waitedMs: 100 })
  }

  #submit(c: ClientProcess): void {
    c.left--
    c.patience = patience
    const { operationSize = 8 } = this.#options
    const text = `put ${c.config.id} ${c.left} \u00ff`
    const { readOnly = false, digestReplies = false } = this.#options.fast ?? {}
    const read = readOnly && c.left % 2 === 1
    const operation = (read ? text.replace("put", "get") : text).padEnd(operationSize, "x")
    const replier = c.left % this.#replicas.length
    if (read) return this.#stepClient(c, { _tag: "Submit", operation, readOnly: true })
    this.#stepClient(c, { _tag: "Submit", operation, ...(digestReplies && { replier }) })
  }

  #stepClient(c: ClientProcess, given: ClientInput | Authentic<Reply>): void {
    const input: ClientInput = given._tag === "Reply" ? { _tag: "Receive", message: given } : given
    const before = c.state
    const took = stepClient(c.config, before, input)
    c.state = took.state
    const client = c.config.id
    this.steps++
    this.#clientFile.record(
      (n) => clientLine({ n, client }, before, took, input),
      (n, dropped) => clientsDropLine(n, dropped, this.#clientStates()),
    )
    for (const effect of took.effects) {
      if (effect._tag !== "SendToReplicas") continue
      const message: Authentic<Request | Read> = authentic({ ...effect.message, authenticator: "" })
      for (const to of effect.replicas) {
        this.#replicas[to]?.inbox.push({ _tag: "Receive", message })
      }
    }
  }

  #clientStates(): Map<ClientId, ClientState> {
    return new Map(this.#clients.map(({ config, state }) => [config.id, state]))
  }

  #stepReplica(r: ReplicaProcess, input: Input): void {
    const before = r.state
    const took = step(r.config, before, input)
    r.state = took.state
    if (r.file !== undefined) this.steps++
    r.file?.record(
      (n) => replicaLine(n, before, took, input),
      (n, dropped) => dropLine(n, dropped, took.state),
    )
    for (const effect of took.effects) {
      if (effect._tag === "Undo") r.service = r.before ?? r.service
      if (effect._tag === "Broadcast") this.#broadcast(r, effect.message)
      if (effect._tag === "SendToReplicas" && effect.message._tag !== "Request") {
        this.#send(r, effect.message, effect.replicas)
      }
      if (effect._tag === "SendToClient") {
        const { reply = (m: Reply) => m } = this.#options
        const answer = r.file === undefined ? reply(effect.message) : effect.message
        this.#clients[effect.client]?.inbox.push(authentic(answer))
      }
    }
    for (const seq of r.snapshots.keys()) if (seq < r.state.log.low) r.snapshots.delete(seq)
  }

  #broadcast(from: ReplicaProcess, m: PeerMessage): void {
    const others = this.#replicas.filter((to) => to !== from).map((to) => to.config.id)
    this.#send(from, m, others)
  }

  #send(from: ReplicaProcess, m: PeerMessage, receivers: ReadonlyArray<ReplicaId>): void {
    const lies = this.#options.untraced?.includes(from.config.id) === true
    for (const receiver of receivers) {
      const to = this.#replicas[receiver] as ReplicaProcess
      const byzantine = lies ? this.#options.byzantine : undefined
      const told = byzantine === undefined ? [m] : byzantine(m, to.config.id)
      for (const message of told) to.inbox.push(this.#inputOf(message, to.config.id))
    }
  }

  #inputOf(m: PeerMessage, at: ReplicaId): Input {
    if (m._tag !== "PrePrepare") return { _tag: "Receive", message: authentic(m) }
    const { verdict = () => true } = this.#options
    const verdicts = m.batch.map((_, k) => verdict(at, m, k))
    return { _tag: "ReceivePrePrepare", message: authentic(m), verdicts }
  }

  #execute(r: ReplicaProcess): void {
    const pending = pendingExecution(r.config, r.state)
    if (pending === undefined) return
    const { seq, requests, checkpoint, undoable } = pending
    r.before = undoable ? (r.before ?? r.service) : undefined
    const results = requests.map((request) => {
      const { count, hash } = r.service
      const next = textDigest(`${hash} ${request.client} ${request.operation}`)
      r.service = { count: count + 1, hash: next }
      const { result = (_r: ReplicaId, _s: Seq, text: string) => text } = this.#options
      return result(r.config.id, seq, `${count + 1} \u0080`)
    })
    if (checkpoint) r.snapshots.set(seq, r.service)
    const { service = (_r: ReplicaId, _s: Seq, digest: string) => digest } = this.#options
    const own = checkpoint ? service(r.config.id, seq, r.service.hash || "none") : ""
    this.#stepReplica(r, { _tag: "Executed", seq, results, service: own })
  }

  #read(r: ReplicaProcess, { client, timestamp, operation }: WaitingRead): void {
    const isRead = operation.startsWith("get")
    const result = isRead ? `${r.service.count} \u0080` : undefined
    this.#stepReplica(r, { _tag: "ReadDone", client, timestamp, result })
  }

  #restart(r: ReplicaProcess, how: "in-process" | "clean" | "killed"): void {
    this.#restarted = true
    const durable = durableRecords(r.config, r.state)
    if (how !== "in-process" && r.file !== undefined) {
      if (how === "clean") r.file.end()
      const node = { kind: "replica" as const, id: r.config.id }
      const name = `replica-${r.config.id}-1.ndjson`
      r.file = new Recorder(name, { ...this.#head, node, incarnation: 1 }, this.#options)
    }
    this.#stepReplica(r, { _tag: "Restart", durable })
    r.service = r.snapshots.get(r.state.executed) ?? { count: 0, hash: "" }
    r.before = undefined
  }
}

/** The lines of each file of a run, in memory. */
export const recordRun = (options: Omit<RunOptions, "write">): Map<string, Array<string>> => {
  const files = new Map<string, Array<string>>()
  const write = (file: string, line: string): void => {
    const lines = files.get(file)
    if (lines === undefined) files.set(file, [line])
    else lines.push(line)
  }
  new RecordedRun({ ...options, write }).run()
  return files
}
