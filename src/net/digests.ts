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

const checkpointKind = 3

/** Digest of a checkpoint: its number, the service's digest, and the client table. */
export const checkpointDigest = (
  seq: Seq,
  service: Digest,
  table: ReadonlyArray<ClientEntry>,
): Digest => {
  scratch.rewind()
  scratch.reserve(1 + 8 + 4 + service.length)
  scratch.u8(checkpointKind)
  scratch.natural(seq)
  scratch.u32(service.length)
  scratch.text(service)
  writeTable(scratch, table)
  return hash("sha256", scratch.written(), "hex")
}

/** Digest of a result, as replicas send it in place of the result. */
export const resultDigest = (result: Bytes): Digest => bytesDigest(result)

/** The hash of services: over bytes given as text. */
export const bytesDigest = (bytes: Bytes): Digest =>
  hash("sha256", Buffer.from(bytes, "latin1"), "hex")
