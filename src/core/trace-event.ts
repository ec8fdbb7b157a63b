/**
 * The lines of a trace, whatever the protocol: a header, then a line a step, drops, and an end.
 * docs/trace-format.md says what each means. What `in` and `post` hold is the protocol's own
 * (src/core/pbft/trace-event.ts); here they are any JSON.
 */
import { Schema } from "effect"
import { Natural } from "./request.ts"

/** Data that is not what a schema asks for: where, and what was expected there. */
export interface Malformed {
  readonly _tag: "Malformed"
  /** As in `in.batch[0].client`; empty for the whole. */
  readonly path: string
  readonly problem: string
}

const pathText = (path: ReadonlyArray<unknown>): string =>
  path.reduce<string>(
    (text, key) => (typeof key === "number" ? `${text}[${key}]` : `${text}.${String(key)}`),
    "",
  )

/**
 * A check of data against a schema that decodes to what it encodes: undefined when `data` fits,
 * otherwise the first place that does not. Unknown fields are not looked at.
 */
export const misfit = (
  schema: Schema.Codec<unknown>,
): ((data: unknown) => Malformed | undefined) => {
  const fits = Schema.is(schema)
  const explain = Schema.toStandardSchemaV1(schema)["~standard"].validate
  return (data) => {
    if (fits(data)) return undefined
    const explained = explain(data)
    const issue = "issues" in explained ? explained.issues?.[0] : undefined
    const path = (issue?.path ?? []).map((key) => (typeof key === "object" ? key.key : key))
    const problem = issue?.message ?? "does not fit"
    return { _tag: "Malformed", path: pathText(path).replace(/^\./, ""), problem }
  }
}

/** The version of the format that this code writes and reads. */
export const traceSchema = "prophecy-trace/3"

const Positive = Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 2 ** 53 - 1 }))

/** Whose steps a file holds: a replica's, a sketcher's, or those of the clients of one process. */
export const TraceNode = Schema.Union([
  Schema.Struct({ kind: Schema.Literal("replica"), id: Natural }),
  Schema.Struct({
    kind: Schema.Literal("clients"),
    /** The first and the last client, both included. */
    from: Natural,
    to: Natural,
    /** `ClientConfig.firstTimestamp` of each of them. */
    firstTimestamp: Natural,
  }),
  Schema.Struct({
    kind: Schema.Literal("sketcher"),
    id: Natural,
    /** The clients that are its lanes, both included, and where their timestamps start. */
    from: Natural,
    to: Natural,
    firstTimestamp: Natural,
    /** `SketcherConfig`'s: equal answers that a lane needs; whether there are sketches, how many a
     * generation; how many strikes. */
    replyQuorum: Positive,
    sketches: Schema.Boolean,
    generation: Positive,
    maxStrikes: Natural,
  }),
  Schema.Struct({
    kind: Schema.Literal("d-clients"),
    /** Clients of D-Prophecy, of one process: the first and the last, both included. */
    from: Natural,
    to: Natural,
    firstTimestamp: Natural,
  }),
])
export type TraceNode = typeof TraceNode.Type

// Of every protocol.
const headerFields = {
  /** Equal in all traces of one run, different in any other run. */
  run: Schema.NonEmptyString,
  node: TraceNode,
  /** 0 for the first start of the node's process in this run, one more for each later one. */
  incarnation: Natural,
  n: Positive,
  f: Natural,
  quorum: Positive,
  checkpointInterval: Positive,
  logSize: Positive,
  maxBatch: Positive,
  /** How many clients the replicas know: ids `0 .. clients - 1`. */
  clients: Natural,
  /** SHA-256 of the specification, lower-case hexadecimal. */
  spec: Schema.String.check(Schema.isPattern(/^[0-9a-f]{64}$/)),
  /** When the process started: ISO 8601, UTC. */
  startedAt: Schema.NonEmptyString,
}

/** What a trace of PBFT says of itself before its first step; its specification is Pbft.tla. */
export const TraceHeader = Schema.Struct({
  ...headerFields,
  protocol: Schema.Literal("pbft"),
  /** Equal results that a client needs for an ordered request. */
  replyQuorum: Positive,
  /** Whether replicas answer reads without an order. */
  readOnly: Schema.Boolean,
  /** Only where these do not wait for what a replica has prepared: to show what then fails. */
  hastyReads: Schema.optionalKey(Schema.Literal(true)),
  /** How many batches may be executed before they are committed. */
  maxTentative: Natural,
  /** Whether replicas ask for the batches of decisions that they were not told. */
  fetchDecisions: Schema.Boolean,
  /** Whether replicas tell what they executed, and believe f + 1 others; left out: they do not. */
  tellCommitted: Schema.optionalKey(Schema.Boolean),
  /** The client in whose name primaries propose a value with each batch, where they do. */
  clock: Schema.optionalKey(Natural),
  /** The client in whose name replica 0 asks to be taken back; the others' follow it. */
  recoverers: Schema.optionalKey(Natural),
  /** Whether primaries may propose the null request. */
  nullRequests: Schema.optionalKey(Schema.Boolean),
  /** Whether keys are refreshed: an authenticator may be too old for some of its receivers. */
  newKeys: Schema.optionalKey(Schema.Boolean),
  /** Only where what came under an old key counts on: to show what then fails. */
  keepVotes: Schema.optionalKey(Schema.Literal(true)),
  /** Requests whose operations have so many bytes go past the primary, where there are such. */
  bigRequestBytes: Schema.optionalKey(Positive),
})
export type TraceHeader = typeof TraceHeader.Type

/** The same of Zyzzyva, whose specification is Zyzzyva.tla. */
export const ZyzzyvaHeader = Schema.Struct({
  ...headerFields,
  protocol: Schema.Literal("zyzzyva"),
  /** How a new view gets its log, and whether it waits for VIEW-CONFIRMs. */
  rule: Schema.Literals(["corrected", "published"]),
  confirmViews: Schema.Boolean,
  /** Whether replicas fetch states; left out: they do not. */
  canFetch: Schema.optionalKey(Schema.Boolean),
  /** Whether replicas answer reads without an order; left out: they do not. */
  readOnly: Schema.optionalKey(Schema.Boolean),
  /** Whether clients may ask to be answered when their request is committed. */
  commitFirst: Schema.optionalKey(Schema.Boolean),
  /** Whether clients may ask for answers without signatures. */
  preferredQuorums: Schema.optionalKey(Schema.Boolean),
  /** Only where these do not wait for what a replica has ordered: to show what then fails. */
  hastyReads: Schema.optionalKey(Schema.Literal(true)),
  /** Whether an order is taken that f + 1 others vouch for; left out: it is not. */
  vouchOrders: Schema.optionalKey(Schema.Boolean),
  /** Whether the last f replicas order only; left out: all execute. */
  separateExecution: Schema.optionalKey(Schema.Boolean),
  /** The client in whose name replica 0 asks to be taken back; the others' follow it. */
  recoverers: Schema.optionalKey(Natural),
})
export type ZyzzyvaHeader = typeof ZyzzyvaHeader.Type

export type AnyHeader = TraceHeader | ZyzzyvaHeader

/** The first line of a file. */
export const HeaderLine = Schema.Struct({
  schema: Schema.Literal(traceSchema),
  ...TraceHeader.fields,
})

/** The same of Zyzzyva. */
export const ZyzzyvaHeaderLine = Schema.Struct({
  schema: Schema.Literal(traceSchema),
  ...ZyzzyvaHeader.fields,
})

/** One step of a replica, or with `client` of a client. */
export const StepLine = Schema.Struct({
  /** Counts the steps of the file from 1 without a hole. */
  n: Positive,
  client: Schema.optionalKey(Natural),
  action: Schema.NonEmptyString,
  in: Schema.Unknown,
  post: Schema.Unknown,
})
export type StepLine = typeof StepLine.Type

/** `dropped` steps, the last of them number `n`, have no line; `state` is the state after them. */
export const DropLine = Schema.Struct({
  n: Positive,
  dropped: Positive,
  state: Schema.Unknown,
})
export type DropLine = typeof DropLine.Type

/** The last line: `n` steps were taken, the last `dropped` of them have no line. */
export const EndLine = Schema.Struct({
  end: Natural,
  dropped: Natural,
})
export type EndLine = typeof EndLine.Type
