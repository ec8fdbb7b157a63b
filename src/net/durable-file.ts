/** Files that are there whole or not at all, even after a crash. */
import {
  closeSync,
  fdatasyncSync,
  fsyncSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs"
import { join } from "node:path"

/** The name under which a file is written before it gets its own. */
export const unfinished = ".new"

export const syncDirectory = (directory: string): void => {
  const fd = openSync(directory, "r")
  try {
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}

export const writeAll = (fd: number, bytes: Uint8Array, position: number): void => {
  let written = 0
  while (written < bytes.length) {
    written += writeSync(fd, bytes, written, bytes.length - written, position + written)
  }
}

/** Writes a file under its temporary name, durable, and gives its descriptor. */
export const writeUnfinished = (path: string, bytes: Uint8Array): number => {
  const fd = openSync(path + unfinished, "w")
  writeAll(fd, bytes, 0)
  fdatasyncSync(fd)
  return fd
}

/** Gives the file its name: it replaces an older one at once. */
export const finish = (directory: string, name: string): void => {
  const path = join(directory, name)
  renameSync(path + unfinished, path)
  syncDirectory(directory)
}

/** Removes what a crash left under temporary names. */
export const removeUnfinished = (directory: string): void => {
  for (const name of readdirSync(directory)) {
    if (name.endsWith(unfinished)) rmSync(join(directory, name))
  }
}
