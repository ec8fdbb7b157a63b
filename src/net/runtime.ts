/**
 * The loop of a replica. In one turn it takes all waiting inputs, steps through them, writes the
 * records of all of them as one group, and sends what they caused in one write a peer. Nothing
 * that comes after a record leaves before the record is durable; meanwhile the loop goes on.
 *
 * Outside the specification: the order in which inputs are taken, which is free there, and that
 * records are on disk before what depends on them leaves: `Restart` keeps there what a sent message
 * depends on (`SentIsDurable`).
 */
import type { ReplicaId, Seq } from "../core/ids.ts"
import type { DirectMessage, Request } from "../core/pbft/message.ts"
import { isMute } from "../core/pbft/rejoin.ts"
import { step } from "../core/pbft/replica.ts"
import { durableRecords } from "../core/pbft/restart.ts"
import {
  type DurableRecord,
  type Effect,
  type Input,
  init,
  type State,
} from "../core/pbft/state.ts"
import { changeAfter } from "../core/pbft/timer.ts"
import type { Group } from "../core/quorum.ts"
import { CatchUp } from "./catch-up.ts"
import { ChangeRepeater } from "./change-repeater.ts"
import { Counts } from "./counts.ts"
import { EarlyMessages, isEarly, placeOf } from "./early.ts"
import { Gate } from "./gate.ts"
import { History } from "./history.ts"
import { IdleLog } from "./idle-log.ts"
import type { LoopOptions, LoopTimes } from "./loop-options.ts"
import { MissedCheckpoint } from "./missed-checkpoint.ts"
import { type Send, sendOut } from "./outgoing.ts"
import { type Progress, progressOf } from "./progress.ts"
import { nextProposal } from "./propose.ts"
import type { StoreError } from "./store-error.ts"
import { StateExchange } from "./state-exchange.ts"
import type { StateChunk } from "./state-wire.ts"
import { maySuspect } from "./suspicion.ts"
import { ViewClock } from "./view-clock.ts"

export class ReplicaLoop {
  readonly actions = new Counts()
  readonly events = new Counts()
  readonly times: LoopTimes = { stepMs: 0, storeMs: 0, sendMs: 0, syncMs: 0 }
  readonly #options: LoopOptions
  readonly #history: History
  readonly #catchUp: CatchUp
  readonly #repeater: ChangeRepeater
  readonly #clock: ViewClock
  readonly #early: EarlyMessages
  readonly #idleLog: IdleLog
  readonly #missed: MissedCheckpoint
  readonly #exchange: StateExchange
  #state: State
  #inputs: Array<Input> = []
  #scheduled = false
  #stopped = false
  #paused = false
  readonly #sends: Gate<Send>
  /** Lines of the trace: a process that is killed has none of what its disk forgot. */
  readonly #lines: Gate<() => void>
  readonly #gates: ReadonlyArray<Pick<Gate<unknown>, "writing" | "durable">>
  #committing = false
  #compactedAt: Seq = 0
  #turns = 0
  #idle: Array<() => void> = []

  constructor(options: LoopOptions) {
    const { config } = options
    this.#options = options
    this.#state = init(config)
    this.#history = new History(config, options.historyBytes)
    const toReplica = (replica: ReplicaId, message: DirectMessage | Request): void =>
      this.#sends.pass({ _tag: "SendToReplicas", replicas: [replica], message })
    const queuedBytes = (replica: ReplicaId): number => options.peers.queuedBytes(replica)
    this.#catchUp = new CatchUp(config, { toReplica, queuedBytes }, this.#history)
    this.#repeater = new ChangeRepeater(config, toReplica)
    this.#clock = new ViewClock({
      config,
      baseMs: options.viewChangeMs,
      isLost: (replica) => options.peers.isLost(replica),
      mayFire: () =>
        maySuspect(
          config,
          this.#state,
          this.#catchUp.heard(options.peers.isConnected.bind(options.peers)),
        ),
      fire: (view) => this.offer({ _tag: "Timeout", view }),
    })
    this.#early = new EarlyMessages(config.group.n, options.earlyBytes)
    this.#idleLog = new IdleLog(config)
    const { limits, executor, fetched, peers } = options
    this.#exchange = new StateExchange({
      config,
      limits,
      executor,
      fetched,
      counts: this.events,
      sendChunk: peers.sendChunk.bind(peers),
      queuedBytes,
      offer: (input) => this.offer(input),
    })
    const gathers = (): boolean => options.store.pending()
    const outlets = { ...options, exchange: this.#exchange }
    this.#sends = new Gate<Send>(gathers, (send) => sendOut(outlets, send))
    this.#lines = new Gate<() => void>(gathers, (write) => write())
    this.#gates = [this.#lines, this.#sends]
    this.#missed = new MissedCheckpoint(config, {
      missed: options.onMissedCheckpoint,
      caughtUp: options.onCaughtUp,
    })
  }

  get state(): State {
    return this.#state
  }

  get group(): Group {
    return this.#options.config.group
  }

  get turns(): number {
    return this.#turns
  }

  get missedCheckpoint(): Seq | undefined {
    return this.#missed.seq
  }

  told(replica: ReplicaId): Progress | undefined {
    return this.#catchUp.told(replica)
  }

  /**
   * Starts from what the disk held; before anything else. With `incarnation`, in place of a disk
   * that was lost.
   */
  restart(durable: ReadonlyArray<DurableRecord>, incarnation?: number): void {
    if (incarnation !== undefined) this.#take({ _tag: "Rejoin", incarnation })
    else if (durable.length > 0) this.#take({ _tag: "Restart", durable })
    this.#compactedAt = this.#state.log.low
    this.#exchange.started(this.#state)
    this.schedule()
  }

  /** An input from outside; it is taken in the next turn. */
  offer(input: Input): void {
    this.#inputs.push(input)
    this.schedule()
  }

  /** Makes sure that there is a turn after the present events of the system. */
  schedule(): void {
    if (this.#scheduled || this.#stopped) return
    this.#scheduled = true
    setImmediate(this.#turn)
  }

  /** A replica's connection is new. */
  connected(replica: ReplicaId): void {
    this.#catchUp.forget(replica)
    this.#early.forget(replica)
    this.#exchange.forget(replica)
    this.#repeater.connected(this.#state, replica)
    this.#tellProgress()
    this.schedule()
  }

  /** A replica told how far it is. */
  progress(replica: ReplicaId, progress: Progress): void {
    this.#catchUp.progress(this.#state, replica, progress)
    this.#missed.told(replica, progress)
    this.#idleLog.told(this.#state, replica, progress.awaited ?? 0)
    this.schedule()
  }

  /** A replica sent something of the transfer of a state. */
  chunk(replica: ReplicaId, chunk: StateChunk): void {
    this.#exchange.receive(replica, chunk)
    this.schedule()
  }

  /** The clock: to be called a few times a second. */
  tick(): void {
    this.#missed.tick(this.#state)
    this.#exchange.tick(this.#state)
    this.#repeater.tick(this.#state, (replica) => this.told(replica))
    this.#tellProgress()
    this.schedule()
  }

  #tellProgress(): void {
    this.#options.peers.tellProgress(progressOf(this.#state))
  }

  readonly #turn = (): void => {
    this.#scheduled = false
    if (this.#stopped) return
    try {
      this.#turns++
      const startedAt = performance.now()
      const inputs = this.#inputs
      this.#inputs = []
      for (const input of inputs) this.#receive(input)
      this.#propose()
      this.#clock.update(this.#state)
      const steppedAt = performance.now()
      this.times.stepMs += steppedAt - startedAt
      if (!this.#committing) this.#commit()
      const storedAt = performance.now()
      this.times.storeMs += storedAt - steppedAt
      this.#pump()
      this.#options.peers.flush()
      this.times.sendMs += performance.now() - storedAt
      this.#balance()
    } catch (cause) {
      this.#fatal(cause)
    }
  }

  #pump(): void {
    const again = this.#catchUp.pump(this.#state)
    if (again === 0) return
    this.events.add("SentAgain", again)
    this.schedule()
  }

  // A message above the high watermark, or of a view that is not entered, waits until it is not.
  #receive(input: Input): void {
    const place = placeOf(input)
    if (place !== undefined && isEarly(this.#state, place)) {
      if (!this.#early.hold(place, input)) this.events.add("EarlyDropped")
      // That others have a later checkpoint is worth to know at once.
      if (place.view === undefined) this.#take(input)
      return
    }
    const before = this.#state
    this.#take(input)
    const { view, active, log } = this.#state
    const moved = before.view !== view || before.active !== active
    const grown = before.log.low !== log.low || isMute(before) !== isMute(this.#state)
    if (!grown && !moved) return
    if (moved) this.#options.onView(view, active)
    // Whoever helps this replica to catch up can go on.
    if (moved || this.#catchUp.isBehind(this.#state)) this.#tellProgress()
    const due = this.#early.release(this.#state)
    if (due.length > 0) this.events.add("Early", due.length)
    for (const waiting of due) this.#receive(waiting)
  }

  // One input, the executions that it makes possible, and what a change of views then does.
  #take(first: Input): void {
    const { config, tracer } = this.#options
    const inputs: Array<Input> = [first]
    for (let next = inputs.shift(); next !== undefined; next = inputs.shift()) {
      const input = next
      const before = this.#state
      const taken = step(config, before, input)
      this.#state = taken.state
      if (input._tag !== "Restart") this.#history.keep(before, taken.state)
      this.actions.add(taken.action)
      inputs.push(...this.#perform(taken.effects))
      if (tracer.on) this.#lines.pass(() => tracer.step(before, taken, input))
      const change = inputs.length === 0 && changeAfter(config, before, taken.state)
      if (change) inputs.push(change)
    }
  }

  // Interprets effects in their order; gives the service's answers.
  #perform(effects: ReadonlyArray<Effect>): ReadonlyArray<Input> {
    const { store, executor } = this.#options
    const answers: Array<Input> = []
    for (const effect of effects) {
      switch (effect._tag) {
        case "Persist": {
          const { record } = effect
          if (record._tag === "CheckpointTaken") {
            store.saveSnapshot(record.seq, executor.takeSnapshot(record.seq))
            this.#exchange.taken(record)
          }
          store.append(record)
          break
        }
        case "Broadcast":
        case "SendToClient":
        case "SendToReplicas":
          this.#sends.pass(effect)
          break
        case "Restore":
          this.#exchange.restore(this.#state)
          break
        case "Execute":
          answers.push(executor.execute(effect))
          break
        case "Undo":
          executor.undo()
          break
        case "ReadState":
          answers.push(executor.readState(effect))
          break
      }
    }
    return answers
  }

  #propose(): void {
    const { config, proposals } = this.#options
    for (;;) {
      const at = { idle: this.#idleLog, now: Date.now() }
      const input = nextProposal(config, proposals, this.#state, at)
      if (input === undefined) return
      this.#take(input)
    }
  }

  // Writes the group that has gathered, or the whole log anew; nothing is under way.
  #commit(): void {
    const { store } = this.#options
    if (!store.pending()) return this.#whenIdle()
    if (this.#compactable()) {
      store.compact(durableRecords(this.#options.config, this.#state), this.#state.log.low)
      this.#compactedAt = this.#state.log.low
      for (const gate of this.#gates) gate.writing()
      for (const gate of this.#gates) gate.durable()
      return this.#whenIdle()
    }
    this.#committing = true
    for (const gate of this.#gates) gate.writing()
    const startedAt = performance.now()
    store.commit((error) => {
      this.times.syncMs += performance.now() - startedAt
      this.#committed(error)
    })
  }

  #compactable(): boolean {
    const { store, compactBytes } = this.#options
    return this.#state.log.low > this.#compactedAt && store.logBytes() > compactBytes
  }

  #committed(error: StoreError | null): void {
    if (error !== null) return this.#fatal(error)
    this.#committing = false
    if (this.#stopped) return this.#whenIdle()
    try {
      const startedAt = performance.now()
      for (const gate of this.#gates) gate.durable()
      this.times.sendMs += performance.now() - startedAt
    } catch (cause) {
      return this.#fatal(cause)
    }
    if (this.#scheduled) return
    // What came in while the disk was busy is taken at once, and leaves in the same write.
    this.#scheduled = true
    this.#turn()
  }

  // Too much waits for the disk: nothing is read until it has caught up.
  #balance(): void {
    const { receiveQueue, peers } = this.#options
    const waiting = this.#sends.waiting + this.#inputs.length
    if (!this.#paused && waiting > receiveQueue) {
      this.#paused = true
      peers.pause()
    } else if (this.#paused && waiting <= receiveQueue / 2) {
      this.#paused = false
      peers.resume()
    }
  }

  #fatal(cause: unknown): void {
    if (this.#stopped) return
    this.#stopped = true
    this.#committing = false
    this.#clock.stop()
    this.#whenIdle()
    this.#options.onFatal(cause)
  }

  #whenIdle(): void {
    const idle = this.#idle
    this.#idle = []
    for (const resolve of idle) resolve()
  }

  /** Takes nothing more; resolves when the disk is quiet and what was due has been sent. */
  async stop(): Promise<void> {
    if (this.#stopped) return
    while (this.#committing || this.#options.store.pending()) {
      await new Promise<void>((resolve) => {
        this.#idle.push(resolve)
        this.schedule()
      })
      if (this.#stopped) return
    }
    this.#stopped = true
    this.#clock.stop()
    this.#options.peers.flush()
  }
}
