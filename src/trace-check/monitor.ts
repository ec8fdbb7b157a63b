/**
 * Properties of the whole run, checked on the merged events and independently of `step`:
 * agreement on executed batches, results and checkpoints, at-most-once execution, and that a
 * client's accepted result is the one of the execution. Memory is bounded: what is older than the
 * kept sequence numbers is counted as not compared, never taken for equal.
 */
import type { ClientId, ReplicaId, Seq } from "../core/ids.ts"
import { forgetOldest } from "../core/oldest.ts"
import { allCommitted } from "../core/pbft/invariants.ts"
import type { NewView, PeerMessage, Reply } from "../core/pbft/message.ts"
import type { Config } from "../core/pbft/state.ts"
import type { Traced } from "./open-run.ts"
import { firstDifference, shortJson } from "./difference.ts"
import { lostDisk, lostDurable, restartDifference, startActions } from "./durability.ts"
import type { ClientEvent, PbftEvent, ReplicaEvent, ReplicaGap } from "./event.ts"
import { type Finding, type Place, type Rule, reject } from "./finding.ts"
import type { Misbehaviour } from "./misbehaviour.ts"
import type { Accepted, Execution, MonitorOptions, Outcome } from "./monitor-memory.ts"
import { executedAt, sizeOf, timestamps } from "./monitor-memory.ts"
import { ViewSayings, viewSayingOf } from "./view-sayings.ts"

const logsKept = 4
const outcomesKept = 4
const checkpointsKept = 16
/** How many characters of results are kept for slower replicas. */
const resultsKept = 16 * 1024 * 1024

export class Monitor {
  readonly #traced: Traced
  readonly #resultDigest: Config["resultDigest"]
  readonly #tentative = new Map<ReplicaId, ReadonlyArray<Reply>>()
  readonly #accepted = new Map<ClientId, Accepted>()
  readonly #configs: ReadonlyMap<ReplicaId, Config>
  readonly #kept: number
  readonly #misbehaved: (found: Misbehaviour) => void
  readonly #executions = new Map<Seq, Execution>()
  readonly #checkpoints = new Map<Seq, { readonly digest: string; readonly place: Place }>()
  readonly #last = new Map<ReplicaId, Map<ClientId, number>>()
  readonly #outcomes = new Map<ClientId, Array<Outcome>>()
  readonly #views = new Map<ReplicaId, ViewSayings>()
  #forgotten: Seq = 0
  #resultSize = 0
  #executedSeq: Seq = 0
  #requests = 0
  #results = 0
  #uncompared = 0

  constructor({ traced, configs, logSize, misbehaved, resultDigest }: MonitorOptions) {
    this.#traced = traced
    this.#configs = configs
    this.#kept = logsKept * logSize
    this.#misbehaved = misbehaved
    this.#resultDigest = resultDigest
  }

  /** The highest executed sequence number. */
  get executed(): Seq {
    return this.#executedSeq
  }

  /** Different requests executed. */
  get requests(): number {
    return this.#requests
  }

  /** Results that clients accepted. */
  get results(): number {
    return this.#results
  }

  /** What had nothing left to be compared with. */
  get uncompared(): number {
    return this.#uncompared
  }

  take(event: PbftEvent): void {
    switch (event._tag) {
      case "ReplicaStep":
        return this.#replica(event)
      case "ClientStep":
        return this.#client(event)
      case "ReplicaGap":
        return this.#gap(event)
      case "ClientsGap":
      case "OpenEnd":
        return
    }
  }

  #replica(event: ReplicaEvent): void {
    const { input, step } = event
    for (const effect of step.effects) {
      if (effect._tag === "Broadcast") this.#oneStory(event, effect.message)
    }
    if (step.state.undo === undefined && step.action !== "Settle") {
      this.#tentative.delete(event.replica)
    }
    if (input._tag === "Executed") return this.#executed(event)
    if (step.action === "RecvState") return this.#restored(event)
    if (startActions.has(step.action)) return this.#restart(event)
    if (input._tag === "ReceivePrePrepare") return this.#authenticators(event)
    if (input._tag !== "Receive") return
    if (input.message._tag === "NewView") return this.#unjustified(event, input.message)
    if (input.message._tag === "Checkpoint") {
      const { seq, digest, replica } = input.message
      const known = this.#checkpoints.get(seq)
      if (known === undefined || known.digest === digest) return
      this.#wrongCheckpoint(replica, seq, [known.place, event.place])
    }
  }

  // A correct replica has one VIEW-CHANGE and, as its primary, one NEW-VIEW for a view.
  #oneStory(event: ReplicaEvent, m: PeerMessage): void {
    if (m._tag !== "ViewChange" && m._tag !== "NewView") return
    const { replica, place } = event
    const views = this.#views.get(replica) ?? new ViewSayings()
    this.#views.set(replica, views)
    const saying = viewSayingOf(m)
    const other = views.contradiction(saying)
    views.say({ ...saying, place })
    if (other === undefined) return
    const where = `${other.place.file}:${other.place.line}`
    const message = `another ${m._tag} for view ${m.view} than the one sent at ${where}`
    this.#reject(event, "Equivocation", message, { expected: other.content, found: saying.content })
  }

  // A NEW-VIEW that its own VIEW-CHANGEs do not allow: its receiver gives up the view, or has left.
  #unjustified(event: ReplicaEvent, { view, replica }: NewView): void {
    const { step, place, before } = event
    const left = step.action === "RecvNewView" && step.state.view > view && before.view === view
    if (!left && step.action !== "Ignore:BadNewView") return
    const message = `sent a NewView for view ${view} that its ViewChanges do not allow`
    const places = [place, place] as const
    if (!this.#traced.replicas.has(replica)) {
      this.#misbehaved({
        process: `replica ${replica}`,
        kind: "UnjustifiedNewView",
        message,
        places,
      })
    }
  }

  // What is executed tentatively counts when it is settled.
  #executed(event: ReplicaEvent): void {
    const { replica, step, input } = event
    if (input._tag !== "Executed") return
    const answered = step.effects.flatMap((e) => (e._tag === "SendToClient" ? [e.message] : []))
    // A reply may bear the result's digest; the result itself came from the service. A value that
    // the primary proposed is executed first, and answered to nobody.
    const results = input.results.slice(input.results.length - answered.length)
    const replies = answered.map((m, k) => ({ ...m, result: results[k] ?? m.result }))
    if (step.action === "ExecuteTentatively") this.#tentative.set(replica, replies)
    if (step.action === "Execute") this.#execute(event, replies)
    if (step.action !== "Settle") return
    this.#execute(event, this.#tentative.get(replica) ?? [])
    this.#tentative.delete(replica)
  }

  #execute(event: ReplicaEvent, replies: ReadonlyArray<Reply>): void {
    const { replica, before, step, place, input } = event
    const seq = input._tag === "Executed" ? input.seq : 0
    const { digest } = executedAt(this.#configs.get(replica), before, seq)
    for (const effect of step.effects) {
      if (effect._tag === "Broadcast" && effect.message._tag === "Checkpoint") {
        this.#checkpoint(event, seq, effect.message.digest)
      }
    }
    this.#atMostOnce(event, replies)
    const first = this.#executions.get(seq)
    if (first !== undefined) return this.#compare(event, first, { digest, replies })
    if (seq <= this.#forgotten) {
      this.#uncompared++
      return
    }
    this.#remember(seq, { replica, place, digest, replies })
    for (const r of replies) this.#outcome(event, seq, r)
  }

  // What it fetched is the checkpoint that others took, and it executes nothing of it again.
  #restored(event: ReplicaEvent): void {
    const { replica, step } = event
    for (const effect of step.effects) {
      if (effect._tag !== "Broadcast" || effect.message._tag !== "Checkpoint") continue
      this.#checkpoint(event, effect.message.seq, effect.message.digest)
    }
    this.#last.set(replica, timestamps(step.state))
  }

  #compare(
    event: ReplicaEvent,
    first: Execution,
    now: { readonly digest: string; readonly replies: ReadonlyArray<Reply> },
  ): void {
    const where = `replica ${first.replica} at ${first.place.file}:${first.place.line}`
    if (first.digest !== now.digest) {
      const message = `another batch was executed than by ${where}`
      this.#reject(event, "Agreement", message, { expected: first.digest, found: now.digest })
    }
    const { replies } = first
    if (replies === undefined) {
      this.#uncompared++
      return
    }
    const shown = (all: ReadonlyArray<Reply>) =>
      all.map(({ client, timestamp, result }) => ({ client, timestamp, result }))
    const difference = firstDifference(shown(replies), shown(now.replies), "in.results")
    if (difference !== undefined) {
      const { path, expected, found } = difference
      const field = path.replace(/\.result$/, "")
      const message = `another result than ${where} had`
      this.#reject(event, "Result", message, { field, expected, found })
    }
  }

  #remember(seq: Seq, execution: Execution): void {
    this.#executions.set(seq, execution)
    this.#executedSeq = Math.max(this.#executedSeq, seq)
    this.#requests += execution.replies?.length ?? 0
    this.#resultSize += sizeOf(execution)
    for (const [oldest, old] of this.#executions) {
      const full = this.#executions.size > this.#kept
      if (!full && this.#resultSize <= resultsKept) return
      this.#release(old)
      if (!full) continue
      this.#executions.delete(oldest)
      this.#forgotten = Math.max(this.#forgotten, oldest)
    }
  }

  #release(execution: Execution): void {
    this.#resultSize -= sizeOf(execution)
    execution.replies = undefined
  }

  // One request, one execution: the same sequence number wherever it is executed.
  #outcome(event: ReplicaEvent, seq: Seq, { client, timestamp, result }: Reply): void {
    const outcomes = this.#outcomes.get(client) ?? []
    this.#outcomes.set(client, outcomes)
    const same = outcomes.find((o) => o.timestamp === timestamp)
    if (same !== undefined && same.seq !== seq) {
      const message = `request ${timestamp} of client ${client} is executed at two sequence numbers`
      this.#reject(event, "AtMostOnce", message, { expected: same.seq, found: seq })
    }
    outcomes.push({ timestamp, seq, result, place: event.place })
    const accepted = this.#accepted.get(client)
    if (accepted?.timestamp === timestamp) {
      this.#accepted.delete(client)
      this.#uncompared--
      if (accepted.result !== result) this.#otherResult(accepted.event, accepted.result, result)
    }
    if (outcomes.length > outcomesKept) outcomes.shift()
  }

  #atMostOnce(event: ReplicaEvent, replies: ReadonlyArray<Reply>): void {
    const last = this.#last.get(event.replica) ?? new Map<ClientId, number>()
    this.#last.set(event.replica, last)
    for (const { client, timestamp } of replies) {
      const before = last.get(client) ?? 0
      if (timestamp <= before) {
        const message = `request ${timestamp} of client ${client} is executed after ${before}`
        this.#reject(event, "AtMostOnce", message, { expected: `> ${before}`, found: timestamp })
      }
      last.set(client, timestamp)
    }
  }

  #checkpoint(event: ReplicaEvent, seq: Seq, digest: string): void {
    const { place, before } = event
    const known = this.#checkpoints.get(seq)
    if (known !== undefined && known.digest !== digest) {
      const message = `another checkpoint than at ${known.place.file}:${known.place.line}`
      this.#reject(event, "Checkpoint", message, { expected: known.digest, found: digest })
    }
    if (known === undefined) this.#checkpoints.set(seq, { digest, place })
    const votes = before.checkpointVotes.find((v) => v.seq === seq)?.votes ?? []
    votes.forEach((vote, replica) => {
      if (vote !== "" && vote !== digest) this.#wrongCheckpoint(replica, seq, [place, place])
    })
    forgetOldest(this.#checkpoints, checkpointsKept)
  }

  #wrongCheckpoint(replica: ReplicaId, seq: Seq, places: readonly [Place, Place]): void {
    if (this.#traced.replicas.has(replica)) return
    const message = `vouched for a checkpoint at ${seq} that is not the run's`
    this.#misbehaved({ process: `replica ${replica}`, kind: "WrongCheckpoint", message, places })
  }

  // A correct client's authenticator verifies at every replica; a correct primary keeps it.
  #authenticators(event: ReplicaEvent): void {
    const { input } = event
    if (input._tag !== "ReceivePrePrepare") return
    const { batch, replica } = input.message
    if (!this.#traced.replicas.has(replica) || this.#traced.newKeys === true) return
    const bad = batch.findIndex(
      (r, k) => input.verdicts[k] !== true && this.#traced.clients.has(r.client),
    )
    if (bad < 0) return
    const message =
      `the authenticator of client ${batch[bad]?.client} failed here, although replica ` +
      `${replica} accepted it: do the two share the client's secret?`
    this.#reject(event, "Authenticator", message, { field: `in.failed`, found: bad })
  }

  #restart(event: ReplicaEvent): void {
    const { step, replica } = event
    this.#last.set(replica, timestamps(step.state))
    if (event.input._tag === "Rejoin") return void this.#views.delete(replica)
    const difference = restartDifference(this.#configs.get(replica) as Config, event)
    if (difference === undefined) return
    const { path, expected: want, found } = difference
    const message = "the disk's records do not give the state that was durable before the restart"
    this.#reject(event, "Durability", message, { field: path, expected: want, found })
  }

  #gap(event: ReplicaGap): void {
    const { replica, after, place } = event
    this.#last.set(replica, timestamps(after))
    if (lostDisk(event)) this.#views.delete(replica)
    const lost = lostDurable(replica, event)
    if (lost !== undefined) {
      const { field, expected, found, message } = lost
      const node = `replica ${replica}`
      const shown = { expected: shortJson(expected), found: shortJson(found) }
      reject({ ...place, rule: "Durability", node, field, ...shown, message })
    }
    for (const { seq, digest } of [...allCommitted(after), ...after.told.own]) {
      const known = this.#executions.get(seq)
      if (known === undefined || known.digest === digest) continue
      const node = `replica ${replica}`
      const message = `another batch is committed at ${seq} than replica ${known.replica} executed`
      const shown = { expected: known.digest, found: digest }
      reject({ ...place, rule: "Agreement", node, field: "state.slot", ...shown, message })
    }
  }

  #client(event: ClientEvent): void {
    const { client, step, input, before } = event
    if (input._tag !== "Receive") return
    const { timestamp, result, replica, digest, readOnly, tentative } = input.message
    const outcome = this.#outcomes.get(client)?.find((o) => o.timestamp === timestamp)
    const answersOrder = readOnly !== true && tentative !== true
    if (outcome !== undefined && answersOrder) {
      const expected = digest === true ? this.#resultDigest(outcome.result) : outcome.result
      if (expected !== result) this.#wrongReply(event, replica, outcome.place)
    }
    const accepted = step.effects.find((e) => e._tag === "Complete")
    if (accepted === undefined) return
    this.#results++
    // What was read has no execution: states of different replicas answer differently.
    if (before.readOnly) return
    before.replies.forEach((reply, other) => {
      if (reply === undefined || reply.tentative !== undefined) return
      const expected = reply.digest ? this.#resultDigest(accepted.result) : accepted.result
      if (reply.result !== expected) this.#wrongReply(event, other, event.place)
    })
    if (outcome === undefined) {
      this.#uncompared++
      this.#accepted.set(client, { timestamp, result: accepted.result, event })
    } else if (outcome.result !== accepted.result) {
      this.#otherResult(event, accepted.result, outcome.result)
    }
  }

  #otherResult(event: ClientEvent, found: string, expected: string): never {
    const message = "the client accepted another result than the execution had"
    this.#reject(event, "ClientResult", message, { expected, found })
  }

  #wrongReply(event: ClientEvent, replica: ReplicaId, executed: Place): void {
    if (this.#traced.replicas.has(replica)) return
    const message = `answered client ${event.client} with a result that no execution had`
    const places = [executed, event.place] as const
    this.#misbehaved({ process: `replica ${replica}`, kind: "WrongReply", message, places })
  }

  #reject(
    event: ReplicaEvent | ClientEvent,
    rule: Rule,
    message: string,
    shown: { readonly field?: string; readonly expected?: unknown; readonly found?: unknown },
  ): never {
    const { place, n } = event
    const node =
      event._tag === "ReplicaStep" ? `replica ${event.replica}` : `client ${event.client}`
    const finding: Finding = { ...place, rule, node, step: n, message }
    const { field, expected, found } = shown
    return reject({
      ...finding,
      ...(field === undefined ? {} : { field }),
      ...(expected === undefined ? {} : { expected: shortJson(expected) }),
      ...(found === undefined ? {} : { found: shortJson(found) }),
    })
  }
}
