/**
 * Properties of a whole run of Zyzzyva, checked on the merged events and independently of `step`:
 * of the histories of two complete requests one extends the other, and no later view has another
 * one; equal histories give equal results and checkpoints; a request is executed once in a history;
 * a client's result is that of its request; a restart loses nothing that was durable. A history is
 * a chain of digests, so equal digests are equal histories. Memory is bounded.
 */
import * as ClientTable from "../core/client-table.ts"
import type { Bytes, ClientId, Digest, ReplicaId, Seq, Timestamp, View } from "../core/ids.ts"
import { forgetOldest } from "../core/oldest.ts"
import { fullProjection } from "../core/zyzzyva/projection.ts"
import { pendingExecution } from "../core/zyzzyva/execution.ts"
import { durableRecords, restart } from "../core/zyzzyva/restart.ts"
import type { Config, State } from "../core/zyzzyva/state.ts"
import * as Window from "../core/window.ts"
import { firstDifference, shortJson } from "./difference.ts"
import { type Place, type Rule, reject } from "./finding.ts"
import { nodeOf } from "./merge.ts"
import type { SketcherEvent } from "./event.ts"
import {
  type ClientEvent,
  laneStep,
  type ReplicaEvent,
  type ReplicaGap,
  type ZyzzyvaEvent,
} from "./zyzzyva-event.ts"

/** Histories, executions and checkpoints that are kept, in multiples of the log size. */
const logsKept = 8

/** What one replica had from a batch; the others with the same history must have the same. */
interface Execution {
  readonly seq: Seq
  readonly where: string
  readonly results: ReadonlyArray<Answered>
}

interface Answered {
  readonly client: ClientId
  readonly timestamp: Timestamp
  readonly result: Bytes
}

/** What is complete at a number. */
interface Final {
  readonly history: Digest
  readonly view: View
  readonly where: string
}

const whereOf = ({ file, line }: Place): string => `${file}:${line}`

/** A map that forgets its oldest entries. */
class Recent<K, V> {
  readonly #limit: number
  readonly #entries = new Map<K, V>()

  constructor(limit: number) {
    this.#limit = limit
  }

  get(key: K): V | undefined {
    return this.#entries.get(key)
  }

  set(key: K, value: V): void {
    this.#entries.set(key, value)
    forgetOldest(this.#entries, this.#limit)
  }
}

export class ZyzzyvaMonitor {
  readonly #configs: ReadonlyMap<ReplicaId, Config>
  /** By a history the one without its last batch. */
  readonly #parents: Recent<Digest, Digest>
  readonly #finals: Recent<Seq, Final>
  readonly #executions: Recent<Digest, Execution>
  readonly #checkpoints: Recent<Digest, { readonly digest: Digest; readonly where: string }>
  readonly #stable: Recent<Seq, { readonly digest: Digest; readonly where: string }>
  readonly #last = new Map<ReplicaId, Map<ClientId, Timestamp>>()
  #executed: Seq = 0
  #requests = 0
  #results = 0
  #uncompared = 0

  constructor(configs: ReadonlyMap<ReplicaId, Config>, logSize: number) {
    const kept = logsKept * logSize
    this.#configs = configs
    this.#parents = new Recent(kept)
    this.#finals = new Recent(kept)
    this.#executions = new Recent(kept)
    this.#checkpoints = new Recent(kept)
    this.#stable = new Recent(kept)
  }

  /** The highest executed sequence number. */
  get executed(): Seq {
    return this.#executed
  }

  /** Different requests executed, each in its history. */
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

  take(event: ZyzzyvaEvent): void {
    if (event._tag === "ReplicaStep") this.#replica(event)
    else if (event._tag === "ClientStep") this.#client(event)
    else if (event._tag === "SketcherStep") this.#sketcher(event)
    else if (event._tag === "ReplicaGap") this.#gap(event)
  }

  #replica(event: ReplicaEvent): void {
    const { step, replica, input } = event
    if (input._tag === "Restart") return this.#restart(event)
    // What was durable is lost, and it says so.
    if (input._tag === "Rejoin") return void this.#last.set(replica, timestampsOf(step.state))
    for (const effect of step.effects) {
      if (effect._tag === "Persist" && effect.record._tag === "Ordered") {
        this.#ordered(step.state, effect.record.seq, effect.record.slot.history)
      }
      if (effect._tag === "Persist" && effect.record._tag === "CheckpointTaken") {
        const { history, digest } = effect.record
        this.#same(event, "Checkpoint", this.#checkpoints, [history, digest])
      }
      if (effect._tag === "Restore") this.#last.set(replica, timestampsOf(step.state))
    }
    const { seq, digest } = step.state.stable
    if (step.state.stable !== event.before.stable) {
      this.#same(event, "Checkpoint", this.#stable, [seq, digest])
    }
    if (step.action === "Execute") this.#execute(event)
  }

  #ordered(state: State, seq: Seq, history: Digest): void {
    const before =
      seq === state.log.low + 1
        ? state.checkpoints[0]?.history
        : Window.covers(state.log, seq - 1)
          ? Window.get(state.log, seq - 1).history
          : undefined
    if (before !== undefined) this.#parents.set(history, before)
  }

  #execute(event: ReplicaEvent): void {
    const { step, replica, place } = event
    const { view, executed: seq } = step.state
    const config = this.#configs.get(replica) as Config
    const results = resultsIn(config, event)
    this.#atMostOnce(event, results)
    // The batch was in the log when it was executed; a checkpoint may have taken it since.
    const { history } = Window.get(event.before.log, seq)
    this.#carriedOver(event, seq, view, history)
    // A witness has no results.
    if (config.witness) return
    const first = this.#executions.get(history)
    if (first === undefined) {
      const where = `replica ${replica} at ${whereOf(place)}`
      this.#executions.set(history, { seq, where, results })
      this.#executed = Math.max(this.#executed, seq)
      this.#requests += results.length
      return
    }
    const difference = firstDifference(first.results, results, "in.results")
    if (difference === undefined) return
    const { path, expected, found } = difference
    const message = `another result than ${first.where} had after the same history`
    this.#reject(event, "Result", message, { field: path, expected, found })
  }

  // What was complete in an earlier view stays.
  #carriedOver(event: ReplicaEvent, seq: Seq, view: View, history: Digest): void {
    const final = this.#finals.get(seq)
    if (final === undefined || final.view >= view || final.history === history) return
    const message = `executes another history than the one that is complete since ${final.where}`
    this.#reject(event, "Agreement", message, { expected: final.history, found: history })
  }

  #atMostOnce(event: ReplicaEvent, results: ReadonlyArray<Answered>): void {
    const last = this.#last.get(event.replica) ?? new Map<ClientId, Timestamp>()
    this.#last.set(event.replica, last)
    for (const { client, timestamp } of results) {
      const before = last.get(client) ?? 0
      if (timestamp <= before) {
        const message = `request ${timestamp} of client ${client} is executed after ${before}`
        this.#reject(event, "AtMostOnce", message, { expected: `> ${before}`, found: timestamp })
      }
      last.set(client, timestamp)
    }
  }

  // Of one history, or of one number that is stable, there is one digest.
  #same<K>(
    event: ReplicaEvent,
    rule: Rule,
    known: Recent<K, { readonly digest: Digest; readonly where: string }>,
    [key, digest]: readonly [K, Digest],
  ): void {
    const other = known.get(key)
    if (other === undefined) {
      known.set(key, { digest, where: whereOf(event.place) })
    } else if (other.digest !== digest) {
      const message = `another checkpoint than at ${other.where}`
      this.#reject(event, rule, message, { expected: other.digest, found: digest })
    }
  }

  // The lanes of a sketcher are clients like others.
  #sketcher(event: SketcherEvent): void {
    const heard = laneStep(event)
    if (heard !== undefined) this.#client(heard)
  }

  #client(event: ClientEvent): void {
    const { step, place, client } = event
    if (!step.effects.some((e) => e._tag === "Complete")) return
    this.#results++
    const { done, result, timestamp } = step.state
    if (done === undefined || result === undefined) return
    const { seq, history } = done
    this.#complete(event, { seq, history, view: viewOf(event) })
    // What is read is executed nowhere.
    if (event.before.readOnly && event.input._tag === "Receive") return
    const execution = this.#executions.get(history)
    const own = execution?.results.find((r) => r.client === client && r.timestamp === timestamp)
    if (own === undefined) {
      this.#uncompared++
      return
    }
    if (own.result === result) return
    const message = `accepted at ${whereOf(place)} what ${execution?.where} did not answer`
    const found = { field: "post.result", expected: own.result, found: result }
    this.#reject(event, "ClientResult", message, found)
  }

  // The complete history and all before it are final: down to where one was known.
  #complete(
    event: ClientEvent,
    { seq, history, view }: { readonly seq: Seq; readonly history: Digest; readonly view: View },
  ): void {
    const where = whereOf(event.place)
    let at: Digest | undefined = history
    for (let n = seq; n > 0 && at !== undefined; n--) {
      const final = this.#finals.get(n)
      if (final !== undefined && final.history !== at) {
        const message = `complete with another history than at ${final.where}, at number ${n}`
        this.#reject(event, "Agreement", message, { expected: final.history, found: at })
      }
      if (final !== undefined) return
      this.#finals.set(n, { history: at, view, where })
      at = this.#parents.get(at)
    }
    if (at === undefined) this.#uncompared++
  }

  #restart(event: ReplicaEvent): void {
    const { before, step, replica } = event
    this.#last.set(replica, timestampsOf(step.state))
    const config = this.#configs.get(replica) as Config
    const expected = restart(config, durableRecords(config, before)).state
    const difference = firstDifference(fullProjection(expected), fullProjection(step.state), "post")
    if (difference === undefined) return
    const { path, expected: want, found } = difference
    const message = "the disk's records do not give the state that was durable before the restart"
    this.#reject(event, "Durability", message, { field: path, expected: want, found })
  }

  // The lines of a trace are of steps whose records were on disk.
  #gap({ replica, before, after, place }: ReplicaGap): void {
    this.#last.set(replica, timestampsOf(after))
    const lost = lostIn(before, after)
    if (lost === undefined) return
    const node = `replica ${replica}`
    const message = `what was durable is lost: ${lost}`
    reject({ ...place, rule: "Durability", node, field: "state", message })
  }

  #reject(
    event: ReplicaEvent | ClientEvent,
    rule: Rule,
    message: string,
    of: { readonly field?: string; readonly expected: unknown; readonly found: unknown },
  ): never {
    const { place, n } = event
    const shown = { expected: shortJson(of.expected), found: shortJson(of.found) }
    const field = of.field ?? "post"
    return reject({ ...place, rule, node: nodeOf(event), step: n, field, ...shown, message })
  }
}

/** What was executed, for whom. */
const resultsIn = (config: Config, { before, input }: ReplicaEvent): ReadonlyArray<Answered> => {
  const requests = pendingExecution(config, before)?.requests ?? []
  const results = input._tag === "Executed" ? input.results : []
  return requests.map(({ client, timestamp }, k) => ({
    client,
    timestamp,
    result: results[k] ?? "",
  }))
}

// The view of the answers, or of the certificate, with which the request is complete.
const viewOf = ({ before, input }: ClientEvent): View => {
  if (input._tag === "Receive") return input.message.view
  return before.certificate?.view ?? 0
}

const timestampsOf = ({ table }: State): Map<ClientId, Timestamp> =>
  new Map(ClientTable.entries(table).map(({ timestamp }, client) => [client, timestamp]))

/** What a state after a restart lacks of what was durable; the spec's SentIsDurable. */
const lostIn = (before: State, after: State): string | undefined => {
  if (after.view < before.view) return `view ${before.view}`
  if (after.stable.seq < before.stable.seq) return `the stable checkpoint ${before.stable.seq}`
  for (const seq of Window.occupied(before.log)) {
    if (!Window.covers(after.log, seq)) continue
    const [was, is] = [Window.get(before.log, seq), Window.get(after.log, seq)]
    const kept = is.history !== "" && (is.view > was.view || is.history === was.history)
    if (!kept) return `the order of number ${seq} in view ${was.view}`
  }
  const lost = before.certificates.find(
    (c) =>
      c.seq > after.log.low && !after.certificates.some((x) => x.seq >= c.seq && x.view >= c.view),
  )
  return lost === undefined ? undefined : `the certificate of number ${lost.seq}`
}
