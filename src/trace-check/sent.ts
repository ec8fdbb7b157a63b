/**
 * What each process has said so far, in bounded memory: the newest sequence numbers of each
 * replica, the newest requests and replies of each client. A question about something older is
 * answered with "forgotten", never with a guess.
 */
import type { Bytes, ClientId, Digest, ReplicaId, Seq, Timestamp, View } from "../core/ids.ts"
import { isWhole } from "../core/pbft/big-requests.ts"
import type { Committed, SlotMessage } from "../core/pbft/message.ts"
import type { Request } from "../core/request.ts"
import type { Place } from "./finding.ts"

export type Known = "said" | "unsaid" | "forgotten"

/** A message about a sequence number. */
export type NumberMessage = SlotMessage | Committed

/** What a replica said of a sequence number; `view` is 0 for what is of any. */
export interface Saying {
  readonly type: NumberMessage["_tag"]
  readonly view: View
  readonly seq: Seq
  readonly digest: Digest
  /** A pre-prepare that only names some of its requests: who said it has not said all of it. */
  readonly short?: true
  readonly place: Place
}

/** Sayings about one sequence number: a few in each of many views. */
const sayingsKept = 256

/** What one replica said of sequence numbers. */
export class Sayings {
  readonly #limit: number
  readonly #bySeq = new Map<Seq, Array<Saying>>()
  /** At or below it, what is not found may have been said. */
  #forgotten: Seq = 0
  /** In views below it, what is not found may have been said. */
  #forgottenViews: View = 0

  #forgottenTold = false

  /** `limit`: how many sequence numbers are remembered. */
  constructor(limit: number) {
    this.#limit = limit
  }

  say(saying: Saying): void {
    const said = this.#bySeq.get(saying.seq)
    if (said !== undefined) {
      if (this.find(saying) !== undefined) return
      said.push(saying)
      if (said.length <= sayingsKept) return
      said.shift()
      this.forget(saying.seq)
      return
    }
    this.#bySeq.set(saying.seq, [saying])
    if (this.#bySeq.size <= this.#limit) return
    for (const oldest of this.#bySeq.keys()) {
      this.#bySeq.delete(oldest)
      this.forget(oldest)
      break
    }
  }

  /** What was said up to `seq` is not known completely any more. */
  forget(seq: Seq): void {
    this.#forgotten = Math.max(this.#forgotten, seq)
  }

  /** What was said in views below `view` is not known completely any more. */
  forgetViews(view: View): void {
    this.#forgottenViews = Math.max(this.#forgottenViews, view)
  }

  /** The same message, where it was said. */
  find({ type, view, seq, digest, short }: Omit<Saying, "place">): Saying | undefined {
    const said = this.#bySeq.get(seq)
    if (said === undefined) return undefined
    for (const s of said) {
      const same = s.type === type && s.view === view && s.digest === digest
      if (same && s.short === short) return s
    }
    return undefined
  }

  /** A message of the same kind, view and sequence number that says something else. */
  contradiction({ type, view, seq, digest }: Omit<Saying, "place">): Saying | undefined {
    const said = this.#bySeq.get(seq)
    return said?.find((s) => s.type === type && s.view === view && s.digest !== digest)
  }

  knows(saying: Omit<Saying, "place">): Known {
    if (this.find(saying) !== undefined) return "said"
    const { type, seq, view } = saying
    const passed = type !== "Checkpoint" && type !== "Committed" && view < this.#forgottenViews
    const told = type === "Committed" && this.#forgottenTold
    return seq <= this.#forgotten || passed || told ? "forgotten" : "unsaid"
  }

  /** What it told of its executions is not known completely any more. */
  forgetTold(): void {
    this.#forgottenTold = true
  }
}

/** A message about a sequence number as a saying of its sender. */
export const sayingOf = (m: NumberMessage): Omit<Saying, "place"> => ({
  type: m._tag,
  view: "view" in m ? m.view : 0,
  seq: m.seq,
  digest: m.digest,
  ...(m._tag === "PrePrepare" && !isWhole(m.batch) ? { short: true } : {}),
})

/** A list of the newest entries by timestamp, ascending. */
class Newest<A extends { readonly timestamp: Timestamp }> {
  readonly #limit: number
  readonly #entries: Array<A> = []
  /** At or below it, what is not found may have been there. */
  #forgotten: Timestamp = 0

  constructor(limit: number) {
    this.#limit = limit
  }

  /** Adds an entry at its place, unless it is older than what is remembered. */
  add(entry: A): void {
    if (entry.timestamp <= this.#forgotten) return
    let at = this.#entries.length
    while (at > 0 && (this.#entries[at - 1] as A).timestamp > entry.timestamp) at--
    this.#entries.splice(at, 0, entry)
    if (this.#entries.length <= this.#limit) return
    const oldest = this.#entries.shift()
    if (oldest !== undefined) this.forget(oldest.timestamp)
  }

  /** The newest entry that the test accepts. */
  find(accept: (entry: A) => boolean): A | undefined {
    for (let k = this.#entries.length - 1; k >= 0; k--) {
      const entry = this.#entries[k] as A
      if (accept(entry)) return entry
    }
    return undefined
  }

  forget(timestamp: Timestamp): void {
    this.#forgotten = Math.max(this.#forgotten, timestamp)
  }

  unknown(timestamp: Timestamp): Known {
    return timestamp <= this.#forgotten ? "forgotten" : "unsaid"
  }
}

/** A request as its client sent it. */
export interface SentRequest {
  readonly timestamp: Timestamp
  readonly operation: Bytes
  /** To whom it went so far: first to the primary of the client's view, then to everyone. */
  receivers: ReadonlySet<ReplicaId>
  readonly place: Place
}

const requestsKept = 32
const repliesKept = 4

/** The requests of each client. */
export class SentRequests {
  readonly #byClient = new Map<ClientId, Newest<SentRequest>>()

  #of(client: ClientId): Newest<SentRequest> {
    const found = this.#byClient.get(client)
    if (found !== undefined) return found
    const made = new Newest<SentRequest>(requestsKept)
    this.#byClient.set(client, made)
    return made
  }

  find({ client, timestamp, operation }: Request): SentRequest | undefined {
    return this.#of(client).find((r) => r.timestamp === timestamp && r.operation === operation)
  }

  /** Another request under the same timestamp: a correct client never has one. */
  contradiction({ client, timestamp, operation }: Request): SentRequest | undefined {
    return this.#of(client).find((r) => r.timestamp === timestamp && r.operation !== operation)
  }

  send(request: Request, to: ReadonlyArray<ReplicaId>, place: Place): void {
    const sent = this.find(request)
    if (sent !== undefined) {
      sent.receivers = new Set([...sent.receivers, ...to])
      return
    }
    const { timestamp, operation } = request
    this.#of(request.client).add({ timestamp, operation, receivers: new Set(to), place })
  }

  forget(client: ClientId, timestamp: Timestamp): void {
    this.#of(client).forget(timestamp)
  }

  /** Whether the request was sent to this replica; without one, to any. */
  knows(request: Request, receiver: ReplicaId | undefined): Known {
    const sent = this.find(request)
    const here = receiver === undefined || sent?.receivers.has(receiver) === true
    if (sent !== undefined && here) return "said"
    return this.#of(request.client).unknown(request.timestamp)
  }
}

export interface SentReply {
  readonly view: View
  readonly timestamp: Timestamp
  readonly result: Bytes
  readonly digest?: true
  readonly tentative?: true
  readonly readOnly?: true
}

const sameMarks = (a: SentReply, b: SentReply): boolean =>
  a.digest === b.digest && a.tentative === b.tentative && a.readOnly === b.readOnly

/** The replies of one replica, by client. */
export class SentReplies {
  readonly #byClient = new Map<ClientId, Newest<SentReply>>()

  #of(client: ClientId): Newest<SentReply> {
    const found = this.#byClient.get(client)
    if (found !== undefined) return found
    const made = new Newest<SentReply>(repliesKept)
    this.#byClient.set(client, made)
    return made
  }

  send(client: ClientId, reply: SentReply): void {
    if (this.knows(client, reply) === "said") return
    const { view, timestamp, result, digest, tentative, readOnly } = reply
    this.#of(client).add({
      view,
      timestamp,
      result,
      ...(digest && { digest }),
      ...(tentative && { tentative }),
      ...(readOnly && { readOnly }),
    })
  }

  forget(client: ClientId, timestamp: Timestamp): void {
    this.#of(client).forget(timestamp)
  }

  knows(client: ClientId, reply: SentReply): Known {
    const { view, timestamp, result } = reply
    const replies = this.#of(client)
    const same = (r: SentReply) =>
      r.timestamp === timestamp && r.view === view && r.result === result && sameMarks(r, reply)
    return replies.find(same) === undefined ? replies.unknown(timestamp) : "said"
  }
}
