import { describe, expect, it } from "vitest"
import { faultsIn } from "../../src/cli/network-faults.ts"

describe("what processes could not read or believe", () => {
  it("is added up by name over all of them", () => {
    const counted = [
      { BadFrame: 1, Connected: 4 },
      { BadFrame: 2, "Dropped:BadMac": 1, SentAgain: 9 },
    ]
    expect(faultsIn(counted)).toEqual({ BadFrame: 3, "Dropped:BadMac": 1 })
  })

  it("is nothing where connections only come and go", () => {
    const usual = { Connected: 5, Disconnected: 1, SentAgain: 3, "Dropped:TooSoon": 1 }
    expect(faultsIn([usual])).toEqual({})
  })
})
