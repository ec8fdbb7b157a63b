/** What a loop does when a replica is heard under another key (src/core/pbft/change-key.ts). */
import { describe, expect, it } from "vitest"
import * as Votes from "../../src/core/votes.ts"
import * as Window from "../../src/core/window.ts"
import {
  at,
  config,
  fakeLoop,
  type FakeLoop,
  prePrepare,
  received,
  turns,
  vote,
  words,
} from "./loops.ts"

const voters = ({ loop }: FakeLoop, seq: number): ReadonlyArray<number> =>
  [0, 1, 2, 3].filter((r) => Votes.has(Window.get(loop.state.log, seq).prepares, r))

describe("a replica that is heard under another key", () => {
  it("has what it said before forgotten, and not what it says after", async () => {
    const backup = fakeLoop(1, { newKeys: true })
    backup.loop.offer(vote("Prepare", 1, 2))
    backup.loop.offer(vote("Prepare", 2, 2))
    backup.loop.rekeyed(2)
    backup.loop.offer(vote("Prepare", 2, 2))
    await turns()
    expect(backup.loop.actions.get("ChangeKey")).toBe(1)
    expect(voters(backup, 1)).toEqual([])
    expect(voters(backup, 2)).toEqual([2])
  })

  it("is so on every new connection, where keys change, and nowhere else", async () => {
    const backup = fakeLoop(1, { newKeys: true })
    backup.loop.connected(2)
    const other = fakeLoop(1)
    other.loop.connected(2)
    other.loop.rekeyed(2)
    await turns()
    expect(backup.loop.actions.get("ChangeKey")).toBe(1)
    expect(other.loop.actions.get("ChangeKey")).toBe(0)
  })

  it("has what waits for the window to move forgotten too", async () => {
    const above = config.logSize + 1
    for (const rekeyed of [false, true]) {
      const backup = fakeLoop(1, { newKeys: true })
      backup.store.automatic()
      backup.loop.offer(vote("Prepare", above, 2))
      await turns()
      if (rekeyed) backup.loop.rekeyed(2)
      await turns()
      const { log } = backup.loop.state
      expect(Window.covers(log, above)).toBe(false)
      for (let seq = 1; seq <= config.checkpointInterval; seq++) {
        backup.loop.offer(received(prePrepare(seq)))
        for (const r of [2, 3]) backup.loop.offer(vote("Prepare", seq, r))
        for (const r of [0, 2]) backup.loop.offer(vote("Commit", seq, r))
      }
      await turns()
      const [own] = backup.loop.state.checkpoints.slice(-1)
      const { seq, digest } = own as NonNullable<typeof own>
      for (const replica of [0, 3]) {
        backup.loop.offer(received({ _tag: "Checkpoint", seq, digest, replica }))
      }
      await turns()
      expect(voters(backup, above)).toEqual(rekeyed ? [] : [2])
    }
  })

  it("is sent again what it forgot of this one", async () => {
    for (const rekeyed of [false, true]) {
      const backup = fakeLoop(1, { newKeys: true })
      backup.store.automatic()
      backup.loop.offer(received(prePrepare(1)))
      backup.loop.connected(2)
      backup.loop.progress(2, at(0, 0))
      await turns()
      backup.sent.length = 0
      if (rekeyed) backup.loop.rekeyed(2)
      backup.loop.progress(2, at(0, 0))
      await turns()
      expect(words(backup.sent)).toEqual(rekeyed ? ["Prepare 1 to 2"] : [])
    }
  })
})
