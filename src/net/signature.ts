/**
 * Signatures of VIEW-CHANGEs and NEW-VIEWs: Ed25519 (RFC 8032), which gives the same signature for
 * the same bytes each time. A VIEW-CHANGE is signed since it must convince whoever reads it in
 * another replica's NEW-VIEW, and a NEW-VIEW since backups pass it on; MACs, which convince one
 * receiver, do for everything else.
 *
 * Outside the specification: how a VIEW-CHANGE is signed. Nobody can write one there in another's
 * name.
 */
import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from "node:crypto"
import type { ReplicaId } from "../core/ids.ts"
import type { DirectMessage, NewView, Request, ViewChange } from "../core/pbft/message.ts"
import { signatureSize, writeUnsignedNewView, writeUnsignedViewChange } from "./change-codec.ts"
import { requestDigest } from "./digests.ts"
import type { NewKey } from "./new-key.ts"
import { Writer } from "./writer.ts"

/** What precedes the 32 bytes of an Ed25519 key in PKCS #8 and in SPKI (RFC 8410 section 7). */
const privatePrefix = Buffer.from("302e020100300506032b657004220420", "hex")
const publicPrefix = Buffer.from("302a300506032b6570032100", "hex")

/** The private key with this seed of 32 bytes. */
export const privateKeyOf = (seed: Uint8Array): KeyObject =>
  createPrivateKey({ key: Buffer.concat([privatePrefix, seed]), format: "der", type: "pkcs8" })

/** The public key of a seed, as 64 digits of lower-case hexadecimal. */
export const publicKeyHex = (seed: Uint8Array): string =>
  createPublicKey(privateKeyOf(seed))
    .export({ format: "der", type: "spki" })
    .subarray(publicPrefix.length)
    .toString("hex")

/** The public key that these 64 digits are. */
export const publicKeyOf = (hex: string): KeyObject =>
  createPublicKey({
    key: Buffer.concat([publicPrefix, Buffer.from(hex, "hex")]),
    format: "der",
    type: "spki",
  })

const purposes = {
  viewChange: Buffer.from("prophecy/1 view-change ", "latin1"),
  newView: Buffer.from("prophecy/1 new-view ", "latin1"),
  recovery: Buffer.from("prophecy/1 recovery ", "latin1"),
  newKey: Buffer.from("prophecy/1 new-key ", "latin1"),
} as const

/** For what is signed, and for which cluster. */
export const signedHead = (purpose: keyof typeof purposes, cluster: string): Writer => {
  const writer = new Writer()
  writer.copy(purposes[purpose], 0, purposes[purpose].length)
  writer.reserve(cluster.length)
  writer.text(cluster)
  return writer
}

/** The VIEW-CHANGE without the signature. */
const signedBytes = (cluster: string, m: ViewChange): Buffer => {
  const writer = signedHead("viewChange", cluster)
  writeUnsignedViewChange(writer, m)
  return writer.written()
}

/** The NEW-VIEW without its own signature. */
const newViewBytes = (cluster: string, m: NewView): Buffer => {
  const writer = signedHead("newView", cluster)
  writeUnsignedNewView(writer, m)
  return writer.written()
}

/** The digest of a request to be taken back: it covers in whose name it is, and when. */
export const recoveryBytes = (cluster: string, digest: string): Buffer => {
  const writer = signedHead("recovery", cluster)
  writer.reserve(digest.length)
  writer.text(digest)
  return writer.written()
}

/** A NEW-KEY without its signature: whose it is, and when. */
export const newKeyBytes = (cluster: string, replica: ReplicaId, key: UnsignedKey): Buffer => {
  const writer = signedHead("newKey", cluster)
  writer.reserve(12 + key.publicKey.length)
  writer.u32(replica)
  writer.natural(key.counter)
  writer.text(key.publicKey)
  return writer.written()
}

type UnsignedKey = Pick<NewKey, "counter" | "publicKey">

/** What is signed of one behind the head: all but its own signature. */
export const bodyOf = (m: ViewChange | NewView): Buffer => {
  const writer = new Writer()
  if (m._tag === "ViewChange") writeUnsignedViewChange(writer, m)
  else writeUnsignedNewView(writer, m)
  return Buffer.from(writer.written())
}

/** Puts signatures to what a replica sends. */
export interface MessageSigner {
  /** The message as it leaves. */
  readonly signed: (m: DirectMessage | Request) => DirectMessage | Request
  /** The same, where the signature has to be waited for; undefined where it has none. */
  readonly later?: (m: DirectMessage | Request) => Promise<DirectMessage | Request> | undefined
}

/** Checks VIEW-CHANGEs of every replica. */
export class Verifier {
  readonly #cluster: string
  readonly #keys: ReadonlyArray<KeyObject>

  /** `cluster` is the configuration's fingerprint, `publicKeys` are by replica. */
  constructor(cluster: string, publicKeys: ReadonlyArray<string>) {
    this.#cluster = cluster
    this.#keys = publicKeys.map(publicKeyOf)
  }

  /** Whether the replica that it names signed it. */
  isSigned(m: ViewChange | NewView): boolean {
    const bytes =
      m._tag === "ViewChange" ? signedBytes(this.#cluster, m) : newViewBytes(this.#cluster, m)
    return this.#isBy(m.replica, bytes, m.signature)
  }

  /** Whether the replica asks to be taken back with the request of this digest. */
  isRecovery(replica: ReplicaId, digest: string, signature: string): boolean {
    return this.#isBy(replica, recoveryBytes(this.#cluster, digest), signature)
  }

  /** Whether the replica made the NEW-KEY. */
  isNewKey(replica: ReplicaId, key: NewKey): boolean {
    return this.#isBy(replica, newKeyBytes(this.#cluster, replica, key), key.signature)
  }

  #isBy(replica: ReplicaId, bytes: Buffer, signature: string): boolean {
    const key = this.#keys[replica]
    if (key === undefined || signature.length !== signatureSize) return false
    return verify(null, bytes, key, Buffer.from(signature, "latin1"))
  }
}

/** Puts one replica's signature to what it says. It has no field that could be printed. */
export class Signer implements MessageSigner {
  readonly #cluster: string
  readonly #key: KeyObject
  readonly #id: ReplicaId

  constructor(cluster: string, seed: Uint8Array, id: ReplicaId) {
    this.#cluster = cluster
    this.#key = privateKeyOf(seed)
    this.#id = id
  }

  /** The VIEW-CHANGE with the signature, if it is this replica's own. */
  viewChange(m: ViewChange): ViewChange {
    if (m.replica !== this.#id) return m
    const signature = sign(null, signedBytes(this.#cluster, m), this.#key)
    return { ...m, signature: signature.toString("latin1") }
  }

  // Another's NEW-VIEW is passed on as it came.
  #newView(m: NewView): NewView {
    if (m.replica !== this.#id) return m
    const shown = { ...m, changes: m.changes.map((change) => this.viewChange(change)) }
    const signature = sign(null, newViewBytes(this.#cluster, shown), this.#key)
    return { ...shown, signature: signature.toString("latin1") }
  }

  // The only requests of a replica are those to be taken back.
  #recovery(m: Request): Request {
    const bytes = recoveryBytes(this.#cluster, requestDigest(m))
    return { ...m, authenticator: sign(null, bytes, this.#key).toString("latin1") }
  }

  /** The signature of an own NEW-KEY. */
  newKey(counter: number, publicKey: string): string {
    const bytes = newKeyBytes(this.#cluster, this.#id, { counter, publicKey })
    return sign(null, bytes, this.#key).toString("latin1")
  }

  /**
   * The message as it leaves: an own VIEW-CHANGE or NEW-VIEW is signed, and so is the request to
   * be taken back.
   */
  signed(m: DirectMessage | Request): DirectMessage | Request {
    if (m._tag === "ViewChange") return this.viewChange(m)
    if (m._tag === "Request") return this.#recovery(m)
    return m._tag === "NewView" ? this.#newView(m) : m
  }
}
