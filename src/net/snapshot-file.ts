/**
 * A file for each checkpoint's service state: `snapshot-<seq>`.
 *
 *     "PBFTSNP1" u64(seq) u32(crc of seq and state) state
 */
import { join } from "node:path"
import { crc32 } from "node:zlib"
import type { Bytes, Seq } from "../core/ids.ts"
import { finish, writeUnfinished } from "./durable-file.ts"
import type { FileSystem } from "./file-system.ts"
import { StoreError, systemError } from "./store-error.ts"

const magic = Buffer.from("PBFTSNP1", "latin1")
const headerSize = 8 + 8 + 4

const nameOf = (seq: Seq): string => `snapshot-${seq}`

const crcOf = (bytes: Buffer): number =>
  crc32(bytes.subarray(headerSize), crc32(bytes.subarray(8, 16)))

/** Writes a snapshot that is durable when this returns. */
export const writeSnapshot = (
  files: FileSystem,
  directory: string,
  seq: Seq,
  state: Bytes,
): void => {
  const bytes = Buffer.allocUnsafe(headerSize + state.length)
  magic.copy(bytes)
  bytes.writeBigUInt64BE(BigInt(seq), 8)
  bytes.write(state, headerSize, state.length, "latin1")
  bytes.writeUInt32BE(crcOf(bytes), 16)
  files.close(writeUnfinished(files, join(directory, nameOf(seq)), bytes))
  finish(files, directory, nameOf(seq))
}

/** The state in a snapshot. */
export const readSnapshot = (
  files: FileSystem,
  directory: string,
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
  if (magic.compare(bytes, 0, 8) !== 0) return fault(0, "this is no snapshot")
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
