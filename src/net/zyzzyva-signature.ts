/**
 * Signatures in Zyzzyva: Ed25519 (RFC 8032). Signed is what is shown to others than who received
 * it: orders, which prove that a primary told two stories; what an answer says of the history, for
 * certificates; accusations, checkpoints, and the messages of a change of views. MACs do for the
 * rest.
 *
 * Outside the specification: how messages are signed. Nobody can sign there in another's name.
 */
import type { KeyObject } from "node:crypto"
import { sign, verify } from "node:crypto"
import type { Bytes } from "../core/ids.ts"
import { forgetOldest } from "../core/oldest.ts"
import type { Signable } from "../core/zyzzyva/message.ts"
import type { Claim } from "../core/zyzzyva/signed.ts"
import { privateKeyOf, publicKeyOf } from "./signature.ts"
import { Writer } from "./writer.ts"
import {
  signatureSize,
  writeUnsignedNewView,
  writeUnsignedViewChange,
} from "./zyzzyva-change-codec.ts"

const purpose = "prophecy/1 zyzzyva "

const writeSignable = (writer: Writer, m: Signable): void => {
  switch (m._tag) {
    case "OrderReq":
    case "SpecHeader":
      writer.natural(m.view)
      writer.natural(m.seq)
      writer.digest(m.history)
      return m._tag === "SpecHeader" ? writer.natural(m.replica) : undefined
    case "Accusation":
      writer.natural(m.view)
      return writer.natural(m.replica)
    case "Checkpoint":
      writer.natural(m.view)
      writer.natural(m.seq)
      writer.digest(m.digest)
      return writer.natural(m.replica)
    case "ViewChange":
      return writeUnsignedViewChange(writer, m)
    case "NewView":
      return writeUnsignedNewView(writer, m)
  }
}

/** What is signed: for what, for which cluster, which message, and its content. */
const signedBytes = (writer: Writer, cluster: string, m: Signable): Buffer => {
  writer.rewind()
  writer.reserve(purpose.length + cluster.length + m._tag.length + 128)
  writer.text(purpose)
  writer.text(cluster)
  writer.text(m._tag)
  writer.u8(0)
  writeSignable(writer, m)
  return writer.written()
}

/** Signs what one replica says. It has no field that could be printed. */
export class ZyzzyvaSigner {
  readonly #cluster: string
  readonly #key: KeyObject
  readonly #writer = new Writer(4 * 1024)

  /** `cluster` is the fingerprint of the configuration. */
  constructor(cluster: string, seed: Uint8Array) {
    this.#cluster = cluster
    this.#key = privateKeyOf(seed)
  }

  readonly sign = (content: Signable): Bytes =>
    sign(null, signedBytes(this.#writer, this.#cluster, content), this.#key).toString("latin1")
}

/** How many verdicts are remembered: the same certificate comes from each client of a batch. */
const remembered = 4096

/** Checks what replicas have signed. */
export class ZyzzyvaVerifier {
  readonly #cluster: string
  readonly #keys: ReadonlyArray<KeyObject>
  readonly #writer = new Writer(4 * 1024)
  /** What was found to be signed, the oldest first. */
  readonly #good = new Set<string>()
  #checked = 0

  /** `publicKeys` are by replica. */
  constructor(cluster: string, publicKeys: ReadonlyArray<string>) {
    this.#cluster = cluster
    this.#keys = publicKeys.map(publicKeyOf)
  }

  /** How many signatures were computed. */
  get checked(): number {
    return this.#checked
  }

  /** Whether its signer has signed the content. */
  readonly isSigned = ({ signer, content, signature }: Claim): boolean => {
    const key = this.#keys[signer]
    if (key === undefined || signature.length !== signatureSize) return false
    const bytes = signedBytes(this.#writer, this.#cluster, content)
    const name = bytes.length > 256 ? "" : `${signer} ${bytes.toString("latin1")}${signature}`
    if (this.#good.has(name)) return true
    this.#checked++
    if (!verify(null, bytes, key, Buffer.from(signature, "latin1"))) return false
    if (name !== "") this.#remember(name)
    return true
  }

  #remember(name: string): void {
    this.#good.add(name)
    forgetOldest(this.#good, remembered)
  }
}
