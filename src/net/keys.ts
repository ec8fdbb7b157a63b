/** The keys that a node derives from its secrets (src/net/secrets.ts), ready for use. */
import { Redacted } from "effect"
import { assert } from "../core/assert.ts"
import type { ClientId, ReplicaId } from "../core/ids.ts"
import type { ClusterConfig } from "./cluster-config.ts"
import { ClientKeysAtEndpoint, ClientKeysAtReplica } from "./client-keys.ts"
import { storeFingerprint } from "./handshake.ts"
import { HmacKey } from "./hmac.ts"
import { countersInMemory, KeyEpochs, type KeyCounters, type Keying } from "./key-epochs.ts"
import { type OwnKey, unsigned } from "./new-key.ts"
import {
  clientSecret,
  connectionSecret,
  endpointSecret,
  pairSecret,
  type Secret,
  type Secrets,
  signingSeed,
} from "./secrets.ts"
import { type MessageSigner, Signer, Verifier } from "./signature.ts"

/** What a replica authenticates with. Long-lived; sessions derive theirs from the secrets here. */
export interface ReplicaKeys {
  /** The secret shared with another replica. */
  readonly pair: (other: ReplicaId) => Uint8Array
  /** The secret for connections from an endpoint of clients. */
  readonly endpoint: (endpoint: number) => Uint8Array
  /** The key for this replica's entry in a client's authenticators. */
  readonly client: (client: ClientId) => HmacKey
  /** The keys of that entry that are good now: more than one while they are refreshed. */
  readonly goodForClient: (client: ClientId) => ReadonlyArray<HmacKey>
  /** Where keys are refreshed: what connections go by. */
  readonly keying: Keying | undefined
  /** Signs what this replica says of a change of views. */
  readonly signer: MessageSigner
  /** Knows every replica's public key. */
  readonly verifier: Verifier
}

/** What an endpoint of clients authenticates with. */
export interface EndpointKeys {
  /** The secret for the connection to a replica. */
  readonly replica: (replica: ReplicaId) => Uint8Array
  /** A client's keys for its authenticators, one a replica; none where it has none yet. */
  readonly client: (client: ClientId) => ReadonlyArray<HmacKey | undefined>
  /** Where keys are refreshed: what connections go by. */
  readonly keying: Keying | undefined
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

export const pairOf = (secrets: Secrets, own: ReplicaId, other: ReplicaId): Uint8Array => {
  if (secrets._tag === "Held") return secretAt(secrets.pairs, other)
  if (other < own) return pairSecret(masterOf(secrets, own), other, own)
  if (secrets._tag === "Masters") return pairSecret(secretAt(secrets.masters, other), own, other)
  assert(secrets._tag === "OfReplica", "these are a replica's secrets")
  return secretAt(secrets.pairs, other - own - 1)
}

/** What an endpoint of clients and the replica share. */
export const endpointOfReplica = (secrets: Secrets, id: ReplicaId, endpoint: number): Uint8Array =>
  secrets._tag === "Held"
    ? secretAt(secrets.endpoints, endpoint)
    : endpointSecret(masterOf(secrets, id), endpoint)

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

/** How long keys are good that were replaced: what was sent under them arrives meanwhile. */
export const graceOf = ({ keyRefreshMs }: Pick<ClusterConfig, "keyRefreshMs">): number =>
  Math.min(keyRefreshMs, 5_000)

/** What a key holder does for a replica: signatures, and own keys with their numbers. */
export interface HeldKeys {
  readonly signer: MessageSigner
  readonly first: OwnKey
  readonly next: () => Promise<OwnKey>
}

// What a replica's connections go by where keys are refreshed, and its clients' keys then.
const refreshedKeys = (
  config: ClusterConfig,
  id: ReplicaId,
  of: {
    readonly by: Signer | HeldKeys
    readonly verifier: Verifier
    readonly clientLong: (client: ClientId) => Uint8Array
    readonly counters: KeyCounters
  },
): { readonly keying: Keying; readonly clients: ClientKeysAtReplica } | undefined => {
  if (config.keyRefreshMs === 0) return undefined
  const { by, verifier, counters } = of
  const graceMs = graceOf(config)
  const clients = new ClientKeysAtReplica(of.clientLong, graceMs)
  const epochs = new KeyEpochs({
    graceMs,
    counters,
    own: id,
    isSigned: (replica, key) => verifier.isNewKey(replica, key),
    ...(by instanceof Signer
      ? { sign: (counter, publicKey) => by.newKey(counter, publicKey) }
      : { sign: unsigned, held: by }),
  })
  const agreed: Keying["agreed"] = (other, shared) => {
    if (other.kind === "endpoint") clients.agreed(other, shared)
  }
  return { keying: { epochs, agreed }, clients }
}

/** A replica's keys, the private one among them. */
export const replicaKeys = (
  config: ClusterConfig,
  id: ReplicaId,
  counters: KeyCounters = countersInMemory(),
): ReplicaKeys & { readonly signer: Signer } => {
  const seed = Redacted.value(signingSeedOf(config, id))
  const signer = new Signer(storeFingerprint(config), seed, id)
  return { ...keysBy(signer, config, id, counters), signer }
}

/** The same where a key holder has the private one; the secrets are those that it gave. */
export const heldReplicaKeys = (
  held: HeldKeys,
  config: ClusterConfig,
  id: ReplicaId,
  counters: KeyCounters,
): ReplicaKeys => ({ ...keysBy(held, config, id, counters), signer: held.signer })

const keysBy = (
  by: Signer | HeldKeys,
  config: ClusterConfig,
  id: ReplicaId,
  counters: KeyCounters,
): Omit<ReplicaKeys, "signer"> => {
  const { secrets } = config
  const endpoint = remember((e) => endpointOfReplica(secrets, id, e))
  const cluster = storeFingerprint(config)
  const clientLong = (c: ClientId): Uint8Array => clientSecret(endpoint(endpointOf(config, c)), c)
  const client = remember((c) => new HmacKey(clientLong(c)))
  const verifier = new Verifier(
    cluster,
    config.replicas.map((r) => r.publicKey),
  )
  const refreshed = refreshedKeys(config, id, { by, verifier, clientLong, counters })
  return {
    pair: remember((other) => pairOf(secrets, id, other)),
    endpoint: remember((e) => connectionSecret(endpoint(e))),
    client,
    goodForClient: (c) => refreshed?.clients.of(c) ?? [client(c)],
    keying: refreshed?.keying,
    verifier,
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
  const long = (replica: ReplicaId, c: ClientId): Uint8Array => clientSecret(atReplica(replica), c)
  const replica = remember((r) => connectionSecret(atReplica(r)))
  if (config.keyRefreshMs === 0) {
    const client = remember((c) => everyone.map((r) => new HmacKey(long(r, c))))
    return { replica, client, keying: undefined }
  }
  const verifier = new Verifier(
    storeFingerprint(config),
    config.replicas.map((r) => r.publicKey),
  )
  const clients = new ClientKeysAtEndpoint(long, everyone.length)
  const epochs = new KeyEpochs({
    graceMs: graceOf(config),
    counters: countersInMemory(),
    sign: unsigned,
    isSigned: (r, key) => verifier.isNewKey(r, key),
  })
  const agreed: Keying["agreed"] = ({ id }, shared) => clients.agreed(id, shared)
  return { replica, client: (c) => clients.of(c), keying: { epochs, agreed } }
}
