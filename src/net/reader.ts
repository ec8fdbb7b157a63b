/**
 * Reads fields from bytes without ever throwing. The first thing that is wrong is kept, with its
 * place; from then on every read gives nothing, and no length is believed before it was compared
 * with what is left.
 */
import { BadMessage } from "./bad-message.ts"

export class Reader {
  #bytes: Buffer
  #at: number
  #end: number
  #reason = ""
  #offset = 0

  constructor(bytes: Buffer, at = 0, end: number = bytes.length) {
    this.#bytes = bytes
    this.#at = at
    this.#end = end
  }

  /** Starts over on other bytes. */
  reset(bytes: Buffer, at: number, end: number): void {
    this.#bytes = bytes
    this.#at = at
    this.#end = end
    this.#reason = ""
  }

  get at(): number {
    return this.#at
  }

  get bytes(): Buffer {
    return this.#bytes
  }

  get left(): number {
    return this.#end - this.#at
  }

  get failed(): boolean {
    return this.#reason !== ""
  }

  /** Only after a failure. */
  error(): BadMessage {
    return new BadMessage({ offset: this.#offset, reason: this.#reason })
  }

  /** What follows is not to be read; `offset` says where the fault is. */
  fail(reason: string, offset: number = this.#at): void {
    if (this.#reason !== "") return
    this.#reason = reason
    this.#offset = offset
    this.#at = this.#end
  }

  // The place of the next `size` bytes, or -1.
  #take(size: number, what: string): number {
    const at = this.#at
    if (this.#end - at < size) {
      this.fail(`${what} needs ${size} bytes, ${this.#end - at} are left`)
      return -1
    }
    this.#at = at + size
    return at
  }

  u8(what: string): number {
    const at = this.#take(1, what)
    return at < 0 ? 0 : (this.#bytes[at] as number)
  }

  /** The next byte, which stays; -1 where nothing is left. */
  peek(): number {
    return this.left > 0 ? (this.#bytes[this.#at] as number) : -1
  }

  u16(what: string): number {
    const at = this.#take(2, what)
    return at < 0 ? 0 : this.#bytes.readUInt16BE(at)
  }

  u32(what: string): number {
    const at = this.#take(4, what)
    return at < 0 ? 0 : this.#bytes.readUInt32BE(at)
  }

  /** A whole number from 0 to 2^53 - 1 in eight bytes. */
  natural(what: string): number {
    const at = this.#take(8, what)
    if (at < 0) return 0
    const high = this.#bytes.readUInt32BE(at)
    if (high > 0x1f_ffff) {
      this.fail(`${what} is above 2^53 - 1`, at)
      return 0
    }
    return high * 0x1_0000_0000 + this.#bytes.readUInt32BE(at + 4)
  }

  /** A SHA-256 digest: 32 bytes, as hexadecimal. */
  digest(what: string): string {
    const at = this.#take(32, what)
    return at < 0 ? "" : this.#bytes.toString("hex", at, at + 32)
  }

  /** `length` bytes, at most `limit`. */
  text(length: number, limit: number, what: string): string {
    if (length > limit) {
      this.fail(`${what} of ${length} bytes, at most ${limit} are allowed`)
      return ""
    }
    const at = this.#take(length, what)
    return at < 0 || length === 0 ? "" : this.#bytes.toString("latin1", at, at + length)
  }

  /** A number of items that take at least `size` bytes each: checked before any is made. */
  count(count: number, size: number, what: string): number {
    if (count * size <= this.left) return count
    this.fail(`${count} ${what} need ${count * size} bytes, ${this.left} are left`)
    return 0
  }

  /** Everything must have been read. */
  end(): void {
    if (this.left > 0) this.fail(`${this.left} bytes too many`)
  }
}
