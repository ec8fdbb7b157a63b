/** Scenario files: what is written reads back, and what is wrong is refused with its place. */
import { describe, expect, it } from "vitest"
import { readScenario, scenarioText } from "../../src/cli/scenario-file.ts"
import { scenarioOf } from "../../src/sim/swarm.ts"
import { quiet } from "./runs.ts"

const zyzzyva = { ...quiet().cluster, protocol: "zyzzyva" as const }
const lie = { _tag: "FalseViewChange", to: [], story: "hoarded" }
const say = { _tag: "Say", from: "r3", to: ["r0"], atMs: 0 }
const vote = { _tag: "Prepare", view: 0, seq: 1, digest: "d" }
const falseTime = { _tag: "FalseTime", byMs: 1, to: [] }
const crash = { _tag: "Crash", replica: 0, atMs: 0, forMs: 1, tail: "lost", wiped: true }

describe("scenario files", () => {
  it("read back what a seed draws", () => {
    for (let seed = 1; seed <= 300; seed++) {
      const scenario = scenarioOf(seed)
      expect(readScenario(scenarioText(scenario))).toEqual(scenario)
      const other = scenarioOf(seed, "zyzzyva")
      expect(readScenario(scenarioText(other))).toEqual(other)
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
    [
      "what is Zyzzyva's alone",
      { cluster: { ...quiet().cluster, rule: "published" } },
      "cluster.rule: rule is not of the protocol pbft",
    ],
    [
      "what is PBFT's alone",
      { cluster: { ...zyzzyva, tentative: true } },
      "cluster.tentative: tentative is not of the protocol zyzzyva",
    ],
    [
      "a lie that PBFT does not have",
      { byzantine: [{ replica: 0, behaviours: [lie] }] },
      "byzantine[0].behaviours[0]: FalseViewChange is not of the protocol pbft",
    ],
    [
      "a lie that Zyzzyva does not have",
      { cluster: zyzzyva, byzantine: [{ replica: 0, behaviours: [falseTime] }] },
      "byzantine[0].behaviours[0]: FalseTime is not of the protocol zyzzyva",
    ],
    [
      "a message that PBFT does not have",
      { faults: [{ ...say, message: { _tag: "Accusation", view: 0 } }] },
      "faults[0].message._tag: Accusation is not of the protocol pbft",
    ],
    [
      "a message that Zyzzyva does not have",
      { cluster: zyzzyva, faults: [{ ...say, message: vote }] },
      "faults[0].message._tag: Prepare is not of the protocol zyzzyva",
    ],
    [
      "a recovery in Zyzzyva",
      { cluster: zyzzyva, faults: [{ ...crash, wiped: false, recovered: true }] },
      "faults[0].recovered: a recovery is not of the protocol zyzzyva",
    ],
    [
      "a new key where keys stay",
      { faults: [{ _tag: "Rekey", replica: 0, atMs: 0 }] },
      "faults[0]: keys change only where cluster.newKeys says so",
    ],
    [
      "who lies after one that never comes back",
      {
        byzantine: [
          { replica: 0, behaviours: [] },
          { replica: 2, behaviours: [], since: 0 },
        ],
      },
      "byzantine[1].since: r0 does not lie and come back",
    ],
    [
      "a size that Zyzzyva5 does not have",
      { cluster: { ...zyzzyva, n: 7, zyzzyva5: true } },
      "cluster.n: 5f + 1 for Zyzzyva5",
    ],
  ])("refuse %s", (_, wrong, message) => {
    const text = typeof wrong === "string" ? wrong : JSON.stringify({ ...quiet(), ...wrong })
    const read = readScenario(text)
    if (!("problem" in read)) throw new Error("it was accepted")
    expect(`${read.path}: ${read.problem}`).toContain(message)
  })
})
