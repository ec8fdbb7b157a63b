/**
 * What replicas send each other to transfer the state of a checkpoint in chunks. A FETCH-STATE of
 * the protocol is answered with an offer, the root of the state's tree; nodes of the tree are then
 * asked for by their digests, from whoever offered.
 *
 *     offer = 17 u16(length) root
 *     ask   = 18 u16(count) digest(32)*
 *     nodes = 19 u16(count) (u32(length) bytes)*
 *     offer = 25 u16(length) root u16(length) proof
 *
 * The second kind of offer is Zyzzyva's: its proof shows who vouched for the checkpoint.
 *
 * Outside the specification: chunks, trees, and who is asked for which. There a state is one
 * message, known by its digest; here it is put together from parts of which each is known by its
 * digest, under that one.
 */
import type { Bytes, Digest } from "../core/ids.ts"
import type { Reader } from "./reader.ts"
import type { Writer } from "./writer.ts"

export type StateChunk =
  /** The sender holds the state whose root has these bytes. */
  | { readonly _tag: "Offer"; readonly root: Bytes }
  /** The same, with who vouched for the checkpoint. */
  | { readonly _tag: "ProvenOffer"; readonly root: Bytes; readonly proof: Bytes }
  | { readonly _tag: "Ask"; readonly digests: ReadonlyArray<Digest> }
  | { readonly _tag: "Nodes"; readonly nodes: ReadonlyArray<Bytes> }

/** The first bytes; no message of any protocol starts with one of them. */
export const chunkKind = { Offer: 17, Ask: 18, Nodes: 19, ProvenOffer: 25 } as const
const firstBytes: ReadonlySet<number | undefined> = new Set(Object.values(chunkKind))

export const isStateChunk = (first: number | undefined): boolean => firstBytes.has(first)

/** The longest root. */
const rootLimit = 256
/** The longest proof: the signatures of some hundreds of replicas. */
const proofLimit = 32 * 1024
/** The most nodes that are asked for at once. */
export const askLimit = 8
/** The longest node: a leaf of 16 KiB, or a list of 64 children. */
export const nodeLimit = 16 * 1024 + 1

export const writeStateChunk = (writer: Writer, chunk: StateChunk): void => {
  writer.reserve(3)
  writer.u8(chunkKind[chunk._tag])
  switch (chunk._tag) {
    case "Offer":
      writer.u16(chunk.root.length)
      writer.reserve(chunk.root.length)
      return writer.text(chunk.root)
    case "ProvenOffer":
      for (const text of [chunk.root, chunk.proof]) {
        writer.reserve(2 + text.length)
        writer.u16(text.length)
        writer.text(text)
      }
      return
    case "Ask":
      writer.u16(chunk.digests.length)
      writer.reserve(32 * chunk.digests.length)
      for (const digest of chunk.digests) writer.digest(digest)
      return
    case "Nodes":
      writer.u16(chunk.nodes.length)
      for (const node of chunk.nodes) {
        writer.reserve(4 + node.length)
        writer.u32(node.length)
        writer.text(node)
      }
  }
}

const countOf = (reader: Reader, size: number, what: string): number => {
  const given = reader.u16(`number of ${what}`)
  if (given > askLimit) reader.fail(`${given} ${what}, at most ${askLimit} are allowed`)
  return reader.failed ? 0 : reader.count(given, size, what)
}

/** Reads what follows; the caller has seen the kind. */
export const readStateChunk = (reader: Reader): StateChunk => {
  const first = reader.u8("kind")
  if (first === chunkKind.Offer) {
    return { _tag: "Offer", root: reader.text(reader.u16("root length"), rootLimit, "root") }
  }
  if (first === chunkKind.ProvenOffer) {
    const root = reader.text(reader.u16("root length"), rootLimit, "root")
    const proof = reader.text(reader.u16("proof length"), proofLimit, "proof")
    return { _tag: "ProvenOffer", root, proof }
  }
  if (first === chunkKind.Ask) {
    const count = countOf(reader, 32, "digests")
    return { _tag: "Ask", digests: Array.from({ length: count }, () => reader.digest("digest")) }
  }
  const count = countOf(reader, 4, "nodes")
  const nodes: Array<Bytes> = []
  for (let k = 0; k < count && !reader.failed; k++) {
    nodes.push(reader.text(reader.u32("node length"), nodeLimit, "node"))
  }
  return { _tag: "Nodes", nodes }
}
