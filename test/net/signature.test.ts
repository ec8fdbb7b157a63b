import { inspect } from "node:util"
import { describe, expect, it } from "vitest"
import type { NewView, DirectMessage, ViewChange } from "../../src/core/pbft/message.ts"
import type { Input } from "../../src/core/pbft/state.ts"
import { Authenticator } from "../../src/net/authenticate.ts"
import { BadMessage } from "../../src/net/bad-message.ts"
import { decodeMessage, encodeMessage, type WireMessage } from "../../src/net/codec.ts"
import { limitsOf } from "../../src/net/core-config.ts"
import { replicaKeys } from "../../src/net/keys.ts"
import type { Dropped, Peer } from "../../src/net/protocol.ts"
import { Reader } from "../../src/net/reader.ts"
import { publicKeyHex, type Signer, Verifier } from "../../src/net/signature.ts"
import { asReplica, base, listening, opened, until } from "./callers.ts"
import { configOf } from "./nodes.ts"
import { digestOf } from "./wire.ts"

const config = configOf()
const signerOf = (id: number): Signer => replicaKeys(config, id).signer
const { verifier } = replicaKeys(config, 0)
const entry = { seq: 1, digest: digestOf("batch"), view: 0 }
const viewChange = (replica: number): ViewChange => ({
  _tag: "ViewChange",
  view: 1,
  low: 0,
  checkpoints: [{ seq: 0, digest: digestOf("start") }],
  prepared: [entry],
  prePrepared: [entry],
  replica,
  signature: "",
})
const newView = (changes: ReadonlyArray<ViewChange>): NewView => ({
  _tag: "NewView",
  view: 1,
  changes,
  start: { seq: 0, digest: digestOf("start") },
  chosen: [{ seq: 1, digest: entry.digest }],
  replica: 1,
  signature: "",
})
const fetchOf = (id: number): DirectMessage => ({
  _tag: "FetchBatch",
  digest: entry.digest,
  replica: id,
})
const replica = (id: number): Peer => ({ kind: "replica", id })

/** What replica 0 makes of a message that arrived from `peer`. */
const receive = (peer: Peer, message: WireMessage): Input | Dropped => {
  const bytes = encodeMessage(message)
  const decoded = decodeMessage(new Reader(bytes), limitsOf(config))
  if (decoded instanceof BadMessage) throw decoded
  const keys = replicaKeys(config, 0)
  const of = {
    keys,
    id: 0,
    n: 4,
    clients: 8,
    agreedTimeMs: 0,
    recoverers: 8,
    recoveryPeriodMs: 1_000,
  }
  return new Authenticator(of).input(peer, decoded, bytes)
}

describe("a signature", () => {
  it("is Ed25519 of RFC 8032: the key of its first test vector", () => {
    const seed = Buffer.from(
      "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
      "hex",
    )
    expect(publicKeyHex(seed)).toBe(
      "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
    )
  })

  it("is the same each time, verifies, and is the signer's alone", () => {
    const own = signerOf(2).viewChange(viewChange(2))
    expect(signerOf(2).viewChange(viewChange(2))).toStrictEqual(own)
    expect(own.signature).toHaveLength(64)
    expect(verifier.isSigned(own)).toBe(true)
    // The same words in another's name, or another's words under this signature.
    expect(verifier.isSigned({ ...own, replica: 3 })).toBe(false)
    expect(verifier.isSigned({ ...own, replica: 4 })).toBe(false)
    expect(signerOf(2).viewChange(viewChange(3)).signature).toBe("")
  })

  const changes: ReadonlyArray<Partial<ViewChange>> = [
    { view: 2 },
    { low: 1 },
    { checkpoints: [] },
    { prepared: [] },
    { prePrepared: [{ ...entry, view: 1 }] },
    { signature: "" },
    { signature: "s".repeat(64) },
  ]
  it.each(changes)("does not cover another message: %j", (changed) => {
    expect(verifier.isSigned({ ...signerOf(2).viewChange(viewChange(2)), ...changed })).toBe(false)
  })

  it("of one cluster is none of another", () => {
    const keys = config.replicas.map((r) => r.publicKey)
    const other = new Verifier("another cluster!", keys)
    expect(other.isSigned(signerOf(2).viewChange(viewChange(2)))).toBe(false)
  })

  it("is put to the own VIEW-CHANGE wherever it leaves, and to nothing else", () => {
    const others = [0, 2].map((id) => signerOf(id).viewChange(viewChange(id)))
    const [zero, two] = others as [ViewChange, ViewChange]
    const sent = signerOf(1).signed(newView([zero, viewChange(1), two])) as NewView
    expect(sent.changes.map((m) => verifier.isSigned(m))).toStrictEqual([true, true, true])
    expect([sent.changes[0], sent.changes[2]]).toStrictEqual([zero, two])
    const fetch = fetchOf(1)
    expect(signerOf(1).signed(fetch)).toBe(fetch)
  })

  it("keeps its key to itself", () => {
    const keys = replicaKeys(config, 1)
    const printed = JSON.stringify(keys) + inspect(keys, { depth: 10, showHidden: true })
    expect(printed).not.toMatch(/[0-9a-f]{2}( [0-9a-f]{2}){15}|PRIVATE/)
  })
})

describe("what a replica believes of a change of views", () => {
  const signed = (id: number): ViewChange => signerOf(id).viewChange(viewChange(id))
  const all = [signed(1), signed(2), signed(3)]
  const entered = (changes: ReadonlyArray<ViewChange>): NewView =>
    signerOf(1).signed(newView(changes)) as NewView

  it("a signed VIEW-CHANGE of its sender, and a NEW-VIEW of signed ones", () => {
    expect(receive(replica(2), signed(2))).toMatchObject({ _tag: "Receive" })
    expect(receive(replica(1), entered(all))).toMatchObject({ _tag: "Receive" })
  })

  it("a NEW-VIEW that its primary signed, whoever passes it on", () => {
    const passedOn = signerOf(2).signed(entered(all))
    expect(passedOn).toStrictEqual(entered(all))
    expect(receive(replica(2), passedOn as WireMessage)).toMatchObject({ _tag: "Receive" })
  })

  it.each<[string, number, WireMessage, Dropped]>([
    ["a VIEW-CHANGE without a signature", 2, viewChange(2), "BadSignature"],
    ["one with another's signature", 2, { ...signed(3), replica: 2 }, "BadSignature"],
    ["one of another replica", 2, signed(3), "WrongSender"],
    ["a NEW-VIEW without a signature", 1, newView(all), "BadSignature"],
    ["one in another's name", 2, { ...entered(all), replica: 2 }, "BadSignature"],
    ["one that was changed on its way", 2, { ...entered(all), chosen: [] }, "BadSignature"],
    ["one that shows other VIEW-CHANGEs", 2, { ...entered(all), changes: [] }, "BadSignature"],
    [
      "a NEW-VIEW with one VIEW-CHANGE that its replica did not sign",
      1,
      entered([...all.slice(0, 2), { ...signed(3), low: 4 }]),
      "BadSignature",
    ],
    ["a FetchBatch in another's name", 2, fetchOf(3), "WrongSender"],
  ])("not %s", (_, from, message, why) => {
    expect(receive(replica(from), message)).toBe(why)
  })

  it("a batch of any replica, and of no client", () => {
    const batch: WireMessage = { _tag: "Batch", batch: [] }
    expect(receive(replica(3), batch)).toMatchObject({ _tag: "Receive", message: batch })
    const endpoint: Peer = { kind: "endpoint", id: 0, from: 0, to: 7 }
    expect(receive(endpoint, batch)).toBe("WrongSender")
    expect(receive(endpoint, signed(2))).toBe("WrongSender")
  })

  it("counts what it drops, and goes on with the connection", async () => {
    const { inputs, peers, log } = await listening(1)
    const { connection, faults } = await opened(asReplica(3, 1))
    const good = replicaKeys(base, 3).signer.viewChange(viewChange(3))
    connection.send({ ...good, signature: "x".repeat(64) })
    connection.send({ ...good, view: 7 })
    connection.send(good)
    connection.flush()
    await until("the good one arrived", () => inputs.length > 0)
    expect(inputs).toStrictEqual([{ _tag: "Receive", message: good }])
    expect(peers.counts.get("Dropped:BadSignature")).toBe(2)
    expect(log.filter((l) => l.includes("BadSignature"))).toStrictEqual([
      "dropped a ViewChange of replica 3: BadSignature",
    ])
    expect(faults).toStrictEqual([])
  })

  it("sockets sign what leaves", async () => {
    const one = await listening(1)
    const two = await listening(2)
    await until("they are connected", () => one.peers.isConnected(2) && two.peers.isConnected(1))
    one.peers.broadcast(viewChange(1))
    one.peers.toReplica(2, newView([viewChange(1)]))
    one.peers.flush()
    await until("both arrived", () => two.inputs.length === 2)
    expect(two.peers.counts.get("Dropped:BadSignature")).toBe(0)
  })
})
