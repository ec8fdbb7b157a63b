/**
 * What each node must know, and no more. All secrets come from one master secret a replica, 32
 * random bytes; `H(k, text)` is HMAC-SHA256:
 *
 * | key                                   | derived as                              | known to |
 * |---------------------------------------|-----------------------------------------|----------|
 * | of the replicas a < b                 | `H(master of b, "pair a b")`            | a and b  |
 * | of endpoint e at replica r            | `H(master of r, "endpoint e")`          | e and r  |
 * | of a connection from e to r           | `H(endpoint key, "connection")`         | e and r  |
 * | of client c of endpoint e at r        | `H(endpoint key, "client c")`           | e and r  |
 * | private one of r (Ed25519 seed)       | `H(master of r, "signing")`             | r        |
 *
 * (Every text starts with `prophecy/1 `.) So replica r needs its own master and its pair keys with
 * higher replicas; an endpoint needs its key at each replica. The public key that belongs to each
 * private one stands in the cluster's configuration, for everyone. Whoever holds all masters can
 * play everyone: good for a cluster on one machine, not for one that should survive a traitor.
 */
import { randomBytes } from "node:crypto"
import { Redacted, Schema } from "effect"
import { deriveKey } from "./hmac.ts"
import { publicKeyHex } from "./signature.ts"

/** 32 bytes as lower-case hexadecimal. */
const SecretHex = Schema.String.check(
  Schema.isPattern(/^[0-9a-f]{64}$/, { expected: "64 lower-case hexadecimal digits (32 bytes)" }),
)
const Natural = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 2 ** 31 - 1 }))

/** Everyone's: the master secret of each replica. */
export const MasterSecrets = Schema.Struct({ masters: Schema.Array(SecretHex) })

/** One replica's: its master, and its keys with the replicas above it, lowest first. */
export const ReplicaSecrets = Schema.Struct({
  schema: Schema.Literal("prophecy-secrets/1"),
  replica: Natural,
  master: SecretHex,
  pairs: Schema.Array(SecretHex),
})

/** One endpoint's: its key at each replica. */
export const EndpointSecrets = Schema.Struct({
  schema: Schema.Literal("prophecy-secrets/1"),
  endpoint: Natural,
  replicas: Schema.Array(SecretHex),
})

export const SecretsFile = Schema.Union([ReplicaSecrets, EndpointSecrets])
export type SecretsFile = typeof SecretsFile.Type

export type Secret = Redacted.Redacted<Uint8Array>

/** What a node knows, after loading: it prints as `<redacted>`. */
export type Secrets =
  | { readonly _tag: "Masters"; readonly masters: ReadonlyArray<Secret> }
  | {
      readonly _tag: "OfReplica"
      readonly replica: number
      readonly master: Secret
      readonly pairs: ReadonlyArray<Secret>
    }
  /** What a key holder gives a replica: nothing that makes keys or signs. */
  | {
      readonly _tag: "Held"
      readonly replica: number
      /** By replica; the own one is empty. */
      readonly pairs: ReadonlyArray<Secret>
      readonly endpoints: ReadonlyArray<Secret>
    }
  | {
      readonly _tag: "OfEndpoint"
      readonly endpoint: number
      readonly replicas: ReadonlyArray<Secret>
    }

const secretOf = (hex: string): Secret => Redacted.make(new Uint8Array(Buffer.from(hex, "hex")))

export const fromMasters = (masters: ReadonlyArray<string>): Secrets => ({
  _tag: "Masters",
  masters: masters.map(secretOf),
})

export const fromSecretsFile = (file: SecretsFile): Secrets =>
  "replica" in file
    ? {
        _tag: "OfReplica",
        replica: file.replica,
        master: secretOf(file.master),
        pairs: file.pairs.map(secretOf),
      }
    : { _tag: "OfEndpoint", endpoint: file.endpoint, replicas: file.replicas.map(secretOf) }

/** Fresh random masters for `n` replicas, as hexadecimal: for a new configuration. */
export const freshMasters = (n: number): ReadonlyArray<string> =>
  Array.from({ length: n }, () => randomBytes(32).toString("hex"))

const derive = (key: Uint8Array, text: string): Uint8Array =>
  deriveKey(key, Buffer.from(`prophecy/1 ${text}`, "latin1"))

/** The key of replicas a < b, by b's master. */
export const pairSecret = (masterOfB: Uint8Array, a: number, b: number): Uint8Array =>
  derive(masterOfB, `pair ${a} ${b}`)

/** The key of an endpoint at the replica with this master. */
export const endpointSecret = (master: Uint8Array, endpoint: number): Uint8Array =>
  derive(master, `endpoint ${endpoint}`)

export const connectionSecret = (endpoint: Uint8Array): Uint8Array => derive(endpoint, "connection")

export const clientSecret = (endpoint: Uint8Array, client: number): Uint8Array =>
  derive(endpoint, `client ${client}`)

/** The seed of the private key with which the replica with this master signs. */
export const signingSeed = (master: Uint8Array): Uint8Array => derive(master, "signing")

/** The public keys of the replicas with these masters, in order, as hexadecimal. */
export const publicKeysOf = (masters: ReadonlyArray<string>): ReadonlyArray<string> =>
  masters.map((m) => publicKeyHex(signingSeed(new Uint8Array(Buffer.from(m, "hex")))))

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex")

/** The files that give each node of a cluster exactly what it must know; names without folder. */
export const splitMasters = (
  masters: ReadonlyArray<string>,
  endpoints: number,
): ReadonlyArray<{ readonly node: string; readonly secrets: SecretsFile }> => {
  const bytes = masters.map((m) => new Uint8Array(Buffer.from(m, "hex")))
  const replicas = bytes.map((_, replica) => ({
    node: `replica-${replica}`,
    secrets: {
      schema: "prophecy-secrets/1" as const,
      replica,
      master: masters[replica] as string,
      pairs: bytes.flatMap((m, b) => (b > replica ? [hex(pairSecret(m, replica, b))] : [])),
    },
  }))
  const ends = Array.from({ length: endpoints }, (_, endpoint) => ({
    node: `endpoint-${endpoint}`,
    secrets: {
      schema: "prophecy-secrets/1" as const,
      endpoint,
      replicas: bytes.map((m) => hex(endpointSecret(m, endpoint))),
    },
  }))
  return [...replicas, ...ends]
}
