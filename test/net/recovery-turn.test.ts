import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { codeDigest } from "../../src/net/code-digest.ts"
import { nextTurn, reasonToSkip } from "../../src/net/recovery-turn.ts"
import type { PeerStatus, ReplicaStatus } from "../../src/net/status.ts"

describe("the turns in which replicas are recovered", () => {
  it("follow each other, one replica at a time, and come again", () => {
    const turns = (now: number) =>
      [0, 1, 2, 3].map((id) => nextTurn(now, { id, n: 4, everyMs: 400 }))
    expect(turns(0)).toEqual([400, 100, 200, 300])
    expect(turns(250)).toEqual([400, 500, 600, 300])
    for (const now of [1, 99, 100, 399, 12_345]) {
      const all = turns(now)
      expect(new Set(all).size).toBe(4)
      expect(Math.min(...all)).toBeGreaterThan(now)
      expect(Math.max(...all)).toBeLessThanOrEqual(now + 400)
      all.forEach((turn, id) => expect((turn / 100) % 4).toBe(id))
    }
  })

  it("are skipped where another replica counts as faulty, or the replica itself", () => {
    const peer = (replica: number, changed: Partial<PeerStatus> = {}) =>
      ({ replica, connected: true, awaited: 0, ...changed }) as PeerStatus
    const status = (peers: ReadonlyArray<PeerStatus>, recovered?: boolean) =>
      ({ peers, recovery: recovered === undefined ? null : { recovered } }) as ReplicaStatus
    expect(reasonToSkip(status([peer(1), peer(2)]))).toBeUndefined()
    expect(reasonToSkip(status([peer(1), peer(2)], true))).toBeUndefined()
    expect(reasonToSkip(status([peer(1)], false))).toContain("it is being recovered")
    expect(reasonToSkip(status([peer(1, { connected: false })]))).toContain("not connected")
    expect(reasonToSkip(status([peer(1), peer(2, { awaited: 8 })]))).toContain("replica 2")
  })
})

describe("the digest of the code", () => {
  it("is another one when a file, a name or the executable is", () => {
    const root = mkdtempSync(join(tmpdir(), "prophecy-code-"))
    try {
      for (const folder of ["bin", "dist"]) mkdirSync(join(root, folder))
      const files = ["package.json", "bin/prophecy.js", "dist/a.js", "node"]
      for (const name of files) writeFileSync(join(root, name), name)
      const of = (): string => codeDigest(root, join(root, "node"))
      const first = of()
      expect(of()).toBe(first)
      for (const name of files) {
        writeFileSync(join(root, name), "another")
        expect(of()).not.toBe(first)
        writeFileSync(join(root, name), name)
      }
      writeFileSync(join(root, "dist", "b.js"), "")
      expect(of()).not.toBe(first)
    } finally {
      rmSync(root, { recursive: true })
    }
  })
})
