/** The private key of a replica in a process of its own (TOCS section 5.2). */
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, describe, expect, it } from "vitest"
import type { NewView, ViewChange } from "../../src/core/pbft/message.ts"
import { recoverOperation } from "../../src/core/recovery-request.ts"
import { clockOf } from "../../src/net/core-config.ts"
import { requestDigest } from "../../src/net/digests.ts"
import { systemFiles } from "../../src/net/file-system.ts"
import { HeldSigner, heldKey, withHeldSecrets } from "../../src/net/held-keys.ts"
import { holderPath, KeyHolder } from "../../src/net/key-holder.ts"
import { holderAt, serveHolder } from "../../src/net/key-holder-socket.ts"
import { heldReplicaKeys, replicaKeys } from "../../src/net/keys.ts"
import { bodyOf } from "../../src/net/signature.ts"
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

  it("signs one VIEW-CHANGE for a view, and none of a lower one, also after a start", async () => {
    const { config, ask } = await holding()
    const signer = new HeldSigner(ask, 2)
    const at = (view: number, low = 0) => signer.later({ ...viewChange(2), view, low })
    await at(2)
    await at(2)
    await expect(at(2, 4)).rejects.toThrow("another one for view 2 was signed")
    await expect(at(1)).rejects.toThrow("view 2 was signed for")
    const body = bodyOf({ ...viewChange(2), view: 2, low: 4 }).toString("hex")
    const again = new KeyHolder(config, 2, systemFiles)
    const question = { op: "sign", purpose: "viewChange", body } as const
    expect(again.answer(question)).toHaveProperty("error")
    await at(3)
  })

  it("signs one NEW-VIEW for a view, and nothing that is none of its replica", async () => {
    const { ask } = await holding()
    const signer = new HeldSigner(ask, 2)
    const start = { seq: 0, digest: "0".repeat(64) }
    const about = { view: 2, changes: [], start, replica: 2, signature: "" }
    const chosen = (seqs: ReadonlyArray<number>) =>
      signer.later({
        _tag: "NewView",
        ...about,
        chosen: seqs.map((seq) => ({ seq, digest: "0".repeat(64) })),
      })
    await chosen([1])
    await expect(chosen([])).rejects.toThrow("another one for view 2 was signed")
    const other = bodyOf(viewChange(1)).toString("hex")
    const asked = ask({ op: "sign", purpose: "viewChange", body: other })
    await expect(asked).rejects.toThrow("it is replica 1's")
    await expect(ask({ op: "sign", purpose: "newView", body: other })).rejects.toThrow("to sign")
  })

  it("lets who was recovered start over, as an incarnation that it signed for", async () => {
    const { config, ask } = await holding()
    const signer = new HeldSigner(ask, 2)
    const as = (incarnation: number, view: number) =>
      signer.later({ ...viewChange(2), view, incarnation })
    await signer.later({ ...viewChange(2), view: 1_000_000 })
    await expect(as(5, 1)).rejects.toThrow("incarnation 5 has not been signed for")
    await ask({ op: "recovery", incarnation: 5 })
    await as(5, 1)
    await expect(as(4, 7)).rejects.toThrow("incarnation 5 has begun")
    const path = holderPath(config.file, 2)
    writeFileSync(path, `{"schema":"prophecy-holder/1","counter":7,"incarnation":5}\n`)
    const old = new KeyHolder(config, 2, systemFiles)
    expect(old.answer({ op: "recovery", incarnation: 4 })).toHaveProperty("error")
  })

  it("has a socket that only its owner may use, and answers nonsense by an error", async () => {
    const { path, ask } = await holding()
    expect(statSync(path).mode & 0o077).toBe(0)
    await expect(ask({ op: "recovery", incarnation: Number.NaN })).rejects.toThrow(path)
    await expect(holderAt(`${path}.none`)({ op: "secrets" })).rejects.toThrow("ENOENT")
  })
})
