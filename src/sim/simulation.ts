/**
 * A run of a scenario: the real machines of replicas and clients in virtual time. First the safety
 * phase with all its faults, then the calm one, in which every request must complete. Two runs of
 * one scenario are equal to the last byte.
 */
import { assert, InvariantBroken } from "../core/assert.ts"
import { EventQueue } from "./event-queue.ts"
import { byzantineReplicas, correctClients, tooManyFaulty } from "./faulty.ts"
import type { Host } from "./host.ts"
import { hearers, type Identity, type Instance } from "./identity.ts"
import { invented, notFinal, notLinear } from "./linear-history.ts"
import { commonTo, missing } from "./liveness.ts"
import { type Named, nameOf } from "./message-name.ts"
import { microseconds, Network } from "./network.ts"
import { executed, type Outcome, standingFaults, viewsOf } from "./outcome.ts"
import type { Back, Protocol, SimulatedClient, SimulatedReplica, Told } from "./protocol.ts"
import {
  clientName,
  type Crash,
  idOf,
  isReplicaName,
  type NodeName,
  type Rekey,
  replicaName,
  type Say,
  type Scenario,
} from "./scenario.ts"
import { networkStory, type StoryLine } from "./story.ts"
import { Tally } from "./tally.ts"
import { groupIn } from "./zyzzyva-config.ts"

/** Told everything that happens in a run. */
export type Listener = (line: StoryLine) => void

/** A run that does not end by itself is stopped after so many events. */
const mostEvents = 4_000_000
/** How often the calm phase looks whether everything is done. */
const lookMs = 50
/** How long the calm phase of a run lasts that need not complete anything. */
const excusedMs = 3000

const backOf = ({ wiped, recovered }: Crash): Back =>
  wiped === true ? "wiped" : recovered === true ? "recovered" : "disk"

const howTold: Readonly<Record<Back, string>> = {
  disk: "",
  wiped: ", its disk is lost",
  recovered: ", to be recovered",
}

export class Simulation<M extends Named> {
  readonly #scenario: Scenario
  readonly #protocol: Protocol<M>
  readonly #told: Listener | undefined
  readonly #queue = new EventQueue<() => void>()
  readonly #network: Network
  readonly #replicas: ReadonlyArray<Identity<M>>
  readonly #clients: ReadonlyArray<SimulatedClient<M>>
  readonly #actions = new Tally()
  readonly #actionsBy = new Tally()
  readonly #faults = new Tally()
  readonly #tooMany: boolean
  /** Who was recovered; of whom everybody knows that it is back. */
  readonly #recovered = new Set<number>()
  readonly #over = new Set<number>()
  /** Whose first key is good no more. */
  readonly #replaced = new Set<number>()
  #now = 0
  #events = 0
  #done = false
  #executedAt = 0
  #views: Outcome["views"] = {}

  /** `told` hears everything that happens, when somebody wants to know. */
  constructor(scenario: Scenario, protocol: Protocol<M>, told?: Listener) {
    this.#scenario = scenario
    this.#protocol = protocol
    this.#told = told
    this.#network = new Network(scenario)
    this.#tooMany = tooManyFaulty(scenario)
    const { n } = scenario.cluster
    this.#replicas = Array.from({ length: n }, (_, id) => this.#makeReplica(id))
    this.#clients = correctClients(scenario).map((id) => this.#makeClient(id))
    this.#planFaults()
  }

  /** Runs to the end and says what came out. */
  run(): Outcome {
    const end = microseconds(this.#scenario.endMs)
    try {
      while (!this.#done && this.#protocol.monitor.violation === undefined) {
        const next = this.#queue.pop()
        if (next === undefined || next.at > end || this.#events >= mostEvents) break
        this.#now = next.at
        this.#events++
        next.what()
      }
      this.#close()
    } catch (cause) {
      if (!(cause instanceof InvariantBroken)) return this.#crashed(cause)
      this.#protocol.monitor.broken(cause.message, "a replica or client stops by its own assertion")
    }
    return this.#outcome()
  }

  #crashed(cause: unknown): Outcome {
    this.#protocol.monitor.broken("NoException", String(cause))
    return this.#outcome()
  }

  #correct(): ReadonlyArray<SimulatedReplica<M>> {
    return this.#replicas.flatMap(({ correct, instances }) =>
      correct ? instances.map(({ node }) => node) : [],
    )
  }

  #say(node: string, what: () => string): void {
    this.#told?.({ at: this.#now, node, what: what() })
  }

  #host(send: (to: NodeName, message: M) => void): Host<M> {
    return {
      now: () => this.#now,
      later: (delay, run) => this.#queue.push(this.#now + delay, run),
      send,
    }
  }

  #makeReplica(id: number): Identity<M> {
    const scenario = this.#scenario
    const name = replicaName(id)
    const correct = !byzantineReplicas(scenario).includes(id)
    const behaviours = scenario.byzantine.find(({ replica }) => replica === id)?.behaviours ?? []
    const twins = behaviours.find((b) => b._tag === "Twins")
    const audiences =
      twins === undefined ? [undefined] : [new Set(twins.first), new Set(twins.second)]
    const liar = this.#protocol.liar(id)
    const leave = (to: NodeName, message: M): void => {
      if (!this.#lies(id)) {
        return this.#send({ from: name, to, message, authentic: true, after: 0 })
      }
      for (const out of liar.send({ to, message, authentic: true, after: 0 })) {
        if (out.message !== message || !out.authentic || out.after > 0)
          this.#faults.add("Byzantine")
        this.#send({ from: name, ...out })
      }
    }
    return {
      name,
      correct,
      instances: audiences.map((audience, twin) => ({
        audience,
        node: this.#makeInstance({ id, audience, twin, leave, correct }),
      })),
      hear: (from, message) => {
        if (!this.#lies(id)) return
        for (const out of liar.hear(from, message)) {
          this.#faults.add("Byzantine")
          this.#send({ from: name, ...out })
        }
      },
    }
  }

  // Who is recovered lies no more; who lies since then waits for everybody to know that.
  #lies(id: number): boolean {
    if (this.#recovered.has(id)) return false
    const since = this.#scenario.byzantine.find(({ replica }) => replica === id)?.since
    if (since === undefined || this.#over.has(since)) return true
    if (!this.#recovered.has(since) || this.#replicas.length === 0) return false
    const back = this.#replicas[since]?.instances ?? []
    if (!back.every(({ node }) => node.standing.up && !node.standing.returning)) return false
    if (!this.#correct().every(({ standing }) => standing.known?.includes(since))) return false
    this.#over.add(since)
    return true
  }

  #makeInstance(of: {
    readonly id: number
    readonly audience: Instance<M>["audience"]
    readonly twin: number
    readonly leave: (to: NodeName, message: M) => void
    readonly correct: boolean
  }): SimulatedReplica<M> {
    const { id, audience, twin, leave, correct } = of
    const name = twin === 0 ? replicaName(id) : `${replicaName(id)}'`
    const host = this.#host((to, message) => {
      if (audience === undefined || audience.has(to)) leave(to, message)
    })
    const stepped = (told: Told): void => {
      if (correct) {
        this.#countAction(name, told.action)
        if (told.action === "Execute") this.#executedAt = this.#now
      }
      this.#say(name, told.story)
    }
    return this.#protocol.replica({ id, twin, correct, host, stepped })
  }

  #makeClient(id: number): SimulatedClient<M> {
    const name = clientName(id)
    const host = this.#host((to, message) =>
      this.#send({ from: name, to, message, authentic: true, after: 0 }),
    )
    const stepped = (told: Told): void => {
      this.#countAction(name, told.action)
      this.#say(name, told.story)
    }
    return this.#protocol.client(id, { host, stepped })
  }

  #countAction(name: string, action: string): void {
    this.#actions.add(action)
    this.#actionsBy.add(`${name} ${action}`)
  }

  #send(sent: {
    readonly from: NodeName
    readonly to: NodeName
    readonly message: M
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
        else
          this.#say(
            to,
            () => `drops ${this.#protocol.textOf(message)} from ${from}: BadAuthenticator`,
          )
      })
    }
  }

  #deliver(from: NodeName, to: NodeName, message: M): void {
    if (!isReplicaName(to)) return this.#clients[idOf(to)]?.hear(message)
    const identity = this.#replicas[idOf(to)]
    if (identity === undefined) return
    if (!identity.correct) identity.hear(from, message)
    for (const node of hearers(identity, from)) {
      const dropped = node.hear(from, message)
      if (dropped === undefined) continue
      this.#faults.add(dropped)
      this.#say(to, () => `drops ${this.#protocol.textOf(message)}: ${dropped}`)
    }
  }

  #planFaults(): void {
    const { faults, calmAtMs } = this.#scenario
    for (const name of standingFaults(this.#scenario)) this.#faults.add(name)
    for (const fault of faults) {
      if (fault._tag === "Crash") this.#planCrash(fault)
      else if (fault._tag === "Say") this.#planSaying(fault)
      else if (fault._tag === "Rekey") this.#planRekeying(fault)
      else this.#faults.add("Cut")
    }
    this.#queue.push(microseconds(calmAtMs), () => {
      this.#say("fault", () => "calm: no more faults but the Byzantine replicas")
      this.#look()
    })
  }

  #planCrash(crash: Crash): void {
    const { replica, atMs, forMs, tail } = crash
    const { calmAtMs } = this.#scenario
    const how = backOf(crash)
    const name = replicaName(replica)
    const nodes = this.#replicas[replica]?.instances.map(({ node }) => node) ?? []
    this.#queue.push(microseconds(atMs), () => {
      if (!nodes.every(({ standing }) => standing.up)) return
      for (const kind of ["Crash", `Crash ${how === "disk" ? tail : how}`]) this.#faults.add(kind)
      const kept = nodes.map((node) => node.crash(tail)).join(", ")
      this.#say("fault", () => `${name} stops; the disk kept ${kept} of the records under way`)
      if (forMs === null) return
      const back = Math.max(this.#now, microseconds(Math.min(atMs + forMs, calmAtMs)))
      this.#queue.push(back, () => {
        this.#say("fault", () => `${name} starts again${howTold[how]}`)
        if (how === "recovered") this.#recovered.add(replica)
        for (const node of nodes) node.restart(how)
        if (this.#scenario.cluster.newKeys === true) this.#rekeyed(replica)
      })
    })
  }

  #planSaying(say: Say): void {
    const message = this.#protocol.said(say)
    this.#queue.push(microseconds(say.atMs), () => {
      this.#faults.add("Say")
      const authentic = say.stolenKey !== true || !this.#replaced.has(idOf(say.from))
      for (const to of say.to) this.#send({ from: say.from, to, message, authentic, after: 0 })
    })
  }

  #planRekeying({ replica, atMs }: Rekey): void {
    this.#queue.push(microseconds(atMs), () => {
      this.#faults.add("Rekey")
      this.#say("fault", () => `${replicaName(replica)} makes a new key`)
      this.#rekeyed(replica)
      for (const { node } of this.#replicas[replica]?.instances ?? []) {
        for (let other = 0; other < this.#replicas.length; other++) {
          if (other !== replica) node.rekeyed?.(other)
        }
      }
    })
  }

  // The others hear it under a new key; who has the old one is heard by nobody.
  #rekeyed(replica: number): void {
    this.#replaced.add(replica)
    for (const [other, { instances }] of this.#replicas.entries()) {
      for (const { node } of other === replica ? [] : instances) node.rekeyed?.(replica)
    }
  }

  // Whether everything that must happen has happened.
  #look(): void {
    const waited = Math.min(this.#calm(), (this.#now - this.#executedAt) / 1000)
    this.#done = this.#missing() === null && (!this.#tooMany || waited >= excusedMs)
    if (!this.#done) this.#queue.push(this.#now + microseconds(lookMs), () => this.#look())
  }

  #left(): number {
    return this.#clients.reduce((sum, { left }) => sum + left, 0)
  }

  #observed = () => this.#clients.flatMap((client) => client.observed)
  #reads = () => this.#scenario.cluster.readOnly === true

  // What must still happen; with more than f faulty replicas nothing must.
  #missing(): string | null {
    if (this.#tooMany) return null
    const running = this.#correct().flatMap(({ standing }) => (standing.up ? [standing] : []))
    const { cluster } = this.#scenario
    const executed =
      cluster.protocol === "zyzzyva"
        ? commonTo(running, groupIn(cluster).f)
        : Math.max(0, ...this.#protocol.monitor.executions.keys())
    const open = this.#left() + notFinal(this.#protocol.monitor, this.#observed(), this.#reads())
    // A primary that lies may let the log stand still, and then nobody comes back.
    const mustReturn = byzantineReplicas(this.#scenario).length === 0
    return missing({ running, executed, mustReturn }, open)
  }

  // The end: what must have happened by now, and the traces as complete files.
  #close(): void {
    if (this.#protocol.monitor.violation === undefined) this.#judge()
    for (const { instances } of this.#replicas) {
      for (const { node } of instances) {
        node.restart()
        node.end()
      }
    }
    for (const client of this.#clients) client.end()
  }

  #judge(): void {
    const observed = this.#observed()
    const wrong =
      invented(this.#protocol.monitor, observed, correctClients(this.#scenario)) ??
      notLinear(this.#protocol.monitor, observed, this.#reads())
    if (wrong !== undefined) return this.#protocol.monitor.broken(wrong.property, wrong.why)
    this.#views = viewsOf(this.#correct().map(({ standing }) => standing))
    const open = this.#missing()
    if (open === null) return
    const when = `${this.#calm()} ms after the faults ended`
    this.#protocol.monitor.broken("Liveness", `${open}, ${when}`)
  }

  #calm(): number {
    return Math.round(this.#now / 1000 - this.#scenario.calmAtMs)
  }

  #outcome(): Outcome {
    const { violation } = this.#protocol.monitor
    const { requests } = this.#scenario
    const atMs = this.#now / 1000
    assert(requests.length >= this.#left(), "no client has more requests than the scenario")
    return {
      violation: violation === undefined ? null : { ...violation, atMs },
      requests: requests.length,
      completed: requests.length - this.#left(),
      excused: this.#tooMany && violation === undefined ? "more than f replicas are faulty" : null,
      virtualMs: atMs,
      events: this.#events,
      actions: this.#actions.sorted(),
      actionsBy: this.#actionsBy.sorted(),
      views: this.#views,
      executions: executed(this.#protocol.monitor),
      faults: this.#faults.sorted(),
      network: this.#network.counts,
      noise: this.#network.noise,
    }
  }
}
