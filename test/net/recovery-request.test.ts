import { describe, expect, it } from "vitest"
import type { Request } from "../../src/core/pbft/message.ts"
import { recoverOperation } from "../../src/core/recovery-request.ts"
import type { Input } from "../../src/core/pbft/state.ts"
import { mayReturn } from "../../src/core/recovery-gate.ts"
import { Authenticator } from "../../src/net/authenticate.ts"
import { BadMessage } from "../../src/net/bad-message.ts"
import { decodeMessage, encodeMessage } from "../../src/net/codec.ts"
import { clockOf, limitsOf } from "../../src/net/core-config.ts"
import { batchDigest } from "../../src/net/digests.ts"
import { replicaKeys } from "../../src/net/keys.ts"
import type { Dropped, Peer } from "../../src/net/protocol.ts"
import { Reader } from "../../src/net/reader.ts"
import { configOf } from "./nodes.ts"

const config = configOf({})
const { recoverers } = clockOf(config)

/** The request of a replica to be taken back, signed by `signer`. */
const asking = (replica: number, incarnation: number, signer = replica): Request => {
  const client = recoverers + replica
  const request = { client, timestamp: incarnation, operation: recoverOperation }
  const { signer: own } = replicaKeys(config, signer)
  return own.signed({ _tag: "Request", ...request, authenticator: "" }) as Request
}

/** What replica 0 makes of messages, one after the other. */
const judging = (recoveryPeriodMs = 0) => {
  const of = { id: 0, n: 4, clients: config.clients, agreedTimeMs: 0, recoverers, recoveryPeriodMs }
  const authenticator = new Authenticator({ keys: replicaKeys(config, 0), ...of })
  return (peer: Peer, message: Parameters<typeof encodeMessage>[0]): Input | Dropped => {
    const bytes = encodeMessage(message)
    const decoded = decodeMessage(new Reader(bytes), limitsOf(config))
    if (decoded instanceof BadMessage) throw decoded
    return authenticator.input(peer, decoded, bytes)
  }
}

const from = (id: number): Peer => ({ kind: "replica", id })

describe("a request to be taken back", () => {
  it("is believed of the replica that signed it in its own name, and of nobody else", () => {
    expect(judging()(from(3), asking(3, 7))).toMatchObject({ _tag: "Receive" })
    expect(judging()(from(3), asking(3, 7, 2))).toBe("BadMac")
    expect(judging()(from(2), asking(3, 7))).toBe("WrongSender")
    const client: Peer = { kind: "endpoint", id: 0, from: 0, to: config.clients - 1 }
    expect(judging()(client, asking(3, 7))).toBe("WrongSender")
  })

  it("is believed in a batch by its signature", () => {
    const verdicts = (request: Request): unknown => {
      const { _tag, ...signed } = request
      const batch = [signed]
      const digest = batchDigest(batch)
      const message = { _tag: "PrePrepare", view: 0, seq: 1, digest, batch, replica: 1 } as const
      return judging()(from(1), message)
    }
    expect(verdicts(asking(3, 7))).toMatchObject({ verdicts: [true] })
    expect(verdicts(asking(3, 7, 1))).toMatchObject({ verdicts: [false] })
    expect(verdicts({ ...asking(3, 7), timestamp: 8 })).toMatchObject({ verdicts: [false] })
  })

  it("is not heard too soon after another one of its replica", () => {
    const judge = judging(3_600_000)
    expect(judge(from(3), asking(3, 7))).toMatchObject({ _tag: "Receive" })
    expect(judge(from(3), asking(3, 7))).toMatchObject({ _tag: "Receive" })
    expect(judge(from(3), asking(3, 8))).toBe("TooSoon")
    expect(judge(from(2), asking(2, 8))).toMatchObject({ _tag: "Receive" })
  })

  it("is heard again half a period later, and never as an earlier incarnation", () => {
    const last = { incarnation: 7, at: 1000 }
    expect(mayReturn(undefined, last, 100)).toBe(true)
    expect(mayReturn(last, { incarnation: 8, at: 1049 }, 100)).toBe(false)
    expect(mayReturn(last, { incarnation: 8, at: 1050 }, 100)).toBe(true)
    expect(mayReturn(last, { incarnation: 6, at: 9999 }, 100)).toBe(false)
  })
})
