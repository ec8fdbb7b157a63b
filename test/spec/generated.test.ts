import { readdirSync, readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import { liveCfgFiles } from "../../src/model-check/live-cfg.ts"
import { cfgFiles } from "../../src/model-check/pbft-cfg.ts"
import { coreCfgFiles } from "../../src/model-check/pbft-core-cfg.ts"
import { dProphecyCfgFiles } from "../../src/model-check/d-prophecy-cfg.ts"
import { prophecyCfgFiles } from "../../src/model-check/prophecy-cfg.ts"
import { refinementCfgFiles } from "../../src/model-check/refinement-cfg.ts"
import { zyzzyvaTwinCfgFiles } from "../../src/model-check/zyzzyva-cfg.ts"
import { zyzzyvaCfgFiles } from "../../src/model-check/zyzzyva-core-cfg.ts"

const generated = [
  cfgFiles,
  liveCfgFiles,
  coreCfgFiles,
  refinementCfgFiles,
  prophecyCfgFiles,
  dProphecyCfgFiles,
  zyzzyvaCfgFiles,
  zyzzyvaTwinCfgFiles,
]

describe("generated configurations", () => {
  it("are those of the models: run `npm run models` after a change there", () => {
    const files = new Map(generated.flatMap((of) => [...of()]))
    expect(files.size).toBeGreaterThan(10)
    for (const [name, text] of files) {
      expect(readFileSync(`spec/tla/${name}`, "utf8"), name).toBe(text)
    }
    const present = readdirSync("spec/tla").filter((f) =>
      /^((MC|Live|Refine)Pbft|PbftCore|MCD?Prophecy|MCZyzzyva|RefineD?Prophecy).*[.]cfg$/.test(f),
    )
    expect(present.sort()).toEqual([...files.keys()].sort())
  })
})
