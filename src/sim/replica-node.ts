/**
 * One replica of a simulation: the real `step` driven in the order of src/net/runtime.ts. An input
 * is stepped, its records go to the disk, and what comes after a record leaves when that is
 * durable; while the disk writes, the replica goes on. The line of a step in the trace is written
 * with the step's messages: a process that stops has no lines of what its disk forgot.
 */
import type { Execute } from "../core/effect.ts"
import { type Bytes, noDigest, type ReplicaId } from "../core/ids.ts"
import { mostUndoable } from "../core/pbft/execution.ts"
import { proposeInput } from "../core/pbft/proposal.ts"
import { type Goals, nullRequest, withGoal } from "../core/pbft/idle-goals.ts"
import { askedOf } from "../core/pbft/recover.ts"
import { step } from "../core/pbft/replica.ts"
import { durableRecords } from "../core/pbft/restart.ts"
import {
  type Config,
  type DurableRecord,
  type Effect,
  type Input,
  init,
  type State,
  settledState,
} from "../core/pbft/state.ts"
import { replicaLine } from "../core/pbft/trace.ts"
import { changeAfter } from "../core/pbft/timer.ts"
import type { SignedRequest } from "../core/request.ts"
import { keyValueService } from "../core/service/key-value.ts"
import type { Service } from "../core/service/service.ts"
import { Disk } from "./disk.ts"
import { placeOf } from "./durable-place.ts"
import { executeRequests, readBy } from "./execute-requests.ts"
import { EarlyMessages } from "./early-messages.ts"
import { GroupCommit } from "./group-commit.ts"
import type { Hashing, Host, ReplicaStepped } from "./host.ts"
import { carried, type CarriedState, earlyPlace, inputOf, type WireMessage } from "./messages.ts"
import { progressOf, standingOf } from "./pbft-standing.ts"
import { timerOf } from "./pbft-timer.ts"
import { nextBatch } from "./propose.ts"
import type { Progress } from "./progress.ts"
import type { Back, Standing } from "./protocol.ts"
import type { Random } from "./random.ts"
import type { Recorder } from "./recorder.ts"
import { judge } from "./judge.ts"
import { History, Retransmission } from "./retransmission.ts"
import { clientName, type Crash, type NodeName, replicaName } from "./scenario.ts"
import { startInput } from "./start.ts"
import { StateFetcher } from "./state-fetcher.ts"
import { Timers } from "./timers.ts"
import { ViewClock, type ViewClockOptions } from "./view-clock.ts"

export interface ReplicaNodeOptions {
  readonly config: Config
  readonly pipeline: number
  readonly progressMs: number
  readonly viewChangeMs: number
  /** How far a proposed time may be from this replica's clock. */
  readonly agreedTimeMs: number
  readonly recoveryPeriodMs: number
  /** Microseconds that making a group durable takes. */
  readonly sync: readonly [least: number, most: number]
  /** Local milliseconds for each millisecond of virtual time. */
  readonly rate: number
  readonly hashing: Hashing
  readonly host: Host<WireMessage>
  readonly random: Random
  /** Undefined for a Byzantine replica: it writes no trace. */
  readonly recorder: Recorder | undefined
  readonly stepped: (what: ReplicaStepped) => void
}

/** Messages of views to come that wait for each peer: so many for each number of the log. */
const earlyShare = 4

export class ReplicaNode {
  readonly #options: ReplicaNodeOptions
  readonly #disk = new Disk<DurableRecord>(placeOf)
  readonly #writes: GroupCommit<DurableRecord>
  readonly #history: History
  readonly #timers: Timers
  /** What its clock says of a request. */
  readonly #accepts: (request: SignedRequest) => boolean
  readonly #clock: ViewClock<State>
  readonly #early: EarlyMessages<Input>
  #retransmission: Retransmission
  #fetcher: StateFetcher
  /** The service's state that came with the State under way. */
  #offered: Bytes | undefined
  #service: Service
  /** Operations that may have to be taken back. */
  #tentative = 0
  #state: State
  #steps = 0
  /** One more with each start: what an earlier process asked for does not happen. */
  #life = 0
  /** Up to where others have an idle log go on. */
  #goals: Goals = new Map()
  /** How often it lost its disk or was recovered: stands for a counter that no disk takes along. */
  #incarnation = 0
  /** Its disk was lost: what is written beside it says so (disk-marker.ts). */
  #isDiskLost = false
  #up = true

  constructor(options: ReplicaNodeOptions) {
    const { config, hashing } = options
    this.#options = options
    this.#history = new History(config)
    this.#retransmission = new Retransmission(config, this.#history)
    this.#fetcher = new StateFetcher(config)
    this.#service = keyValueService(hashing.hash, mostUndoable(config))
    this.#state = init(config)
    const clock = { after: (ms: number, run: () => void) => this.#after(ms, run) }
    this.#accepts = judge(config, options, () => this.#localMs)
    this.#timers = new Timers(clock, () => this.#timeout())
    const { viewChangeMs: baseMs, progressMs, host, random, sync } = options
    const { timers, disk } = { timers: this.#timers, disk: this.#disk }
    const wanted: ViewClockOptions<State>["wanted"] = (state, stands) =>
      timerOf(config, state, this.#goals, stands)
    const { group } = config
    this.#clock = new ViewClock({ group, wanted, baseMs, progressMs, timers, now: host.now })
    this.#writes = new GroupCommit({ disk, random, sync, later: host.later })
    this.#early = new EarlyMessages(earlyShare * config.logSize, earlyPlace)
    this.#after(options.random.between(1, options.progressMs), () => this.#tick())
  }

  /** What this replica's clock says, in milliseconds since the run began. */
  get #localMs(): number {
    const { host, rate } = this.#options
    return Math.floor((host.now() / 1000) * rate)
  }

  get config(): Config {
    return this.#options.config
  }

  get state(): State {
    return this.#state
  }

  get standing(): Standing {
    return standingOf(this.config, this.#up, this.#state)
  }

  readonly holds = (key: string): boolean => this.#disk.holds(key)

  /** A message that was well authenticated; why it is dropped before the machine sees it. */
  hear(_from: NodeName, message: WireMessage): string | undefined {
    if (message._tag === "Progress") return void this.#told(message)
    const input = inputOf(this.config, message, this.#accepts)
    if (typeof input === "string") return input
    return void this.receive(input)
  }

  /** An input from outside, and what it makes possible. */
  receive(input: Input): void {
    if (!this.#up || !this.#isWhole(input)) return
    this.#accept(input)
    this.#settle()
  }

  // Of a State the machine knows the digest of the service's state: here is whether it has it.
  #isWhole(input: Input): boolean {
    if (input._tag !== "Receive" || input.message._tag !== "State") return true
    const { service, snapshot } = input.message as typeof input.message & CarriedState
    const scratch = keyValueService(this.#options.hashing.hash)
    this.#offered = snapshot
    return scratch.restore(snapshot) && scratch.digest() === service
  }

  // A message of a view that is not entered waits until it is.
  #accept(input: Input): void {
    if (this.#early.holds(this.#state, input)) return
    const before = this.#state
    this.#take(input)
    const { view, active } = this.#state
    if (before.view === view && before.active === active) return
    for (const waiting of this.#early.release(this.#state)) this.#accept(waiting)
  }

  // After inputs: what is to be proposed, what is waited for, what is to be written.
  #settle(): void {
    this.#propose()
    this.#clock.update(settledState(this.#state))
    this.#commit()
  }

  #timeout(): void {
    const view = this.#clock.fired(this.#state)
    if (view !== undefined) this.receive({ _tag: "Timeout", view })
  }

  // A peer tells how far it is.
  #told(progress: Progress): void {
    if (!this.#up) return
    this.#clock.told(progress)
    for (const message of this.#retransmission.due(this.#state, progress)) {
      this.#gate(() => this.#options.host.send(replicaName(progress.replica), message))
    }
    for (const input of this.#retransmission.untold(this.#state, progress)) this.receive(input)
    const goals = withGoal(this.config, this.#state, this.#goals, progress)
    if (goals === this.#goals) return this.#clock.update(settledState(this.#state))
    this.#goals = goals
    this.#settle()
  }

  /** Another replica is heard under a new key from here on. */
  rekeyed(replica: ReplicaId): void {
    if (!this.#up) return
    this.#early.forget(replica)
    this.receive({ _tag: "ChangeKey", replica })
  }

  /** The process stops; what its disk kept of what was being written. */
  crash(tail: Crash["tail"]): number {
    const kept = this.#writes.crash(tail)
    if (tail === "clean") this.#options.recorder?.end()
    this.#up = false
    this.#life++
    this.#timers.clear()
    this.#clock.clear()
    this.#early.clear()
    return kept
  }

  /** The process starts again with what its disk holds, or with an empty one. */
  restart(asked: Back = "disk"): void {
    if (this.#up) return
    const { config, hashing, recorder } = this.#options
    // Who stopped before its new disk held a record has forgotten as much as it had then.
    const isEmpty = this.#isDiskLost && this.#disk.durable.length === 0
    const back = isEmpty ? "wiped" : asked
    this.#isDiskLost ||= back === "wiped"
    if (back === "wiped") this.#disk.wipe()
    const durable = this.#disk.durable
    const snapshot = this.#disk.lastSnapshot()
    this.#up = true
    this.#steps = 0
    this.#state = init(config)
    this.#service = keyValueService(hashing.hash, mostUndoable(config))
    this.#tentative = 0
    if (snapshot !== undefined) this.#service.restore(snapshot)
    this.#history.clear()
    this.#retransmission = new Retransmission(config, this.#history)
    this.#fetcher = new StateFetcher(config)
    recorder?.start()
    if (back !== "disk") this.#incarnation++
    const start = startInput(config, durable, back, this.#incarnation)
    if (start !== undefined) this.#take(start)
    this.#writes.started(this.#state.log.low)
    this.#settle()
    this.#tick()
  }

  /** The run is over: the trace is complete. */
  end(): void {
    this.#writes.crash("clean")
    this.#options.recorder?.end()
    this.#up = false
    this.#life++
  }

  #after(ms: number, run: () => void): void {
    const life = this.#life
    const microseconds = Math.max(1, Math.round((ms * 1000) / this.#options.rate))
    this.#options.host.later(microseconds, () => {
      if (this.#life === life) run()
    })
  }

  #tick(): void {
    const { id: replica, group } = this.config
    this.#broadcast(progressOf(replica, this.#state))
    for (let peer = 0; peer < group.n; peer++) {
      if (peer === replica) continue
      const asks = askedOf(this.config, this.#state, this.#retransmission.lowOf(peer))
      if (asks !== undefined) {
        const message = carried(this.config, asks, () => "")
        this.#gate(() => this.#options.host.send(replicaName(peer), message))
      }
      for (const message of this.#retransmission.ofChange(this.#state, peer)) {
        this.#gate(() => this.#options.host.send(replicaName(peer), message))
      }
    }
    const checkpoint = this.#fetcher.tick(this.#state)
    if (checkpoint !== undefined) this.receive({ _tag: "Fetch", checkpoint })
    this.#after(this.#options.progressMs, () => this.#tick())
  }

  // One input, the executions that it makes possible, and what a change of views then does.
  #take(first: Input): void {
    const { config, recorder, stepped } = this.#options
    const inputs: Array<Input> = [first]
    for (let input = inputs.shift(); input !== undefined; input = inputs.shift()) {
      const before = this.#state
      const taken = step(config, before, input)
      this.#state = taken.state
      if (input._tag !== "Restart" && input._tag !== "Recover")
        this.#history.keep(before, taken.state)
      stepped({ config, before, input, step: taken })
      inputs.push(...this.#perform(taken.effects))
      const change = inputs.length === 0 && changeAfter(config, before, taken.state)
      if (change) inputs.push(change)
      if (recorder === undefined) continue
      const text = replicaLine(++this.#steps, before, taken, input)
      this.#gate(() => recorder.line(text))
    }
  }

  // Interprets effects in their order; the service's answers are the next inputs.
  #perform(effects: ReadonlyArray<Effect>): ReadonlyArray<Input> {
    const answers: Array<Input> = []
    for (const effect of effects) {
      switch (effect._tag) {
        case "Persist":
          if (effect.record._tag === "CheckpointTaken") {
            const snapshot = this.#restoring(effects) ?? this.#service.snapshot()
            this.#disk.saveSnapshot(effect.record.seq, snapshot)
          }
          this.#disk.append(effect.record)
          break
        case "Broadcast":
          this.#gate(() => this.#broadcast(effect.message))
          break
        case "SendToClient":
          this.#gate(() => this.#options.host.send(clientName(effect.client), effect.message))
          break
        case "SendToReplicas":
          for (const replica of effect.replicas) {
            const message = carried(this.config, effect.message, (seq) => this.#disk.snapshot(seq))
            this.#gate(() => this.#options.host.send(replicaName(replica), message))
          }
          break
        case "Restore":
          this.#service.restore(this.#offered ?? "")
          this.#tentative = 0
          break
        case "Execute":
          answers.push(this.#execute(effect))
          break
        case "Undo":
          this.#service.undo(this.#tentative)
          this.#tentative = 0
          break
        case "ReadState":
          answers.push(readBy(this.#service, effect))
          break
        default:
          // A new effect of the machine does not type-check until it is interpreted here.
          effect satisfies never
      }
    }
    return answers
  }

  // The service's state that a step takes over, if it does.
  #restoring(effects: ReadonlyArray<Effect>): Bytes | undefined {
    return effects.some((e) => e._tag === "Restore") ? this.#offered : undefined
  }

  #execute({ seq, requests, checkpoint, undoable }: Execute): Input {
    const { results, changes } = executeRequests(this.config, this.#service, requests)
    this.#tentative = undoable ? this.#tentative + changes : 0
    const service = checkpoint ? this.#service.digest() : noDigest
    return { _tag: "Executed", seq, results, service }
  }

  #broadcast(message: WireMessage): void {
    const { n } = this.config.group
    for (let replica = 0; replica < n; replica++) {
      if (replica !== this.config.id) this.#options.host.send(replicaName(replica), message)
    }
  }

  // Now, or when what was written down before is durable.
  #gate(act: () => void): void {
    this.#writes.gate(act)
  }

  #propose(): void {
    const { config, pipeline } = this.#options
    for (;;) {
      const count = nextBatch(config, pipeline, this.#state)
      const input =
        count > 0
          ? proposeInput(config, this.#state, count, this.#localMs)
          : nullRequest(config, this.#state, this.#goals)
      if (input === undefined) return
      this.#take(input)
    }
  }

  #commit(): void {
    this.#writes.commit(() => {
      const { view, log } = this.#state
      const records = () => durableRecords(this.config, this.#state)
      return { low: log.low, view, records }
    })
  }
}
