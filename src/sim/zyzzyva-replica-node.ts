/**
 * One Zyzzyva replica of a simulation, driven as one of PBFT is (replica-node.ts): an input is
 * stepped, its records go to the disk, and what comes after a record leaves when that is durable.
 */
import type { Execute } from "../core/effect.ts"
import { type Bytes, noDigest, type Seq, type View } from "../core/ids.ts"
import { keyValueService } from "../core/service/key-value.ts"
import type { Service } from "../core/service/service.ts"
import type { PeerMessage } from "../core/zyzzyva/message.ts"
import { isMute, nullRequest, recoveryRequest } from "../core/zyzzyva/rejoin.ts"
import { step } from "../core/zyzzyva/replica.ts"
import { durableRecords, withoutLost } from "../core/zyzzyva/restart.ts"
import {
  type Config,
  type DurableRecord,
  type Effect,
  type Input,
  init,
  type State,
  type ZyzzyvaStep,
} from "../core/zyzzyva/state.ts"
import { changeAfter, viewTimer } from "../core/zyzzyva/timer.ts"
import { Disk } from "./disk.ts"
import { EarlyMessages } from "./early-messages.ts"
import { executeRequests, readBy } from "./execute-requests.ts"
import { GroupCommit } from "./group-commit.ts"
import type { Host } from "./host.ts"
import { judge } from "./judge.ts"
import { OrderCache } from "./order-cache.ts"
import type { Progress } from "./progress.ts"
import type { Back, Standing } from "./protocol.ts"
import type { Random } from "./random.ts"
import { clientName, type Crash, idOf, type NodeName, replicaName } from "./scenario.ts"
import { Timers } from "./timers.ts"
import { ViewClock } from "./view-clock.ts"
import type { Making } from "./zyzzyva-config.ts"
import { placeOf } from "./zyzzyva-durable-place.ts"
import {
  carried,
  earlyPlaceOf,
  inputOf,
  type Judges,
  stateIn,
  wordPlace,
  type ZyzzyvaMessage,
} from "./zyzzyva-messages.ts"
import { ZyzzyvaFetcher } from "./zyzzyva-fetcher.ts"
import { ZyzzyvaRetransmission } from "./zyzzyva-retransmission.ts"

/** What goes to some replicas only. */
type Directed = Extract<Effect, { readonly _tag: "SendToReplicas" }>["message"]

/** A replica's step, for whoever watches. */
export interface ZyzzyvaStepped {
  readonly config: Config
  readonly before: State
  readonly input: Input
  readonly step: ZyzzyvaStep
}

export interface ZyzzyvaNodeOptions {
  readonly config: Config
  readonly making: Making
  readonly progressMs: number
  readonly viewChangeMs: number
  readonly recoveryPeriodMs: number
  /** Microseconds that making a group durable takes. */
  readonly sync: readonly [least: number, most: number]
  /** Local milliseconds for each millisecond of virtual time. */
  readonly rate: number
  readonly host: Host<ZyzzyvaMessage>
  readonly random: Random
  readonly stepped: (what: ZyzzyvaStepped) => void
}

/** Messages of views to come that wait for each peer: so many for each number of the log. */
const earlyShare = 4
/** Words of views to come that wait for each peer. */
const wordShare = 4

interface Where {
  readonly view: View
  readonly active: boolean
  readonly executed: Seq
}

const whereOf = ({ view, stage, executed }: State): Where => ({
  view,
  active: stage === "active",
  executed,
})

export class ZyzzyvaReplicaNode {
  readonly #options: ZyzzyvaNodeOptions
  readonly #disk = new Disk<DurableRecord>(placeOf)
  readonly #writes: GroupCommit<DurableRecord>
  readonly #clock: ViewClock<Where>
  readonly #early: EarlyMessages<Input>
  readonly #orders: OrderCache
  readonly #fetcher = new ZyzzyvaFetcher()
  readonly #words = new EarlyMessages<Input>(wordShare, wordPlace)
  #retransmission: ZyzzyvaRetransmission
  #service: Service
  /** The service's state that came with the State under way. */
  #offered: Bytes | undefined
  #state: State
  /** One more with each start: what an earlier process asked for does not happen. */
  #life = 0
  /** How often it lost its disk: stands for a counter that no disk takes along. */
  #incarnation = 0
  /** Its disk was lost: what is written beside it says so (disk-marker.ts). */
  #isDiskLost = false
  readonly #judges: Judges
  #up = true

  constructor(options: ZyzzyvaNodeOptions) {
    const { config, host, random, sync, viewChangeMs: baseMs, progressMs } = options
    this.#options = options
    const { recoveryPeriodMs, rate, making } = options
    const limits = { agreedTimeMs: 0, recoveryPeriodMs }
    const accepts = judge({ clock: undefined }, limits, () =>
      Math.floor((host.now() / 1000) * rate),
    )
    this.#judges = { signatures: making.signatures, accepts }
    this.#retransmission = new ZyzzyvaRetransmission(config)
    this.#orders = new OrderCache(config)
    this.#service = this.#emptyService()
    this.#state = init(config)
    const after = (ms: number, run: () => void): void => this.#after(ms, run)
    const timers = new Timers({ after }, () => this.#timeout())
    const wanted = () => viewTimer(config, this.#state)
    const { group } = config
    this.#clock = new ViewClock({ group, wanted, baseMs, progressMs, timers, now: host.now })
    this.#writes = new GroupCommit({ disk: this.#disk, random, sync, later: host.later })
    this.#early = new EarlyMessages(earlyShare * config.logSize, earlyPlaceOf(group))
    this.#after(random.between(1, progressMs), () => this.#tick())
  }

  get config(): Config {
    return this.#options.config
  }

  get state(): State {
    return this.#state
  }

  get standing(): Standing {
    const { view, stage, executed, log } = this.#state
    const active = stage === "active"
    const { low } = log
    const returning = isMute(this.config, this.#state)
    return { id: this.config.id, up: this.#up, view, active, executed, low, returning }
  }

  readonly holds = (key: string): boolean => this.#disk.holds(key)

  #emptyService(): Service {
    return keyValueService(this.#options.making.hashing.hash)
  }

  /** A message that came; why it is dropped before the machine sees it. */
  hear(from: NodeName, message: ZyzzyvaMessage): string | undefined {
    if (!this.#up) return undefined
    if (message._tag === "Progress") {
      return idOf(from) === message.replica ? void this.#told(message) : "BadAuthenticator"
    }
    const input = inputOf(this.config, this.#judges, { from, message })
    return typeof input === "string" ? input : void this.#receive(input)
  }

  #receive(input: Input): void {
    this.#accept(input)
    this.#settle()
  }

  // A message of a view that is not entered waits until it is.
  #accept(input: Input): void {
    const { view } = this.#state
    if (this.#early.holds(whereOf(this.#state), input)) return
    if (this.#orders.holds(this.#state, input)) return
    if (this.#words.holds({ view, active: true }, input)) return
    const before = this.#state
    this.#take(input)
    const next = this.#orders.next(this.#state)
    if (next !== undefined) this.#accept(next)
    if (before.view === this.#state.view && before.stage === this.#state.stage) return
    const words = this.#words.release({ view: this.#state.view, active: true })
    for (const waiting of words) this.#accept(waiting)
    for (const waiting of this.#early.release(whereOf(this.#state))) this.#accept(waiting)
  }

  // After inputs: what is to be ordered, what is waited for, what is to be written.
  #settle(): void {
    this.#propose()
    this.#clock.update(whereOf(this.#state))
    this.#writes.commit(() => {
      const { view, log } = this.#state
      return { low: log.low, view, records: () => durableRecords(this.config, this.#state) }
    })
  }

  // Nothing is to be waited for: the primary orders what there is, in batches as large as may be.
  #propose(): void {
    for (;;) {
      const { queue } = this.#state
      const count = Math.min(queue.length, this.config.maxBatch)
      const input: Input | undefined =
        count > 0 ? { _tag: "Propose", count } : nullRequest(this.config, this.#state)
      if (input === undefined) return
      const before = this.#state
      this.#take(input)
      if (this.#state === before) return
    }
  }

  #timeout(): void {
    const view = this.#clock.fired(whereOf(this.#state))
    if (view !== undefined) this.#receive({ _tag: "Timeout", view })
  }

  #told(progress: Progress): void {
    this.#clock.told(progress)
    this.#fetcher.told(progress)
    for (const message of this.#retransmission.due(this.#state, progress)) {
      this.#writes.gate(() => this.#options.host.send(replicaName(progress.replica), message))
    }
  }

  /** The process stops: how many of the records under way its disk kept. */
  crash(tail: Crash["tail"]): number {
    const kept = this.#writes.crash(tail)
    this.#up = false
    this.#life++
    this.#clock.clear()
    this.#early.clear()
    this.#orders.clear()
    this.#words.clear()
    return kept
  }

  /** The process starts again with what its disk holds, or with an empty one. */
  restart(asked: Back = "disk"): void {
    if (this.#up) return
    // Who stopped before its new disk held a record has forgotten as much as it had then.
    const isEmpty = this.#isDiskLost && this.#disk.durable.length === 0
    const isWiped = asked === "wiped" || isEmpty
    this.#isDiskLost ||= isWiped
    if (isWiped) this.#disk.wipe()
    this.#up = true
    this.#state = init(this.config)
    this.#retransmission = new ZyzzyvaRetransmission(this.config)
    this.#service = this.#emptyService()
    const durable = withoutLost(this.#disk.durable, (taken) => this.#holdsState(taken))
    if (isWiped) {
      this.#incarnation++
      this.#take({ _tag: "Rejoin", incarnation: this.#incarnation })
    } else if (durable.length > 0) this.#take({ _tag: "Restart", durable })
    this.#writes.started(this.#state.log.low)
    this.#settle()
    this.#tick()
  }

  // Its state may have been written over by that of another history since.
  #holdsState({ seq, service }: Extract<DurableRecord, { readonly _tag: "CheckpointTaken" }>) {
    const scratch = this.#emptyService()
    return (
      this.config.witness ||
      (scratch.restore(this.#disk.snapshot(seq)) && scratch.digest() === service)
    )
  }

  /** The run is over. */
  end(): void {
    this.#writes.crash("clean")
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
    const { view, stage, newView: has, log, executed } = this.#state
    const { id: replica } = this.config
    const active = stage === "active"
    const newView = active || has !== undefined
    this.#broadcast({ _tag: "Progress", view, active, newView, low: log.low, executed, replica })
    this.#orders.tick()
    if (this.#fetcher.isDue(this.#state)) this.#receive({ _tag: "Fetch" })
    const asks = recoveryRequest(this.config, this.#state)
    const words = asks === undefined ? this.#retransmission.words(this.#state) : [asks]
    for (const message of words.map((m) => this.#carried(m))) {
      this.#writes.gate(() => this.#broadcast(message))
    }
    this.#after(this.#options.progressMs, () => this.#tick())
  }

  // One input, and what follows from it without another: executions, the beginning of a view.
  #take(first: Input): void {
    const { config, stepped } = this.#options
    const inputs: Array<Input> = [first]
    for (let input = inputs.shift(); input !== undefined; input = inputs.shift()) {
      const before = this.#state
      this.#offered = stateIn(input, () => this.#emptyService())
      const isWhole = this.#offered !== undefined
      if (input._tag === "Receive" && input.message._tag === "State" && !isWhole) return
      const taken = step(config, before, input)
      this.#state = taken.state
      const sent = taken.effects.flatMap(
        (e): ReadonlyArray<PeerMessage> => (e._tag === "Broadcast" ? [e.message] : []),
      )
      const starts = input._tag === "Restart" || input._tag === "Rejoin"
      if (!starts) this.#retransmission.keep(before, taken.state, sent)
      stepped({ config, before, input, step: taken })
      // The service starts from the stable checkpoint.
      if (input._tag === "Restart") this.#restore(taken.state.executed)
      inputs.push(...this.#perform(taken.effects))
      const change = inputs.length === 0 && changeAfter(config, before, taken.state)
      if (change) inputs.push(change)
    }
  }

  // Interprets effects in their order; the service's answers are the next inputs.
  #perform(effects: ReadonlyArray<Effect>): ReadonlyArray<Input> {
    const { config } = this
    const answers: Array<Input> = []
    for (const effect of effects) {
      switch (effect._tag) {
        case "Persist":
          if (effect.record._tag === "CheckpointTaken") {
            const given = config.witness ? undefined : this.#offered
            const snapshot = given ?? this.#service.snapshot()
            this.#disk.saveSnapshot(effect.record.seq, snapshot)
          }
          this.#disk.append(effect.record)
          break
        case "Broadcast":
          this.#writes.gate(() => this.#broadcast(effect.message))
          break
        case "SendToClient":
          this.#writes.gate(() =>
            this.#options.host.send(clientName(effect.client), effect.message),
          )
          break
        case "SendToReplicas": {
          const message = this.#carried(effect.message)
          for (const replica of effect.replicas) {
            this.#writes.gate(() => this.#options.host.send(replicaName(replica), message))
          }
          break
        }
        case "Restore":
          this.#restore(effect.seq)
          break
        case "Execute":
          answers.push(this.#execute(effect))
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

  #carried(message: Directed | PeerMessage): ZyzzyvaMessage {
    return carried(this.config, message, (seq) => this.#disk.snapshot(seq))
  }

  #restore(seq: Seq): void {
    this.#service = this.#emptyService()
    if (seq > 0) this.#service.restore(this.#disk.snapshot(seq))
  }

  #execute({ seq, requests, checkpoint }: Execute): Input {
    const { witness } = this.config
    const results = witness
      ? requests.map(() => "")
      : executeRequests(this.config, this.#service, requests).results
    const service = checkpoint ? this.#service.digest() : noDigest
    return { _tag: "Executed", seq, results, service }
  }

  #broadcast(message: ZyzzyvaMessage): void {
    const { n } = this.config.group
    for (let replica = 0; replica < n; replica++) {
      if (replica !== this.config.id) this.#options.host.send(replicaName(replica), message)
    }
  }
}
