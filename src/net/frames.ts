/**
 * Frames on a byte stream: `u32(length) body`. In a session the body ends with a MAC over the
 * frame's number and what comes before: a frame that was cut out, repeated or moved verifies
 * nowhere. The number is not sent, both sides count.
 */
import { type HmacKey, macPrefix, macSize, sameMac } from "./hmac.ts"
import { BadFrame, BadMac } from "./peer-fault.ts"
import { Writer } from "./writer.ts"

const lengthSize = 4
const counterSize = 8
/** What lies before the payload while its MAC is computed. */
const before = macPrefix + counterSize

/** Cuts a stream into frames. Memory is taken as bytes arrive, never for an announced length. */
export class FrameReader {
  #limit: number
  #kept: Buffer = Buffer.alloc(0)
  #have = 0

  constructor(limit: number) {
    this.#limit = limit
  }

  set limit(bytes: number) {
    this.#limit = bytes
  }

  /**
   * Hands each whole frame's body to `take` as `bytes[from .. to)`, valid during the call; `take`
   * says whether to go on. Returns the fault that makes the rest of the stream unreadable.
   */
  push(chunk: Buffer, take: (bytes: Buffer, from: number, to: number) => boolean): BadFrame | null {
    let bytes = chunk
    let end = chunk.length
    if (this.#have > 0) {
      this.#keep(chunk, 0, end)
      bytes = this.#kept
      end = this.#have
      if (end >= lengthSize && end - lengthSize < bytes.readUInt32BE(0)) {
        return this.#tooLong(bytes.readUInt32BE(0))
      }
    }
    let at = 0
    while (end - at >= lengthSize) {
      const length = bytes.readUInt32BE(at)
      const fault = this.#tooLong(length)
      if (fault !== null) return fault
      const to = at + lengthSize + length
      if (to > end) break
      const from = at + lengthSize
      at = to
      if (!take(bytes, from, to)) return null
    }
    this.#rest(bytes, at, end)
    return null
  }

  #tooLong(length: number): BadFrame | null {
    if (length <= this.#limit) return null
    return new BadFrame({ reason: `${length} bytes announced, at most ${this.#limit} are allowed` })
  }

  // Keeps what is left of a frame for the next chunk.
  #rest(bytes: Buffer, at: number, end: number): void {
    if (bytes !== this.#kept) {
      this.#have = 0
      if (at < end) this.#keep(bytes, at, end)
      return
    }
    if (at > 0) bytes.copy(bytes, 0, at, end)
    this.#have = end - at
  }

  #keep(bytes: Buffer, from: number, to: number): void {
    const need = this.#have + to - from
    if (this.#kept.length < need) {
      const larger = Buffer.allocUnsafe(Math.max(need, 2 * this.#kept.length, 4096))
      this.#kept.copy(larger, 0, 0, this.#have)
      this.#kept = larger
    }
    bytes.copy(this.#kept, this.#have, from, to)
    this.#have = need
  }
}

/** A frame without a MAC: the handshake's. */
export const bareFrame = (body: Buffer): Buffer => {
  const frame = Buffer.allocUnsafe(lengthSize + body.length)
  frame.writeUInt32BE(body.length, 0)
  body.copy(frame, lengthSize)
  return frame
}

/** Builds the authenticated frames of one direction of a session. */
export class FrameSealer {
  readonly #key: HmacKey
  #sent = 0
  /** The payload goes here; only append. */
  readonly writer = new Writer(4096)

  constructor(key: HmacKey) {
    this.#key = key
    this.#open()
  }

  #open(): void {
    this.writer.rewind()
    this.writer.reserve(before)
    this.#key.prefix(this.writer.bytes)
    this.writer.rewind(macPrefix)
    this.writer.natural(this.#sent)
  }

  /** Bytes of payload since the last frame. */
  get size(): number {
    return this.writer.at - before
  }

  /** The next frame, with all that was written since the last one. */
  seal(): Buffer {
    const { writer } = this
    const mac = this.#key.mac(writer.bytes, writer.at)
    writer.reserve(macSize)
    writer.text(mac.slice(0, macSize))
    // The length takes the place of the counter's end: the frame is one run of bytes.
    const from = before - lengthSize
    writer.bytes.writeUInt32BE(writer.at - before, from)
    const frame = Buffer.from(writer.written(from))
    this.#sent++
    this.#open()
    return frame
  }
}

/** Where received payloads are put behind a key's prefix; shared, since they are used at once. */
let scratch = Buffer.allocUnsafe(64 * 1024)

/** Checks the authenticated frames of one direction of a session. */
export class FrameOpener {
  readonly #key: HmacKey
  #received = 0

  constructor(key: HmacKey) {
    this.#key = key
  }

  /** The payload as `bytes[from .. to)`, valid until the next call of any opener. */
  open(
    frame: Buffer,
    from: number,
    to: number,
  ): { readonly bytes: Buffer; readonly from: number; readonly to: number } | BadFrame | BadMac {
    const size = to - from - macSize
    if (size < 0) return new BadFrame({ reason: "a frame without a MAC" })
    if (scratch.length < before + size) scratch = Buffer.allocUnsafe((before + size) * 2)
    this.#key.prefix(scratch)
    const at = scratch.writeUInt32BE(Math.floor(this.#received / 0x1_0000_0000), macPrefix)
    scratch.writeUInt32BE(this.#received >>> 0, at)
    frame.copy(scratch, before, from, from + size)
    const mac = this.#key.mac(scratch, before + size)
    if (!sameMac(mac, frame, from + size)) return new BadMac({ where: "frame" })
    this.#received++
    return { bytes: scratch, from: before, to: before + size }
  }
}
