import { Data } from "effect"

/** Bytes that are no message: where reading stopped, and why. */
export class BadMessage extends Data.TaggedError("BadMessage")<{
  /** Byte offset in what was to be decoded. */
  readonly offset: number
  readonly reason: string
}> {
  override get message(): string {
    return `not a message, at byte ${this.offset}: ${this.reason}`
  }
}
