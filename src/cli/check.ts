/**
 * `prophecy check`: explores every reachable state of a protocol's model with the real `step`, and
 * on request compares the whole graph with the one TLC finds for the specification.
 */
import { Console, Effect, Option, Schema } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { unmet } from "../model-check/expectation.ts"
import type { Progress } from "../model-check/explore.ts"
import { type PbftModelSpec, pbftModels } from "../model-check/pbft-models.ts"
import { counterexampleLines } from "../model-check/report.ts"
import { Toolchain } from "../tla-tools/toolchain.ts"
import { Ended, ExitCode, Refused } from "./ended.ts"
import {
  differences,
  type Explored,
  type ExploredByTlc,
  exploreInTurns,
  tlcModel,
} from "./model-graph.ts"
import { specFolder } from "./installation.ts"

const positive = Schema.Int.pipe(Schema.check(Schema.isGreaterThan(0)))

const flags = {
  protocol: Argument.Literals("protocol", ["pbft"]).pipe(
    Argument.withDescription("Which protocol to check"),
  ),
  model: Flag.String("model").pipe(
    Flag.withDescription("Which model of it (--list names them; default Normal)"),
    Flag.withDefault("Normal"),
  ),
  list: Flag.Boolean("list").pipe(
    Flag.withDescription("List the models and what each is for"),
    Flag.withDefault(false),
  ),
  states: Flag.Int("states").pipe(
    Flag.withSchema(positive),
    Flag.withDescription("Stop, as bounded, after this many distinct states"),
    Flag.withDefault(20_000_000),
  ),
  depth: Flag.Int("depth").pipe(
    Flag.withSchema(positive),
    Flag.withDescription("Stop, as bounded, at this depth (the initial state is 1)"),
    Flag.optional,
  ),
  tlc: Flag.Boolean("tlc").pipe(
    Flag.withDescription("Have TLC explore the specification too, and compare the whole graphs"),
    Flag.withDefault(false),
  ),
  json: Flag.Boolean("json").pipe(
    Flag.withDescription("Print one JSON document (schema prophecy.check/1) instead of text"),
    Flag.withDefault(false),
  ),
  quiet: Flag.Boolean("quiet").pipe(
    Flag.withDescription("No progress on standard error"),
    Flag.withDefault(false),
  ),
}

type Given = Command.Command.Config.Infer<typeof flags>

const find = (name: string): Effect.Effect<PbftModelSpec, Refused> => {
  const spec = pbftModels.find((m) => m.name.toLowerCase() === name.toLowerCase())
  if (spec !== undefined) return Effect.succeed(spec)
  const names = pbftModels.map((m) => m.name).join(", ")
  const text = `there is no model "${name}" of pbft; there are: ${names}`
  return Effect.fail(new Refused({ code: ExitCode.BadInput, text }))
}

// At most a line a second: on a terminal it rewrites itself, elsewhere it comes after the first
// second and then every ten.
const makeProgress = (name: string): ((now: Progress) => void) => {
  const animated = process.stderr.isTTY === true
  const startedAt = performance.now()
  let [last, wait] = [startedAt, 1_000]
  return ({ states, depth, queued }) => {
    const now = performance.now()
    if (now - last < wait) return
    last = now
    if (!animated) wait = 10_000
    const rate = Math.round((states / (now - startedAt)) * 1000)
    const line = `check ${name}: ${states} states, depth ${depth}, ${queued} to do, ${rate} states/s`
    process.stderr.write(animated ? `\r${line}\u001b[K` : `${line}\n`)
  }
}

const verdictLine = (spec: PbftModelSpec, { exploration: e }: Explored): string => {
  switch (e.verdict) {
    case "exhaustive":
      return `exhaustive: every reachable state satisfies ${spec.invariants.length} invariants`
    case "bounded":
      return "bounded: a limit was reached; nothing is said of the states not seen"
    case "violated":
      return `violated: ${e.violation?.property}`
  }
}

/** Why there is nothing to compare: a graph of which a part is missing differs from any whole. */
const notCompared = ({ exploration: e }: Explored): string | undefined => {
  if (e.verdict === "exhaustive") return undefined
  const why = e.verdict === "bounded" ? "the limit" : "the violation"
  return `not asked: ${why} left states unseen, and only whole graphs are compared`
}

const textOf = (
  spec: PbftModelSpec,
  ours: Explored,
  theirs: ExploredByTlc | string | undefined,
): ReadonlyArray<string> => {
  const e = ours.exploration
  const actions = [...e.taken.keys()].filter((a) => !a.startsWith("Ignore:")).sort()
  const lines = [
    `model      ${spec.name}: ${spec.why}`,
    `states     ${e.states} distinct, ${e.generated} generated, depth ${e.depth}`,
    `time       ${ours.seconds.toFixed(1)} s, ${Math.round(e.states / ours.seconds)} states/s, ${e.steps} steps computed`,
    `actions    ${actions.join(" ")}`,
  ]
  if (ours.graph !== undefined) {
    lines.push(`graph      states ${ours.graph.stateDigest}`)
    lines.push(`           steps  ${ours.graph.stepDigest} (${ours.graph.steps})`)
  }
  if (typeof theirs === "string") lines.push(`TLC        ${theirs}`)
  else if (theirs !== undefined) {
    const different = differences(ours, theirs)
    const tlc = `${theirs.graph.states} states, ${theirs.graph.steps} steps, ${theirs.seconds.toFixed(1)} s`
    lines.push(`TLC        ${tlc}: ${different.length === 0 ? "equal" : "DIFFERENT"}`)
    lines.push(...different.map((d) => `           ${d}`))
  }
  lines.push(`verdict    ${verdictLine(spec, ours)}`)
  if (e.violation !== undefined) lines.push(...counterexampleLines(e.violation))
  return lines
}

const documentOf = (
  spec: PbftModelSpec,
  ours: Explored,
  theirs: ExploredByTlc | string | undefined,
): unknown => ({
  schema: "prophecy.check/1",
  protocol: "pbft",
  model: spec.name,
  verdict: ours.exploration.verdict,
  states: ours.exploration.states,
  generated: ours.exploration.generated,
  depth: ours.exploration.depth,
  seconds: ours.seconds,
  actions: Object.fromEntries(ours.exploration.taken),
  witnessed: [...ours.exploration.witnessed],
  unmet: unmet(spec, ours.exploration),
  violation: ours.exploration.violation ?? null,
  graph: ours.graph ?? null,
  tlc:
    theirs === undefined || typeof theirs === "string"
      ? (theirs ?? null)
      : { ...theirs.graph, seconds: theirs.seconds, differences: differences(ours, theirs) },
})

const exitCode = (ours: Explored, theirs: ExploredByTlc | string | undefined): number => {
  const { verdict } = ours.exploration
  if (verdict === "violated") return 12
  if (typeof theirs === "object" && differences(ours, theirs).length > 0) return ExitCode.Rejected
  return verdict === "bounded" ? ExitCode.Inconclusive : 0
}

const listed = (): string =>
  pbftModels.map((m) => `${m.name.padEnd(28)}${m.size.padEnd(9)}${m.why}`).join("\n")

const byTlc = (spec: PbftModelSpec): Effect.Effect<ExploredByTlc, Refused> =>
  tlcModel(spec, { specFolder }).pipe(
    Effect.provide(Toolchain.layer),
    Effect.mapError((e) => new Refused({ code: ExitCode.BadInput, text: e.message })),
  )

const check = Effect.fn("checkCommand")(function* (given: Given) {
  if (given.list) return yield* Console.log(listed())
  const spec = yield* find(given.model)
  const depth = Option.getOrElse(given.depth, () => Number.MAX_SAFE_INTEGER)
  const ours = yield* exploreInTurns(spec, {
    limits: { states: given.states, depth },
    graph: given.tlc || given.json,
    ...(given.quiet ? {} : { progress: makeProgress(spec.name) }),
  })
  if (process.stderr.isTTY && !given.quiet) process.stderr.write("\r\u001b[K")
  const theirs = given.tlc ? (notCompared(ours) ?? (yield* byTlc(spec))) : undefined
  if (given.json) {
    yield* Console.log(JSON.stringify(documentOf(spec, ours, theirs), undefined, 2))
  } else yield* Console.log(textOf(spec, ours, theirs).join("\n"))
  const code = exitCode(ours, theirs)
  if (code !== 0) return yield* new Ended({ code })
})

export const checkCommand = Command.make("check", flags, check).pipe(
  Command.withDescription(
    [
      "Explore every reachable state of a model with the real step and check its invariants.",
      "Exit codes: 0 exhaustive, 3 bounded, 4 the graph is not TLC's, 12 an invariant is",
      "violated, 2 bad input.",
    ].join(" "),
  ),
  Command.withExamples([
    { command: "prophecy check pbft", description: "the normal case, exhaustively" },
    {
      command: "prophecy check pbft --model QuorumTwoF",
      description: "see agreement break, and the shortest way there",
    },
    {
      command: "prophecy check pbft --model Restart --tlc",
      description: "compare the code's graph with the specification's",
    },
  ]),
)
