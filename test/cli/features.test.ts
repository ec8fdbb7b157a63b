/** Features that commands switch on by name. */
import { describe, expect, it } from "vitest"
import { changesOf, featureNames, featuresIn, featuresOfProtocol } from "../../src/cli/features.ts"
import { run } from "./command.ts"

describe("a list of features", () => {
  it.each([
    ["", []],
    ["none", []],
    ["tentative", ["tentative"]],
    ["read-only,big-requests", ["read-only", "big-requests"]],
    ["all", featuresOfProtocol.pbft],
  ])("%j names them", (list, names) => {
    expect(featuresIn(list)).toEqual({ names })
  })

  it("of Zyzzyva is of those that it has", () => {
    const names = featuresOfProtocol.zyzzyva.filter((name) => name !== "separate-execution")
    expect(featuresIn("all", "zyzzyva")).toEqual({ names })
    expect(featuresIn("separate-execution", "zyzzyva")).toEqual({ names: ["separate-execution"] })
    expect(featuresIn("read-only,tentative", "zyzzyva")).toEqual({ unknown: "tentative" })
  })

  it.each(["tentative,", "tentative,all", "toString", "none,tentative"])(
    "%j has a word that is none",
    (list) => {
      expect(featuresIn(list)).toHaveProperty("unknown")
    },
  )

  it("is what they change in a configuration", () => {
    expect(changesOf([])).toEqual({})
    expect(changesOf(featureNames)).toMatchObject({ readOnly: true, tentative: true })
  })

  it("is refused with the names that there are", async () => {
    const { code, stderr } = await run(["start", "--with", "tentatve"])
    expect(code).toBe(2)
    expect(stderr).toContain('pbft has no feature "tentatve"')
    expect(stderr).toContain("read-only, tentative")
  })
})
