/** The files of one run, by process and in the order of its starts. */
import type { ClientId, ReplicaId } from "../core/ids.ts"
import type { Group } from "../core/quorum.ts"
import type { AnyHeader } from "../core/trace-event.ts"
import { shortJson } from "./difference.ts"
import { type Place, reject, Rejection } from "./finding.ts"
import { nodeKey, type TraceFile } from "./node.ts"
import { differentRun, type TraceReader } from "./read.ts"

/** Which processes of the run have traces: the key of each one's files. */
export interface Traced {
  readonly group: Group
  readonly replicas: ReadonlyMap<ReplicaId, string>
  readonly clients: ReadonlyMap<ClientId, string>
  /** Keys were refreshed: an authenticator may be too old for one replica and not for another. */
  readonly newKeys?: boolean
}

/** What a specification's digest must be; of a run of which protocol, is told by its headers. */
export type SpecOf = string | ((protocol: AnyHeader["protocol"]) => string)

export interface OpenedRun {
  /** Of each process its files, in the order of its starts. */
  readonly files: ReadonlyArray<ReadonlyArray<TraceFile>>
  /** Files that end before their header line does. */
  readonly unbegun: ReadonlyArray<Place>
}

export interface OpenOptions {
  readonly spec?: SpecOf
  /** A file that ends before its header line does is left out, if there is another one. */
  readonly killed?: boolean
}

/** Reads the headers and sorts the files by process; at least one file. */
export const openRun = async (
  readers: ReadonlyArray<TraceReader>,
  { spec, killed = false }: OpenOptions,
): Promise<OpenedRun> => {
  const files: Array<TraceFile> = []
  const unbegun: Array<Rejection> = []
  for (const reader of readers) {
    try {
      files.push({ reader, header: await reader.header() })
    } catch (cause) {
      if (!killed || !isUnbegun(cause)) throw cause
      unbegun.push(cause)
    }
  }
  const first = files[0]
  if (first === undefined) throw unbegun[0] ?? new Error("at least one trace")
  const digest = typeof spec === "function" ? spec(first.header.protocol) : spec
  for (const file of files) sameRun(first, file, digest)
  const byNode = new Map<string, Array<TraceFile>>()
  for (const file of files) {
    const key = nodeKey(file.header)
    byNode.set(key, [...(byNode.get(key) ?? []), file])
  }
  const inOrder = [...byNode.values()].map((all) => {
    const sorted = all.sort((a, b) => a.header.incarnation - b.header.incarnation)
    sorted.slice(1).forEach((file, k) => differentStart(sorted[k] as TraceFile, file))
    return sorted
  })
  return { files: inOrder, unbegun: unbegun.map(({ finding: { file, line } }) => ({ file, line })) }
}

// (A header that is there and says something else is no reason to leave a file out.)
const isUnbegun = (cause: unknown): cause is Rejection =>
  cause instanceof Rejection && ["Empty", "Truncated"].includes(cause.finding.rule)

const sameRun = (first: TraceFile, file: TraceFile, spec: string | undefined): void => {
  const place = { file: file.reader.name, line: 1 }
  const difference = differentRun(first.header, file.header)
  if (difference !== undefined) {
    const { path, expected, found } = difference
    const other = path === "run" ? "is of another run" : `has another ${path}`
    reject({
      ...place,
      rule: "OtherRun",
      field: path,
      expected: shortJson(expected),
      found: shortJson(found),
      message: `the trace ${other} than ${first.reader.name}: give the traces of one run`,
    })
  }
  if (spec === undefined || spec === file.header.spec) return
  reject({
    ...place,
    rule: "OtherSpec",
    field: "spec",
    expected: spec,
    found: file.header.spec,
    message: "the trace was recorded under another specification than the one at hand",
  })
}

const differentStart = (one: TraceFile, other: TraceFile): void => {
  const { incarnation } = other.header
  if (one.header.incarnation !== incarnation) return
  reject({
    file: other.reader.name,
    line: 1,
    rule: "TwoTraces",
    field: "incarnation",
    found: String(incarnation),
    message: `the trace is of the same start of ${nodeKey(other.header)} as ${one.reader.name}`,
  })
}

const clientTwice = (node: Named, client: ClientId, other: string): never =>
  reject({
    file: node.name,
    line: 1,
    rule: "TwoTraces",
    field: "node",
    message: `client ${client} is also one of ${other}, whose trace is here`,
  })

/** A process by its files. */
interface Named {
  readonly key: string
  /** Its first file. */
  readonly name: string
  readonly header: AnyHeader
}

/** Which processes have traces; no client may be one of two. */
export const tracedOf = (nodes: ReadonlyArray<Named>): Traced => {
  const replicas = new Map<ReplicaId, string>()
  const clients = new Map<ClientId, string>()
  for (const trace of nodes) {
    const { key, header } = trace
    const { node } = header
    if (node.kind === "replica") {
      replicas.set(node.id, key)
      continue
    }
    for (let c = node.from; c <= node.to; c++) {
      const other = clients.get(c)
      if (other !== undefined) clientTwice(trace, c, other)
      clients.set(c, key)
    }
  }
  const { header } = nodes[0] as Named
  const { n, f, quorum } = header
  const newKeys = "newKeys" in header && header.newKeys === true
  return { group: { n, f, quorum }, replicas, clients, newKeys }
}
