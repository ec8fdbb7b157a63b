/**
 * Durable records as bytes; the same rules as for messages.
 *
 * Outside the specification: bytes. What is durable is a part of the state there.
 */
import type { ClientEntry } from "../core/client-table.ts"
import type { DurableRecord } from "../core/pbft/state.ts"
import type { BadMessage } from "./bad-message.ts"
import { type CodecLimits, readSignedBatch, writeSignedBatch } from "./batch-codec.ts"
import { readNewView, readViewChange, writeNewView, writeViewChange } from "./change-codec.ts"
import type { Reader } from "./reader.ts"
import type { Writer } from "./writer.ts"

const kind = {
  PrePrepared: 1,
  Prepared: 2,
  CheckpointTaken: 3,
  CheckpointStable: 4,
  ViewLeft: 5,
  NewViewTaken: 6,
  ViewEntered: 7,
  Rejoined: 8,
  RecoveryPoint: 9,
  Recovering: 10,
  RecoveryBound: 11,
  Heard: 12,
} as const

const fixedSize = 96
const entrySize = 8 + 4

export const writeTable = (writer: Writer, table: ReadonlyArray<ClientEntry>): void => {
  writer.reserve(4)
  writer.u32(table.length)
  for (const { timestamp, result } of table) {
    writer.reserve(entrySize + result.length)
    writer.natural(timestamp)
    writer.u32(result.length)
    writer.text(result)
  }
}

export const writeRecord = (writer: Writer, record: DurableRecord): void => {
  writer.reserve(fixedSize)
  writer.u8(kind[record._tag])
  switch (record._tag) {
    case "PrePrepared":
      writer.natural(record.view)
      writer.natural(record.seq)
      writer.digest(record.digest)
      return writeSignedBatch(writer, record.batch)
    case "Prepared":
      writer.natural(record.view)
      writer.natural(record.seq)
      return writer.digest(record.digest)
    case "CheckpointTaken":
      writer.natural(record.seq)
      writer.digest(record.digest)
      writer.digest(record.service)
      return writeTable(writer, record.table)
    case "CheckpointStable":
      return writer.natural(record.seq)
    case "ViewLeft":
      return writeViewChange(writer, record.viewChange)
    case "NewViewTaken":
      return writeNewView(writer, record.newView)
    case "ViewEntered":
      return writer.natural(record.view)
    case "Rejoined":
    case "Recovering":
      return writer.natural(record.incarnation)
    case "RecoveryPoint":
    case "RecoveryBound":
      return writer.natural(record.seq)
    case "Heard":
      writer.natural(record.replica)
      return writer.natural(record.incarnation)
  }
}

export const readTable = (reader: Reader, limits: CodecLimits): ReadonlyArray<ClientEntry> => {
  const given = reader.u32("table size")
  if (given > limits.clients) {
    reader.fail(`a table of ${given} clients, at most ${limits.clients} are allowed`)
  }
  const size = reader.failed ? 0 : reader.count(given, entrySize, "entries")
  const table: Array<ClientEntry> = []
  for (let k = 0; k < size && !reader.failed; k++) {
    const timestamp = reader.natural("timestamp")
    const result = reader.text(reader.u32("result length"), limits.result, "result")
    table.push({ timestamp, result })
  }
  return table
}

const readKnown = (
  reader: Reader,
  first: number,
  limits: CodecLimits,
): DurableRecord | undefined => {
  switch (first) {
    case kind.PrePrepared: {
      const view = reader.natural("view")
      const seq = reader.natural("seq")
      const digest = reader.digest("digest")
      const { batch } = readSignedBatch(reader, limits)
      return { _tag: "PrePrepared", view, seq, digest, batch }
    }
    case kind.Prepared: {
      const view = reader.natural("view")
      const seq = reader.natural("seq")
      return { _tag: "Prepared", view, seq, digest: reader.digest("digest") }
    }
    case kind.CheckpointTaken: {
      const seq = reader.natural("seq")
      const digest = reader.digest("digest")
      const service = reader.digest("digest of the service")
      return { _tag: "CheckpointTaken", seq, digest, service, table: readTable(reader, limits) }
    }
    case kind.CheckpointStable:
      return { _tag: "CheckpointStable", seq: reader.natural("seq") }
    case kind.ViewLeft:
      return { _tag: "ViewLeft", viewChange: readViewChange(reader, limits) }
    case kind.NewViewTaken:
      return { _tag: "NewViewTaken", newView: readNewView(reader, limits) }
    case kind.ViewEntered:
      return { _tag: "ViewEntered", view: reader.natural("view") }
    case kind.Rejoined:
      return { _tag: "Rejoined", incarnation: reader.natural("incarnation") }
    case kind.Recovering:
      return { _tag: "Recovering", incarnation: reader.natural("incarnation") }
    case kind.RecoveryBound:
      return { _tag: "RecoveryBound", seq: reader.natural("seq") }
    case kind.RecoveryPoint:
      return { _tag: "RecoveryPoint", seq: reader.natural("seq") }
    case kind.Heard: {
      const replica = reader.natural("replica")
      return { _tag: "Heard", replica, incarnation: reader.natural("incarnation") }
    }
    default:
      return undefined
  }
}

/** Reads the next record. */
export const readRecord = (reader: Reader, limits: CodecLimits): DurableRecord | BadMessage => {
  const { at } = reader
  const first = reader.u8("kind of record")
  const record = readKnown(reader, first, limits)
  if (record === undefined) reader.fail(`${first} is no kind of record`, at)
  if (record === undefined || reader.failed) return reader.error()
  return record
}
