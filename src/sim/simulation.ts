/**
 * A run of a scenario: the real machines of replicas and clients in virtual time. First the safety
 * phase with all its faults, then the calm one, in which every request must complete. Two runs of
 * one scenario are equal to the last byte.
 */
import { assert, InvariantBroken } from "../core/assert.ts"
import type { Authentic, Message, Reply } from "../core/pbft/message.ts"
import type { Config } from "../core/pbft/state.ts"
import { groupOf } from "../core/quorum.ts"
import type { TraceNode } from "../core/trace-event.ts"
import { wrapperOf } from "./behaviours.ts"
import { ClientNode } from "./client-node.ts"
import { EventQueue } from "./event-queue.ts"
import { byzantineReplicas, correctClients, tooManyFaulty } from "./faulty.ts"
import type { ClientStepped, Hashing, Host, ReplicaStepped } from "./host.ts"
import { messageOf } from "./hostile.ts"
import { hearers, type Identity, type Instance } from "./identity.ts"
import { Ledger } from "./ledger.ts"
import { invented, notFinal, notLinear } from "./linear-history.ts"
import { correctOf, type Demand, demandOf } from "./liveness.ts"
import { inputOf, nameOf, type WireMessage } from "./messages.ts"
import { microseconds, Network } from "./network.ts"
import { executed, type Outcome, standingFaults, viewsOf } from "./outcome.ts"
import { Random } from "./random.ts"
import { Recorder, type WriteLine } from "./recorder.ts"
import { ReplicaNode } from "./replica-node.ts"
import { clientConfig, clockRate, driverOptions, replicaConfig, runHeader } from "./run-config.ts"
import {
  clientName,
  type Crash,
  idOf,
  isReplicaName,
  type NodeName,
  replicaName,
  type Say,
  type Scenario,
} from "./scenario.ts"
import { clientStory, messageText, networkStory, replicaStory, type StoryLine } from "./story.ts"
import { Tally } from "./tally.ts"

export interface SimulationOptions {
  readonly hashing: Hashing
  /** SHA-256 of the specification, for the traces. */
  readonly spec: string
  readonly write: WriteLine
  /** Told everything that happens, when somebody wants to know. */
  readonly story?: (line: StoryLine) => void
  /** Told each step of a replica, its states included. */
  readonly inspect?: (stepped: ReplicaStepped) => void
}

/** A run that does not end by itself is stopped after so many events. */
const mostEvents = 4_000_000
/** How often the calm phase looks whether everything is done. */
const lookMs = 50
/** How long the calm phase of a run lasts that need not complete anything. */
const excusedMs = 3000
/** How long nothing may be executed before a run ends that need not complete everything. */
const quietMs = 30_000

export class Simulation {
  readonly #scenario: Scenario
  readonly #options: SimulationOptions
  readonly #queue = new EventQueue<() => void>()
  readonly #network: Network
  readonly #ledger: Ledger
  readonly #replicas: ReadonlyArray<Identity>
  readonly #clients: ReadonlyArray<ClientNode>
  readonly #actions = new Tally()
  readonly #actionsBy = new Tally()
  readonly #faults = new Tally()
  readonly #tooMany: boolean
  #now = 0
  #events = 0
  #done = false
  #executedAt = 0
  #excuse: string | null = null
  #views: Outcome["views"] = {}

  constructor(scenario: Scenario, options: SimulationOptions) {
    this.#scenario = scenario
    this.#options = options
    this.#network = new Network(scenario)
    this.#tooMany = tooManyFaulty(scenario)
    const { n, quorum } = scenario.cluster
    const states = () => this.#correct().map(({ state }) => state)
    const needed = (quorum ?? groupOf(n).quorum) - groupOf(n).f
    this.#ledger = new Ledger(states, !this.#tooMany, needed)
    this.#replicas = Array.from({ length: n }, (_, id) => this.#makeReplica(id))
    this.#clients = correctClients(scenario).map((id) => this.#makeClient(id))
    this.#planFaults()
  }

  /** Runs to the end and says what came out. */
  run(): Outcome {
    const end = microseconds(this.#scenario.endMs)
    try {
      while (!this.#done && this.#ledger.violation === undefined) {
        const next = this.#queue.pop()
        if (next === undefined || next.at > end || this.#events >= mostEvents) break
        this.#now = next.at
        this.#events++
        next.what()
      }
      this.#close()
    } catch (cause) {
      if (!(cause instanceof InvariantBroken)) return this.#crashed(cause)
      this.#ledger.broken(cause.message, "a replica or client stops by its own assertion")
    }
    return this.#outcome()
  }

  #crashed(cause: unknown): Outcome {
    this.#ledger.broken("NoException", String(cause))
    return this.#outcome()
  }

  #correct(): ReadonlyArray<ReplicaNode> {
    return this.#replicas.flatMap(({ correct, instances }) =>
      correct ? instances.map(({ node }) => node) : [],
    )
  }

  #say(node: string, what: () => string): void {
    this.#options.story?.({ at: this.#now, node, what: what() })
  }

  #host(send: (to: NodeName, message: WireMessage) => void): Host {
    return {
      now: () => this.#now,
      later: (delay, run) => this.#queue.push(this.#now + delay, run),
      send,
    }
  }

  #recorder(node: TraceNode): Recorder {
    const { write, spec } = this.#options
    return new Recorder(write, runHeader(this.#scenario, spec), node)
  }

  #makeReplica(id: number): Identity {
    const scenario = this.#scenario
    const name = replicaName(id)
    const correct = !byzantineReplicas(scenario).includes(id)
    const behaviours = scenario.byzantine.find(({ replica }) => replica === id)?.behaviours ?? []
    const twins = behaviours.find((b) => b._tag === "Twins")
    const audiences =
      twins === undefined ? [undefined] : [new Set(twins.first), new Set(twins.second)]
    const config = replicaConfig(scenario, id, this.#options.hashing)
    const random = new Random(scenario.seed, `byzantine ${name}`)
    const wrapper = wrapperOf(behaviours, { config, random, hashing: this.#options.hashing })
    const leave = (to: NodeName, message: WireMessage): void => {
      for (const out of wrapper.send({ to, message, authentic: true, after: 0 })) {
        if (out.message !== message || !out.authentic || out.after > 0)
          this.#faults.add("Byzantine")
        this.#send({ from: name, ...out })
      }
    }
    return {
      name,
      correct,
      instances: audiences.map((audience, k) => ({
        audience,
        node: this.#makeInstance({ config, audience, twin: k, leave, correct }),
      })),
      hear: (from, message) => {
        for (const out of wrapper.hear(from, message)) {
          this.#faults.add("Byzantine")
          this.#send({ from: name, ...out })
        }
      },
    }
  }

  #makeInstance(of: {
    readonly config: Config
    readonly audience: Instance["audience"]
    readonly twin: number
    readonly leave: (to: NodeName, message: WireMessage) => void
    readonly correct: boolean
  }): ReplicaNode {
    const { cluster, syncMs, seed } = this.#scenario
    const { config, audience, twin, leave, correct } = of
    const name = replicaName(config.id)
    const send = (to: NodeName, message: WireMessage): void => {
      if (audience !== undefined && !audience.has(to)) return
      const high = node.state.log.low + config.logSize
      if (correct) this.#ledger.sent({ config, message, high, holds: node.holds })
      leave(to, message)
    }
    const recorder = correct ? this.#recorder({ kind: "replica", id: config.id }) : undefined
    const node: ReplicaNode = new ReplicaNode({
      config,
      ...driverOptions(cluster),
      sync: [microseconds(syncMs[0]), microseconds(syncMs[1])],
      rate: clockRate(this.#scenario, name),
      hashing: this.#options.hashing,
      host: this.#host(send),
      random: new Random(seed, `disk ${name} ${twin}`),
      recorder,
      stepped: (what) => this.#replicaStepped(twin === 0 ? name : `${name}'`, correct, what),
    })
    return node
  }

  #makeClient(id: number): ClientNode {
    const { requests, cluster } = this.#scenario
    const name = clientName(id)
    const node = { kind: "clients" as const, from: id, to: id, firstTimestamp: 0 }
    return new ClientNode({
      config: clientConfig(this.#scenario, id, this.#options.hashing),
      cluster,
      requests: requests.filter(({ client }) => client === id),
      rate: clockRate(this.#scenario, name),
      host: this.#host((to, message) =>
        this.#send({ from: name, to, message, authentic: true, after: 0 }),
      ),
      recorder: this.#recorder(node),
      stepped: (what) => this.#clientStepped(name, what),
    })
  }

  #replicaStepped(name: string, correct: boolean, what: ReplicaStepped): void {
    if (correct) {
      this.#countAction(name, what.step.action)
      this.#ledger.stepped(what)
      if (what.step.action === "Execute") this.#executedAt = this.#now
    }
    this.#options.inspect?.(what)
    this.#say(name, () => replicaStory(what))
  }

  #countAction(name: string, action: string): void {
    this.#actions.add(action)
    this.#actionsBy.add(`${name} ${action}`)
  }

  #clientStepped(name: NodeName, what: ClientStepped): void {
    this.#countAction(name, what.step.action)
    this.#say(name, () => clientStory(what))
  }

  #send(sent: {
    readonly from: NodeName
    readonly to: NodeName
    readonly message: WireMessage
    readonly authentic: boolean
    readonly after: number
  }): void {
    const { from, to, message, authentic, after } = sent
    const link = { from, to, name: nameOf(message) }
    const delays = this.#network.delays(this.#now, link)
    const odd = networkStory(link, delays)
    if (odd !== undefined && message._tag !== "Progress") this.#say("net", () => odd)
    for (const delay of delays) {
      this.#queue.push(this.#now + after + delay, () => {
        if (authentic) this.#deliver(from, to, message)
        else this.#say(to, () => `drops ${messageText(message)} from ${from}: BadAuthenticator`)
      })
    }
  }

  #deliver(from: NodeName, to: NodeName, message: WireMessage): void {
    if (!isReplicaName(to)) {
      const client = this.#clients[idOf(to)]
      if (client === undefined || message._tag !== "Reply") return
      return client.receive({ _tag: "Receive", message: message as Authentic<Reply> })
    }
    const identity = this.#replicas[idOf(to)]
    if (identity === undefined) return
    if (!identity.correct) identity.hear(from, message)
    for (const node of hearers(identity, from)) this.#receive(node, message)
  }

  #receive(node: ReplicaNode, message: WireMessage): void {
    if (message._tag === "Progress") return node.told(message)
    const input = inputOf(node.config, message, node.accepts)
    if (typeof input !== "string") return node.receive(input)
    this.#faults.add(input)
    this.#say(replicaName(node.config.id), () => `drops ${messageText(message)}: ${input}`)
  }

  #planFaults(): void {
    const { faults, calmAtMs } = this.#scenario
    for (const name of standingFaults(this.#scenario)) this.#faults.add(name)
    for (const fault of faults) {
      if (fault._tag === "Crash") this.#planCrash(fault)
      else if (fault._tag === "Say") this.#planSaying(fault)
      else this.#faults.add("Cut")
    }
    this.#queue.push(microseconds(calmAtMs), () => {
      this.#say("fault", () => "calm: no more faults but the Byzantine replicas")
      this.#look()
    })
  }

  #planCrash({ replica, atMs, forMs, tail, wiped }: Crash): void {
    const { calmAtMs } = this.#scenario
    const name = replicaName(replica)
    const nodes = this.#replicas[replica]?.instances.map(({ node }) => node) ?? []
    this.#queue.push(microseconds(atMs), () => {
      if (!nodes.every(({ up }) => up)) return
      for (const name of ["Crash", `Crash ${wiped === true ? "wiped" : tail}`])
        this.#faults.add(name)
      const kept = nodes.map((node) => node.crash(tail)).join(", ")
      this.#say("fault", () => `${name} stops; the disk kept ${kept} of the records under way`)
      if (forMs === null) return
      const back = Math.max(this.#now, microseconds(Math.min(atMs + forMs, calmAtMs)))
      this.#queue.push(back, () => {
        const how = wiped === true ? ", its disk is lost" : ""
        this.#say("fault", () => `${name} starts again${how}`)
        for (const node of nodes) node.restart(wiped === true)
      })
    })
  }

  #planSaying(say: Say): void {
    const { cluster } = this.#scenario
    const config = replicaConfig(this.#scenario, 0, this.#options.hashing)
    const message: Message = messageOf({ cluster, config }, say)
    this.#queue.push(microseconds(say.atMs), () => {
      this.#faults.add("Say")
      for (const to of say.to) {
        this.#send({ from: say.from, to, message, authentic: true, after: 0 })
      }
    })
  }

  // Whether everything that must happen has happened; an excuse may still become void.
  #look(): void {
    const { missing, excuse } = this.#demand()
    const patience = this.#tooMany ? excusedMs : quietMs
    const waited = Math.min(this.#calm(), (this.#now - this.#executedAt) / 1000)
    this.#done = missing === null && (excuse === null || waited >= patience)
    if (!this.#done) this.#queue.push(this.#now + microseconds(lookMs), () => this.#look())
  }

  #observed = () => this.#clients.flatMap((client) => client.observed)
  #reads = () => this.#scenario.cluster.readOnly === true
  #left = () => this.#clients.reduce((sum, { left }) => sum + left, 0)

  #demand(): Demand {
    if (this.#tooMany) return { missing: null, excuse: "more than f replicas are faulty" }
    const executed = Math.max(0, ...this.#ledger.executions.keys())
    const correct = correctOf(groupOf(this.#scenario.cluster.n), this.#correct(), executed)
    return demandOf(correct, this.#left() + notFinal(this.#ledger, this.#observed(), this.#reads()))
  }

  // The end: what must have happened by now, and the traces as complete files.
  #close(): void {
    if (this.#ledger.violation === undefined) this.#judge()
    for (const { instances } of this.#replicas) {
      for (const { node } of instances) {
        node.restart()
        node.end()
      }
    }
    for (const client of this.#clients) client.end()
  }

  #judge(): void {
    const [ledger, observed] = [this.#ledger, this.#observed()]
    const wrong =
      invented(ledger, observed, correctClients(this.#scenario)) ??
      notLinear(ledger, observed, this.#reads())
    if (wrong !== undefined) return ledger.broken(wrong.property, wrong.why)
    this.#views = viewsOf(this.#correct())
    const { missing, excuse } = this.#demand()
    this.#excuse = excuse
    if (missing === null) return
    ledger.broken("Liveness", `${missing}, ${this.#calm()} ms after the faults ended`)
  }

  #calm(): number {
    return Math.round(this.#now / 1000 - this.#scenario.calmAtMs)
  }

  #outcome(): Outcome {
    const { violation } = this.#ledger
    const { requests } = this.#scenario
    const atMs = this.#now / 1000
    assert(requests.length >= this.#left(), "no client has more requests than the scenario")
    return {
      violation: violation === undefined ? null : { ...violation, atMs },
      requests: requests.length,
      completed: requests.length - this.#left(),
      excused: this.#excuse,
      virtualMs: atMs,
      events: this.#events,
      actions: this.#actions.sorted(),
      actionsBy: this.#actionsBy.sorted(),
      views: this.#views,
      executions: executed(this.#ledger),
      faults: this.#faults.sorted(),
      network: this.#network.counts,
      noise: this.#network.noise,
    }
  }
}
