/**
 * What the correct replicas of a run have said and done, and the safety properties of
 * spec/properties.md over it. It sees everything and forgets nothing, unlike a replica, so it also
 * finds what two replicas do at very different times.
 */
import type { ClientId, Digest, ReplicaId, Seq, Timestamp, View } from "../core/ids.ts"
import { pendingExecution } from "../core/pbft/execution.ts"
import { recoveringReplica } from "../core/recovery-request.ts"
import { supportsCommit, typeOK } from "../core/pbft/invariants.ts"
import type { PeerMessage } from "../core/pbft/message.ts"
import { type Config, isFinal, type State } from "../core/pbft/state.ts"
import type { Request } from "../core/request.ts"
import * as Window from "../core/window.ts"
import { CarryOver } from "./carry-over.ts"
import { recordKey } from "./disk.ts"
import type { ReplicaStepped, Sent } from "./host.ts"
import { nameOf } from "./message-name.ts"
import type { Monitor } from "./protocol.ts"

export interface Violation {
  /** The name of spec/properties.md, or what the code itself asserts. */
  readonly property: string
  readonly why: string
}

/** A batch as it was executed, by whoever did it first. */
export interface Execution {
  readonly requests: ReadonlyArray<Request>
  readonly results: ReadonlyArray<string>
}

/** What a message promises: of which number of which view what is said. */
interface Promised {
  readonly view: View
  readonly seq: Seq
  readonly content: string
  /** The kind of the record that must be durable before it leaves. */
  readonly record: string
}

/** Undefined for what promises nothing: requests for batches, batches, replies. */
const promised = (message: Sent["message"]): Promised | undefined => {
  switch (message._tag) {
    case "PrePrepare":
    case "Prepare":
      return { ...message, content: message.digest, record: "PrePrepared" }
    case "Commit":
      return { ...message, content: message.digest, record: "Prepared" }
    case "Checkpoint":
      return { view: 0, seq: message.seq, content: message.digest, record: "CheckpointTaken" }
    case "ViewChange":
      return { view: message.view, seq: 0, content: JSON.stringify(message), record: "ViewLeft" }
    case "NewView":
      return {
        view: message.view,
        seq: 0,
        content: JSON.stringify(message),
        record: "NewViewTaken",
      }
    default:
      return undefined
  }
}

/** Whether what the message promises is on the disk that `holds` asks. */
export const isDurable = (message: Sent["message"], holds: (key: string) => boolean): boolean => {
  const about = promised(message)
  return about === undefined || holds(recordKey(about.record, about))
}

const enteringOf = (view: View) => ({ view, seq: 0, content: "" })

type Vote = Extract<PeerMessage, { readonly _tag: "PrePrepare" | "Prepare" | "Commit" }>

const isVote = (message: Sent["message"]): message is Vote =>
  message._tag === "PrePrepare" || message._tag === "Prepare" || message._tag === "Commit"

/** What clients asked for: the service is not asked to take a replica back. */
export const asked = (
  config: Parameters<typeof recoveringReplica>[0],
  { requests, results }: Execution,
): Execution => {
  const isAsked = requests.map((r) => recoveringReplica(config, r.client) === undefined)
  const keep = (_: unknown, k: number): boolean => isAsked[k] === true
  return { requests: requests.filter(keep), results: results.filter(keep) }
}

export class Ledger implements Monitor {
  /** The first property that broke. */
  violation: Violation | undefined
  readonly executions = new Map<Seq, Execution>()
  readonly #states: () => ReadonlyArray<State>
  readonly #tolerable: boolean
  readonly #prepared = new Map<string, Digest>()
  readonly #committed = new Map<Seq, Digest>()
  readonly #checkpoints = new Map<Seq, Digest>()
  readonly #said = new Map<string, string>()
  readonly #carryOver: CarryOver
  readonly #placed = new Map<string, Seq>()
  /** By replica what it executed tentatively. */
  readonly #tentative = new Map<ReplicaId, Execution & { readonly seq: Seq }>()

  /**
   * `states`: those of all correct replicas, also of stopped ones. With more than f faulty ones
   * (not `tolerable`) there are too few for a quorum's support, and that is not looked at.
   * `needed`: how many correct ones are in any quorum.
   */
  constructor(states: () => ReadonlyArray<State>, tolerable: boolean, needed = 1) {
    this.#carryOver = new CarryOver(needed)
    this.#states = states
    this.#tolerable = tolerable
  }

  /** The last number that a correct replica has executed. */
  get executed(): Seq {
    return Math.max(0, ...this.executions.keys())
  }

  broken(property: string, why: string): void {
    this.violation ??= { property, why }
  }

  stepped({ config, before, input, step }: ReplicaStepped): void {
    if (step.state === before) return
    const wrong = typeOK(config, step.state)
    if (wrong !== null) this.broken("TypeOK", `replica ${config.id}: ${wrong}`)
    const starts = input._tag === "Restart" || input._tag === "Rejoin" || input._tag === "Recover"
    if (!starts) this.#slots(config, before, step.state)
    if (input._tag === "Executed") this.#executed({ config, before, input, step })
    if (step.state.undo === undefined) this.#tentative.delete(config.id)
  }

  // What was executed tentatively counts when it is settled.
  #executed({ config, before, input, step }: ReplicaStepped): void {
    if (input._tag !== "Executed") return
    const { seq, results } = input
    const requests = pendingExecution(config, before)?.requests ?? []
    if (step.action === "Execute") this.#execution(config, seq, { requests, results })
    if (step.action === "ExecuteTentatively") {
      this.#tentative.set(config.id, { seq, requests, results })
    }
    if (step.action !== "Settle") return
    const settled = this.#tentative.get(config.id)
    if (settled !== undefined) this.#execution(config, settled.seq, settled)
  }

  /** A correct replica's message leaves. */
  sent({ config, message, high, holds }: Sent): void {
    const about = promised(message)
    if (about === undefined) return
    const { id } = config
    const { view, seq, content, record } = about
    const name = nameOf(message)
    if (seq > high) this.broken("Watermarks", `replica ${id} sends ${name}, above ${high}`)
    const entered = seq === 0 || view === 0 || holds(recordKey("ViewEntered", enteringOf(view)))
    if (!isDurable(message, holds) || !entered) {
      const lacking = entered ? record : "ViewEntered"
      const why = `replica ${id} sends ${name}, and no ${lacking} is on its disk`
      this.broken("SentIsDurable", why)
    }
    const topic = `${id} ${name}`
    const said = this.#said.get(topic)
    if (said !== undefined && said !== content) {
      this.broken("NoEquivocation", `replica ${id} sends two different ${name}`)
    }
    this.#said.set(topic, content)
    if (message._tag === "Checkpoint") this.#checkpoint(id, seq, content)
    else this.#carry(message)
  }

  #carry(message: Sent["message"]): void {
    if (!this.#tolerable || !isVote(message)) return
    const lost = this.#carryOver.add(message)
    if (lost !== undefined) this.broken("CarryOver", `sequence number ${lost}`)
  }

  #slots(config: Config, before: State, after: State): void {
    if (before.log === after.log) return
    for (const seq of Window.occupied(after.log)) {
      if (
        Window.covers(before.log, seq) &&
        Window.get(before.log, seq) === Window.get(after.log, seq)
      ) {
        continue
      }
      const { phase, digest } = Window.get(after.log, seq)
      if (phase !== "prepared" && !isFinal(phase)) continue
      this.#same("PreparedUnique", this.#prepared, { key: `${after.view} ${seq}`, digest, seq })
      const was = Window.covers(before.log, seq) ? Window.get(before.log, seq).phase : "empty"
      if (!isFinal(phase) || isFinal(was)) continue
      this.#same("Agreement", this.#committed, { key: seq, digest, seq })
      this.#support(config, after, seq)
    }
  }

  #same<K>(
    property: string,
    known: Map<K, Digest>,
    now: { readonly key: K; readonly digest: Digest; readonly seq: Seq },
  ): void {
    const other = known.get(now.key)
    known.set(now.key, other ?? now.digest)
    if (other === undefined || other === now.digest) return
    this.broken(property, `sequence number ${now.seq}: ${other} and ${now.digest}`)
  }

  #support(config: Config, state: State, seq: Seq): void {
    if (!this.#tolerable) return
    const { quorum, f } = config.group
    const supporters = this.#states().filter((s) => supportsCommit(state, s, seq)).length
    if (supporters >= quorum - f) return
    const why = `replica ${config.id} commits ${seq}, and ${supporters} correct ones support it`
    this.broken("CommitSupport", why)
  }

  #checkpoint(replica: ReplicaId, seq: Seq, digest: Digest): void {
    const known = this.#checkpoints.get(seq)
    if (known === undefined) this.#checkpoints.set(seq, digest)
    else if (known !== digest) {
      this.broken("CheckpointAgreement", `replica ${replica} has another checkpoint at ${seq}`)
    }
  }

  #execution(config: Config, seq: Seq, execution: Execution): void {
    const { requests, results } = asked(config, execution)
    const first = this.executions.get(seq)
    if (first === undefined) {
      this.executions.set(seq, { requests, results })
      requests.forEach((r) => this.#place(r.client, r.timestamp, seq))
      return
    }
    const text = (all: ReadonlyArray<Request>): string =>
      all.map((r) => `${r.client} ${r.timestamp} ${r.operation}`).join("\n")
    if (text(first.requests) !== text(requests)) {
      const why = `replica ${config.id} executes other requests at ${seq} than the first to do it`
      this.broken("ExecutionPrefix", why)
    } else if (first.results.join("\n") !== results.join("\n")) {
      this.broken("ExecutionPrefix", `replica ${config.id} has other results at ${seq}`)
    }
  }

  #place(client: ClientId, timestamp: Timestamp, seq: Seq): void {
    const key = `${client} ${timestamp}`
    const before = this.#placed.get(key)
    this.#placed.set(key, seq)
    if (before === undefined) return
    const why = `request ${timestamp} of client ${client} is executed at ${before} and at ${seq}`
    this.broken("AtMostOnce", why)
  }

  /** Where a request was executed. */
  placeOf(client: ClientId, timestamp: Timestamp): Seq | undefined {
    return this.#placed.get(`${client} ${timestamp}`)
  }
}
