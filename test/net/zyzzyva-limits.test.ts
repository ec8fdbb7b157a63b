import { describe, expect, it } from "vitest"
import { checkZyzzyva } from "../../src/net/zyzzyva-limits.ts"

const given = {
  protocol: "zyzzyva",
  service: "key-value",
  logSize: 8,
  readOnly: false,
  tentative: false,
  digestReplies: false,
  commitFirst: false,
  preferredQuorums: false,
  separateExecution: false,
  sketches: false,
  agreedTimeMs: 0,
  bigRequestBytes: 0,
  limits: { frameBytes: 4096 },
} as const

describe("a configuration of Zyzzyva", () => {
  it("has what it shares with PBFT, and what is its own", () => {
    const shared = { readOnly: true, digestReplies: true }
    const own = { commitFirst: true, preferredQuorums: true, separateExecution: true }
    expect(checkZyzzyva({ ...given, ...shared, ...own })).toEqual([])
  })

  it("has all execute where a sketcher asks any of them", () => {
    const album = { ...given, service: "album" }
    expect(checkZyzzyva(album)).toEqual([])
    const apart = checkZyzzyva({ ...album, separateExecution: true })
    expect(apart).toMatchObject([{ path: "separateExecution" }])
  })

  it("has what is PBFT's alone no more than one of PBFT what is its own", () => {
    expect(checkZyzzyva({ ...given, tentative: true })).toMatchObject([{ path: "tentative" }])
    const other = { ...given, protocol: "pbft" } as const
    expect(checkZyzzyva(other)).toEqual([])
    for (const path of ["commitFirst", "preferredQuorums", "separateExecution"]) {
      expect(checkZyzzyva({ ...other, [path]: true })).toMatchObject([{ path }])
    }
  })
})
