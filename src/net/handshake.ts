/**
 * How two nodes that share a secret prove it to each other and get keys for one connection:
 *
 *     initiator -> acceptor   HELLO      who I am, whom I want, what cluster, nonce
 *     acceptor -> initiator   CHALLENGE  nonce, H(secret, "acceptor" HELLO nonce)
 *     initiator -> acceptor   PROOF      H(secret, "initiator" HELLO CHALLENGE)
 *
 * Each direction then has the key H(secret, direction HELLO CHALLENGE): both nonces are in it, so
 * no frame of another connection verifies here. A refusal says why and is not authenticated. All
 * of this authenticates; nothing is encrypted.
 */
import { hash } from "node:crypto"
import type { ReplicaId } from "../core/ids.ts"
import type { ClusterConfig } from "./cluster-config.ts"
import { deriveKey, HmacKey, hmac, macSize, sameMac } from "./hmac.ts"
import type { LogOwner } from "./log-format.ts"
import { BadFrame, BadMac, type PeerFault, Refused } from "./peer-fault.ts"
import { Reader } from "./reader.ts"
import { Writer } from "./writer.ts"

const magic = 0x70_62_66_74
const version = 4
export const nonceSize = 16
const fingerprintSize = 16
/** Bytes of a hello. */
export const helloSize = 4 + 1 + 1 + 4 * 4 + fingerprintSize + nonceSize

/** The first words of a connection; sizes in bytes: all fixed. */
export interface Hello {
  readonly kind: "replica" | "endpoint"
  readonly id: number
  /** The replica that is meant to answer. */
  readonly to: number
  /** The clients whose replies are wanted here; 0, 0 for a replica. */
  readonly firstClient: number
  readonly lastClient: number
  /** What both sides must have configured alike (`fingerprint`). */
  readonly fingerprint: string
  readonly nonce: string
}

/** The keys of one connection, one a direction. */
export interface SessionKeys {
  readonly send: HmacKey
  readonly receive: HmacKey
}

export const refusals = [
  "",
  "another version of the protocol",
  "the configurations of the two sides differ",
  "a replica or endpoint that this configuration does not have",
  "this is another replica than the one that was called",
  "too many connections",
] as const

const printOf = (agreed: unknown): string =>
  hash("sha256", JSON.stringify(agreed), "binary").slice(0, fingerprintSize)

/** What a replica's log depends on, as 16 bytes. */
export const storeFingerprint = (config: ClusterConfig): string => {
  const { protocol, clients, checkpointInterval, logSize, service } = config
  const n = config.replicas.length
  return printOf({ protocol, n, clients, checkpointInterval, logSize, service })
}

/** Whose log a replica's is. */
export const logOwner = (config: ClusterConfig, replica: ReplicaId): LogOwner => ({
  protocol: config.protocol,
  fingerprint: storeFingerprint(config),
  replica,
})

/** What members of one cluster must agree on, as 16 bytes. Addresses may differ. */
export const fingerprint = (config: ClusterConfig): string => {
  const { maxBatch, limits, readOnly, tentative } = config
  const { frameBytes, operationBytes } = limits
  const endpoints = config.endpoints.map(({ from, to }) => [from, to])
  const publicKeys = config.replicas.map((r) => r.publicKey)
  return printOf([
    storeFingerprint(config),
    endpoints,
    readOnly,
    tentative,
    publicKeys,
    maxBatch,
    frameBytes,
    operationBytes,
    ...(config.sketches ? ["sketches"] : []),
    ...(config.keyRefreshMs > 0 ? ["new-keys"] : []),
    ...(config.service === "origin" ? [config.origins.normalise] : []),
  ])
}

export const writeHello = (hello: Hello): Buffer => {
  const writer = new Writer(64)
  writer.u32(magic)
  writer.u8(version)
  writer.u8(hello.kind === "replica" ? 0 : 1)
  writer.u32(hello.id)
  writer.u32(hello.to)
  writer.u32(hello.firstClient)
  writer.u32(hello.lastClient)
  writer.text(hello.fingerprint)
  writer.text(hello.nonce)
  return Buffer.from(writer.written())
}

/** The hello that these bytes are; a number is the refusal that they deserve. */
export const readHello = (bytes: Buffer): Hello | BadFrame | 1 => {
  const reader = new Reader(bytes)
  if (reader.u32("magic") !== magic) return new BadFrame({ reason: "no hello" })
  const spoken = reader.u8("version")
  if (!reader.failed && spoken !== version) return 1
  const who = reader.u8("kind")
  const id = reader.u32("id")
  const to = reader.u32("receiver")
  const firstClient = reader.u32("first client")
  const lastClient = reader.u32("last client")
  const print = reader.text(fingerprintSize, fingerprintSize, "fingerprint")
  const nonce = reader.text(nonceSize, nonceSize, "nonce")
  reader.end()
  if (who > 1) reader.fail(`${who} is no kind of node`)
  if (reader.failed) return new BadFrame({ reason: reader.error().message })
  const kind = who === 0 ? "replica" : "endpoint"
  return { kind, id, to, firstClient, lastClient, fingerprint: print, nonce }
}

const macOf = (key: HmacKey, label: string, ...parts: ReadonlyArray<Buffer>): string =>
  hmac(key, Buffer.concat([Buffer.from(label, "latin1"), ...parts]))

/** The acceptor's answer, which proves that it knows the secret. */
export const writeChallenge = (secret: Uint8Array, hello: Buffer, nonce: string): Buffer => {
  const writer = new Writer(64)
  writer.u8(0)
  writer.text(nonce)
  const mac = macOf(new HmacKey(secret), "acceptor", hello, writer.written())
  writer.text(mac.slice(0, macSize))
  return Buffer.from(writer.written())
}

export const writeRefusal = (why: number): Buffer => Buffer.from([why])

/** Checks the acceptor's answer; undefined when it is right. */
export const checkChallenge = (
  secret: Uint8Array,
  hello: Buffer,
  challenge: Buffer,
): PeerFault | undefined => {
  const first = challenge[0] ?? 0
  const refusal = challenge.length === 1 ? refusals[first] : undefined
  if (refusal !== undefined && refusal !== "") return new Refused({ reason: refusal })
  if (first !== 0 || challenge.length !== 1 + nonceSize + macSize) {
    return new BadFrame({ reason: "no challenge" })
  }
  const said = challenge.subarray(0, 1 + nonceSize)
  const mac = macOf(new HmacKey(secret), "acceptor", hello, said)
  return sameMac(mac, challenge, said.length) ? undefined : new BadMac({ where: "handshake" })
}

/** The initiator's last word, which proves that it knows the secret. */
export const writeProof = (secret: Uint8Array, hello: Buffer, challenge: Buffer): Buffer =>
  Buffer.from(macOf(new HmacKey(secret), "initiator", hello, challenge).slice(0, macSize), "latin1")

export const checkProof = (
  secret: Uint8Array,
  hello: Buffer,
  challenge: Buffer,
  proof: Buffer,
): PeerFault | undefined => {
  if (proof.length !== macSize) return new BadFrame({ reason: "no proof" })
  const mac = macOf(new HmacKey(secret), "initiator", hello, challenge)
  return sameMac(mac, proof, 0) ? undefined : new BadMac({ where: "handshake" })
}

/** The keys of the connection; `initiator` says which side asks. */
export const sessionKeys = (
  secret: Uint8Array,
  hello: Buffer,
  challenge: Buffer,
  initiator: boolean,
): SessionKeys => {
  const key = (direction: string): HmacKey =>
    new HmacKey(
      deriveKey(secret, Buffer.concat([Buffer.from(direction, "latin1"), hello, challenge])),
    )
  const [there, back] = [key("there"), key("back")]
  return initiator ? { send: there, receive: back } : { send: back, receive: there }
}
