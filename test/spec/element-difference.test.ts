/** A difference between code and specification is named: which state or step, on which side. */
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { readCanonical, readState } from "../../src/cli/canonical-value.ts"
import { elementsOf, nameDifference, partingOf } from "../../src/cli/element-difference.ts"
import {
  differences,
  type Explored,
  type ExploredByTlc,
  exploreModel,
  tlcModel,
} from "../../src/cli/model-graph.ts"
import { toTla } from "../../src/tla-tools/value-text.ts"
import { Toolchain } from "../../src/tla-tools/toolchain.ts"
import { withCopy } from "../mutants/copy.ts"
import { modelOf } from "../mutants/spec-run.ts"

const limits = { states: 100_000, depth: Number.MAX_SAFE_INTEGER }

/** What is said of the code and of a specification in which `find` is `replace`. */
const named = (model: string, find: string, replace: string): Promise<ReadonlyArray<string>> =>
  withCopy(["spec/tla"], { name: find, file: "spec/tla/Pbft.tla", find, replace }, (root) => {
    const spec = modelOf(model)
    const specFolder = join(root, "spec/tla")
    return Effect.runPromise(
      Effect.gen(function* () {
        const ours = exploreModel(spec, { limits, graph: true })
        const theirs = yield* tlcModel(spec, { specFolder })
        assert.isNotEmpty(differences(ours, theirs))
        return yield* nameDifference(spec, ours, theirs, { specFolder })
      }).pipe(Effect.provide(Toolchain.layer)),
    )
  })

describe("a planted difference of the specification is named", () => {
  it("a guard too few: TLC has a step that the code lacks", async () => {
    const lines = await named(
      "BackupAlone",
      String.raw`/\ m.view = view[i] /\ active[i] /\ ~IsMute(i)
  /\ m.replica = Primary(view[i]) /\ i # m.replica`,
      String.raw`/\ m.replica = Primary(view[i]) /\ i # m.replica`,
    )
    assert.strictEqual(lines[0], "first difference: only TLC has this step, RecvPrePrepare")
    assert.include(lines, "    view = <<0>>")
    assert.include(lines, '    slot[1][1].phase: "empty" -> "prePrepared"')
    assert.strictEqual(lines.at(-1), "  the code takes no other step RecvPrePrepare from there")
  })

  it("a guard too many: the code has a step that TLC lacks", async () => {
    const lines = await named(
      "BackupAlone",
      String.raw`/\ slot[i][m.seq].phase \notin Final
  /\ slot[i][m.seq].commits`,
      String.raw`/\ slot[i][m.seq].phase = "prepared"
  /\ slot[i][m.seq].commits`,
    )
    assert.strictEqual(lines[0], "first difference: only the code has this step, RecvCommit")
    assert.match(lines.at(-2) ?? "", /^ {4}slot\[1\]\[\d\]\.commits\[\d\](\[1\])?: /)
    assert.strictEqual(lines.at(-1), "  TLC takes no other step RecvCommit from there")
  })

  it("the same step to another state: what differs between the two", async () => {
    const lines = await named(
      "BackupAlone",
      "Votes(s2.commits, d) >= Quorum",
      String.raw`Cardinality({r \in Replicas : s2.commits[r] # NoDigest}) >= Quorum`,
    )
    const place = lines.findIndex((line) => line.startsWith("  where "))
    assert.match(lines[place] ?? "", /^ {2}where (TLC|the code) takes \w+ to a state that differs/)
    assert.match(lines[place + 1] ?? "", /^ {4}slot\[1\]\[\d\]\.phase: "\w+" -> "\w+"$/)
  })

  it("another first state, which no step leads to", async () => {
    const lines = await named(
      "ClientAlone",
      String.raw`views |-> [r \in Replicas |-> 0]`,
      String.raw`views |-> [r \in Replicas |-> 1]`,
    )
    assert.strictEqual(lines[0], "first difference: only the code has this state")
    assert.match(lines[1] ?? "", /^ {4}\w+ = /)
  })

  it("a specification that TLC refutes: only what TLC did is compared", async () => {
    const lines = await named(
      "PrimaryAlone",
      String.raw`/\ m.type = "Request" /\ i \in m.to /\ i \in m.auth`,
      String.raw`/\ m.type = "Request" /\ i \in m.to`,
    )
    assert.strictEqual(lines[0], "TLC's verdict is violated: it has not seen all states")
    assert.strictEqual(lines[1], "first difference: only TLC has this step, RecvRequest")
  })

  it.effect("a model that is too large is only said to be so", () =>
    Effect.gen(function* () {
      const spec = modelOf("ClientAlone")
      const ours = { exploration: { states: 5 } } as Explored
      const theirs = { graph: { states: 100_001 } } as ExploredByTlc
      const said = yield* nameDifference(spec, ours, theirs, { specFolder: "/nowhere" })
      const text = "100001 states are too many to name the first difference (at most 100000)"
      assert.deepStrictEqual(said, [text])
    }).pipe(Effect.provide(Toolchain.layer)),
  )
})

describe("elements", () => {
  const code = elementsOf("the code", [
    'state a ["x":0]',
    'state b ["x":1]',
    'state c ["x":2]',
    "step a Add b",
    "step b Add c",
  ])
  const without = (line: string) =>
    elementsOf(
      "TLC",
      [
        "step b Add c",
        "step a Add b",
        'state c ["x":2]',
        'state b ["x":1]',
        'state a ["x":0]',
      ].filter((l) => l !== line),
    )

  it("that are the same part nowhere, in whatever order they come", () => {
    assert.isUndefined(partingOf(code, without(""), true))
    assert.isUndefined(partingOf(without(""), code, true))
  })

  it("each of them, left out on one side, is what is named", () => {
    for (const [line, expected] of [
      ["step a Add b", "only the code has this step, Add"],
      ["step b Add c", "only the code has this step, Add"],
      ['state c ["x":2]', "only the code has this state"],
    ] as const) {
      assert.include(partingOf(code, without(line), true)?.[0], expected)
      assert.include(partingOf(without(line), code, true)?.[0], expected)
      // A search that was cut may not have come to what it lacks.
      assert.isUndefined(partingOf(code, without(line), false))
    }
  })

  it("are read from canonical text, and from nothing else", () => {
    const text = '[-1:<<>>,2:{"a\\"b\\\\",TRUE},3:["k":<<1,<<2>>>>]]'
    assert.strictEqual(
      toTla(readCanonical(text)),
      '(-1 :> <<>> @@ 2 :> {TRUE, "a\\"b\\\\"} @@ 3 :> [k |-> <<1, <<2>>>>])',
    )
    assert.deepStrictEqual([...readState('["x":1,"y":{}]').keys()], ["x", "y"])
    for (const wrong of ["", "<<1", "[1,2]", "{1 2}", "1 2", "]", "x"]) {
      assert.throws(() => readCanonical(wrong), /canonical text, offset \d+: expected /)
    }
    assert.throws(() => readState("<<1>>"), /expected a record/)
  })
})
