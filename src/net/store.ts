/**
 * What a replica keeps on disk: a log of durable records and a snapshot of the service for each
 * checkpoint. Records gather in a group; `commit` makes the group durable, one at a time. After a
 * stable checkpoint `compact` replaces the log by one that holds only what still counts.
 *
 * Outside the specification: files. What is durable survives `Restart` there.
 */
import { join } from "node:path"
import { assert } from "../core/assert.ts"
import type { Bytes, Seq } from "../core/ids.ts"
import type { CodecLimits } from "./batch-codec.ts"
import { finish, makeDurableDirectory, removeUnfinished, writeUnfinished } from "./durable-file.ts"
import { type FileSystem, systemFiles } from "./file-system.ts"
import {
  groupHeaderSize,
  groupSeed,
  headerSize,
  type LogOwner,
  logHeader,
  openGroup,
  readLog,
  sealGroup,
} from "./log-format.ts"
import type { RecordCodec, RecordSession, StartingPoint } from "./protocol.ts"
import { readSnapshot, removeSnapshotsBelow, writeSnapshot } from "./snapshot-file.ts"
import { StoreError, systemError } from "./store-error.ts"
import { Writer } from "./writer.ts"

export interface StoreStatus {
  readonly logBytes: number
  readonly groups: number
  readonly compactions: number
  readonly snapshots: number
}

/** The disk as the replica's loop uses it. */
export interface ReplicaStore<R> {
  /** Adds a record to the group that `commit` makes durable. */
  readonly append: (record: R) => void
  /** Whether the group holds records. */
  readonly pending: () => boolean
  /** Makes the group durable; then `done`, with an error after which nothing can be promised. */
  readonly commit: (done: (error: StoreError | null) => void) => void
  /** Keeps the service's state at a checkpoint; durable when this returns. May throw StoreError. */
  readonly saveSnapshot: (seq: Seq, state: Bytes) => void
  /** Bytes of the log since it was compacted last. */
  readonly logBytes: () => number
  /**
   * Replaces the log by these records, which must say all that is durable, the present group
   * included; durable when this returns. Not while a commit is under way. May throw StoreError.
   */
  readonly compact: (records: ReadonlyArray<R>, low: Seq) => void
  readonly status: () => StoreStatus
  readonly close: () => void
}

/** What the disk held when it was opened. */
export interface Recovered<R> {
  readonly store: ReplicaStore<R>
  /** In the order in which they were written; empty for a new replica. */
  readonly records: ReadonlyArray<R>
  /** The checkpoint that the replica starts from, and the service then; undefined without one. */
  readonly checkpoint: StartingPoint | undefined
  readonly snapshot: Bytes | undefined
  /** Checkpoints above it that the next view may start from; a state that is lost is undefined. */
  readonly later: ReadonlyArray<{
    readonly point: StartingPoint
    readonly snapshot: Bytes | undefined
  }>
  /** Bytes of a broken last group, which were cut off. */
  readonly cutOff: number
}

export interface StoreOptions<R> {
  readonly directory: string
  readonly owner: LogOwner
  readonly limits: CodecLimits
  readonly codec: RecordCodec<R>
  /** Default: the system's. */
  readonly files?: FileSystem
}

const filesOf = ({ files = systemFiles }: Pick<StoreOptions<unknown>, "files">): FileSystem => files

export const logName = "log"
/**
 * Zeros are written ahead of the log in steps of this size: making a group durable then costs half
 * as much, since the file's size and blocks stay as they are (measured on ext4).
 */
const aheadSize = 1024 * 1024
const zeros = Buffer.alloc(aheadSize)
/** Larger groups are rare enough, and writing everything twice would cost more than it saves. */
const aheadLimit = aheadSize / 8

class FileStore<R> implements ReplicaStore<R> {
  readonly #options: StoreOptions<R>
  readonly #files: FileSystem
  readonly #path: string
  readonly #group = new Writer(64 * 1024)
  #fd: number
  #end: number
  /** Up to here the file has blocks. */
  #allocated: number
  #number: number
  #seed: number
  #session: RecordSession<R>
  #busy = false
  #groups = 0
  #compactions = 0
  #snapshots = 0

  constructor(
    options: StoreOptions<R>,
    log: {
      readonly fd: number
      readonly end: number
      readonly size: number
      readonly groups: number
      readonly seed: number
      readonly session: RecordSession<R>
    },
  ) {
    this.#options = options
    this.#files = filesOf(options)
    this.#path = join(options.directory, logName)
    this.#fd = log.fd
    this.#end = log.end
    this.#allocated = log.size
    this.#number = log.groups
    this.#seed = log.seed
    this.#session = log.session
    openGroup(this.#group)
  }

  readonly append = (record: R): void => this.#session.write(this.#group, record)

  readonly pending = (): boolean => this.#group.at > groupHeaderSize

  readonly logBytes = (): number => this.#end

  readonly commit = (done: (error: StoreError | null) => void): void => {
    assert(!this.#busy, "one commit at a time")
    this.#busy = true
    const synced = (cause: unknown): void => {
      this.#busy = false
      done(cause === null ? null : systemError(this.#path, cause))
    }
    try {
      this.#write()
    } catch (cause) {
      return synced(cause)
    }
    this.#files.syncLater(this.#fd, synced)
  }

  #write(): void {
    const group = sealGroup(this.#group, this.#seed, this.#number + 1)
    this.#files.write(this.#fd, group, this.#end)
    this.#number++
    this.#groups++
    this.#end += group.length
    if (this.#end > this.#allocated) this.#ahead(group.length)
    openGroup(this.#group)
  }

  #ahead(size: number): void {
    this.#allocated = this.#end
    if (size > aheadLimit) return
    this.#files.write(this.#fd, zeros, this.#end)
    this.#allocated += zeros.length
  }

  readonly saveSnapshot = (seq: Seq, state: Bytes): void => {
    try {
      const { directory, owner } = this.#options
      writeSnapshot(this.#files, { directory, protocol: owner.protocol }, seq, state)
      this.#snapshots++
    } catch (cause) {
      throw systemError(join(this.#options.directory, `snapshot-${seq}`), cause)
    }
  }

  readonly compact = (records: ReadonlyArray<R>, low: Seq): void => {
    assert(!this.#busy, "no commit is under way")
    try {
      const header = logHeader(this.#options.owner)
      const seed = groupSeed(header)
      openGroup(this.#group)
      this.#session = this.#options.codec.session()
      for (const record of records) this.append(record)
      const group = sealGroup(this.#group, seed, 1)
      const fd = writeUnfinished(this.#files, this.#path, Buffer.concat([header, group]))
      finish(this.#files, this.#options.directory, logName)
      this.#files.close(this.#fd)
      this.#fd = fd
      this.#seed = seed
      this.#number = 1
      this.#end = headerSize + group.length
      this.#allocated = this.#end
      this.#compactions++
      openGroup(this.#group)
      removeSnapshotsBelow(this.#files, this.#options.directory, low)
    } catch (cause) {
      throw systemError(this.#path, cause)
    }
  }

  readonly status = (): StoreStatus => ({
    logBytes: this.#end,
    groups: this.#groups,
    compactions: this.#compactions,
    snapshots: this.#snapshots,
  })

  readonly close = (): void => this.#files.close(this.#fd)
}

const createLog = <R>(options: StoreOptions<R>): Recovered<R> => {
  const path = join(options.directory, logName)
  const header = logHeader(options.owner)
  const files = filesOf(options)
  const fd = writeUnfinished(files, path, header)
  finish(files, options.directory, logName)
  const log = { fd, end: headerSize, size: headerSize, groups: 0, seed: groupSeed(header) }
  const session = options.codec.session()
  const store = new FileStore(options, { ...log, session })
  const nothing = { checkpoint: undefined, snapshot: undefined, later: [], cutOff: 0 }
  return { store, records: [], ...nothing }
}

const openLog = <R>(options: StoreOptions<R>): Recovered<R> | StoreError => {
  const { directory, owner, limits, codec } = options
  const files = filesOf(options)
  const session = codec.session()
  const path = join(directory, logName)
  const bytes = files.read(path)
  const content = readLog(bytes, owner, { limits, session })
  if ("reason" in content) return new StoreError({ path, ...content })
  const { records, end, groups, seed } = content
  const checkpoint = codec.startOf(records)
  const folder = { directory, protocol: owner.protocol }
  const snapshot =
    checkpoint === undefined ? undefined : readSnapshot(files, folder, checkpoint.seq)
  if (snapshot instanceof StoreError) return snapshot
  const later = (codec.later?.points(records) ?? []).map((point) => {
    const state = readSnapshot(files, folder, point.seq)
    return { point, snapshot: state instanceof StoreError ? undefined : state }
  })
  const fd = files.open(path, "r+")
  if (content.torn) files.truncate(fd, end)
  // The process before may have been killed between a write and its sync: what was read is
  // promised from here on.
  files.sync(fd)
  files.syncDirectory(directory)
  const size = content.torn ? end : bytes.length
  const store = new FileStore(options, { fd, end, size, groups, seed, session })
  return { store, records, checkpoint, snapshot, later, cutOff: bytes.length - size }
}

/** Opens a replica's files, or makes them. */
export const openStore = <R>(options: StoreOptions<R>): Recovered<R> | StoreError => {
  const { directory } = options
  try {
    const files = filesOf(options)
    makeDurableDirectory(files, directory)
    removeUnfinished(files, directory)
    return files.exists(join(directory, logName)) ? openLog(options) : createLog(options)
  } catch (cause) {
    return systemError(directory, cause)
  }
}

/** A store that keeps nothing beyond the process: for tests, and for measurements without disk. */
export const memoryStore = <R>(): ReplicaStore<R> & { readonly records: Array<R> } => {
  const records: Array<R> = []
  const state = { pending: false }
  return {
    records,
    append: (record) => {
      records.push(record)
      state.pending = true
    },
    pending: () => state.pending,
    commit: (done) => {
      state.pending = false
      queueMicrotask(() => done(null))
    },
    saveSnapshot: () => undefined,
    logBytes: () => 0,
    compact: (all) => {
      records.splice(0, records.length, ...all)
      state.pending = false
    },
    status: () => ({ logBytes: 0, groups: 0, compactions: 0, snapshots: 0 }),
    close: () => undefined,
  }
}
