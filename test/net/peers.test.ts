import { describe, expect, it } from "vitest"
import type { DirectMessage, Reply } from "../../src/core/pbft/message.ts"
import { authenticatorOf } from "../../src/net/authenticate.ts"
import { pauseMs } from "../../src/net/dialer.ts"
import { batchDigest } from "../../src/net/digests.ts"
import { bareFrame } from "../../src/net/frames.ts"
import { fingerprint, writeHello } from "../../src/net/handshake.ts"
import { endpointKeys } from "../../src/net/keys.ts"
import {
  asClients,
  asReplica,
  base,
  type Called,
  call,
  listening,
  opened,
  raw,
  until,
} from "./callers.ts"

const prepare = (replica: number, seq = 1): DirectMessage => ({
  _tag: "Prepare",
  view: 0,
  seq,
  digest: batchDigest([]),
  replica,
})
const reply = (client: number, result = ""): Reply => ({
  _tag: "Reply",
  view: 0,
  client,
  timestamp: 1,
  replica: 1,
  result,
})

describe("who may connect", () => {
  it("a replica with the shared secret, and its messages are inputs", async () => {
    const { inputs, peers, progress } = await listening(1)
    const { connection } = await opened(asReplica(3, 1))
    connection.send(prepare(3))
    const told = { view: 2, active: false, newView: true, low: 4, executed: 7 }
    connection.sendProgress(told)
    connection.send(prepare(3, 2))
    connection.flush()
    await until("both arrived", () => inputs.length === 2)
    expect(inputs).toStrictEqual(
      [1, 2].map((seq) => ({ _tag: "Receive", message: prepare(3, seq) })),
    )
    expect(progress).toStrictEqual([[3, told]])
    expect(peers.isConnected(3)).toBe(true)
  })

  it.each([
    [
      "another configuration",
      { fingerprint: "x".repeat(16) },
      "the configurations of the two sides differ",
    ],
    ["another replica in mind", { to: 2 }, "this is another replica than the one that was called"],
    [
      "a number that is not called from below",
      { id: 0 },
      "a replica or endpoint that this configuration does not have",
    ],
    ["its own number", { id: 1 }, "a replica or endpoint that this configuration does not have"],
    [
      "a number that does not exist",
      { id: 4 },
      "a replica or endpoint that this configuration does not have",
    ],
    [
      "an endpoint that does not exist",
      { kind: "endpoint", id: 1 },
      "a replica or endpoint that this configuration does not have",
    ],
    [
      "clients of nobody",
      { kind: "endpoint", id: 0, firstClient: 0, lastClient: 8 },
      "a replica or endpoint that this configuration does not have",
    ],
  ] as const)("%s is refused, and told why", async (_, changed, reason) => {
    const { peers } = await listening(1)
    const { faults } = call(1, new Uint8Array(32), changed)
    await until("it is refused", () => faults.length > 0)
    expect(faults).toMatchObject([{ _tag: "Refused", reason }])
    await until("it is counted", () => peers.counts.get("Refused") === 1)
  })

  it("whoever lacks the secret is found out by both sides", async () => {
    const { peers, log } = await listening(1)
    const wrong = new Uint8Array(32).fill(1)
    const { faults } = call(1, wrong, { id: 3 })
    await until("the caller noticed", () => faults.length > 0)
    expect(faults).toMatchObject([{ _tag: "BadMac", where: "handshake" }])
    // A caller that goes on regardless: any proof is wrong.
    const socket = raw(base, 1)
    const hello = { kind: "replica" as const, id: 3, to: 1, firstClient: 0, lastClient: 0 }
    socket.write(
      bareFrame(writeHello({ ...hello, fingerprint: fingerprint(base), nonce: "n".repeat(16) })),
    )
    socket.write(bareFrame(Buffer.alloc(16)))
    await until("it is counted", () => peers.counts.get("BadMac") === 1)
    expect(log.at(-1)).toBe("no connection: the MAC of a handshake does not verify")
    expect(peers.isConnected(3)).toBe(false)
  })

  it("garbage, and a first frame that is too long, end the connection at once", async () => {
    const { peers } = await listening(1)
    for (const bytes of ["GET / HTTP/1.1\r\n\r\n", "\0\0\0\u0004abcd", "\0\0\u0001\0"]) {
      const before = peers.counts.get("BadFrame")
      const socket = raw(base, 1)
      let closed = false
      socket.on("close", () => {
        closed = true
      })
      socket.write(Buffer.from(bytes, "latin1"))
      await until("it is closed", () => closed)
      expect(peers.counts.get("BadFrame")).toBe(before + 1)
    }
  })

  it("a new connection of the same replica replaces the old one", async () => {
    const { inputs, peers } = await listening(1)
    const old = await opened(asReplica(3, 1))
    const fresh = await opened(asReplica(3, 1))
    await until("the old one is closed", () => old.faults.length > 0)
    fresh.connection.send(prepare(3))
    fresh.connection.flush()
    await until("the new one is read", () => inputs.length === 1)
    expect(peers.isConnected(3)).toBe(true)
  })
})

describe("what an authentic peer may not do", () => {
  it("speak for another one: dropped, counted, told once; the connection stays", async () => {
    const { inputs, peers, log } = await listening(1)
    const { connection, faults } = await opened(asReplica(3, 1))
    for (const replica of [2, 0, 2]) connection.send(prepare(replica))
    connection.send(prepare(3))
    connection.flush()
    await until("the rest arrived", () => inputs.length === 1)
    expect(peers.counts.get("Dropped:WrongSender")).toBe(3)
    expect(log.filter((line) => line.startsWith("dropped"))).toStrictEqual([
      "dropped a Prepare of replica 3: WrongSender",
    ])
    expect(faults).toStrictEqual([])
  })

  it("send nonsense in an authentic frame: the connection ends", async () => {
    const { inputs, peers } = await listening(1)
    const { connection, faults } = await opened(asReplica(3, 1))
    connection.send(prepare(3))
    connection.sendBytes(Buffer.from("nonsense"), 0, 8)
    connection.flush()
    await until("it is closed", () => faults.length > 0)
    expect(inputs).toHaveLength(1)
    expect(peers.counts.get("BadMessage")).toBe(1)
    expect(peers.isConnected(3)).toBe(false)
  })

  it("announce a frame above the limit, or repeat bytes of the session", async () => {
    const { peers } = await listening(1)
    const long = await opened(asReplica(3, 1))
    long.socket.write(Buffer.from([0, 1, 0, 17]))
    await until("it is closed", () => long.faults.length > 0)
    expect(peers.counts.get("BadFrame")).toBe(1)

    const twice = await opened(asReplica(3, 1))
    const written: Array<Buffer> = []
    const write = twice.socket.write.bind(twice.socket)
    twice.socket.write = ((bytes: Buffer) => {
      written.push(bytes)
      return write(bytes)
    }) as never
    twice.connection.send(prepare(3))
    twice.connection.flush()
    write(written[0] as Buffer)
    await until("it is closed", () => twice.faults.length > 0)
    expect(peers.counts.get("BadMac")).toBe(1)
  })

  it("use another client's name, as clients", async () => {
    const { inputs, peers } = await listening(1)
    const { connection } = await opened(asClients(1, { firstClient: 2, lastClient: 3 }))
    for (const client of [1, 2, 4]) {
      const request = { client, timestamp: 1, operation: "op" }
      const authenticator = authenticatorOf(endpointKeys(base, 0).client(client), request)
      connection.send({ _tag: "Request", ...request, authenticator })
    }
    connection.send(prepare(3))
    connection.flush()
    await until(
      "the right one arrived",
      () => inputs.length === 1 && peers.counts.get("Dropped:WrongSender") === 3,
    )
    expect(inputs).toMatchObject([{ message: { client: 2 } }])
  })
})

describe("replies", () => {
  it("go to whoever connected for the client last; without anyone they are counted", async () => {
    const { peers } = await listening(1)
    const [first, second] = [
      await opened(asClients(1)),
      await opened(asClients(1, { firstClient: 4 })),
    ]
    await until("both are known", () => peers.endpoints === 2)
    const read = (called: Called): (() => number) => {
      let bytes = 0
      called.socket.on("data", (chunk: Buffer) => {
        bytes += chunk.length
      })
      return () => bytes
    }
    const [toFirst, toSecond] = [read(first), read(second)]
    peers.toClient(4, reply(4, "x".repeat(100)))
    peers.flush()
    await until("the reply arrived", () => toSecond() > 100)
    expect(toFirst()).toBe(0)
    second.connection.close()
    await until("it is gone", () => peers.endpoints === 1)
    peers.toClient(4, reply(4))
    peers.toClient(0, reply(0))
    peers.flush()
    await until("the reply arrived", () => toFirst() > 0)
    expect(peers.counts.get("NoClient")).toBe(1)
  })
})

describe("pressure", () => {
  it("a peer that does not read is dropped when too much waits for it", async () => {
    const { peers, log } = await listening(1)
    const { socket, faults } = await opened(asClients(1))
    socket.pause()
    await until("it is known", () => peers.endpoints === 1)
    for (let k = 0; k < 2_000 && peers.endpoints === 1; k++) {
      peers.toClient(0, reply(0, "x".repeat(60_000)))
      peers.flush()
    }
    expect(peers.counts.get("TooSlow")).toBe(1)
    expect(peers.endpoints).toBe(0)
    socket.resume()
    await until("it noticed", () => faults.length > 0)
    expect(log.filter((line) => line.includes("replica"))).toStrictEqual([])
  })

  it("while a replica does not read, peers keep what they send; nothing is lost", async () => {
    const { inputs, peers } = await listening(1)
    const { connection, socket, faults } = await opened(asReplica(3, 1))
    await until("it is known", () => peers.isConnected(3))
    peers.pause()
    const request = { client: 0, timestamp: 1, operation: "x".repeat(10_000), authenticator: "" }
    const batch = [request, request, request]
    const m = {
      _tag: "PrePrepare" as const,
      view: 0,
      digest: batchDigest(batch),
      batch,
      replica: 3,
    }
    let count = 0
    while (socket.writableLength < 100_000) {
      connection.send({ ...m, seq: ++count })
      connection.flush()
      // What the system takes, it takes now.
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect(faults).toStrictEqual([])
    expect(inputs.length).toBeLessThan(count)
    const stuck = inputs.length
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(inputs).toHaveLength(stuck)
    peers.resume()
    await until("all have arrived", () => inputs.length === count)
    expect(inputs.map((i) => (i._tag === "ReceivePrePrepare" ? i.message.seq : 0))).toStrictEqual(
      Array.from({ length: count }, (_, k) => k + 1),
    )
  })
})

describe("between two replicas", () => {
  it("the pauses between calls double up to the last one, each by up to a half shorter", () => {
    const backoff = { firstMs: 40, lastMs: 2_000 }
    const longest = [0, 1, 2, 3, 4, 5, 6, 60].map((attempt) => pauseMs(backoff, attempt, 0))
    expect(longest).toStrictEqual([40, 80, 160, 320, 640, 1_280, 2_000, 2_000])
    expect(pauseMs(backoff, 3, 1)).toBe(160)
    expect(pauseMs(backoff, 60, 0.5)).toBe(1_500)
  })

  it("the higher one calls the lower one, and again after either was away", async () => {
    const three = await listening(3)
    const one = await listening(1)
    await until("they are connected", () => one.peers.isConnected(3) && three.peers.isConnected(1))
    one.peers.broadcast(prepare(1) as never)
    one.peers.flush()
    three.peers.broadcast(prepare(3) as never)
    three.peers.flush()
    await until("both heard", () => one.inputs.length + three.inputs.length === 2)
    await one.peers.close()
    await until("it is noticed", () => !three.peers.isConnected(1))
    expect(three.peers.isLost(1)).toBe(true)
    const again = await listening(1)
    await until("they are connected again", () => three.peers.isConnected(1))
    expect(three.peers.isLost(1)).toBe(false)
    three.peers.toReplica(1, prepare(3, 2) as never)
    three.peers.flush()
    await until("it heard", () => again.inputs.length === 1)
    expect(three.peers.counts.get("Connected")).toBe(2)
  })

  it("a port that is taken is an error of the one who comes second", async () => {
    await listening(1)
    await expect(listening(1)).rejects.toMatchObject({ code: "EADDRINUSE" })
  })
})
