import { Data } from "effect"

/** A replica's files: another cluster's, damaged, or not writable. */
export class StoreError extends Data.TaggedError("StoreError")<{
  readonly path: string
  /** Byte offset of what is wrong; undefined where there is none. */
  readonly offset: number | undefined
  readonly reason: string
}> {
  override get message(): string {
    const place = this.offset === undefined ? "" : ` at byte ${this.offset}`
    return `${this.path}${place}: ${this.reason}`
  }
}

/** The others contradict what a replica's disk says. */
export class DiskDoubted extends Data.TaggedError("DiskDoubted")<{ readonly reason: string }> {
  override get message(): string {
    return `the others contradict the disk: ${this.reason}`
  }
}

/** What the system said, as a `StoreError`. */
export const systemError = (path: string, cause: unknown): StoreError => {
  const { code, message } = cause as NodeJS.ErrnoException
  return new StoreError({ path, offset: undefined, reason: code ?? message ?? String(cause) })
}
