/**
 * A file for each checkpoint's service state: `snapshot-<seq>`.
 *
 *     ("PBFTSNP1" | "ZYZZSNP1") u64(seq) u32(crc of seq and state) state
 */
import { join } from "node:path"
import { crc32 } from "node:zlib"
import type { Bytes, Seq } from "../core/ids.ts"
import { finish, writeUnfinished } from "./durable-file.ts"
import type { FileSystem } from "./file-system.ts"
import { StoreError, systemError } from "./store-error.ts"

/** The first bytes: of which protocol's replica it is. */
const magics = {
  pbft: Buffer.from("PBFTSNP1", "latin1"),
  zyzzyva: Buffer.from("ZYZZSNP1", "latin1"),
} as const
type Protocol = keyof typeof magics
const headerSize = 8 + 8 + 4

const nameOf = (seq: Seq): string => `snapshot-${seq}`

const crcOf = (bytes: Buffer): number =>
  crc32(bytes.subarray(headerSize), crc32(bytes.subarray(8, 16)))

/** Where a replica's snapshots are, and of which protocol it is. */
export interface SnapshotFolder {
  readonly directory: string
  readonly protocol: Protocol
}

/** Writes a snapshot that is durable when this returns. */
export const writeSnapshot = (
  files: FileSystem,
  { directory, protocol }: SnapshotFolder,
  seq: Seq,
  state: Bytes,
): void => {
  const bytes = Buffer.allocUnsafe(headerSize + state.length)
  magics[protocol].copy(bytes)
  bytes.writeBigUInt64BE(BigInt(seq), 8)
  bytes.write(state, headerSize, state.length, "latin1")
  bytes.writeUInt32BE(crcOf(bytes), 16)
  files.close(writeUnfinished(files, join(directory, nameOf(seq)), bytes))
  finish(files, directory, nameOf(seq))
}

// Why the first bytes are not those of a snapshot of this protocol, if they are not.
const foreign = (bytes: Buffer, protocol: Protocol): string | undefined => {
  const of = (["pbft", "zyzzyva"] as const).find((p) => magics[p].compare(bytes, 0, 8) === 0)
  if (of === undefined) return "this is no snapshot"
  return of === protocol
    ? undefined
    : `a snapshot of a replica of ${of}, beside a log of ${protocol}`
}

/** The state in a snapshot. */
export const readSnapshot = (
  files: FileSystem,
  { directory, protocol }: SnapshotFolder,
  seq: Seq,
): Bytes | StoreError => {
  const path = join(directory, nameOf(seq))
  const fault = (offset: number | undefined, reason: string): StoreError =>
    new StoreError({ path, offset, reason })
  let bytes: Buffer
  try {
    bytes = files.read(path)
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    if (code !== "ENOENT") return systemError(path, cause)
    return fault(undefined, `the snapshot of checkpoint ${seq} is missing`)
  }
  if (bytes.length < headerSize) return fault(bytes.length, "the snapshot is cut off")
  const strange = foreign(bytes, protocol)
  if (strange !== undefined) return fault(0, strange)
  if (bytes.readBigUInt64BE(8) !== BigInt(seq))
    return fault(8, "the snapshot of another checkpoint")
  if (bytes.readUInt32BE(16) !== crcOf(bytes)) return fault(16, "the snapshot is damaged")
  return bytes.toString("latin1", headerSize)
}

/** Removes the snapshots of checkpoints below `low`. */
export const removeSnapshotsBelow = (files: FileSystem, directory: string, low: Seq): void => {
  for (const name of files.list(directory)) {
    const seq = /^snapshot-(\d+)$/.exec(name)?.[1]
    if (seq !== undefined && Number(seq) < low) files.remove(join(directory, name))
  }
}

/** What the snapshots in a folder hold, the last one first, whether they are whole or not. */
export const snapshotContents = (files: FileSystem, directory: string): ReadonlyArray<Bytes> =>
  files
    .list(directory)
    .flatMap((name) => /^snapshot-(\d+)$/.exec(name)?.[1] ?? [])
    .sort((a, b) => Number(b) - Number(a))
    .map((seq) => files.read(join(directory, `snapshot-${seq}`)).toString("latin1", headerSize))
