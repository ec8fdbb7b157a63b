/**
 * `prophecy check`: explores every reachable state of a protocol's model with the real `step`, and
 * on request compares the whole graph with the one TLC finds for the specification.
 */
import { Console, Effect, Option, Schema } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import type { Violation } from "../model-check/explore.ts"
import { coreModels } from "../model-check/pbft-core-models.ts"
import { dProphecyModels } from "../model-check/d-prophecy-models.ts"
import { pbftModels } from "../model-check/pbft-models.ts"
import { prophecyModels } from "../model-check/prophecy-models.ts"
import { type ViewChangeRule, viewChangeRules } from "../model-check/zyzzyva-core-constants.ts"
import { zyzzyvaModels } from "../model-check/zyzzyva-core-models.ts"
import { zyzzyvaTwinModels } from "../model-check/zyzzyva-models.ts"
import { toItfTrace } from "../tla-tools/itf.ts"
import { Toolchain } from "../tla-tools/toolchain.ts"
import { documentOf, makeProgress, notCompared, textOf } from "./check-report.ts"
import { diagramFlags, writeDiagrams, writeText } from "./diagram-files.ts"
import { violationDiagram } from "./diagram-source.ts"
import { Ended, ExitCode, Refused } from "./ended.ts"
import { nameDifference } from "./element-difference.ts"
import { exploreModelGently } from "./exploration.ts"
import {
  differences,
  type Explored,
  type ExploredByTlc,
  isZyzzyva,
  type ModelSpec,
  protocolOf,
  tlcModel,
} from "./model-graph.ts"
import { isAnimated } from "./progress.ts"
import { violationStates } from "./violation-states.ts"
import { specFolder } from "./installation.ts"
import { shortPath } from "./short-path.ts"

const positive = Schema.Int.pipe(Schema.check(Schema.isGreaterThan(0)))

const protocols = [
  "pbft",
  "pbft-core",
  "prophecy",
  "d-prophecy",
  "zyzzyva-core",
  "zyzzyva",
] as const
type Protocol = (typeof protocols)[number]

const modelsOf: Readonly<Record<Protocol, ReadonlyArray<ModelSpec>>> = {
  pbft: pbftModels,
  "pbft-core": coreModels,
  prophecy: prophecyModels,
  "d-prophecy": dProphecyModels,
  "zyzzyva-core": zyzzyvaModels,
  zyzzyva: zyzzyvaTwinModels,
}

const units: Readonly<Record<string, number>> = { k: 2 ** 10, m: 2 ** 20, g: 2 ** 30 }

const flags = {
  protocol: Argument.Literals("protocol", protocols).pipe(
    Argument.withDescription(
      "Which protocol to check; *-core is its abstraction; zyzzyva --rule tells its stories",
    ),
  ),
  model: Flag.String("model").pipe(
    Flag.withDescription("Which model of it (--list names them; default: the first)"),
    Flag.optional,
  ),
  rule: Flag.Literals("rule", viewChangeRules).pipe(
    Flag.withDescription("Of zyzzyva: by which rule a view change makes the log of the new view"),
    Flag.optional,
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
  memory: Flag.String("memory").pipe(
    Flag.filter(
      (text) => /^[1-9]\d*[kmg]$/i.test(text),
      () => "a size such as 4g or 800m",
    ),
    Flag.withDescription("Stop, as bounded, before the process takes more, such as 4g"),
    Flag.optional,
  ),
  resume: Flag.File("resume", { mustExist: false }).pipe(
    Flag.withDescription("Go on from this file if it is there; save to it when stopped early"),
    Flag.optional,
  ),
  unreduced: Flag.Boolean("unreduced").pipe(
    Flag.withDescription("Explore a model that is reduced (spec/README.md says how) as a whole"),
    Flag.withDefault(false),
  ),
  tlc: Flag.Boolean("tlc").pipe(
    Flag.withDescription("Have TLC explore the specification too, and compare the whole graphs"),
    Flag.withDefault(false),
  ),
  full: Flag.Boolean("full").pipe(
    Flag.withDescription("Show every state of a counterexample whole, not what changed"),
    Flag.withDefault(false),
  ),
  itf: Flag.File("itf", { mustExist: false }).pipe(
    Flag.withDescription("Write a counterexample to this file in the Informal Trace Format"),
    Flag.optional,
  ),
  ...diagramFlags("a counterexample"),
  json: Flag.Boolean("json").pipe(
    Flag.withDescription("Print one JSON document (schema prophecy-check/1) instead of text"),
    Flag.withDefault(false),
  ),
  quiet: Flag.Boolean("quiet").pipe(
    Flag.withDescription("No progress on standard error"),
    Flag.withDefault(false),
  ),
}

type Given = Command.Command.Config.Infer<typeof flags>

/**
 * The models of a protocol. A rule of view changes is looked at in Zyzzyva's abstraction, whose
 * violations are told as stories.
 */
const modelsFor = (
  protocol: Protocol,
  rule: Option.Option<ViewChangeRule>,
): ReadonlyArray<ModelSpec> => {
  if (Option.isNone(rule)) return modelsOf[protocol]
  const models = protocol === "zyzzyva" ? zyzzyvaModels : modelsOf[protocol]
  return models.filter((m) => isZyzzyva(m) && m.viewChange === rule.value)
}

const find = (
  { protocol, rule }: Given,
  name: Option.Option<string>,
): Effect.Effect<ModelSpec, Refused> => {
  const models = modelsFor(protocol, rule)
  const wanted = Option.map(name, (n) => n.toLowerCase())
  const spec = models.find((m) => Option.isNone(wanted) || m.name.toLowerCase() === wanted.value)
  if (spec !== undefined) return Effect.succeed(spec)
  const names = models.map((m) => m.name).join(", ")
  const asked = Option.getOrElse(name, () => "")
  const text =
    models.length === 0
      ? `${protocol} has no rules to choose from: leave --rule out`
      : `there is no model "${asked}" of ${protocol}; there are: ${names}`
  return Effect.fail(new Refused({ code: ExitCode.BadInput, text }))
}

const listed = ({ protocol, rule }: Given): string =>
  modelsFor(protocol, rule)
    .map((m) => `${m.name.padEnd(28)}${m.size.padEnd(9)}${m.why}`)
    .join("\n")

const bytesOf = (size: string): number =>
  Number(size.slice(0, -1)) * (units[size.slice(-1).toLowerCase()] ?? 1)

const exitCode = (ours: Explored, theirs: ExploredByTlc | string | undefined): number => {
  const { verdict } = ours.exploration
  if (verdict === "violated") return 12
  if (typeof theirs === "object" && differences(ours, theirs).length > 0) return ExitCode.Rejected
  return verdict === "bounded" ? ExitCode.Inconclusive : 0
}

/** TLC's graph; where it is another one, both are explored again to say where they part. */
const byTlc = Effect.fn("byTlc")(
  function* (spec: ModelSpec, ours: Explored, quiet: boolean) {
    const theirs = yield* tlcModel(spec, { specFolder })
    if (differences(ours, theirs).length === 0) return theirs
    if (!quiet) yield* Console.error("check: the graphs differ; looking where they part first")
    const parting = yield* nameDifference(spec, ours, theirs, { specFolder })
    return { ...theirs, parting } satisfies ExploredByTlc
  },
  Effect.provide(Toolchain.layer),
  Effect.mapError((e) => new Refused({ code: ExitCode.BadInput, text: e.message })),
)

/** Why TLC has no graph that the one asked for could be compared with. */
const incomparable = (spec: ModelSpec, unreduced: boolean): string | undefined => {
  if (unreduced) return "--tlc compares the model as it is: leave --unreduced out"
  if (protocolOf(spec) === "pbft" && "reduced" in spec && spec.reduced) {
    return `${spec.name} is reduced, which TLC's graph of it would not be: leave --tlc out`
  }
  return spec.byTlc === "counts"
    ? `--tlc compares whole graphs, and ${spec.name} is too large for TLC to record: leave --tlc out`
    : undefined
}

const interrupted =
  "interrupted: partial, the graphs are not compared. Run it again to compare them"

const writeFiles = Effect.fn("writeFiles")(function* (
  given: Given,
  spec: ModelSpec,
  violation: Violation | undefined,
) {
  const nothing = "check: there is no counterexample"
  const diagram = violation === undefined ? undefined : violationDiagram(violation)
  yield* writeDiagrams(given, diagram, nothing)
  if (Option.isNone(given.itf)) return
  const path = given.itf.value
  if (violation === undefined) return yield* Console.error(`${nothing}: ${path} is not written`)
  const source = `${protocolOf(spec)} ${spec.name} invariant ${violation.property}`
  const trace = toItfTrace(violationStates(spec, violation), source)
  yield* writeText(path, `${JSON.stringify(trace, undefined, 2)}\n`)
})

const check = Effect.fn("checkCommand")(function* (given: Given) {
  if (given.list) return yield* Console.log(listed(given))
  const spec = yield* find(given, given.model)
  const text = given.tlc ? incomparable(spec, given.unreduced) : undefined
  if (text !== undefined) return yield* new Refused({ code: ExitCode.BadInput, text })
  const depth = Option.getOrElse(given.depth, () => Number.MAX_SAFE_INTEGER)
  const asked = "reduced" in spec && given.unreduced ? { ...spec, reduced: false } : spec
  const ours = yield* exploreModelGently(asked, {
    limits: { states: given.states, depth },
    memory: Option.getOrUndefined(Option.map(given.memory, bytesOf)),
    graph: given.tlc || given.json,
    file: Option.getOrUndefined(Option.map(given.resume, shortPath)),
    progress: given.quiet ? undefined : makeProgress(spec.name),
  }).pipe(Effect.mapError((e) => new Refused({ code: ExitCode.BadInput, text: e.message })))
  if (isAnimated() && !given.quiet) process.stderr.write("\r\u001b[K")
  const isStory = given.protocol === "zyzzyva" && Option.isSome(given.rule)
  const steps = isStory ? "story" : given.full ? "whole" : "changes"
  const print = (theirs: ExploredByTlc | string | undefined): Effect.Effect<void> =>
    given.json
      ? Console.log(JSON.stringify(documentOf(spec, ours, theirs), undefined, 2))
      : Console.log(textOf(spec, ours, theirs, steps).join("\n"))
  const theirs = given.tlc
    ? (notCompared(ours) ??
      (yield* byTlc(spec, ours, given.quiet).pipe(Effect.onInterrupt(() => print(interrupted)))))
    : undefined
  yield* print(theirs)
  yield* writeFiles(given, spec, ours.exploration.violation)
  const code = exitCode(ours, theirs)
  if (code !== 0) return yield* new Ended({ code })
})

export const checkCommand = Command.make("check", flags, check).pipe(
  Command.withDescription(
    [
      "Explore every reachable state of a model, protocols with the real step, and check invariants.",
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
      command: "prophecy check pbft-core --model TwoNumbers0 --memory 4g --resume two.search",
      description: "explore the abstraction; stop when 4 GiB are full, go on with more",
    },
    {
      command: "prophecy check zyzzyva --rule published",
      description: "how the published view change loses a complete request, told step by step",
    },
    {
      command: "prophecy check pbft --model Restart --tlc",
      description: "compare the code's graph with the specification's",
    },
  ]),
)
