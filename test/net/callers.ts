/** A replica's sockets under test, and whoever calls them: other replicas, clients, strangers. */
import { connect, type Socket } from "node:net"
import { Effect } from "effect"
import { afterEach, beforeEach } from "vitest"
import type { Input } from "../../src/core/pbft/state.ts"
import { Authenticator } from "../../src/net/authenticate.ts"
import { freePorts } from "../../src/net/cluster.ts"
import type { ClusterConfig } from "../../src/net/cluster-config.ts"
import { Connection, type Role } from "../../src/net/connection.ts"
import { limitsOf } from "../../src/net/core-config.ts"
import { fingerprint, type Hello } from "../../src/net/handshake.ts"
import { endpointKeys, replicaKeys } from "../../src/net/keys.ts"
import type { PeerFault } from "../../src/net/peer-fault.ts"
import { Peers } from "../../src/net/peers.ts"
import { type PbftKinds, pbftWire } from "../../src/net/pbft-protocol.ts"
import type { Progress } from "../../src/net/progress.ts"
import { configOf } from "./nodes.ts"

export interface Listening {
  readonly config: ClusterConfig
  readonly peers: Peers<PbftKinds>
  readonly inputs: Array<Input>
  readonly progress: Array<readonly [number, Progress]>
  readonly log: Array<string>
}

const open: Array<{ close: () => unknown }> = []
/** Four free ports, small limits; another one for each test. */
export let base: ClusterConfig
beforeEach(async () => {
  const ports = await Effect.runPromise(freePorts(4))
  const limits = { frameBytes: 65_536, operationBytes: 10_000, sendQueueBytes: 200_000 }
  base = configOf({ limits }, ports)
})
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close()
})

/** The sockets of replica `id`; its loop is the lists that its events go to. */
export const listening = async (id: number, config = base): Promise<Listening> => {
  const keys = replicaKeys(config, id)
  const inputs: Array<Input> = []
  const progress: Listening["progress"] = []
  const log: Array<string> = []
  const authenticator = new Authenticator({
    keys,
    id,
    n: 4,
    clients: config.clients,
    agreedTimeMs: 0,
    recoverers: config.clients,
    recoveryPeriodMs: 1_000,
  })
  const wire = pbftWire({ limits: limitsOf(config), signer: keys.signer, authenticator })
  const peers = new Peers({
    config,
    id,
    keys,
    wire,
    log: (line) => log.push(line),
    backoff: { firstMs: 5, lastMs: 20 },
  })
  await peers.listen()
  open.push(peers)
  peers.start({
    input: (input) => inputs.push(input),
    fastRead: () => undefined,
    sketchRead: () => undefined,
    progress: (replica, told) => progress.push([replica, told]),
    chunk: () => undefined,
    connected: () => undefined,
    rekeyed: () => undefined,
    disconnected: () => undefined,
  })
  return { config, peers, inputs, progress, log }
}

export const until = async (what: string, holds: () => boolean): Promise<void> => {
  for (let k = 0; k < 1_000; k++) {
    if (holds()) return
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  throw new Error(`never: ${what}`)
}

export const raw = (config: ClusterConfig, id: number): Socket => {
  const { host, port } = config.replicas[id] as ClusterConfig["replicas"][number]
  const socket = connect(port, host)
  socket.on("error", () => undefined)
  open.push({ close: () => socket.destroy() })
  return socket
}

export interface Called {
  readonly connection: Connection
  readonly socket: Socket
  readonly faults: Array<PeerFault>
  readonly isOpen: () => boolean
}

/** Calls replica `to` with this hello and secret. */
export const call = (to: number, secret: Uint8Array, changed: Partial<Hello> = {}): Called => {
  const faults: Array<PeerFault> = []
  const socket = raw(base, to)
  let opened = false
  const hello = {
    kind: "replica" as const,
    id: 3,
    to,
    firstClient: 0,
    lastClient: 0,
    fingerprint: fingerprint(base),
    ...changed,
  }
  const role: Role = { side: "initiator", secret, hello }
  const connection = new Connection(socket, role, base.limits, {
    opened: () => {
      opened = true
    },
    payload: () => undefined,
    closed: (_, fault) => faults.push(fault),
  })
  return { connection, socket, faults, isOpen: () => opened }
}
export const asReplica = (id: number, to: number): Called =>
  call(to, replicaKeys(base, id).pair(to), { id })
export const asClients = (to: number, changed: Partial<Hello> = {}): Called =>
  call(to, endpointKeys(base, 0).replica(to), {
    kind: "endpoint",
    id: 0,
    firstClient: 0,
    lastClient: 7,
    ...changed,
  })
export const opened = async (called: Called): Promise<Called> => {
  await until("the connection is open", called.isOpen)
  return called
}
