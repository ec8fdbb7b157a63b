/** Attacks on Zyzzyva that one replica meets: what it does, step by step. */
import { describe, expect, it } from "vitest"
import { groupOf } from "../../src/core/quorum.ts"
import { step } from "../../src/core/zyzzyva/replica.ts"
import type { Certificate, Commit } from "../../src/core/zyzzyva/message.ts"
import { batchDigest, bytesDigest, checkpointDigest } from "../../src/net/digests.ts"
import { zyzzyvaConfig } from "../../src/sim/zyzzyva-config.ts"
import { inputOf, Signatures } from "../../src/sim/zyzzyva-messages.ts"
import { quiet } from "../sim/runs.ts"
import {
  accusation,
  after,
  certificate,
  commit,
  configOf,
  digestOf,
  executed,
  order,
  request,
  signed,
} from "../support/zyzzyva.ts"

const backup = configOf(1)
const first = order(1, [signed(0, 1)], "")
const d1 = digestOf(0, 1)
const ran = [first, executed(1, ["r"])]

describe("a client that shows what is no certificate", () => {
  const acted = (c: Certificate): string => step(backup, after(backup, ran), commit(0, c)).action

  it("with a signer twice, or of another view, is not believed", () => {
    expect(acted(certificate(1, d1, [0, 2, 2]))).toBe("Ignore:TooFewSigners")
    expect(acted(certificate(1, d1, [0, 2, 3], 1))).toBe("Ignore:WrongView")
    expect(acted(certificate(1, d1))).toBe("RecvCommit")
  })

  it("with a signature that its signer never gave does not reach the replica", () => {
    const hashing = { batchDigest, checkpointDigest, hash: bytesDigest }
    const signatures = new Signatures(bytesDigest)
    const scenario = quiet({}, { protocol: "zyzzyva" })
    const config = zyzzyvaConfig(scenario, 1, { hashing, signatures })
    const signer = (replica: number, history: string) => {
      const content = { _tag: "SpecHeader" as const, view: 0, seq: 1, history, replica }
      return { replica, signature: signatures.sign(replica, content) }
    }
    const shown = (histories: ReadonlyArray<string>): Commit => ({
      _tag: "Commit",
      client: 0,
      certificate: {
        view: 0,
        seq: 1,
        history: "h",
        signers: histories.map((h, k) => signer(k, h)),
      },
    })
    expect(config.group).toEqual(groupOf(4))
    const judges = { signatures, accepts: () => true }
    const good = inputOf(config, judges, { from: "c0", message: shown(["h", "h", "h"]) })
    expect(good).toMatchObject({ _tag: "Receive" })
    const mixed = inputOf(config, judges, { from: "c0", message: shown(["h", "g", "h"]) })
    expect(mixed).toBe("BadSignature")
  })

  it("of another history than the replica's makes it accuse the primary, not acknowledge", () => {
    const took = step(backup, after(backup, ran), commit(0, certificate(1, "another")))
    expect(took.action).toBe("RecvCommit")
    expect(took.effects).toMatchObject([{ message: { _tag: "Accusation", view: 0, replica: 1 } }])
    expect(took.state.certificates).toEqual([])
  })
})

describe("a request again", () => {
  it("is not answered from the cache while the view changes", () => {
    const changing = after(backup, [...ran, accusation(2), accusation(3)])
    expect(changing.stage).toBe("changing")
    expect(step(backup, changing, request(0, 1)).action).toBe("Ignore:NotActive")
    expect(step(backup, after(backup, ran), request(0, 1)).action).toBe("RecvRequest")
  })
})
