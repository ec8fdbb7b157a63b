/** NEW-KEY (TOCS sections 4.2 and 5): what was authenticated under an old key verifies nowhere. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { createServer, type Server, type Socket, connect } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, describe, expect, it } from "vitest"
import { authenticatorOf, Authenticator } from "../../src/net/authenticate.ts"
import { Connection, type Role } from "../../src/net/connection.ts"
import { decodeMessage, encodeMessage } from "../../src/net/codec.ts"
import { limitsOf } from "../../src/net/core-config.ts"
import { systemFiles } from "../../src/net/file-system.ts"
import { fingerprint } from "../../src/net/handshake.ts"
import { openKeyCounters } from "../../src/net/key-counters.ts"
import { countersInMemory, KeyEpochs, type Keying } from "../../src/net/key-epochs.ts"
import { replicaKeys } from "../../src/net/keys.ts"
import { ClientKeysAtEndpoint, ClientKeysAtReplica } from "../../src/net/client-keys.ts"
import { freshKey } from "../../src/net/new-key.ts"
import type { PeerFault } from "../../src/net/peer-fault.ts"
import type { Progress } from "../../src/net/progress.ts"
import { Reader } from "../../src/net/reader.ts"
import { until } from "./callers.ts"
import { configOf } from "./nodes.ts"

const config = configOf({ keyRefreshMs: 200 })
const { frameBytes, sendQueueBytes } = config.limits
const graceMs = 100

const open: Array<{ close: () => unknown }> = []
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close()
})

/** A replica's keys, and the keys of whoever took all of its secrets at this moment. */
const keyingOf = (id: number, counters = countersInMemory()): Keying => {
  const { signer, verifier } = replicaKeys(config, id)
  const epochs = new KeyEpochs({
    graceMs,
    counters,
    own: id,
    sign: (counter, key) => signer.newKey(counter, key),
    isSigned: (replica, key) => verifier.isNewKey(replica, key),
  })
  return { epochs, agreed: () => undefined }
}

interface Side {
  readonly connection: Connection
  readonly faults: Array<PeerFault>
  readonly got: Array<string>
  /** How much it had got when it was told of another key. */
  readonly keys: Array<number>
  readonly isOpen: () => boolean
}

const side = (socket: Socket, role: Role): Side => {
  const faults: Array<PeerFault> = []
  const got: Array<string> = []
  const keys: Array<number> = []
  let opened = false
  const connection = new Connection(
    socket,
    role,
    { frameBytes, sendQueueBytes },
    {
      opened: () => {
        opened = true
      },
      payload: (_, bytes, from, to) => got.push(bytes.toString("hex", from, to)),
      rekeyed: () => keys.push(got.length),
      closed: (_, fault) => faults.push(fault),
    },
  )
  return { connection, faults, got, keys, isOpen: () => opened }
}

/** Replica 1 listens with its keys; the sides that were called, in order. */
const listening = async (keying: Keying) => {
  const called: Array<Side> = []
  const secretFor = (): Uint8Array => replicaKeys(config, 1).pair(3)
  const server: Server = createServer((socket) =>
    called.push(side(socket, { side: "acceptor", secretFor, keying })),
  )
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  open.push({ close: () => new Promise((resolve) => server.close(resolve)) })
  const address = server.address()
  const port = typeof address === "object" && address !== null ? address.port : 0
  return { called, port }
}

/** Replica 3, or who pretends to be it, calls replica 1 with all of its long-lived secrets. */
const calling = (port: number, keying: Keying): Side => {
  const socket = connect(port, "127.0.0.1")
  open.push({ close: () => socket.destroy() })
  const hello = {
    kind: "replica" as const,
    id: 3,
    to: 1,
    firstClient: 0,
    lastClient: 0,
    fingerprint: fingerprint(config),
  }
  return side(socket, { side: "initiator", hello, secret: replicaKeys(config, 3).pair(1), keying })
}

const progress = (executed: number): Progress => ({
  view: 0,
  active: true,
  newView: true,
  low: 0,
  executed,
})

const say = ({ connection }: Side, executed: number): void => {
  connection.sendProgress(progress(executed))
  connection.flush()
}

const connected = async () => {
  const [one, three] = [keyingOf(1), keyingOf(3)]
  const { called, port } = await listening(one)
  const caller = calling(port, three)
  await until("both are open", () => caller.isOpen() && called[0]?.isOpen() === true)
  return { one, three, called, port, caller, acceptor: called[0] as Side }
}

describe("keys that are refreshed", () => {
  it("change under an open connection, on either side or both, and nothing is lost", async () => {
    const { one, three, caller, acceptor } = await connected()
    let sent = 0
    const both = (): void => {
      sent++
      say(caller, sent)
      say(acceptor, sent)
    }
    both()
    for (const refresh of [[one], [three], [one, three], [three, one]]) {
      for (const { epochs } of refresh) epochs.refresh()
      both()
      await until(
        "both have heard",
        () => caller.got.length === sent && acceptor.got.length === sent,
      )
      both()
    }
    await until("both have heard", () => caller.got.length === sent && acceptor.got.length === sent)
    await new Promise((resolve) => setTimeout(resolve, 2 * graceMs))
    expect([...caller.faults, ...acceptor.faults]).toEqual([])
  })

  it("are told of between what came under the old one and under the new one", async () => {
    const { three, caller, acceptor } = await connected()
    for (const said of [1, 2]) {
      say(caller, said)
      if (said === 1) three.epochs.refresh()
    }
    await until("the other has heard", () => acceptor.got.length === 2 && acceptor.keys.length > 0)
    expect(acceptor.keys).toEqual([1])
    await until("so has the caller", () => caller.keys.length > 0)
    expect(caller.keys).toEqual([0])
  })

  it("end a connection whose other side goes on under the old ones", async () => {
    const { one, caller, acceptor } = await connected()
    caller.connection.pause()
    one.epochs.refresh()
    await until("it is ended", () => acceptor.faults.length > 0)
    expect(acceptor.faults).toMatchObject([{ _tag: "StaleKey" }])
  })

  it("leave out who took a replica's secrets and its old keys, once it has new ones", async () => {
    const { port, three: stolen } = await connected()
    const before = calling(port, stolen)
    await until("with the present keys anyone who has them is let in", before.isOpen)

    const recovered = calling(port, keyingOf(3))
    await until("the recovered replica is let in", recovered.isOpen)
    const after = calling(port, stolen)
    await until("its old keys are not", () => after.faults.length > 0)
    expect(after.isOpen()).toBe(false)
  })

  it("are not taken again once they were replaced, nor of another, nor after a restart", () => {
    const folder = mkdtempSync(join(tmpdir(), "prophecy-keys-"))
    open.push({ close: () => rmSync(folder, { recursive: true }) })
    const path = join(folder, "cluster.json.replica-1.keys")
    const { epochs } = keyingOf(1, openKeyCounters(systemFiles, path))
    const { signer } = replicaKeys(config, 3)
    const made = (counter: number) => freshKey(counter, (c, key) => signer.newKey(c, key))
    const three = { kind: "replica", id: 3 } as const
    const far = Date.now() + 1_000_000
    expect(epochs.takes(three, made(far))).toBe(true)
    expect(epochs.takes(three, made(far - 1))).toBe(false)
    expect(epochs.takes({ kind: "replica", id: 2 }, made(far + 1))).toBe(false)
    expect(epochs.takes(three, { ...made(far + 2), counter: far + 3 })).toBe(false)
    const { epochs: again } = keyingOf(1, openKeyCounters(systemFiles, path))
    expect(again.takes(three, made(far - 1))).toBe(false)
    expect(again.own.counter).toBeGreaterThan(epochs.own.counter)
    writeFileSync(path, "no such file")
    expect(openKeyCounters(systemFiles, path).get(3)).toBe(0)
  })

  it("do for their own time and no longer", async () => {
    const { epochs } = keyingOf(1)
    const { counter } = epochs.own
    epochs.refresh()
    expect(epochs.ownAt(counter)?.counter).toBe(counter)
    await new Promise((resolve) => setTimeout(resolve, graceMs + 20))
    expect(epochs.ownAt(counter)).toBeUndefined()
    expect(epochs.ownAt(epochs.own.counter)).toBe(epochs.own)
  })
})

describe("a client's authenticator where keys are refreshed", () => {
  const long = (): Uint8Array => new Uint8Array(32).fill(1)
  const clients = { from: 0, to: 3 }
  const request = { client: 2, timestamp: 1, operation: "a" }

  /** Whether replica 0 believes the authenticator, with the keys that it has now. */
  const believes = (atReplica: ClientKeysAtReplica, authenticator: string): boolean => {
    const keys = { ...replicaKeys(config, 0), goodForClient: (c: number) => atReplica.of(c) }
    const of = { id: 0, n: 4, clients: 8, agreedTimeMs: 0, recoverers: 8, recoveryPeriodMs: 0 }
    const bytes = encodeMessage({ _tag: "Request", ...request, authenticator })
    const decoded = decodeMessage(new Reader(bytes), limitsOf(config))
    const peer = { kind: "endpoint", id: 0, from: 0, to: 7 } as const
    if ("_tag" in decoded) throw decoded
    return typeof new Authenticator({ keys, ...of }).input(peer, decoded, bytes) !== "string"
  }

  it("is good under the present keys, and for a while under those before", async () => {
    const atReplica = new ClientKeysAtReplica(long, graceMs)
    const atEndpoint = new ClientKeysAtEndpoint(long, 4)
    const [old, present] = [new Uint8Array(32).fill(2), new Uint8Array(32).fill(3)]
    expect(believes(atReplica, authenticatorOf(atEndpoint.of(2), request))).toBe(false)
    atReplica.agreed(clients, old)
    atEndpoint.agreed(0, old)
    const first = authenticatorOf(atEndpoint.of(2), request)
    expect(believes(atReplica, first)).toBe(true)
    atReplica.agreed(clients, present)
    expect(believes(atReplica, first)).toBe(true)
    atEndpoint.agreed(0, present)
    expect(believes(atReplica, authenticatorOf(atEndpoint.of(2), request))).toBe(true)
    await new Promise((resolve) => setTimeout(resolve, graceMs + 20))
    expect(believes(atReplica, first)).toBe(false)
    expect(believes(atReplica, authenticatorOf(atEndpoint.of(2), request))).toBe(true)
  })
})
