/**
 * The bytes of a replica's log. After a header that says whose log it is come groups: the records
 * of one turn of the replica's loop, durable together or not at all.
 *
 *     header = "PBFTLOG2" or "ZYZZLOG3" fingerprint(16) u32(replica) salt(8)
 *              u32(crc of the rest of the header)
 *     group  = "GRP1" u32(length) u32(number) u32(crc of salt, number and body) body
 *
 * A group is written only when the one before is durable. So after a crash at most the last group
 * can be broken, and a whole group behind a broken one means damage. The salt is the file's own
 * random one: no client can put a group into an operation.
 *
 * Outside the specification: bytes. What is durable is a part of the state there.
 */
import { randomBytes } from "node:crypto"
import { crc32 } from "node:zlib"
import { BadMessage } from "./bad-message.ts"
import type { CodecLimits } from "./batch-codec.ts"
import type { RecordSession } from "./protocol.ts"
import { Reader } from "./reader.ts"
import type { Writer } from "./writer.ts"

/** The first bytes: of which protocol the records are. */
const headerMagics = { pbft: "PBFTLOG2", zyzzyva: "ZYZZLOG3" } as const
const magicSize = 8
const groupMagic = Buffer.from("GRP1", "latin1")
const fingerprintSize = 16
const saltAt = magicSize + fingerprintSize + 4
const saltSize = 8
export const headerSize = saltAt + saltSize + 4
export const groupHeaderSize = 16

/** Whose log it is: of which protocol, 16 bytes that say which cluster, and the replica's id. */
export interface LogOwner {
  readonly protocol: keyof typeof headerMagics
  readonly fingerprint: string
  readonly replica: number
}

/** The header of a new file. */
export const logHeader = (owner: LogOwner): Buffer => {
  const header = Buffer.alloc(headerSize)
  header.write(headerMagics[owner.protocol], 0, magicSize, "latin1")
  header.write(owner.fingerprint, magicSize, fingerprintSize, "latin1")
  header.writeUInt32BE(owner.replica, magicSize + fingerprintSize)
  randomBytes(saltSize).copy(header, saltAt)
  header.writeUInt32BE(crc32(header.subarray(0, headerSize - 4)), headerSize - 4)
  return header
}

/** What a file's groups start their crc with. */
export const groupSeed = (header: Buffer): number =>
  crc32(header.subarray(saltAt, saltAt + saltSize))

/** Starts a group in an empty writer; records follow, then `sealGroup`. */
export const openGroup = (writer: Writer): void => {
  writer.rewind()
  writer.reserve(groupHeaderSize)
  writer.rewind(groupHeaderSize)
}

/** Completes the group that the writer holds; `number` counts from 1 in each file. */
export const sealGroup = (writer: Writer, seed: number, number: number): Buffer => {
  const group = writer.written()
  groupMagic.copy(group)
  group.writeUInt32BE(group.length - groupHeaderSize, 4)
  group.writeUInt32BE(number, 8)
  group.writeUInt32BE(groupCrc(group, seed, 0, group.length), 12)
  return group
}

// Over the number, which the crc follows, and the body.
const groupCrc = (bytes: Buffer, seed: number, from: number, to: number): number =>
  crc32(
    bytes.subarray(from + groupHeaderSize, to),
    crc32(bytes.subarray(from + 8, from + 12), seed),
  )

/** What is wrong with a log that cannot be used. */
export interface LogFault {
  readonly offset: number
  readonly reason: string
}

/** How records are read. */
export interface RecordReading<R> {
  readonly limits: CodecLimits
  readonly session: RecordSession<R>
}

export interface LogContent<R> {
  readonly records: ReadonlyArray<R>
  readonly groups: number
  /** `groupSeed` of the file. */
  readonly seed: number
  /** Where the last whole group ends: the rest is a broken tail, or zeros. */
  readonly end: number
  /** Whether something else than zeros follows `end`. */
  readonly torn: boolean
}

/** The end of the whole group at `at`, or -1. */
const groupEnd = (bytes: Buffer, seed: number, at: number): number => {
  if (at + groupHeaderSize > bytes.length) return -1
  if (groupMagic.compare(bytes, at, at + 4) !== 0) return -1
  const end = at + groupHeaderSize + bytes.readUInt32BE(at + 4)
  if (end > bytes.length) return -1
  return bytes.readUInt32BE(at + 12) === groupCrc(bytes, seed, at, end) ? end : -1
}

/** The place of a whole group behind `at`, or -1. */
const laterGroup = (bytes: Buffer, seed: number, at: number): number => {
  for (let p = bytes.indexOf(groupMagic, at); p >= 0; p = bytes.indexOf(groupMagic, p + 1)) {
    if (groupEnd(bytes, seed, p) >= 0) return p
  }
  return -1
}

const isZero = (bytes: Buffer, from: number): boolean => {
  for (let at = from; at < bytes.length; at++) if (bytes[at] !== 0) return false
  return true
}

const protocolOf = (bytes: Buffer): LogOwner["protocol"] | undefined => {
  const magic = bytes.toString("latin1", 0, magicSize)
  if (magic === headerMagics.pbft) return "pbft"
  return magic === headerMagics.zyzzyva ? "zyzzyva" : undefined
}

const checkHeader = (bytes: Buffer, owner: LogOwner): LogFault | undefined => {
  const own = logHeader(owner)
  if (bytes.length < headerSize) return { offset: bytes.length, reason: "the header is cut off" }
  const protocol = protocolOf(bytes)
  if (protocol === undefined) return { offset: 0, reason: "this is no log" }
  if (bytes.readUInt32BE(headerSize - 4) !== crc32(bytes.subarray(0, headerSize - 4))) {
    return { offset: 0, reason: "the header is damaged" }
  }
  if (protocol !== owner.protocol) {
    const reason =
      `this is the log of a replica of ${protocol}, and the configuration says ` +
      `${owner.protocol}: correct its "protocol", or name another dataDirectory`
    return { offset: 0, reason }
  }
  if (own.compare(bytes, 8, 8 + fingerprintSize, 8, 8 + fingerprintSize) !== 0) {
    const reason =
      "this is the log of another cluster, or of this one under another number of replicas or " +
      "clients, checkpointInterval, logSize or service"
    return { offset: 8, reason }
  }
  const replica = bytes.readUInt32BE(8 + fingerprintSize)
  if (replica === owner.replica) return undefined
  return { offset: 8 + fingerprintSize, reason: `this is the log of replica ${replica}` }
}

const readGroup = <R>(
  bytes: Buffer,
  at: number,
  end: number,
  into: RecordReading<R> & { readonly records: Array<R> },
): LogFault | undefined => {
  const reader = new Reader(bytes, at + groupHeaderSize, end)
  while (reader.left > 0) {
    const record = into.session.read(reader, into.limits)
    if (record instanceof BadMessage) return { offset: record.offset, reason: record.reason }
    into.records.push(record)
  }
  return undefined
}

/** Reads a whole log. */
export const readLog = <R>(
  bytes: Buffer,
  owner: LogOwner,
  reading: RecordReading<R>,
): LogContent<R> | LogFault => {
  const header = checkHeader(bytes, owner)
  if (header !== undefined) return header
  const seed = groupSeed(bytes)
  const records: Array<R> = []
  let at = headerSize
  let groups = 0
  for (;;) {
    const end = groupEnd(bytes, seed, at)
    if (end < 0) break
    const number = bytes.readUInt32BE(at + 8)
    if (number !== groups + 1) {
      return { offset: at, reason: `group ${number} follows group ${groups}` }
    }
    const fault = readGroup(bytes, at, end, { ...reading, records })
    if (fault !== undefined) return fault
    groups = number
    at = end
  }
  const later = laterGroup(bytes, seed, at)
  if (later >= 0) {
    const reason = `group ${groups + 1} is damaged: a whole group follows at byte ${later}`
    return { offset: at, reason }
  }
  return { records, groups, seed, end: at, torn: !isZero(bytes, at) }
}
