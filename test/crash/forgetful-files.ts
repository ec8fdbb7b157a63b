/**
 * A disk under a store that can lose power. The store works in a folder as usual; beside it stands
 * the platter, which holds only what was synced: the bytes of each file as of its last sync, and
 * the names of the folder as of theirs. It is kept in files, so that it outlives a killed process.
 *
 * `losePower` makes the folder what such a disk may hold afterwards: of the changes of names that
 * were not synced the first few, of the bytes that were not synced none, all, a part that ends in
 * the middle of a record, or some sectors and not others.
 */
import {
  appendFileSync,
  closeSync,
  existsSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs"
import { basename, dirname, join } from "node:path"
import { type FileSystem, systemFiles } from "../../src/net/file-system.ts"
import type { Random } from "../../src/sim/random.ts"

/** A change of the names in the folder. */
type Change =
  | { readonly op: "folder" }
  | { readonly op: "link"; readonly name: string; readonly file: number; readonly inode: number }
  | { readonly op: "rename"; readonly from: string; readonly to: string }
  | { readonly op: "unlink"; readonly name: string }

/** The names that are durable: what each is the name of. */
interface Names {
  /** Whether the folder itself is there. */
  readonly folder: boolean
  readonly files: Readonly<Record<string, number>>
  /** By the system's number of a file, what it is here. */
  readonly inodes: Readonly<Record<number, number>>
  /** How many changes, from the first on, are in these names. */
  readonly changes: number
}

const nothing: Names = { folder: false, files: {}, inodes: {}, changes: 0 }

const changed = (names: Names, change: Change): Names => {
  const changes = names.changes + 1
  const { [change.op === "rename" ? change.from : ""]: moved, ...others } = names.files
  switch (change.op) {
    case "folder":
      return { ...names, folder: true, changes }
    case "link":
      return {
        ...names,
        files: { ...names.files, [change.name]: change.file },
        inodes: { ...names.inodes, [change.inode]: change.file },
        changes,
      }
    case "rename":
      if (moved === undefined) throw new Error(`${change.from} is renamed, and is not there`)
      return { ...names, files: { ...others, [change.to]: moved }, changes }
    case "unlink": {
      const { [change.name]: _, ...files } = names.files
      return { ...names, files, changes }
    }
  }
}

/** Where a folder's platter is. */
const platterOf = (folder: string): string => `${folder}.platter`
const namesFile = (folder: string): string => join(platterOf(folder), "names.json")
const changesFile = (folder: string): string => join(platterOf(folder), "changes.ndjson")
const bytesFile = (folder: string, file: number): string => join(platterOf(folder), `file-${file}`)

const readNames = (folder: string): Names =>
  existsSync(namesFile(folder))
    ? (JSON.parse(readFileSync(namesFile(folder), "utf8")) as Names)
    : nothing

// A process that was killed has written whole lines: they are short, and one call each.
const readChanges = (folder: string): ReadonlyArray<Change> =>
  existsSync(changesFile(folder))
    ? readFileSync(changesFile(folder), "utf8")
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => JSON.parse(line) as Change)
    : []

const writeNames = (folder: string, names: Names): void => {
  writeFileSync(`${namesFile(folder)}.new`, JSON.stringify(names))
  renameSync(`${namesFile(folder)}.new`, namesFile(folder))
}

/** What happened to an open file since its last sync. */
type Write = { readonly position: number; readonly bytes: Uint8Array } | { readonly length: number }

interface Open {
  readonly file: number
  unsynced: Array<Write>
}

export interface ForgetfulOptions {
  /** The folder of the store. */
  readonly folder: string
  /** How many milliseconds a sync in the background takes. */
  readonly syncMs: () => number
}

/** The files of one folder; everything else in the file system is left to the system. */
export class ForgetfulFiles implements FileSystem {
  readonly #folder: string
  readonly #syncMs: () => number
  readonly #open = new Map<number, Open>()
  #names: Names
  #next: number
  #gone = false

  constructor({ folder, syncMs }: ForgetfulOptions) {
    this.#folder = folder
    this.#syncMs = syncMs
    mkdirSync(platterOf(folder), { recursive: true })
    this.#names = readNames(folder)
    for (const change of readChanges(folder).slice(this.#names.changes)) {
      this.#names = changed(this.#names, change)
    }
    const numbers = readdirSync(platterOf(folder)).flatMap((name) => {
      const number = /^file-(\d+)$/.exec(name)?.[1]
      return number === undefined ? [] : [Number(number)]
    })
    this.#next = 1 + Math.max(0, ...numbers, ...Object.values(this.#names.files))
  }

  readonly read = systemFiles.read
  readonly exists = systemFiles.exists
  readonly list = systemFiles.list

  #change(change: Change): void {
    this.#names = changed(this.#names, change)
    appendFileSync(changesFile(this.#folder), `${JSON.stringify(change)}\n`)
  }

  #isMine(path: string): boolean {
    return dirname(path) === this.#folder
  }

  readonly open = (path: string, flags: "r+" | "w"): number => {
    const fd = systemFiles.open(path, flags)
    if (!this.#isMine(path)) return fd
    const name = basename(path)
    const known = this.#names.files[name]
    const file = known ?? this.#next++
    const inode = statSync(path).ino
    if (known === undefined) this.#change({ op: "link", name, file, inode })
    // An earlier process may have left what it did not sync.
    const found = flags === "w" ? [] : [{ position: 0, bytes: readFileSync(path) }]
    const length = found[0]?.bytes.length ?? 0
    this.#open.set(fd, { file, unsynced: [{ length }, ...found] })
    return fd
  }

  readonly write = (fd: number, bytes: Uint8Array, position: number): void => {
    systemFiles.write(fd, bytes, position)
    this.#open.get(fd)?.unsynced.push({ position, bytes: Uint8Array.from(bytes) })
  }

  readonly truncate = (fd: number, length: number): void => {
    systemFiles.truncate(fd, length)
    this.#open.get(fd)?.unsynced.push({ length })
  }

  readonly sync = (fd: number): void => {
    const open = this.#open.get(fd)
    if (open === undefined) return systemFiles.sync(fd)
    const due = open.unsynced
    open.unsynced = []
    this.#keep(open.file, due)
  }

  readonly syncLater = (fd: number, done: (cause: unknown) => void): void => {
    const open = this.#open.get(fd)
    const due = open?.unsynced ?? []
    if (open !== undefined) open.unsynced = []
    setTimeout(() => {
      if (this.#gone) return
      if (open !== undefined) this.#keep(open.file, due)
      done(null)
    }, this.#syncMs())
  }

  /** The process of these files is gone: nothing is synced any more. */
  readonly leave = (): void => {
    this.#gone = true
    for (const fd of this.#open.keys()) systemFiles.close(fd)
    this.#open.clear()
  }

  #keep(file: number, writes: ReadonlyArray<Write>): void {
    const path = bytesFile(this.#folder, file)
    const fd = openSync(path, existsSync(path) ? "r+" : "w")
    for (const write of writes) {
      if ("length" in write) ftruncateSync(fd, write.length)
      else writeSync(fd, write.bytes, 0, write.bytes.length, write.position)
    }
    closeSync(fd)
  }

  readonly close = (fd: number): void => {
    this.#open.delete(fd)
    systemFiles.close(fd)
  }

  readonly rename = (from: string, to: string): void => {
    systemFiles.rename(from, to)
    if (this.#isMine(from)) this.#change({ op: "rename", from: basename(from), to: basename(to) })
  }

  readonly remove = (path: string): void => {
    const there = existsSync(path)
    systemFiles.remove(path)
    if (there && this.#isMine(path)) this.#change({ op: "unlink", name: basename(path) })
  }

  readonly makeDirectory = (path: string): void => {
    systemFiles.makeDirectory(path)
    if (path === this.#folder) this.#change({ op: "folder" })
  }

  readonly syncDirectory = (path: string): void => {
    const durable = readNames(this.#folder)
    if (path === this.#folder) writeNames(this.#folder, { ...this.#names, folder: durable.folder })
    if (path !== dirname(this.#folder)) return
    // Only the folder's own name: what is in it has a sync of its own.
    if (this.#names.folder) writeNames(this.#folder, { ...durable, folder: true })
  }
}

const sectorSize = 512

/** Where two buffers of one length differ first, and where they are equal from; -1: nowhere. */
const difference = (one: Buffer, other: Buffer): readonly [first: number, end: number] => {
  let end = one.length
  while (end > 0 && one[end - 1] === other[end - 1]) end--
  let first = 0
  while (first < end && one[first] === other[first]) first++
  return [first, end]
}

/** What of a file is there: `old` was synced, `now` is what was written since. */
const torn = (old: Buffer, now: Buffer, random: Random): Buffer => {
  if (old.equals(now)) return old
  const length = random.chance(0.5) ? now.length : old.length
  const size = Math.max(old.length, now.length)
  const before = Buffer.concat([old, Buffer.alloc(size - old.length)])
  const after = Buffer.concat([now, Buffer.alloc(size - now.length)])
  const [first, end] = difference(before, after)
  switch (random.below(4)) {
    case 0:
      return old
    case 1:
      return now
    case 2: {
      // Up to some byte.
      const last = random.between(first, end)
      after.copy(before, first, first, last)
      return before.subarray(0, Math.max(length, last))
    }
    default: {
      // Some sectors.
      for (let at = first - (first % sectorSize); at < end; at += sectorSize) {
        if (random.chance(0.5)) after.copy(before, at, at, Math.min(size, at + sectorSize))
      }
      return before.subarray(0, length)
    }
  }
}

// By the system's numbers and not by names: the process may have been killed between a change of
// names and the line about it.
const writtenIn = (folder: string, { inodes }: Names): ReadonlyMap<number, Buffer> => {
  const names = existsSync(folder) ? readdirSync(folder) : []
  return new Map(
    names.flatMap((name) => {
      const path = join(folder, name)
      const file = inodes[statSync(path).ino]
      return file === undefined ? [] : [[file, readFileSync(path)] as const]
    }),
  )
}

/** The power goes while nobody has the files of the folder open. */
export const losePower = (folder: string, random: Random): void => {
  if (!existsSync(platterOf(folder))) return
  const durable = readNames(folder)
  const changes = readChanges(folder)
  const pending = changes.slice(durable.changes)
  const kept = pending.slice(0, random.below(pending.length + 1))
  const names = kept.reduce(changed, durable)
  const written = writtenIn(folder, pending.reduce(changed, durable))
  const contents = Object.entries(names.files).map(([name, file]) => {
    const path = bytesFile(folder, file)
    const old = existsSync(path) ? readFileSync(path) : Buffer.alloc(0)
    const now = written.get(file)
    return { name, bytes: now === undefined ? old : torn(old, now, random) }
  })
  rmSync(folder, { recursive: true, force: true })
  rmSync(platterOf(folder), { recursive: true, force: true })
  mkdirSync(platterOf(folder), { recursive: true })
  if (!names.folder) return
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const files: Record<string, number> = {}
  const inodes: Record<number, number> = {}
  contents.forEach(({ name, bytes }, k) => {
    files[name] = k + 1
    writeFileSync(join(folder, name), bytes)
    inodes[statSync(join(folder, name)).ino] = k + 1
    writeFileSync(bytesFile(folder, k + 1), bytes)
  })
  writeNames(folder, { folder: true, files, inodes, changes: 0 })
}
