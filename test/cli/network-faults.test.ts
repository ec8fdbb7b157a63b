import { describe, expect, it } from "vitest"
import { faultsIn } from "../../src/cli/network-faults.ts"

describe("what replicas could not read", () => {
  it("is added up by name over all of them", () => {
    const counted = [
      { BadFrame: 1, Connected: 4 },
      { BadFrame: 2, BadMac: 1, SentAgain: 9 },
    ]
    expect(faultsIn(counted)).toEqual({ BadFrame: 3, BadMac: 1 })
  })

  it("is nothing where connections only come and go", () => {
    expect(faultsIn([{ Connected: 5, Disconnected: 1, SentAgain: 3 }])).toEqual({})
  })
})
