import { readdirSync, readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import { cfgFiles } from "../../src/model-check/pbft-cfg.ts"

describe("generated configurations", () => {
  it("are those of pbft-models.ts: run `npm run models` after a change there", () => {
    const files = cfgFiles()
    expect(files.size).toBeGreaterThan(10)
    for (const [name, text] of files) {
      expect(readFileSync(`spec/tla/${name}`, "utf8"), name).toBe(text)
    }
    const present = readdirSync("spec/tla").filter(
      (f) => f.startsWith("MCPbft") && f.endsWith(".cfg"),
    )
    expect(present.sort()).toEqual([...files.keys()].sort())
  })
})
