/**
 * The calls to the system by which a store keeps its promises. A test puts a disk of its own in
 * their place: one that forgets at a crash whatever was not synced.
 */
import {
  closeSync,
  existsSync,
  fdatasync,
  fdatasyncSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs"

/** All but `syncLater` throw what the system says. */
export interface FileSystem {
  /** `r+`: an existing file. `w`: a new one, or an old one emptied. */
  readonly open: (path: string, flags: "r+" | "w") => number
  /** Writes all of the bytes. */
  readonly write: (fd: number, bytes: Uint8Array, position: number) => void
  readonly truncate: (fd: number, length: number) => void
  /** What was written to the file before is durable when this returns. */
  readonly sync: (fd: number) => void
  /** What was written to the file before this call is durable when `done` is called with null. */
  readonly syncLater: (fd: number, done: (cause: unknown) => void) => void
  readonly close: (fd: number) => void
  readonly read: (path: string) => Buffer
  readonly exists: (path: string) => boolean
  /** The names in a folder. */
  readonly list: (directory: string) => ReadonlyArray<string>
  readonly rename: (from: string, to: string) => void
  /** Nothing when there is no such file. */
  readonly remove: (path: string) => void
  /** A folder that only its owner may enter. */
  readonly makeDirectory: (path: string) => void
  /** The names in the folder are durable when this returns. */
  readonly syncDirectory: (path: string) => void
}

/** The system's own calls. */
export const systemFiles: FileSystem = {
  open: openSync,
  write: (fd, bytes, position) => {
    let written = 0
    while (written < bytes.length) {
      written += writeSync(fd, bytes, written, bytes.length - written, position + written)
    }
  },
  truncate: ftruncateSync,
  sync: fdatasyncSync,
  syncLater: fdatasync,
  close: closeSync,
  read: (path) => readFileSync(path),
  exists: existsSync,
  list: (directory) => readdirSync(directory),
  rename: renameSync,
  remove: (path) => rmSync(path, { force: true }),
  makeDirectory: (path) => void mkdirSync(path, { mode: 0o700 }),
  syncDirectory: (path) => {
    const fd = openSync(path, "r")
    try {
      fsyncSync(fd)
    } finally {
      closeSync(fd)
    }
  },
}
