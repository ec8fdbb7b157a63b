/**
 * Watches the replicas' answers to each request of a sketcher, for a service whose answers are not
 * of the agreed state: sees where enough equal ones cannot come any more, and which replica's
 * origin is alone with its answer.
 *
 * Outside the specification: answers that differ without a lie. There a result is a function of the
 * log; a call whose answers differ waits until its client gives up (SketcherGiveUp).
 */
import type { Bytes, ClientId, ReplicaId, Timestamp } from "../core/ids.ts"
import type { Reply } from "../core/pbft/message.ts"
import { decodePlaced } from "../core/prophecy/position.ts"
import { responseDifferences } from "../web/difference.ts"

/** The answers to a client's last request, by replica. */
interface Heard {
  readonly timestamp: Timestamp
  readonly results: Array<Bytes | undefined>
  /** Replicas whose difference was told. */
  readonly told: Set<ReplicaId>
  /** Nothing can be found any more. */
  isOver: boolean
}

/** One replica's answer beside another's. */
export interface Difference {
  readonly replica: ReplicaId
  readonly other: ReplicaId
  readonly what: ReadonlyArray<string>
}

export interface Finding {
  /** No answer can be given by enough replicas any more. */
  readonly isHopeless: boolean
  /** The replicas whose answers are not the most frequent one; empty until that is known. */
  readonly differences: ReadonlyArray<Difference>
}

const nothing: Finding = { isHopeless: false, differences: [] }

const compare = (results: Heard["results"], replica: ReplicaId, other: ReplicaId): Difference => {
  const [one, two] = [replica, other].map((r) => decodePlaced(results[r] ?? "").result)
  return { replica, other, what: responseDifferences(one ?? "", two ?? "") }
}

export class AnswerWatch {
  readonly #n: number
  readonly #quorum: number
  readonly #heard = new Map<ClientId, Heard>()

  constructor(n: number, quorum: number) {
    this.#n = n
    this.#quorum = quorum
  }

  /** A replica's answer; what is new about the request with it. */
  heard({ client, timestamp, replica, result }: Reply): Finding {
    const heard = this.#of(client, timestamp)
    const { results, told } = heard
    if (heard.timestamp !== timestamp || heard.isOver || results[replica] !== undefined) {
      return nothing
    }
    results[replica] = result
    const count = (r: Bytes | undefined): number => results.filter((other) => other === r).length
    const missing = count(undefined)
    const most = Math.max(...results.map((r) => (r === undefined ? 0 : count(r))))
    const isHopeless = most + missing < this.#quorum
    const best = results.findIndex((r) => r !== undefined && count(r) === most)
    const apart = results.flatMap((r, at) => (r === undefined || r === results[best] ? [] : [at]))
    const due = most >= this.#quorum || isHopeless ? apart.filter((at) => !told.has(at)) : []
    for (const at of due) told.add(at)
    const differences = due.map((at) => compare(results, at, best))
    if (missing === 0 || isHopeless) {
      heard.isOver = true
      results.fill(undefined)
    }
    return { isHopeless, differences }
  }

  #of(client: ClientId, timestamp: Timestamp): Heard {
    const known = this.#heard.get(client)
    if (known !== undefined && known.timestamp >= timestamp) return known
    const results = new Array<Bytes | undefined>(this.#n).fill(undefined)
    const heard = { timestamp, results, told: new Set<ReplicaId>(), isOver: false }
    this.#heard.set(client, heard)
    return heard
  }
}

/** `replica 2 beside replica 0: status 404 against 200`. */
export const differenceText = ({ replica, other, what }: Difference): string =>
  `replica ${replica} beside replica ${other}: ${what.join("; ")}`
