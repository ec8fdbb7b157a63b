/**
 * The NEW-KEYs in a handshake (handshake.ts): each side shows its own, the caller behind its HELLO
 * and the other before its CHALLENGE. The secret of the handshake then is the long-lived one with
 * what the two keys give: whoever knows the long-lived one alone cannot open a connection.
 *
 * Outside the specification: see new-key.ts.
 */
import { deriveKey } from "./hmac.ts"
import type { Keying, Other } from "./key-epochs.ts"
import { type NewKey, newKeyBytes, newKeySize, type OwnKey, readNewKey } from "./new-key.ts"
import { BadFrame, type PeerFault, StaleKey } from "./peer-fault.ts"
import { Rekeying } from "./rekeying.ts"

/** What a handshake goes by once both keys are known. */
export interface Agreed {
  readonly secret: Uint8Array
  /** What was said so far. */
  readonly said: Buffer
  /** What followed the other's key. */
  readonly rest: Buffer
  readonly keys: { readonly own: OwnKey; readonly theirs: NewKey } | undefined
}

interface Done {
  readonly agreed: Agreed
  readonly challenge: Buffer
  readonly initiator: boolean
}

const none = Buffer.alloc(0)

export class KeyedHandshake {
  readonly #keying: Keying | undefined
  readonly #hello: Buffer
  readonly #key: OwnKey | undefined
  /** The own NEW-KEY; empty where keys are not refreshed. */
  readonly own: Buffer

  constructor(keying: Keying | undefined, hello: Buffer) {
    this.#keying = keying
    this.#hello = hello
    this.#key = keying?.epochs.own
    this.own = this.#key === undefined ? none : newKeyBytes(this.#key)
  }

  /** The caller's first frame. */
  get sent(): Buffer {
    return Buffer.concat([this.#hello, this.own])
  }

  /** At the caller: the answer, which starts with the other's key. A refusal is one byte. */
  answered(other: Other, long: Uint8Array, frame: Buffer): Agreed | PeerFault {
    if (this.#keying === undefined || frame.length === 1) {
      return { secret: long, said: this.#hello, rest: frame, keys: undefined }
    }
    const shown = frame.subarray(0, newKeySize)
    const said = Buffer.concat([this.#hello, this.own, shown])
    return this.#agree(other, long, { shown, said, rest: frame.subarray(newKeySize) })
  }

  /** At the other: what followed the hello. */
  called(other: Other, long: Uint8Array, shown: Buffer): Agreed | PeerFault {
    if (this.#keying === undefined) {
      if (shown.length > 0) return new BadFrame({ reason: "a hello with more behind it" })
      return { secret: long, said: this.#hello, rest: none, keys: undefined }
    }
    const said = Buffer.concat([this.#hello, shown, this.own])
    return this.#agree(other, long, { shown, said, rest: none })
  }

  #agree(
    other: Other,
    long: Uint8Array,
    of: { readonly shown: Buffer; readonly said: Buffer; readonly rest: Buffer },
  ): Agreed | PeerFault {
    const [keying, own] = [this.#keying, this.#key]
    const theirs = readNewKey(of.shown)
    if (theirs === undefined || keying === undefined || own === undefined) {
      return new BadFrame({ reason: "no NEW-KEY" })
    }
    if (!keying.epochs.takes(other, theirs)) {
      return new StaleKey({ reason: "a NEW-KEY that a later one has replaced, or of another" })
    }
    const secret = deriveKey(long, own.agree(theirs))
    return { secret, said: of.said, rest: of.rest, keys: { own, theirs } }
  }

  /** The keys of the open connection, where they are refreshed. */
  rekeying(other: Other, { agreed, challenge, initiator }: Done): Rekeying | undefined {
    if (this.#keying === undefined || agreed.keys === undefined) return undefined
    const secret = deriveKey(agreed.secret, Buffer.concat([agreed.said, challenge]))
    return new Rekeying({ keying: this.#keying, other, initiator, secret, ...agreed.keys })
  }
}
