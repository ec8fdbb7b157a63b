/** The private key of a replica in a process of its own (TOCS section 5.2). */
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, describe, expect, it } from "vitest"
import type { NewView, ViewChange } from "../../src/core/pbft/message.ts"
import { recoverOperation } from "../../src/core/pbft/rejoin.ts"
import { clockOf } from "../../src/net/core-config.ts"
import { requestDigest } from "../../src/net/digests.ts"
import { systemFiles } from "../../src/net/file-system.ts"
import { HeldSigner, heldKey, withHeldSecrets } from "../../src/net/held-keys.ts"
import { holderPath, KeyHolder } from "../../src/net/key-holder.ts"
import { holderAt, serveHolder } from "../../src/net/key-holder-socket.ts"
import { heldReplicaKeys, replicaKeys } from "../../src/net/keys.ts"
import { countersInMemory } from "../../src/net/key-epochs.ts"
import { configOf } from "./nodes.ts"

const open: Array<{ close: () => unknown }> = []
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close()
})

/** Replica 2's holder, and how it is asked. */
const holding = async () => {
  const folder = mkdtempSync(join(tmpdir(), "prophecy-holder-test-"))
  open.push({ close: () => rmSync(folder, { recursive: true }) })
  const config = { ...configOf({ keyRefreshMs: 1_000 }), file: join(folder, "cluster.json") }
  const path = join(folder, "key.sock")
  const server = await serveHolder(new KeyHolder(config, 2, systemFiles), path)
  open.push({ close: () => server.close() })
  return { config, path, ask: holderAt(path) }
}

const viewChange = (replica: number): ViewChange => ({
  _tag: "ViewChange",
  view: 1,
  low: 0,
  checkpoints: [],
  prepared: [],
  prePrepared: [],
  replica,
  signature: "",
})

describe("a key holder", () => {
  it("signs what its replica says of views, as the replica would", async () => {
    const { config, ask } = await holding()
    const signer = new HeldSigner(ask, 2)
    const own = replicaKeys(config, 2)
    expect(await signer.later(viewChange(2))).toEqual(own.signer.viewChange(viewChange(2)))
    expect(signer.later(viewChange(1))).toBeUndefined()
    const shown = [own.signer.viewChange(viewChange(1)), viewChange(2)]
    const start = { seq: 0, digest: "0".repeat(64) }
    const newView: NewView = {
      _tag: "NewView",
      view: 2,
      changes: shown,
      start,
      chosen: [],
      replica: 2,
      signature: "",
    }
    const signed = (await signer.later(newView)) as NewView
    expect(own.verifier.isSigned(signed)).toBe(true)
    expect(own.verifier.isSigned(signed.changes[1] as ViewChange)).toBe(true)
  })

  it("gives the keys that its replica shares with others, and not what makes them", async () => {
    const { config, ask } = await holding()
    const held = await withHeldSecrets(config, 2, ask)
    expect(held.secrets._tag).toBe("Held")
    expect(JSON.stringify(held.secrets)).not.toContain("master")
    const first = await heldKey(ask)
    const given = { signer: new HeldSigner(ask, 2), first, next: () => heldKey(ask) }
    const keys = heldReplicaKeys(given, held, 2, countersInMemory())
    const own = replicaKeys(config, 2)
    for (const other of [0, 1, 3]) expect(keys.pair(other)).toEqual(own.pair(other))
    expect(keys.endpoint(0)).toEqual(own.endpoint(0))
    expect(keys.keying?.epochs.own).toBe(first)
    expect(own.verifier.isNewKey(2, first)).toBe(true)
    keys.keying?.epochs.refresh()
    await expect.poll(() => keys.keying?.epochs.own.counter).toBeGreaterThan(first.counter)
  })

  it("gives numbers that grow, whoever asks and however often it starts", async () => {
    const { config, ask } = await holding()
    const numbers = [await heldKey(ask), await heldKey(ask)].map(({ counter }) => counter)
    const again = new KeyHolder(config, 2, systemFiles)
    const third = again.answer({ op: "newKey", publicKey: "00".repeat(32) })
    numbers.push("counter" in third ? third.counter : 0)
    expect(numbers).toEqual([...numbers].sort((a, b) => a - b))
    expect(new Set(numbers).size).toBe(3)
    writeFileSync(holderPath(config.file, 2), "damaged")
    expect(() => new KeyHolder(config, 2, systemFiles)).toThrow("put back the last one")
  })

  it("signs requests to be taken back up to the present, and none below the last", async () => {
    const { config, ask } = await holding()
    const client = clockOf(config).recoverers + 2
    const signer = new HeldSigner(ask, 2)
    const asking = (timestamp: number) => {
      const request = { client, timestamp, operation: recoverOperation, authenticator: "" }
      return signer.later({ _tag: "Request", ...request })
    }
    const now = Math.floor(Date.now() / 1_000)
    const signed = await asking(now)
    const digest = requestDigest({ client, timestamp: now, operation: recoverOperation })
    const { verifier } = replicaKeys(config, 0)
    const authenticator =
      signed !== undefined && "authenticator" in signed ? signed.authenticator : ""
    expect(verifier.isRecovery(2, digest, authenticator)).toBe(true)
    await asking(now)
    await expect(asking(now - 1)).rejects.toThrow("is not between")
    await expect(asking(now + 3_600)).rejects.toThrow("is not between")
  })

  it("has a socket that only its owner may use, and answers nonsense by an error", async () => {
    const { path, ask } = await holding()
    expect(statSync(path).mode & 0o077).toBe(0)
    await expect(ask({ op: "recovery", incarnation: Number.NaN })).rejects.toThrow(path)
    await expect(holderAt(`${path}.none`)({ op: "secrets" })).rejects.toThrow("ENOENT")
  })
})
