import { describe, expect, it } from "vitest"
import { type Observation, wrongReads } from "../../src/cli/register-check.ts"

type Line = readonly [
  kind: "read" | "write",
  value: string | undefined,
  startedAt: number,
  endedAt: number,
]

/** Operations on one key; each by a client of its own. */
const history = (...lines: ReadonlyArray<Line>): ReadonlyArray<Observation> =>
  lines.map(([kind, value, startedAt, endedAt], client) => ({
    client,
    key: "k",
    kind,
    value,
    startedAt,
    endedAt,
  }))

const reasons = (...lines: ReadonlyArray<Line>): ReadonlyArray<string> =>
  wrongReads(history(...lines)).map(({ reason }) => reason)

describe("reads that a correct service can give", () => {
  it.each<[string, ReadonlyArray<Line>]>([
    ["nothing before any write", [["read", undefined, 0, 1]]],
    [
      "the last value",
      [
        ["write", "a", 0, 1],
        ["write", "b", 2, 3],
        ["read", "b", 4, 5],
      ],
    ],
    [
      "either of two writes at the same time",
      [
        ["write", "a", 0, 5],
        ["write", "b", 1, 4],
        ["read", "a", 6, 7],
        ["read", "a", 8, 9],
      ],
    ],
    [
      "a write under way",
      [
        ["write", "a", 0, 9],
        ["read", "a", 1, 2],
        ["read", "a", 3, 4],
      ],
    ],
    [
      "a write under way, not yet",
      [
        ["write", "a", 0, 9],
        ["read", undefined, 1, 2],
      ],
    ],
    [
      "a write without an answer, late or never",
      [
        ["write", "a", 0, Infinity],
        ["read", undefined, 1, 2],
        ["read", "a", 3, 4],
      ],
    ],
    [
      "nothing after a removal",
      [
        ["write", "a", 0, 1],
        ["write", undefined, 2, 3],
        ["read", undefined, 4, 5],
      ],
    ],
    [
      "a value after a removal without an answer",
      [
        ["write", "a", 0, 1],
        ["write", undefined, 2, Infinity],
        ["read", "a", 4, 5],
        ["read", undefined, 6, 7],
      ],
    ],
    [
      "two readers of a write under way, at the same time",
      [
        ["write", "a", 0, 1],
        ["write", "b", 2, 9],
        ["read", "b", 3, 6],
        ["read", "a", 4, 5],
      ],
    ],
  ])("%s", (_, lines) => {
    expect(reasons(...lines)).toEqual([])
  })
})

describe("reads that no correct service gives", () => {
  it.each<[string, ReadonlyArray<Line>, RegExp]>([
    ["a value that nobody wrote", [["read", "x", 0, 1]], /"x" was never written/],
    [
      "a value from the future",
      [
        ["read", "a", 0, 1],
        ["write", "a", 2, 3],
      ],
      /only after the read/,
    ],
    [
      "an overwritten value",
      [
        ["write", "a", 0, 1],
        ["write", "b", 2, 3],
        ["read", "a", 4, 5],
      ],
      /"a" had been overwritten 2\.0 ms before/,
    ],
    [
      "a removed value",
      [
        ["write", "a", 0, 1],
        ["write", undefined, 2, 3],
        ["read", "a", 4, 5],
      ],
      /overwritten/,
    ],
    [
      "a lost write",
      [
        ["write", "a", 0, 1],
        ["read", undefined, 2, 3],
      ],
      /no value had been/,
    ],
    [
      "a removal undone by a later write",
      [
        ["write", undefined, 0, 1],
        ["write", "a", 2, 3],
        ["read", undefined, 4, 5],
      ],
      /no value had been overwritten/,
    ],
    [
      "new, then old: a read is evidence as well",
      [
        ["write", "a", 0, 1],
        ["write", "b", 2, Infinity],
        ["read", "b", 3, 4],
        ["read", "a", 5, 6],
      ],
      /"a" had been overwritten/,
    ],
  ])("%s", (_, lines, reason) => {
    expect(reasons(...lines)).toEqual([expect.stringMatching(reason)])
  })

  it("are found by key, and told with their client", () => {
    const observations: ReadonlyArray<Observation> = [
      { client: 0, key: "a", kind: "write", value: "1", startedAt: 0, endedAt: 1 },
      { client: 0, key: "b", kind: "write", value: "2", startedAt: 2, endedAt: 3 },
      { client: 7, key: "a", kind: "read", value: "2", startedAt: 4, endedAt: 5 },
      { client: 8, key: "b", kind: "read", value: "2", startedAt: 4, endedAt: 5 },
    ]
    expect(wrongReads(observations).map(({ read }) => [read.client, read.key])).toEqual([[7, "a"]])
  })

  it("are none in a history without observations", () => {
    expect(wrongReads([])).toEqual([])
  })
})
