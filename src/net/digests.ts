/**
 * The digests of a running replica: SHA-256 over the one encoding of what is digested. A digest
 * that is compared or voted for is hexadecimal; a request's, which only goes into MACs, is a
 * latin1 string of 32 characters.
 */
import { hash } from "node:crypto"
import type { ClientEntry } from "../core/client-table.ts"
import type { Bytes, Digest, Seq } from "../core/ids.ts"
import type { Request } from "../core/request.ts"
import { writeBatch, writeRead, writeRequest } from "./batch-codec.ts"
import { writeTable } from "./record-codec.ts"
import { tableTrees } from "./table-tree.ts"
import { Writer } from "./writer.ts"

const scratch = new Writer(64 * 1024)

/** Digest of the bytes that a pre-prepare's digest covers (`writeBatch`). */
export const digestOfBatchBytes = (bytes: Buffer, from: number, to: number): Digest =>
  hash("sha256", bytes.subarray(from, to), "hex")

/** Digest of the bytes that a request's authenticator covers (`writeRequest`). */
export const digestOfRequestBytes = (bytes: Buffer, from: number, to: number): string =>
  hash("sha256", bytes.subarray(from, to), "binary")

export const batchDigest = (batch: ReadonlyArray<Request>): Digest => {
  scratch.rewind()
  writeBatch(scratch, batch)
  return digestOfBatchBytes(scratch.bytes, 0, scratch.at)
}

export const requestDigest = (request: Request): string => {
  scratch.rewind()
  writeRequest(scratch, request)
  return digestOfRequestBytes(scratch.bytes, 0, scratch.at)
}

/** The same of a Read. */
export const readDigest = (read: Request): string => {
  scratch.rewind()
  writeRead(scratch, read)
  return digestOfRequestBytes(scratch.bytes, 0, scratch.at)
}

/** The hash of services and trees: over bytes given as text. */
export const bytesDigest = (bytes: Bytes): Digest =>
  hash("sha256", Buffer.from(bytes, "latin1"), "hex")

/** Digest of a result, as replicas send it in place of the result. */
export const resultDigest = (result: Bytes): Digest => bytesDigest(result)

/** The tree of a client table. */
export const tableTree = tableTrees<ClientEntry>(bytesDigest, writeTable)

/** What is above the trees of the service's state and of the client table. */
export interface Root {
  readonly seq: Seq
  readonly service: Digest
  readonly table: Digest
}

/** The bytes of the root of a checkpoint's state, of which its digest is. */
export const rootBytes = ({ seq, service, table }: Root): Bytes => `C${seq} ${service} ${table}`

/** The root that the bytes are; undefined when they are none. */
export const readRoot = (bytes: Bytes): Root | undefined => {
  const found = /^C(0|[1-9][0-9]{0,15}) ([0-9a-f]{64}) ([0-9a-f]{64})$/.exec(bytes)
  const [, seq, service, table] = found ?? []
  if (seq === undefined || service === undefined || table === undefined) return undefined
  return { seq: Number(seq), service, table }
}

/**
 * Digest of a checkpoint: the root of a Merkle tree over its number, the service's state and the
 * client table. So who trusts the digest can check each part of the state by itself.
 */
export const checkpointDigest = (
  seq: Seq,
  service: Digest,
  table: ReadonlyArray<ClientEntry>,
): Digest => bytesDigest(rootBytes({ seq, service, table: tableTree(table).digest }))
