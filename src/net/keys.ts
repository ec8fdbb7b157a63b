/** The keys that a node derives from its secrets (src/net/secrets.ts), ready for use. */
import { Redacted } from "effect"
import { assert } from "../core/assert.ts"
import type { ClientId, ReplicaId } from "../core/ids.ts"
import type { ClusterConfig } from "./cluster-config.ts"
import { storeFingerprint } from "./handshake.ts"
import { HmacKey } from "./hmac.ts"
import {
  clientSecret,
  connectionSecret,
  endpointSecret,
  pairSecret,
  type Secret,
  type Secrets,
  signingSeed,
} from "./secrets.ts"
import { Signer, Verifier } from "./signature.ts"

/** What a replica authenticates with. Long-lived; sessions derive theirs from the secrets here. */
export interface ReplicaKeys {
  /** The secret shared with another replica. */
  readonly pair: (other: ReplicaId) => Uint8Array
  /** The secret for connections from an endpoint of clients. */
  readonly endpoint: (endpoint: number) => Uint8Array
  /** The key for this replica's entry in a client's authenticators. */
  readonly client: (client: ClientId) => HmacKey
  /** Signs what this replica says of a change of views. */
  readonly signer: Signer
  /** Knows every replica's public key. */
  readonly verifier: Verifier
}

/** What an endpoint of clients authenticates with. */
export interface EndpointKeys {
  /** The secret for the connection to a replica. */
  readonly replica: (replica: ReplicaId) => Uint8Array
  /** A client's keys for its authenticators, one a replica. */
  readonly client: (client: ClientId) => ReadonlyArray<HmacKey>
}

/** The endpoint that a client belongs to. */
export const endpointOf = (config: ClusterConfig, client: ClientId): number =>
  config.endpoints.findIndex(({ from, to }) => client >= from && client <= to)

const secretAt = (secrets: ReadonlyArray<Secret>, index: number): Uint8Array => {
  const secret = secrets[index]
  assert(secret !== undefined, "the secret was loaded")
  return Redacted.value(secret)
}

/** The master secret of a replica that is allowed to know it. */
const masterOf = (secrets: Secrets, replica: ReplicaId): Uint8Array => {
  if (secrets._tag === "Masters") return secretAt(secrets.masters, replica)
  assert(
    secrets._tag === "OfReplica" && secrets.replica === replica,
    "these are the replica's own secrets",
  )
  return Redacted.value(secrets.master)
}

const pairOf = (secrets: Secrets, own: ReplicaId, other: ReplicaId): Uint8Array => {
  if (other < own) return pairSecret(masterOf(secrets, own), other, own)
  if (secrets._tag === "Masters") return pairSecret(secretAt(secrets.masters, other), own, other)
  assert(secrets._tag === "OfReplica", "these are a replica's secrets")
  return secretAt(secrets.pairs, other - own - 1)
}

/** Derived once each. */
const remember = <A>(derive: (id: number) => A): ((id: number) => A) => {
  const known = new Map<number, A>()
  return (id) => {
    const found = known.get(id)
    if (found !== undefined) return found
    const made = derive(id)
    known.set(id, made)
    return made
  }
}

/** What a replica's signing key is made of. */
export const signingSeedOf = ({ secrets }: ClusterConfig, id: ReplicaId): Secret =>
  Redacted.make(signingSeed(masterOf(secrets, id)))

export const replicaKeys = (config: ClusterConfig, id: ReplicaId): ReplicaKeys => {
  const { secrets } = config
  const endpoint = remember((e) => endpointSecret(masterOf(secrets, id), e))
  const cluster = storeFingerprint(config)
  return {
    pair: remember((other) => pairOf(secrets, id, other)),
    endpoint: remember((e) => connectionSecret(endpoint(e))),
    client: remember((c) => new HmacKey(clientSecret(endpoint(endpointOf(config, c)), c))),
    signer: new Signer(cluster, signingSeed(masterOf(secrets, id)), id),
    verifier: new Verifier(
      cluster,
      config.replicas.map((r) => r.publicKey),
    ),
  }
}

export const endpointKeys = (config: ClusterConfig, endpoint: number): EndpointKeys => {
  const { secrets } = config
  const atReplica = remember((replica) => {
    if (secrets._tag === "Masters") {
      return endpointSecret(secretAt(secrets.masters, replica), endpoint)
    }
    assert(
      secrets._tag === "OfEndpoint" && secrets.endpoint === endpoint,
      "these are the endpoint's own secrets",
    )
    return secretAt(secrets.replicas, replica)
  })
  const everyone = config.replicas.map((_, replica) => replica)
  return {
    replica: remember((replica) => connectionSecret(atReplica(replica))),
    client: remember((c) =>
      everyone.map((replica) => new HmacKey(clientSecret(atReplica(replica), c))),
    ),
  }
}
