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

// TLC says so too, but these are run by night and in the slow tests.
describe("configurations of Zyzzyva that are written by hand", () => {
  const constantsIn = (text: string): ReadonlyArray<string> =>
    [...text.matchAll(/^ {2}(\w+) (?:=|<-) /gm)].map(([, name = ""]) => name).sort()
  const read = (name: string): string => readFileSync(`spec/tla/${name}`, "utf8")
  const own = /^(Live|Refine|Trace)Zyzzyva.*[.]cfg$/

  it("give every constant that the models give", () => {
    const all = constantsIn(read("MCZyzzyva-Normal.cfg"))
    expect(all.length).toBeGreaterThan(20)
    const files = readdirSync("spec/tla").filter((name) => own.test(name))
    expect(files.length).toBeGreaterThan(8)
    const lacking = files.filter((name) => {
      const given = new Set(constantsIn(read(name)))
      return all.some((constant) => !given.has(constant))
    })
    expect(lacking).toEqual([])
  })
})
