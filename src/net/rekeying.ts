/**
 * The keys of a connection that are refreshed while it is open. Each side sends its NEW-KEY when it
 * makes one, and seals what it sends under the newest keys of both: it says so in the last frame
 * under the old ones. What comes under keys that were replaced is read for a while, and then ends
 * the connection.
 *
 *     offer  = 17 NEW-KEY
 *     switch = 18 u64(own counter) u64(other's counter)     (hexadecimal; each alone in its frame)
 *
 * Outside the specification: see new-key.ts.
 */
import { deriveKey, HmacKey } from "./hmac.ts"
import type { Keying, Other } from "./key-epochs.ts"
import { type NewKey, type OwnKey, readNewKey, writeNewKey } from "./new-key.ts"
import { BadFrame, type PeerFault, StaleKey } from "./peer-fault.ts"
import { Reader } from "./reader.ts"
import type { Writer } from "./writer.ts"

/** The first bytes of these frames; nothing else that a connection carries starts with them. */
export const keyKind = { Offer: 0x17, Switch: 0x18 } as const

/** Whether a frame is about keys; no message, progress or chunk starts like that. */
export const isAboutKeys = (first: number | undefined): boolean =>
  first === keyKind.Offer || first === keyKind.Switch

export interface RekeyingOptions {
  readonly keying: Keying
  readonly other: Other
  readonly initiator: boolean
  /** Of this connection alone: both nonces are in it. */
  readonly secret: Uint8Array
  /** What the handshake went by. */
  readonly own: OwnKey
  readonly theirs: NewKey
}

export class Rekeying {
  readonly #options: RekeyingOptions
  #theirs: NewKey
  /** Under which keys the last frame that was read was sealed. */
  #read: { own: number; theirs: number }

  constructor(options: RekeyingOptions) {
    this.#options = options
    this.#theirs = options.theirs
    this.#read = { own: options.own.counter, theirs: options.theirs.counter }
    this.#agreed(options.own)
  }

  get graceMs(): number {
    return this.#options.keying.epochs.graceMs
  }

  watch(watcher: () => void): () => void {
    return this.#options.keying.epochs.watch(watcher)
  }

  #agreed(own: OwnKey): void {
    const { keying, other } = this.#options
    keying.agreed(other, own.agree(this.#theirs))
  }

  #key(own: OwnKey, sends: boolean): HmacKey {
    const { initiator, secret } = this.#options
    const direction = sends === initiator ? "there" : "back"
    const [a, b] = [own.counter, this.#theirs.counter]
    const numbers = initiator ? `${a} ${b}` : `${b} ${a}`
    const text = Buffer.from(`${direction} ${numbers} `, "latin1")
    return new HmacKey(deriveKey(secret, Buffer.concat([text, own.agree(this.#theirs)])))
  }

  /** Writes the own NEW-KEY. */
  offer(writer: Writer): void {
    const { own } = this.#options.keying.epochs
    writer.reserve(1)
    writer.u8(keyKind.Offer)
    writeNewKey(writer, own)
    this.#agreed(own)
  }

  /** Writes that what follows is under the newest keys, and gives the key for that. */
  switch(writer: Writer): HmacKey {
    const { own } = this.#options.keying.epochs
    writer.reserve(17)
    writer.u8(keyKind.Switch)
    writer.natural(own.counter)
    writer.natural(this.#theirs.counter)
    return this.#key(own, true)
  }

  /** A NEW-KEY of the other side came; undefined when the frame is no such thing. */
  takeOffer(bytes: Buffer): "taken" | PeerFault | undefined {
    if (bytes[0] !== keyKind.Offer) return undefined
    const { keying, other } = this.#options
    const key = readNewKey(bytes.subarray(1))
    if (key === undefined) return new BadFrame({ reason: "no NEW-KEY" })
    if (key.counter <= this.#theirs.counter) return new StaleKey({ reason: "an old NEW-KEY" })
    if (!keying.epochs.takes(other, key)) return new StaleKey({ reason: "a NEW-KEY of another" })
    this.#theirs = key
    this.#agreed(keying.epochs.own)
    return "taken"
  }

  /** The key under which the other side seals from here on. */
  takeSwitch(bytes: Buffer): HmacKey | PeerFault {
    const reader = new Reader(bytes)
    reader.u8("kind")
    const theirs = reader.natural("counter")
    const mine = reader.natural("counter of this side")
    reader.end()
    if (reader.failed) return new BadFrame({ reason: reader.error().message })
    const own = this.#options.keying.epochs.ownAt(mine)
    if (own === undefined || theirs !== this.#theirs.counter) {
      return new StaleKey({ reason: "keys that are used no more" })
    }
    this.#read = { own: mine, theirs }
    return this.#key(own, false)
  }

  /** To be asked when old keys are good no more: whether the other side still uses one. */
  due(): () => StaleKey | undefined {
    const own = this.#options.keying.epochs.own.counter
    const theirs = this.#theirs.counter
    return () =>
      this.#read.own < own || this.#read.theirs < theirs
        ? new StaleKey({ reason: "the other side goes on under a key that was replaced" })
        : undefined
  }
}
