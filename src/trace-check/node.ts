/**
 * One process of a run: its trace files in the order of its starts, as one stream of replayed
 * events. A file that ends without an end line is accepted only where a later start follows: the
 * process was killed, and what it did last is unknown.
 */
import type { ClientId, Timestamp } from "../core/ids.ts"
import type { TraceHeader } from "../core/trace-event.ts"
import { DClientsReplay } from "./d-client-replay.ts"
import type { TraceEvent } from "./event.ts"
import { type Place, Rejection, reject } from "./finding.ts"
import type { TraceLine, TraceReader } from "./read.ts"
import { ClientsReplay, type Digests, openEnd, ReplicaReplay } from "./replay.ts"
import { SketcherReplay } from "./sketcher-replay.ts"

/** A file whose header was read. */
export interface TraceFile {
  readonly reader: TraceReader
  readonly header: TraceHeader
}

/** Which process a header speaks of: equal for all of its starts. */
export const nodeKey = ({ node }: TraceHeader): string =>
  "id" in node ? `${node.kind} ${node.id}` : `clients ${node.from} to ${node.to}`

/** The highest timestamp that each of these clients has used. */
type Timestamps = ReadonlyArray<readonly [ClientId, Timestamp]>

/** The events of one process. Files must be in ascending order of their incarnation. */
export class NodeTrace {
  readonly key: string
  /** Its first file. */
  readonly name: string
  readonly header: TraceHeader
  readonly #files: ReadonlyArray<TraceFile>
  #at = 0
  /** How the last start ended, until the first line of the next one is read. */
  #before: "ended" | "killed" | undefined
  #ahead: TraceEvent | undefined
  /** The end line declares steps without a line. */
  #open = false
  readonly #digests: Digests
  #replica: ReplicaReplay | undefined
  #clients: ClientsReplay | undefined
  #sketcher: SketcherReplay | undefined
  #dClients: DClientsReplay | undefined

  constructor(files: ReadonlyArray<TraceFile>, digests: Digests) {
    this.#digests = digests
    const first = files[0]
    if (first === undefined) throw new Error("a process has at least one file")
    this.key = nodeKey(first.header)
    this.name = first.reader.name
    this.header = first.header
    this.#files = files
    const { kind } = first.header.node
    if (kind === "replica") this.#replica = new ReplicaReplay(first.header, digests)
    else if (kind === "clients") this.#clients = new ClientsReplay(first.header, digests)
    else if (kind === "sketcher") this.#sketcher = new SketcherReplay(first.header, digests)
    else this.#dClients = new DClientsReplay(first.header, digests)
  }

  /** The replay of a replica's state, if this is one. */
  get replica(): ReplicaReplay | undefined {
    return this.#replica
  }

  /** The replay of the clients' states, if these are some. */
  get clients(): ClientsReplay | undefined {
    return this.#clients
  }

  /** The replay of a sketcher's state, if this is one. */
  get sketcher(): SketcherReplay | undefined {
    return this.#sketcher
  }

  /** The next event; "more" when `fill` must be called first; "end" after the last one. */
  next(): TraceEvent | "more" | "end" {
    const ahead = this.#ahead
    if (ahead !== undefined) {
      this.#ahead = undefined
      return ahead
    }
    for (;;) {
      const file = this.#files[this.#at]
      if (file === undefined) return "end"
      const line = this.#read(file.reader)
      if (line === "more") return line
      if (line === "end" || line === "killed") {
        this.#before = line === "end" && !this.#open ? "ended" : "killed"
        this.#open = false
        const next = this.#files[++this.#at]
        if (next !== undefined && this.#replica === undefined) return this.#beginAgain(next)
      } else if (line._tag !== "End") {
        return this.#take(line)
      } else if (line.end.dropped > 0) {
        this.#open = true
        return openEnd(line)
      }
    }
  }

  async fill(): Promise<void> {
    await this.#files[this.#at]?.reader.fill()
  }

  #read(reader: TraceReader): TraceLine | "more" | "end" | "killed" {
    try {
      return reader.next()
    } catch (cause) {
      const last = this.#at === this.#files.length - 1
      if (last || !(cause instanceof Rejection) || cause.finding.rule !== "Truncated") throw cause
      return "killed"
    }
  }

  #take(line: Exclude<TraceLine, { readonly _tag: "End" }>): TraceEvent {
    const own = this.#replica ?? this.#clients ?? this.#sketcher
    const replay = own ?? (this.#dClients as DClientsReplay)
    if (line._tag === "Drop") {
      this.#before = undefined
      return replay.drop(line)
    }
    const before = this.#before
    this.#before = undefined
    if (this.#replica === undefined || before === undefined) return replay.take(line)
    return this.#replicaAgain(this.#replica, line, before)
  }

  // A replica's new start begins with the step Restart or Recover, which say what its disk held, or
  // with Rejoin, which says that the disk is lost. After a kill, the steps before it are unknown;
  // without the step, it has forgotten everything.
  #replicaAgain(
    replay: ReplicaReplay,
    line: Extract<TraceLine, { readonly _tag: "Step" }>,
    how: "ended" | "killed",
  ): TraceEvent {
    const restart = line.step.action === "Restart" || line.step.action === "Recover"
    const rejoin = line.step.action === "Rejoin"
    if ((restart || rejoin) && how === "ended") return replay.take(line)
    const { place } = line
    const before = replay.state
    const replica = replay.config.id
    if (rejoin) {
      this.#ahead = replay.take(line)
      return { _tag: "ReplicaGap", place, replica, dropped: undefined, before, after: before }
    }
    if (!restart) replay.forget()
    const forgotten = replay.state
    const event = replay.take(line)
    if (!restart) this.#ahead = event
    const after = restart ? replay.state : forgotten
    return { _tag: "ReplicaGap", place, replica, dropped: undefined, before, after }
  }

  // Clients and sketchers keep nothing: a new start has new states, with timestamps above those
  // used before.
  #beginAgain({ reader, header }: TraceFile): TraceEvent {
    const dropped = this.#before === "ended" ? 0 : undefined
    this.#before = undefined
    const place = { file: reader.name, line: 1 }
    if (this.#sketcher !== undefined) {
      const { config, state } = this.#sketcher
      const used = state.lanes.map(
        ({ client }, k) => [config.firstClient + k, client.timestamp] as const,
      )
      newTimestamps(place, used, header)
      this.#sketcher = new SketcherReplay(header, this.#digests)
      return this.#sketcher.begin(place, dropped)
    }
    if (this.#dClients !== undefined) {
      const used = [...this.#dClients.states].map(
        ([id, { client }]) => [id, client.timestamp] as const,
      )
      newTimestamps(place, used, header)
      this.#dClients = new DClientsReplay(header, this.#digests)
      return this.#dClients.begin(place, dropped)
    }
    const old = [...(this.#clients as ClientsReplay).states]
    newTimestamps(
      place,
      old.map(([client, { timestamp }]) => [client, timestamp]),
      header,
    )
    this.#clients = new ClientsReplay(header, this.#digests)
    return { _tag: "ClientsGap", place, dropped, after: this.#clients.states }
  }
}

const newTimestamps = (place: Place, used: Timestamps, { node }: TraceHeader): void => {
  const first = node.kind === "replica" ? 0 : node.firstTimestamp
  for (const [client, timestamp] of used) {
    if (timestamp <= first) continue
    reject({
      ...place,
      rule: "Durability",
      node: `client ${client}`,
      field: "node.firstTimestamp",
      expected: `at least ${timestamp}`,
      found: String(first),
      message: "the client starts again with timestamps that it has used before",
    })
  }
}
