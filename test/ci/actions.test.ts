import { rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import {
  nextActions,
  operators,
  recordKeys,
  tracedEvents,
  variables,
} from "../../ci/actions/specification.ts"
import { checkActions } from "../../ci/check-actions.ts"
import { readText, repositoryRoot } from "../../ci/repository.ts"
import { checkout } from "./checkout.ts"

const spec = `---- MODULE Pbft ----
VARIABLES
  queue,   \\* volatile: what waits
  slot,    \\* the log
  client,  \\* per client
  msgs     \\* all messages

CONSTANTS
  K,        \\* the checkpoint interval
  Ops(_)    \\* what clients ask for

MessageTypes == {"Prepare"}
Primary(v) == v
Assigned(i, c) == 0
Init ==
  /\\ queue = <<>>
  /\\ client = [c \\in Clients |-> [op |-> NoOp, replies |-> [r \\in R |-> [x |-> 1]], toAll |-> FALSE]]
  /\\ msgs = {}
-----------------------------------------------------------------------------
\\* Votes.
RecvPrepare(i, m) == TRUE
Restart(i) == TRUE
ClientSubmit(c) == TRUE
AnyRecvPrepare(i) == \\E m \\in Deliverable("Prepare") : RecvPrepare(i, m)

Next ==
  \\/ \\E i \\in Correct : AnyRecvPrepare(i)
  \\/ \\E i \\in Correct : \\E j \\in Correct : Restart(i)
  \\/ \\E c \\in Clients : ClientSubmit(c)

Spec == Init /\\ [][Next]_vars
====
`
const traces = `---- MODULE TracePbft ----
IsRecvPrepare(e) == /\\ e.action = "RecvPrepare"
                    /\\ RecvPrepare(e.node, e.m)
IsRestart(e) == /\\ e.action = "Restart"
IsClientSubmit(e) == /\\ e.action = "ClientSubmit"
IsIgnored(e) == e.action = "Ignored" /\\ UNCHANGED vars
IsEnd == UNCHANGED vars
Follow(e) == IsRecvPrepare(e) \\/ IsRestart(e) \\/ IsClientSubmit(e) \\/ IsIgnored(e)
====
`
const handler = (action: string, name: string): string =>
  `/** ${action} (OSDI '99 section 4.2). Says what. */\nexport const ${name} = () => 1\n`

const clean: Readonly<Record<string, string>> = {
  "spec/tla/Pbft.tla": spec,
  "spec/tla/TracePbft.tla": traces,
  "src/core/pbft/action.ts": `export type ReplicaAction = "RecvPrepare" | "Restart"
export type ClientAction = "ClientSubmit"
export type Action = ReplicaAction | ClientAction\n`,
  "src/core/pbft/normal-case.ts": handler("RecvPrepare", "recvPrepare"),
  "src/core/pbft/restart.ts": handler("Restart", "restart"),
  "src/core/pbft/client.ts": `${handler("ClientSubmit", "clientSubmit")}
export interface ClientState {
  readonly operation: string
  readonly toAll: boolean
  readonly replies: string
}\n`,
  "src/core/pbft/state.ts": `export interface State {
  readonly queue: string
  readonly log: string
  readonly assigned: string
}
export type Input =
  | { readonly _tag: "Receive"; readonly message: Exclude<M, { readonly _tag: "Other" }> }
  | { readonly _tag: "Restart" }
export type Effect = Broadcast<M> | SetTimer
export interface Config {
  readonly interval: number
}\n`,
  "src/core/pbft/message.ts": `export const Prepare = Schema.TaggedStruct("Prepare", {})\n`,
  "src/core/pbft/replica.ts": `import { recvPrepare } from "./normal-case.ts"
import { restart } from "./restart.ts"
import type { State } from "./state.ts"
import { Prepare } from "./message.ts"\n`,
  "src/net/clock.ts": `/**
 * When timers fire.
 *
 * Outside the specification: time. Timers
 * are free there.
 *
 * More.
 */
import type { State } from "../core/pbft/state.ts"\n`,
  "src/net/bytes.ts": "export const bytes = 1\n",
  "spec/correspondence.json": JSON.stringify({
    Input: { Receive: ["RecvPrepare"], Restart: ["Restart"] },
    Effect: { Broadcast: ["msgs"], SetTimer: "timers are free" },
    Config: { interval: ["K"] },
  }),
  "src/core/pbft/projection.ts": `/** Outside the specification: nothing. */
export interface ReplicaData {
  readonly queue: string
  readonly slot: string
}
export interface ClientData {
  readonly operation: string
  readonly toAll: boolean
  readonly replies: string
}\n`,
  "src/core/pbft/trace-changes.ts":
    '/** Outside the specification: nothing. */\nexport const changes = (a: string) => a + `,"queue":1` + \',"slot":[]\'\n',
  "test/core/normal-case.test.ts": `f("RecvPrepare", "Restart", "clientSubmit")\n`,
}

/** The problems of a checkout with these files changed; spec/actions.md is freshly written. */
const problems = (changed: Readonly<Record<string, string>>): ReadonlyArray<string> => {
  const root = checkout({ ...clean, ...changed })
  writeFileSync(join(root, "spec/actions.md"), checkActions(root).text)
  return checkActions(root).problems
}

const edit = (path: string, from: string, to: string): Readonly<Record<string, string>> => {
  const text = clean[path] as string
  expect(text).toContain(from)
  return { [path]: text.replace(from, to) }
}

describe("the table of actions", () => {
  it("is right and fresh in this repository, for every action of Next", () => {
    const report = checkActions(repositoryRoot)
    expect(report.problems).toEqual([])
    const actionsOf = (module: string) =>
      nextActions(readText(repositoryRoot, `spec/tla/${module}.tla`)).actions
    // Of the group under the sketchers, one is a replica's.
    const group = ["Order", "Apply", "AnswerReadOnly"]
    const sketcher = actionsOf("Prophecy").filter((action) => !group.includes(action))
    const distributed = actionsOf("DProphecy").filter((action) => !group.includes(action))
    const all = [...actionsOf("Pbft"), ...sketcher, ...distributed, ...actionsOf("Zyzzyva")]
    expect(report.actions).toBe(all.length)
    expect(distributed).toContain("RecvSketchRead")
    expect(actionsOf("Pbft")).toContain("RecvPrePrepare")
    expect(sketcher).toContain("SketcherRecvFastReply")
  })

  it("accepts a small clean checkout", () => {
    expect(problems({})).toEqual([])
  })

  const planted: ReadonlyArray<readonly [string, Readonly<Record<string, string>>, RegExp]> = [
    [
      "an action that the code does not have",
      edit("src/core/pbft/action.ts", ` | "Restart"`, ""),
      /Restart: in spec\/tla\/Pbft\.tla, not in src\/core\/pbft\/action\.ts/,
    ],
    [
      "an action that the specification does not have",
      edit("src/core/pbft/action.ts", `"Restart"`, `"Restart" | "RecvCommit"`),
      /RecvCommit: in src\/core\/pbft\/action\.ts, not in spec/,
    ],
    [
      "an action without its function",
      edit("src/core/pbft/normal-case.ts", "recvPrepare", "receivePrepare"),
      /RecvPrepare: no module exports a function recvPrepare/,
    ],
    [
      "an action with two functions",
      { "src/core/pbft/other.ts": handler("Restart", "restart") },
      /Restart: restart is exported by .*other\.ts and .*restart\.ts/,
    ],
    [
      "a function whose doc names no paper",
      edit("src/core/pbft/restart.ts", " (OSDI '99 section 4.2)", ""),
      /Restart: the doc of restart names no paper/,
    ],
    [
      "an action that no test mentions",
      edit("test/core/normal-case.test.ts", `"Restart", `, ""),
      /Restart: no test mentions it/,
    ],
    [
      "an event that the trace specification does not match",
      edit("spec/tla/TracePbft.tla", "IsRestart(e) \\/", ""),
      /Restart: in the specification, not in spec\/tla\/TracePbft\.tla/,
    ],
    [
      "an event under another operator's name",
      edit("spec/tla/TracePbft.tla", `"Restart"`, `"ClientSubmit"`),
      /IsRestart matches the event ClientSubmit/,
    ],
    [
      "a wrapper with a misleading name",
      { "spec/tla/Pbft.tla": spec.replaceAll("AnyRecvPrepare", "AnyRecvCommit") },
      /AnyRecvCommit stands for RecvPrepare/,
    ],
    [
      "a disjunct that is no action",
      edit("spec/tla/Pbft.tla", "Correct : Restart(i)", "Correct : queue' = <<>>"),
      /Next: no action in/,
    ],
    [
      "a specification without Next",
      edit("spec/tla/Pbft.tla", "Next ==", "Step =="),
      /the module has no Next/,
    ],
    [
      "a variable that the state does not hold",
      edit("spec/tla/Pbft.tla", "  slot,    \\* the log", "  slot, \\* the log\n  seqno, \\* n"),
      /replica: the state has no seqno/,
    ],
    [
      "a field that is no variable",
      edit("src/core/pbft/state.ts", "  readonly queue", "  readonly low: 1\n  readonly queue"),
      /replica: the specification has no variable for low/,
    ],
    [
      "a variable that the projection leaves out",
      edit("src/core/pbft/projection.ts", "  readonly slot: string\n", ""),
      /replica: no projection of slot/,
    ],
    [
      "a projection of what is no variable",
      edit("src/core/pbft/projection.ts", "readonly slot", "readonly low: 1\n  readonly slot"),
      /replica: the projection's low is no variable/,
    ],
    [
      "a derived field whose operator is gone",
      edit("spec/tla/Pbft.tla", "Assigned(i, c)", "Given(i, c)"),
      /assigned does not follow from an operator Assigned/,
    ],
    [
      "a variable that no trace names",
      edit("src/core/pbft/trace-changes.ts", `"slot"`, `"log"`),
      /a trace's changes never name slot/,
    ],
    [
      "a client's variable without a field",
      edit("spec/tla/Pbft.tla", "toAll |->", "toEach |->"),
      /client: the state has no toEach/,
    ],
  ]
  const outside: ReadonlyArray<readonly [string, Readonly<Record<string, string>>, RegExp]> = [
    [
      "a module of the shell that sees the protocol and says nothing of what is outside",
      { "src/net/early.ts": `/** Waits. */\nimport type { State } from "../core/pbft/state.ts"\n` },
      /src\/net\/early\.ts: sees the protocol and is not in its step; say in its head/,
    ],
    [
      "a module of the core that is not in the step and says nothing",
      { "src/core/pbft/timer.ts": "export const timer = 1\n" },
      /src\/core\/pbft\/timer\.ts: sees the protocol and is not in its step/,
    ],
    [
      "an input of which nothing is said",
      edit("src/core/pbft/state.ts", `"Restart" }`, `"Restart" }\n  | { readonly _tag: "Undo" }`),
      /Input Undo: name in spec\/correspondence\.json what of the specification it is/,
    ],
    [
      "an effect of which nothing is said",
      edit("src/core/pbft/state.ts", "| SetTimer", "| SetTimer | Rollback"),
      /Effect Rollback: name in/,
    ],
    [
      "a configuration of which nothing is said",
      edit(
        "src/core/pbft/state.ts",
        "interval: number",
        "interval: number\n  readonly tentative: 1",
      ),
      /Config tentative: name in/,
    ],
    [
      "a correspondence with what the specification does not have",
      edit("spec/correspondence.json", `["K"]`, `["Interval"]`),
      /Config interval: the specification has no Interval/,
    ],
    [
      "a correspondence of what the code does not have",
      edit("spec/correspondence.json", `"SetTimer"`, `"SetAlarm"`),
      /Effect SetAlarm is not in the code/,
    ],
    [
      "a correspondence without a reason",
      edit("spec/correspondence.json", "timers are free", ""),
      /Effect SetTimer: no name, no reason/,
    ],
    [
      "a correspondence of a type that is gone",
      edit("spec/correspondence.json", `"Config"`, `"Configuration"`),
      /the code exports no Configuration/,
    ],
    [
      "a message that the specification does not have",
      edit("src/core/pbft/message.ts", "{})", `{})\nexport const S = S.TaggedStruct("Status", {})`),
      /messages: Status is none of the specification's MessageTypes/,
    ],
    [
      "a message that the code does not have",
      edit("spec/tla/Pbft.tla", `{"Prepare"}`, `{"Prepare", "Commit"}`),
      /messages: the code has no Commit/,
    ],
  ]
  it.each(outside)("rejects %s", (_, changed, what) => {
    expect(problems(changed).join("\n")).toMatch(what)
  })

  it("shows what is outside, with its reason", () => {
    const root = checkout(clean)
    const { text } = checkActions(root)
    expect(text).toContain("| [clock.ts](../src/net/clock.ts) | time. Timers are free there. |")
    expect(text).toContain("| `Effect` | `SetTimer` | outside: timers are free |")
    expect(text).not.toContain("bytes.ts")
  })

  it.each(planted)("rejects %s", (_, changed, what) => {
    expect(problems(changed).join("\n")).toMatch(what)
  })

  it("is stale when anything that it shows has changed, and when it is missing", () => {
    const root = checkout(clean)
    writeFileSync(join(root, "spec/actions.md"), checkActions(root).text)
    expect(checkActions(root).problems).toEqual([])
    writeFileSync(join(root, "test/other.test.ts"), `f("Restart")\n`)
    expect(checkActions(root).problems).toEqual(["spec/actions.md is stale: npm run actions"])
    rmSync(join(root, "spec/actions.md"))
    expect(checkActions(root).problems).toHaveLength(1)
  })

  it("says so, and does not fail, while there is no specification of traces", () => {
    const root = checkout(clean)
    rmSync(join(root, "spec/tla/TracePbft.tla"))
    writeFileSync(join(root, "spec/actions.md"), checkActions(root).text)
    const { problems: found, notes } = checkActions(root)
    expect(found).toEqual([])
    expect(notes).toEqual(["pbft: no specification of traces yet, its names not compared"])
  })
})

describe("a TLA+ module is read", () => {
  it("by operators, variables, records and events", () => {
    expect([...operators(spec).keys()]).toContain("RecvPrepare")
    expect(operators(spec).get("Primary")).toBe("v")
    expect(variables(spec).map((v) => v.name)).toEqual(["queue", "slot", "client", "msgs"])
    expect(variables(spec)[0]?.says).toBe("volatile: what waits")
    expect(recordKeys(spec, "client")).toEqual(["op", "replies", "toAll"])
    expect([...tracedEvents(traces).keys()]).not.toContain("IsEnd")
  })
})
