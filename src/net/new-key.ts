/**
 * NEW-KEY (TOCS section 4.2): a node's fresh public key (X25519), under a number that grows, signed
 * by a replica. Two nodes that have each other's share a secret that nobody else can compute, who
 * knows their long-lived secrets included: the private halves are in memory only, and are forgotten
 * when the next ones are in use. In place of the paper's keys that are sent encrypted.
 *
 *     NEW-KEY = u64(counter) 32 bytes of public key, 64 of signature (of an endpoint: zeros)
 *
 * Outside the specification: keys, and for how long one is good. A message there has the set of
 * receivers at which its authenticator verifies; one under a key that is used no more verifies
 * nowhere, as if lost. What a receiver forgets when a key is replaced is `ChangeKey`.
 */
import { createPublicKey, diffieHellman, generateKeyPairSync, type KeyObject } from "node:crypto"
import { Reader } from "./reader.ts"
import { Writer } from "./writer.ts"

export interface NewKey {
  readonly counter: number
  /** 32 bytes. */
  readonly publicKey: string
  /** 64 bytes. */
  readonly signature: string
}

/** With the private half. It has no field that could be printed. */
export interface OwnKey extends NewKey {
  readonly agree: (other: NewKey) => Uint8Array
}

const publicKeySize = 32
const signatureSize = 64
export const newKeySize = 8 + publicKeySize + signatureSize

/** What stands before the 32 bytes of an X25519 public key in SPKI (RFC 8410 section 4). */
const publicPrefix = Buffer.from("302a300506032b656e032100", "hex")

const publicKeyOf = (bytes: string): KeyObject =>
  createPublicKey({
    key: Buffer.concat([publicPrefix, Buffer.from(bytes, "latin1")]),
    format: "der",
    type: "spki",
  })

/** Both halves of a key that nobody had before. */
export const freshPair = (): Pick<OwnKey, "publicKey" | "agree"> => {
  const { publicKey, privateKey } = generateKeyPairSync("x25519")
  const bytes = publicKey
    .export({ format: "der", type: "spki" })
    .subarray(publicPrefix.length)
    .toString("latin1")
  return {
    publicKey: bytes,
    agree: (other) =>
      new Uint8Array(diffieHellman({ privateKey, publicKey: publicKeyOf(other.publicKey) })),
  }
}

/** The same with a number and a signature. */
export const freshKey = (
  counter: number,
  sign: (counter: number, publicKey: string) => string,
): OwnKey => {
  const pair = freshPair()
  return { ...pair, counter, signature: sign(counter, pair.publicKey) }
}

/** For who does not sign: the connection's own secret says who it is. */
export const unsigned = (): string => "\0".repeat(signatureSize)

export const writeNewKey = (writer: Writer, key: NewKey): void => {
  writer.reserve(newKeySize)
  writer.natural(key.counter)
  writer.text(key.publicKey)
  writer.text(key.signature)
}

export const newKeyBytes = (key: NewKey): Buffer => {
  const writer = new Writer(newKeySize)
  writeNewKey(writer, key)
  return Buffer.from(writer.written())
}

/** The NEW-KEY that these bytes are; undefined when they are none. */
export const readNewKey = (bytes: Buffer): NewKey | undefined => {
  if (bytes.length !== newKeySize) return undefined
  const reader = new Reader(bytes)
  const counter = reader.natural("counter")
  const publicKey = reader.text(publicKeySize, publicKeySize, "public key")
  const signature = reader.text(signatureSize, signatureSize, "signature")
  return reader.failed ? undefined : { counter, publicKey, signature }
}
