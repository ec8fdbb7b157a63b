/** Scenario files: what is written reads back, and what is wrong is refused with its place. */
import { describe, expect, it } from "vitest"
import { readScenario, scenarioText } from "../../src/cli/scenario-file.ts"
import { scenarioOf } from "../../src/sim/swarm.ts"
import { quiet } from "./runs.ts"

describe("scenario files", () => {
  it("read back what a seed draws", () => {
    for (let seed = 1; seed <= 300; seed++) {
      const scenario = scenarioOf(seed)
      expect(readScenario(scenarioText(scenario))).toEqual(scenario)
    }
  })

  it.each([
    ["not json", "{", "this is not JSON"],
    ["another schema", `{ "schema": "x" }`, "schema: "],
    ["a missing field", { noise: undefined }, "noise: "],
    ["a wrong chance", { noise: { ...quiet().noise, loss: 2 } }, "noise.loss: "],
    [
      "an unknown node",
      { clocks: [{ node: "r9", rate: 1 }] },
      `clocks[0].node: there is no node "r9"`,
    ],
    [
      "an operation that is none",
      { requests: [{ client: 0, atMs: 0, operation: "sing" }] },
      `requests[0].operation: "sing" is none of put KEY VALUE`,
    ],
    [
      "a client that is not there",
      { requests: [{ client: 9, atMs: 0, operation: "get x" }] },
      "requests[0].client: 2 clients are correct",
    ],
    [
      "words in a correct client's mouth",
      {
        faults: [
          {
            _tag: "Say" as const,
            from: "c0",
            to: ["r0"],
            atMs: 0,
            message: {
              _tag: "Request" as const,
              client: 0,
              timestamp: 1,
              operation: "get x",
              verifiesAt: [0],
            },
          },
        ],
      },
      "faults[0].from: c0 is correct",
    ],
    [
      "a log of no checkpoints",
      { cluster: { ...quiet().cluster, logSize: 3 } },
      "cluster.logSize: ",
    ],
  ])("refuse %s", (_, wrong, message) => {
    const text = typeof wrong === "string" ? wrong : JSON.stringify({ ...quiet(), ...wrong })
    const read = readScenario(text)
    if (!("problem" in read)) throw new Error("it was accepted")
    expect(`${read.path}: ${read.problem}`).toContain(message)
  })
})
