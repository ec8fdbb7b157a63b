/**
 * The loop of a replica. In one turn it takes all waiting inputs, steps through them, writes the
 * records of all of them as one group (group-commit.ts), and sends what they caused in one write a
 * peer.
 *
 * Outside the specification: the order in which inputs are taken, which is free there.
 */
import { assert } from "../core/assert.ts"
import type { ReplicaId, Seq } from "../core/ids.ts"
import type { Group } from "../core/quorum.ts"
import { CatchUp } from "./catch-up.ts"
import { ChangeRepeater } from "./change-repeater.ts"
import { Counts } from "./counts.ts"
import { EarlyMessages } from "./early.ts"
import { GroupCommit } from "./group-commit.ts"
import { History } from "./history.ts"
import type { LoopOptions, LoopTimes } from "./loop-options.ts"
import { MissedCheckpoint } from "./missed-checkpoint.ts"
import { sendOut } from "./outgoing.ts"
import { type Hands, perform } from "./perform.ts"
import { type Progress, progressOf } from "./progress.ts"
import { nextBatch } from "./propose.ts"
import type { Kinds, StateKeeper } from "./protocol.ts"
import { DiskDoubted } from "./store-error.ts"
import type { StateChunk } from "./state-wire.ts"
import { maySuspect } from "./suspicion.ts"
import { ViewClock } from "./view-clock.ts"

export class ReplicaLoop<K extends Kinds> {
  readonly actions = new Counts()
  readonly events = new Counts()
  readonly times: LoopTimes = { stepMs: 0, storeMs: 0, sendMs: 0, syncMs: 0 }
  readonly #options: LoopOptions<K>
  readonly #history: History<K>
  readonly #catchUp: CatchUp<K>
  readonly #repeater: ChangeRepeater<K>
  readonly #clock: ViewClock<K["State"]>
  readonly #early: EarlyMessages<K>
  readonly #missed: MissedCheckpoint
  readonly #states: StateKeeper<K>
  #state: K["State"]
  #inputs: Array<K["Input"]> = []
  #scheduled = false
  #stopped = false
  #paused = false
  readonly #hands: Hands<K>
  readonly #disk: GroupCommit<K>
  #turns = 0

  constructor(options: LoopOptions<K>) {
    const { protocol, peers } = options
    const { machine } = protocol
    this.#options = options
    this.#state = machine.init
    this.#history = new History(protocol.repetition, options.historyBytes)
    const toReplica = (replica: ReplicaId, message: K["Message"]): void =>
      this.#disk.send({ _tag: "SendToReplicas", replicas: [replica], message })
    const queuedBytes = (replica: ReplicaId): number => peers.queuedBytes(replica)
    this.#catchUp = new CatchUp(protocol, { toReplica, queuedBytes }, this.#history)
    const isConnected = peers.isConnected.bind(peers)
    this.#repeater = new ChangeRepeater(protocol, toReplica)
    this.#clock = new ViewClock({
      machine,
      baseMs: options.viewChangeMs,
      isLost: (replica) => peers.isLost(replica),
      stands: () => this.#catchUp.stands(isConnected),
      mayFire: () =>
        !this.#states.isFetching() &&
        maySuspect(machine, this.#settled(), this.#catchUp.heard(isConnected)),
      fire: (view) => this.offer(protocol.inputs.timeout(view)),
    })
    this.#early = new EarlyMessages(protocol.repetition, machine.group.n, options.earlyBytes)
    this.#states = options.states({
      counts: this.events,
      sendChunk: peers.sendChunk.bind(peers),
      queuedBytes,
      told: this.told,
      offer: (input) => this.offer(input),
    })
    const outlets = { ...options, states: this.#states }
    this.#disk = new GroupCommit<K>(options, this.times, {
      sendOut: (send) => sendOut(outlets, send),
      durable: () => this.#goOn(),
      failed: (cause) => this.#fatal(cause),
    })
    this.#hands = {
      executor: options.executor,
      answered: protocol.inputs.answered,
      persist: (record) => this.#persist(record),
      send: this.#disk.send,
      restore: () => this.#states.restore(this.#state),
    }
    this.#missed = new MissedCheckpoint(machine.group, {
      missed: options.onMissedCheckpoint,
      caughtUp: options.onCaughtUp,
    })
  }

  get state(): K["State"] {
    return this.#state
  }

  get group(): Group {
    return this.#options.protocol.machine.group
  }

  get turns(): number {
    return this.#turns
  }

  get missedCheckpoint(): Seq | undefined {
    return this.#missed.seq
  }

  readonly told = (replica: ReplicaId): Progress | undefined => this.#catchUp.told(replica)

  /** Starts from the disk; `incarnation`: in place of a lost one, or to `recover` with it. */
  restart(durable: ReadonlyArray<K["Record"]>, incarnation?: number, recover = false): void {
    const { inputs } = this.#options.protocol
    if (incarnation !== undefined) {
      const back = recover ? inputs.recover?.(incarnation, durable) : inputs.rejoin(incarnation)
      assert(back !== undefined, "only who can come back is told to")
      const before = this.#state
      this.#take(back)
      // Nothing was taken up: it would go on as one that has never said anything.
      if (this.#state === before) {
        throw new DiskDoubted({ reason: "what is on it keeps its replica from coming back" })
      }
    } else if (durable.length > 0) this.#take(inputs.restart(durable))
    else this.#states.started(this.#state)
    this.#disk.started(this.#state)
    this.schedule()
  }

  /** An input from outside; it is taken in the next turn. */
  offer(input: K["Input"]): void {
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
    this.rekeyed(replica)
    this.#early.forget(replica)
    this.#states.forget(replica)
    this.#repeater.connected(this.#state, replica)
    this.schedule()
  }

  /** What a replica says from here on is under another key than what it said before. */
  rekeyed(replica: ReplicaId): void {
    this.#catchUp.forget(replica)
    const input = this.#options.protocol.inputs.changeKey?.(replica)
    if (input !== undefined) this.offer(input)
    this.#tellProgress()
  }

  /** A replica told how far it is. */
  progress(replica: ReplicaId, progress: Progress): void {
    this.#catchUp.progress(this.#state, replica, progress)
    this.#missed.told(replica, progress)
    this.#options.protocol.idle?.told(this.#state, replica, progress.awaited ?? 0)
    this.schedule()
  }

  /** A replica sent something of the transfer of a state. */
  chunk(replica: ReplicaId, chunk: StateChunk): void {
    this.#states.receive(replica, chunk)
    this.schedule()
  }

  /** The clock: to be called a few times a second. */
  tick(): void {
    this.#missed.tick(this.#settled(), this.#states.wanted(this.#state))
    this.#states.tick(this.#state)
    this.#repeater.tick(this.#state, this.told)
    this.#tellStuck()
    this.#tellProgress()
    this.schedule()
  }

  #tellStuck(): void {
    const { tell } = this.#options.protocol.inputs
    for (const to of this.#catchUp.stuck(this.#settled())) {
      for (const input of tell?.(this.#state, to) ?? []) this.offer(input)
    }
  }

  #settled(): K["State"] {
    return this.#options.protocol.machine.settledState(this.#state)
  }

  #tellProgress(): void {
    const awaited = this.#options.protocol.machine.awaited?.(this.#state) ?? 0
    const progress = progressOf(this.#isActive(), this.#settled())
    this.#options.peers.tellProgress(awaited === 0 ? progress : { ...progress, awaited })
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
      this.#clock.update(this.#settled())
      const steppedAt = performance.now()
      this.times.stepMs += steppedAt - startedAt
      this.#disk.commit(this.#state)
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

  #isActive(): boolean {
    return this.#options.protocol.machine.isActive(this.#state)
  }

  // A message above the high watermark, or of a view that is not entered, waits until it is not.
  #receive(input: K["Input"]): void {
    const { repetition } = this.#options.protocol
    this.#early.forget(repetition.rekeyed?.(input))
    const place = repetition.placeOf(input)
    if (place !== undefined && repetition.isEarly(this.#state, place)) {
      if (!this.#early.hold(place, input)) this.events.add("EarlyDropped")
      if (repetition.tells(this.#state, place)) this.#take(input)
      return
    }
    const before = this.#state
    const was = this.#isActive()
    this.#take(input)
    const { view, log } = this.#state
    const active = this.#isActive()
    const moved = before.view !== view || was !== active
    if (moved) this.#options.onView(view, active)
    const isNew = before.log.low !== log.low || moved
    // Whoever helps this replica to catch up can go on.
    if (isNew && (moved || this.#catchUp.isBehind(this.#settled()))) this.#tellProgress()
    if (!isNew && !repetition.opens(before, this.#state)) return
    const due = this.#early.release(this.#state)
    if (due.length > 0) this.events.add("Early", due.length)
    for (const waiting of due) this.#receive(waiting)
    if (due.length === 0) this.#ask()
  }

  // What waited for its turn, and now for something else, asks for that.
  #ask(): void {
    const { asks } = this.#options.protocol.repetition
    if (asks === undefined) return
    for (const { place, input } of this.#early.waiting()) {
      if (asks(this.#state, place)) this.#take(input)
    }
  }

  // One input, the executions that it makes possible, and what a change of views then does.
  #take(first: K["Input"]): void {
    const { protocol, tracer } = this.#options
    const { machine } = protocol
    const inputs: Array<K["Input"]> = [first]
    for (let next = inputs.shift(); next !== undefined; next = inputs.shift()) {
      const input = next
      const before = this.#state
      const taken = machine.step(before, input)
      const doubt = machine.doubt?.(before, taken.state)
      if (doubt !== undefined) throw new DiskDoubted({ reason: doubt })
      this.#state = taken.state
      // The service is in the state of the checkpoint, and executes the log only now.
      if (["Restart", "Recover", "Rejoin"].includes(input._tag)) this.#states.started(taken.state)
      else this.#history.keep(before, taken.state)
      this.actions.add(taken.action)
      inputs.push(...perform(this.#hands, taken.effects))
      if (tracer.on) this.#disk.line(() => tracer.step(before, taken, input))
      const change = inputs.length === 0 ? machine.changeAfter(before, taken.state) : undefined
      if (change !== undefined) inputs.push(change)
    }
  }

  #persist(record: K["Record"]): void {
    const { store, executor, protocol } = this.#options
    const seq = protocol.records.taken(record)
    if (seq !== undefined) {
      const snapshot = executor.takeSnapshot(seq)
      store.saveSnapshot(seq, snapshot)
      this.#states.taken(seq, snapshot, record)
    }
    store.append(record)
  }

  #propose(): void {
    const { protocol, proposals } = this.#options
    const { machine, inputs, idle } = protocol
    for (;;) {
      const count = nextBatch(machine, proposals, this.#state, this.#disk.durable)
      const input =
        count > 0 ? inputs.propose(this.#state, count, Date.now()) : idle?.next(this.#state)
      if (input === undefined) return
      this.#take(input)
    }
  }

  // What came in while the disk was busy is taken at once, and leaves in the same write.
  #goOn(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    this.#turn()
  }

  // Too much waits for the disk: nothing is read until it has caught up.
  #balance(): void {
    const { receiveQueue, peers } = this.#options
    const waiting = this.#disk.waiting + this.#inputs.length
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
    this.#clock.stop()
    this.#disk.stop()
    this.#options.onFatal(cause)
  }

  /** Takes nothing more; resolves when the disk is quiet and what was due has been sent. */
  async stop(): Promise<void> {
    if (this.#stopped) return
    while (this.#disk.isBusy) {
      this.schedule()
      await this.#disk.quiet()
      if (this.#stopped) return
    }
    this.#stopped = true
    this.#clock.stop()
    this.#options.peers.flush()
  }
}
