import { Redacted } from "effect"
import { describe, expect, it } from "vitest"
import { groupOf } from "../../src/core/quorum.ts"
import type {
  Certificate,
  Message,
  OrderReq,
  Signable,
  Signer,
  ViewChange,
} from "../../src/core/zyzzyva/message.ts"
import type { Input } from "../../src/core/zyzzyva/state.ts"
import { authenticatorOf } from "../../src/net/authenticate.ts"
import { BadMessage } from "../../src/net/bad-message.ts"
import { BadSigners } from "../../src/net/bad-signers.ts"
import { limitsOf } from "../../src/net/core-config.ts"
import { batchDigest } from "../../src/net/digests.ts"
import { storeFingerprint } from "../../src/net/handshake.ts"
import { endpointKeys, replicaKeys, signingSeedOf } from "../../src/net/keys.ts"
import type { Dropped, Peer } from "../../src/net/protocol.ts"
import { Reader } from "../../src/net/reader.ts"
import { Writer } from "../../src/net/writer.ts"
import { RecoveryRequests } from "../../src/net/recovery-requests.ts"
import { authenticAnswer, ZyzzyvaAuthenticator } from "../../src/net/zyzzyva-authenticate.ts"
import { readZyzzyvaMessage, writeZyzzyvaMessage } from "../../src/net/zyzzyva-codec.ts"
import { ZyzzyvaSigner, ZyzzyvaVerifier } from "../../src/net/zyzzyva-signature.ts"
import { configOf } from "./nodes.ts"
import { digestOf } from "./zyzzyva-wire.ts"

const config = configOf({ protocol: "zyzzyva" })
const group = groupOf(4)
const cluster = storeFingerprint(config)
const publicKeys = config.replicas.map((r) => r.publicKey)
const signers = [0, 1, 2, 3].map(
  (id) => new ZyzzyvaSigner(cluster, Redacted.value(signingSeedOf(config, id))),
)
const signed = (id: number, content: Signable): string => signers[id]?.sign(content) ?? ""
const verifier = new ZyzzyvaVerifier(cluster, publicKeys)

const replica = (id: number): Peer => ({ kind: "replica", id })
const clients: Peer = { kind: "endpoint", id: 0, from: 0, to: 7 }

/** What replica 3 makes of a message that arrived from `peer`. */
const receive = (peer: Peer, message: Message): Input | Dropped => {
  const writer = new Writer()
  writeZyzzyvaMessage(writer, message)
  const bytes = Buffer.from(writer.written())
  const decoded = readZyzzyvaMessage(new Reader(bytes), limitsOf(config))
  if (decoded instanceof BadMessage) throw decoded
  const { goodForClient, verifier: known } = replicaKeys(config, 3)
  const limits = { n: 4, recoverers: 8, recoveryPeriodMs: 60_000 }
  const recoveries = new RecoveryRequests({ ...limits, verifier: known })
  const judging = { group, id: 3, clients: 8, goodForClient, verifier, recoveries }
  return new ZyzzyvaAuthenticator(judging).input(peer, decoded, bytes)
}

const history = digestOf("history")
const header = (id: number) => ({ view: 0, seq: 4, history, replica: id })
const headerBy = (id: number, signer = id) => {
  const content = { _tag: "SpecHeader" as const, ...header(id) }
  return { ...content, signature: signed(signer, content) }
}
const certificateBy = (...who: ReadonlyArray<number>): Certificate => ({
  view: 0,
  seq: 4,
  history,
  signers: who.map((id): Signer => ({ replica: id, signature: headerBy(id).signature })),
})

const request = (client: number) => {
  const plain = { client, timestamp: 1, operation: "op" }
  const authenticator = authenticatorOf(endpointKeys(config, 0).client(client), plain)
  return { ...plain, authenticator }
}
const order = (changes: Partial<OrderReq> = {}): OrderReq => {
  const batch = [request(1), { ...request(2), authenticator: "x".repeat(64) }]
  const content = { _tag: "OrderReq" as const, view: 0, seq: 1, history }
  const signature = signed(0, content)
  return { ...content, digest: batchDigest(batch), batch, signature, ...changes }
}
const accusation = (id: number): Signer => ({
  replica: id,
  signature: signed(id, { _tag: "Accusation", view: 0, replica: id }),
})
const viewChange = (id: number, changes: Partial<ViewChange> = {}): ViewChange => {
  const content = {
    _tag: "ViewChange" as const,
    view: 1,
    stable: { view: 0, seq: 0, digest: digestOf("start"), signers: [] },
    orders: [],
    certificates: [],
    accusers: [accusation(0), accusation(2)],
    replica: id,
    ...changes,
  }
  const { signature: _, ...unsigned } = { signature: "", ...content }
  return { ...unsigned, signature: signed(id, unsigned) }
}
const newView = (by: number, changes: ReadonlyArray<ViewChange>) => {
  const content = { _tag: "NewView" as const, view: 1, changes }
  return { ...content, signature: signed(by, content) }
}

const forged = "f".repeat(64)

describe("what a replica of Zyzzyva believes", () => {
  it.each<[string, Peer, Message]>([
    ["a request of its client", clients, { _tag: "Request", ...request(1) }],
    ["an order of the primary", replica(0), order()],
    ["the same, passed on", replica(2), order()],
    ["a history of its sender", replica(1), headerBy(1)],
    ["a certificate", clients, { _tag: "Commit", client: 1, certificate: certificateBy(0, 1, 2) }],
    [
      "a question for orders",
      replica(2),
      { _tag: "FillHole", view: 0, from: 1, upTo: 2, replica: 2 },
    ],
    ["a VIEW-CHANGE", replica(2), viewChange(2)],
    ["a NEW-VIEW, passed on", replica(2), newView(1, [viewChange(0), viewChange(2)])],
    [
      "a proof of misbehaviour, of a client",
      clients,
      {
        _tag: "Pom",
        orders: [1, 2].map((seq) => {
          const place = { view: 0, seq, history }
          return { ...place, signature: signed(0, { _tag: "OrderReq", ...place }) }
        }),
      },
    ],
  ])("%s", (_, peer, message) => {
    expect(receive(peer, message)).toMatchObject({ message: { _tag: message._tag } })
  })

  it("gives a verdict on each request of an order", () => {
    expect(receive(replica(0), order())).toMatchObject({ verdicts: [true, false] })
  })

  it.each<[Dropped, string, Peer, Message]>([
    ["WrongSender", "another's request", { ...clients, to: 0 }, { _tag: "Request", ...request(1) }],
    ["BadMac", "a changed one", clients, { _tag: "Request", ...request(1), operation: "other" }],
    ["BadDigest", "an order of another batch", replica(0), order({ digest: digestOf("other") })],
    ["BadSignature", "an order that its primary did not sign", replica(0), order({ seq: 2 })],
    ["WrongSender", "an order of a client", clients, order()],
    ["WrongSender", "another's history", replica(2), headerBy(1)],
    ["BadSignature", "a history in another's name", replica(1), headerBy(1, 2)],
    [
      "BadSignature",
      "a certificate with a forged signature",
      clients,
      {
        _tag: "Commit",
        client: 1,
        certificate: {
          ...certificateBy(0, 1),
          signers: [...certificateBy(0, 1).signers, { replica: 2, signature: forged }],
        },
      },
    ],
    [
      "BadSignature",
      "a certificate of answers in another view",
      clients,
      { _tag: "Commit", client: 1, certificate: { ...certificateBy(0, 1, 2), view: 1 } },
    ],
    [
      "WrongSender",
      "a certificate in another client's name",
      { ...clients, to: 0 },
      { _tag: "Commit", client: 1, certificate: certificateBy(0, 1, 2) },
    ],
    [
      "BadSignature",
      "a VIEW-CHANGE with a forged accusation",
      replica(2),
      viewChange(2, { accusers: [accusation(0), { replica: 1, signature: forged }] }),
    ],
    [
      "BadSignature",
      "a VIEW-CHANGE with a stable checkpoint for which nobody vouched",
      replica(2),
      viewChange(2, {
        stable: {
          view: 0,
          seq: 4,
          digest: digestOf("state"),
          signers: [0, 1, 3].map((id) => ({ replica: id, signature: forged })),
        },
      }),
    ],
    [
      "BadSignature",
      "a VIEW-CHANGE with a forged certificate",
      replica(2),
      viewChange(2, {
        certificates: [
          { ...certificateBy(0, 1, 2), history: digestOf("other"), before: "", batches: [] },
        ],
      }),
    ],
    ["BadSignature", "a NEW-VIEW of another than the primary", replica(2), newView(2, [])],
    [
      "BadSignature",
      "a NEW-VIEW with a changed VIEW-CHANGE",
      replica(1),
      newView(1, [{ ...viewChange(0), view: 2 }]),
    ],
    [
      "WrongReceiver",
      "an answer",
      replica(1),
      {
        _tag: "LocalCommit",
        view: 0,
        seq: 1,
        history,
        client: 1,
        replica: 1,
      },
    ],
  ])("drops as %s: %s", (why, _, peer, message) => {
    expect(receive(peer, message)).toBe(why)
  })
})

describe("what a client of Zyzzyva believes and shows", () => {
  it("an answer is its sender's", () => {
    const m = { _tag: "LocalCommit", view: 0, seq: 1, history, client: 1, replica: 2 } as const
    expect(authenticAnswer(2, m)).toStrictEqual(m)
    expect(authenticAnswer(1, m)).toBe("WrongSender")
    expect(authenticAnswer(1, headerBy(1))).toBe("WrongReceiver")
  })

  it("a certificate leaves only when all of it is signed", () => {
    const shown = new BadSigners(group, verifier)
    const certificate = certificateBy(0, 1, 2)
    expect(shown.canBeShown({ _tag: "Commit", client: 1, certificate })).toBe(true)
    const signers = certificate.signers.map((s, k) => (k === 1 ? { ...s, signature: forged } : s))
    const bad = { ...certificate, signers }
    expect(shown.canBeShown({ _tag: "Commit", client: 1, certificate: bad })).toBe(false)
  })
})

describe("signatures", () => {
  it("are of one cluster and one purpose", () => {
    const content = { _tag: "SpecHeader" as const, ...header(1) }
    const signature = signed(1, content)
    expect(verifier.isSigned({ signer: 1, content, signature })).toBe(true)
    const other = new ZyzzyvaVerifier("another cluster", publicKeys)
    expect(other.isSigned({ signer: 1, content, signature })).toBe(false)
    const asOrder = { _tag: "OrderReq" as const, view: 0, seq: 4, history }
    expect(verifier.isSigned({ signer: 1, content: asOrder, signature })).toBe(false)
    expect(verifier.isSigned({ signer: 9, content, signature })).toBe(false)
  })

  it("what was found good is not computed again, and what was not is refused again", () => {
    const fresh = new ZyzzyvaVerifier(cluster, publicKeys)
    const content = { _tag: "SpecHeader" as const, ...header(1) }
    const signature = signed(1, content)
    for (let k = 0; k < 3; k++) expect(fresh.isSigned({ signer: 1, content, signature })).toBe(true)
    expect(fresh.checked).toBe(1)
    const wrong = { signer: 1, content, signature: forged }
    for (let k = 0; k < 2; k++) expect(fresh.isSigned(wrong)).toBe(false)
    expect(fresh.checked).toBe(3)
  })

  it("no signer is printed with its key", () => {
    expect(JSON.stringify(signers[0])).toBe("{}")
  })
})
