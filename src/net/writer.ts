/** Writes fields into a buffer that grows. What was written is `bytes` up to `at`. */
import { assert } from "../core/assert.ts"

export class Writer {
  #bytes: Buffer
  #at = 0

  constructor(size = 1024) {
    this.#bytes = Buffer.allocUnsafe(size)
  }

  get at(): number {
    return this.#at
  }

  /** The buffer; its content is overwritten by what is written later. */
  get bytes(): Buffer {
    return this.#bytes
  }

  /** What was written, as a view. */
  written(from = 0): Buffer {
    return this.#bytes.subarray(from, this.#at)
  }

  /** Forgets what was written from `at` on. */
  rewind(at = 0): void {
    this.#at = at
  }

  /** Makes room: to be called before a run of fields, with their size at most. */
  reserve(size: number): void {
    if (this.#bytes.length - this.#at >= size) return
    const larger = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#at + size))
    this.#bytes.copy(larger, 0, 0, this.#at)
    this.#bytes = larger
  }

  u8(value: number): void {
    this.#bytes[this.#at++] = value
  }

  u16(value: number): void {
    this.#at = this.#bytes.writeUInt16BE(value, this.#at)
  }

  u32(value: number): void {
    this.#at = this.#bytes.writeUInt32BE(value, this.#at)
  }

  natural(value: number): void {
    const at = this.#bytes.writeUInt32BE(Math.floor(value / 0x1_0000_0000), this.#at)
    this.#at = this.#bytes.writeUInt32BE(value >>> 0, at)
  }

  digest(hex: string): void {
    const size = this.#bytes.write(hex, this.#at, 32, "hex")
    assert(size === 32 && hex.length === 64, "a digest on the wire is a SHA-256")
    this.#at += 32
  }

  text(text: string): void {
    if (text.length === 0) return
    this.#at += this.#bytes.write(text, this.#at, text.length, "latin1")
  }

  copy(bytes: Buffer, from: number, to: number): void {
    this.reserve(to - from)
    bytes.copy(this.#bytes, this.#at, from, to)
    this.#at += to - from
  }
}
