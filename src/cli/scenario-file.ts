/** Scenarios as files: JSON with a schema, and errors that name the field. */
import { Schema } from "effect"
import { Entry, Numbered } from "../core/pbft/message.ts"
import { Natural } from "../core/request.ts"
import { misfit } from "../core/trace-event.ts"
import { type Problem, problemsOf } from "../sim/scenario-problem.ts"
import { type Scenario, scenarioSchema } from "../sim/scenario.ts"

const Positive = Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 1_000_000 }))
const Ms = Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1e9 }))
const Chance = Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1 }))
const Rate = Schema.Finite.check(Schema.isBetween({ minimum: 0.01, maximum: 100 }))
const Nodes = Schema.Array(Schema.String)
const Names = Schema.Array(Schema.String)
const Span = Schema.Tuple([Ms, Ms])
const tag = <T extends string>(name: T) => ({ _tag: Schema.Literal(name) })
const scope = { messages: Names, to: Nodes }

const Cluster = Schema.Struct({
  protocol: Schema.optionalKey(Schema.Literal("zyzzyva")),
  n: Positive,
  clients: Natural,
  hostileClients: Natural,
  checkpointInterval: Positive,
  logSize: Positive,
  maxBatch: Positive,
  pipeline: Positive,
  retransmitMs: Positive,
  viewChangeMs: Positive,
  progressMs: Positive,
  quorum: Schema.optionalKey(Positive),
  readOnly: Schema.optionalKey(Schema.Boolean),
  hastyReads: Schema.optionalKey(Schema.Boolean),
  replyQuorum: Schema.optionalKey(Positive),
  tentative: Schema.optionalKey(Schema.Boolean),
  maxTentative: Schema.optionalKey(Positive),
  digestReplies: Schema.optionalKey(Schema.Boolean),
  fetchDecisions: Schema.optionalKey(Schema.Boolean),
  tellCommitted: Schema.optionalKey(Schema.Boolean),
  agreedTimeMs: Schema.optionalKey(Ms),
  recovery: Schema.optionalKey(Schema.Boolean),
  recoveryPeriodMs: Schema.optionalKey(Ms),
  newKeys: Schema.optionalKey(Schema.Boolean),
  keepVotes: Schema.optionalKey(Schema.Boolean),
  bigRequestBytes: Schema.optionalKey(Positive),
  zyzzyva5: Schema.optionalKey(Schema.Boolean),
  commitFirst: Schema.optionalKey(Schema.Boolean),
  preferredQuorums: Schema.optionalKey(Schema.Boolean),
  separateExecution: Schema.optionalKey(Schema.Boolean),
  vouchOrders: Schema.optionalKey(Schema.Boolean),
  rule: Schema.optionalKey(Schema.Literals(["corrected", "published"])),
  confirmViews: Schema.optionalKey(Schema.Boolean),
  commitMs: Schema.optionalKey(Positive),
})

const Noise = Schema.Struct({
  delayMs: Span,
  loss: Chance,
  duplicate: Chance,
  late: Chance,
  lateMs: Ms,
})

const SaidRequest = {
  client: Natural,
  timestamp: Natural,
  operation: Schema.String,
  verifiesAt: Schema.Array(Natural),
}

const SaidMessage = Schema.Union([
  Schema.Struct({ ...tag("Request"), ...SaidRequest }),
  Schema.Struct({ ...tag("Read"), ...SaidRequest }),
  Schema.Struct({
    ...tag("PrePrepare"),
    view: Natural,
    seq: Natural,
    batch: Schema.Array(Schema.Struct(SaidRequest)),
  }),
  Schema.Struct({
    _tag: Schema.Literals(["Prepare", "Commit"]),
    view: Natural,
    seq: Natural,
    digest: Schema.NonEmptyString,
  }),
  Schema.Struct({ ...tag("Checkpoint"), seq: Natural, digest: Schema.NonEmptyString }),
  Schema.Struct({ ...tag("Accusation"), view: Natural }),
  Schema.Struct({
    ...tag("ViewChange"),
    view: Natural,
    low: Natural,
    checkpoints: Schema.Array(Numbered),
    prepared: Schema.Array(Entry),
    prePrepared: Schema.Array(Entry),
  }),
  Schema.Struct({
    ...tag("NewView"),
    view: Natural,
    start: Numbered,
    chosen: Schema.Array(Numbered),
  }),
])

const Fault = Schema.Union([
  Schema.Struct({
    ...tag("Cut"),
    from: Nodes,
    to: Nodes,
    messages: Names,
    startMs: Ms,
    endMs: Ms,
  }),
  Schema.Struct({
    ...tag("Crash"),
    replica: Natural,
    atMs: Ms,
    forMs: Schema.NullOr(Ms),
    tail: Schema.Literals(["lost", "torn", "whole", "clean"]),
    wiped: Schema.optionalKey(Schema.Boolean),
    recovered: Schema.optionalKey(Schema.Boolean),
  }),
  Schema.Struct({ ...tag("Rekey"), replica: Natural, atMs: Ms }),
  Schema.Struct({
    ...tag("Say"),
    from: Schema.String,
    to: Nodes,
    atMs: Ms,
    message: SaidMessage,
    stolenKey: Schema.optionalKey(Schema.Boolean),
  }),
])

const Behaviour = Schema.Union([
  Schema.Struct({ ...tag("Mute"), ...scope }),
  Schema.Struct({ ...tag("Slow"), ms: Ms, ...scope }),
  Schema.Struct({
    ...tag("Equivocate"),
    to: Nodes,
    both: Schema.Boolean,
    story: Schema.Literals(["reordered", "old", "invented"]),
  }),
  Schema.Struct({ ...tag("Replay"), chance: Chance }),
  Schema.Struct({ ...tag("UnknownDigest"), chance: Chance, ...scope }),
  Schema.Struct(tag("Flatter")),
  Schema.Struct({ ...tag("Fuzz"), chance: Chance, ...scope }),
  Schema.Struct({ ...tag("BadAuthenticator"), chance: Chance, ...scope }),
  Schema.Struct({
    ...tag("FalseViewChange"),
    to: Nodes,
    story: Schema.Literals(["invented", "forgotten", "checkpoint", "copied", "hoarded"]),
    view: Schema.optionalKey(Natural),
  }),
  Schema.Struct({
    ...tag("BadNewView"),
    to: Nodes,
    story: Schema.Literals(["choice", "empty", "null", "invented"]),
  }),
  Schema.Struct({ ...tag("FalseTime"), byMs: Schema.Int, to: Names }),
  Schema.Struct(tag("Forgets")),
  Schema.Struct(tag("WrongReply")),
  Schema.Struct({ ...tag("Twins"), first: Nodes, second: Nodes }),
])

const Fate = Schema.Struct({
  from: Schema.String,
  to: Schema.String,
  message: Schema.NonEmptyString,
  nth: Positive,
  delaysMs: Schema.Array(Ms),
})

const Expectation = Schema.Struct({
  completes: Schema.optionalKey(Schema.Boolean),
  actions: Schema.optionalKey(Names),
  never: Schema.optionalKey(Names),
  view: Schema.optionalKey(Natural),
  executes: Schema.optionalKey(Schema.Record(Schema.String, Names)),
  proven: Schema.optionalKey(Names),
  violates: Schema.optionalKey(Schema.String),
})

/** A scenario as JSON; src/sim/scenario.ts says what each field means. */
export const ScenarioFile = Schema.Struct({
  schema: Schema.Literal(scenarioSchema),
  about: Schema.String,
  seed: Natural,
  cluster: Cluster,
  noise: Noise,
  syncMs: Span,
  clocks: Schema.Array(Schema.Struct({ node: Schema.String, rate: Rate })),
  faults: Schema.Array(Fault),
  byzantine: Schema.Array(
    Schema.Struct({
      replica: Natural,
      behaviours: Schema.Array(Behaviour),
      since: Schema.optionalKey(Natural),
    }),
  ),
  fates: Schema.Array(Fate),
  requests: Schema.Array(Schema.Struct({ client: Natural, atMs: Ms, operation: Schema.String })),
  calmAtMs: Ms,
  endMs: Ms,
  expect: Expectation,
}) satisfies Schema.Schema<Scenario>

const fileMisfit = misfit(ScenarioFile)

/** The scenario that a file's text holds, or what is wrong with it, and where. */
export const readScenario = (text: string): Scenario | Problem => {
  const data = parsed(text)
  if (data === undefined) return { path: "", problem: "this is not JSON" }
  const bad = fileMisfit(data)
  if (bad !== undefined) return { path: bad.path, problem: bad.problem }
  const scenario = data as Scenario
  return problemsOf(scenario)[0] ?? scenario
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

export const isProblem = (read: Scenario | Problem): read is Problem => "problem" in read

/** The file's text. */
export const scenarioText = (scenario: Scenario): string =>
  `${JSON.stringify(scenario, undefined, 2)}\n`
