import { createHash, createHmac } from "node:crypto"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { isIgnored } from "../../src/core/machine.ts"
import type { PrePrepare } from "../../src/core/pbft/message.ts"
import { step } from "../../src/core/pbft/replica.ts"
import { type Input, init, type PbftStep } from "../../src/core/pbft/state.ts"
import type { SignedRequest } from "../../src/core/request.ts"
import * as Window from "../../src/core/window.ts"
import { Authenticator, authenticatorOf } from "../../src/net/authenticate.ts"
import { BadMessage } from "../../src/net/bad-message.ts"
import { decodeMessage, encodeMessage, type WireMessage } from "../../src/net/codec.ts"
import { limitsOf, replicaCoreConfig } from "../../src/net/core-config.ts"
import { batchDigest } from "../../src/net/digests.ts"
import { HmacKey, hmac, sameMac } from "../../src/net/hmac.ts"
import { endpointKeys, replicaKeys } from "../../src/net/keys.ts"
import type { Dropped, Peer } from "../../src/net/protocol.ts"
import { Reader } from "../../src/net/reader.ts"
import { configOf } from "./nodes.ts"

const config = configOf({
  endpoints: [
    { from: 0, to: 3 },
    { from: 4, to: 7 },
  ],
})
const [first, second] = [endpointKeys(config, 0), endpointKeys(config, 1)]

const authenticatorAt = (id: number): Authenticator =>
  new Authenticator({
    keys: replicaKeys(config, id),
    id,
    n: 4,
    clients: config.clients,
    agreedTimeMs: 0,
    recoverers: config.clients,
    recoveryPeriodMs: 1_000,
  })

/** What replica `id` makes of a message that arrived from `peer`. */
const receive = (id: number, peer: Peer, message: WireMessage): Input | Dropped => {
  const bytes = encodeMessage(message)
  const decoded = decodeMessage(new Reader(bytes), limitsOf(config))
  if (decoded instanceof BadMessage) throw decoded
  return authenticatorAt(id).input(peer, decoded, bytes)
}

const signed = (client: number, operation: string, keys = first): SignedRequest => {
  const request = { client, timestamp: 1, operation }
  return { ...request, authenticator: authenticatorOf(keys.client(client), request) }
}
const replica = (id: number): Peer => ({ kind: "replica", id })
const endpoint: Peer = { kind: "endpoint", id: 0, from: 0, to: 3 }

const prePrepare = (batch: ReadonlyArray<SignedRequest>, seq = 1): PrePrepare => ({
  _tag: "PrePrepare",
  view: 0,
  seq,
  digest: batchDigest(batch),
  batch,
  replica: 0,
})

/** The authenticator with the entries of these replicas damaged. */
const spoiled = (request: SignedRequest, ...replicas: ReadonlyArray<number>): SignedRequest => {
  const bytes = Buffer.from(request.authenticator, "latin1")
  for (const r of replicas) bytes[16 * r] = (bytes[16 * r] as number) ^ 1
  return { ...request, authenticator: bytes.toString("latin1") }
}

describe("hmac", () => {
  it("is node:crypto's HMAC-SHA256 for keys and messages of any length", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 1, maxLength: 150 }),
        fc.uint8Array({ maxLength: 300 }),
        (key, message) => {
          const expected = createHmac("sha256", key).update(message).digest("binary")
          expect(hmac(new HmacKey(key), message)).toBe(expected)
          const digest = createHash("sha256").update(message).digest("binary")
          const ofDigest = createHmac("sha256", key).update(digest, "binary").digest("binary")
          expect(new HmacKey(key).macOfDigest(digest)).toBe(ofDigest)
        },
      ),
      { numRuns: 300 },
    )
  })

  it("compares the first 16 bytes, and never beyond the end", () => {
    const mac = hmac(new HmacKey(Buffer.from("key")), Buffer.from("message"))
    const bytes = Buffer.from(mac.slice(0, 16), "latin1")
    expect(sameMac(mac, bytes, 0)).toBe(true)
    expect(sameMac(mac, bytes.subarray(0, 15), 0)).toBe(false)
    for (let k = 0; k < 16; k++) {
      const wrong = Buffer.from(bytes)
      wrong[k] = (wrong[k] as number) ^ 0x80
      expect(sameMac(mac, wrong, 0)).toBe(false)
    }
  })

  it("shows nothing of a key when printed", () => {
    const key = new HmacKey(Buffer.from("a very secret key"))
    expect(JSON.stringify(key)).toBe("{}")
  })
})

describe("keys", () => {
  it("a pair derives the same secret on both sides, another one with everyone else", () => {
    const secrets = new Set<string>()
    for (let a = 0; a < 4; a++) {
      for (let b = a + 1; b < 4; b++) {
        const [one, other] = [replicaKeys(config, a).pair(b), replicaKeys(config, b).pair(a)]
        expect(Buffer.from(one)).toStrictEqual(Buffer.from(other))
        secrets.add(Buffer.from(one).toString("hex"))
      }
    }
    for (const keys of [first, second]) {
      for (let r = 0; r < 4; r++) secrets.add(Buffer.from(keys.replica(r)).toString("hex"))
    }
    expect(secrets.size).toBe(6 + 8)
  })

  it("an endpoint's connection secret is the replica's for it", () => {
    for (let r = 0; r < 4; r++) {
      const keys = replicaKeys(config, r)
      expect(Buffer.from(keys.endpoint(0))).toStrictEqual(Buffer.from(first.replica(r)))
      expect(Buffer.from(keys.endpoint(1))).toStrictEqual(Buffer.from(second.replica(r)))
    }
  })
})

describe("requests from clients", () => {
  it("are authentic at every replica under the client's authenticator", () => {
    const message = { _tag: "Request" as const, ...signed(2, "op") }
    for (let r = 0; r < 4; r++) {
      expect(receive(r, endpoint, message)).toStrictEqual({ _tag: "Receive", message })
    }
  })

  it.each([
    ["a changed operation", { operation: "oq" }, "BadMac"],
    ["a changed timestamp", { timestamp: 2 }, "BadMac"],
    ["another client of the endpoint", { client: 3 }, "BadMac"],
    ["a client of another endpoint", { client: 4 }, "WrongSender"],
    ["no authenticator", { authenticator: "" }, "BadMac"],
    ["a shortened authenticator", { authenticator: "x".repeat(63) }, "BadMac"],
  ] as const)("%s is dropped", (_, changed, why) => {
    expect(receive(1, endpoint, { _tag: "Request", ...signed(2, "op"), ...changed })).toBe(why)
  })

  it("a client that does not exist is dropped", () => {
    const wide: Peer = { kind: "endpoint", id: 1, from: 4, to: 900 }
    expect(receive(1, wide, { _tag: "Request", ...signed(4, "op", second), client: 800 })).toBe(
      "BadMac",
    )
  })

  it("every bit of a replica's own entry counts, no bit of another's does", () => {
    const request = signed(1, "op")
    for (let bit = 0; bit < 512; bit++) {
      const bytes = Buffer.from(request.authenticator, "latin1")
      bytes[bit >> 3] = (bytes[bit >> 3] as number) ^ (1 << (bit & 7))
      const authenticator = bytes.toString("latin1")
      const got = receive(2, endpoint, { _tag: "Request", ...request, authenticator })
      const own = bit >> 7 === 2
      expect(typeof got === "string" ? got : got._tag).toBe(own ? "BadMac" : "Receive")
    }
  })
})

describe("messages between replicas", () => {
  const prepare = { _tag: "Prepare" as const, view: 0, seq: 1, digest: batchDigest([]), replica: 2 }

  it("are taken from the replica that they name", () => {
    expect(receive(1, replica(2), prepare)).toStrictEqual({ _tag: "Receive", message: prepare })
  })

  it.each([
    ["another replica", replica(3)],
    ["a client", endpoint],
  ])("are dropped when they come from %s", (_, peer) => {
    expect(receive(1, peer, prepare)).toBe("WrongSender")
    expect(receive(1, peer, { ...prepare, _tag: "Commit" })).toBe("WrongSender")
    const { seq, digest } = prepare
    expect(receive(1, peer, { _tag: "Checkpoint", seq, digest, replica: 2 })).toBe("WrongSender")
    expect(receive(1, peer, prePrepare([signed(0, "op")]))).toBe("WrongSender")
  })

  it("a request does not come from a replica, a reply does not come to one", () => {
    expect(receive(1, replica(0), { _tag: "Request", ...signed(0, "op") })).toBe("WrongSender")
    const reply = {
      _tag: "Reply" as const,
      view: 0,
      client: 0,
      timestamp: 1,
      replica: 0,
      result: "",
    }
    expect(receive(1, replica(0), reply)).toBe("WrongReceiver")
  })

  it("a pre-prepare whose digest is not its batch's never reaches step", () => {
    const right = prePrepare([signed(0, "op")])
    const wrong = { ...right, digest: batchDigest([signed(0, "other")]) }
    expect(receive(1, replica(0), right)).toMatchObject({ _tag: "ReceivePrePrepare" })
    expect(receive(1, replica(0), wrong)).toBe("BadDigest")
  })

  it("verdicts tell which of a batch's requests are their clients'", () => {
    const good = signed(0, "a")
    const batch = [
      good,
      spoiled(signed(1, "b"), 1),
      signed(5, "c", second),
      { ...good, operation: "d" },
    ]
    const at = (id: number) => receive(id, replica(0), prePrepare(batch))
    expect(at(1)).toMatchObject({ verdicts: [true, false, true, false] })
    expect(at(2)).toMatchObject({ verdicts: [true, true, true, false] })
  })
})

/** Steps replica `id` through inputs; drops count as a broken test. */
const run = (id: number, inputs: ReadonlyArray<Input | Dropped>): ReadonlyArray<PbftStep> => {
  const core = replicaCoreConfig(config, id)
  const steps: Array<PbftStep> = []
  let state = init(core)
  for (const input of inputs) {
    if (typeof input === "string") throw new Error(`dropped: ${input}`)
    const taken = step(core, state, input)
    expect(isIgnored(taken.action)).toBe(false)
    steps.push(taken)
    state = taken.state
  }
  return steps
}

const vote = (from: number, m: PrePrepare): WireMessage => ({
  _tag: "Prepare",
  view: 0,
  seq: m.seq,
  digest: m.digest,
  replica: from,
})
const phaseAt = (taken: PbftStep | undefined): string | undefined =>
  taken && Window.get(taken.state.log, 1).phase

describe("a primary that cannot be trusted", () => {
  it("invents a request: no backup prepares it", () => {
    const invented = { client: 0, timestamp: 1, operation: "steal", authenticator: "z".repeat(64) }
    const m = prePrepare([invented])
    for (const id of [1, 2, 3]) {
      const [taken] = run(id, [receive(id, replica(0), m)])
      expect(phaseAt(taken)).toBe("held")
      expect(taken?.effects).toStrictEqual([])
    }
  })

  it("puts an invented request beside a client's: the batch is held as a whole", () => {
    const invented = { client: 1, timestamp: 1, operation: "steal", authenticator: "z".repeat(64) }
    const [taken] = run(2, [receive(2, replica(0), prePrepare([signed(0, "op"), invented]))])
    expect(phaseAt(taken)).toBe("held")
    expect(taken?.effects).toStrictEqual([])
  })

  it("uses its own key for the client: it is no other replica's", () => {
    const request = { client: 0, timestamp: 1, operation: "steal" }
    const own = replicaKeys(config, 0).client(0)
    const forged = { ...request, authenticator: authenticatorOf([own, own, own, own], request) }
    expect(receive(0, endpoint, { _tag: "Request", ...forged })).toMatchObject({ _tag: "Receive" })
    expect(receive(1, replica(0), prePrepare([forged]))).toMatchObject({ verdicts: [false] })
  })
})

describe("a client whose authenticator verifies at some replicas only", () => {
  it("at the primary only: every backup holds the batch and sends nothing", () => {
    const m = prePrepare([spoiled(signed(0, "op"), 1, 2, 3)])
    expect(
      receive(0, endpoint, { _tag: "Request", ...(m.batch[0] as SignedRequest) }),
    ).toMatchObject({
      _tag: "Receive",
    })
    for (const id of [1, 2, 3]) {
      const [taken] = run(id, [receive(id, replica(0), m)])
      expect(phaseAt(taken)).toBe("held")
      expect(taken?.effects).toStrictEqual([])
    }
  })

  it("a backup that holds the batch accepts it when f + 1 replicas vouch for it", () => {
    const m = prePrepare([spoiled(signed(0, "op"), 3)])
    const steps = run(3, [receive(3, replica(0), m), receive(3, replica(1), vote(1, m))])
    expect(steps.map(phaseAt)).toStrictEqual(["held", "prepared"])
    const sent = steps[1]?.effects.flatMap((e) => (e._tag === "Broadcast" ? [e.message._tag] : []))
    expect(sent).toStrictEqual(["Prepare", "Commit"])
  })

  it("a vote for another digest does not vouch", () => {
    const m = prePrepare([spoiled(signed(0, "op"), 3)])
    const other = { ...m, digest: batchDigest([signed(1, "other")]) }
    const steps = run(3, [receive(3, replica(0), m), receive(3, replica(1), vote(1, other))])
    expect(phaseAt(steps[1])).toBe("held")
    expect(steps[1]?.effects).toStrictEqual([])
  })
})
