import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { noDigest } from "../../src/core/ids.ts"
import * as Votes from "../../src/core/votes.ts"
import { deepFreeze } from "../support/deep-freeze.ts"
import { runs } from "../support/runs.ts"

const n = 7
const cast = fc.array(fc.record({ replica: fc.nat(n - 1), digest: fc.constantFrom("a", "b", "c") }))

describe("votes", () => {
  it("are counted by digest, one a replica: votes for different batches never add up", () => {
    const law = fc.property(cast, (all) => {
      const plain = new Map(all.map(({ replica, digest }) => [replica, digest]))
      const votes = all.reduce(
        (v, { replica, digest }) => deepFreeze(Votes.add(v, replica, digest)),
        deepFreeze(Votes.noVotes(n)),
      )
      for (const digest of ["a", "b", "c", "d"]) {
        const voters = [...plain.values()].filter((d) => d === digest).length
        expect(Votes.count(votes, digest)).toBe(voters)
      }
      for (let replica = 0; replica < n; replica++) {
        expect(Votes.has(votes, replica)).toBe(plain.has(replica))
      }
      expect(Votes.count(votes, noDigest)).toBe(n - plain.size)
    })
    fc.assert(law, runs(100))
  })
})
